"""An executed notebook as the files of a briefing: one self-contained page, the notebook to share, results and charts."""

import json
import re
import threading
from collections.abc import Sequence
from functools import cache
from html import unescape
from typing import Any

import nbformat
from nbconvert.exporters import HTMLExporter

from rareearth import files
from rareearth.errors import Refused
from rareearth.paths import PAGE
from rareearth.site import check, sources
from rareearth.site.briefings import Briefing
from rareearth.site.parameters import as_given, in_words
from rareearth.text import FIGURE_MIME, FINDING_MIME

# An exporter keeps what it knows of a notebook in itself.
_ONE_AT_A_TIME = threading.Lock()


def cleaned(notebook: Any) -> Any:
    """Takes out what differs between two runs: times, paths, random cell ids. Changes `notebook` itself."""
    notebook.metadata = {
        key: value for key, value in notebook.metadata.items() if key in ("kernelspec", "language_info")
    }
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02d}"
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
    return notebook


def question(notebook: Any) -> str:
    """The notebook's own heading, without its mark.

    Raises:
        Refused: the notebook does not begin with one.
    """
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        raise Refused("the first cell must begin with `# ` and the question")
    return first.source.partition("\n")[0][2:].strip()


def _without_heading(notebook: Any) -> Any:
    """A copy whose first cell has lost its heading: the page's h1 is the finding."""
    copy = type(notebook)(notebook)
    copy.cells = [type(cell)(cell) for cell in notebook.cells]
    copy.cells[0].source = copy.cells[0].source.partition("\n")[2].strip()
    return copy


def _safe_href(address: str) -> str:
    return address if re.match(r"https?://", address) else ""


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _headings(cell: Any) -> list[dict[str, str]]:
    """The `## ` headings of a markdown cell, with the ids that the page gives them."""
    titles = [line[3:].strip() for line in cell.source.splitlines() if line.startswith("## ")]
    return [{"title": title, "id": _anchor(title)} for title in titles]


def _sections(notebook: Any) -> list[dict[str, str]]:
    return [heading for cell in notebook.cells if cell.cell_type == "markdown" for heading in _headings(cell)]


def _with_ids(text: str) -> str:
    return re.sub(
        r"<h2[^>]*>(.*?)</h2>",
        lambda found: f'<h2 id="{_anchor(unescape(found.group(1)))}">{found.group(1)}</h2>',
        text,
    )


def _css_string(text: str) -> str:
    """Text as the content of a CSS string: all but letters, digits and blanks are escaped."""
    return re.sub(r"[^A-Za-z0-9 ]", lambda found: f"\\{ord(found.group()):x} ", text)


def _glossary(notebook: Any) -> list[dict[str, str]]:
    """The words of glossary.yml that stand in the prose or in the outputs of the notebook."""
    parts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    parts += [
        re.sub(r"<[^>]*>", "", output["data"]["text/html"])
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]
    text = "\n".join(parts)
    entries = files.read_yaml(PAGE / "glossary.yml")
    return sorted(
        (entry for entry in entries if any(word in text for word in entry["seen"])),
        key=lambda entry: entry["term"].lower(),
    )


# A list of this many figures is printed once in a page; later ones point to it.
_LONG_LIST = 4


def _origins(estimates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The Estimates with the figures that went in.

    Returns:
        Each with ``rows`` as they are to be printed, ``figures``, how many they are, and ``same_as``, the id of an
        earlier Estimate that was made from the same ones, or an empty text.
    """
    first: dict[frozenset[str], str] = {}
    found = []
    for item in estimates:
        figures = frozenset(name for name in item["inputs"] if name in sources.figures())
        earlier = first.setdefault(figures, item["id"])
        same = earlier if earlier != item["id"] and len(figures) >= _LONG_LIST else ""
        found.append({**item, "rows": sources.input_rows(item), "figures": len(figures), "same_as": same})
    return found


# Origins of what the finding shows, before the first section.
_FIRST = "Main points"


def _by_section(notebook: Any, origins: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The origins in groups, by the section of the page in which each number is shown first: title and origins."""
    title, section_of = _FIRST, {}
    for cell in notebook.cells:
        section_of[cell.id] = title
        if cell.cell_type == "markdown":
            title = next((one["title"] for one in reversed(_headings(cell))), title)
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in origins:
        groups.setdefault(section_of[one["cell"]], []).append(one)
    return [{"title": title, "origins": found} for title, found in groups.items()]


@cache
def _exporter() -> HTMLExporter:
    """What makes pages, with its templates."""
    found = HTMLExporter(
        template_name=PAGE.name,
        template_file="briefing.html.j2",
        extra_template_basedirs=[str(PAGE.parent)],
        exclude_anchor_links=True,
    )
    found.environment.filters.update(
        safe_href=_safe_href,
        with_ids=_with_ids,
        css_string=_css_string,
        edition=sources.edition_in_words,
        as_given=as_given,
    )
    return found


def outputs(notebook: Any, briefing: Briefing, unsealed: Sequence[str] = ()) -> dict[str, str]:
    """Every file of a briefing.

    Args:
        notebook: Executed.
        briefing: What it was executed for.
        unsealed: Tables behind the page whose figures are not the sealed ones; page and results say so.

    Returns:
        Path below reports/ to content.

    Raises:
        Refused: the notebook is not fit to be published.
    """
    check.executed(notebook, briefing.notebook.name)
    notebook = cleaned(notebook)
    finding = check.bundles(notebook, FINDING_MIME)[0]
    figures = check.bundles(notebook, FIGURE_MIME)
    estimates = check.estimates(notebook)
    if unsealed:
        estimates = [{**estimate, "unsealed": list(unsealed)} for estimate in estimates]
    headline = next(estimate for estimate in estimates if estimate["id"] == finding["headline"])
    own_results = [{**one, "headline": True} if one is headline else one for one in estimates]
    summary = {
        "slug": briefing.slug,
        "notebook": briefing.notebook.name,
        "question": question(notebook),
        "parameters": briefing.parameters,
        "figures": [figure["name"] for figure in figures],
        "headline_estimate": headline,
        **finding,
    }
    slug = briefing.slug
    text = _html(notebook, briefing, estimates, finding, unsealed)
    check.page(text, briefing.notebook.name)
    found = {
        f"{slug}.html": text,
        f"{slug}.ipynb": nbformat.writes(notebook) + "\n",
        f"{slug}/results.json": json.dumps(own_results, indent=1, ensure_ascii=False) + "\n",
        f"{slug}/summary.json": json.dumps(summary, indent=1, ensure_ascii=False) + "\n",
    }
    for figure in figures:
        found[f"{slug}/{figure['name']}.csv"] = figure["csv"]
        found[f"{slug}/{figure['name']}.svg"] = figure["svg"]
    return found


def _html(
    notebook: Any,
    briefing: Briefing,
    estimates: list[dict[str, Any]],
    finding: dict[str, Any],
    unsealed: Sequence[str],
) -> str:
    cited = sources.cited(check.source_ids(notebook))
    tables = sources.tables_of(estimates)
    words = {name: value for name, value in briefing.parameters.items() if name != "year"}
    resources = {
        "metadata": {"name": briefing.slug},
        "briefing": {
            "slug": briefing.slug,
            "notebook": briefing.notebook.name,
            "question": question(notebook),
            "finding": finding,
            "sections": _sections(notebook),
            "headline": next(item for item in estimates if item["id"] == finding["headline"]),
            "parameters": briefing.parameters,
            "parameters_in_words": in_words(words),
            "rerun": briefing.rerun,
            "origins": _by_section(notebook, _origins(estimates)),
            "tables": tables,
            "state": sources.state(table["table"] for table in tables),
            "placeholders": sources.placeholders(estimates),
            "unsealed": unsealed,
            "sources": cited,
            "read": max(source["accessed_on"] for source in cited),
            "glossary": _glossary(notebook),
            "citation": sources.citation(),
            "css": (PAGE / "page.css").read_text(encoding="utf-8"),
        },
    }
    with _ONE_AT_A_TIME:
        text, _ = _exporter().from_notebook_node(_without_heading(notebook), resources=resources)
    return text
