"""Pages with other parameters stand in the index under their briefing and in the share, while they are current."""

import json
import zipfile
from dataclasses import replace

import nbformat
import pytest

from rareearth import files
from rareearth.errors import Refused
from rareearth.site import briefings, run, share
from tests.builders import briefing, numbered


@pytest.fixture
def listed(tmp_path, monkeypatch):
    """A project of one briefing, built."""
    made = briefing("one", numbered(tmp_path / "one.ipynb", tmp_path), {"number": 0})
    made = replace(made, group="position", short="One")
    made.__dict__["parameters"] = {"number": 0}
    monkeypatch.setattr(run, "REPORTS", tmp_path / "reports")
    monkeypatch.setattr(run, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(run, "listed", lambda: [made])
    run.build()
    return made


def test_a_variant_is_in_index_and_share_until_its_notebook_changes(listed, tmp_path):
    variant = briefing("one--number-1", listed.notebook, {"number": 1})
    run.build_variant(variant)
    index = run.REPORTS / "index.html"
    assert 'href="one--number-1.html">number 1</a>' in index.read_text(encoding="utf-8")
    with zipfile.ZipFile(share.share()) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
    assert {"one.html", "one--number-1.html", "data/datapackage.json"} <= names
    assert {one["id"] for one in json.loads((run.REPORTS / "results.json").read_text())} == {"test.sweep.0"}

    notebook = nbformat.read(listed.notebook, as_version=4)
    notebook.cells[0].source += " Again."
    nbformat.write(notebook, listed.notebook)
    run.build()
    assert run.variants() == [] and "one--number-1" not in index.read_text(encoding="utf-8")


def test_the_index_leads_to_the_documentation_while_it_is_there_and_a_share_does_not(listed):
    page, link = run.REPORTS / "index.html", 'href="docs/index.html"'
    assert link not in page.read_text(encoding="utf-8")
    files.write(run.REPORTS / "docs" / "index.html", "made")
    run.build()
    assert link in page.read_text(encoding="utf-8")
    with zipfile.ZipFile(share.share()) as archive:
        assert not [name for name in archive.namelist() if "/docs/" in name]
        assert link not in archive.read(f"{share.NAME}/index.html").decode()
    (run.REPORTS / "docs" / "index.html").unlink()
    run.build()
    assert link not in page.read_text(encoding="utf-8")


def test_the_page_of_one_country_is_not_made_for_another():
    with pytest.raises(Refused, match="country-jpn is the page of Japan; for FRA: make report NAME=country-fra"):
        briefings.variant("country-jpn", {"country": "FRA"})
    assert briefings.variant("country-fra", {}).slug == "country-fra"
