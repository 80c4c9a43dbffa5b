"""Tests of intake: real deliveries with their oddities, and real incidents."""
