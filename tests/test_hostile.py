"""Hostile values in every place where a value reaches a page: they stay text, nothing runs, nothing is asked for."""

import html

import nbformat
import pytest

from rareearth import files
from rareearth.errors import Refused
from rareearth.site import check, run
from rareearth.site.page import script
from tests import builders
from tests.test_browser import BROWSER, browser, opened

__all__ = ["browser"]
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")

# Vectors of the catalogue: tags, attributes, addresses, entities, templates, styles, endings of other contexts.
VECTORS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(2)>",
    "\"><svg onload=alert(3)>",
    "' autofocus onfocus=alert(4) x='",
    "javascript:alert(5)",
    "</title></style></textarea></table><script>alert(6)</script>",
    "<iframe srcdoc='<script>alert(7)</script>'></iframe>",
    "<meta http-equiv=refresh content='0;url=https://example.org/'>",
    "<link rel=stylesheet href=https://example.org/x.css>",
    "{{ 7 * 7 }} {% for x in range(9) %}x{% endfor %}",
    "<!--<b>", "&lt;script&gt;", "]]><b>", "[x](javascript:alert(8))", "$\\alpha$ `code`", '"; import os; "',
    "\N{PILE OF POO}", "backslash \\",
)  # fmt: skip
HOSTILE = " ".join(VECTORS)

CODE = """
import pandas as pd
from rareearth.quantity import Estimate
from rareearth.show import conclude, say
from rareearth.charts import show_figure
from rareearth.show import show_table

bad = {hostile!r}
number = Estimate(id="test.hostile.2024", value=50.0, low=40.0, high=60.0, unit="pct", stage="separation",
    basis="t_reo", elements="all", reference_year=2024, edition=bad, method=bad, inputs=("quota-0001",),
    source_ids=("usgs_mcs2025_pdf",), interval=bad, note=bad)
conclude("A finding " + bad.replace("{{", "(").replace("}}", ")").replace("{{%", "(").replace("%}}", ")"), ["{{point}} {{headline}}"], headline=number, point=bad)
say("{{words}} {{number}}", words=bad, number=number)
show_table(pd.DataFrame({{bad: [bad, "x"], "n": [1.0, 2.0], "e": [number, number]}}), caption=bad, name="a-table",
    source_ids=["usgs_mcs2025_pdf"])
def draw(figure, narrow):
    axes = figure.add_subplot()
    axes.plot([1, 2], [3, 4])
    axes.set_title(bad.replace("$", "").encode("ascii", "ignore").decode())  # a glyph that no font has is refused
show_figure(draw, name="a-figure", title=bad, subtitle=bad, alt=bad, data=pd.DataFrame({{bad: [bad]}}),
    source_ids=["usgs_mcs2025_pdf"], estimates=[number])
"""


def briefing(tmp_path, *cells):
    question = nbformat.v4.new_markdown_cell("# What is asked?\n\nText.")
    path = builders.notebook(tmp_path / "hostile.ipynb", question, *cells)
    return builders.briefing("hostile", path, rerun=HOSTILE)


@pytest.fixture
def reports(tmp_path, monkeypatch):
    folder = tmp_path / "reports"
    monkeypatch.setattr(run, "REPORTS", folder)
    files.write(folder / ".build" / "x", "")
    return folder


@pytest.fixture
def looked_at(browser):
    """Opens a page with folds open, clicks nothing, and gives its dialogs, requests and messages."""

    def look(path):
        page, requests, messages = opened(browser, path, 1280)
        dialogs = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        page.reload()
        page.evaluate("document.querySelectorAll('details').forEach(node => node.open = true)")
        page.wait_for_timeout(200)
        others = [url for url in requests if not url.startswith("data:") and url != path.as_uri()]
        text, title = page.locator("body").inner_text(), page.title()
        handlers = page.evaluate(
            "[...document.querySelectorAll('*')].filter(n => [...n.attributes].some(a => a.name.startsWith('on')))"
            ".length"
        )
        page.context.close()
        return dialogs, others, messages, text, title, handlers

    return look


@pytest.mark.fault(91)
@pytest.mark.fault(92)
@pytest.mark.fault(119)
@pytest.mark.fault(120)
def test_hostile_values_stay_text(tmp_path, reports, looked_at):
    run.make(briefing(tmp_path, nbformat.v4.new_code_cell(CODE.format(hostile=HOSTILE))))
    page = reports / "hostile.html"
    dialogs, others, messages, text, title, handlers = looked_at(page)
    assert (dialogs, others, messages, handlers) == ([], [], [], 0)
    assert title.startswith("A finding <script>alert(1)</script>")
    for vector in VECTORS:
        assert vector in text, vector
    source = page.read_text(encoding="utf-8")
    record = (reports / "hostile" / "record.html").read_text(encoding="utf-8")
    for layer in (source, record):
        others = layer.replace(f"<script>{script()[0]}</script>", "", 1)
        assert "<script" not in others and "<iframe" not in others and others.count("<meta http-equiv") <= 1
    assert html.escape("<script>alert(1)</script>") in source
    dialogs, others, messages, text, _, handlers = looked_at(reports / "hostile" / "record.html")
    assert (dialogs, others, messages, handlers) == ([], [], [], 0)
    for vector in VECTORS:
        assert vector in text, vector


@pytest.mark.fault(119)
@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(nbformat.v4.new_markdown_cell("Words <script>alert(1)</script> <img src=https://example.org/x.png onerror=alert(2)>"), marks=pytest.mark.long),
        pytest.param(nbformat.v4.new_markdown_cell("[link](javascript:alert(5)) <a href='javascript:alert(6)' onclick=alert(7)>x</a>"), marks=pytest.mark.long),
        pytest.param(nbformat.v4.new_markdown_cell("<iframe src=https://example.org></iframe><form action=https://example.org>"), marks=pytest.mark.long),
        nbformat.v4.new_code_cell("from IPython.display import HTML, display\ndisplay(HTML('<script>alert(8)</script><img src=x onerror=alert(9)>'))"),
    ],
    ids=["tags", "links", "frames", "html"],
)  # fmt: skip
def test_hostile_cells_are_refused_in_one_line(tmp_path, reports, cell):
    good = nbformat.v4.new_code_cell(CODE.format(hostile="words 12"))
    with pytest.raises(
        Refused, match="hostile.ipynb: .*: <.*(is no part of a page|would act|leads to|asks for)"
    ) as caught:
        run.make(briefing(tmp_path, good, cell))
    assert "\n" not in str(caught.value) and not (reports / "hostile.html").exists()


@pytest.mark.fault(119)
def test_outputs_of_other_kinds_are_not_shown(tmp_path, reports, looked_at):
    shown = (
        "from IPython.display import SVG, Javascript, display\n"
        "display(Javascript('alert(10)'))\n"
        'display(SVG(\'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(11)"><script>alert(12)</script></svg>\'))'
    )
    cells = [nbformat.v4.new_code_cell(source) for source in (CODE.format(hostile="words 12"), shown)]
    run.make(briefing(tmp_path, *cells))
    dialogs, others, messages, _, title, handlers = looked_at(reports / "hostile.html")
    assert (dialogs, others, messages, handlers) == (
        [],
        [],
        [],
        0,
    ) and title == "A finding words 12 · Rare-earth briefings"


@pytest.mark.fault(122)
@pytest.mark.parametrize(
    "tag",
    [
        "<script>1</script>",
        "<SCRIPT/src=x>",
        "<img src='https://example.org/x.png'>",
        "<img src=data:image/png;base64,AA onload=x>",
        "<a href='javascript:alert(1)'>",
        "<a href=' JaVaScRiPt:alert(1)'>",
        "<a href='data:text/html,x'>",
        "<a href='file:///etc/passwd'>",
        "<meta http-equiv='Refresh' content='0'>",
        "<iframe>",
        "<form action=x>",
        "<base href=x>",
        "<link rel=stylesheet href=x>",
        "<svg onload=x>",
        "<object>",
        "<embed>",
        "<template>",
        # What Python's own parser takes for a comment, and a browser does not.
        "<!--><meta http-equiv=refresh content='0;url=https://example.org'>-->",
        "<!---><meta http-equiv=refresh content='0;url=https://example.org'>-->",
        "<!-- --!><meta http-equiv=refresh content='0;url=https://example.org'>-->",
        "<![CDATA[ > <meta http-equiv=refresh content='0;url=https://example.org'> ]]>",
        "<title><!--</title><meta http-equiv=refresh content='0;url=https://example.org'>-->",
        "<!-- words -->",
        "<?php ?>",
        "<style>p { background: url(https://example.org/x.png) }</style>",
        "<p style='background: url(https://example.org/x.png)'>",
        "<a href='//example.org/x'>",
        "<a href='\\\\example.org\\x'>",
        "<a href='#x' ping='https://example.org'>",
        "<meta http-equiv='Content-Security-Policy' content=''>",
        # An escape, another function or another attribute asks for the same.
        r"<p style='background: u\72l(https://example.org/x.png)'>",
        r"<p style='background: u\rl(https://example.org/x.png)'>",
        r"<svg><style>@\000069mport 'https://example.org/x.css';</style></svg>",
        "<p style='background: image-set(\"https://example.org/x.png\" 1x)'>",
        "<p style='background: src(\"https://example.org/x.png\")'>",
        "<svg><rect fill='url(https://example.org/x#a)'/></svg>",
        "<svg><rect filter='url(https://example.org/x#a)'/></svg>",
        "<svg><use href='https://example.org/x.svg#a'/></svg>",
        "<svg><pattern href='data:text/csv,x#a'/></svg>",
        "<svg xml:base='https://example.org/'></svg>",
        "<a href='https://user:word@example.org'>",
        "<img attributionsrc='https://example.org' src='data:image/png,AA'>",
        "<h2 is='x-y'>",
        "<p nonce=x>",
    ],
)
@pytest.mark.fault(169)
def test_a_page_holds_nothing_that_runs_or_fetches(tag):
    with pytest.raises(Refused, match="n.html: <"):
        check.page(f"<html><body><p>{tag}</p></body></html>", "n.html")


@pytest.mark.fault(169)
def test_only_the_script_of_the_project_passes():
    text = "<html><body><script>{}</script></body></html>"
    check.page(text.format("let a = 1"), "n.html", "let a = 1")
    for other in ("let a = 2", "let a = 1 ", ""):
        with pytest.raises(Refused, match="n.html: <script>"):
            check.page(text.format(other), "n.html", "let a = 1")
    with pytest.raises(Refused, match="n.html: <script src="):
        check.page("<html><body><script src='x.js'>let a = 1</script></body></html>", "n.html", "let a = 1")


@pytest.mark.fault(169)
def test_a_page_may_link_and_show():
    check.page(
        "<p><a href='#x'>a</a><a href='https://example.org'>b</a><a href='index.html'>c</a>"
        "<a href='data:text/csv;charset=utf-8,a%0A1'>d</a><img src='data:image/svg+xml;base64,AA' alt='x'></p>",
        "n.html",
    )
