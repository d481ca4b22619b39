"""Words and names as a sentence needs them: lists joined, countries with their article."""

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any

# Names that take an article inside a sentence: what they begin with, or end with.
_WITH_ARTICLE = re.compile(
    r"(United|European Union|EU\b|USA\b|G7\b|Netherlands|Philippines|Bahamas|Gambia|Maldives|Seychelles|Comoros|"
    r"Soviet Union|DR Congo|Congo\b|Central African|Holy See|World\b).*|.* (Isds|Islands|Republic|Terr\.)"
)


def listed(words: Iterable[str]) -> str:
    """``a, b and c``; empty for no word."""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def did_you_mean(word: str, known: Mapping[str, str]) -> str:
    """A question with the nearest known word, to stand behind what is wrong; empty where none is near.

    `known` are the words that it is compared with, to how they are shown.

    Example:
        >>> did_you_mean("yeer", {"year": "year"})
        '; did you mean year?'
    """
    near = difflib.get_close_matches(word, known, 1)
    return f"; did you mean {known[near[0]]}?" if near else ""


def in_sentence(name: str) -> str:
    """A country's name inside a sentence, with an article where English has one: ``the United States``."""
    return f"the {name}" if _WITH_ARTICLE.fullmatch(name) else name


def opening(name: str) -> str:
    """A country's name at the start of a sentence: ``The United States``."""
    words = in_sentence(name)
    return words[0].upper() + words[1:]


def read_out(cell: str) -> str:
    """A cell of a raw table as a sentence says it: ``a;b`` are ``a and b``, ``60 -> 30`` is ``from 60 to 30``.

    A semicolon before a blank divides sentences and stays.
    """
    return re.sub(r"(\S+) -> (\S+)", r"from \1 to \2", listed(re.split(r";(?! )", cell)))


# Kinds of output by which a notebook tells the page what a number, a chart, a source and the finding are.
ESTIMATES_MIME = "application/vnd.rareearth.estimates+json"
FIGURE_MIME = "application/vnd.rareearth.figure+json"
FINDING_MIME = "application/vnd.rareearth.finding+json"
SOURCES_MIME = "application/vnd.rareearth.sources+json"
TABLE_MIME = "application/vnd.rareearth.table+json"

# A cell whose question the row does not have; an empty one is not published.
DOES_NOT_APPLY = "does not apply"
_MONTHS = "January February March April May June July August September October November December".split()


def day(date: str) -> str:
    """A date as a sentence has it: ``2026-02-05`` is ``5 February 2026``, ``2026Q1`` ``the first quarter of 2026``."""
    if quarter := re.fullmatch(r"(\d{4})Q([1-4])", date):
        return f"the {('first', 'second', 'third', 'fourth')[int(quarter[2]) - 1]} quarter of {quarter[1]}"
    if year := re.fullmatch(r"FY(\d{4})", date):
        return f"the financial year {year[1]}"
    found = re.fullmatch(r"(\d{4})-(\d\d)(?:-(\d\d))?", date)
    if not found:
        return date
    words = f"{_MONTHS[int(found[2]) - 1]} {found[1]}"
    return f"{int(found[3])} {words}" if found[3] else words


def agreeing(text: str) -> str:
    """Text in which numbers agree with what they count: 1 day and not 1 days, 0.0 and not -0.0."""
    text = re.sub(r"(?<![\w.,–])[-−](0(\.0+)?)(?![\w.])", r"\1", text)
    one = re.compile(r"(?<![\w.,–])1 (day|month|year|tonne|place|page|row|flow)s(?:(’)|\b)")
    return one.sub(lambda found: f"1 {found[1]}{'’s' if found[2] else ''}", text)


def typeset(text: str) -> str:
    """Text as the house writes it: see `agreeing`; curly apostrophes and quotation marks, 94% and not 94 %."""
    text = agreeing(text)
    text = re.sub(r"(?<=\d)( %| percent\b| per cent\b)", "%", text)
    text = re.sub(r"(?<=\w)'(?=\w)|(?<=s)'(?=\s)", "’", text)
    return re.sub(r'(?<!\w)"(?=\w)', "“", re.sub(r'(?<=[\w.,%)])"', "”", text))


_FORMULA_START = ("=", "+", "-", "@", "\t", "\r")


def neutral(cell: Any) -> Any:
    """The cell of a CSV; text that a spreadsheet would run as a formula gets a leading apostrophe (OWASP's advice)."""
    if not isinstance(cell, str):
        return cell
    # A bare carriage return is not quoted by Python's CSV and would cut the row.
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return "'" + text if cell.startswith(_FORMULA_START) else text
