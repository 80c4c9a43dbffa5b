"""Tests of the asset graph as auditors see it: lineage, checks, documentation, metadata."""
