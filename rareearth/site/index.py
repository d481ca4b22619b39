"""What all briefings share: the index page, results.json, and the feed for programs."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rareearth.errors import Refused
from rareearth.site import sources
from rareearth.site.page import environment

# Pages whose titles are the key findings, in this order.
_FINDINGS = ("processing-share", "magnet-elements", "claims-checked", "reserve-plans", "g7")

# The line of the index that leads to the documentation, which is no part of a share.
DOCUMENTATION = '<p>How the numbers are made, and how to add one: <a href="docs/index.html">documentation</a>.</p>\n'


def html(
    summaries: list[dict[str, Any]],
    pictures: dict[str, str],
    results: list[dict[str, Any]],
    variants: Iterable[dict[str, Any]] = (),
    *,
    has_documentation: bool = False,
) -> str:
    """The index page: key findings, then the briefings in groups; countries are one table.

    Args:
        summaries: The ``summary.json`` of every briefing.
        pictures: Slug to the small drawing of its first chart, or to an empty text.
        results: The Estimates of results.json.
        variants: The ``summary.json`` of every page with other parameters; a country that is not listed is a row.
        has_documentation: Whether reports/docs is there to lead to.
    """
    of_slug: dict[str, list[tuple[str, str]]] = {}
    for variant in variants:
        base, _, assignments = variant["slug"].partition("--")
        if assignments:
            words = assignments.replace("--", ", ").replace("-", " ")
            of_slug.setdefault(base, []).append((variant["slug"], words))
        else:
            summaries = [*summaries, variant]
    known = {summary["slug"]: summary for summary in summaries}
    subjects: dict[str, list[dict[str, Any]]] = {}
    for summary in summaries:
        shown = {**summary, "picture": pictures.get(summary["slug"], "")}
        subjects.setdefault(summary["group"], []).append(shown)
    if rows := _rows(summaries):
        subjects["countries"] = rows
    return (
        environment()
        .get_template("index.html.j2")
        .render(
            findings=[known[slug] for slug in _FINDINGS if slug in known],
            subjects=subjects,
            columns=_columns(rows),
            inputs=sources.build_inputs(),
            results=len(results),
            variants=of_slug,
            documentation=DOCUMENTATION if has_documentation else "",
            unsealed=sorted({table for result in results for table in result.get("unsealed", ())}),
            own=len(sources.with_user_files(results)),
        )
    )


def country_table(summaries: list[dict[str, Any]]) -> str:
    """A page with every country that has a briefing.

    Args:
        summaries: The ``summary.json`` of each.
    """
    rows = _rows(summaries)
    return environment().get_template("countries.html.j2").render(rows=rows, columns=_columns(rows))


def _rows(summaries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The country briefings in the order of their names, with what each says by column."""
    rows = [
        {**summary, "row": {cell["head"]: cell for cell in summary["row"]}}
        for summary in summaries
        if summary["group"] == "countries"
    ]
    return sorted(rows, key=lambda row: row["short"])


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(column for row in rows for column in row["row"]))


def combined_results(parts: dict[str, Path]) -> str:
    """results.json of several briefings: a list of Estimates sorted by id.

    Args:
        parts: Name of a briefing to its own results.

    Returns:
        JSON; in place of ``cell`` every Estimate has ``shown_in``, a list of ``briefing#cell``, and the headline of a briefing has
        ``headline_of``, a list of briefings.

    Raises:
        Refused: two briefings give one id different contents.
    """
    found: dict[str, dict[str, Any]] = {}
    added: dict[str, dict[str, list[str]]] = {}
    for slug, path in parts.items():
        for estimate in json.loads(path.read_text(encoding="utf-8")):
            name, place = estimate["id"], f"{slug}#{estimate.pop('cell')}"
            unsealed, is_headline = estimate.pop("unsealed", []), estimate.pop("headline", False)
            places = added.setdefault(name, {"shown_in": []})
            if found.setdefault(name, estimate) != estimate:
                raise Refused(f"{name} differs between two briefings, {places['shown_in']} and {place}")
            places["shown_in"].append(place)
            if is_headline:
                places.setdefault("headline_of", []).append(slug)
            if unsealed:
                places["unsealed"] = sorted({*places.get("unsealed", []), *unsealed})
    results = [{**found[name], **added[name]} for name in sorted(found)]
    return json.dumps(results, indent=1, ensure_ascii=False) + "\n"


def feed(summaries: list[dict[str, Any]]) -> str:
    """The briefings in the form of JSON Feed 1.1, with the headline as an object in each item.

    Args:
        summaries: The ``summary.json`` of every briefing.
    """
    items = [
        {
            "id": summary["slug"],
            "url": f"{summary['slug']}.html",
            "title": summary["title"],
            "summary": summary["headline_text"],
            "content_text": "\n".join(summary["points"]),
            "_rare_earth_briefings": {
                "question": summary["question"],
                "headline": summary["headline_estimate"],
                "parameters": summary["parameters"],
                "notebook": f"{summary['slug']}.ipynb",
            },
        }
        for summary in summaries
    ]
    found = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Rare-earth briefings",
        "_rare_earth_briefings": sources.build_inputs(),
        "items": items,
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"
