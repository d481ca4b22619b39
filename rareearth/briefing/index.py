"""reports/index.html: the findings of all briefings on one page."""

import json
from typing import Any

import jinja2

from rareearth.briefing.render import PAGE
from rareearth.paths import REPORTS


def html(summaries: list[dict[str, Any]]) -> str:
    """The index page.

    Args:
        summaries: The ``summary.json`` of every briefing.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    results = json.loads((REPORTS / "results.json").read_text(encoding="utf-8"))
    return environment.get_template("listing.html.j2").render(
        briefings=summaries,
        css=(PAGE / "page.css").read_text(encoding="utf-8"),
        results=len(results),
    )
