"""Status: what each area is, by its figures and by its history.

The tables are listed in `assets.derivation` and derived by the SQL files in `sql/status/`. What does not belong here:
any rule or number.
"""

from assets.factory import layer

ASSETS = layer("status")
