"""Cleans trade files: every row of every file is kept, or counted where it went, and the counts add up.

The order of the steps: what a reader decided, refusals, quarantines of single rows, duplicates, details against
totals, conflicts, one record a flow, masses, flags; then World, groups and unnamed areas apart from the flows.
"""

import csv
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from rareearth import countries
from rareearth.paths import RAW
from rareearth.refusal import Refused
from rareearth.trade import accounting, readers, rules
from rareearth.trade.readers import dataweb
from rareearth.trade.record import COLUMNS, Reading

FLOW_COLUMNS = (
    "year month reporter_iso3 partner_iso3 flow hs_code hs6 hs_revision value_usd value_basis mass_kg mass_status "
    "source_id source_row flags"
).split()
# Of the database; Python and Arrow hold the text of the files beside it.
MEMORY_LIMIT = "1500MB"
LARGE_ROWS = 200_000
_KEY = ["year", "month", "reporter_iso3", "partner_iso3", "flow", "hs_code", "hs_revision", "source_id"]
# Fields of one flow before sources are told apart; `part` tells the rows of a wide layout apart.
_FLOW = [
    "layout",
    "year_number",
    "month_number",
    "reporter_iso3",
    "partner_iso3",
    "flow_name",
    "hs_code",
    "revision",
]
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


@dataclass(frozen=True)
class Cleaned:
    """Clean trade, still in the database that made it.

    Attributes:
        flows: Trade between two countries, columns `FLOW_COLUMNS`, sorted by key.
        totals: The same for the world, groups, unnamed areas and codes that are sums.
        quarantine: Rows taken out: file, source_row, code, column, found, reason.
        accounting: Counts of input rows for each file and in total.
        folder: Holds the database as long as this object lives.
    """

    flows: ir.Table
    totals: ir.Table
    quarantine: list[dict[str, Any]]
    accounting: dict[str, Any]
    folder: tempfile.TemporaryDirectory


def clean(files: Sequence[Path], year: str = "") -> Cleaned:
    """Reads and cleans trade files of any supported layout.

    Args:
        files: Paths; archives are unpacked.
        year: For layouts that name no year.

    Raises:
        Refused: a file is of no known layout or damaged, or more than half of its rows would be quarantined.
    """
    parts = [part for path in files for part in readers.read_file(path, year)]
    # Sheets of one workbook are one file; members of an archive, and a file that is given twice, are several.
    numbers = {id(source): number for number, (source, _, _) in enumerate(parts)}
    read = [(numbers[id(source)], source, layout, reading) for source, layout, reading in parts]
    # Large files on disk, where columns of one value take no room, and what does not fit into memory can wait.
    folder = tempfile.TemporaryDirectory(prefix="rareearth-")
    is_large = sum(reading.table.num_rows for *_, reading in read) > LARGE_ROWS
    database = Path(folder.name) / "trade.duckdb" if is_large else ":memory:"
    connection = ibis.duckdb.connect(database, memory_limit=MEMORY_LIMIT, temp_directory=folder.name)
    raw = connection.create_table("raw", _united(read))
    typed = connection.create_table("typed", rules.typed(raw, _areas(raw)))
    _refuse(typed)
    judged = connection.create_table("judged", _judged(typed))
    counted = accounting.counts(judged, read)
    taken_out = accounting.quarantine(judged)
    accounting.refuse_mostly_bad(counted, taken_out)
    cleaned = connection.create_table("cleaned", _flagged(_flows(judged)))
    _assert_unique(cleaned)
    flows = cleaned.filter(cleaned.is_flow).select(FLOW_COLUMNS).order_by(*_KEY)
    totals = cleaned.filter(~cleaned.is_flow).select(FLOW_COLUMNS).order_by(*_KEY)
    return Cleaned(flows, totals, taken_out, {**counted, "world": accounting.world_check(cleaned)}, folder)


def _united(read: list[tuple]) -> ir.Table:
    """All readings as one table with every column of `COLUMNS`."""
    groups: dict[tuple, list[pa.Table]] = {}
    for number, source, layout, reading in read:
        table = _with_origin(number, source, layout, reading)
        shape = (tuple(sorted(table.column_names)), tuple(sorted(reading.constants.items())), layout.keys)
        groups.setdefault(shape, []).append(table)
    parts = []
    for (names, constants, keys), tables in groups.items():
        table = ibis.memtable(pa.concat_tables([table.select(names) for table in tables]))
        given = dict(constants)
        absent = {name: ibis.literal(given.get(name, "")) for name in COLUMNS if name not in names}
        table = table.mutate(**absent, keys=ibis.literal(keys))
        parts.append(table.select("file_number", "keys", *COLUMNS))
    return ibis.union(*parts) if len(parts) > 1 else parts[0]


def _with_origin(number: int, source, layout, reading: Reading) -> pa.Table:
    table, rows = reading.table, reading.table.num_rows
    if "source_id" in table.column_names:  # a table of data/raw: its own register says where it is from
        return _named(table, number, source.name, layout.name, rows)
    table = table.append_column("source_id", pa.repeat(source.source_id, rows))
    return _named(table, number, source.name, layout.name, rows)


def _named(table: pa.Table, number: int, file: str, layout: str, rows: int) -> pa.Table:
    table = table.append_column("file_number", pa.repeat(number, rows))
    return table.append_column("file", pa.repeat(file, rows)).append_column("layout", pa.repeat(layout, rows))


def _areas(raw: ir.Table) -> ir.Table:
    words = ibis.union(raw.select(word="reporter"), raw.select(word="partner")).distinct().to_pyarrow()
    known = [(word, countries.known(word)) for word in words.column("word").to_pylist()]
    rows = [(word, area.iso3, area.kind) for word, area in known if area]
    schema = {"word": "string", "iso3": "string", "kind": "string"}
    return ibis.memtable(rows or [("", "", "")], schema=schema)


def _first(defects: Sequence[rules.Rule], table: ir.Table) -> ir.StringValue:
    return ibis.cases(*((rule.test(table).fill_null(False), rule.code) for rule in defects))


def _refuse(typed: ir.Table) -> None:
    found = typed.filter(typed.verdict == "")
    found = found.mutate(code=_first(rules.REFUSALS, found)).filter(lambda t: t.code.notnull())
    rows = found.order_by("file_number", "source_row").limit(1).to_pyarrow().to_pylist()
    if rows:
        row = rows[0]
        rule = next(rule for rule in rules.REFUSALS if rule.code == row["code"])
        shown = ascii(row[rule.column])[:60]
        raise Refused(
            f"{row['file']}: row {row['source_row']}, column {rule.column}: {shown} {rule.reason} "
            f"({rule.code}): {rule.advice}"
        )


def _judged(typed: ir.Table) -> ir.Table:
    """Every record with its fate and the reason."""
    reader = typed.verdict.split(": ")
    code = ibis.ifelse(typed.verdict == "", _first(rules.QUARANTINE, typed), None)
    table = typed.mutate(
        fate=ibis.cases(
            (typed.verdict != "", reader[0]),
            (code.notnull(), "quarantined"),
            (typed.flow_name == "part", "detail"),
            else_="",
        ),
        code=code,
    )
    table = _without_duplicates(table)
    table = _without_details(table)
    return _without_conflicts(table)


def _open(table: ir.Table) -> ir.BooleanValue:
    return table.fate == ""


def _without_duplicates(table: ir.Table) -> ir.Table:
    same = [name for name in COLUMNS if name not in ("source_row", "file", "source_id")]
    place = ibis.row_number().over(
        ibis.window(group_by=["fate", *same], order_by=["file_number", "source_row"])
    )
    return table.mutate(fate=ibis.ifelse(_open(table) & (place > 0), "duplicate", table.fate))


def _without_details(table: ir.Table) -> ir.Table:
    """Of the rows of one flow the total is kept. Where there is none, the coarsest details are summed once."""
    totals = [
        table.partner2.strip().isin(("", "0")),
        table.customs.strip().isin(("", "C00")),
        table.transport.strip().isin(("", "0")),
    ]
    pattern = sum(flag.ifelse(10 + 2**power, 0) for power, flag in enumerate(totals))
    table = table.mutate(coarseness=pattern)
    key = ["fate", *_FLOW, "part"]
    table = table.mutate(coarsest=table.coarseness.max().over(ibis.window(group_by=key)))
    largest = [ibis.desc("value_usd"), ibis.desc("net_kg", nulls_first=False), "file_number", "source_row"]
    place = ibis.row_number().over(ibis.window(group_by=key, order_by=largest))
    is_detail = ibis.cases(
        (table["keys"] == "total", table.coarseness < table.coarsest),
        (table["keys"] == "largest", place > 0),
        else_=False,
    )
    table = table.mutate(fate=ibis.ifelse(_open(table) & is_detail, "detail", table.fate))
    # The same flow in an older revision of the codes is not another flow.
    key = ["fate", "source_id", "part", *(name for name in _FLOW if name != "revision")]
    newest = table.revision.max().over(ibis.window(group_by=key))
    return table.mutate(fate=ibis.ifelse(_open(table) & (table.revision < newest), "detail", table.fate))


def _without_conflicts(table: ir.Table) -> ir.Table:
    one_file = ibis.window(group_by=["fate", *_FLOW, "part", "source_id"])
    # All three columns say total (37 = 3 x 10 + 1 + 2 + 4): two such rows contradict each other.
    conflict = _open(table) & (ibis._.count().over(one_file) > 1) & (table.coarsest == 37)
    table = table.mutate(
        fate=ibis.ifelse(conflict, "quarantined", table.fate),
        code=ibis.ifelse(conflict, rules.CONFLICT[0], table.code),
    )
    with_value = table.value_usd.count().over(ibis.window(group_by=["fate", *_FLOW]))
    alone = _open(table) & (with_value == 0)
    table = table.mutate(
        fate=ibis.ifelse(alone, "quarantined", table.fate),
        code=ibis.ifelse(alone, rules.QUANTITY_ALONE[0], table.code),
    )
    is_flow = (table.reporter_kind == "country") & (table.partner_kind == "country") & ~table.is_total_code
    table = table.mutate(is_flow=is_flow.fill_null(False))
    # Details that are summed once: one row stands for the flow, the others are counted as details.
    carrier = ibis.row_number().over(
        ibis.window(group_by=["fate", *_FLOW, "part", "source_id"], order_by=["file_number", "source_row"])
    )
    counted = ibis.cases(
        (~_open(table), table.fate), (carrier > 0, "detail"), (table.is_flow, "kept"), else_="aggregate"
    )
    return table.mutate(counted=counted)


def _flows(judged: ir.Table) -> ir.Table:
    """One row a flow and source: details summed where no total is given, value and quantity rows joined."""
    table = rules.with_mass_status(judged.filter(_open(judged)))
    is_wide = table.layout == dataweb.NAME
    table = table.mutate(
        group_source=ibis.ifelse(is_wide, "", table.source_id),
        is_other_unit=is_wide
        & ~table.is_quantity
        & ~table.part.re_search("; (kilograms|metric tons|grams)$"),
    )
    table = table.group_by(*_FLOW, "group_source", "is_flow").agg(
        value=table.value_usd.sum(),
        basis=table.value_basis.max(),
        mass=table.mass_kg.sum(),
        rows_with_mass=table.mass_kg.count(),
        value_rows=(~table.is_quantity).sum(),
        is_wide=(table.layout == dataweb.NAME).any(),
        worst_status=table.mass_status.max(where=table.mass_kg.notnull()),
        source_id=table.source_id.min(where=~table.is_quantity),
        source_row=table.source_row.min(where=~table.is_quantity),
        is_part_of_mass=(table.is_other_unit & (table.value_usd > 0)).any(),
        is_suppressed=(table.suppressed == "true").any(),
        is_summed=((table.coarsest < 37) & (table.part == "")).any(),
        **{
            name: table[name].any()
            for name in ("is_alt_quantity", "is_alt_part", "is_zero_mass", "is_net_over_gross")
        },
    )
    complete = (table.rows_with_mass > 0) & (table.is_wide | (table.rows_with_mass == table.value_rows))
    mass = ibis.ifelse(complete & (table.mass > 0), table.mass, None)
    return table.mutate(
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


def _flagged(flows: ir.Table) -> ir.Table:
    flows = rules.with_incomplete_year(rules.with_outliers(rules.with_imputed(flows)))
    flows = rules.with_scope(flows, _scopes())
    return flows.mutate(flags=rules.flags(flows, _MARKS))


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


def _assert_unique(cleaned: ir.Table) -> None:
    repeated = cleaned.group_by(*_KEY).agg(rows=cleaned.count()).filter(lambda t: t.rows > 1).limit(1)
    rows = repeated.to_pyarrow().to_pylist()
    if rows:
        raise AssertionError(f"a flow is there twice after cleaning: {rows[0]}")
