"""The rules of cleaning, written once as SQL over text columns; clean.py says in which order they run.

A refusal turns the whole file away: its numbers cannot be read as they were meant. A quarantine takes a row out and
counts it. A flag is shown and changes nothing. Codes are stable: they stand in quarantine.csv and flows.parquet.

A test that is cheap decides in a CASE whether one that looks for a pattern is made: AND makes both for every row.
"""

import csv
import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from rareearth.paths import RAW
from rareearth.trade.columns import COLUMNS, FLAGS, INCOMPLETE_SHARE, OUTLIER_Z, Part
from rareearth.trade.engine import Engine, literal, named, split, union
from rareearth.units import COMTRADE_KG

FLOWS = {
    "import": ("m", "1", "import", "imports"),
    "export": ("x", "2", "export", "exports"),
    "re_export": ("rx", "3", "re-export", "re-exports"),
    "re_import": ("rm", "4", "re-import", "re-imports"),
    "domestic_export": ("dx", "domestic export", "domestic exports"),
    "foreign_import": ("fm", "foreign import", "foreign imports"),
    # Trade for or after processing stands in M and X already.
    "part": ("mip", "xip", "mop", "xop"),
}
# A repeated header: the word above the codes of each layout.
HEADER_WORDS = ("cmdCode", "cmd_code", "Commodity Code", "cmd", "k", "hs6", "HTS Number", "ProductCode", "PRODUCT_NC")
HEADER_WORDS += ("product", "I_COMMODITY", "E_COMMODITY", "HS6 ID")
_HEADER = f"(?i)^({'|'.join(HEADER_WORDS)})$"
MISSING = ("", "-", "--", ".", "..", "...", ":", "x", "na", "n/a", "nan", "null", "none")
_NUMBER = r"^[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?$"
# Digits with separators, signs of currency or per cent, brackets, or another minus: a format of its own.
_OTHER_FORMAT = r"^[-+(−]?[ ]*[$€£¥]?[ ]*[-−]?[0-9][0-9 .,'’\x{00A0}\x{2009}\x{202F}]*[%)]?$"
# Commas that can be nothing but marks of thousands: a decimal point follows, or there are two of them.
_THOUSANDS = r"^[0-9]{1,3}(,[0-9]{3})*(,[0-9]{3}\.[0-9]+|,[0-9]{3},[0-9]{3})$"
# A blank between digits, a no-break or a thin one too, is nothing else: then a comma is that of decimals.
_BLANK = r"[ \x{00A0}\x{2009}\x{202F}]"
_SPACED = rf"^[0-9]{{1,3}}({_BLANK}[0-9]{{3}})+([.,][0-9]+)?$"
_CODE = r"^[0-9]{2,12}$"
# As the World Customs Organization and tariffs write codes: 28.46, 2846.90, 2846.90.20.
_DOTTED = r"^[0-9]{2}(\.?[0-9]{2}){1,5}$"
_TOTAL_CODES = r"^(TOTAL|AG[0-9]|9999AA|unstated( .*)?)$"
_TOTAL_DIGITS = ("99", "9999", "999999")
_REVISIONS = tuple(f"H{number}" for number in range(7))
# The last digits of the year of a revision to its code.
YEARS = dict(zip(("88", "92", "96", "02", "07", "12", "17", "22"), ("H0", *_REVISIONS), strict=True))
_MONTH = r"^(0?[0-9]|1[0-2]|52)?$"
_BLANKS = " \t\n\r\v\f"
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
        test: SQL, true for a row with the defect, over the columns of `typed`.
    """

    code: str
    column: str
    reason: str
    advice: str
    test: str


def _is_in(text: str, words: Sequence[str]) -> str:
    return f"{text} IN ({', '.join(map(literal, words))})"


def _trimmed(text: str) -> str:
    return f"trim({text}, {literal(_BLANKS)})"


def _when(cheap: str, costly: str) -> str:
    return f"CASE WHEN {cheap} THEN {costly} ELSE false END"


def stripped(text: str) -> str:
    """A cell without the blanks around it: to look whether there are any costs a fifth of taking them away."""
    return f"CASE WHEN regexp_matches({text}, '[{_BLANKS}]') THEN {_trimmed(text)} ELSE {text} END"


def _matched(text: str, pattern: str) -> str:
    """A cell without the blanks around it where it matches a pattern that allows none; null where it does not."""
    plain = _trimmed(text)
    return (
        f"CASE WHEN regexp_matches({text}, '{pattern}') THEN {text} "
        f"WHEN regexp_matches({plain}, '{pattern}') THEN {plain} END"
    )


def says(text: str, *words: str) -> str:
    """Whether a cell is one of some words, in letters of any size and with blanks around it."""
    folded = [word.lower() for word in words]
    return f"CASE WHEN {_is_in(text, words)} THEN true ELSE {_is_in(f'lower({stripped(text)})', folded)} END"


def number(text: str, kind: str = "DECIMAL(38,6)") -> str:
    """A published number as an exact decimal; null where it is missing, none, or has more digits than the kind."""
    # A cast refuses all else itself, but for the underscores that DuckDB reads between digits.
    return f"CASE WHEN contains({text}, '_') THEN NULL ELSE TRY_CAST({text} AS {kind}) END"


def is_other_format(text: str) -> str:
    """Digits in a format of their own: with separators, a sign of currency or per cent, brackets, another minus."""
    plain = _trimmed(text)
    return f"(regexp_matches({plain}, {literal(_OTHER_FORMAT)}) AND NOT regexp_matches({plain}, '{_NUMBER}'))"


def _scale(cell: str) -> str:
    """A factor in SQL, which is the same for all rows or stands in a column, as a rate of exchange does."""
    text = cell.strip("'")
    return text if text.replace(".", "", 1).isdigit() else f"TRY_CAST({cell} AS DOUBLE)"


def _amount(text: str, factor: str, kind: str) -> str:
    """A published number times a factor, as a decimal; null where it is none, or not below `EXACT`."""
    scale = _scale(factor)
    exact = f"CASE WHEN abs({number(text)}) < {EXACT} THEN TRY_CAST({number(text)} * {scale} AS {kind}) END"
    if not scale.isdigit():
        return exact
    # Nearly every amount fits 18 digits, which take a third of the time; the others are read again.
    digits = len(scale) if scale != "1" else 0
    times = f" * CAST({scale} AS DECIMAL({digits},0))" if digits else ""
    return f"coalesce(TRY_CAST({number(text, f'DECIMAL({18 - digits},6)')}{times} AS {kind}), {exact})"


def _with_marks(text: str, factor: str, kind: str) -> str:
    """An amount as `_amount`, also of a number whose marks of thousands leave no doubt."""
    plain = (
        f"CASE WHEN regexp_matches({text}, '{_THOUSANDS}') THEN replace({text}, ',', '') "
        f"WHEN regexp_matches({text}, '{_SPACED}') THEN replace(regexp_replace({text}, '{_BLANK}', '', 'g'), ',', '.') END"
    )
    # The few that are no plain number are looked at once more.
    return f"coalesce({_amount(text, factor, kind)}, {_amount(f'({plain})', factor, kind)})"


def _read(quantity: str) -> str:
    """A quantity as a number, with the marks that leave no doubt."""
    return _with_marks(quantity, "1", "DECIMAL(38,6)")


def _is_mass(unit: str) -> str:
    return says(unit, *COMTRADE_KG)


# The other columns that can hold a mass, and whether a row has one there.
_OF_MASS = {
    "quantity": _is_mass("quantity_unit"),
    "alt_quantity": _is_mass("alt_quantity_unit"),
    "gross_mass": "true",
}
# Columns of amounts, and whether the cell of a row was no amount.
_UNREAD = {
    "value": "value_usd IS NULL AND NOT is_header",
    "mass": "net_kg IS NULL AND NOT is_header",
    **{column: f"is_bad_{column}" for column in _OF_MASS},
}

REFUSALS = (
    Rule(
        "R1",
        "flow",
        "is no known flow",
        f"use {', '.join(words[0].upper() for words in FLOWS.values())}",
        "flow_name IS NULL AND NOT is_header",
    ),
    Rule(
        "R2",
        "hs_code",
        "has an odd number of digits: a leading zero was lost",
        "export the codes as text",
        _when("length(product) % 2 = 1 AND is_hs", "regexp_matches(product, '^[0-9]+$')"),
    ),
    Rule(
        "R4",
        "partner",
        "was decoded wrongly",
        "fetch the file again as UTF-8",
        _when(
            "contains(partner, 'Ã') OR contains(partner, 'Â') OR contains(partner, '\ufffd')",
            "regexp_matches(partner, 'Ã[\x80-\xbf]|Â[\x80-\xbf]|\ufffd')",
        ),
    ),
    *(
        Rule(
            code,
            column,
            "is written in another number format",
            "export plain digits with a decimal point",
            _when(unread, is_other_format(column)),
        )
        for code, (column, unread) in zip(("R3", "R5", "R6", "R7", "R8"), _UNREAD.items(), strict=True)
    ),
)

QUARANTINE = (
    Rule("Q01", "value", "the header is repeated", "remove the row", "is_header"),
    Rule("Q12", "hs_revision", "another classification", "ask for codes of the Harmonized System", "NOT is_hs"),
    Rule(
        "Q02",
        "value",
        "no value",
        "a missing value is not 0",
        _when("value_usd IS NULL AND NOT is_quantity", says("value", *MISSING)),
    ),
    Rule(
        "Q03",
        "value",
        "no number",
        "write digits and a decimal point",
        "value_usd IS NULL AND NOT is_quantity AND NOT is_too_large",
    ),
    Rule("Q04", "value", "negative", "look up the flow at its publisher", "value_usd < 0"),
    Rule("Q05", "value", "larger than a number that is kept exactly", "look up the flow", "is_too_large"),
    Rule("Q06", "reporter", "no known country", "see the nearest name", "reporter_iso3 IS NULL"),
    Rule("Q07", "partner", "no known country", "see the nearest name", "partner_iso3 IS NULL"),
    Rule("Q09", "year", "no year of trade statistics", "write four digits", "year_number IS NULL"),
    Rule(
        "Q10",
        "month",
        "no month",
        "1 to 12, or 52 for a year",
        f"NOT CASE WHEN month IN ('52', '') THEN true ELSE regexp_matches({_trimmed('month')}, '{_MONTH}') END",
    ),
    Rule("Q11", "hs_code", "no code of the Harmonized System", "2 to 12 digits", "NOT is_total_code AND NOT is_code"),
    Rule(
        "Q13",
        "mass",
        "negative or no number",
        "look up the flow",
        f"CASE WHEN net_kg IS NULL THEN NOT {says('mass', *MISSING)} ELSE net_kg < 0 END",
    ),
    *(
        Rule(
            code,
            column,
            "negative or no number",
            "look up the flow",
            _when(_UNREAD[column], f"NOT {says(column, *MISSING)}"),
        )
        for code, column in zip(("Q17", "Q18", "Q19"), _OF_MASS, strict=True)
    ),
    # Found when rows are compared, not in a row alone.
    Rule("Q14", "value", "two values for one flow in one file", "keep the right one", "false"),
    Rule("Q15", "value", "a quantity without its value", "give the values too", "false"),
    Rule("Q16", "verdict", "taken out by the reader of its layout", "look up the row", "false"),
)


def _first(defects: Sequence[Rule]) -> str:
    """The code of the first defect that a row has; null where it has none."""
    return "CASE " + " ".join(f"WHEN {rule.test} THEN '{rule.code}'" for rule in defects) + " END"


def _year(text: str) -> str:
    """A year that is written as a whole number, without sign, point or power."""
    number = f"TRY_CAST({text} AS INTEGER)"
    last = datetime.date.today().year
    return (
        f"CASE WHEN {number} BETWEEN {_FIRST_YEAR} AND {last} AND CAST({number} AS VARCHAR) = {text} THEN {number} END"
    )


def _of_few_cells(cell: Mapping[str, str]) -> dict[str, tuple[tuple[str, ...], str]]:
    """What is made of cells that are often the same in all rows of a file: name to these cells, and the SQL.

    Args:
        cell: Name in `COLUMNS` to SQL.
    """
    flow, revision = cell["flow"], cell["hs_revision"]
    month = f"TRY_CAST({cell['month']} AS INTEGER)"
    flows = " ".join(f"WHEN {_is_in(f'lower({stripped(flow)})', names)} THEN '{name}'" for name, names in FLOWS.items())
    # By the year of the revision: HS2017, HS 2017, HS17, 2017, HS 1988/92.
    year = f"regexp_extract(upper({stripped(revision)}), '^(HS[ _-]?(1988/|[0-9]{{2}})?|19|20)([0-9]{{2}})$', 3)"
    years = " ".join(f"WHEN {year} = '{digits}' THEN '{name}'" for digits, name in YEARS.items())
    totals = [says(cell[name], *words) for name, words in _TOTALS.items()]
    details = (
        f"CASE WHEN {is_total} THEN '' ELSE {cell[name]} END" for name, is_total in zip(_TOTALS, totals, strict=True)
    )
    coarseness = (f"CASE WHEN {is_total} THEN {10 + 2**power} ELSE 0 END" for power, is_total in enumerate(totals))
    return {
        "flow_name": (("flow",), f"CASE WHEN {flow} = 'X' THEN 'export' WHEN {flow} = 'M' THEN 'import' {flows} END"),
        "revision": (
            ("hs_revision",),
            f"CASE WHEN {_is_in(revision, _REVISIONS)} THEN {revision} WHEN upper({stripped(revision)}) IN ('', 'HS') "
            f"THEN 'unstated' {years} ELSE upper({stripped(revision)}) END",
        ),
        "month_number": (("month",), f"CASE WHEN {month} BETWEEN 1 AND 12 THEN {month} END"),
        "is_quantity": (("part",), f"contains({cell['part']}, 'quantity')"),
        # The cells of the columns of detail that do not say total; how many say it, and which.
        "detail": (tuple(_TOTALS), f"concat_ws('|', {', '.join(details)})"),
        "coarseness": (tuple(_TOTALS), " + ".join(coarseness)),
    }


_TOTALS = {"partner2": ("0", "0.0", ""), "customs": ("C00", ""), "transport": ("0", "0.0", "", "TOTAL MOT")}
# All three columns of detail say total: 37 = 3 x 10 + 1 + 2 + 4.
ALL_TOTAL = 37


def constants(part: Part) -> dict[str, str]:
    """Columns of `typed` that are the same in all its rows, in SQL: to write them for every row takes time."""
    cell = {name: part.cell(name) for name in COLUMNS if name != "source_row"}
    same = {name: sql for name, sql in cell.items() if sql != name} | {"file_number": str(part.number)}
    if part.reading.rows is None:  # nobody has numbered them
        same["source_row"] = "CAST(NULL AS BIGINT)"
    made = _of_few_cells(cell).items()
    return same | {name: sql for name, (cells, sql) in made if all(one in same for one in cells)}


def typed(part: Part, words: str, kind: str = "DECIMAL(38,6)") -> str:
    """What the cells of each row say: flow, country, year, value; why its file is refused, why it is taken out.

    Args:
        part: A reading.
        words: A table of words for countries: word, iso3, kind.
        kind: Of the amounts.

    Returns:
        A query: file_number, source_row, `COLUMNS` and what is made of them.
    """
    cell = {name: part.cell(name) for name in COLUMNS if name != "source_row"}
    code = cell["hs_code"]
    # A word of which there are few is looked up: that takes a third of the time of a pattern. Words are joined before
    # the constants of a layout stand beside them: what is made of these costs nothing then.
    joined = (
        f"SELECT src.*, r.iso3 AS reporter_iso3, r.kind AS reporter_kind, p.iso3 AS partner_iso3, p.kind AS partner_kind "
        f"FROM ({part.reading.table.sql}) AS src LEFT JOIN {words} AS r ON {cell['reporter']} = r.word "
        f"LEFT JOIN {words} AS p ON {cell['partner']} = p.word"
    )
    first = {name: sql for name, (_, sql) in _of_few_cells(cell).items()} | {
        "digits": f"coalesce({_matched(code, _CODE)}, replace({_matched(code, _DOTTED)}, '.', ''))",
        "value_usd": _with_marks(cell["value"], cell["value_factor"], kind),
        "net_kg": _with_marks(cell["mass"], cell["mass_factor"], kind),
        "year_number": f"coalesce({_year(cell['year'])}, {_year(_trimmed(cell['year']))})",
    }
    beside = f"source_row, {part.number} AS file_number, reporter_iso3, reporter_kind, partner_iso3, partner_kind"
    too_large = f"coalesce({number('value')} >= {EXACT}, false) OR coalesce(CASE WHEN abs({number('value')}) < {EXACT} "
    too_large += f"THEN {number('value')} * {_scale(cell['value_factor'])} END >= {EXACT}, false)"
    second = {
        "is_code": "digits IS NOT NULL",
        "product": f"coalesce(digits, {stripped('hs_code')})",
        "is_total_code": f"CASE WHEN digits IS NOT NULL THEN {_is_in('digits', _TOTAL_DIGITS)} "
        f"ELSE regexp_matches({_trimmed('hs_code')}, '{_TOTAL_CODES}') END",
        "is_header": _when("digits IS NULL", f"regexp_matches({_trimmed('hs_code')}, '{_HEADER}')"),
        "is_hs": _is_in("revision", (*_REVISIONS, "HTS", "unstated")),
        # To look whether a cell is there costs less than to read it.
        **{
            f"is_bad_{column}": _when(f"{column} <> ''", _when(is_mass, f"coalesce({_read(column)} < 0, true)"))
            for column, is_mass in _OF_MASS.items()
        },
        "is_too_large": f"CASE WHEN value_usd < {EXACT} THEN false ELSE {too_large} END",
    }
    third = {
        "code": f"CASE WHEN starts_with(verdict, 'quarantined') THEN 'Q16' WHEN verdict <> '' THEN NULL "
        f"ELSE coalesce({_first(REFUSALS)}, {_first(QUARANTINE)}) END",
        "is_flow": "coalesce(reporter_kind = 'country' AND partner_kind = 'country' AND NOT is_total_code, false)",
    }
    sql = f"SELECT {beside}, {named(cell | first)} FROM ({joined})"
    for more in (second, third):
        sql = f"SELECT *, {named(more)} FROM ({sql})"
    return sql


# Over the columns of `typed`: what a row alone comes to; "" is open.
FATE = (
    "CASE WHEN verdict <> '' THEN split_part(verdict, ': ', 1) WHEN code IS NOT NULL THEN 'quarantined' "
    "WHEN flow_name = 'part' THEN 'detail' ELSE '' END"
)


# Masses in kg of a row: gross, and the alternative and the main quantity where their unit is a mass.
def _kg(quantity: str, unit: str) -> str:
    factors = " ".join(f"WHEN {says(unit, code)} THEN {factor}" for code, factor in COMTRADE_KG.items())
    return f"nullif(CAST({_read(quantity)} AS DOUBLE) * CASE {factors} END, 0)"


# The former site counts with codes: 0 is reported, all others estimate one quantity or both.
MASSES = {
    "gross_kg": f"CAST({_read('gross_mass')} AS DOUBLE)",
    "alt_kg": _kg("alt_quantity", "alt_quantity_unit"),
    "quantity_kg": _kg("quantity", "quantity_unit"),
    "evidence": f"CASE WHEN {says('mass_estimated', 'false', '0')} THEN 'reported' WHEN {says('mass_estimated', '')} "
    "THEN 'unstated' ELSE 'estimated' END",
}
_OF_MEDIAN = "product, flow_name, year_number"


def median_unit_values(records: str) -> str:
    """The median value of a kilogram that was not estimated, by code, flow and year."""
    return (
        f"SELECT {_OF_MEDIAN}, median(CAST(value_usd AS DOUBLE) / net_kg) AS median_usd_kg FROM ({records}) "
        f"WHERE net_kg > 0 AND evidence <> 'estimated' AND value_usd > 0 GROUP BY {_OF_MEDIAN}"
    )


def with_mass_status(records: str, medians: str) -> str:
    """One mass in kg for each row, and where it comes from: reported, estimated, unstated or missing.

    An estimated net weight gives way to a reported alternative quantity, unless the unit value of that is far
    from the median of reported rows: then the alternative was counted for a part of the goods only.

    Args:
        records: See `typed`, with `MASSES`.
        medians: See `median_unit_values`.
    """
    quotient = "CAST(value_usd AS DOUBLE) / alt_kg / median_usd_kg"
    tests = {
        "has_net": "coalesce(net_kg > 0, false)",
        "is_plausible": f"median_usd_kg IS NULL OR {quotient} BETWEEN {1 / _ALT_FACTOR} AND {_ALT_FACTOR}",
    }
    # The total of a report sums whole estimates and parts: its own net weight is the better one.
    by_alt = "alt_kg IS NOT NULL AND (NOT has_net OR (evidence = 'estimated' AND is_plausible AND NOT is_world))"
    masses = {
        "mass_kg": "CASE WHEN is_alt_quantity THEN alt_kg WHEN has_net THEN net_kg ELSE quantity_kg END",
        "status": "CASE WHEN is_alt_quantity AND evidence = 'estimated' THEN 'reported' "
        "WHEN is_alt_quantity OR has_net OR quantity_kg IS NOT NULL THEN evidence END",
        "is_alt_part": "alt_kg IS NOT NULL AND has_net AND evidence = 'estimated' AND NOT is_plausible",
        "is_zero_mass": "coalesce(net_kg = 0, false) AND NOT is_alt_quantity AND quantity_kg IS NULL",
        "is_net_over_gross": "coalesce(gross_kg > 0 AND gross_kg < net_kg, false)",
    }
    joined = f"SELECT t.*, m.median_usd_kg FROM ({records}) AS t LEFT JOIN {medians} AS m USING ({_OF_MEDIAN})"
    return (
        f"SELECT *, {named(masses)} FROM (SELECT *, {by_alt} AS is_alt_quantity "
        f"FROM (SELECT *, {named(tests)} FROM ({joined})))"
    )


# From here on: rules over flows, one row each. A quotient of unit values near 1,000 says that one of two reports is in tonnes.
_THOUSANDFOLD = (500, 2000)
_OUTLIER_LEAST_ROWS = 8
# Rows of which one unit value can be imputed: a reporter's of one code and period.
_IMPUTED_GROUP = "source_id, reporter_iso3, flow, hs_code, year, month"
_IMPUTED_LEAST_ROWS = 3
_OF_UNIT_VALUE = ("hs_code", "flow", "year", "month")
# The logarithm of a unit value to a thousandth: masses are rounded to a gram, values to a cent.
_UNIT_VALUE_STEP = (
    "CASE WHEN mass_kg > 0 AND value_usd > 0 THEN CAST(round(ln(value_usd / mass_kg) * 1000) AS BIGINT) END"
)


def flagged(flows: str, engine: Engine, rows: int) -> str:
    """Flows with their flags and imputed masses.

    Args:
        flows: A query of `columns.FIELDS` but flags, with is_flow and the flags that were found row by row, each as
            ``is_`` and its name.
        engine: Runs it.
        rows: How many rows it has at most.
    """
    flows = _with_outliers(_with_imputed(flows, engine), engine, rows)
    flows = _with_scope(_with_incomplete_year(flows, engine))
    flags = ", ".join(f"CASE WHEN is_{flag} THEN '{flag}' END" for flag in FLAGS)
    return f"SELECT *, concat_ws(';', {flags}) AS flags FROM ({flows})"


def _with_imputed(flows: str, engine: Engine) -> str:
    """Looks for imputed masses among the reports of which some share a unit value, and only there.

    A mass that is imputed holds nothing but the value: many rows of a reporter share one unit value. Three rows that the
    publisher estimated, or five rows that are more than half of their group, are enough; so is one such row in a group
    of five or more of which nothing was reported.
    """
    reports = f"SELECT *, {_UNIT_VALUE_STEP} AS step FROM ({flows}) WHERE value_basis <> 'reconciled'"
    reports = f"SELECT * FROM ({reports}) WHERE step IS NOT NULL"
    alike = f"{_IMPUTED_GROUP}, step, mass_status"
    _, suspect = split(reports, alike, engine.repeated(reports, alike, _IMPUTED_LEAST_ROWS))
    if suspect is None:
        return flows
    others, suspect = split(flows, _IMPUTED_GROUP, engine.repeated(suspect, _IMPUTED_GROUP, 1))
    counted = (
        f"SELECT *, count(step) OVER (PARTITION BY {alike}) AS alike, count(step) OVER (PARTITION BY {_IMPUTED_GROUP}) "
        f"AS rows_of_group FROM (SELECT *, {_UNIT_VALUE_STEP} AS step FROM ({suspect}))"
    )
    is_imputed = (
        f"step IS NOT NULL AND ((mass_status = 'estimated' AND alike >= {_IMPUTED_LEAST_ROWS}) "
        "OR (alike >= 5 AND alike * 2 > rows_of_group)) AND value_basis <> 'reconciled' AND partner_iso3 <> 'WLD'"
    )
    marked = f"SELECT *, CASE WHEN {is_imputed} THEN 'imputed' ELSE mass_status END AS own_status FROM ({counted})"
    # Where nothing was reported and a part is imputed, the rest is imputed by another unit value.
    over = f"OVER (PARTITION BY {_IMPUTED_GROUP})"
    spread = (
        f"own_status = 'estimated' AND count(mass_kg) {over} >= 5 "
        f"AND count(CASE WHEN own_status = 'imputed' THEN 1 END) {over} > 0 "
        f"AND count(CASE WHEN own_status IN ('reported', 'unstated') THEN 1 END) {over} = 0"
    )
    imputed = f"SELECT *, CASE WHEN {spread} THEN 'imputed' ELSE own_status END AS new_status FROM ({marked})"
    without = "* EXCLUDE (mass_status, own_status, new_status, step, alike, rows_of_group)"
    return union(
        [
            f"SELECT * EXCLUDE (mass_status), mass_status FROM ({others})",
            f"SELECT {without}, new_status AS mass_status FROM ({imputed})",
        ]
    )


def _joined(flows: str, found: str, table: str, keys: Sequence[str]) -> str:
    """A left join in which missing keys are equal."""
    same = " AND ".join(f"t.{key} IS NOT DISTINCT FROM o.{key}" for key in keys)
    return f"SELECT t.*, {found} FROM ({flows}) AS t LEFT JOIN {table} AS o ON {same}"


def _with_outliers(flows: str, engine: Engine, rows: int) -> str:
    """Flags unit values far from the median of their code, flow and year by the median absolute deviation.

    z = 0.6745 (ln u - median) / MAD over masses that are not imputed; 0.6745 makes MAD a standard deviation of a normal.
    """
    usable = "mass_status IN ('reported', 'estimated', 'unstated') AND mass_kg > 0 AND value_usd > 0 AND is_flow"
    flows = f"SELECT *, CASE WHEN {usable} THEN ln(value_usd / mass_kg) END AS ln_unit_value FROM ({flows})"
    keys = ", ".join(_OF_UNIT_VALUE)
    by_code = partial(engine.by_code, code="hs_code", rows=rows)
    middle = by_code(
        flows,
        made=lambda t: (
            f"SELECT {keys}, median(ln_unit_value) AS middle, count(ln_unit_value) AS usable FROM ({t}) GROUP BY {keys}"
        ),
    )
    flows = _joined(flows, "o.middle, o.usable", middle, _OF_UNIT_VALUE)
    flows = f"SELECT *, abs(ln_unit_value - middle) AS distance FROM ({flows})"
    spread = by_code(flows, made=lambda t: f"SELECT {keys}, median(distance) AS spread FROM ({t}) GROUP BY {keys}")
    flows = _joined(flows, "o.spread", spread, _OF_UNIT_VALUE)
    outlier = f"coalesce(usable >= {_OUTLIER_LEAST_ROWS} AND 0.6745 * distance > {OUTLIER_Z} * spread, false)"
    low, high = _THOUSANDFOLD
    return (
        f"SELECT *, is_unit_value_outlier AND distance BETWEEN ln({low}) AND ln({high}) AS is_thousandfold "
        f"FROM (SELECT *, {outlier} AS is_unit_value_outlier FROM ({flows}))"
    )


def _with_incomplete_year(flows: str, engine: Engine) -> str:
    """Marks the newest year of a source when clearly fewer countries have reported it than the one before."""
    counts = (
        f"SELECT source_id, year, count(DISTINCT reporter_iso3) AS reporters FROM ({flows}) GROUP BY source_id, year"
    )
    compared = (
        "SELECT source_id, year, reporters, lag(reporters) OVER (PARTITION BY source_id ORDER BY year) AS before, "
        f"max(year) OVER (PARTITION BY source_id) = year AS is_newest FROM ({counts})"
    )
    few = engine.keep(
        f"SELECT source_id, year, coalesce(is_newest AND reporters < {INCOMPLETE_SHARE} * before, false) "
        f"AS is_incomplete_year FROM ({compared})"
    )
    return _joined(flows, "o.is_incomplete_year", few, ("source_id", "year"))


def _with_scope(flows: str) -> str:
    """Marks codes that cover more than rare earths, or other goods in this revision than in the newest."""
    with (RAW / "trade" / "hs_scope.csv").open(encoding="utf-8", newline="") as stream:
        listed = list(csv.DictReader(stream))
    newest = {row["hs_code"]: row["scope"] for row in listed}
    broad = {row["hs_code"] for row in listed if row["rare_earths"] == "part"}
    differs = [
        row["hs_code"] + revision
        for row in listed
        for revision in row["revisions"].split(";")
        if row["scope"] != newest[row["hs_code"]]
    ]
    return (
        f"SELECT *, {_is_in('hs_code', sorted(broad))} AS is_broad_code, "
        f"{_is_in('concat(hs_code, hs_revision)', differs)} AS is_scope_differs FROM ({flows})"
    )
