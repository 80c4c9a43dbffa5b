"""Tests of how the product runs: the command, schedules, sensors, scenarios, releases."""
