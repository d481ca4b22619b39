"""Eurostat Comext: SDMX-CSV of data sets DS-045409 and DS-059341, and the bulk files (.dat)."""

import csv
import re
from collections.abc import Sequence
from dataclasses import replace

from rareearth.errors import Refused
from rareearth.paths import RAW
from rareearth.trade.columns import Reading
from rareearth.trade.engine import Table
from rareearth.trade.readers.layout import FLOW, Layout, in_place, is_like, mapped, with_zero
from rareearth.trade.readers.sheets import Sheet

_IS_PERIOD = r"(19|20)\d\d(-\d\d)?"
_FREQUENCIES = frozenset(("A", "M", "Q", "Annual", "Monthly", "Quarterly"))


def _code(column: str) -> str:
    """The code of a cell that holds code and label, such as DE:Germany, in SQL."""
    return f"regexp_replace({column}, '^([A-Z0-9_]+):.*$', '\\1')"


# Rows with labels have no code of the product; codes with letters hide one.
_PRODUCT = (
    f"CASE WHEN regexp_matches({_code('hs_code')}, '^([0-9]+|TOTAL)$') THEN {with_zero(_code('hs_code'))} "
    "ELSE 'unstated ' || hs_code END"
)
# The United Kingdom as a whole, and since 2021 in two parts.
_PARTS = "regexp_matches(partner, '^X[IU](:|$)|^United Kingdom \\((excluding )?Northern Ireland\\)')"
_PARTNER = f"CASE WHEN {_PARTS} THEN 'GB' ELSE {_code('partner')} END"
_PARTNER2 = f"CASE WHEN {_PARTS} THEN partner ELSE '' END"


def _read(layout: Layout, sheet: Sheet) -> Reading:
    sheet = in_place(sheet, "DATAFLOW", frozenset(row[1] for row in sheet.rows if row[2] in _FREQUENCIES))
    reading = mapped(layout, sheet)
    table, source = _in_dollars(reading.table, _years(layout, sheet, reading.table), sheet.name)
    note = f"euro are made US dollars by the average rate of the year ({source})"
    return reading._replace(
        table=table, constants={**reading.constants, "currency": "EUR"}, notes=(*sheet.notes, *reading.notes, note)
    )


def _years(layout: Layout, sheet: Sheet, table: Table) -> set[str]:
    if sheet.large:
        distinct = Table(f"SELECT DISTINCT year FROM ({table.sql})", ("year",), table.held, table.engine)
        return {row["year"] for row in distinct.rows()}
    place = sheet.header.index(layout.served(sheet.header)["year"])
    return {row[place][:4] for row in sheet.rows}


def _in_dollars(table: Table, years: set[str], name: str) -> tuple[Table, str]:
    """The table with the rate of each year, and the sources of the rates.

    Raises:
        Refused: a year has no published rate.
    """
    # Of the published tables alone, with what a refresh added; pandas takes longer to import than a small file to read.
    money, rates = RAW / "money", []
    for path in [*sorted(money.glob("fx_rates--*.csv"), reverse=True), money / "fx_rates.csv"]:
        with path.open(encoding="utf-8", newline="") as stream:
            rates += list(csv.DictReader(stream))
    try:
        rates = [row for row in rates if row["currency"] == "EUR" and row["period_kind"] == "calendar_year"]
        usd = {row["period"]: float(row["value"]) for row in rates}
        if not all(0 < rate < float("inf") for rate in usd.values()):
            raise ValueError("a rate is no number above 0")
    except (KeyError, TypeError, ValueError) as error:
        raise Refused(
            f"{name}: values are in euro, and data/raw/money/fx_rates.csv is damaged ({error}): "
            "python -m rareearth verify says where"
        ) from None
    absent = sorted(year for year in years - usd.keys() if re.fullmatch(r"\d{4}", year))
    if absent:
        raise Refused(
            f"{name}: values of {', '.join(absent)} are in euro, and data/raw/money/fx_rates.csv has no rate of "
            f"{absent[0]} (A23): add it with its source, or leave these years out"
        )
    whens = " ".join(f"WHEN '{year}' THEN '{usd[year]}'" for year in sorted(usd))
    sources = sorted({source for row in rates for source in row["source_ids"].split(";")})
    return table.mutate(value_factor=f"CASE year {whens} ELSE '1' END"), ", ".join(sources)


_IS_VALUE = "contains(upper(part), 'VALUE')"
_IS_MASS = "contains(upper(part), 'KG') AND NOT contains(upper(part), 'SUPPL')"
SDMX = Layout(
    "Eurostat Comext, SDMX-CSV",
    {
        "year": ("TIME_PERIOD",),
        "month": ("TIME_PERIOD",),
        "reporter": ("reporter",),
        "partner": ("partner",),
        "flow": ("flow",),
        "hs_code": ("product",),
        "part": ("indicators",),
        "value": ("OBS_VALUE",),
        "mass": ("OBS_VALUE",),
        "mass_estimated": ("OBS_FLAG",),
    },
    required=(*FLOW, "part"),
    sql={
        "reporter": _code("reporter"),
        "partner": _PARTNER,
        "partner2": _PARTNER2,
        "flow": _code("flow"),
        "hs_code": _PRODUCT,
        "value": f"CASE WHEN {_IS_VALUE} THEN value ELSE '' END",
        "mass": f"CASE WHEN {_IS_MASS} THEN mass ELSE '' END",
        "mass_factor": "CASE WHEN contains(part, '100') THEN '100' ELSE '1' END",
        "mass_estimated": "CASE WHEN mass_estimated = 'e' THEN 'true' ELSE '' END",
        "part": f"CASE WHEN {_IS_VALUE} THEN '; amount' ELSE '; quantity' END",
        "verdict": "CASE WHEN value = '' OR starts_with(value, ':') THEN 'detail: no number is published' "
        f"WHEN NOT {_IS_VALUE} AND NOT ({_IS_MASS}) THEN 'detail: a second unit for what the first counts already' "
        "ELSE '' END",
    },
    read=_read,
    keys="total",
    source="Eurostat, data sets DS-045409 and DS-059341 as SDMX-CSV, with codes, labels or both",
    units="value euro, made USD by the year's average rate; quantity 100 kg (DS-045409) or kg (DS-059341)",
    traps="value and quantity are rows of their own; rows have one field more than the header; WORLD, EU_INTRA and EU_EXTRA "
    "are partners beside the countries; EL is Greece, XI and XU are parts of the United Kingdom; with labels alone the codes of "
    "the products are gone: such rows are totals, never flows",
)


def _read_wide(layout: Layout, sheet: Sheet) -> Reading:
    """Each row as one row of SDMX-CSV for each period: a cell holds a number and its flag."""
    names = _parted(sheet.header, sheet.header)
    periods = {place: name for place, name in enumerate(names) if is_like(_IS_PERIOD, name)}
    others = [place for place in range(len(names)) if place not in periods]
    rows = [
        [*(cells[other] for other in others), period, *(cells[place].split() + ["", ""])[:2]]
        for cells in (_parted(sheet.header, row) for row in sheet.rows)
        for place, period in periods.items()
    ]
    header = (*(names[other] for other in others), "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG")
    reading = _read(SDMX, replace(sheet, header=header, rows=rows))
    place = f"{sheet.first_row} + (source_row - {sheet.first_row}) // {len(periods)}"
    return reading._replace(table=reading.table.mutate(source_row=place))


def _parted(header: Sequence[str], row: Sequence[str]) -> list[str]:
    """A row, of which one cell holds what stands below several names (``freq,reporter,partner``)."""
    cells = zip(header, row, strict=True)
    parts = [part for name, cell in cells for part in (cell.split(",") if "," in name else [cell])]
    return [part.partition("\\")[0].strip() for part in parts]


class _Wide(Layout):
    """A layout of which one name may be several."""

    def lacks(self, header: Sequence[str]) -> list[str]:
        return super().lacks(_parted(header, header))


WIDE = _Wide(
    "Eurostat Comext, periods in columns",
    {},
    required=(),
    marks=("reporter", "partner", "product", "flow", "indicators"),
    like={_IS_PERIOD: "2020"},
    read=_read_wide,
    is_wide=True,
    keys="total",
    source="Eurostat, bulk download and API of DS-045409 and DS-059341 as .tsv",
    units=SDMX.units,
    traps="the first cell of a row holds its codes with commas; a cell holds a number and its flag (e: estimated, c: "
    "confidential), and : where none is published",
)
BULK = Layout(
    "Eurostat Comext, bulk file",
    {
        "year": ("PERIOD",),
        "month": ("PERIOD",),
        "reporter": ("REPORTER", "DECLARANT_ISO"),
        "partner": ("PARTNER_ISO", "PARTNER"),
        "flow": ("FLOW",),
        "hs_code": ("PRODUCT_NC",),
        "value": ("VALUE_EUR", "VALUE_IN_EUROS"),
        "mass": ("QUANTITY_KG", "QUANTITY_IN_KG"),
        "customs": ("STAT_PROCEDURE", "STAT_REGIME"),
    },
    sql={
        "partner": _PARTNER,
        "partner2": _PARTNER2,
        "hs_code": _PRODUCT,
        "mass": "CASE WHEN mass IN ('0', '0.0') THEN '' ELSE mass END",
    },
    read=_read,
    keys="total",
    source="Eurostat, bulk download: full_v2_<yyyymm>.dat and, before, full<yyyymm>.dat",
    units="value euro, made USD by the year's average rate; quantity kg",
    traps="statistical procedures are rows of their own, which are summed; month 52 is a year; codes with letters hide a "
    "product: such rows are totals, never flows",
)
