"""An executed notebook as one self-contained HTML page, and as a notebook that can be shared."""

import re
from html import unescape
from pathlib import Path
from typing import Any

from rareearth.briefing import check, register
from rareearth.refusal import Refused

PAGE = Path(__file__).parent / "page"


def cleaned(notebook: Any) -> Any:
    """Takes out what differs between two runs: times, paths, random cell ids. Changes `notebook` itself."""
    notebook.metadata = {
        key: value for key, value in notebook.metadata.items() if key in ("kernelspec", "language_info")
    }
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number:02d}"
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
    return notebook


def _question(notebook: Any) -> str:
    """The notebook's own heading, taken out: the page's h1 is the finding."""
    first = notebook.cells[0]
    heading, _, rest = first.source.partition("\n")
    if first.cell_type != "markdown" or not heading.startswith("# "):
        raise Refused("the first cell must begin with `# ` and the question")
    first.source = rest.strip()
    return heading[2:].strip()


def _safe_href(address: str) -> str:
    return address if re.match(r"https?://", address) else ""


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _sections(notebook: Any) -> list[dict[str, str]]:
    """The `## ` headings of the markdown cells, with the ids that the page gives them."""
    lines = [
        line for cell in notebook.cells if cell.cell_type == "markdown" for line in cell.source.splitlines()
    ]
    titles = [line[3:].strip() for line in lines if line.startswith("## ")]
    return [{"title": title, "id": _anchor(title)} for title in titles]


def _with_ids(text: str) -> str:
    return re.sub(
        r"<h2[^>]*>(.*?)</h2>",
        lambda found: f'<h2 id="{_anchor(unescape(found.group(1)))}">{found.group(1)}</h2>',
        text,
    )


def html(notebook: Any, slug: str, parameters: dict[str, Any], rerun: str) -> str:
    """The page.

    Args:
        notebook: Executed, checked and cleaned.
        slug: Name of the briefing.
        parameters: Complete and typed.
        rerun: The command that makes this page again.
    """
    from nbconvert.exporters import HTMLExporter

    estimates = check.estimates(notebook)
    finding = check.bundles(notebook, check.FINDING)[0]
    exporter = HTMLExporter(
        template_name="page",
        extra_template_basedirs=[str(PAGE.parent)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
    )
    exporter.environment.filters.update(safe_href=_safe_href, with_ids=_with_ids)
    copy = type(notebook)(notebook)
    copy.cells = [type(cell)(cell) for cell in notebook.cells]
    resources = {
        "metadata": {"name": slug},
        "briefing": {
            "slug": slug,
            "question": _question(copy),
            "finding": finding,
            "sections": _sections(notebook),
            "headline": next(item for item in estimates if item["id"] == finding["headline"]),
            "parameters": parameters,
            "rerun": rerun,
            "estimates": [{**item, "rows": register.input_rows(item)} for item in estimates],
            "sources": register.cited(check.source_ids(notebook)),
            "css": (PAGE / "page.css").read_text(encoding="utf-8"),
        },
    }
    text, _ = exporter.from_notebook_node(copy, resources=resources)
    return text
