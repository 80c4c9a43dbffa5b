"""Areas and residents: which parcels, dwellings and persons belong to an area. The persons and dwellings are views.

The tables are listed in `assets.derivation` and derived by the SQL files in `sql/areas/`. What does not belong here:
any rule or number.
"""

from assets.factory import layer

ASSETS = layer("areas")
