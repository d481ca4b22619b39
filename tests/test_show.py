"""Tables and figures: what a reader without sight, colour or network gets."""

import re
from xml.etree import ElementTree

import pandas as pd
import pytest
from matplotlib.figure import Figure

from rareearth import charts, show
from rareearth.charts import frame
from tests.test_quantity import made

FRAME = pd.DataFrame({"Who": ["<script>alert(1)</script>", "=cmd|' /C calc'!A0"], "Share": [made(), made()]})


def drawn(figure, narrow):
    figure.add_subplot().plot([1, 2], [3, 4])


def arguments(**changes):
    fields = {
        "name": "a-chart",
        "title": "A message",
        "subtitle": "What, unit, year",
        "alt": "Rises from 3 to 4 %",
        "data": pd.DataFrame({"Year": [2020], "Share, %": [92.43]}),
        "source_ids": ["a"],
        "estimates": [],
    }
    return {**fields, **changes}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"alt": " "}, "alt is missing"),
        ({"alt": "a line"}, "says no number"),
        ({"title": ""}, "title is missing"),
        ({"source_ids": []}, "no source"),
        ({"name": "../x"}, "name is not"),
    ],
)
def test_an_incomplete_figure_is_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        charts.show_figure(drawn, **arguments(**changes))


def test_svg_is_text_stable_and_local():
    one, two = (frame._svg(drawn, "a", "wide") for _ in range(2))
    assert one == two
    assert "<text" in one and "<script" not in one
    assert not re.search(r'(href|src)="https?:', one)
    assert frame._svg(drawn, "b", "wide") != one


def test_colours_follow_the_theme_and_marks_have_their_words():
    def draw(figure, narrow):
        axes = figure.add_subplot()
        frame.dot(axes, 1, 2, frame.ACCENT, "A & B: 2 %")
        frame.bar(axes, 1, 3, frame.SECOND, "C: 3 %", hatch="///")
        axes.text(1, 2, "words")

    svg = frame._svg(draw, "a", "wide")
    light, dark = svg.split("@media(prefers-color-scheme:dark)")
    for colour, other in frame._IN_THE_DARK.items():
        # No known colour is left where a style sheet cannot reach it.
        assert f": {colour}" not in svg
        assert (f":{colour}}}" in light) == (f":{other}}}" in dark) or colour == other
    assert "<title>A &amp; B: 2%</title>" in svg and "<title>C: 3%</title>" in svg


def test_a_picture_alone_says_what_it_is_and_who_says_so():
    svg = frame._complete(
        frame._svg(drawn, "a", "wide"),
        "More <b> than",
        "What, unit",
        "Rises from 3 to 4 %",
        "Data: a. CC BY 4.0.",
    )
    root = ElementTree.fromstring(svg)
    texts = ["".join(node.itertext()) for node in root.iter() if node.tag.endswith(("}text", "}title", "}desc"))]
    assert {"More <b> than", "What, unit", "Rises from 3 to 4 %", "Data: a. CC BY 4.0."} <= set(texts)
    assert not re.search(r'(href|src)="(?!#)', svg)


def test_labels_at_the_ends_of_lines_stand_apart():
    axes = Figure().add_subplot()
    frame.end_labels(axes, 1, [(90.0, "b", "k"), (91.0, "c", "k"), (80.0, "a", "k")], step=4)
    assert {one.get_text(): one.xy[1] for one in axes.texts} == {"a": 80, "b": 90, "c": 94}


def test_sources_come_from_cells_where_none_are_named(monkeypatch):
    shown = []
    monkeypatch.setattr(show, "display", lambda data, **_: shown.append(data))
    show.show_table(FRAME.assign(source_ids=[("x",), ("y", "x")]), caption="c", name="t")
    show.show_table(FRAME, caption="c", name="t", source_ids=["z"])
    ids = [one[show.SOURCES_MIME]["source_ids"] for one in shown]
    assert ids == [sorted({"x", "y", *made().source_ids}), ["z"]]
    assert "source_ids" not in shown[0]["text/html"]


@pytest.mark.fault(134)
def test_user_settings_of_matplotlib_do_not_matter():
    import matplotlib

    plain = frame._svg(drawn, "a", "wide")
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 40}):
        assert frame._svg(drawn, "a", "wide") == plain


@pytest.mark.fault(120)
def test_hostile_cells_stay_text():
    html = show.html_table(FRAME, caption="<b>x</b>", name="t")
    assert "<script" not in html and "<b>" not in html
    assert html.count('scope="row"') == 2 and html.count('scope="col"') == 2 and "<caption>" in html


@pytest.mark.fault(125)
def test_csv_neutralises_formulas_and_keeps_precision():
    lines = show.csv_text(FRAME).splitlines()
    assert lines[0] == "Who,Share id,Share low_pct,Share value_pct,Share high_pct"
    assert lines[2].startswith("'=cmd") and "92.43" in lines[2]
    assert show.csv_text(pd.DataFrame({"x": [-5.0]})) == "x\n-5.0\n"


def test_written_numbers_stand_right_like_others():
    frame = pd.DataFrame(
        {
            "a": ["x"],
            "signed": ["+1.50"],
            "range": ["1,200 (900 to 1,500)"],
            "words": ["12 t"],
            "code": ["2846a"],
        }
    )
    page = show.html_table(frame, caption="c", name="n")
    assert re.findall(r'<th scope="col"(?: class=(\w))?>', page) == ["", "n", "n", "", "s"]


def test_the_head_of_the_first_column_stands_over_its_row_heads():
    page = show.html_table(pd.DataFrame({"year": [2024], "t": [1.5]}), caption="c", name="n")
    assert '<th scope="col">year</th><th scope="col" class=n>t</th>' in page
    assert '<th scope="row"><data value="2024">2024</data></th><td class=n>' in page


def test_a_column_of_numbers_with_gaps_stands_right_and_long_text_gets_room():
    frame = pd.DataFrame(
        {"place": ["a", "b"], "usd": [made(), ""], "empty": ["", " "], "note": ["word " * 20, ""], "plan": ["x" * 30, ""], "id": ["JP-02", ""]}
    )  # fmt: skip
    page = show.html_table(frame, caption="c", name="n")
    assert re.findall(r'<th scope="col"(?: class=(\w))?>', page) == ["", "n", "", "w", "m", "s"]
    assert page.count("<td class=n ") == 2 and page.count(' data-head="usd"') == 2


def test_a_table_without_caption_or_rows_is_refused():
    with pytest.raises(ValueError, match="caption"):
        show.show_table(FRAME, caption="", name="t", source_ids=["a"])
    with pytest.raises(ValueError, match="no rows"):
        show.show_table(FRAME.head(0), caption="x", name="t", source_ids=["a"])
    with pytest.raises(ValueError, match="no source"):
        show.show_table(FRAME[["Who"]], caption="x", name="t")


def test_from_import_to_a_plot_as_the_readme_shows():
    import subprocess
    import sys

    from rareearth.paths import ROOT

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(import rareearth as re\n.*?)```", readme, re.S).group(1)
    shown = code.replace("re.share(", "axes = re.share(", 1) + "assert axes.lines and axes.get_ylabel()"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import matplotlib; matplotlib.use('agg')\n{shown}"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_importing_the_package_costs_nothing_and_completes():
    import subprocess
    import sys

    code = (
        "import sys, rareearth; assert 'pandas' not in sys.modules; assert 'tables' in dir(rareearth); "
        "assert len(rareearth.tables.load('sources'))"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
