"""Small builders that several tests share."""

import csv
from pathlib import Path
from typing import Any

from rareearth.site.briefings import Briefing

# Values that others published or computed, by id.
with (Path(__file__).parent / "targets.csv").open(encoding="utf-8", newline="") as stream:
    TARGETS = {row["target_id"]: row for row in csv.DictReader(stream)}


def briefing(
    slug: str, notebook: Path, parameters: dict[str, Any] | None = None, rerun: str = "make reports"
) -> Briefing:
    """A briefing of a notebook of the test's own, which has no model: its parameters are taken as they are."""
    one = Briefing(slug, notebook, parameters or {}, rerun)
    one.__dict__["parameters"] = parameters or {}
    return one
