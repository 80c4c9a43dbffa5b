"""Tests of the administration: invented areas, households and agreements only."""
