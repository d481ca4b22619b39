"""What all briefings share: the index page, results.json, the feed for programs, and the tables as a data package."""

import io
import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rareearth import tables
from rareearth.errors import Refused
from rareearth.site import sources
from rareearth.site.page import environment

# Pages whose titles are the key findings, in this order.
_FINDINGS = ("processing-share", "magnet-elements", "claims-checked", "reserve-plans", "g7")

# Types of the data package; all others are strings.
_TYPES = {"number": "number", "year": "integer"}
# The line of the index that leads to the documentation, which is no part of a share.
DOCUMENTATION = '<p>How the numbers are made, and how to add one: <a href="docs/index.html">documentation</a>.</p>\n'


def outputs(folder: Path, listed: list[dict[str, Any]], variants: list[dict[str, Any]]) -> dict[str, str | bytes]:
    """The files that all briefings share, by path below reports/.

    Args:
        folder: reports/, where the briefings lie.
        listed: The ``summary.json`` of every briefing.
        variants: Those of pages with other parameters, and of countries that are not listed.

    Raises:
        Refused: two briefings give one number different contents.
    """
    results = _combined({one["slug"]: folder / one["slug"] / "results.json" for one in listed})
    return {
        "results.json": _json(results),
        "feed.json": _json(_feed(listed)),
        "index.html": _html(folder, listed, variants, results),
        **_data_package(),
    }


def _json(found: Any) -> str:
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def _html(
    folder: Path, listed: list[dict[str, Any]], variants: list[dict[str, Any]], results: list[dict[str, Any]]
) -> str:
    """The index page: key findings, then the briefings in groups; countries are one table."""
    of_slug: dict[str, list[tuple[str, str]]] = {}
    for variant in variants:
        base, _, assignments = variant["slug"].partition("--")
        if assignments:
            of_slug.setdefault(base, []).append((variant["slug"], assignments.replace("--", ", ").replace("-", " ")))
    summaries = [*listed, *(one for one in variants if "--" not in one["slug"])]
    known = {summary["slug"]: summary for summary in summaries}
    subjects: dict[str, list[dict[str, Any]]] = {}
    for one in listed:
        drawn = [(folder / one["slug"] / f"{name}-small.svg").read_text("utf-8") for name in one["figures"][:1]]
        subjects.setdefault(one["group"], []).append({**one, "picture": quote("".join(drawn), safe=" <>=:/;'()")})
    if rows := _rows(summaries):
        subjects["countries"] = rows
    has_documentation = (folder / "docs" / "index.html").is_file()
    return _rendered(
        "index",
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


def _rendered(name: str, **values: Any) -> str:
    return environment().get_template(f"{name}.html.j2").render(**values)


def country_table(summaries: list[dict[str, Any]]) -> str:
    """A page with every country that has a briefing.

    Args:
        summaries: The ``summary.json`` of each.
    """
    rows = _rows(summaries)
    return _rendered("countries", rows=rows, columns=_columns(rows))


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


def _combined(parts: dict[str, Path]) -> list[dict[str, Any]]:
    """results.json of several briefings: the Estimates sorted by id.

    In place of ``cell`` each has ``shown_in``, a list of ``briefing#cell``, and the headline of a briefing has
    ``headline_of``, a list of briefings.

    Args:
        parts: Name of a briefing to its own results.
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
    return [{**found[name], **added[name]} for name in sorted(found)]


def _feed(summaries: list[dict[str, Any]]) -> dict[str, Any]:
    """The briefings in the form of JSON Feed 1.1, with the headline as an object in each item."""
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
    return {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Rare-earth briefings",
        "_rare_earth_briefings": sources.build_inputs(),
        "items": items,
    }


@cache
def _data_package() -> dict[str, str | bytes]:
    """Every table of data/raw as Parquet, described field by field in datapackage.json (Frictionless, v1).

    For R (`arrow::read_parquet`), Excel and any other program; the same rows as CSV stand in data/raw.
    """
    found, resources = {}, []
    for name, path in sorted(tables.names().items()):
        frame = tables.load(name)
        if "source_ids" in frame:
            frame["source_ids"] = frame["source_ids"].map(lambda ids: ids if isinstance(ids, str) else ";".join(ids))
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        found[f"data/{name}.parquet"] = buffer.getvalue()
        resources.append(
            {
                "name": name.replace("_", "-"),
                "path": f"{name}.parquet",
                "title": tables.sidecar(path)["title"],
                "description": tables.about(name),
                "format": "parquet",
                "rows": len(frame),
                "schema": {"fields": [_field(one) for one in tables.fields(path)]},
            }
        )
    about = sources.citation()
    package = {
        "name": "rare-earth-briefings",
        "title": about["title"],
        "version": about["version"],
        "licenses": [{"name": "CC-BY-4.0", "title": "with the terms of each source in the table sources"}],
        "resources": resources,
    }
    return {**found, "data/datapackage.json": _json(package)}


def _field(of: tables.Field) -> dict[str, Any]:
    limits = {
        "required": of.required,
        "unique": of.unique,
        "minimum": of.minimum,
        "maximum": of.maximum,
        "enum": list(of.enum) if of.type != "words" else [],
    }
    found: dict[str, Any] = {"name": of.name, "type": _TYPES.get(of.type, "string"), "description": of.about}
    found["constraints"] = {name: value for name, value in limits.items() if value not in (False, None, [])}
    return {name: value for name, value in found.items() if value}
