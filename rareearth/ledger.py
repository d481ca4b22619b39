"""Sidecars: every raw table is sealed by hash and row count, and checked against schema and sources."""

import hashlib
import re
from datetime import date
from pathlib import Path

import pandas as pd
import yaml

from rareearth import editions, facts, ledger_checks, row_register
from rareearth.ledger_checks import cell
from rareearth.paths import CORRECTIONS, RAW
from rareearth.schemas import SCHEMAS

# Column -> column that it must not be later than; None: the day on which the sources were read.
_DATES = {"claimed_on": None, "published_on": "accessed_on", "accessed_on": None}
_RELEASE = re.compile(r"(MCS|MYB|DS)\d")
_FIELDS = ("title", "description", "transcribed_from", "retrieved_by", "licence", "refresh", "sha256", "rows")


def _sidecar(path: Path) -> Path:
    return path.with_suffix(".meta.yml")


def content_hash(path: Path) -> str:
    """sha256 of the table with LF line ends, so that a checkout on another system is the same."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def _meta(sidecar: Path, name: str) -> dict:
    name = name.removesuffix(".csv") + ".meta.yml"
    try:
        meta = yaml.safe_load(sidecar.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"data/raw/{name}: no readable YAML in UTF-8 (F15): {reason}") from None
    if not isinstance(meta, dict):
        raise ValueError(f"data/raw/{name}: no list of fields (F15): write {', '.join(_FIELDS)}")
    return meta


def own_problems(name: str, root: Path) -> tuple[list[str], pd.DataFrame | None]:
    """What is wrong with one table by itself, one line a problem, and the table where it could be read.

    Args:
        name: Path below `root`.
        root: A folder laid out like data/raw.
    """
    if editions.table_of(name) not in SCHEMAS:
        return [f"data/raw/{name}: no schema of this name (F11): add one in rareearth/schemas.py"], None
    try:
        frame = facts.read(name, root)
    except ValueError as error:
        return [" ".join(str(error).split())], None
    checks = (
        facts.problems,
        _shares_over_100,
        ledger_checks.out_of_order,
        ledger_checks.repeated,
        ledger_checks.fractions,
        ledger_checks.money,
        _no_share,
        _sum_over_100,
        _wrong_dates,
        _unknown_releases,
        _unknown_claims,
    )
    return [line for check in checks for line in check(name, frame)], frame


def _shares_over_100(name: str, frame: pd.DataFrame) -> list[str]:
    if "unit" not in frame or "value" not in frame:
        return []
    shares = frame[(frame["unit"] == "pct") & (frame["value"] > 100)]
    return [
        f"data/raw/{name}: row {index + 2}, column value: {value:g} is a share over 100 (F06): correct it"
        for index, value in shares["value"].items()
    ]


def _no_share(name: str, frame: pd.DataFrame) -> list[str]:
    if "share_low_pct" not in frame:
        return []
    empty = frame.index[frame["share_low_pct"].isna() & frame["share_high_pct"].isna()]
    return [
        cell(name, i, "share_low_pct", "no share is given (F04): write it, or drop the row") for i in empty
    ]


def _sum_over_100(name: str, frame: pd.DataFrame) -> list[str]:
    """Shares of countries add to at most 100 where one source gives them; 0.5 is left for its rounding."""
    if not {"entity", "partner_iso3"} <= set(frame):
        return []
    # Groups ("Top 3", World) repeat what their members say, and so do bounds; only countries are added.
    rows = frame[(frame["unit"] == "pct") & ~frame["bound"].isin(["lower", "upper"])]
    rows = rows[(rows["iso3"] != "WLD") & ~rows["entity"].str.startswith("Top ")]
    axes = ["stage", "elements", "reference_year", "edition", "measure", "source_ids"]
    return [
        cell(
            name,
            group.index[-1],
            "value",
            f"the {len(group)} shares of {key[0]} {key[2]} by {';'.join(key[5])} add to "
            f"{group['value'].sum():g} (F19): correct them",
        )
        for key, group in rows.groupby(axes, sort=True)
        if not group.duplicated("entity").any() and group["value"].sum() > 100.5
    ]


def _wrong_dates(name: str, frame: pd.DataFrame) -> list[str]:
    found = []
    for column, limit in _DATES.items():
        if column not in frame:
            continue
        form = frame[column].str.fullmatch(r"(\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?)?")
        found += [
            cell(name, i, column, f"{frame[column][i]!r} is no date (F20): write yyyy, yyyy-mm or yyyy-mm-dd")
            for i in frame.index[~form]
        ]
        if limit:
            # Only as many digits as are printed: "2026" is not later than 2026-11-23.
            late = [day > read[: len(day)] for day, read in zip(frame[column], frame[limit], strict=True)]
            found += [
                cell(
                    name,
                    i,
                    column,
                    f"{frame[column][i]} is after {limit} {frame[limit][i]} (F20): correct one",
                )
                for i in frame.index[late]
            ]
    return found


def _late_claims(frames: dict[str, pd.DataFrame]) -> list[str]:
    name = "claims/claims.csv"
    if name not in frames or "sources.csv" not in frames:
        return []
    read = frames["sources.csv"].set_index("source_id")["accessed_on"]
    return [
        cell(
            name,
            i,
            "claimed_on",
            f"{row.claimed_on} is after {source} was read, {read[source]} (F20): correct it",
        )
        for i, row in zip(frames[name].index, frames[name].itertuples(), strict=True)
        for source in row.source_ids
        if source in read.index
        and row.claimed_on[:4].isdigit()
        and row.claimed_on > read[source][: len(row.claimed_on)]
    ]


def _unknown_releases(name: str, frame: pd.DataFrame) -> list[str]:
    """A release that facts.EDITIONS does not order would be left out by `facts.as_of` without a word."""
    if "edition" not in frame:
        return []
    return [
        cell(
            name, i, "edition", f"{edition!r} is not ordered (F21): add it to EDITIONS in rareearth/facts.py"
        )
        for i, edition in frame["edition"].items()
        if _RELEASE.match(edition) and edition not in facts.EDITIONS
    ]


def _unknown_claims(name: str, frame: pd.DataFrame) -> list[str]:
    if "derived_from" not in frame:
        return []
    known = set(frame["figure_id"])
    return [
        cell(name, i, "derived_from", f"{claim!r} is no other claim (F22): name one, or leave it empty")
        for i, claim in frame["derived_from"].items()
        if claim and (claim not in known or claim == frame["figure_id"][i])
    ]


def _twice(frames: dict[str, pd.DataFrame]) -> list[str]:
    """Ids that two tables share: briefings list their inputs by id alone."""
    first, found = {}, []
    for name, frame in frames.items():
        for i, figure in frame.get("figure_id", pd.Series(dtype=str)).items():
            other = first.setdefault(figure, name)
            if other != name:
                found.append(
                    cell(name, i, "figure_id", f"{figure!r} is in {other} too (F10): number it anew")
                )
    return found


def _correction_problems(frames: dict[str, pd.DataFrame], known: set[str]) -> list[str]:
    found = []
    for entry in yaml.safe_load(CORRECTIONS.read_text(encoding="utf-8")):
        table = frames.get(entry["table"])
        if table is None:
            continue
        values = dict(zip(table["figure_id"], table["value"], strict=True))
        found += [
            f"data/corrections.yml: {figure} is not {expected} in data/raw/{entry['table']} (F23): look at it again"
            for figure, expected in entry["figures"].items()
            if values.get(figure) != expected
        ]
        found += [
            f"data/corrections.yml: source {source!r} is not in data/raw/sources.csv (F13): add it there"
            for source in entry["source_ids"]
            if source not in known
        ]
    return found


def _registered(frames: dict[str, pd.DataFrame]) -> set[str]:
    """The sources of the register and of the editions that a refresh added to it."""
    return {
        source
        for name, frame in frames.items()
        if editions.table_of(name) == "sources.csv"
        for source in frame["source_id"]
    }


def _unknown_sources(name: str, frame: pd.DataFrame, known: set[str]) -> list[str]:
    if "source_ids" not in frame:
        return []
    return [
        f"data/raw/{name}: row {index + 2}, column source_ids: {source!r} is not in data/raw/sources.csv "
        "(F13): add the source there"
        for index, ids in frame["source_ids"].items()
        for source in ids
        if source not in known
    ]


def _seal_problems(path: Path, name: str, frame: pd.DataFrame | None) -> list[str]:
    sidecar = _sidecar(path)
    if not sidecar.is_file():
        return [f"data/raw/{name}: no sidecar (F14): python -m rareearth seal data/raw/{name}"]
    try:
        meta = _meta(sidecar, name)
    except ValueError as error:
        return [str(error)]
    found = [
        f"data/raw/{name}: its sidecar says no {field} (F15): fill it in, or seal the table"
        for field in _FIELDS
        if not meta.get(field)
    ]
    if meta.get("sha256") != content_hash(path):
        found.append(
            f"data/raw/{name}: its bytes are not the sealed ones (F16): undo the change, or seal it with "
            f"python -m rareearth seal data/raw/{name}"
        )
    elif frame is not None and meta.get("rows") != len(frame):
        found.append(
            f"data/raw/{name}: {len(frame)} rows, but the sidecar says {meta.get('rows')} (F24): python -m "
            f"rareearth seal data/raw/{name}"
        )
    return found


def verify(root: Path = RAW) -> list[str]:
    """Checks every table below `root`: seal, schema, ranges, sources.

    Returns:
        One line a problem, in the order of file names and rows; empty when all is well.
    """
    tables = sorted(root.rglob("*.csv"))
    found, frames = [], {}
    for path in tables:
        name = path.relative_to(root).as_posix()
        own, frame = own_problems(name, root)
        found += own + _seal_problems(path, name, frame)
        if frame is not None:
            frames[name] = frame
    for name in SCHEMAS:
        if not (root / name).is_file():
            found.append(f"data/raw/{name}: the table is missing (F17): restore it")
    for sidecar in sorted(root.rglob("*.meta.yml")):
        if not sidecar.with_name(sidecar.name.replace(".meta.yml", ".csv")).is_file():
            found.append(
                f"data/raw/{sidecar.relative_to(root).as_posix()}: no table beside it (F18): remove it"
            )
    known, register = _registered(frames), row_register.load(root)
    for name, frame in frames.items():
        found += _unknown_sources(name, frame, known) + row_register.problems(name, root, register)
        if "sources.csv" in frames:
            found += ledger_checks.forbidden_copies(name, frame, frames["sources.csv"])
    return found + _twice(frames) + _late_claims(frames) + _correction_problems(frames, known)


def warnings(root: Path = RAW) -> list[str]:
    """What is worth a look in tables that pass `verify`, one line each."""
    names = [path.relative_to(root).as_posix() for path in sorted(root.rglob("*.csv"))]
    return ledger_checks.warnings({name: facts.read(name, root) for name in names}, root)


def seal(path: Path, root: Path = RAW, today: str = "") -> str:
    """Writes hash and row count of a table into its sidecar, and its new rows into the register of rows.

    Args:
        path: A CSV below `root`.
        root: The folder data/raw.
        today: ``yyyy-mm-dd``; no source can have been read later. The machine's day when empty.

    Returns:
        What was done, in one line.

    Raises:
        ValueError: the file is no table of data/raw, or the table has a problem; the sidecar is untouched.
    """
    try:
        name = path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise ValueError(f"{path}: not below data/raw: only its tables are sealed") from None
    if not path.is_file():
        raise ValueError(f"{path}: no such file")
    own, frame = own_problems(name, root)
    if own or frame is None:
        raise ValueError(own[0])
    if not (root / "sources.csv").is_file():
        raise ValueError("data/raw/sources.csv: the table is missing (F17): restore it")
    registers = ("sources.csv", *editions.added("sources.csv", root))
    known = _registered({register: facts.read(register, root) for register in registers})
    late = ledger_checks.read_later_than(today or date.today().isoformat(), name, frame)
    sealed = row_register.problems(name, root, row_register.load(root))
    refused = _unknown_sources(name, frame, known) + sealed + late
    if refused:
        raise ValueError(refused[0])
    sidecar = _sidecar(path)
    meta = dict.fromkeys(_FIELDS, "")
    if sidecar.is_file():
        meta |= _meta(sidecar, name)
    before = meta["rows"]
    changed = meta["sha256"] != content_hash(path) or before != len(frame)
    meta |= {"sha256": content_hash(path), "rows": len(frame)}
    sidecar.write_text(yaml.safe_dump(meta, sort_keys=False, allow_unicode=True, width=100), encoding="utf-8")
    if name in row_register.TABLES:
        row_register.add(name, root)
    if not changed:
        return f"data/raw/{name}: already sealed, {len(frame)} rows"
    empty = [field for field in _FIELDS if not meta[field]]
    more = f"; fill in {', '.join(empty)} in {sidecar.name}" if empty else ""
    return f"data/raw/{name}: sealed, {before or 0} rows before, {len(frame)} now{more}"
