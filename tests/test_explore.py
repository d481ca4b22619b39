"""The notebook with sliders: every control moves, with the functions of the pages."""

import json

import pytest

from rareearth.paths import ROOT


@pytest.fixture(scope="module")
def notebook():
    cells = json.loads((ROOT / "notebooks" / "explore_scenarios.ipynb").read_text(encoding="utf-8"))["cells"]
    found = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), found)  # noqa: S102 (a notebook of the repository)
    return found


def test_a_larger_stock_leaves_less_unmet(notebook):
    notebook["stock"].value = 0
    _, without = notebook["result"]()
    notebook["stock"].value = 30
    a_day, held = notebook["result"]()
    assert held.unmet_t[0] == pytest.approx(max(0, without.unmet_t[0] - 30 * a_day))
    assert (
        bytes(notebook["picture"].value).startswith(b"\x89PNG")
        and "days of imports" in notebook["words"].value
    )


def test_each_country_good_and_element_is_answered(notebook):
    for control in ("place", "good", "element", "policy"):
        widget = notebook[control]
        for place in range(len(widget.options)):
            widget.index = place
            assert notebook["words"].value
    notebook["place"].value, notebook["good"].value = "Canada", "compounds and metals"
    assert "No record" in notebook["words"].value and "not published" in notebook["words"].value
