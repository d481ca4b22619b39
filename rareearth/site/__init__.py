"""Turns notebooks into briefings. Knows notebooks as files, not the analysis in them."""
