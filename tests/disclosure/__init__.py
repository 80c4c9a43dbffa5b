"""Tests of disclosure control: what is hidden, and whether it can be found all the same."""
