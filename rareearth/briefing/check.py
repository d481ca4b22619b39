"""Is an executed notebook fit to be published? The exit status of the executor alone is not trusted."""

import re
from html.parser import HTMLParser
from typing import Any

from rareearth.errors import Refused

FIGURE = "application/vnd.rareearth.figure+json"
ESTIMATES = "application/vnd.rareearth.estimates+json"
SOURCES = "application/vnd.rareearth.sources+json"
FINDING = "application/vnd.rareearth.finding+json"


def bundles(notebook: Any, mime: str) -> list[Any]:
    """Every part of kind `mime` in the outputs of the notebook, in order."""
    return [
        output["data"][mime]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if mime in output.get("data", {})
    ]


def estimates(notebook: Any) -> list[dict[str, Any]]:
    """The Estimates that the notebook showed, once each, in order of appearance.

    Returns:
        Their fields, and ``cell``: the id of the cell that showed it first.

    Raises:
        Refused: one id was shown with two different contents.
    """
    found: dict[str, dict[str, Any]] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for estimate in output.get("data", {}).get(ESTIMATES, {}).get("estimates", []):
                known = found.setdefault(estimate["id"], {**estimate, "cell": cell.id})
                if {**estimate, "cell": known["cell"]} != known:
                    raise Refused(f"{estimate['id']} was shown with two different values")
    return list(found.values())


def source_ids(notebook: Any) -> list[str]:
    """Every source that the notebook showed or computed with, sorted."""
    shown = {name for part in bundles(notebook, SOURCES) for name in part["source_ids"]}
    return sorted(shown.union(*(estimate["source_ids"] for estimate in estimates(notebook))))


def executed(notebook: Any, name: str) -> None:
    """Checks that all cells ran without error or warning, that figures are pictures, that there is a finding.

    Raises:
        Refused: with the cell that is at fault.
    """
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        where = f"{name}, cell {number}"
        if cell.execution_count is None:
            raise Refused(f"{where}: was not executed")
        for output in cell.outputs:
            if output.output_type == "error":
                raise Refused(f"{where}: {output.ename}: {output.evalue}".splitlines()[0])
            if output.output_type == "stream" and output.name == "stderr":
                raise Refused(f"{where}: wrote a warning: {output.text.strip().splitlines()[-1]}")
            data = output.get("data", {})
            if "<Figure size" in str(data.get("text/plain", "")) or "image/png" in data:
                raise Refused(f"{where}: a picture that did not go through show_figure()")
            if FIGURE in data and data["text/html"].count("<img src=") != 1:
                raise Refused(f"{where}: figure {data[FIGURE]['name']} holds no picture")
    if len(bundles(notebook, FINDING)) != 1:
        raise Refused(f"{name}: conclude() must be called once, it gives the page its title")
    names = [part["name"] for part in bundles(notebook, FIGURE)]
    if len(names) != len(set(names)):
        raise Refused(f"{name}: two figures have one name")


# What a page is made of. All else, above all what runs or fetches, is refused before it is published.
_TAGS = frozenset(
    "a article b blockquote body br caption code data dd details div dl dt em figcaption figure h1 h2 h3 h4 head header "
    "hr html i img li main meta nav ol p picture pre section source span strong style sub summary sup table tbody td "
    "th thead title tr ul".split()
)
_LINK = re.compile(r"#|https?://|data:text/csv[;,]|[^:]*$")
# One picture: a second candidate of a srcset would stand behind another comma.
_PICTURE = re.compile(r"data:image/[^,]+,[^,]*$")


class _Page(HTMLParser):
    """Stops at the first tag that a page may not hold."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        shown = f"<{tag}{''.join(f' {name}={value!r}' for name, value in attrs)}>"[:90]
        if tag not in _TAGS:
            raise Refused(f"{shown} is no part of a page: write it as text or Markdown")
        for name, value in attrs:
            value = (value or "").strip()
            if name.startswith("on") or (name == "http-equiv" and value.lower() == "refresh"):
                raise Refused(f"{shown} would act on its own: take {name} out")
            if name == "href" and not _LINK.match(value):
                raise Refused(f"{shown} leads to no page: use https://")
            if name in ("src", "srcset") and not _PICTURE.match(value):
                raise Refused(f"{shown} asks for something outside the page: show it with show_figure()")


def page(text: str, name: str) -> None:
    """Checks that a rendered page holds nothing that runs, acts or fetches.

    Raises:
        Refused: with the first tag that does.
    """
    try:
        _Page().feed(text)
    except Refused as refusal:
        raise Refused(f"{name}: {refusal}") from None
