"""Rules for the figures of data/raw, and the seals that keep published figures as they were copied.

Each rule has a code: F for what is refused, W for what is worth a look; data/README.md lists them. A message is one
line that names file, row, column and what to do. Rows count as a text editor counts lines.

Seals are of two kinds. The sidecar of a table keeps a hash of its bytes, so that every change is noticed; `seal` renews
it. data/raw/rows.sha256 keeps a hash of the published cells of each row with its sources, which `seal` never renews; a
second source may be added. Tables of
judgements (``judgement: true`` in the sidecar) are the user's to change: only the first seal is theirs, and one that does
not hold is no problem, but pages made with the table say so.
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path

import pandas as pd

from rareearth import files, tables
from rareearth.files import read_yaml
from rareearth.paths import RAW
from rareearth.tables import SIDECAR, cell, editions_of, is_record, sidecar, table_of

ROWS = "rows.sha256"
DEAD_LINKS = "dead_links.yml"
CHANGED_JUDGEMENT = "(W03)"
_SIDECAR_KEYS = ("title", "description", "transcribed_from", "retrieved_by", "licence", "refresh", "fields")
_SEALED_KEYS = ("sha256", "rows")
# Columns that must not fall from left to right.
_ORDERED = (
    ("share_low_pct", "share_high_pct"),
    ("factor_low", "factor_mode", "factor_high"),
    ("low", "value", "high"),
    ("value", "value_high"),
    ("depth_low_pct", "depth_pct", "depth_high_pct"),
    ("length_low_days", "length_days", "length_high_days"),
    ("recovery_low_days", "recovery_days", "recovery_high_days"),
)
# Column -> column that it must not be later than; None: the day on which the sources were read.
_DATES = {"claimed_on": None, "published_on": "accessed_on", "accessed_on": None}
# Tables of shares that are never below 1 %: there, 0.9 is a fraction.
_LARGE_SHARES = ("claims/claims.csv", "processing/processing_by_country.csv")
_NO_COPIES = "no redistribution"

Tables = dict[str, pd.DataFrame]
Found = Iterator[tuple[int, str, str]]  # what a rule finds in a table: index of the row, column and words


# -- one table -------------------------------------------------------------------------------------------------------


def _out_of_order(name: str, frame: pd.DataFrame) -> Found:
    for columns in _ORDERED:
        known = [column for column in columns if column in frame and frame[column].dtype == "float64"]
        for left, right in pairwise(known):
            for i in frame.index[frame[left] > frame[right]]:
                words = f"{frame[left][i]:g} is above {right} {frame[right][i]:g}"
                yield i, left, f"{words} (F12): swap or correct them"


def _repeated(name: str, frame: pd.DataFrame) -> Found:
    if {"figure_id", "note"} <= set(frame):
        for i in frame.index[frame.drop(columns="figure_id").astype(str).duplicated()]:
            yield i, "figure_id", f"{frame['figure_id'][i]} repeats another row (F26): take one out"


def _shares(name: str, frame: pd.DataFrame) -> Found:
    """Shares over 100, written as a fraction, or missing."""
    shares = frame[frame["unit"] == "pct"] if "unit" in frame else frame.head(0)
    if "value" in shares:
        for i, value in shares["value"][shares["value"] > 100].items():
            yield i, "value", f"{value:g} is a share over 100 (F06): correct it"
    if name in _LARGE_SHARES:
        for column in shares.columns.intersection(["value", "share_low_pct", "share_high_pct"]):
            for i, value in shares[column][shares[column].between(0, 1, "neither")].items():
                yield i, column, f"{value:g} looks like a fraction (F30): shares are 0 to 100"
    if "share_low_pct" in frame:
        for i in frame.index[frame["share_low_pct"].isna() & frame["share_high_pct"].isna()]:
            yield i, "share_low_pct", "no share is given (F04): write it, or drop the row"


def _sum_over_100(name: str, frame: pd.DataFrame) -> Found:
    """Shares of countries add to at most 100 where one source gives them; 0.5 is left for its rounding."""
    if not {"entity", "partner_iso3"} <= set(frame):
        return
    # Groups ("Top 3", World) repeat what their members say, and so do bounds; only countries are added.
    rows = frame[(frame["unit"] == "pct") & ~frame["bound"].isin(["lower", "upper"])]
    rows = rows[(rows["iso3"] != "WLD") & ~rows["entity"].str.startswith("Top ")]
    axes = ["stage", "elements", "reference_year", "edition", "measure", "source_ids"]
    for (stage, _, year, _, _, sources), group in rows.groupby(axes, sort=True):
        whole = group["value"].sum()
        if whole > 100.5 and not group.duplicated("entity").any():
            words = f"the {len(group)} shares of {stage} {year} by {';'.join(sources)} add to {whole:g}"
            yield group.index[-1], "value", f"{words} (F19): correct them"


def _money(name: str, frame: pd.DataFrame) -> Found:
    if "budget_amount" not in frame:
        return
    amounts = frame[frame["budget_amount"].notna()]
    for i in amounts.index[amounts["budget_currency"] == ""]:
        yield i, "budget_currency", "is empty beside an amount (F27): write its ISO 4217 code"
    for i in amounts.index[(amounts[["announced_on", "effective_on", "budget_period"]] == "").all(axis=1)]:
        yield i, "budget_amount", "has no year (F27): fill in announced_on or budget_period"


def _wrong_dates(name: str, frame: pd.DataFrame) -> Found:
    for column, limit in _DATES.items():
        if column not in frame:
            continue
        form = frame[column].str.fullmatch(r"(\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?)?")
        for i in frame.index[~form]:
            yield i, column, f"{frame[column][i]!r} is no date (F20): write yyyy, yyyy-mm or yyyy-mm-dd"
        for i, day in frame[column].items() if limit else ():
            if day > frame[limit][i][: len(day)]:  # only as many digits as are printed: "2026" is not late
                yield i, column, f"{day} is after {limit} {frame[limit][i]} (F20): correct one"


def _unknown_releases(root: Path, name: str, frame: pd.DataFrame) -> Found:
    """A release that is not in the list of releases would be left out by `tables.as_of` without a word."""
    for i, edition in frame.get("edition", pd.Series(dtype=str)).items():
        if tables.is_release(edition) and edition not in tables.releases(root):
            yield (i, "edition", f"{edition!r} is not ordered (F21): add it to `releases` in data/raw/fields.yml")


def _unknown_claims(name: str, frame: pd.DataFrame) -> Found:
    for i, claim in frame.get("derived_from", pd.Series(dtype=str)).items():
        if claim and not (frame["figure_id"].drop(i) == claim).any():
            yield i, "derived_from", f"{claim!r} is no other claim (F22): name one, or leave it empty"


def table_problems(name: str, root: Path = RAW) -> tuple[list[str], pd.DataFrame | None]:
    """What is wrong with one table by itself, one line a problem, and the table where it could be read."""
    try:
        frame = tables.read(name, root)
    except ValueError as error:
        return [" ".join(str(error).split())], None
    rules = (
        _shares,
        _out_of_order,
        _repeated,
        _money,
        _sum_over_100,
        _wrong_dates,
        partial(_unknown_releases, root),
        _unknown_claims,
    )
    of_rows = [cell(name, *found) for rule in rules for found in rule(name, frame)]
    return tables.cell_problems(name, frame, root) + of_rows, frame


# -- several tables --------------------------------------------------------------------------------------------------


def _registered(frames: Tables) -> set[str]:
    """The sources of the register and of the editions that a refresh added to it."""
    registers = [frame for name, frame in frames.items() if table_of(name) == "sources.csv"]
    return {source for frame in registers for source in frame["source_id"]}


def _cited(frame: pd.DataFrame) -> Iterator[tuple[int, str]]:
    """Index of each row with each of its sources."""
    yield from frame.get("source_ids", pd.Series(dtype=object)).explode().dropna().items()


def _unknown_sources(name: str, frame: pd.DataFrame, known: set[str]) -> list[str]:
    words = "is not in data/raw/sources.csv (F13): add the source there"
    return [cell(name, i, "source_ids", f"{source!r} {words}") for i, source in _cited(frame) if source not in known]


def _forbidden_copies(name: str, frame: pd.DataFrame, sources: pd.DataFrame) -> list[str]:
    """Figures copied from a source that allows no copy; a derived figure says so in its note."""
    if "note" not in frame:
        return []
    closed = set(sources["source_id"][sources["licence"].str.lower().str.contains(_NO_COPIES)])
    words = f"allows {_NO_COPIES} (F28): only a figure whose note begins with `derived` may stand here"
    return [
        cell(name, i, "source_ids", f"{source!r} {words}")
        for i, source in _cited(frame)
        if source in closed and not frame["note"][i].startswith("derived")
    ]


def _twice(frames: Tables) -> list[str]:
    """Ids that two tables share: briefings list their inputs by id alone."""
    first: dict[str, str] = {}
    return [
        cell(name, i, "figure_id", f"{figure!r} is in {first[figure]} too (F10): number it anew")
        for name, frame in frames.items()
        for i, figure in frame.get("figure_id", pd.Series(dtype=str)).items()
        if first.setdefault(figure, name) != name
    ]


def _late_claims(frames: Tables) -> list[str]:
    name = "claims/claims.csv"
    if name not in frames or "sources.csv" not in frames:
        return []
    claimed = frames[name]["claimed_on"]
    read = frames["sources.csv"].set_index("source_id")["accessed_on"].to_dict()
    return [
        cell(name, i, "claimed_on", f"{claimed[i]} is after {source} was read, {read[source]} (F20): correct it")
        for i, source in _cited(frames[name])
        if claimed[i][:4].isdigit() and claimed[i] > read.get(source, "9999")[: len(claimed[i])]
    ]


def _correction_problems(frames: Tables, known: set[str]) -> list[str]:
    try:
        entries = tables.corrections()
    except ValueError as error:
        return [str(error)]
    found = []
    for entry in entries:
        table = frames.get(entry.table, pd.DataFrame())
        if not {"figure_id", "value"} <= set(table):
            found.append(f"{ascii(entry.table)[:60]} is no table of figures (F23): name one")
            continue
        values = dict(zip(table["figure_id"], table["value"], strict=True))
        found += [
            f"{figure} is not {expected} in data/raw/{entry.table} (F23): look at it again"
            for figure, expected in entry.figures.items()
            if values.get(figure) != expected
        ]
        found += [
            f"source {source!r} is not in data/raw/sources.csv (F13): add it there"
            for source in entry.source_ids
            if source not in known
        ]
    return [f"data/corrections.yml: {words}" for words in found]


# -- seals -----------------------------------------------------------------------------------------------------------


def content_hash(path: Path) -> str:
    """sha256 of the table with LF line ends, so that a checkout on another system is the same."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def _is_judgement(name: str, root: Path) -> bool:
    return bool(sidecar(table_of(name), root).get("judgement"))


def _has_sealed_rows(name: str, root: Path) -> bool:
    """Whether rows are sealed one by one: records are made by a program and sealed as a whole, judgements not at all."""
    if table_of(name) != name or is_record(name, root) or _is_judgement(name, root):
        return False
    declared = tables.fields(name, root)
    return any(field.sealed for field in declared) and declared[0].name == "figure_id"


# What is sealed of one row: a hash of its published cells, and the ids of its sources.
Seal = tuple[str, frozenset[str]]


def _row_seals(name: str, root: Path) -> dict[str, Seal]:
    """Figure id to the seal that its row would get; an empty cell counts like an absent column."""
    sealed = {field.name for field in tables.fields(name, root) if field.sealed}
    found = {}
    with (root / name).open(encoding="utf-8-sig", newline="") as stream:
        for row in csv.DictReader(stream):
            published = {column: value for column, value in row.items() if column in sealed and value}
            digest = hashlib.sha256(json.dumps(published, sort_keys=True).encode()).hexdigest()[:12]
            found[row["figure_id"]] = digest, frozenset(filter(None, row["source_ids"].split(";")))
    return found


def _sealed_rows(root: Path) -> dict[str, dict[str, Seal]]:
    """Table to figure id to seal, from data/raw/rows.sha256.

    Raises:
        ValueError: it is not there, or has a line of another form.
    """
    found: dict[str, dict[str, Seal]] = {}
    for number, line in enumerate(files.read_text(root / ROWS, f"data/raw/{ROWS}").splitlines(), 1):
        if line.startswith("["):
            table = found.setdefault(line.strip("[]"), {})
        elif not found or not re.fullmatch(r"\S+ [0-9a-f]{12} \S*", line):
            raise ValueError(f"data/raw/{ROWS}: line {number} is no seal of a row (F15): restore it")
        else:
            figure, digest, sources = line.split(" ")
            table[figure] = digest, frozenset(sources.split(";"))
    return found


def _changed_rows(name: str, root: Path, sealed: dict[str, dict[str, Seal]]) -> list[str]:
    """Published rows that were changed or taken out since they were sealed, or have lost a source."""
    if not _has_sealed_rows(name, root):
        return []
    now, found = _row_seals(name, root), []
    beside = (root / name).with_suffix(SIDECAR)
    if name not in sealed and beside.is_file() and sidecar(name, root).get("rows"):
        return [f"data/raw/{ROWS}: no row of data/raw/{name} is in it, and the table was sealed (F25): restore it"]
    for figure, (digest, sources) in sealed.get(name, {}).items():
        if figure not in now:
            what = "taken out"
        elif now[figure][0] != digest:
            what = "changed"
        elif lost := sources - now[figure][1]:
            what = f"parted from its source {', '.join(sorted(lost))}"
        else:
            continue
        found.append(
            f"data/raw/{name}: {figure} was {what} after it was sealed (F25): undo it; an error of the source goes "
            f"into data/corrections.yml, for one of copying take its line out of data/raw/{ROWS}"
        )
    return found


def _register_problems(frames: Tables, root: Path) -> list[str]:
    """Rows and tables that differ from data/raw/rows.sha256, or that it does not protect any more."""
    try:
        sealed = _sealed_rows(root)
    except ValueError as error:
        return [str(error)]
    found = []
    for name in frames:
        found += _changed_rows(name, root, sealed)
        if name in sealed and _has_sealed_rows(name, root):
            found += [
                f"data/raw/{name}: {figure} is not in data/raw/{ROWS} (F25): seal the table"
                for figure in _row_seals(name, root)
                if figure not in sealed[name]
            ]
    for name in sealed:
        beside = f"and data/raw/{ROWS} has its rows"
        if not (root / name).is_file():
            found.append(f"data/raw/{name}: the table is missing, {beside} (F17): restore it")
        elif name in frames and _is_judgement(name, root):
            found.append(f"data/raw/{name}: its sidecar calls it judgements, {beside} (F25): undo that")
    return found


def _seal_rows(name: str, root: Path) -> None:
    """Adds the rows of a table that are new, and the sources that old rows have got."""
    sealed = _sealed_rows(root)
    sealed[name] = sealed.get(name, {}) | _row_seals(name, root)
    lines = []
    for table, rows in sorted(sealed.items()):
        lines.append(f"[{table}]")
        lines += [f"{figure} {digest} {';'.join(sorted(ids))}" for figure, (digest, ids) in sorted(rows.items())]
    files.write(root / ROWS, "\n".join(lines) + "\n")


def _wanted_keys(name: str) -> list[str]:
    return [key for key in _SIDECAR_KEYS if key != "fields" or table_of(name) == name]


def _seal_problems(name: str, root: Path, frame: pd.DataFrame | None) -> list[str]:
    path = root / name
    if not path.with_suffix(SIDECAR).is_file():
        return [f"data/raw/{name}: no sidecar (F14): python -m rareearth seal data/raw/{name}"]
    try:
        meta = sidecar(name, root)
    except ValueError as error:
        return [str(error)]
    found = [
        f"data/raw/{name}: its sidecar says no {key} (F15): fill it in, or seal the table"
        for key in (*_wanted_keys(name), *_SEALED_KEYS)
        if not meta.get(key) or (key not in ("fields", "rows") and not isinstance(meta[key], str))
    ]
    again = f"python -m rareearth seal data/raw/{name}"
    is_judgement, words = _is_judgement(name, root), ""
    if meta.get("sha256") != content_hash(path):
        words = "its bytes are not the sealed ones (F16): undo the change, or seal it with"
        if is_judgement:
            words = f"judgements that are not the sealed ones {CHANGED_JUDGEMENT}: to keep them,"
    elif frame is not None and meta.get("rows") != len(frame) and not is_judgement:
        words = f"{len(frame)} rows, but the sidecar says {meta.get('rows')} (F24):"
    if words:
        found.append(f"data/raw/{name}: {words} {again}")
    return found


def verify(root: Path = RAW) -> list[str]:
    """The problems of `all_problems` that are none of judgements, which a user may change."""
    return [problem for problem in all_problems(root) if CHANGED_JUDGEMENT not in problem]


def all_problems(root: Path = RAW) -> list[str]:
    """Checks every table below `root`: seals, columns, rules, sources.

    Returns:
        One line a problem, in the order of file names and rows; empty when all is well.
    """
    found: list[str] = []
    frames: Tables = {}
    for path in sorted(root.rglob("*.csv")):
        name = path.relative_to(root).as_posix()
        if not path.is_file():  # a pipe would be waited for, a device read without end
            found.append(f"data/raw/{name}: no regular file (F07): restore it")
            continue
        own, frame = table_problems(name, root)
        found += own + _seal_problems(name, root, frame)
        if frame is not None:
            frames[name] = frame
    for path in sorted(root.rglob(f"*{SIDECAR}")):
        name = path.relative_to(root).as_posix().replace(SIDECAR, ".csv")
        if not (root / name).is_file():
            found.append(f"data/raw/{name}: the table is missing (F17): restore it, or remove its sidecar")
    known = _registered(frames)
    for name, frame in frames.items():
        found += _unknown_sources(name, frame, known)
        if "sources.csv" in frames:
            found += _forbidden_copies(name, frame, frames["sources.csv"])
    found += _register_problems(frames, root)
    found += _twice(frames) + _late_claims(frames) + _correction_problems(frames, known)
    return list(dict.fromkeys(found))  # what is wrong with a sidecar is found by every rule that reads it


def warnings(root: Path = RAW) -> list[str]:
    """What is worth a look in tables that pass `verify`: unused sources (W01), dead links (W02), judgements (W03)."""
    names = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*.csv"))]
    frames = {name: tables.read(name, root) for name in names}
    sources = frames["sources.csv"]
    cited = {source for frame in frames.values() for ids in frame.get("source_ids", ()) for source in ids}
    unused = [source for source in sources["source_id"] if source not in cited | set(sources["same_as"])]
    found = [problem for problem in all_problems(root) if CHANGED_JUDGEMENT in problem]
    if unused:
        shown = ", ".join(unused[:5]) + (", ..." if len(unused) > 5 else "")
        found.append(f"data/raw/sources.csv: {len(unused)} sources are cited by no figure (W01): {shown}")
    return found + [
        f"data/raw/sources.csv: the link of {one['source_id']} was dead on {one['found_on']} (W02): look for another"
        for one in read_yaml(root.parent / DEAD_LINKS, f"data/{DEAD_LINKS}", kind=list[dict[str, str]])
    ]


def seal(path: Path, root: Path = RAW, today: str = "") -> str:
    """Writes hash and row count of a table into its sidecar, and adds its new rows to data/raw/rows.sha256.

    Args:
        path: A CSV below `root`.
        root: The folder data/raw.
        today: ``yyyy-mm-dd``; no source can have been read later. The machine's day when empty.

    Returns:
        What was done, in one line.

    Raises:
        ValueError: the file is no table of data/raw, or the table has a problem; nothing is written.
    """
    try:
        name = path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise ValueError(f"{path}: not below data/raw: only its tables are sealed") from None
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    own, frame = table_problems(name, root)
    if own or frame is None:
        raise ValueError(own[0])
    if not (root / "sources.csv").is_file():
        raise ValueError("data/raw/sources.csv: the table is missing (F17): restore it")
    registers = ("sources.csv", *editions_of("sources.csv", root))
    known = _registered({register: tables.read(register, root) for register in registers})
    day, read = today or date.today().isoformat(), frame.get("accessed_on", pd.Series(dtype=str))
    late = [
        cell(name, i, "accessed_on", f"{on} is after today, {day} (F29): correct it, or this machine's clock")
        for i, on in read[read > day].items()
    ]
    refused = _unknown_sources(name, frame, known) + _changed_rows(name, root, _sealed_rows(root)) + late
    if refused:
        raise ValueError(refused[0])
    beside = path.with_suffix(SIDECAR)
    meta = sidecar(name, root) if beside.is_file() else {}
    before, after = (meta.get("sha256"), meta.get("rows")), (content_hash(path), len(frame))
    # Only the two lines of the seal are written: the rest of the sidecar is a person's text.
    text = beside.read_text(encoding="utf-8") if meta else "".join(f"{key}: ''\n" for key in _SIDECAR_KEYS[:-1])
    for key, value in zip(_SEALED_KEYS, after, strict=True):
        text = re.sub(rf"^{key}:.*\n", "", text, flags=re.M)
        at = text.find("\nfields:") + 1 or len(text)
        text = f"{text[:at]}{key}: {value}\n{text[at:]}"
    files.write(beside, text)
    if _has_sealed_rows(name, root):
        _seal_rows(name, root)
    if before == after:
        return f"data/raw/{name}: already sealed, {len(frame)} rows"
    empty = [key for key in _wanted_keys(name) if not meta.get(key)]
    more = f"; fill in {', '.join(empty)} in {beside.name}" if empty else ""
    return f"data/raw/{name}: sealed, {before[1] or 0} rows before, {len(frame)} now{more}"
