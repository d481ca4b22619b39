"""Newer editions from the publishers: the only code that uses the network.

`usgs`, `baci`, `world_bank` and `comtrade` ask, and give rows in the columns of a table of data/raw. `client` fetches
a file and reads it strictly, `editions` compares it with the one in hand and adds it beside that, and `command` runs
them in order. Only ``rareearth.__main__`` imports this package. What could not be tried: data/README.md.
"""

from rareearth.packages import lazy

lazy(__name__)
