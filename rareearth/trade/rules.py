"""The rules of cleaning, written once as Ibis expressions over text columns; clean.py says in which order they run.

A test that is cheap stands before one that reads text: the engine skips the second where the first says no.

A refusal turns the whole file away: its numbers cannot be read as they were meant. A quarantine takes a row out and
counts it. A flag is shown and changes nothing. Codes are stable: they stand in quarantine.csv and flows.parquet.
"""

import datetime
from collections.abc import Callable
from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

from rareearth.units import COMTRADE_KG

FLOWS = {
    "import": ("m", "1", "import", "imports"),
    "export": ("x", "2", "export", "exports"),
    "re_export": ("rx", "3", "re-export", "re-exports"),
    "re_import": ("rm", "4", "re-import", "re-imports"),
    "domestic_export": ("dx", "domestic export", "domestic exports"),
    # Trade for or after processing stands in M and X already.
    "part": ("mip", "xip", "mop", "xop"),
}
# A repeated header: the word above the codes of each layout.
HEADER_WORDS = ("cmdCode", "Commodity Code", "cmd", "k", "hs6", "HTS Number")
_HEADER = f"^({'|'.join(HEADER_WORDS)})$"
MISSING = ("", "-", "--", ".", "..", "...", ":", "x", "na", "n/a", "nan", "null", "none")
_NUMBER = r"^[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?$"
# Digits with separators, signs of currency or per cent, brackets, or another minus: a format of its own.
_OTHER_FORMAT = r"^[-+(−]?[ ]*[$€£¥]?[ ]*[-−]?[0-9][0-9 .,'’\x{00A0}\x{202F}]*[%)]?$"
_TOTAL_CODES = r"^(TOTAL|AG[0-9]|99|9999|999999|9999AA|unstated)$"
# The largest whole number up to which float64 is exact: no trade in USD comes near it.
EXACT = 2**53
_FIRST_YEAR = 1962  # of UN Comtrade
# A reported part stands for the whole only if its unit value stays within this factor of the median.
_ALT_FACTOR = 10


@dataclass(frozen=True)
class Rule:
    """A defect of a row.

    Attributes:
        code: Stable code.
        column: Column of the common table that is shown.
        reason: What is wrong, in one line.
        advice: What to do.
        test: True for a row with the defect, over the columns of `typed`.
    """

    code: str
    column: str
    reason: str
    advice: str
    test: Callable[[ir.Table], ir.BooleanValue]


def stripped(text: ir.StringValue) -> ir.StringValue:
    """A cell without the blanks around it: to look whether there are any costs a fifth of taking them away."""
    return ibis.ifelse(text.re_search(r"[ \t\n\r\v\f]"), text.strip(), text)


def _matched(text: ir.StringValue, pattern: str) -> ir.StringValue:
    """A cell without the blanks around it where it matches a pattern that allows none; null where it does not."""
    plain = text.strip()
    return ibis.ifelse(
        text.re_search(pattern), text, ibis.ifelse(plain.re_search(pattern), plain, ibis.null("string"))
    )


def _folded(text: ir.StringValue) -> ir.StringValue:
    return stripped(text).lower()


def _is_missing(text: ir.StringValue) -> ir.BooleanValue:
    return _folded(text).isin(MISSING)


def number(text: ir.StringValue) -> ir.DecimalValue:
    """A published number as an exact decimal; null where it is missing or none."""
    return _matched(text, _NUMBER).try_cast("decimal(38,6)")


def is_other_format(text: ir.StringValue) -> ir.BooleanValue:
    """Digits in a format of their own: with separators, a sign of currency or per cent, brackets, another minus."""
    plain = text.strip()
    return plain.re_search(_OTHER_FORMAT) & ~plain.re_search(_NUMBER)


REFUSALS = (
    Rule(
        "R1",
        "flow",
        "is no known flow",
        "use M, X, RM, RX or DX",
        lambda t: t.flow_name.isnull() & ~t.is_header,
    ),
    Rule(
        "R2",
        "hs_code",
        "has an odd number of digits: a leading zero was lost",
        "export the codes as text",
        lambda t: (t.hs_code.length() % 2 == 1) & t.hs_code.re_search(r"^[0-9]+$"),
    ),
    Rule(
        "R3",
        "value",
        "is written in another number format",
        "export plain digits with a decimal point",
        lambda t: t.value_usd.isnull() & is_other_format(t.value) & ~t.is_header,
    ),
    Rule(
        "R4",
        "partner",
        "was decoded wrongly",
        "fetch the file again as UTF-8",
        lambda t: t.partner.re_search("Ã[\x80-\xbf]|Â[\x80-\xbf]|\ufffd"),
    ),
)

QUARANTINE = (
    Rule("Q01", "value", "the header is repeated", "remove the row", lambda t: t.is_header),
    Rule(
        "Q02",
        "value",
        "no value",
        "a missing value is not 0",
        lambda t: t.value_usd.isnull() & ~t.is_quantity & _is_missing(t.value),
    ),
    Rule(
        "Q03",
        "value",
        "no number",
        "write digits and a decimal point",
        lambda t: t.value_usd.isnull() & ~t.is_quantity,
    ),
    Rule("Q04", "value", "negative", "look up the flow at its publisher", lambda t: t.value_usd < 0),
    Rule(
        "Q05",
        "value",
        "larger than a number that is kept exactly",
        "look up the flow",
        lambda t: t.value_usd >= EXACT,
    ),
    Rule("Q06", "reporter", "no known country", "see the nearest name", lambda t: t.reporter_iso3.isnull()),
    Rule("Q07", "partner", "no known country", "see the nearest name", lambda t: t.partner_iso3.isnull()),
    Rule(
        "Q08",
        "reporter",
        "the world or an unnamed area does not report",
        "look up the reporter",
        lambda t: t.reporter_kind.isin(("world", "nes")),
    ),
    Rule("Q09", "year", "no year of trade statistics", "write four digits", lambda t: t.year_number.isnull()),
    Rule(
        "Q10",
        "month",
        "no month",
        "1 to 12, or 52 for a year",
        lambda t: ~stripped(t.month).re_search(r"^(0?[0-9]|1[0-2]|52)?$"),
    ),
    Rule(
        "Q11",
        "hs_code",
        "no code of the Harmonized System",
        "2 to 12 digits",
        lambda t: ~t.is_total_code & ~t.hs_code.re_search(r"^[0-9]{2,12}$"),
    ),
    Rule(
        "Q12",
        "hs_revision",
        "another classification",
        "ask for codes of the Harmonized System",
        lambda t: ~stripped(t.hs_revision).upper().re_search(r"^(HT?S|H[0-6])?$"),
    ),
    Rule(
        "Q13",
        "mass",
        "negative or no number",
        "look up the flow",
        lambda t: (t.mass_number < 0) | (t.mass_number.isnull() & ~_is_missing(t.mass)),
    ),
)
# Found when rows are compared, not in a row alone.
CONFLICT = ("Q14", "two values for one flow in one file")
QUANTITY_ALONE = ("Q15", "a quantity without its value")


def typed(raw: ir.Table, areas: ir.Table) -> ir.Table:
    """The text columns with what they say: flow, country, year, value.

    Args:
        raw: The common table of record.COLUMNS.
        areas: Columns word, iso3, kind: every word for a country that occurs in `raw` and is known.
    """
    return read(with_areas(raw, areas))


def with_areas(raw: ir.Table, areas: ir.Table) -> ir.Table:
    """The table with iso3 and kind of reporter and partner; arguments as in `typed`."""
    reporter = areas.rename(reporter="word", reporter_iso3="iso3", reporter_kind="kind")
    partner = areas.rename(partner="word", partner_iso3="iso3", partner_kind="kind")
    table = raw.left_join(reporter, "reporter").drop("reporter_right")
    return table.left_join(partner, "partner").drop("partner_right")


def read(table: ir.Table) -> ir.Table:
    """What the cells of each row say; see `typed`."""
    flow = _folded(table.flow)
    years = "|".join(str(year) for year in range(_FIRST_YEAR, datetime.date.today().year + 1))
    month = stripped(table.month).try_cast("int32")
    code = stripped(table.hs_code)
    table = table.mutate(
        hs_code=code,
        flow_name=ibis.cases(*((flow.isin(words), name) for name, words in FLOWS.items()), else_=None),
        year_number=_matched(table.year, f"^({years})$").cast("int32"),
        month_number=ibis.ifelse(month.between(1, 12), month, None),
        value_usd=number(table.value) * table.value_factor.cast("int64"),
        is_total_code=code.re_search(_TOTAL_CODES),
        is_quantity=table.part.contains("quantity"),
        is_header=code.re_search(_HEADER),
        revision=ibis.ifelse(
            stripped(table.hs_revision).upper().isin(("", "HS")),
            "unstated",
            stripped(table.hs_revision).upper(),
        ),
    )
    return _with_mass(table)


def _with_mass(table: ir.Table) -> ir.Table:
    """Masses in kg: net, the alternative and the main quantity where their unit is a mass."""
    units = [
        (unit, ibis.cases(*((stripped(table[unit]) == code, factor) for code, factor in COMTRADE_KG.items())))
        for unit in ("alt_quantity_unit", "quantity_unit")
    ]
    alt_factor, factor = (expression for _, expression in units)
    mass = number(table.mass)
    estimated = _folded(table.mass_estimated)
    return table.mutate(
        mass_number=mass,
        net_kg=mass.cast("float64") * table.mass_factor.try_cast("float64"),
        gross_kg=number(table.gross_mass).cast("float64"),
        alt_kg=(number(table.alt_quantity).cast("float64") * alt_factor).nullif(0.0),
        quantity_kg=(number(table.quantity).cast("float64") * factor).nullif(0.0),
        # The former site counts with codes: 0 is reported, all others estimate one quantity or both.
        is_estimated=~estimated.isin(("", "false", "0")),
    )


def median_unit_values(table: ir.Table) -> ir.Table:
    """The median value of a reported kilogram by code, flow and year."""
    reported = table.filter(table.net_kg > 0, ~table.is_estimated, table.value_usd > 0)
    unit_value = reported.value_usd.cast("float64") / reported.net_kg
    return reported.group_by("hs_code", "flow_name", "year_number").agg(median_usd_kg=unit_value.median())


def with_mass_status(table: ir.Table, medians: ir.Table) -> ir.Table:
    """One mass in kg for each row, and where it comes from: reported, estimated or missing.

    An estimated net weight gives way to a reported alternative quantity, unless the unit value of that is far
    from the median of reported rows: then the alternative was counted for a part of the goods only.

    Args:
        table: See `typed`.
        medians: See `median_unit_values`.
    """
    keys = ["hs_code", "flow_name", "year_number"]
    table = table.left_join(medians, keys).drop(*(f"{key}_right" for key in keys))
    quotient = table.value_usd.cast("float64") / table.alt_kg / table.median_usd_kg
    plausible = table.median_usd_kg.isnull() | quotient.between(1 / _ALT_FACTOR, _ALT_FACTOR)
    has_net = (table.net_kg > 0).fill_null(False)
    has_alt = table.alt_kg.notnull()
    # The total of a report sums whole estimates and parts: its own net weight is the better one.
    is_total = (table.partner_kind == "world").fill_null(False)
    by_alt = has_alt & (~has_net | (table.is_estimated & plausible & ~is_total))
    return table.mutate(
        mass_kg=ibis.cases((by_alt, table.alt_kg), (has_net, table.net_kg), else_=table.quantity_kg),
        mass_status=ibis.cases(
            (by_alt, "reported"),
            (has_net & table.is_estimated, "estimated"),
            (has_net, "reported"),
            (table.quantity_kg.notnull() & table.is_estimated, "estimated"),
            (table.quantity_kg.notnull(), "reported"),
            else_="missing",
        ),
        is_alt_quantity=by_alt,
        is_alt_part=has_alt & has_net & table.is_estimated & ~plausible,
        is_zero_mass=(table.net_kg == 0).fill_null(False) & ~by_alt & table.quantity_kg.isnull(),
        is_net_over_gross=((table.gross_kg > 0) & (table.gross_kg < table.net_kg)).fill_null(False),
    )
