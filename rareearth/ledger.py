"""Sidecars: every raw table is sealed by hash and row count, and checked against schema and sources."""

import hashlib
from pathlib import Path

import pandas as pd
import yaml

from rareearth import facts
from rareearth.paths import RAW
from rareearth.schemas import SCHEMAS

_FIELDS = ("title", "description", "transcribed_from", "retrieved_by", "licence", "refresh", "sha256", "rows")


def _sidecar(path: Path) -> Path:
    return path.with_suffix(".meta.yml")


def content_hash(path: Path) -> str:
    """sha256 of the table with LF line ends, so that a checkout on another system is the same."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def _own_problems(name: str, root: Path) -> tuple[list[str], pd.DataFrame | None]:
    if name not in SCHEMAS:
        return [f"data/raw/{name}: no schema of this name (F11): add one in rareearth/schemas.py"], None
    try:
        frame = facts.read(name, root)
    except ValueError as error:
        return [" ".join(str(error).split())], None
    return facts.problems(name, frame) + _shares_over_100(name, frame) + _low_over_high(name, frame), frame


def _shares_over_100(name: str, frame: pd.DataFrame) -> list[str]:
    if "unit" not in frame or "value" not in frame:
        return []
    shares = frame[(frame["unit"] == "pct") & (frame["value"] > 100)]
    return [
        f"data/raw/{name}: row {index + 2}, column value: {value:g} is a share over 100 (F06): correct it"
        for index, value in shares["value"].items()
    ]


def _low_over_high(name: str, frame: pd.DataFrame) -> list[str]:
    if "share_low_pct" not in frame:
        return []
    wrong = frame[frame["share_low_pct"] > frame["share_high_pct"]]
    return [
        f"data/raw/{name}: row {index + 2}, column share_low_pct: {row.share_low_pct:g} is above "
        f"share_high_pct {row.share_high_pct:g} (F12): swap or correct them"
        for index, row in zip(wrong.index, wrong.itertuples(), strict=True)
    ]


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


def _seal_problems(path: Path, name: str) -> list[str]:
    sidecar = _sidecar(path)
    if not sidecar.is_file():
        return [f"data/raw/{name}: no sidecar (F14): python -m rareearth seal data/raw/{name}"]
    meta = yaml.safe_load(sidecar.read_text(encoding="utf-8"))
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
        own, frame = _own_problems(name, root)
        found += own + _seal_problems(path, name)
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
    known = set(frames["sources.csv"]["source_id"]) if "sources.csv" in frames else set()
    for name, frame in frames.items():
        found += _unknown_sources(name, frame, known)
    return found


def seal(path: Path, root: Path = RAW) -> str:
    """Writes hash and row count of a table into its sidecar, after checking the table.

    Args:
        path: A CSV below `root`.
        root: The folder data/raw.

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
    own, frame = _own_problems(name, root)
    if own or frame is None:
        raise ValueError(own[0])
    known = set(facts.read("sources.csv", root)["source_id"])
    unknown = _unknown_sources(name, frame, known)
    if unknown:
        raise ValueError(unknown[0])
    sidecar = _sidecar(path)
    meta = dict.fromkeys(_FIELDS, "")
    if sidecar.is_file():
        meta |= yaml.safe_load(sidecar.read_text(encoding="utf-8"))
    before = meta["rows"]
    changed = meta["sha256"] != content_hash(path)
    meta |= {"sha256": content_hash(path), "rows": len(frame)}
    sidecar.write_text(yaml.safe_dump(meta, sort_keys=False, allow_unicode=True, width=100), encoding="utf-8")
    if not changed:
        return f"data/raw/{name}: already sealed, {len(frame)} rows"
    empty = [field for field in _FIELDS if not meta[field]]
    more = f"; fill in {', '.join(empty)} in {sidecar.name}" if empty else ""
    return f"data/raw/{name}: sealed, {before or 0} rows before, {len(frame)} now{more}"
