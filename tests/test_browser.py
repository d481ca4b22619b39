"""The built pages in a real browser, opened from disk with the network off."""

import base64
import itertools
import json
import re

import pytest

from benchmarks.pages import ARGUMENTS, BROWSER, layout_shift, measures
from rareearth.site import briefings, run
from tests.conftest import PAGES

WIDTHS = (320, 768, 1280)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine: pages were not tested in a browser"),
]


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        yield browser
        browser.close()


def opened(browser, path, width, **options):
    """The page, and lists of its requests and console messages."""
    context = browser.new_context(viewport={"width": width, "height": 900}, **options)
    context.set_offline(True)
    page = context.new_page()
    requests, messages = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("pageerror", lambda error: messages.append(str(error)))
    page.goto(path.as_uri())
    return page, requests, messages


# The index, and of each notebook one page; one record stands for all, for they have one template.
LAYERS = ["index.html", *(f"{slug}.html" for slug in PAGES), f"{PAGES[0]}/record.html"]


@pytest.fixture(scope="module", params=LAYERS)
def path(request, built):
    return built / request.param


@pytest.fixture(scope="module")
def shown(browser, path):
    """The page at 1280, opened once for the tests that only look at it."""
    page, requests, messages = opened(browser, path, max(WIDTHS))
    yield page, requests, messages
    page.context.close()


# axe compares every element with those around it, which takes many seconds on a long page: one window of each page and
# the first rows of its tables and lists here; `make test-long` looks at every row, and at all windows and colours.
AXE = [(page, *((320, "light"), (1280, "dark"))[number % 2]) for number, page in enumerate(LAYERS)]
COLOURS = (("light", "none"), ("dark", "none"), ("light", "active"))
_OPEN = "document.querySelectorAll('details').forEach(node => node.open = true)"
_FIRST_ROWS = """document.querySelectorAll('tbody, ul, ol, dl').forEach(
  list => [...list.children].slice(12).forEach(node => node.remove()))"""


def violations(page):
    """What axe finds with every part of the page open; to describe what it passes as well takes twice the time."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(_OPEN)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]


@pytest.mark.fault(127)
@pytest.mark.parametrize(("page_name", "width", "scheme"), AXE)
def test_axe_finds_nothing(browser, built, page_name, width, scheme):
    # axe is injected by the test, so the policy of the page is lifted for it alone.
    page, _, _ = opened(browser, built / page_name, width, color_scheme=scheme, bypass_csp=True)
    page.evaluate(_FIRST_ROWS)
    assert violations(page) == []
    page.context.close()


@pytest.mark.long
@pytest.mark.fault(127)
@pytest.mark.parametrize("with_script", [True, False])
@pytest.mark.parametrize("name", [*LAYERS, *(f"embed/{slug}-*.html" for slug in PAGES)])
def test_axe_finds_nothing_in_any_row_and_window(browser, built, name, with_script):
    path = next(built.glob(name))
    page, _, _ = opened(browser, path, min(WIDTHS), bypass_csp=True)
    if not with_script:  # axe needs one to run, so that of the page is taken out
        page.set_content(re.sub(r"<script>.*?</script>", "", path.read_text(encoding="utf-8"), flags=re.S))
    for width, (scheme, forced) in itertools.product(WIDTHS, COLOURS):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, forced_colors=forced)
        assert violations(page) == [], (width, scheme, forced)
        page.evaluate(_FIRST_ROWS)  # the rows of a table are alike: all of them are looked at once
    page.context.close()


@pytest.mark.fault(128)
def test_nothing_scrolls_sideways(shown):
    page, _, _ = shown
    page.evaluate(_OPEN)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.fault(121)
def test_no_request_no_message(shown, path):
    page, requests, messages = shown
    assert [url for url in requests if not url.startswith("data:")] == [path.as_uri()]
    assert messages == []
    assert page.locator(".js-only:visible").count() == page.locator(".js-only").count()


@pytest.mark.fault(123)
def test_everything_is_there_without_script_and_in_print(browser, path):
    page, _, _ = opened(browser, path, 1280, java_script_enabled=False)
    assert page.locator("h1").is_visible() and page.locator(".js-only:visible").count() == 0
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible() and len(page.pdf()) > 10_000
    page.context.close()


def test_one_form_of_each_chart_is_shown(shown):
    page, _, _ = shown
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        drawings = page.evaluate(
            "[...document.querySelectorAll('figure')].map(f => [...f.querySelectorAll(':scope > svg, img')]"
            ".map(d => d.getBoundingClientRect()).filter(r => r.width > 200 && r.height > 100).length)"
        )
        assert all(number == 1 for number in drawings), width


# The longest that a page may be, so that an adviser has its answer in a minute.
LONGEST = {"px at 1280": 3500, "words": 1000, "chart at 1280": 900, "chart at 390": 1600, "charts": 3, "tables": 2, "sheets": 4}  # fmt: skip


@pytest.mark.parametrize("slug", [briefing.slug for briefing in briefings.listed()])
def test_a_page_is_no_longer_than_a_reader_has_time_for(browser, built, slug):
    longest = LONGEST | {
        "px at 1280": 4500 if slug == "reserve-plans" else 2800 if slug.startswith("country") else 3500
    }
    found = measures(browser, built / f"{slug}.html")
    assert {name: found[name] for name, most in longest.items() if found[name] > most} == {}, found


def test_nothing_moves_while_a_page_loads(browser, path):
    pages = [opened(browser, path, width)[0] for width in (390, 1280)]
    for page in pages:
        assert layout_shift(page) == 0
        page.context.close()


def test_a_page_that_moves_is_measured(browser, tmp_path):
    path = tmp_path / "moving.html"
    path.write_text("<div id=a></div><p>below</p>")
    page, _, _ = opened(browser, path, 390)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.evaluate("document.getElementById('a').style.height = '300px'")
    assert layout_shift(page) > 0
    page.context.close()


def test_a_number_opens_where_it_stands_without_script(browser, path):
    page, _, _ = opened(browser, path, 1280, java_script_enabled=False)
    for button in page.locator("main button.num").all()[:3]:
        opened_by = page.locator(f"[id='{button.get_attribute('popovertarget')}']")
        assert not opened_by.is_visible()
        button.click()
        assert opened_by.is_visible() and "Inputs and sources" in opened_by.inner_text()
        page.keyboard.press("Escape")
    page.context.close()


def test_a_link_to_a_number_opens_it(browser, built):
    page, _, _ = opened(browser, built / f"{PAGES[0]}.html", 1280)
    number = page.locator("button.num").first.get_attribute("popovertarget")
    page.goto(f"{page.url}#{number}")
    page.reload()
    assert page.locator(f"[id='{number}']").is_visible()
    page.context.close()


def test_tables_sort_and_filter_with_the_script_and_read_without(browser, built):
    record = built / PAGES[0] / "record.html"
    page, _, messages = opened(browser, record, 1280)
    table = page.locator("table.sortable:has(tbody tr:nth-child(17))").last
    first = table.locator("tbody tr").first.inner_text()
    heads = table.locator("thead button")
    heads.first.click()
    assert table.locator("th[aria-sort=ascending]").count() == 1
    heads.first.click()
    assert table.locator("th[aria-sort=descending]").count() == 1
    rows = [row.inner_text() for row in table.locator("tbody th").all()]
    assert rows == sorted(rows, key=str.casefold, reverse=True) and first
    page.locator("label.filter input").last.fill(rows[0][:8])
    assert 0 < table.locator("tbody tr:visible").count() < len(rows) and messages == []
    page.context.close()
    page, _, _ = opened(browser, record, 1280, java_script_enabled=False)
    assert page.locator("thead button").count() == 0 and page.locator("table:visible").count() > 2
    page.context.close()


def test_a_chart_can_be_taken_along(browser, built):
    """Picture, drawing and data of a chart, its citation and a link to it, as a reader gets them."""
    slug = PAGES[0]
    page, _, messages = opened(browser, built / f"{slug}.html", 1280, accept_downloads=True)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    under = page.locator("figure .under").first
    taken = {}
    for words in ("Image (PNG)", "Data (CSV)"):
        with page.expect_download() as download:
            under.get_by_text(words).click()
        taken[words] = download.value.path().read_bytes()
    width, height = (int.from_bytes(taken["Image (PNG)"][at : at + 4], "big") for at in (16, 20))
    assert taken["Image (PNG)"].startswith(b"\x89PNG") and width > 1000 and height > 500
    drawing = (built / under.get_by_text("Image (SVG)").get_attribute("href")).read_text()
    assert drawing.startswith("<svg") and "CC BY 4.0" in drawing
    assert b"," in taken["Data (CSV)"].splitlines()[1]
    under.get_by_text("Copy citation").click()
    assert "CC BY 4.0" in page.evaluate("navigator.clipboard.readText()")
    under.get_by_text("Link to this chart").click()
    assert page.locator("figure:target").count() == 1 and messages == []
    page.context.close()


@pytest.mark.fault(127)
def test_keyboard_forced_colours_and_magnification(browser, path):
    page, _, _ = opened(browser, path, 1280, forced_colors="active")
    seen = []
    for _ in range(4):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate(
                "(() => { const e = document.activeElement, r = e.getBoundingClientRect();"
                "return [e === document.body, r.width > 0 && r.bottom > 0 && r.right > 0,"
                " getComputedStyle(e).outlineStyle] })()"
            )
        )
    assert not any(body for body, *_ in seen) and all(visible for _, visible, _ in seen)
    assert all(outline != "none" for *_, outline in seen)
    page.context.close()
    # 400 % of 1280 x 1024 is a window of 320 x 256: nothing is lost and the sticky line is not in the way.
    page, _, _ = opened(browser, path, 320)
    page.set_viewport_size({"width": 320, "height": 256})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    if page.locator(".top").count():
        assert page.locator(".top").evaluate("node => getComputedStyle(node).position") == "static"
    page.context.close()


@pytest.mark.fault(123)
def test_print_shows_every_picture_and_number(browser, path):
    page, _, _ = opened(browser, path, 658)  # what the margins leave of A4
    page.emulate_media(media="print")
    # Or the browser shrinks the whole sheet.
    assert page.evaluate("document.documentElement.scrollWidth") <= 658
    for image in page.locator("main img").all():
        assert image.is_visible()
    hidden = page.evaluate(
        "[...document.querySelectorAll('main .num, main td data')]"
        ".filter(n => !n.checkVisibility({contentVisibilityAuto: true})).map(n => n.textContent)"
    )
    assert hidden == []
    page.context.close()


_TEXTS = """() => { const box = document.querySelector('svg').getBoundingClientRect();
  return [box.width, box.height, [...document.querySelectorAll('text')].filter(n => n.textContent.trim()).map(n => {
    const r = n.getBoundingClientRect();
    return [n.textContent, r.left - box.left, r.top - box.top, r.right - box.left, r.bottom - box.top]; })]; }"""


def faults_of_texts(page, svg):
    """Texts of a drawing that leave it, and pairs that lie on each other."""
    page.set_content(svg)
    width, height, texts = page.evaluate(_TEXTS)
    found = [t[0] for t in texts if min(t[1:3]) < -1 or t[3] > width + 1 or t[4] > height + 1]
    for one, other in itertools.combinations(texts, 2):
        across = min(one[3], other[3]) - max(one[1], other[1])
        down = min(one[4], other[4]) - max(one[2], other[2])
        if across > 1 and down > 3:
            found.append((one[0], other[0]))
    return found


def test_no_text_of_a_chart_is_cut_or_covered(browser, built):
    """Both forms of every chart, as the records hold them, and the one that the index shows."""
    page = browser.new_page()
    for slug in PAGES:
        html = (built / slug / "record.html").read_text(encoding="utf-8")
        drawings = [
            base64.b64decode(found).decode()
            for figure in re.findall(r"<picture>.*?</picture>", html, re.S)
            for found in re.findall(r"data:image/svg\+xml;base64,([^\"]*)", figure)
        ]
        assert len(drawings) >= 2, slug
        first = json.loads((built / slug / "summary.json").read_text())["figures"][0]
        drawings.append((built / slug / f"{first}-small.svg").read_text(encoding="utf-8"))
        for svg in drawings:
            assert faults_of_texts(page, svg) == [], slug
            assert not re.search(r"rotate\(-?90", svg)  # text stands nowhere
    page.close()


def test_text_that_is_cut_or_covered_is_found(browser):
    page = browser.new_page()
    svg = '<svg width="200" height="50">{}</svg>'
    one, other = '<text x="5" y="20">one word</text>', '<text x="20" y="22">other</text>'
    assert faults_of_texts(page, svg.format(one)) == []
    assert faults_of_texts(page, svg.format(one + other)) == [("one word", "other")]
    assert faults_of_texts(page, svg.format('<text x="180" y="20">cut off</text>')) == ["cut off"]
    page.close()


@pytest.mark.long
def test_a_page_of_every_country_passes(browser, tmp_path, monkeypatch):
    """`make sweep` to its end, then axe, requests and messages on each page."""
    from rareearth.site import sweep

    reports = tmp_path / "reports"
    monkeypatch.setattr(run, "REPORTS", reports)
    sweep.sweep(sweep.country_briefings([]))
    pages = sorted(reports.glob("country-*.html"))
    assert len(pages) >= 12
    for place in pages:
        page, requests, messages = opened(browser, place, 320)
        assert [url for url in requests if not url.startswith("data:")] == [place.as_uri()] and messages == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.context.close()
        page, _, _ = opened(browser, place, 320, bypass_csp=True)
        assert violations(page) == [], place.name
        page.context.close()
