"""Newer editions from the publishers: the only code that uses the network.

One ``pull_*.py`` a publisher asks and gives rows in the columns of a table of data/raw; `download` fetches, `answers`
reads strictly, `saved` compares fields with the saved ones, `changes` says what is new and `edition` adds it beside
what is there. `command` puts them in a row. Only ``rareearth.__main__`` imports this package.
"""
