"""Tests of the annual report: its figures, what is withheld, its text and its files."""
