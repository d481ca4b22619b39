"""README says what the results say."""

import json
import re

from rareearth.paths import ROOT


def test_numbers_of_the_readme_are_those_of_the_results(built):
    results = {item["id"]: item for item in json.loads((built / "results.json").read_text())}
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    numbers = re.findall(r"<!-- ([a-z0-9_]+(?:\.\w+)+) -->(.*?)<!-- -->", readme)
    assert len(numbers) >= 5
    for name, written in numbers:
        assert results[name]["text"] == written, name


def test_links_of_the_readme_lead_somewhere():
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
