"""The figures of data/raw as typed tables: `load` one by its name, `select` its rows.

A table declares itself: the sidecar beside it, ``<table>.meta.yml``, lists its columns; those that many tables have are
described once, in data/raw/fields.yml. Every cell is read as text and converted by the declared type: nothing is
guessed, empty is missing and never 0. The column `source_ids` holds tuples of ids. Figures that
data/corrections.yml leaves out are left out here.
"""

import csv
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np
import pandas as pd

from rareearth.errors import Refused
from rareearth.files import conform, read_yaml
from rareearth.paths import CORRECTIONS, RAW
from rareearth.quantity import BASES, ELEMENTS, STAGES

SIDECAR = ".meta.yml"
FIELDS = "fields.yml"
CONFIDENCE = ("high", "medium", "low", "placeholder")  # a placeholder is nobody's figure yet
_VOCABULARIES = {"stages": tuple(STAGES), "bases": tuple(BASES), "elements": tuple(ELEMENTS), "confidence": CONFIDENCE}
_NO_OTHERS = {"extra": "forbid"}  # a key that is not known is a mistyped one
# What a person types: no exponent, infinity or blank, which pandas would take for a number.
_TYPES = ("text", "number", "year", "sources", "words")
_NUMBERS = {"number": r"(-?\d+(\.\d+)?)?", "year": r"(-?\d{1,9})?"}
PATTERNS = {
    "iso3": (r"([A-Z]{3})?", "is no ISO 3166-1 alpha-3 code (F01)"),
    # A country (ISO 3166-1, or 3166-3 for a former one), WLD, EUU; other groups are G and areas nes X with their number.
    "area": (r"([A-Z]{3}|[GX]\d{3})?", "is no code of a country or area (F01)"),
    "currency": (r"([A-Z]{3})?", "is no ISO 4217 code (F02)"),
    "digits": (r"\d*", "is no code of digits (F02)"),
    "whole": (r"(-?\d+)?", "is no code of digits (F02)"),
    "hs": (r"(\d\d)*", "is no HS code (F02)"),
    "date": (r"(\d{4}(-\d\d){0,2})?", "is no date (F03)"),
    "interval": (r"\d{4}(-\d\d)?(/\d{4}(-\d\d)?)?", "is no year, month or interval (F03)"),
}
_EDITION = "--"  # table.csv stands first, table--label.csv beside it is an edition that a refresh added


@dataclass(frozen=True)
class _Shared:
    """What data/raw/fields.yml says for all tables."""

    releases: list[str]
    editions: list[str]
    words: dict[str, list[str]]
    fields: dict[str, dict[str, Any]]
    layouts: dict[str, list[str | dict[str, Any]]]


@dataclass(frozen=True)
class Correction:
    """An entry of data/corrections.yml."""

    __pydantic_config__ = _NO_OTHERS

    table: str  # path below data/raw
    figures: dict[str, int | float]  # figure id to the value that is expected there
    reason: str  # why they are left out
    source_ids: list[str]  # what the reason rests on


@dataclass(frozen=True)
class Field:
    """One declared column of a table."""

    __pydantic_config__ = _NO_OTHERS
    name: str  # as in the header
    type: str = "text"  # or number, year, sources (ids joined by ;), words (of `enum`, joined by ;)
    about: str = ""  # what it holds
    required: bool = False  # whether an empty cell is refused
    unique: bool = False  # whether a value may stand in one row only
    enum: tuple[str, ...] = ()  # the words that are allowed; empty for any
    pattern: str = ""  # a key of `PATTERNS` that each cell must match; empty for none
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None  # number that each cell must exceed
    sealed: bool = False  # whether the cell was copied from a source, so that it may never change


def table_of(name: str) -> str:
    """The table that a file is an edition of: ``trade/x--2026-11-25.csv`` is one of ``trade/x.csv``."""
    folder, slash, file = name.rpartition("/")
    return f"{folder}{slash}{file.removesuffix('.csv').split(_EDITION)[0]}.csv"


def edition_name(table: str, label: str) -> str:
    """The file name of an edition; labels of one table sort by age (days, or releases with their year)."""
    return f"{table.removesuffix('.csv')}{_EDITION}{label}.csv"


def editions_of(table: str, root: Path = RAW) -> list[str]:
    """The editions that were added to a table, newest first, as paths below `root`."""
    found = (root / table).parent.glob(Path(edition_name(table, "*")).name)
    return sorted((path.relative_to(root).as_posix() for path in found), reverse=True)


@cache
def _shared(root: Path) -> _Shared:
    found: _Shared = read_yaml(root / FIELDS, f"data/raw/{FIELDS}", kind=_Shared)
    return found


@cache
def releases(root: Path = RAW) -> tuple[str, ...]:
    """Releases of the US Geological Survey in the order of publication; a new one is one line in data/raw/fields.yml."""
    return tuple(_shared(root if (root / FIELDS).is_file() else RAW).releases)


def editions() -> tuple[str, ...]:
    """The releases as of which a share can be asked for, the newest last: one more is one line in data/raw/fields.yml."""
    return tuple(_shared(RAW).editions)


def sidecar(name: str, root: Path = RAW) -> dict[str, Any]:
    """What the sidecar says of a table or of an edition of it.

    Raises:
        Refused: it is missing, or no YAML of names and values.
    """
    name = name.removesuffix(".csv") + SIDECAR
    meta: dict[str, Any] = read_yaml(root / name, f"data/raw/{name}", kind=dict[str, Any])
    return meta


@cache
def fields(name: str, root: Path = RAW) -> tuple[Field, ...]:
    """The declared columns of a table, in order.

    Raises:
        Refused: the sidecar declares none (F11), or one that cannot be understood (F15).
    """
    # A folder in which a refresh prepares new editions has no declarations of its own.
    root = root if (root / FIELDS).is_file() else RAW
    shared, table = _shared(root), table_of(name)
    beside = (root / table).with_suffix(SIDECAR)
    declared = sidecar(table, root).get("fields") if beside.is_file() else None
    # Records that several tables hold have one layout, which their sidecars name.
    declared = shared.layouts.get(declared) if isinstance(declared, str) else declared
    if not isinstance(declared, list):
        raise ValueError(f"data/raw/{table}: no columns are declared (F11): list them under `fields` in its sidecar")
    found = []
    for entry in declared:
        try:
            own = {"name": entry, **shared.fields.get(entry, {})} if isinstance(entry, str) else dict(entry)
            own.setdefault("about", shared.fields.get(own["name"], {}).get("about", ""))
            if isinstance(words := own.get("enum"), str):
                own["enum"] = _VOCABULARIES.get(words) or shared.words[words]
            found.append(conform(own, Field, f"a column of data/raw/{table}"))
            if found[-1].type not in _TYPES or found[-1].pattern not in ("", *PATTERNS):
                raise ValueError("its type or pattern is not known")
        except (KeyError, TypeError, ValueError) as error:
            raise Refused(f"data/raw/{table}: its sidecar declares {ascii(entry)[:60]} (F15): {error}") from None
    return tuple(found)


def is_record(name: str, root: Path = RAW) -> bool:
    """Whether a table holds records in the columns of their publisher, read by `trade` like a user's files."""
    return isinstance(sidecar(table_of(name), root).get("fields"), str)


@cache
def names(root: Path = RAW) -> dict[str, str]:
    """Every table: its name to its path below `root`."""
    paths = sorted(path.relative_to(root).as_posix() for path in root.rglob(f"*{SIDECAR}"))
    tables = [path.replace(SIDECAR, ".csv") for path in paths]
    return {Path(table).stem: table for table in tables if table == table_of(table)}


def read(name: str, root: Path = RAW) -> pd.DataFrame:
    """A table of data/raw, converted but not yet checked or corrected.

    Args:
        name: Path of the table, or of an edition of it, below `root`.
        root: A folder laid out like data/raw.

    Returns:
        float64 numbers (NaN where empty), Int64 years, tuples of source ids, text for the rest.

    Raises:
        ValueError: a row has too many or too few fields, or a number cannot be read; names file, row, column.
    """
    declared, shown = fields(name, root), f"data/raw/{name}"
    try:
        with (root / name).open(encoding="utf-8-sig", newline="") as stream:
            header, *records = list(csv.reader(stream, strict=True))
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise ValueError(f"{shown}: no readable CSV in UTF-8 (F07): {error}") from None
    if header != [field.name for field in declared]:
        raise ValueError(
            f"{shown}: header {header} is not {[field.name for field in declared]} (F07): restore the columns"
        )
    for row, record in enumerate(records, 2):
        if len(record) != len(header):
            raise ValueError(f"{shown}: row {row} has {len(record)} fields instead of {len(header)} (F08): mend it")
    # Of Python's own strings, some rows of a small table are taken twice as fast as of Arrow's.
    frame = pd.DataFrame(records, columns=header, dtype=pd.StringDtype("python", na_value=np.nan))
    for field in declared:
        cells = frame[field.name]
        if field.type == "sources":
            frame[field.name] = cells.map(lambda ids: tuple(filter(None, ids.split(";")))).astype(object)
        elif field.type in _NUMBERS:
            wrong = ~cells.str.fullmatch(_NUMBERS[field.type])
            if wrong.any():
                row, whole = int(wrong.idxmax()), field.type == "year"
                raise ValueError(
                    f"{shown}: row {row + 2}, column {field.name}: {cells[row]!r} is no {'whole ' if whole else ''}number "
                    f"(F09): write digits{'' if whole else ' and a decimal point'} only"
                )
            numbers = pd.to_numeric(cells.where(cells != ""))
            frame[field.name] = numbers.astype("Int64" if field.type == "year" else "float64")
    return frame


def cell(name: str, index: int, column: str, found: str) -> str:
    """One line about a cell; rows count as a text editor counts lines."""
    return f"data/raw/{name}: row {index + 2}, column {column}: {found}"


def _broken(field: Field, cells: pd.Series) -> Iterator[tuple[pd.Series, str]]:
    """Which cells break which rule of their column."""
    if field.required:
        empty = cells.map(len) == 0 if field.type in ("text", "sources", "words") else cells.isna()
        yield empty, "is empty (F04)"
    if field.enum and field.type == "words":
        others = cells.map(lambda words: bool(set(filter(None, words.split(";"))) - set(field.enum)))
        yield others, f"contains a word that is none of {', '.join(field.enum)} (F02)"
    elif field.enum:
        yield ~cells.isin(field.enum), f"is none of {', '.join(field.enum)} (F02)"
    if field.pattern:
        expression, words = PATTERNS[field.pattern]
        yield ~cells.str.fullmatch(expression), words
    if field.type == "year":
        yield cells.notna() & ~cells.between(1900, 2050), "is no year of 1900 to 2050 (F03)"
    if field.above is not None:
        yield cells <= field.above, f"is not above {field.above:g} (F05)"
    if field.maximum is not None:
        limits = f"is outside {field.minimum} to {field.maximum} (F05)"
        words = "is a share outside 0 to 100 (F06)" if field.maximum == 100 else limits
        yield (cells < field.minimum) | (cells > field.maximum), words
    elif field.minimum is not None:
        yield cells < field.minimum, "is negative (F05)"
    if field.unique:
        yield cells.duplicated(), "is there twice (F10)"


def cell_problems(name: str, frame: pd.DataFrame, root: Path = RAW) -> list[str]:
    """Cells of a table (see `read`) that break a rule of their column, one line each."""
    advice = "correct it, then `python -m rareearth seal`"
    return [
        cell(name, index, field.name, f"{value!r} {words}: {advice}")
        for field in fields(name, root)
        for mask, words in _broken(field, frame[field.name])
        for index, value in frame.loc[mask.fillna(False).astype(bool), field.name].astype(object).items()
    ]


def corrections() -> list[Correction]:
    """The entries of data/corrections.yml.

    Raises:
        Refused: the file is no list of such entries.
    """
    found: list[Correction] = read_yaml(CORRECTIONS, "data/corrections.yml", kind=list[Correction])
    return found


def _corrected(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    for entry in corrections():
        if entry.table != name:
            continue
        for figure, expected in entry.figures.items():
            found = frame.index[(frame["figure_id"] == figure) & (frame["value"] == expected)]
            if len(found) != 1:
                raise ValueError(f"data/corrections.yml: {figure} is not {expected} any more: look at it again")
            frame = frame.drop(index=found)
    return frame.reset_index(drop=True)


@cache
def _loaded(name: str) -> pd.DataFrame:
    table = names(RAW)[name]
    frames = []
    for edition in (*editions_of(table, RAW), table):
        frame = read(edition, RAW)
        if found := cell_problems(edition, frame, RAW):
            raise ValueError(found[0])
        frames.append(frame)
    return _corrected(table, pd.concat(frames, ignore_index=True))


def load(name: str) -> pd.DataFrame:
    """A table with the editions that a refresh added, the newest first.

    Args:
        name: Its file name without ending, for example ``claims``; `names` lists them.

    Raises:
        Refused: there is no such table.
        ValueError: a cell breaks a rule of its column.

    Example:
        >>> quotas = load("china_quotas")
        >>> select(quotas, stage="separation", batch="full_year", reference_year=2023, one=True)["value"]
        np.float64(243850.0)
    """
    return _loaded(_known(name)).copy()


def _known(name: str) -> str:
    if name not in names():
        raise Refused(f"no table {name!r} in data/raw: choose one of {', '.join(names())}")
    return name


def about(name: str) -> str:
    """What a table holds, by its sidecar."""
    return str(sidecar(names()[name])["description"])


Condition = str | float | int | bool | None | Collection[Any] | Callable[[pd.Series], pd.Series]


def _is_list(wanted: Condition) -> TypeGuard[Collection[Any]]:
    return isinstance(wanted, Collection) and not isinstance(wanted, str)


def _meeting(frame: pd.DataFrame, where: Mapping[str, Condition]) -> pd.DataFrame:
    kept = np.ones(len(frame), dtype=bool)
    for column, wanted in where.items():
        cells = frame[column]
        if callable(wanted):
            meets = wanted(cells)
        elif column == "source_ids":
            meets = cells.map(lambda ids, wanted=wanted: wanted in ids)
        elif wanted is None:
            meets = cells.isna() | (cells == "")
        elif _is_list(wanted):
            meets = cells.isin(list(wanted))
        else:
            meets = cells == wanted
        kept &= meets.fillna(False).to_numpy(dtype=bool)
    return frame[kept]


@cache
def _selected(name: str, where: tuple[tuple[str, Condition], ...]) -> pd.DataFrame:
    """Rows of a table, found once: the models ask the same for every year, edition and place."""
    return _meeting(_loaded(name), dict(where))


def select(table: str | pd.DataFrame, *, one: bool = False, **where: Condition) -> Any:
    """The rows of a table that meet every condition.

    Args:
        table: A table, or its name.
        one: Whether exactly one row is expected, which is returned as a Series.
        **where: Column to what its cells must be: one value; one of several (a list, tuple, set or range); empty (None);
            or true for a function of the column. A value for `source_ids` must be among the ids of the row.

    Raises:
        Refused: `one` is asked for and there are none or several.

    Example:
        >>> len(select("claims", stage="mine", bound=["exact", "about"])) > 10
        True
    """
    if not isinstance(table, str):
        rows = _meeting(table, where)
    elif any(callable(wanted) for wanted in where.values()):
        rows = _meeting(load(table), where)
    else:
        lists = {column: tuple(wanted) for column, wanted in where.items() if _is_list(wanted)}
        rows = _selected(_known(table), tuple((where | lists).items())).copy(deep=False)
    if not one:
        return rows
    if len(rows) != 1:
        asked = ", ".join(f"{column}={wanted!r}" for column, wanted in where.items() if not callable(wanted))
        raise Refused(
            f"{len(rows)} rows of {table if isinstance(table, str) else 'the table'} with {asked}, expected 1"
        )
    return rows.iloc[0]


def best(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with those of higher confidence first; where sources give one figure, the first is used."""
    return rows.sort_values("confidence", key=lambda level: level.map(CONFIDENCE.index), kind="stable")


def as_of(frame: pd.DataFrame, release: str) -> pd.DataFrame:
    """The rows that had been published when `release`, a member of `releases`, came out.

    Raises:
        Refused: `release` is not known.
    """
    if release not in releases():
        raise Refused(f"edition {release!r} is none of {', '.join(releases())}")
    return frame[frame["edition"].isin(releases()[: releases().index(release) + 1])]


def newest(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the newest release among them."""
    order = rows["edition"].map(releases().index)
    return rows[order == order.max()]


def is_release(edition: str) -> bool:
    """Whether an edition reads like a release of the US Geological Survey."""
    return re.match(r"(MCS|MYB|DS)\d", edition) is not None
