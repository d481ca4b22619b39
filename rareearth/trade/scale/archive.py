"""The flows of trade files of any size, each once; and archives, which are written once and asked often.

The rules are those of `clean.judged`: every row is kept, or counted where it went. What costs much is left out here: rows
have no place in their file and no flags, and masses are net weights alone. An archive is a folder of Parquet files, one
or more for each chapter of the Harmonized System, sorted by code: a question about some codes reads these alone.
"""

import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from rareearth.errors import Refused
from rareearth.trade import clean
from rareearth.trade.columns import Part
from rareearth.trade.engine import Engine, literal, named, split, union

CHAPTER = "hs_chapter"
_KEY = "year, month, reporter_iso3, partner_iso3, flow, hs_code"
COLUMNS = f"{_KEY}, hs_revision, is_flow, value_usd, mass_kg"
_ACCOUNTING = "accounting.json"
# 18 digits are read and summed in half the time of more.
_AMOUNT = "DECIMAL(18,3)"
# Of the Parquet files that are grouped at once: some 20 million rows, which 1.5 GB hold.
PIECE_BYTES = 256 * 2**20
_TERMS = clean.WITH_VALUE | {
    "mass": ("CASE WHEN net_kg > 0 THEN net_kg END", "sum"),
    "rows_with_mass": ("CASE WHEN net_kg > 0 THEN 1 ELSE 0 END", "sum"),
}


def pieces(
    files: Sequence[Path], engine: Engine, codes: Sequence[str] = (), year: str = ""
) -> tuple[list[str], clean.Records | None]:
    """The flows of trade files and archives, each once, in pieces that no question compares.

    Args:
        files: Files of any layout that `clean` reads, and archives.
        engine: Reads them; one that does not number rows.
        codes: The codes that are asked for; empty for all.
        year: For layouts that name no year.

    Returns:
        Queries of `COLUMNS`: groups of chapters of one archive, all else as one piece. And the records of the files, None
        for archives alone.

    Raises:
        Refused: a file cannot be read, a folder is no archive, or two files hold one flow with different values.
    """
    archives, others = ([path for path in files if path.is_dir()], [path for path in files if not path.is_dir()])
    wanted = f"hs_code IN ({', '.join(map(literal, codes))})" if codes else "true"
    if not others and len(archives) == 1:
        return [f"SELECT {COLUMNS} FROM ({sql}) WHERE {wanted}" for sql in _chapters(archives[0], engine, codes)], None
    archived = [sql for folder in archives for sql in _chapters(folder, engine, codes)]
    single, repeated, records = [], [f"SELECT * FROM ({sql}) WHERE {wanted}" for sql in archived], None
    if others:
        records = clean.judged(clean.read(others, engine, year), engine, kind=_AMOUNT, codes=codes)
        # Only flows that are there several times can be in two files; an archive beside them may hold any.
        (repeated if archives else single).append(_flows(records.parts, records.single, False))
        if records.repeated:
            repeated.append(_flows(records.parts, records.repeated, True))
    once = _once(union(repeated, COLUMNS), engine) if repeated else None
    return [union([*single, once], COLUMNS)], records


def _flows(parts: list[Part], records: str, are_repeated: bool) -> str:
    columns = {
        "year": "year_number",
        "month": "month_number",
        "reporter_iso3": "reporter_iso3",
        "partner_iso3": "partner_iso3",
        "flow": "flow_name",
        "hs_code": "product",
        "hs_revision": "revision",
        "is_flow": "is_flow",
        "value_usd": f"CAST(value AS {_AMOUNT})",
        "mass_kg": f"CAST({clean.MASS} AS {_AMOUNT})",
    }
    return f"SELECT {named(columns)} FROM ({clean.flows(parts, records, _TERMS, are_repeated)})"


def _once(flows: str, engine: Engine) -> str:
    """Flows of which no two are one: equal ones count once.

    Raises:
        Refused: two files hold one flow in other revisions, or with other values.
    """
    single, repeated = split(flows, _KEY, engine.repeated(flows, _KEY))
    if repeated is None:
        return flows
    amounts = ("hs_revision", "value_usd", "mass_kg")
    ends = ", ".join(f"min({name}) AS {name}, max({name}) AS other_{name}" for name in amounts)
    merged = engine.keep(f"SELECT {_KEY}, is_flow, {ends} FROM ({repeated}) GROUP BY {_KEY}, is_flow")
    for row in engine.rows(
        f"SELECT * FROM {merged} WHERE hs_revision <> other_hs_revision OR value_usd <> other_value_usd "
        f"ORDER BY {_KEY} LIMIT 1"
    ):
        what = (
            f"{row['flow']} of {row['hs_code']} in {row['year']} by {row['reporter_iso3']} with {row['partner_iso3']}"
        )
        if row["hs_revision"] != row["other_hs_revision"]:
            how = f"in the revisions {row['hs_revision']} and {row['other_hs_revision']}"
        else:
            how = f"with the values {row['value_usd']} and {row['other_value_usd']} USD"
        raise Refused(f"two files hold one flow ({what}) {how}: give the files of one edition")
    return f"SELECT {COLUMNS} FROM ({single}) UNION ALL SELECT {COLUMNS} FROM {merged}"


def _chapters(folder: Path, engine: Engine, codes: Sequence[str]) -> list[str]:
    """Queries of the rows of an archive, for groups of chapters; chapters without a code that is asked for are left out."""
    found = sorted(path.name.partition("=")[2] for path in folder.glob(f"{CHAPTER}=*"))
    if not found:
        raise Refused(f"{folder}: no archive: make one with `rareearth archive FILE... --out DIR`")
    asked = {code[:2] for code in codes}
    chosen = [chapter for chapter in found if not asked or chapter in asked] or found[:1]
    paths = {chapter: sorted(folder.glob(f"{CHAPTER}={chapter}/*.parquet")) for chapter in chosen}
    # Each piece costs some time to prepare.
    sizes = ((chapter, sum(path.stat().st_size for path in paths[chapter])) for chapter in chosen)
    groups = together(sizes, PIECE_BYTES)
    return [engine.parquet([path for chapter in group for path in paths[chapter]]).sql for group in groups]


def together(sizes: Iterable[tuple[str, int]], most: int) -> list[list[str]]:
    """Names in their order, in groups of about so much; one that is larger alone is a group.

    Args:
        sizes: Names with their size.
        most: Of a group.
    """
    groups: list[list[str]] = []
    room = 0
    for name, size in sizes:
        if not groups or size > room:
            groups.append([])
            room = most
        groups[-1].append(name)
        room -= size
    return groups


def archive(files: Sequence[Path], folder: Path, year: str = "") -> str:
    """Writes the flows of files as an archive with their accounting, whole or not at all.

    Args:
        files: See `pieces`.
        folder: The archive; must not be there yet.
        year: For layouts that name no year.

    Returns:
        What was done, in one line.

    Raises:
        Refused: the folder is there, or a file cannot be read.
    """
    if folder.exists():
        raise Refused(f"{folder}: is there already: name another folder, or remove it")
    engine = Engine(numbers_rows=False)
    (flows,), records = pieces(files, engine, year=year)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".part-") as part:
        made = Path(part) / "made"
        engine.run(
            f"COPY (SELECT {COLUMNS}, substr(hs_code, 1, 2) AS {CHAPTER} FROM ({flows}) "
            f"ORDER BY hs_code, year, reporter_iso3, partner_iso3, flow) TO {literal(str(made))} "
            f"(FORMAT parquet, PARTITION_BY ({CHAPTER}))"
        )
        (made / _ACCOUNTING).write_text(json.dumps(records.accounting, indent=1) + "\n", encoding="utf-8")
        made.rename(folder)
    return f"archive: {clean.counts_in_words(records.accounting)}; written to {folder}"
