"""The house style, as rules on the text of every page and of the index.

The record and the notebook may use the field's and the program's words; a page speaks the reader's language.
"""

import re

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.conftest import PAGES

# What no page says: pattern, and what to write instead.
RULES = [
    (r"\d %", "write 94%, without a space"),
    (r"\d(\.\d+)? to \d+(\.\d+)?\)", "write a range as 93.0–95.3"),
    (r"\b(nan|NaN|inf)\b|\bNone\b(?! of)", "a missing value has words: not published"),
    (r"-0\.0|(?<![\d–])−0(\.0+)?(?![.\d])", "zero has no sign"),
    (r"(?<=[\s(])-\d", "write a true minus, −"),
    (r"\w'\w", "write a curly apostrophe, ’"),
    (r'(?<=[\s(])"\w|\w"(?=[\s.,;)])', "write curly quotation marks, “ and ”"),
    (r"[^\s]  +[^\s]", "one space is enough"),
    (r"(?<![\d.,])\b(1|one) (days|months|tonnes|plans|places|figures)\b", "one day, not 1 days"),
    (r"\b\d{4}-\d\d-\d\d\b", "write a date as 5 February 2026"),
    (r"(?<![\d,.])(?<!HS )(?<!BACI V)(?<!proclamation )\d{5,}(?![\d%])", "write a comma at thousands"),
    (r"\bper cent\b|\bpercent\b", "write %"),
    (r"\bBurma\b", "write Myanmar"),
    (r"\bUSA\b(?! Rare Earth)", "write US before a noun, United States as a noun"),
    (r"\bA\+|\bmethod [AB]\b", "name the bound: lower bound, upper bound, ore balance"),
    (r"\blineages?\b", "write source family"),
    (r"\bdrawn\b|\bdraws\b", "write simulated"),
    (r"\bnameplates?\b", "write rated capacity"),
    (r"\b(stands?|stood) for (it|them)sel(f|ves)\b", "write separate plan"),
    (r"\bat hand\b", "write available"),
    (r"\bREO\b(?!\))", "write oxide in text"),
    (
        r"\bseed\b|\bmake (reports?|sweep|data|refresh|share)\b|\bslug\b|\bcell \d",
        "words of the program belong to the record",
    ),
    (r"\bMCS\d{4}\b|\bHS\d\d\b", "write USGS 2026 figures; the code belongs to the record"),
    (r"\b[a-z]+_[a-z_]+\b", "ids belong to the record"),
]
_SHAPED = re.compile(r"<(script|style|code|svg)\b.*?</\1>|<div popover.*?</div>", re.S)


def text_of(html: str) -> list[str]:
    """What a reader sees of a page, block by block, without code, drawings and what opens on demand."""
    tree = LexborHTMLParser(_SHAPED.sub("", html))
    blocks = tree.css("title, h1, h2, h3, p, li, figcaption, caption, th, td, legend, label")
    return [" ".join(block.text(separator="").split()) for block in blocks if block.text().strip()]


def broken(lines: list[str]) -> list[str]:
    return [f"{line[:120]!r}: {instead}" for line in lines for pattern, instead in RULES if re.search(pattern, line)]


@pytest.mark.parametrize("name", ["index", *PAGES])
def test_a_page_keeps_the_house_style(built, name):
    assert broken(text_of((built / f"{name}.html").read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    [
        "94 % of it",
        "94.2% (93.0 to 95.3)",
        "it is nan",
        "the world's",
        "1 days",
        "on 2026-02-05",
        "20377 rows",
        "3 t REO",
        "A+ is",
    ],
)
def test_the_rules_find_what_they_are_for(line):
    assert broken([line])
