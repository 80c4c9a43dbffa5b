"""How the administration runs: its Dagster definitions, its command, its invented cases.

What does not belong here: what is decided (assets/administration) and anything of the statistics.
"""
