"""The kinds of columns that every table of data/raw is made from, with the codes of their rules."""

from collections.abc import Collection

import pandera.pandas as pa

from rareearth.estimate import BASES, ELEMENTS, STAGES

UNITS = ("t", "kt", "kg", "t/yr", "t/month", "usd/kg", "usd_m", "pct", "ratio")
# A placeholder is nobody's figure yet: the pages that use one say so.
CONFIDENCE = ("high", "medium", "low", "placeholder")
BOUNDS = ("exact", "about", "lower", "upper", "range")
# Rule codes, so that a message can be looked up: the check's name is the code.
ISO3 = pa.Check.str_matches(r"^([A-Z]{3})?$", error="F01 is no ISO 3166-1 alpha-3 code")
FILLED = pa.Check.str_length(min_value=1, error="F04 is empty")


def one_of(words: Collection[str]) -> pa.Check:
    """Refuses a word outside the vocabulary."""
    return pa.Check.isin(words, error=f"F02 is none of {', '.join(words)}")


def text(*checks: pa.Check) -> pa.Column:
    """A column of text; empty means missing."""
    return pa.Column(str, checks=list(checks))


def number(*checks: pa.Check) -> pa.Column:
    """A column of numbers; NaN means missing."""
    return pa.Column(float, checks=list(checks), nullable=True)


YEAR = pa.Column(
    "Int64", checks=pa.Check.in_range(1900, 2050, error="F03 is no year of 1900 to 2050"), nullable=True
)
NOT_NEGATIVE = pa.Check.ge(0, error="F05 is negative")
SHARE = pa.Check.in_range(0, 100, error="F06 is a share outside 0 to 100")
ID = pa.Column(str, checks=[FILLED], unique=True, report_duplicates="exclude_first")
END = {
    "stage": text(one_of(STAGES)),
    "basis": text(one_of(BASES)),
    "elements": text(one_of(ELEMENTS)),
    "value": number(NOT_NEGATIVE),
    "unit": text(FILLED, one_of(UNITS)),
    "edition": text(FILLED),
    "source_ids": pa.Column(
        object, checks=pa.Check(lambda ids: len(ids) > 0, element_wise=True, error="F04 is empty")
    ),
    "confidence": text(one_of(CONFIDENCE)),
    "note": text(),
}
ORIGIN = {name: END[name] for name in ("edition", "source_ids", "confidence", "note")}
PERIOD_KINDS = ("calendar_year", "fiscal_year", "half", "quarter", "month", "day", "planned", "undated")
PERIOD = {"period": text(), "period_kind": text(one_of(PERIOD_KINDS)), "reference_year": YEAR}


def table(columns: dict[str, pa.Column]) -> pa.DataFrameSchema:
    """A table with exactly these columns, in this order."""
    return pa.DataFrameSchema(columns, strict=True, ordered=True)
