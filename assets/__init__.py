"""What exists: every table and file, by layer, and how it is received, checked, derived, sealed and shown.

What does not belong here: when and how things run (`pipelines`), and the SQL itself (`sql/`).
"""
