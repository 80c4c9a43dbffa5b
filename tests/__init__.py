"""Tests, by subject: folders mirror `assets`, `law` and `pipelines`; files here try the product as a whole."""
