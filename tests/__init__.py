"""Tests, by subject: folders mirror `assets`, `law` and `pipelines`; files here hold the whole product to its contract."""
