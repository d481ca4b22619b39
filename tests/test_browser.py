"""The built pages in a real browser, opened from disk with the network off."""

import base64
import itertools
import re

import pytest

from benchmarks.pages import ARGUMENTS, BROWSER, layout_shift
from rareearth.site import run
from tests.conftest import PAGES

WIDTHS = (320, 768, 1280)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        BROWSER is None, reason="no Chromium on this machine: pages were not tested in a browser"
    ),
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


@pytest.fixture(scope="module", params=["index.html", *(f"{slug}.html" for slug in PAGES)])
def path(request, built):
    return built / request.param


# axe compares every element with those around it, which takes many seconds on a long page: one window of each page and
# the first rows of its tables and lists here, every row in every window in `make test-long`.
AXE = [
    (page, *((320, "light"), (1280, "dark"))[number % 2])
    for number, page in enumerate(["index.html", *(f"{slug}.html" for slug in PAGES)])
]
_OPEN = "document.querySelectorAll('details').forEach(node => node.open = true)"
_FIRST_ROWS = """document.querySelectorAll('tbody, ul, ol, dl').forEach(
  list => [...list.children].slice(12).forEach(node => node.remove()))"""


def violations(page):
    """What axe finds with every part of the page open; to describe what it passes as well takes twice the time."""
    from axe_playwright_python.sync_playwright import Axe

    page.evaluate(_OPEN)
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found]


def look_with_axe(browser, path, width, scheme, script=""):
    # axe is injected by the test, so the policy of the page is lifted for it alone.
    page, _, _ = opened(browser, path, width, color_scheme=scheme, bypass_csp=True)
    page.evaluate(script)
    assert violations(page) == []
    page.context.close()


@pytest.mark.fault(127)
@pytest.mark.parametrize(("page_name", "width", "scheme"), AXE)
def test_axe_finds_nothing(browser, built, page_name, width, scheme):
    look_with_axe(browser, built / page_name, width, scheme, _FIRST_ROWS)


@pytest.mark.long
@pytest.mark.fault(127)
@pytest.mark.parametrize("page_name", [page for page, *_ in AXE])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_row_and_window(browser, built, page_name, width, scheme):
    look_with_axe(browser, built / page_name, width, scheme)


@pytest.mark.fault(128)
def test_nothing_scrolls_sideways(browser, path):
    page, _, _ = opened(browser, path, max(WIDTHS))
    page.evaluate(_OPEN)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


@pytest.mark.fault(121)
def test_no_request_no_message(browser, path):
    page, requests, messages = opened(browser, path, 1280)
    assert [url for url in requests if not url.startswith("data:")] == [path.as_uri()]
    assert messages == []
    page.context.close()


@pytest.mark.fault(123)
def test_everything_is_there_without_script_and_in_print(browser, path):
    page, _, _ = opened(browser, path, 1280, java_script_enabled=False)
    assert page.locator("h1").is_visible()
    for image in page.locator("img").all():
        box = image.bounding_box()
        least = 200 if path.name == "index.html" else 300  # there it is a thumbnail
        assert box["width"] > least and box["height"] > least / 2
    page.emulate_media(media="print")
    assert page.locator("h1").is_visible() and len(page.pdf()) > 10_000
    page.context.close()


def test_pictures_are_decoded_and_the_contents_stay_reachable(browser, path):
    page, _, _ = opened(browser, path, WIDTHS[0])
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for image in page.locator("img[loading=lazy]").all():
            image.scroll_into_view_if_needed()
        page.wait_for_function(
            "() => [...document.images].every(image => image.complete && image.naturalWidth)"
        )
        sizes = page.evaluate("[...document.images].map(i => [i.naturalWidth, i.clientWidth])")
        assert all(natural > 100 and shown > 200 for natural, shown in sizes)
        if path.name != "index.html":
            page.evaluate("window.scrollTo({top: document.body.scrollHeight / 2, behavior: 'instant'})")
            seen = "node => { const r = node.getBoundingClientRect(); return r.height > 0 && r.top >= 0 && r.top < 900 }"
            assert page.locator("#contents a").first.evaluate(seen) or page.locator(".jump").evaluate(seen)
    page.context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_while_a_page_loads(browser, path, width):
    page, _, _ = opened(browser, path, width)
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


def test_the_place_of_a_picture_is_kept_in_both_forms(browser, path):
    """The room that a picture gets before it is decoded has the shape of the picture."""
    for width in (390, 1280):
        page, _, _ = opened(browser, path, width)
        shapes = page.evaluate(
            "[...document.querySelectorAll('figure.chart picture')].map(p => {"
            " const i = p.querySelector('img'), s = p.querySelector('source');"
            " const n = matchMedia(s.media).matches ? s : i;"
            " return [i.naturalWidth / i.naturalHeight, n.getAttribute('width') / n.getAttribute('height')]; })"
        )
        assert all(abs(natural / kept - 1) < 0.01 for natural, kept in shapes)
        page.context.close()


def test_the_index_is_filtered_by_country_without_script(browser, built):
    page, _, _ = opened(browser, built / "index.html", 1280, java_script_enabled=False)

    def shown():
        visible = [card for card in page.locator("article").all() if card.is_visible()]
        return [card.locator("h2 a, h3 a").get_attribute("href") for card in visible]

    every = shown()
    assert len(every) == len(run.listed())
    page.get_by_role("link", name="Japan", exact=True).click()
    assert {"country-jpn.html", "reserve-plans.html", "g7.html"} <= set(shown()) < set(every)
    assert not {"country-usa.html", "magnet-elements.html"} & set(shown())
    page.get_by_role("link", name="All briefings").click()
    assert shown() == every
    page.context.close()


def test_every_origin_can_be_reached_from_its_number(browser, path):
    page, _, _ = opened(browser, path, 1280, reduced_motion="reduce")
    visible = [link for link in page.locator("main a.num").all() if link.is_visible()]
    for link in visible[:3]:
        link.click()
        target = page.locator(":target")
        assert target.count() == 1 and target.is_visible()
    page.context.close()


def test_a_link_to_a_source_opens_the_fold_of_the_list(browser, built):
    page, _, _ = opened(
        browser, built / "reserve-plans.html", 1280, reduced_motion="reduce", java_script_enabled=False
    )
    link = next(one for one in page.locator(".sources a").all() if one.is_visible())
    target = page.locator(link.get_attribute("href"))
    assert not target.is_visible()
    link.click()
    assert target.is_visible()
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
        "[...document.querySelectorAll('main a.num, main td data')]"
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


def test_no_text_of_a_chart_is_cut_or_covered(browser, path):
    page = browser.new_page()
    html = path.read_text(encoding="utf-8")
    drawings = [
        base64.b64decode(found).decode()
        for figure in re.findall(r"<picture>.*?</picture>", html, re.S)
        for found in re.findall(r"data:image/svg\+xml;base64,([^\"]*)", figure)
    ]
    assert len(drawings) >= 2 or path.name == "index.html"
    for svg in drawings:
        assert faults_of_texts(page, svg) == []
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
    from rareearth.site import run, sweep

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
