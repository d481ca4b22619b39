"""README says what the results say."""

import json
import re

import pytest
from PIL import Image

import rareearth
from rareearth import tables
from rareearth.paths import NOTEBOOKS, ROOT
from rareearth.processing.bases import BASES
from tools import docs_pages

GALLERY = ROOT / "docs" / "gallery"


def test_numbers_of_the_readme_are_those_of_the_results(built):
    results = {item["id"]: item for item in json.loads((built / "results.json").read_text())}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    numbers = re.findall(r"<!-- ([a-z0-9_]+(?:\.\w+)+) -->(.*?)<!-- -->", readme)
    assert len(numbers) >= 5
    for name, written in numbers:
        assert results[name]["text"] == written, name


def test_links_of_the_readme_lead_somewhere():
    made = {"method/index.md", "data-dictionary.md"}  # by mkdocs, see tools/docs_pages.py
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert target in made or (page.parent / target).exists(), f"{page.name}: {target}"


# Where a path that a page names begins, and what it leaves out at its end.
PLACES = [(ROOT, ""), (ROOT / "rareearth", ".py"), (ROOT / "rareearth", ""), (ROOT / "data" / "raw", ".csv")]


def test_files_and_modules_that_the_documentation_names_are_there():
    pages = ["README.md", "CONTRIBUTING.md", "data/README.md", "notebooks/README.md", "benchmarks/README.md"]
    named = 0
    for page in (*(ROOT / one for one in pages), *sorted((ROOT / "docs").rglob("*.md"))):
        # What a version made that is past is history; reports/ and data/processed are made.
        text = re.sub(r"`[^`]+` of version", "", page.read_text(encoding="utf-8"))
        words = " ".join(re.findall(r"`([^`\n]+)`", text)).split()
        shape = re.compile(r"(?!reports/|data/processed|\.venv/)[\w.-]+(/[\w.-]+)+/?")
        paths = filter(shape.fullmatch, words)
        parts = (one.replace(".", "/") for one in re.findall(r"`rareearth\.((?:\w+\.)*\w+)`", text))
        for path in (*paths, *parts):
            near = [page.parent / path, page.parent / "raw" / path]
            there = [*near, *(place / f"{path}{end}" for place, end in PLACES)]
            assert any(one.exists() for one in there), f"{page.name}: {path}"
            named += 1
    assert named > 50


def test_pages_of_the_documentation_are_made_of_every_basis_and_table():
    made = docs_pages.pages()
    for name, how in BASES.items():
        assert made[f"method/{name}.md"].startswith(f"# {how.words}\n") and "| Input |" in made[f"method/{name}.md"]
        assert f"]({name}.md)" in made["method/index.md"]
    assert all(f"\n## {name}\n" in made["data-dictionary.md"] for name in tables.names())


def test_picture_of_a_page_has_the_numbers_of_the_results(built):
    results = {item["id"].replace(".", "-"): item for item in json.loads((built / "results.json").read_text())}
    with Image.open(GALLERY / "processing-share.png") as picture:
        numbers = json.loads(picture.text["numbers"])
    assert len(numbers) >= 5
    for name, value in numbers.items():
        known = results[name.removeprefix("n-")]["value"]
        assert value == pytest.approx(known, rel=1e-6), f"{name}: run make gallery"


def test_executed_notebook_of_the_gallery_is_the_starter_with_its_answers():
    cells, executed = (
        json.loads(path.read_text(encoding="utf-8"))["cells"]
        for path in (NOTEBOOKS / "starter.ipynb", GALLERY / "starter.ipynb")
    )
    assert [one["source"] for one in cells] == [one["source"] for one in executed], "run make gallery"
    shown = json.dumps([one.get("outputs") for one in executed], ensure_ascii=False)
    answers = [
        rareearth.quotas(),
        rareearth.scenario(lynas=1.3),
        rareearth.cover("Germany", "NdPr", stock_t=500),
    ]
    for answer in (*(one.answer for one in answers), str(rareearth.hhi(2024))):
        assert answer in shown, f"{answer}: run make gallery"


def test_commands_of_the_readme_are_those_of_the_program():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    known = set(re.findall(r'command\("(\w+)"', (ROOT / "rareearth" / "cli.py").read_text(encoding="utf-8")))
    assert set(re.findall(r"python -m rareearth (\w+)", text)) <= known
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"`make ([a-z-]+)", text)) <= targets
