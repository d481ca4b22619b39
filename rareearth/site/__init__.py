"""Turns notebooks into briefings. Knows notebooks as files, not the analysis in them."""

from rareearth.packages import lazy

lazy(__name__)
