"""The notebooks for a question of one's own: the sliders move, and the five questions take a few lines each."""

import json

import nbclient
import nbformat

from rareearth.paths import NOTEBOOKS

_MOVED = """
stock.value = 0
a_day, without = result()
stock.value = 30
a_day, held = result()
assert abs(held.unmet_t[0] - max(0, without.unmet_t[0] - 30 * a_day)) < 1e-6 * (1 + without.unmet_t[0])
assert bytes(picture.value).startswith(b"\\x89PNG") and "days of imports" in words.value
"""
_EACH_ANSWERED = """
for widget in (place, good, element, policy):
    for number in range(len(widget.options)):
        widget.index = number
        assert words.value
place.value, good.value = "Canada", "compounds and metals"
assert "No record" in words.value and "not published" in words.value
"""


def test_a_larger_stock_leaves_less_unmet_and_each_choice_is_answered(tmp_path):
    """In a kernel of its own, as a reader runs it."""
    notebook = nbformat.read(NOTEBOOKS / "explore_scenarios.ipynb", as_version=4)
    notebook.cells += [nbformat.v4.new_code_cell(code) for code in (_MOVED, _EACH_ANSWERED)]
    nbclient.NotebookClient(
        notebook, timeout=None, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()


def test_the_five_questions_take_five_lines_each():
    cells = json.loads((NOTEBOOKS / "starter.ipynb").read_text(encoding="utf-8"))["cells"]
    lines: dict[str, int] = {}
    for cell in cells:
        if cell["cell_type"] == "markdown" and cell["source"][0].startswith("## "):
            question = cell["source"][0].strip("# \n")
        elif cell["cell_type"] == "code" and "import" not in cell["source"][0].split()[:1]:
            lines[question] = lines.get(question, 0) + len(cell["source"])
    asked = [one for one in lines if one.endswith("?")]
    assert len(asked) >= 5 and max(lines.values()) <= 5
