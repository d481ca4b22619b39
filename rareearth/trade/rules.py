"""The rules of cleaning, written once as Ibis expressions over text columns; clean.py says in which order they run.

A test that is cheap stands before one that looks for a pattern: the engine skips the second where the first decides.

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
_CODE = r"^[0-9]{2,12}$"
_TOTAL_CODES = r"^(TOTAL|AG[0-9]|9999AA|unstated)$"
_TOTAL_DIGITS = ("99", "9999", "999999")
_REVISIONS = tuple(f"H{number}" for number in range(7))
_MONTH = r"^(0?[0-9]|1[0-2]|52)?$"
# No trade in USD or kg comes near it; float64 is exact to a dollar below it, and 18 digits hold a tenth of a cent.
EXACT = 10**15
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


def says(text: ir.StringValue, *words: str) -> ir.BooleanValue:
    """Whether a cell is one of some words, in letters of any size and with blanks around it."""
    folded = [word.lower() for word in words]
    return ibis.ifelse(text.isin(words), True, _folded(text).isin(folded))


def _is_missing(text: ir.StringValue) -> ir.BooleanValue:
    return says(text, *MISSING)


def number(text: ir.StringValue, kind: str = "decimal(38,6)") -> ir.DecimalValue:
    """A published number as an exact decimal; null where it is missing, none, or has more digits than the kind."""
    # A cast refuses all else itself, but for the underscores that some engines read between digits.
    return ibis.ifelse(text.contains("_"), None, text.try_cast(kind))


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
        lambda t: (t.hs_code.length() % 2 == 1) & t.hs_code.re_search("^[0-9]+$"),
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
        lambda t: ~ibis.ifelse(t.month.isin(("52", "")), True, stripped(t.month).re_search(_MONTH)),
    ),
    Rule(
        "Q11",
        "hs_code",
        "no code of the Harmonized System",
        "2 to 12 digits",
        lambda t: ~t.is_total_code & ~t.is_code,
    ),
    Rule(
        "Q12",
        "hs_revision",
        "another classification",
        "ask for codes of the Harmonized System",
        lambda t: ~t.revision.isin((*_REVISIONS, "HTS", "unstated")),
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


def typed(raw: ir.Table, areas: ir.Table, view: Callable[[ir.Table], ir.Table]) -> ir.Table:
    """The text columns with what they say: flow, country, year, value.

    Args:
        raw: The common table of record.COLUMNS.
        areas: Columns word, iso3, kind: every word for a country that occurs in `raw` and is known.
        view: Names an expression, so that what is built on it does not repeat it: see `engine.Engine.view`.
    """
    return read(with_words(raw, areas), view)


def with_words(raw: ir.Table, areas: ir.Table) -> ir.Table:
    """The table with iso3 and kind of reporter and partner, and the year; arguments as in `typed`.

    A word of which there are few is looked up: that takes a third of the time of a pattern.
    """
    reporter = areas.rename(reporter="word", reporter_iso3="iso3", reporter_kind="kind")
    partner = areas.rename(partner="word", partner_iso3="iso3", partner_kind="kind")
    known = ibis.range(_years().start, _years().stop).unnest().name("known_year").as_table()
    year = known.select(year=known.known_year.cast("string"), known_year=known.known_year.cast("int32"))
    for column, words in (("reporter", reporter), ("partner", partner), ("year", year)):
        raw = raw.left_join(words, column).drop(f"{column}_right")
    return raw


def read(table: ir.Table, view: Callable[[ir.Table], ir.Table]) -> ir.Table:
    """What the cells of each row say; see `typed`."""
    table = view(
        table.mutate(
            code_digits=_matched(table.hs_code, _CODE),
            value_number=number(table.value),
            mass_number=number(table.mass),
        )
    )
    is_code = table.code_digits.notnull()
    other_code = stripped(table.hs_code)
    month = table.month.try_cast("int32")
    table = table.mutate(
        is_code=is_code,
        hs_code=ibis.ifelse(is_code, table.code_digits, other_code),
        is_total_code=ibis.ifelse(
            is_code, table.code_digits.isin(_TOTAL_DIGITS), other_code.re_search(_TOTAL_CODES)
        ),
        is_header=ibis.ifelse(is_code, False, other_code.re_search(_HEADER)),
        flow_name=_flow(table.flow),
        year_number=ibis.ifelse(table.known_year.notnull(), table.known_year, _year(table.year)),
        month_number=ibis.ifelse(month.between(1, 12), month, None),
        value_usd=table.value_number * table.value_factor.cast("int64"),
        is_quantity=table.part.contains("quantity"),
        revision=ibis.ifelse(
            table.hs_revision.isin(_REVISIONS), table.hs_revision, _revision(table.hs_revision)
        ),
        **_masses(table),
    )
    return view(table)


def _years() -> range:
    return range(_FIRST_YEAR, datetime.date.today().year + 1)


def _year(text: ir.StringValue) -> ir.IntegerValue:
    year = _matched(text, "^[0-9]{4}$").cast("int32")
    return ibis.ifelse(year.between(_years().start, _years().stop - 1), year, None)


def _flow(text: ir.StringValue) -> ir.StringValue:
    word = _folded(text)
    others = ((word.isin(words), name) for name, words in FLOWS.items())
    return ibis.cases((text == "X", "export"), (text == "M", "import"), *others, else_=None)


def _revision(text: ir.StringValue) -> ir.StringValue:
    word = stripped(text).upper()
    return ibis.ifelse(word.isin(("", "HS")), "unstated", word)


def _masses(table: ir.Table) -> dict[str, ir.Value]:
    """Masses in kg: net, the alternative and the main quantity where their unit is a mass."""
    return {
        "net_kg": table.mass_number.cast("float64") * table.mass_factor.try_cast("float64"),
        "gross_kg": number(table.gross_mass).cast("float64"),
        "alt_kg": _kg(table.alt_quantity, table.alt_quantity_unit),
        "quantity_kg": _kg(table.quantity, table.quantity_unit),
        # The former site counts with codes: 0 is reported, all others estimate one quantity or both.
        "is_estimated": ibis.ifelse(
            table.mass_estimated == "true", True, ~says(table.mass_estimated, "", "false", "0")
        ),
    }


def _kg(quantity: ir.StringValue, unit: ir.StringValue) -> ir.FloatingValue:
    factor = ibis.cases(*((says(unit, code), factor) for code, factor in COMTRADE_KG.items()))
    return (number(quantity).cast("float64") * factor).nullif(0.0)


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
