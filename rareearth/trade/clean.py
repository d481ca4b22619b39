"""Cleans trade files: every row of every file is kept, or counted where it went, and the counts add up.

The order of the steps: what a reader decided, refusals, quarantines of single rows, duplicates, details against
totals, conflicts, one record a flow, masses, flags; then World, groups and unnamed areas apart from the flows.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir

from rareearth import countries
from rareearth.paths import RAW
from rareearth.trade import accounting, engine, fates, marks, readers, rules
from rareearth.trade.engine import Engine
from rareearth.trade.fields import FIELDS
from rareearth.trade.readers import dataweb
from rareearth.trade.record import COLUMNS, Part, completed

FLOW_COLUMNS = list(FIELDS)
_KEY = ["year", "month", "reporter_iso3", "partner_iso3", "flow", "hs_code", "hs_revision", "source_id"]
_MARKS = {
    "alt_quantity": "is_alt_quantity",
    "alt_part": "is_alt_part",
    "summed": "is_summed",
    "self_trade": "is_self_trade",
    "zero_value": "is_zero_value",
    "zero_mass": "is_zero_mass",
    "net_over_gross": "is_net_over_gross",
    "unit_value_outlier": "is_outlier",
    "thousandfold": "is_thousandfold",
    "part_of_mass": "is_part_of_mass",
    "suppressed": "is_suppressed",
    "scope_differs": "scope_differs",
    "broad_code": "is_broad",
    "incomplete_year": "is_incomplete",
}
# What the rows of one flow add up to, and how.
_TERMS = {
    "value": "sum",
    "basis": "max",
    "mass": "sum",
    "rows_with_mass": "sum",
    "value_rows": "sum",
    "is_wide": "any",
    "worst_status": "max",
    "source_id": "min",
    "source_row": "min",
    "is_part_of_mass": "any",
    "is_suppressed": "any",
    "is_summed": "any",
    "is_alt_quantity": "any",
    "is_alt_part": "any",
    "is_zero_mass": "any",
    "is_net_over_gross": "any",
}


@dataclass(frozen=True)
class Cleaned:
    """Clean trade, still in the database that made it.

    Attributes:
        flows: Trade between two countries, columns `FLOW_COLUMNS`, sorted by key.
        totals: The same for the world, groups, unnamed areas and codes that are sums.
        quarantine: Rows taken out: file, source_row, code, column, found, reason.
        accounting: Counts of input rows for each file and in total.
        engine: Holds the database as long as this object lives.
    """

    flows: ir.Table
    totals: ir.Table
    quarantine: list[dict[str, Any]]
    accounting: dict[str, Any]
    engine: Engine


def clean(files: Sequence[Path], year: str = "", address: str = engine.DUCKDB) -> Cleaned:
    """Reads and cleans trade files of any supported layout.

    Args:
        files: Paths; archives are unpacked.
        year: For layouts that name no year.
        address: See `engine.opened`.

    Raises:
        Refused: a file is of no known layout or damaged, or more than half of its rows would be quarantined.
    """
    database = engine.opened(address, files)
    read = _read(files, database, year)
    raw = _united(read)
    wide = fates.with_fate(rules.typed(raw, _areas(raw), database.view))
    typed = database.table(wide.select(fates.TYPED))
    fates.refuse(typed, wide)
    judged = fates.judged(typed, database)
    counted = accounting.counts(judged.all(), read)
    taken_out = accounting.quarantine(judged.all(), wide) if counted["total"]["rows_quarantined"] else []
    accounting.refuse_mostly_bad(counted, taken_out)
    by_code = partial(database.by_code, rows=counted["total"]["rows_read"])
    kept = database.table(_flows(judged, by_code))
    _assert_unique(kept, database)
    flagged = database.table(_flagged(kept, database, by_code))
    flows = flagged.filter(flagged.is_flow).select(FLOW_COLUMNS).order_by(*_KEY)
    totals = flagged.filter(~flagged.is_flow).select(FLOW_COLUMNS).order_by(*_KEY)
    return Cleaned(flows, totals, taken_out, {**counted, "world": accounting.world_check(kept)}, database)


def _read(files: Sequence[Path], database: Engine, year: str) -> list[Part]:
    parts = [part for path in files for part in readers.read_file(path, database, year)]
    # Sheets of one workbook are one file; members of an archive, and a file that is given twice, are several.
    numbers = {id(source): number for number, (source, _, _) in enumerate(parts)}
    return [Part(numbers[id(source)], source, layout, reading) for source, layout, reading in parts]


def _united(read: list[Part]) -> ir.Table:
    """All readings as one table with every column of `COLUMNS`."""
    return engine.joined([completed(part).select("file_number", "keys", *COLUMNS) for part in read])


def _areas(raw: ir.Table) -> ir.Table:
    words = ibis.union(raw.select(word="reporter"), raw.select(word="partner")).distinct().to_pyarrow()
    known = [(word, countries.known(word)) for word in words.column("word").to_pylist()]
    rows = [(word, area.iso3, area.kind) for word, area in known if area]
    schema = {"word": "string", "iso3": "string", "kind": "string"}
    return ibis.memtable(rows or [("", "", "")], schema=schema)


def _flows(judged: fates.Judged, by_code: marks.ByCode) -> ir.Table:
    """One row a flow and source: details summed where no total is given, value and quantity rows joined."""
    parts = [None if part is None else part.filter(fates.is_open(part)) for part in judged]
    medians = by_code(engine.joined(parts), rules.median_unit_values)
    single, repeated = (
        None if part is None else _with_terms(rules.with_mass_status(part, medians)) for part in parts
    )
    key = [*fates.FLOW, "group_source", "is_flow"]
    columns = [*key, *_TERMS]
    if repeated is not None:
        sums = {name: getattr(repeated[name], how)() for name, how in _TERMS.items()}
        sums = {name: term.cast(single[name].type()) for name, term in sums.items()}
        repeated = repeated.group_by(key).agg(**sums).select(columns)
    return _named(engine.joined([single.select(columns), repeated]))


def _with_terms(table: ir.Table) -> ir.Table:
    """What each row adds to its flow, under the names of `_TERMS`."""
    is_wide = table.layout == dataweb.NAME
    is_other_unit = is_wide & ~table.is_quantity & ~table.part.re_search("; (kilograms|metric tons|grams)$")
    has_mass = table.mass_kg.notnull()
    of_value = {
        name: ibis.ifelse(table.is_quantity, None, table[name]) for name in ("source_id", "source_row")
    }
    return table.mutate(
        **of_value,
        group_source=ibis.ifelse(is_wide, "", table.source_id),
        value=table.value_usd,
        basis=table.value_basis,
        mass=table.mass_kg,
        rows_with_mass=has_mass.cast("int64"),
        value_rows=(~table.is_quantity).cast("int64"),
        is_wide=is_wide,
        worst_status=ibis.ifelse(has_mass, table.mass_status, None),
        is_part_of_mass=is_other_unit & (table.value_usd > 0),
        is_suppressed=table.suppressed == "true",
        is_summed=(table.coarsest < fates.ALL_TOTAL) & (table.part == ""),
    )


def _named(table: ir.Table) -> ir.Table:
    """The flows under their published names, with what the flags are made from."""
    complete = (table.rows_with_mass > 0) & (table.is_wide | (table.rows_with_mass == table.value_rows))
    mass = ibis.ifelse(complete & (table.mass > 0), table.mass, None)
    table = table.mutate(
        year=table.year_number,
        month=table.month_number,
        flow=table.flow_name,
        hs_revision=table.revision,
        hs6=ibis.ifelse(table.hs_code.re_search(r"^[0-9]{6}$"), table.hs_code, None),
        value_usd=table.value.cast("float64"),
        value_basis=ibis.cases(
            (table.basis != "", table.basis),
            (table.flow_name.isin(("import", "re_import")), "cif"),
            else_="fob",
        ),
        mass_kg=mass,
        # "reported" comes after "estimated" in the alphabet: max would hide an estimated part.
        mass_status=ibis.ifelse(mass.isnull(), "missing", table.worst_status),
        is_self_trade=table.reporter_iso3 == table.partner_iso3,
        is_zero_value=(table.value == 0) & (mass > 0),
    )
    given = [column for column in _MARKS.values() if column in table.columns]
    return table.select(*(name for name in FLOW_COLUMNS if name != "flags"), "is_flow", *given)


def _flagged(flows: ir.Table, database: Engine, by_code: marks.ByCode) -> ir.Table:
    flows = marks.with_outliers(_with_imputed(flows, database), by_code)
    flows = marks.with_incomplete_year(flows, database.table)
    flows = marks.with_scope(flows, _scopes())
    return flows.mutate(flags=marks.flags(flows, _MARKS))


def _with_imputed(flows: ir.Table, database: Engine) -> ir.Table:
    """Looks for imputed masses among the reports of which some share a unit value, and only there."""
    reports = flows.filter(flows.value_basis != "reconciled")
    reports = reports.mutate(step=marks.unit_value_step(reports)).filter(lambda t: t.step.notnull())
    alike = [*marks.IMPUTED_GROUP, "step", "mass_status"]
    hashes = database.repeated(reports, alike, marks.IMPUTED_LEAST_ROWS)
    _, suspect = engine.split(reports, alike, hashes)
    if suspect is None:
        return flows
    groups = database.repeated(suspect, marks.IMPUTED_GROUP, 1)
    others, suspect = engine.split(flows, marks.IMPUTED_GROUP, groups)
    return engine.joined([others, marks.with_imputed(suspect).select(others.columns)])


def _scopes() -> ir.Table:
    with (RAW / "trade" / "hs_scope.csv").open(encoding="utf-8", newline="") as stream:
        listed = list(csv.DictReader(stream))
    newest = {row["hs_code"]: row["scope"] for row in listed}
    rows = [
        (row["hs_code"], revision, row["rare_earths"] == "part", row["scope"] != newest[row["hs_code"]])
        for row in listed
        for revision in row["revisions"].split(";")
    ]
    schema = {"hs_code": "string", "revision": "string", "is_broad": "boolean", "scope_differs": "boolean"}
    return ibis.memtable(rows, schema=schema)


def _assert_unique(flows: ir.Table, database: Engine) -> None:
    _, suspect = engine.split(flows, _KEY, database.repeated(flows, _KEY))
    if suspect is not None:
        repeated = suspect.group_by(*_KEY).agg(rows=suspect.count()).filter(lambda t: t.rows > 1).limit(1)
        for row in repeated.to_pyarrow().to_pylist():
            raise AssertionError(f"a flow is there twice after cleaning: {row}")
