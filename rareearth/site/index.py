"""What all briefings share: the index page, results.json, and the feed for programs."""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jinja2

from rareearth import countries
from rareearth.errors import Refused
from rareearth.paths import PAGE
from rareearth.site import sources
from rareearth.site.briefings import COUNTRY_SLUG
from rareearth.site.parameters import in_words


def _is_of_country(summary: dict[str, Any]) -> bool:
    return summary["slug"].startswith(COUNTRY_SLUG)


def _by_country(summaries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Country briefings with the country's name and its code in lower case, in the order of the names."""
    found = [
        {
            **summary,
            "country": countries.name(summary["parameters"]["country"]),
            "code": summary["parameters"]["country"].lower(),
        }
        for summary in summaries
    ]
    return sorted(found, key=lambda summary: summary["country"])


def _about(summary: dict[str, Any], country: dict[str, Any], codes: set[str]) -> bool:
    """Whether a briefing is about a country: its own, or a number or a main sentence names the country."""
    if _is_of_country(summary):
        return summary["slug"] == country["slug"]
    text = " ".join([summary["title"], *summary["points"]])
    return country["parameters"]["country"] in codes or country["country"] in text


def _cards(
    summaries: list[dict[str, Any]], pictures: dict[str, str], results: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The summaries with ``picture``, ``parameters_in_words`` and ``edition`` (words), and ``about``, by which the filter knows a card."""
    of_countries = _by_country(filter(_is_of_country, summaries))
    codes: dict[str, set[str]] = {}
    for result in results:
        for place in result["shown_in"]:
            codes.setdefault(place.partition("#")[0], set()).update(result["id"].split("."))
    return [
        {
            **summary,
            "picture": _data_uri(pictures[summary["slug"]]),
            "parameters_in_words": in_words(summary["parameters"]),
            "edition": sources.edition_in_words(summary["headline_estimate"]["edition"]),
            "about": " ".join(
                f"about-{country['code']}"
                for country in of_countries
                if _about(summary, country, codes.get(summary["slug"], set()))
            ),
        }
        for summary in summaries
    ]


def html(summaries: list[dict[str, Any]], pictures: dict[str, str], results: list[dict[str, Any]]) -> str:
    """The index page.

    Args:
        summaries: The ``summary.json`` of every briefing.
        pictures: Slug to the SVG of its first chart, or to an empty text.
        results: The Estimates of results.json.
    """
    cards = _cards(summaries, pictures, results)
    return _page(
        "index.html.j2",
        subjects=[card for card in cards if not _is_of_country(card)],
        countries=_by_country([card for card in cards if _is_of_country(card)]),
        inputs=sources.build_inputs(),
        results=len(results),
        unsealed=sorted({table for result in results for table in result.get("unsealed", ())}),
    )


def country_table(summaries: list[dict[str, Any]]) -> str:
    """The table of country briefings.

    Args:
        summaries: The ``summary.json`` of every one that is built.
    """
    return _page("countries.html.j2", countries=_by_country(summaries))


def _page(template: str, **values: Any) -> str:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    css = (PAGE / "page.css").read_text(encoding="utf-8")
    return environment.get_template(template).render(css=css, **values)


def _data_uri(svg: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode() if svg else ""


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
