"""China's share of rare-earth processing, by method."""

from rareearth.packages import lazy

lazy(__name__)
