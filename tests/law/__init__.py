"""Tests of the law as dated data. Expected results come from the files or, by hand, from the acts."""
