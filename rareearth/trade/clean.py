"""Cleans trade files: every row of every file is kept, or counted where it went, and the counts add up.

The order of the steps: what a reader decided, refusals, quarantines of single rows, duplicates, details against
totals, conflicts, one record a flow, masses, flags; then World, groups and unnamed areas apart from the flows.
What a row says of itself is decided row by row. Only records whose flow is there several times are compared.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rareearth import countries
from rareearth.errors import Refused
from rareearth.trade import readers, rules, store
from rareearth.trade.columns import FIELDS, Part
from rareearth.trade.engine import DUCKDB, SMALL_ROWS, Engine, literal, named, opened, split, union

_KEY = "year, month, reporter_iso3, partner_iso3, flow, hs_code, hs_revision, source_id"
# A flow whatever its revision, source and part: only rows that share it can repeat or contradict each other.
PLACE = "year_number, month_number, reporter_iso3, partner_iso3, flow_name, product"
# Fields of one flow before sources are told apart.
_FLOW = f"layout, revision, {PLACE}"
# What every way of cleaning keeps of a row when its text has been read: the text itself stays in the file.
RECORD = (
    f"file_number, source_row, source_id, {PLACE}, revision, part, detail, coarseness, value_usd, net_kg, is_flow, "
    "is_quantity, verdict, code"
)
_OF_MASS = ", ".join(["suppressed, value_basis, mass_factor, currency, is_world", *rules.MASSES])
# What a row of a file came to, the strongest first: a row of a wide layout holds several records.
_SHOWN = 20  # rows taken out, in a dry run
FATES = ("quarantined", "kept", "aggregate", "detail", "duplicate")


@dataclass(frozen=True)
class Records:
    """Every record of some files with what it came to.

    Attributes:
        parts: The readings of the files.
        wide: A query of the records with their text, see `rules.typed`.
        single: A query of records whose flow is there once: `RECORD` and more, with fate ("" is open), coarsest, counted.
        repeated: The same of records whose flow is there several times, or None.
        accounting: Counts of input rows for each file and in total.
        engine: Holds the database as long as this object lives.
    """

    parts: list[Part]
    wide: str
    single: str
    repeated: str | None
    accounting: dict[str, Any]
    engine: Engine

    def all(self) -> str:
        """A query of both."""
        return union([self.single, self.repeated])

    def quarantine(self, where: str = "true") -> list[dict[str, Any]]:
        """The rows taken out, a line each, with what was found and what to do.

        Args:
            where: A condition over `RECORD`, in SQL.
        """
        if not self.accounting["total"]["rows_quarantined"]:
            return []
        place = f"file_number, source_row, detail, part, {PLACE}"
        out = f"SELECT DISTINCT {place}, code FROM ({self.all()}) WHERE fate = 'quarantined' AND {where}"
        same = " AND ".join(f"w.{name} IS NOT DISTINCT FROM o.{name}" for name in place.split(", "))
        known = {rule.code: rule for rule in rules.QUARANTINE}
        shown = ", ".join(dict.fromkeys(f"w.{rule.column}" for rule in known.values()))
        found = self.engine.rows(
            f"SELECT w.file, w.source_row, o.code, {shown} FROM ({self.wide}) AS w JOIN ({out}) AS o ON {same} "
            "ORDER BY w.file_number, w.source_row, w.year, w.part"
        )
        return [_line(row, known[row["code"]]) for row in found]


def _line(row: dict[str, Any], rule: rules.Rule) -> dict[str, Any]:
    found = row[rule.column]
    return {
        "file": row["file"],
        "source_row": row["source_row"],
        "code": rule.code,
        "column": rule.column,
        "found": found,
        "reason": rule.reason,
        "advice": countries.nearest(found) if rule.code in ("Q06", "Q07") else rule.advice,
    }


@dataclass(frozen=True)
class Cleaned:
    """Clean trade, still in the database that made it.

    Attributes:
        flows: A query of trade between two countries, columns `columns.FIELDS`, sorted by key.
        totals: The same for the world, groups, unnamed areas and codes that are sums.
        quarantine: Rows taken out: file, source_row, code, column, found, reason, advice.
        accounting: Counts of input rows for each file and in total.
        engine: Holds the database as long as this object lives.
    """

    flows: str
    totals: str
    quarantine: list[dict[str, Any]]
    accounting: dict[str, Any]
    engine: Engine


def clean(files: Sequence[Path], year: str = "", address: str = DUCKDB) -> Cleaned:
    """Reads and cleans trade files of any supported layout.

    Args:
        files: Paths; archives are unpacked.
        year: For layouts that name no year.
        address: See `engine.opened`.

    Raises:
        Refused: a file is of no known layout or damaged, or more than half of its rows would be quarantined.
    """
    engine = opened(address)
    records = judged(read(files, engine, year), engine, more=_OF_MASS)
    rows = records.accounting["total"]["rows_read"]
    kept = engine.keep(_flows(records, partial(engine.by_code, code="product", rows=rows)))
    _assert_unique(kept, engine)
    flagged = engine.keep(rules.flagged(f"SELECT * FROM {kept}", engine, rows))
    flows, totals = (
        f"SELECT {', '.join(FIELDS)} FROM {flagged} WHERE {test} ORDER BY {_KEY}" for test in ("is_flow", "NOT is_flow")
    )
    accounting = {**records.accounting, "world": _world_check(kept, engine)}
    return Cleaned(flows, totals, records.quarantine(), accounting, engine)


def clean_files(
    files: Sequence[Path], out: Path | None, year: str = "", address: str = DUCKDB, dry_run: bool = False
) -> str:
    """Cleans trade files into a folder; earlier files there are replaced only when all went well.

    Args:
        files: Trade files of any supported layout.
        out: Folder for flows.parquet, totals.parquet, quarantine.csv and accounting.json.
        year: For layouts that name no year.
        address: See `engine.opened`.
        dry_run: Nothing is written: what is in the files, and what would be left out, is said.

    Returns:
        What was done, in one line; of a dry run some lines a file.

    Raises:
        Refused: a file is refused, the year is none, or the folder cannot be written.
    """
    if year and not re.fullmatch(r"(19|20)\d\d", year):
        raise Refused(f"--year {ascii(year)}: write four digits, for example 2024")
    if dry_run:
        return _dry_run(files, year, address)
    if out is None or (out.exists() and not out.is_dir()):
        raise Refused(f"--out {out or 'is missing'}: is no folder: name one")
    cleaned = clean(files, year, address)
    try:
        store.write(cleaned, out)
    except OSError as error:
        raise Refused(f"--out {out}: cannot be written ({error.strerror}): name another folder") from None
    return f"clean: {counts_in_words(cleaned.accounting)}; written to {out}"


def _dry_run(files: Sequence[Path], year: str, address: str) -> str:
    """Layout, period, flows and rows of each file, and what would be left out."""
    engine = opened(address)
    records = judged(read(files, engine, year), engine)
    held = {
        row["file_number"]: row
        for row in engine.rows(
            "SELECT file_number, min(year_number) AS first, max(year_number) AS last, count(month_number) AS months, "
            "string_agg(DISTINCT flow_name, ', ' ORDER BY flow_name) AS flows, count(DISTINCT product) AS codes, "
            f"count(DISTINCT reporter_iso3) AS reporters FROM ({records.all()}) WHERE counted IN ('kept', 'aggregate') "
            "GROUP BY file_number"
        )
    }
    lines = []
    for number, entry in zip(sorted({part.number for part in records.parts}), records.accounting["files"], strict=True):
        row = held.get(number)
        period = row and f"{row['first']} to {row['last']}{', some by month' if row['months'] else ''}"
        what = f"{period}; {row['flows']}; {row['codes']} codes, {row['reporters']} reporters" if row else "no flow"
        counts = counts_in_words({"total": entry})
        lines.append(
            f"{entry['file']}: {entry['layout']}; {entry['encoding'] or 'no text'}; {what}; {counts}"
            + "".join(f"; {n}" for n in entry["notes"])
        )
    taken_out = records.quarantine()
    lines += [
        f"  {row['file']}: row {row['source_row']}, column {row['column']}: {ascii(row['found'])[:60]} {row['reason']} "
        f"({row['code']}): {row['advice']}"
        for row in taken_out[:_SHOWN]
    ]
    if len(taken_out) > _SHOWN:
        lines.append(f"  and {len(taken_out) - _SHOWN} rows more")
    return "\n".join(lines)


def read(files: Sequence[Path], engine: Engine, year: str = "") -> list[Part]:
    """The readings of files of any supported layout."""
    found = [one for path in files for one in readers.read_file(path, engine, year)]
    # Sheets of one workbook are one file; members of an archive, and a file that is given twice, are several.
    numbers = {id(source): number for number, (source, _, _) in enumerate(found)}
    return [Part(numbers[id(source)], source, layout, reading) for source, layout, reading in found]


def judged(
    parts: list[Part], engine: Engine, more: str = "", kind: str = "DECIMAL(38,6)", codes: Sequence[str] = ()
) -> Records:
    """Every record with what it came to; the one way of all that clean, archive and answer.

    Args:
        parts: Readings of the files.
        engine: Runs the rules.
        more: Columns of `rules.typed` to keep beside `RECORD`.
        kind: Of the amounts.
        codes: Records of other codes are left out; empty for all.

    Raises:
        Refused: a number of a file cannot be read as it was meant, or more than half of its rows would be quarantined.
    """
    counts = [part.reading.rows for part in parts]
    engine.is_small = None not in counts and sum(counts) <= SMALL_ROWS
    wanted = f" WHERE product IN ({', '.join(map(literal, codes))})" if codes else ""
    columns = [*RECORD.split(", "), *(more.split(", ") if more else [])]
    known_words = words(engine)
    while True:
        wide = [engine.view(_typed(part, known_words, kind), part.reading.table.held) for part in parts]
        typed = _kept(parts, wide, columns, wanted, engine)
        whole = union(f"SELECT * FROM {view}" for view in wide)
        spelled = _other_spellings(typed, whole, engine)
        if not spelled:
            break
        known_words = words(engine, spelled)
    _refuse(typed, whole, parts, engine)
    single, repeated = _compared(typed, parts, engine)
    counted = _counts(union([single, repeated]), parts, engine, bool(codes))
    if codes and not counted["total"]["rows_read"]:
        raise Refused(f"{parts[0].source.name}: no row has the codes {', '.join(codes)}: look up their spelling")
    records = Records(parts, whole, single, repeated, counted, engine)
    _refuse_mostly_bad(records)
    return records


def _typed(part: Part, words: str, kind: str) -> str:
    more = rules.MASSES | {"is_world": "coalesce(partner_kind = 'world', false)"}
    return f"SELECT *, {named(more)} FROM ({rules.typed(part, words, kind)})"


def _kept(parts: list[Part], wide: list[str], columns: list[str], wanted: str, engine: Engine) -> str:
    """A name for the records of some views, of which some columns are kept, with their fate."""
    queries = []
    for part, view in zip(parts, wide, strict=True):
        same = rules.constants(part)
        kept = engine.keep(f"SELECT {', '.join(name for name in columns if name not in same)} FROM {view}{wanted}")
        queries.append(f"SELECT {named({name: same.get(name, name) for name in columns})} FROM {kept}")
    return engine.view(f"SELECT *, {rules.FATE} AS fate FROM ({union(queries)})")


def words(engine: Engine, spelled: dict[str, countries.Area] | None = None) -> str:
    """A table of every published word for a country, and of other spellings of some: word, iso3, kind."""
    with countries.TABLE.open(encoding="utf-8") as stream:
        columns = stream.readline().strip().split(",")
    table = engine.lazy_csv(countries.TABLE, columns, skipped=1).select(word="published", iso3="iso3", kind="kind")
    others = [
        f"SELECT {literal(word)} AS word, {literal(area.iso3)} AS iso3, {literal(area.kind)} AS kind"
        for word, area in (spelled or {}).items()
    ]
    return engine.keep(union([table.sql, *others]))


def _other_spellings(typed: str, wide: str, engine: Engine) -> dict[str, countries.Area]:
    """Words of the files that no table holds as they stand, and what they stand for."""
    found = {}
    for side in ("reporter", "partner"):
        if engine.rows(f"SELECT 1 FROM {typed} WHERE {side}_iso3 IS NULL LIMIT 1"):
            unknown = f"SELECT DISTINCT {side} AS word FROM ({wide}) WHERE {side}_iso3 IS NULL"
            found |= {row["word"]: countries.known(row["word"]) for row in engine.rows(unknown)}
    published = countries.areas()
    return {word: area for word, area in found.items() if area and word not in published}


def _refuse(typed: str, wide: str, parts: list[Part], engine: Engine) -> None:
    """Turns files away of which a number cannot be read as it was meant, naming the first row at fault."""
    is_refused = "code LIKE 'R%'"
    if not engine.rows(f"SELECT 1 FROM {typed} WHERE {is_refused} LIMIT 1"):
        return
    found = f"SELECT * FROM ({wide}) WHERE {is_refused} ORDER BY file_number, source_row LIMIT 1"
    for row in engine.rows(found):
        rule = next(rule for rule in rules.REFUSALS if rule.code == row["code"])
        place = _row(row, parts[row["file_number"]])
        raise Refused(
            f"{row['file']}: {place}column {rule.column}: {ascii(row[rule.column])[:60]} {rule.reason} "
            f"({rule.code}): {rule.advice}"
        )


def _row(row: dict[str, Any], part: Part) -> str:
    """The number of a row in words; rows of a large text have none where nobody has counted them."""
    return f"row {row['source_row']}, " if part.reading.rows is not None else ""


def _compared(typed: str, parts: list[Part], engine: Engine) -> tuple[str, str | None]:
    """Records whose flow is there once, and records whose flow is there several times, with what they came to."""
    hashes = engine.repeated(f"SELECT * FROM {typed} WHERE fate = ''", PLACE)
    single, repeated = split(f"SELECT * FROM {typed}", PLACE, hashes)
    single = f"SELECT *, coarseness AS coarsest FROM ({single})"
    single = _with_counted(_alone(single, "value_usd IS NULL AND net_kg IS NULL"), "false")
    if repeated is None:
        return single, None
    table = f"SELECT * FROM ({repeated}) JOIN ({_layouts(parts)}) USING (file_number)"
    table = _without_conflicts(_without_details(_without_duplicates(table)))
    columns = ", ".join(engine.columns(single))
    return single, f"SELECT * FROM {engine.keep(f'SELECT {columns} FROM ({table})')}"


def _layouts(parts: list[Part]) -> str:
    """Each file's layout, and what tells two rows of one flow apart in it."""
    return union(
        f"SELECT {number} AS file_number, {literal(layout.name)} AS layout, {literal(layout.keys)} AS keys"
        for number, layout in {part.number: part.layout for part in parts}.items()
    )


def _now(table: str, test: str, fate: str, code: str = "") -> str:
    """Gives open records for which a test holds another fate, and the code of a rule."""
    is_now = f"fate = '' AND ({test})"
    code_now = f"CASE WHEN {is_now} THEN '{code}' ELSE code END" if code else "code"
    return (
        f"SELECT * EXCLUDE (fate, code), CASE WHEN {is_now} THEN '{fate}' ELSE fate END AS fate, {code_now} AS code "
        f"FROM ({table})"
    )


def _without_duplicates(table: str) -> str:
    """A record that says the same as another, whatever its file, is counted once."""
    over = f"PARTITION BY fate, {_FLOW}, part, detail, value_usd, net_kg ORDER BY file_number, source_row"
    return _now(f"SELECT *, row_number() OVER ({over}) AS place FROM ({table})", "place > 1", "duplicate")


def _without_details(table: str) -> str:
    """Of the rows of one flow the total is kept. Where there is none, the coarsest details are summed once."""
    key = f"PARTITION BY fate, {_FLOW}, part"
    largest = "value_usd DESC NULLS LAST, net_kg DESC NULLS LAST, file_number, source_row"
    table = (
        f"SELECT *, max(coarseness) OVER ({key}) AS coarsest, row_number() OVER ({key} ORDER BY {largest}) AS by_size "
        f"FROM ({table})"
    )
    table = _now(table, "(keys = 'total' AND coarseness < coarsest) OR (keys = 'largest' AND by_size > 1)", "detail")
    # The same flow in an older revision of the codes is not another flow.
    newest = f"max(revision) OVER (PARTITION BY fate, source_id, part, layout, {PLACE})"
    return _now(f"SELECT *, {newest} AS newest FROM ({table})", "revision < newest", "detail")


def _without_conflicts(table: str) -> str:
    one_file = f"PARTITION BY fate, {_FLOW}, part, source_id"
    table = f"SELECT *, count(*) OVER ({one_file}) AS in_file FROM ({table})"
    table = _now(table, f"in_file > 1 AND coarsest = {rules.ALL_TOTAL}", "quarantined", "Q14")
    table = (
        f"SELECT *, count(coalesce(value_usd, net_kg)) OVER (PARTITION BY fate, {_FLOW}) AS with_amount FROM ({table})"
    )
    table = _alone(table, "with_amount = 0")
    # Details that are summed once: one row stands for the flow, the others are counted as details.
    carrier = f"row_number() OVER ({one_file} ORDER BY file_number, source_row)"
    return _with_counted(f"SELECT *, {carrier} AS carrier FROM ({table})", "carrier > 1")


def _alone(table: str, is_without_value: str) -> str:
    return _now(table, is_without_value, "quarantined", "Q15")


def _with_counted(table: str, is_carried: str) -> str:
    return (
        f"SELECT *, CASE WHEN fate <> '' THEN fate WHEN {is_carried} THEN 'detail' WHEN is_flow THEN 'kept' "
        f"ELSE 'aggregate' END AS counted FROM ({table})"
    )


def _counts(records: str, parts: list[Part], engine: Engine, are_some: bool) -> dict[str, Any]:
    """Counts of input rows for each file and in total, or of those with the codes that are asked for.

    That they add up is asserted.
    """
    strength = " ".join(f"WHEN '{fate}' THEN {number}" for number, fate in enumerate(FATES))
    records = f"SELECT file_number, source_row, CASE counted {strength} END AS strength FROM ({records})"
    # Rows of several records count once; grouping all others by row would take as long as cleaning them.
    wide = ", ".join(sorted({str(part.number) for part in parts if part.layout.is_wide}))
    if wide:
        several = (
            f"SELECT file_number, min(strength) AS strength FROM ({records}) WHERE file_number IN ({wide}) "
            "GROUP BY file_number, source_row"
        )
        others = f"SELECT file_number, strength FROM ({records}) WHERE file_number NOT IN ({wide})"
        records = union([others, several])
    counted = engine.rows(
        f"SELECT file_number, strength, count(*) AS n FROM ({records}) GROUP BY file_number, strength"
    )
    files = []
    for number in sorted({part.number for part in parts}):
        own = [part for part in parts if part.number == number]
        by_fate = {FATES[row["strength"]]: row["n"] for row in counted if row["file_number"] == number}
        rows = [part.reading.rows for part in own]
        entry = {
            "file": own[0].source.name,
            "source_id": own[0].source.source_id,
            "layout": own[0].layout.name,
            "encoding": own[0].source.encoding,
            "rows_read": sum(by_fate.values()) if are_some or None in rows else sum(rows),
            **{f"rows_{fate}": by_fate.get(fate, 0) for fate in FATES},
            "notes": list(dict.fromkeys(note for part in own for note in part.reading.notes)),
        }
        _assert_adds_up(entry)
        files.append(entry)
    total = {name: sum(entry[name] for entry in files) for name in ("rows_read", *(f"rows_{f}" for f in FATES))}
    return {"total": total, "files": files}


def _assert_adds_up(entry: dict[str, Any]) -> None:
    if entry["rows_read"] != sum(entry[f"rows_{fate}"] for fate in FATES):
        raise AssertionError(f"{entry['file']}: rows read and rows accounted for differ: {entry}")


def _refuse_mostly_bad(records: Records) -> None:
    """Turns files away of which more than half of the rows cannot be used, and a run without any flow or total."""
    counted = records.accounting
    for entry in counted["files"]:
        if entry["rows_quarantined"] * 2 > entry["rows_read"]:
            first = next(row for row in records.quarantine() if row["file"] == entry["file"])
            place = _row(first, next(part for part in records.parts if part.source.name == entry["file"]))
            raise Refused(
                f"{entry['file']}: {entry['rows_quarantined']} of {entry['rows_read']} rows cannot be used, the "
                f"first is {place}column {first['column']}: {ascii(first['found'])[:60]} "
                f"{first['reason']} ({first['code']}): {first['advice']}"
            )
    # A table that says 0 in every row is an answer: there was no trade.
    is_other = "NOT regexp_matches(verdict, '^detail: (no trade|a second unit|another kind of value)')"
    if counted["total"]["rows_kept"] + counted["total"]["rows_aggregate"] == 0 and records.engine.rows(
        f"SELECT 1 FROM ({records.wide}) WHERE {is_other} LIMIT 1"
    ):
        notes = "; ".join(note for entry in counted["files"] for note in entry["notes"])
        raise Refused(
            f"{counted['files'][0]['file']}: no row holds a flow or a total of a whole period (A09): "
            f"{notes or 'give a file with values of whole years or months'}"
        )


def counts_in_words(accounting: dict[str, Any]) -> str:
    """The counts of all files in one line."""
    total = accounting["total"]
    words = {"kept": "kept", "aggregate": "totals", "detail": "details", "duplicate": "duplicates"}
    parts = ", ".join(f"{total[f'rows_{fate}']} {word}" for fate, word in words.items())
    return f"{total['rows_read']} rows read: {parts}, {total['rows_quarantined']} quarantined"


def flows(parts: list[Part], records: str, terms: dict[str, tuple[str, str]], are_repeated: bool) -> str:
    """One row a flow and source: details summed where no total is given, rows of value and of quantity joined.

    Args:
        parts: The readings that the records are from.
        records: A query of records, of which only open ones count.
        terms: What is wanted of a flow, name to what each record adds, in SQL, and how these add up.
        are_repeated: Whether several records can hold one flow.

    Returns:
        A query: the columns of a flow and the terms.
    """
    key = f"{_FLOW}, group_source, is_flow"
    each = named({name: sql for name, (sql, _) in terms.items()})
    rows = (
        f"SELECT {key}, {each} FROM (SELECT *, CASE WHEN part <> '' THEN split_part(part, ';', 1) ELSE source_id END AS group_source "
        f"FROM ({records}) WHERE fate = '') JOIN ({_layouts(parts)}) USING (file_number)"
    )
    if not are_repeated:
        return rows
    sums = named({name: f"{how}({name})" for name, (_, how) in terms.items()})
    return f"SELECT {key}, {sums} FROM ({rows}) GROUP BY {key}"


_STATUSES = ("reported", "unstated", "estimated")  # of a sum it is the last one of its parts
# What a record adds to its flow, and how.
WITH_VALUE = {
    "value": ("value_usd", "sum"),
    "value_rows": ("CASE WHEN is_quantity THEN 0 ELSE 1 END", "sum"),
    "is_parted": ("part <> ''", "bool_or"),
}
_TERMS = WITH_VALUE | {
    "basis": ("value_basis", "max"),
    "mass": ("mass_kg", "sum"),
    "rows_with_mass": ("CASE WHEN mass_kg IS NOT NULL THEN 1 ELSE 0 END", "sum"),
    "rank": ("CASE status " + " ".join(f"WHEN '{s}' THEN {n}" for n, s in enumerate(_STATUSES)) + " END", "max"),
    "source_id": ("CASE WHEN NOT is_quantity THEN source_id END", "min"),
    "source_row": ("CASE WHEN NOT is_quantity THEN source_row END", "min"),
    # Of a quantity whose value is not given.
    "quantity_source": ("source_id", "min"),
    "quantity_row": ("source_row", "min"),
    "is_converted": ("currency <> ''", "bool_or"),
    "is_part_of_mass": ("part <> '' AND NOT is_quantity AND mass_factor = '' AND value_usd > 0", "bool_or"),
    "is_suppressed": ("suppressed = 'true'", "bool_or"),
    "is_summed": (f"coarsest < {rules.ALL_TOTAL} AND part = ''", "bool_or"),
    **{name: (name, "bool_or") for name in ("is_alt_quantity", "is_alt_part", "is_zero_mass", "is_net_over_gross")},
}
# Where value and quantity stand in rows of their own, any quantity is that of the flow; else every row must have one.
MASS = "CASE WHEN rows_with_mass > 0 AND (is_parted OR rows_with_mass = value_rows) AND mass > 0 THEN mass END"


def _flows(records: Records, by_code: Any) -> str:
    """The flows under their published names, with what the flags are made from."""
    whole = f"SELECT * FROM ({records.all()}) WHERE fate = ''"
    medians = by_code(whole, made=rules.median_unit_values)
    both = union(
        (
            sql
            and flows(
                records.parts,
                rules.with_mass_status(f"SELECT * FROM ({sql}) WHERE fate = ''", medians),
                _TERMS,
                sql is records.repeated,
            )
            for sql in (records.single, records.repeated)
        ),
        ", ".join([*_FLOW.split(", "), "is_flow", *_TERMS]),
    )
    columns = {
        "year": "year_number",
        "month": "month_number",
        "reporter_iso3": "reporter_iso3",
        "partner_iso3": "partner_iso3",
        "flow": "flow_name",
        "hs_code": "product",
        "hs6": "CASE WHEN regexp_matches(product, '^[0-9]{6}$') THEN product END",
        "hs_revision": "revision",
        "value_usd": "CAST(value AS DOUBLE)",
        "value_basis": "CASE WHEN basis <> '' THEN basis "
        "WHEN flow_name IN ('import', 're_import', 'foreign_import') THEN 'cif' ELSE 'fob' END",
        "mass_kg": MASS,
        "mass_status": f"CASE WHEN {MASS} IS NULL THEN 'missing' ELSE "
        + "CASE rank "
        + " ".join(f"WHEN {n} THEN '{s}'" for n, s in enumerate(_STATUSES))
        + " END END",
        "source_id": "coalesce(source_id, quantity_source)",
        "source_row": "coalesce(source_row, quantity_row)",
        "is_flow": "is_flow",
        "is_self_trade": "reporter_iso3 = partner_iso3",
        "is_zero_value": f"coalesce(value = 0 AND {MASS} > 0, false)",
        **{name: name for name in _TERMS if name.startswith("is_") and name != "is_parted"},
    }
    return f"SELECT {named(columns)} FROM ({both})"


def _assert_unique(kept: str, engine: Engine) -> None:
    _, suspect = split(f"SELECT * FROM {kept}", _KEY, engine.repeated(f"SELECT * FROM {kept}", _KEY))
    if suspect:
        repeated = f"SELECT {_KEY} FROM ({suspect}) GROUP BY {_KEY} HAVING count(*) > 1 LIMIT 1"
        for row in engine.rows(repeated):
            raise AssertionError(f"a flow is there twice after cleaning: {row}")


def _world_check(kept: str, engine: Engine) -> dict[str, Any]:
    """How often the partners of a group add up to the World that is published with them, by source and in all.

    Partners above World are counted twice. Partners below it are some that were asked for, or rows that are missing.
    """
    group = "source_id, year, month, reporter_iso3, flow, hs_code, hs_revision"
    # Groups such as the European Union repeat their members; a customs union such as SACU stands for them.
    groups = {area.iso3 for area in countries.areas().values() if area.kind == "group"} - {"G711"}
    rows = (
        f"SELECT {group}, partner_iso3 = 'WLD' AS is_world, CAST(value_usd AS DECIMAL(38,3)) AS exact FROM {kept} "
        f"WHERE partner_iso3 NOT IN ({', '.join(map(literal, sorted(groups)))})"
    )
    sums = (
        f"SELECT {group}, sum(exact) FILTER (WHERE is_world) AS world, "
        "sum(exact) FILTER (WHERE NOT is_world) AS partners "
        f"FROM ({rows}) GROUP BY {group}"
    )
    # Most records have no World beside them: their sums are not needed.
    if not engine.rows(f"SELECT 1 FROM {kept} WHERE partner_iso3 = 'WLD' LIMIT 1"):
        sums = f"SELECT * FROM ({sums}) WHERE false"
    # A dollar a group is rounding: Comtrade prints parts of a cent.
    sources = engine.rows(
        "SELECT source_id, count(*) AS groups, count(*) FILTER (WHERE abs(world - partners) <= 1) AS groups_that_add_up, "
        "count(*) FILTER (WHERE world - partners > 1) AS groups_below_world, "
        "count(*) FILTER (WHERE world - partners < -1) AS groups_above_world, "
        "CAST(max(abs(world - partners)) AS DOUBLE) AS largest_gap_usd "
        f"FROM ({sums}) WHERE partners IS NOT NULL AND world IS NOT NULL GROUP BY source_id ORDER BY source_id"
    )
    counted = {
        name: sum(source[name] for source in sources)
        for name in ("groups", "groups_that_add_up", "groups_below_world", "groups_above_world")
    }
    gaps = [source["largest_gap_usd"] for source in sources]
    return {**counted, "largest_gap_usd": max(gaps, default=0.0), "sources": sources}
