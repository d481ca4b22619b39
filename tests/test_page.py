"""Page and record as files: one number everywhere, self-contained, and what assistive technology needs."""

import csv
import hashlib
import io
import json
import re
from html import unescape
from html.parser import HTMLParser

import nbformat
import pytest

from benchmarks.pages import numbers
from rareearth.checks import content_hash
from rareearth.paths import RAW, ROOT
from rareearth.processing import output, simulation
from rareearth.quantity import Estimate
from rareearth.site import briefings, run, share, sources
from rareearth.site.page import script
from tests.conftest import PAGES


class Page(HTMLParser):
    """Collects what the tests ask about."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.headings, self.data = [], [], []
        self._open = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if tag == "data":
            self.data.append([attributes["value"], ""])
            self._open = "data"
        elif re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_endtag(self, tag):
        if tag == self._open:
            self._open = None

    def handle_data(self, text):
        if self._open:
            self.data[-1][1] += text

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module", params=PAGES)
def slug(request):
    return request.param


@pytest.fixture(scope="module")
def front(built, slug):
    """The page."""
    return (built / f"{slug}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def text(built, slug):
    """The record."""
    return (built / slug / "record.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


@pytest.mark.fault(129)
def test_one_number_everywhere(built, slug, text, page):
    """Text, tables, chart data, the list of origins and results.json say the same."""
    shared = {item["id"]: item for item in json.loads((built / "results.json").read_text())}
    own = json.loads((built / slug / "results.json").read_text())
    assert own
    printed = {}
    for value, words in page.data:
        printed.setdefault(float(value), []).append(words)
    for item in own:
        cell = item.pop("cell")
        assert f"{slug}#{cell}" in shared[item["id"]]["shown_in"] and f'id="{cell}"' in text
        is_headline = item.pop("headline", False)
        assert is_headline == (slug in shared[item["id"]].get("headline_of", ()))
        assert item == {
            key: value for key, value in shared[item["id"]].items() if key not in ("shown_in", "headline_of")
        }
        assert item["text"] in printed[item["value"]]
        assert f'id="origin-{item["id"].replace(".", "-")}"' in text
    for name in re.findall(r'<a download href="([^"]+)\.csv">', text):
        for row in csv.DictReader(io.StringIO((built / slug / f"{name}.csv").read_text())):
            ends = [row.get(column) for column in ("Low, %", "Share, %", "High, %")]
            if row.get("Id") in shared and all(ends):
                assert [float(end) for end in ends] == [shared[row["Id"]][k] for k in ("low", "value", "high")]


@pytest.mark.fault(129)
@pytest.mark.parametrize("name", [briefing.slug for briefing in briefings.listed()])
def test_every_number_is_in_results_and_opens(built, name):
    shown, known, opened = numbers(built / f"{name}.html").values()
    assert shown == known == opened > 0


@pytest.mark.fault(129)
def test_a_number_of_the_page_opens_its_origin(built, slug, front, text):
    """Each number of the page is a button; what it opens is on the page, and leads to its place in the record."""
    own = {item["id"].replace(".", "-"): item for item in json.loads((built / slug / "results.json").read_text())}
    numbers = re.findall(r'<button type="button" class="num" popovertarget="n-([^"]+)">', front)
    assert numbers and set(numbers) == set(re.findall(r'<div popover id="n-([^"]+)">', front))
    for anchor in set(numbers):
        opened = re.search(rf'<div popover id="n-{anchor}">(.*?)</div>', front, re.S).group(1)
        assert own[anchor]["text"] in unescape(opened) and own[anchor]["id"] in opened
        assert f'href="{slug}/record.html#origin-{anchor}"' in opened and f'id="origin-{anchor}"' in text


def test_the_page_says_what_the_package_computes(built):
    results = {item["id"]: item for item in json.loads((built / "results.json").read_text())}
    for year in output.YEARS:
        estimate = simulation.model().estimate("quota", year)
        stored = results[estimate.id]
        assert {**stored, "shown_in": 0} == {**json.loads(json.dumps(estimate.to_dict())), "shown_in": 0}


@pytest.mark.fault(129)
def test_every_linked_number_prints_its_value(page):
    scales = {"billion": 1e9, "million": 1e6}
    for value, words in page.data:
        if words in ("over 99%", "under 1%"):  # a simulated probability is never certain
            assert float(value) >= 99.5 if words == "over 99%" else float(value) <= 0.5
            continue
        first = re.search(r"−?[0-9][0-9.,]*", words).group(0).replace(",", "").replace("−", "-").rstrip(".")
        scale = next((scales[word] for word in scales if word in words), 1)
        scale /= 1e6 if scale > 1 and abs(float(value)) < 1e6 else 1  # a number in millions says so already
        decimals = len(first.partition(".")[2])
        printed, exact = float(first), float(value) / scale
        # Digits that the interval does not allow are rounded away, left of the point too.
        zeros = len(first) - len(first.rstrip("0")) if not decimals else 0
        assert abs(printed - exact) <= 0.5000001 * 10 ** (zeros - decimals), words


def test_results_are_complete_estimates(built):
    results = json.loads((built / "results.json").read_text())
    ids = {item["id"] for item in results}
    assert {f"processing_share.quota.{year}" for year in output.YEARS} <= ids
    of_all_years = (
        "feed",
        "ndpr",
        "value",
        "product",
        "product_both",
        "mass_balance_origin",
        "mass_balance_processed",
    )
    for name in of_all_years:
        assert {f"processing_share.{name}.{year}" for year in range(2018, 2026)} <= ids
    assert "processing_share.value_outside.2025" in ids  # the one year with a price outside China
    of_share = [item["definition"] for item in results if item["id"].startswith("processing_share.")]
    assert len(set(of_share)) == len(of_share)  # no two numbers of the share are told apart by their id alone
    headlines = [slug for item in results for slug in item.get("headline_of", ())]
    assert sorted(headlines) == sorted(one.slug for one in briefings.listed())
    for item in results:
        assert set(item) - {"headline_of"} == {
            *Estimate.__dataclass_fields__,
            "text",
            "definition",
            "shown_in",
        }
        assert item["low"] <= item["value"] <= item["high"] and item["source_ids"]
        assert item["unit"] != "pct" or 0 <= item["low"] and item["high"] <= 100


@pytest.mark.fault(121)
@pytest.mark.fault(122)
@pytest.mark.fault(128)
def test_self_contained(front, text):
    code, digest = script()
    assert len(code.encode()) <= 6_000
    for layer in (front, text):
        first = re.search(r"<head>\s*<meta ([^>]*)>", layer).group(1)
        assert 'http-equiv="Content-Security-Policy"' in first and "default-src 'none'" in first
        assert re.findall(r"<script>(.*?)</script>", layer, re.S) == [code] and layer.count("<script") == 1
        assert f"script-src '{digest}'" in first and "javascript:" not in layer
        assert not re.search(r'(src|srcset)="(?!data:)', layer)
        assert not re.search(r"\son[a-z]+=", layer.replace(code, ""))


@pytest.mark.parametrize("name", ["index", *(briefing.slug for briefing in briefings.listed())])
def test_sizes(built, name):
    assert (built / f"{name}.html").stat().st_size < 300_000
    record = built / name / "record.html"
    assert name == "index" or record.stat().st_size < 900_000


def test_every_figure_that_went_in_is_named_or_pointed_to(built, slug, text):
    """An origin that points to an earlier one points to one of the very same figures."""
    known = {item["id"]: item for item in json.loads((built / slug / "results.json").read_text())}
    parts = dict(re.findall(r'<div id="origin-[^"]*">\s*<dt><code>(.*?)</code>(.*?)</div>', text, re.S))
    assert set(parts) == set(known)
    for name, part in parts.items():
        own = {one for one in known[name]["inputs"] if one in sources.figures()}
        earlier = re.search(r"Made from the same (\d+) figures as .*?<code>(.*?)</code>", part, re.S)
        if earlier:
            others = known[earlier.group(2)]["inputs"]
            assert own == set(others) & sources.figures().keys() and len(own) == int(earlier.group(1))
        elif "each named in results.json" not in part:
            assert own == set(re.findall(r"<li><code>(.*?)</code>", part))


@pytest.mark.fault(127)
def test_structure(page):
    assert page.all("html") == [{"lang": "en-GB"}]
    assert page.headings.count(1) == 1 and page.headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert len(page.all("main")) == 1 and page.tags[[t for t, _ in page.tags].index("a")][1]["href"] == "#main"
    for image in page.all("img"):
        assert re.search(r"\d", image["alt"]) and "description" not in image["alt"]
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(cell.get("scope") for cell in page.all("th"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        if link["href"].startswith("#"):
            assert link["href"][1:] in ids, link


def test_title_is_the_finding(built, slug, front):
    summary = json.loads((built / slug / "summary.json").read_text())
    said = unescape(front)
    assert (
        f"<title>{summary['title']} · Rare-earth briefings</title>" in said and f"<h1>{summary['title']}</h1>" in said
    )
    if summary["group"] != "countries":  # they stand in one table, by what it compares
        assert summary["title"] in unescape((built / "index.html").read_text())


@pytest.mark.fault(124)
def test_nothing_of_this_machine(built, slug, front, text):
    import getpass
    import socket

    notebook = (built / f"{slug}.ipynb").read_text()
    for secret in (str(ROOT), str(built), socket.gethostname(), f"/{getpass.getuser()}/"):
        assert secret not in text and secret not in front and secret not in notebook
    shared = nbformat.reads(notebook, as_version=4)
    assert "papermill" not in shared.metadata and all("execution" not in c.metadata for c in shared.cells)


def test_the_picture_of_the_readme_is_the_one_of_the_page(built):
    made = (built / "processing-share" / "share-by-year.svg").read_text()
    kept = (ROOT / "docs" / "share-by-year.svg").read_text()

    def words(svg):
        return re.findall(r"<text[^>]*>([^<]*)</text>", svg)

    assert words(kept) == words(made), "copy reports/processing-share/share-by-year.svg to docs/"
    assert "share-by-year.svg" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_a_reader_is_told_how_to_cite_and_what_words_mean(slug, front, text):
    assert "Cite as: " in front and "Sources read up to " in front
    again = text[text.index('id="again"') :]
    assert f"@techreport{{{slug}," in again and "CC BY 4.0" in again and "make report" in again
    assert '<dl class="glossary">' in text and "<dt>" in text


def test_a_page_that_travels_alone_carries_its_pedigree(built, slug, text):
    own = json.loads((built / slug / "results.json").read_text())
    tables = sources.tables_of(own)
    assert tables or not any(set(item["inputs"]) & sources.figures().keys() for item in own)
    for table in tables:
        assert table["sha256"] == content_hash(RAW.parent.parent / table["table"]) and table["sha256"] in text
    assert sources.state(table["table"] for table in tables) in text


def test_a_page_says_what_would_change_its_answer_with_numbers(text):
    section = re.search(r">What would change this answer</h2>(.*?)(?=<h2|</main)", text, re.S).group(1)
    said = re.findall(r'<p class="said">(.*?)</p>', section, re.S)
    assert said and all('class="num"' in sentence for sentence in said)


def test_the_index_has_every_briefing_in_its_group(built):
    index = (built / "index.html").read_text()
    for briefing in briefings.listed():
        part = re.search(rf'<h2 id="{briefing.group}">(.*?)(?=<h2|</main)', index, re.S).group(1)
        assert f'href="{briefing.slug}.html"' in part


def test_a_chart_can_be_embedded(built, slug):
    for name in json.loads((built / slug / "summary.json").read_text())["figures"]:
        embedded = (built / "embed" / f"{slug}-{name}.html").read_text()
        assert f'href="../{slug}.html#figure-{name}"' in embedded and "<script" not in embedded
        assert embedded.count("<h1>") == 1


def test_the_feed_lists_every_briefing(built):
    feed = json.loads((built / "feed.json").read_text())
    assert [item["id"] for item in feed["items"]] == [briefing.slug for briefing in briefings.listed()]
    results = {item["id"]: item for item in json.loads((built / "results.json").read_text())}
    for item in feed["items"]:
        headline = item["_rare_earth_briefings"]["headline"]
        assert results[headline["id"]]["value"] == headline["value"] and (built / item["url"]).is_file()


def test_share_is_whole_and_opens_offline(built, monkeypatch):
    import zipfile

    monkeypatch.setattr(run, "REPORTS", built)
    archive = share.share()
    first = archive.read_bytes()
    folder = archive.with_suffix("")
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
        for name in names:
            assert opened.read(name) == (folder.parent / name).read_bytes()
    assert f"{folder.name}/index.html" in names and not any("/.build" in name for name in names)
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    for page in folder.glob("*.html"):
        for link in Page(page.read_text()).all("a"):
            href = link["href"]
            assert href.startswith(("#", "http", "data:")) or (folder / href.partition("#")[0]).is_file(), href
    share.share()
    assert archive.read_bytes() == first


def test_an_unbuilt_briefing_is_not_shared(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "REPORTS", tmp_path)
    with pytest.raises(ValueError, match="run make reports first"):
        share.share()
