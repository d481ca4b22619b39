"""The value object refuses what it must, and prints one number everywhere the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth import show
from rareearth.quantity import NONE, USD_M, Estimate, Quantity, origins
from rareearth.show import _text_and_html, bundle, conclude, say
from rareearth.text import ESTIMATES_MIME, FINDING_MIME, typeset


def made(**changes):
    fields = {
        "id": "processing_share.test.2023",
        "value": 92.43,
        "low": 90.12,
        "high": 94.5,
        "unit": "pct",
        "stage": "separation",
        "basis": "t_reo",
        "elements": "all",
        "reference_year": 2023,
        "edition": "MCS2026",
        "method": "closed form",
        "inputs": ("quota-0001",),
        "source_ids": ("jxjad_2023b3",),
    }
    return Estimate(**{**fields, **changes})


def test_formats_say_the_same_number():
    estimate = made()
    assert f"{estimate}" == "92.4% (90.1–94.5)"
    assert f"{estimate:value}" == "92.4%"
    assert f"{estimate:rounded}" == "92%"
    assert f"{estimate:range}" == "90.1–94.5%"
    assert 'value="92.43" data-id="processing_share.test.2023"' in estimate.html()
    assert estimate.html().endswith(">92.4% (90.1–94.5)</data>") and "closed form" in estimate.html()
    assert estimate.html("range").startswith("<span ") and " value=" not in estimate.html("range")


@pytest.mark.fault(146)
@pytest.mark.fault(147)
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"low": 93.0}, "low <= value <= high"),
        ({"high": 101.0}, "outside 0 to 100"),
        ({"value": float("nan")}, "finite"),
        ({"unit": "tons"}, "unit 'tons'"),
        ({"stage": "refining"}, "stage 'refining'"),
        ({"basis": "REO"}, "basis 'REO'"),
        ({"elements": "REE"}, "elements 'REE'"),
        ({"source_ids": ()}, "no source"),
        ({"id": "Nice Name"}, "id is not dotted"),
    ],
)
def test_refuses(changes, message):
    with pytest.raises(ValueError, match=message):
        made(**changes)


def test_say_without_an_estimate_is_refused():
    with pytest.raises(ValueError, match="markdown cell"):
        say("China processes about 90 %")


@given(st.text())
def test_words_are_escaped_and_numbers_linked(word):
    text, html, estimates = _text_and_html("{w}: {x}", {"w": word, "x": made()})
    assert text == f"{typeset(word)}: 92.4% (90.1–94.5)"
    assert html.count("<data ") == 1
    assert "<script" not in html and len(estimates) == 1


def test_bundle_names_inputs_by_id():
    inner = made(id="a.b")
    part = bundle([made(inputs=(inner, "quota-0002"))])[ESTIMATES_MIME]["estimates"][0]
    assert part["inputs"] == ["a.b", "quota-0002"] and part["value"] == 92.43


def test_every_unit_is_written_its_own_way():
    money = made(unit=USD_M, value=12000, low=11000, high=13000, stage="none", basis="none", elements="none")
    assert f"{money}" == "USD 12.0 billion (11.0–13.0)"
    assert f"{money:range}" == "USD 11.0–13.0 billion" and f"{money:value}" == "USD 12.0 billion"
    assert money.definition == "2023"


@pytest.mark.parametrize(
    ("changes", "written"),
    [
        ({"value": 90.0, "low": 90.0, "high": 90.0}, "90%"),
        ({"value": 91.3, "low": 91.3, "high": 91.3}, "91.3%"),
        ({"value": 90.0, "low": 89.9999, "high": 90.0}, "90%"),
        ({"value": 67.9, "low": 62.3, "high": 72.6}, "68% (62–73)"),
        ({"unit": "usd", "value": 43_931, "low": 0, "high": 133_190}, "USD 40,000 (0–130,000)"),
        (
            {"unit": "usd", "value": 1.386613152e9, "low": 1.386613152e9, "high": 1.386613152e9},
            "USD 1.39 billion",
        ),
        ({"unit": "t", "value": 3_096, "low": 2_637, "high": 3_096}, "3,100 t (2,640–3,100)"),
        ({"unit": "t", "value": 632.8, "low": 632.8, "high": 632.8}, "633 t"),
        ({"unit": "days", "value": 0.5, "low": 0.4, "high": 0.6}, "0.5 days (0.4–0.6)"),
        ({"unit": "days", "value": 1, "low": 0, "high": 27}, "1 day (0–27)"),
        ({"unit": "days", "value": 1, "low": 1, "high": 1}, "1 day"),
        ({"unit": "claims", "value": 13, "low": 13, "high": 13}, "13 claims"),
        *(
            ({"unit": "probability_pct", "value": pct, "low": pct, "high": pct}, words)
            for pct, words in (
                (100, "over 99%"),
                (99.5, "over 99%"),
                (99.4, "99%"),
                (42.5, "42%"),
                (0.6, "1%"),
                (0.5, "under 1%"),
                (0, "under 1%"),
            )
        ),
        ({"unit": "ratio", "value": -0.5, "low": -0.9, "high": -0.1}, "−0.50 times (−0.90 to −0.10)"),
    ],
)
def test_a_number_has_as_many_digits_as_its_interval_allows(changes, written):
    assert f"{made(**changes)}" == written


def test_a_finding_says_what_the_edition_before_had(monkeypatch):
    shown = []
    monkeypatch.setattr(show, "display", lambda parts, raw: shown.append(parts))
    now = made(value=94.2, low=93.0, high=95.3)
    conclude("{headline}", [], headline=now)
    conclude("{headline}", [], before=made(value=93.5, low=92.4, high=94.6, edition="MCS2025"), headline=now)
    changes = [parts[FINDING_MIME]["change"] for parts in shown]
    assert changes == ["", "USGS 2025 figures gave 93.5%: a revision, not a change in the world."]
    # The earlier number has the id of the newer one and never takes its place in the results.
    assert [len(parts[ESTIMATES_MIME]["estimates"]) for parts in shown] == [1, 1]


def test_a_definition_says_what_is_not_stated_once():
    assert made().definition == "Separation, all rare earths, in tonnes of oxide, 2023"
    assert made(counted="by ore").definition.endswith("2023, by ore")
    unknown = made(stage="unstated", basis="unstated")
    assert unknown.definition == "All rare earths, stage and basis not recorded, 2023"
    assert unknown.basis_words == "not stated" and made().basis_words == "tonnes of oxide"


def test_equal_ends_are_printed_once_also_as_a_range():
    one = made(unit="hhi", value=0.98, low=0.98, high=0.98)
    assert f"{one:range}" == f"{one}" == "HHI 0.98"


def test_a_number_of_several_values_is_the_first_between_the_least_and_the_greatest():
    one = Quantity.among("x", [3, 5, 1], "t")
    assert one.ends == (1, 3, 5) and Quantity.within("x", 2, 4, "t").ends == (2, 3, 4)
    parts = (
        Quantity("a", 1, 1, 1, "t", ("f-1",), ("s",)),
        None,
        Quantity("b", 1, 1, 1, "t", ("f-1", "f-2"), ("s",)),
    )
    assert origins(*parts) == (("f-1", "f-2"), ("s",))
    published = Quantity.among("x", [3], "usd", *parts).estimate("a.b", reference_year=2024, edition="E")
    assert (published.stage, published.basis, published.elements) == (
        NONE,
        NONE,
        NONE,
    )  # axes that are not named
