"""Tests that nothing about a person leaves the register tables."""
