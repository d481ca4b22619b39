"""An executed notebook as one self-contained HTML page, and as a notebook that can be shared."""

import re
import threading
from functools import cache
from html import unescape
from typing import Any

import nbformat
import yaml
from nbconvert.exporters import HTMLExporter

from rareearth.briefing import check, register, said
from rareearth.briefing.parameters import as_given
from rareearth.errors import Refused
from rareearth.paths import PAGE

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
    entries = yaml.safe_load((PAGE / "glossary.yml").read_text(encoding="utf-8"))
    return sorted(
        (entry for entry in entries if any(word in text for word in entry["seen"])),
        key=lambda entry: entry["term"].lower(),
    )


# A list of this many figures is printed once in a page; later ones point to it.
_WORTH_POINTING = 4


def _origins(estimates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The Estimates with the figures that went in.

    Returns:
        Each with ``rows`` as they are to be printed, ``figures``, how many they are, and ``same_as``, the id of an
        earlier Estimate that was made from the same ones, or an empty text.
    """
    first: dict[frozenset[str], str] = {}
    found = []
    for item in estimates:
        figures = frozenset(name for name in item["inputs"] if name in register.figures())
        earlier = first.setdefault(figures, item["id"])
        same = earlier if earlier != item["id"] and len(figures) >= _WORTH_POINTING else ""
        found.append({**item, "rows": register.input_rows(item), "figures": len(figures), "same_as": same})
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
def exporter() -> HTMLExporter:
    """What makes pages, with its templates."""
    found = HTMLExporter(
        template_name="page",
        extra_template_basedirs=[str(PAGE.parent)],
        exclude_anchor_links=True,
    )
    found.environment.filters.update(
        safe_href=_safe_href,
        with_ids=_with_ids,
        css_string=_css_string,
        edition=said.edition,
        as_given=as_given,
    )
    assert found.template  # read with all that it includes
    return found


def ready() -> None:
    """Makes beforehand what the first page would wait for, most of a second: templates, patterns and the figures."""
    exporter()
    register.build_inputs()
    HTMLExporter(template_name="basic").from_notebook_node(nbformat.v4.new_notebook())


def html(notebook: Any, slug: str, source: str, parameters: dict[str, Any], rerun: str) -> str:
    """The page.

    Args:
        notebook: Executed, checked and cleaned.
        slug: Name of the briefing.
        source: File name of the notebook.
        parameters: Complete and typed.
        rerun: The command that makes this page again.
    """
    estimates = check.estimates(notebook)
    finding = check.bundles(notebook, check.FINDING)[0]
    sources = register.cited(check.source_ids(notebook))
    resources = {
        "metadata": {"name": slug},
        "briefing": {
            "slug": slug,
            "notebook": source,
            "question": question(notebook),
            "finding": finding,
            "sections": _sections(notebook),
            "headline": next(item for item in estimates if item["id"] == finding["headline"]),
            "parameters": parameters,
            "said": said.parameters({name: value for name, value in parameters.items() if name != "year"}),
            "rerun": rerun,
            "origins": _by_section(notebook, _origins(estimates)),
            "tables": register.tables_of(estimates),
            "inputs": register.build_inputs(),
            "placeholders": register.placeholders(estimates),
            "sources": sources,
            "read": max(source["accessed_on"] for source in sources),
            "glossary": _glossary(notebook),
            "citation": register.citation(),
            "css": (PAGE / "page.css").read_text(encoding="utf-8"),
        },
    }
    with _ONE_AT_A_TIME:
        text, _ = exporter().from_notebook_node(_without_heading(notebook), resources=resources)
    return text
