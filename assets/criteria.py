"""Criteria: every figure of the areas, of the country and of the regions, exact and as published.

The tables are listed in `assets.derivation` and derived by the SQL files in `sql/criteria/`. What does not belong here:
any rule or number.
"""

from assets.factory import layer

ASSETS = layer("criteria")
