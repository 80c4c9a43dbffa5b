"""Tests of a server: PostgreSQL and the files of `deploy/`."""
