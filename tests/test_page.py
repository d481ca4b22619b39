"""The page as a file: one number everywhere, self-contained, and what assistive technology needs."""

import base64
import csv
import io
import json
import re
from html import unescape
from html.parser import HTMLParser

import nbformat
import pytest

from rareearth.estimate import Estimate
from rareearth.processing import quota

SLUG = "processing-share"


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


@pytest.fixture(scope="module")
def text(built):
    return (built / f"{SLUG}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_one_number_everywhere(built, text, page):
    """Text, table, chart data, results.json and the Estimate itself."""
    results = {item["id"]: item for item in json.loads((built / "results.json").read_text())}
    download = re.search(r'download="share-by-year.csv" href="data:text/csv[^,]*,([^"]+)"', text).group(1)
    plotted = list(csv.DictReader(io.StringIO(base64.b64decode(download).decode())))
    assert (built / SLUG / "share-by-year.csv").read_text() == base64.b64decode(download).decode()
    for year in quota.YEARS:
        name = f"processing_share.quota.{year}"
        estimate = quota.estimate(year, "MCS2026", quota.elsewhere(year, "MCS2026", 300.0))
        stored = results[name]
        assert stored == json.loads(json.dumps(estimate.to_dict()))
        row = next(row for row in plotted if row["Id"] == name)
        assert [float(row[c]) for c in ("Low, %", "Share, %", "High, %")] == [
            estimate.low,
            estimate.value,
            estimate.high,
        ]
        printed = [words for value, words in page.data if float(value) == estimate.value]
        assert printed and all(words.startswith(estimate.number()) or "%" in words for words in printed)
        assert str(estimate) in text and f'id="{estimate.anchor}"' in text
    said = re.search(r'<p class="said">(.*?)</p>', text).group(1)
    assert str(quota.estimate(2024, "MCS2026", quota.elsewhere(2024, "MCS2026", 300.0))) in said


def test_every_linked_number_prints_its_value(page):
    for value, words in page.data:
        first = re.match(r"[-0-9.,]+", words).group(0)
        decimals = len(first.partition(".")[2])
        assert f"{float(value):,.{decimals}f}".replace(",", "") == first.replace(",", "")


def test_results_are_complete_estimates(built):
    results = json.loads((built / "results.json").read_text())
    ids = [item["id"] for item in results]
    assert [one for one in ids if "quota" in one] == [f"processing_share.quota.{y}" for y in quota.YEARS]
    assert len(ids) == len(set(ids))
    for item in results:
        assert set(item) == {*Estimate.__dataclass_fields__, "text", "definition"}
        assert 0 <= item["low"] <= item["value"] <= item["high"] and item["source_ids"]
        assert item["unit"] != "pct" or item["high"] <= 100


def test_self_contained(text):
    first = re.search(r"<head>\s*<meta ([^>]*)>", text).group(1)
    assert 'http-equiv="Content-Security-Policy"' in first and "default-src 'none'" in first
    assert "<script" not in text and "javascript:" not in text
    assert not re.search(r'(src|srcset)="(?!data:)', text)
    assert not re.search(r"\son[a-z]+=", text)
    assert len(text.encode()) < 600_000


def test_structure(page):
    assert page.all("html") == [{"lang": "en"}]
    assert page.headings.count(1) == 1 and page.headings[0] == 1
    assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False))
    assert (
        len(page.all("main")) == 1 and page.tags[[t for t, _ in page.tags].index("a")][1]["href"] == "#main"
    )
    for image in page.all("img"):
        assert re.search(r"\d", image["alt"]) and "description" not in image["alt"]
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(cell.get("scope") for cell in page.all("th"))
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        if link["href"].startswith("#"):
            assert link["href"][1:] in ids, link


def test_title_is_the_finding(built, text):
    summary = json.loads((built / SLUG / "summary.json").read_text())
    assert f"<title>{summary['title']}</title>" in text and f"<h1>{summary['title']}</h1>" in text
    assert summary["title"] in unescape((built / "index.html").read_text())


def test_nothing_of_this_machine(built, text):
    import getpass
    import socket

    from rareearth.paths import ROOT

    notebook = (built / f"{SLUG}.ipynb").read_text()
    for secret in (str(ROOT), str(built), socket.gethostname(), f"/{getpass.getuser()}/"):
        assert secret not in text and secret not in notebook
    shared = nbformat.reads(notebook, as_version=4)
    assert "papermill" not in shared.metadata and all("execution" not in c.metadata for c in shared.cells)


def test_the_picture_of_the_readme_is_the_one_of_the_page(built):
    from rareearth.paths import ROOT

    made = (built / SLUG / "share-by-year.svg").read_text()
    kept = (ROOT / "docs" / "share-by-year.svg").read_text()

    def words(svg):
        return re.findall(r"<text[^>]*>([^<]*)</text>", svg)

    assert words(kept) == words(made), "copy reports/processing-share/share-by-year.svg to docs/"
    assert "share-by-year.svg" in (ROOT / "README.md").read_text(encoding="utf-8")
