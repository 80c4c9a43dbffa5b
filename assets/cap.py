"""The cap on municipal assignment: family homes, council decisions, and what they leave covered.

The tables are listed in `assets.derivation` and derived by the SQL files in `sql/cap/`. What does not belong here:
any rule or number.
"""

from assets.factory import layer

ASSETS = layer("cap")
