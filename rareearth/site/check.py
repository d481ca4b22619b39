"""Is an executed notebook fit to be published? The exit status of the executor alone is not trusted."""

import re
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from rareearth.errors import Refused
from rareearth.text import ESTIMATES_MIME, FIGURE_MIME, FINDING_MIME, SOURCES_MIME


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
            for estimate in output.get("data", {}).get(ESTIMATES_MIME, {}).get("estimates", []):
                known = found.setdefault(estimate["id"], {**estimate, "cell": cell.id})
                if {**estimate, "cell": known["cell"]} != known:
                    raise Refused(f"{estimate['id']} was shown with two different values")
    return list(found.values())


def source_ids(notebook: Any) -> list[str]:
    """Every source that the notebook showed or computed with, sorted."""
    shown = {name for part in bundles(notebook, SOURCES_MIME) for name in part["source_ids"]}
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
            if FIGURE_MIME in data and not re.search("<svg |<img src=", data["text/html"]):
                raise Refused(f"{where}: figure {data[FIGURE_MIME]['name']} has no picture")
    if len(bundles(notebook, FINDING_MIME)) != 1:
        raise Refused(f"{name}: conclude() must be called once, it gives the page its title")
    names = [part["name"] for part in bundles(notebook, FIGURE_MIME)]
    if len(names) != len(set(names)):
        raise Refused(f"{name}: two figures have one name")


# What a page is made of. All else, above all what runs or fetches, is refused before it is published.
_TAGS = frozenset(
    "a article b blockquote body br button caption code data dd details div dl dt em fieldset figcaption figure h1 h2 h3 "
    "h4 head header hr html i img input label legend li link main meta nav ol p picture pre section small source span "
    "strong style sub summary sup table tbody td th thead time title tr ul "
    # of a chart
    "circle clippath defs desc ellipse g line marker path pattern polygon polyline rect svg symbol text tspan use".split()
)
_IN_HEAD = frozenset(("meta", "title", "link"))
_LINK = re.compile(r"#|https?://[^/?#@]+([/?#]|$)|data:text/csv[;,]|[^:/\\]*$|[^:/\\]+/[^:\\]*$")
# One picture: a second candidate of a srcset would stand behind another comma.
_PICTURE = re.compile(r"data:image/[^,]+,[^,]*$")
# What they may say of themselves, beside aria-, data- and xmlns. What acts or fetches is not among them, or is looked at.
_ATTRIBUTES = frozenset(
    "abbr align alt charset checked class colspan content datetime dir disabled download for headers height href "
    "http-equiv id lang media name open placeholder popover popovertarget property rel role rowspan scope src srcset start "
    "style tabindex target title translate type value width "
    # of a chart
    "clip-path d dominant-baseline fill font-family font-size font-weight opacity patternunits points r stroke "
    "stroke-dasharray stroke-width text-anchor transform version viewbox x x1 x2 xlink:href cx cy rx ry y y1 y2".split()
)
_OWN = ("aria-", "data-", "xmlns")
_STYLED = ("style", "clip-path", "fill", "stroke")
# A drawing names its own parts, as url(#part); nothing else is asked for. The escape of a letter would hide these words.
_STYLE = re.compile(
    r"@(?!media\b|page\b)|\\(?![1-9a-f][0-9a-f]{2})|(image-set|image|src|cross-fade)\s*\(|url\s*\((?!\s*['\"]?#)", re.I
)
_ICON = re.compile(r"data:image/svg\+xml,[^,]*$")


def page(text: str, name: str, script: str = "") -> None:
    """Checks that a rendered page, read as a browser reads it, has nothing that runs, acts or fetches.

    Args:
        text: The page.
        name: What an error calls it.
        script: The one script that it may have, to the letter.

    Raises:
        Refused: with the first tag that does.
    """
    root = LexborHTMLParser(text).root
    for node in root.traverse(include_text=True) if root else ():
        if node.tag == "script" and script and node.text() == script and not node.attributes:
            continue
        if node.tag != "-text" and (problem := _problem(node)):
            written = "".join(f" {key}={value!r}" for key, value in node.attributes.items())
            shown = "<!-- -->" if node.tag == "-comment" else f"<{node.tag}{written}>"
            raise Refused(f"{name}: {shown[:90]} {problem}")


def _problem(node: Any) -> str:
    """What is wrong with one node of a page; empty when nothing is."""
    if (node.tag or "").lower() not in _TAGS:
        return "is no part of a page: write it as text or Markdown"
    of_drawing = node.tag == "title" and node.parent.tag in ("svg", "g")
    if node.tag in _IN_HEAD and node.parent.tag != "head" and not of_drawing:
        return "stands outside the head of the page: take it out"
    if node.tag == "style" and node.parent.tag not in ("head", "svg", "defs"):
        return "stands outside the head of the page: take it out"
    if node.tag == "link":
        kind, address = node.attributes.get("rel"), node.attributes.get("href") or ""
        known = _ICON.match(address) if kind == "icon" else kind == "alternate" and re.match(r"[\w./]+$", address)
        return "" if known else "asks for something outside the page: take it out"
    if node.tag == "style" and _STYLE.search(node.text()):
        return "asks for something outside the page: take url() and @import out"
    for key, value in node.attributes.items():
        value = (value or "").strip()
        if key.startswith("on") or (key == "http-equiv" and value.lower() != "content-security-policy"):
            return f"would act on its own: take {key} out"
        if key.lower() not in _ATTRIBUTES and not key.startswith(_OWN):
            return f"has an attribute that is no part of a page: take {key} out"
        if (key == "xlink:href" or (key == "href" and node.tag != "a")) and not value.startswith("#"):
            return "asks for something outside the page: name a part of the drawing"
        if key == "href" and not _LINK.match(value):
            return "leads to no page: use https://"
        if key in ("src", "srcset") and not _PICTURE.match(value):
            return "asks for something outside the page: show it with show_figure()"
        if key in _STYLED and _STYLE.search(value):
            return f"asks for something outside the page: take {key} out"
    return ""
