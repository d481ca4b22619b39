"""Editions of a table: `table.csv` stands first, `table--label.csv` beside it is one that a refresh added."""

from pathlib import Path

_SEPARATOR = "--"


def table_of(name: str) -> str:
    """The table that a file is an edition of: ``trade/x--2026-11-25.csv`` is one of ``trade/x.csv``."""
    folder, slash, file = name.rpartition("/")
    return f"{folder}{slash}{file.removesuffix('.csv').split(_SEPARATOR)[0]}.csv"


def named(table: str, label: str) -> str:
    """The file name of an edition; labels of one table sort by age (days, or releases with their year)."""
    return f"{table.removesuffix('.csv')}{_SEPARATOR}{label}.csv"


def added(table: str, root: Path) -> list[str]:
    """The editions that were added to a table, newest first, as paths below `root`."""
    found = (root / table).parent.glob(Path(named(table, "*")).name)
    return sorted((path.relative_to(root).as_posix() for path in found), reverse=True)
