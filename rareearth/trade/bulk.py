"""Trade files of any size as one table of reports, read where they lie, or from an archive that is written once.

The same rules as in clean.py say what a cell means and which rows are taken out. What that costs is left out here:
rows have no place in their file and no flags, and a row that is taken out is not named. An archive is a folder of
Parquet files, one for each chapter of the Harmonized System and sorted by code: a question about some codes reads
these alone.
"""

from collections.abc import Sequence
from pathlib import Path

import ibis
import ibis.expr.types as ir

from rareearth import countries
from rareearth.refusal import Refused
from rareearth.trade import clean, engine, fates, readers, rules
from rareearth.trade.engine import Engine
from rareearth.trade.readers import source
from rareearth.trade.record import Part

CHAPTER = "hs_chapter"
COLUMNS = "year month reporter_iso3 partner_iso3 flow hs_code value_usd mass_kg".split()
# A thousandth of a dollar and a gram: no publisher prints more, and sums are exact in any order.
_AMOUNT = "decimal(18,3)"
_HEAD_BYTES = 2**16


def reports(files: Sequence[Path], database: Engine, year: str = "") -> ir.Table:
    """The reports of trade files or of archives, of which nothing is computed yet.

    Args:
        files: CSV, zip, gzip or Parquet files of a layout that holds one record a row; or archives.
        database: Reads them.
        year: For layouts that name no year.

    Returns:
        `COLUMNS`: totals over modes of transport, customs procedures and second partners, of countries, the world and
        groups. A row that occurs twice is there twice. Masses are net weights, null where the publisher gives none.

    Raises:
        Refused: a file cannot be read as a known layout.
    """
    tables = []
    for path in files:
        if path.is_dir():
            found = sorted(path.glob(f"{CHAPTER}=*/*.parquet"))
            if not found:
                raise Refused(f"{path}: no archive: make one with `rareearth archive FILE... --out DIR`")
            tables.append(database.parquet(found).select(COLUMNS))
        else:
            tables += [
                _read(one, name, database, year) for one, name in source.unpacked(path, database.scratch)
            ]
    return engine.joined(tables)


def _read(path: Path, name: str, database: Engine, year: str) -> ir.Table:
    sheet = _sheet(path, name, database)
    layout = readers.layout_of(sheet, name)
    if layout.is_wide:
        raise Refused(f"{name}: {layout.name} holds several records a row: use `rareearth clean`")
    reading = layout.read(sheet, name, readers.year_of(name, year) if layout.needs_year else "")
    raw = clean.complete(Part(0, source.Source(name, b"", ""), layout, reading))
    return _typed(raw)


def _sheet(path: Path, name: str, database: Engine) -> source.Sheet:
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
    if head.startswith(source.PARQUET):
        return source.parquet_sheet(path, name, database)
    head = head[: head.rfind(b"\n") + 1] or head
    preamble, header, first = source.above(name, source.text(source.Source(name, head, "")))
    # The web download of Comtrade ends its rows, and not its header, with a comma.
    header = (*header, "") if len(first) == len(header) + 1 and not first[-1] else header
    names = [str(position) for position in range(len(header))]
    body = database.lazy_csv(path, names, len(preamble) + 1).mutate(place=ibis.literal(0))
    return source.Sheet(preamble, header, body, 0, len(preamble) + 2)


def _typed(raw: ir.Table) -> ir.Table:
    table = rules.typed(raw, _areas())
    is_whole = fates.coarseness(table) == fates.ALL_TOTAL
    of_words = [rule for rule in rules.QUARANTINE if rule.column not in ("value", "mass")]
    is_sound = [~rule.test(table) for rule in of_words]
    table = table.filter(
        table.verdict == "", table.flow_name != "part", is_whole, ~table.is_total_code, *is_sound
    )
    return table.select(
        year="year_number",
        month="month_number",
        reporter_iso3="reporter_iso3",
        partner_iso3="partner_iso3",
        flow="flow_name",
        hs_code="hs_code",
        value_usd=_amount(table.value_usd),
        mass_kg=_amount(table.mass_number * table.mass_factor.cast("int64")).nullif(0),
    )


def _amount(number: ir.DecimalValue) -> ir.DecimalValue:
    """A number that is not negative; null where it is, or too large."""
    amount = number.try_cast(_AMOUNT)
    return ibis.ifelse(amount >= 0, amount, None)


def _areas() -> ir.Table:
    """Every published word for a country: to ask a file for its own words would read it twice."""
    rows = [(word, area.iso3, area.kind) for word, area in countries.areas().items()]
    return ibis.memtable(rows, schema={"word": "string", "iso3": "string", "kind": "string"})
