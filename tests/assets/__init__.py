"""Tests of what is derived, sealed and put out, one module at a time."""
