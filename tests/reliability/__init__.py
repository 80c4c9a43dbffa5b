"""Faults injected on purpose, and what survived them."""
