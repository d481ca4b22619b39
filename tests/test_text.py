"""Names and lists as a sentence needs them, and parameters in words."""

import pytest

from rareearth import text
from rareearth.site import sources


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("United States", "the United States"),
        ("United Arab Emirates", "the United Arab Emirates"),
        ("United States (MP Materials)", "the United States (MP Materials)"),
        ("European Union", "the European Union"),
        ("EU", "the EU"),
        ("Netherlands", "the Netherlands"),
        ("Philippines", "the Philippines"),
        ("Dominican Republic", "the Dominican Republic"),
        ("Solomon Isds", "the Solomon Isds"),
        ("Japan", "Japan"),
        ("Dominica", "Dominica"),
        ("Europe EU, nes", "Europe EU, nes"),
    ],
)
def test_a_country_has_its_article(name, words):
    assert text.in_sentence(name) == words
    assert text.opening(name) == words[0].upper() + words[1:]


def test_lists_and_arrows_are_read_out():
    assert [text.listed("abc"[:length]) for length in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert text.read_out("Sb;Ga;REE (initial)") == "Sb, Ga and REE (initial)"
    assert (
        text.read_out("days of supply (from 54); release time 60 -> 30 days")
        == "days of supply (from 54); release time from 60 to 30 days"
    )


def test_an_edition_that_is_a_source_is_named():
    assert sources.edition_in_words("records of baci_v202601_2024") == "records of CEPII (January 2026)"
    assert sources.edition_in_words("MCS2026") == "USGS 2026 figures"


def test_zero_has_no_sign():
    assert (
        text.typeset("-0.0, −0.00 and -0; but -0.5, 2-0, -0.05 and 1–-0.0")
        == "0.0, 0.00 and 0; but -0.5, 2-0, -0.05 and 1–-0.0"
    )


def test_one_thing_is_singular():
    assert (
        text.typeset("1 days, 11 days, 2.1 days, 0–1 days, 1 days’ use, (1 years)")
        == "1 day, 11 days, 2.1 days, 0–1 days, 1 day’s use, (1 year)"
    )
