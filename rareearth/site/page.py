"""An executed notebook as the files of a briefing: page, record, charts to embed, the notebook, results and data.

A cell's tag says where its output goes: ``page`` (the answer, and in the record too), ``record`` (the default), or
``notebook`` only. The page answers in a minute; the record holds everything that proves it.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from html import escape, unescape
from typing import Any

import jinja2
import nbformat
from markupsafe import Markup
from nbconvert.filters import markdown2html

from rareearth import files
from rareearth.errors import Refused
from rareearth.paths import PAGE
from rareearth.quantity import LEVEL_PCT
from rareearth.site import check, sources
from rareearth.site.briefings import Briefing, groups
from rareearth.site.parameters import as_given
from rareearth.text import FIGURE_MIME, FINDING_MIME, TABLE_MIME, day, listed, typeset

# What stands in brackets behind a number, see `quantity.Estimate`.
_BRACKETS = f"In brackets: the {LEVEL_PCT}% interval; “range”: lowest to highest."
_LAYERS = ("page", "record", "notebook")
# What `quantity.Estimate.html`, `show.sources_html` and `show.csv_link` write, for a page to link.
_NUMBER = re.compile(r'<(data|span) class="num"( value="[^"]*")? data-id="([^"]*)" title="[^"]*">(.*?)</\1>', re.S)
_SOURCES = re.compile(r'<span class="sources" title="[^"]*">(.*?)</span>')
_CSV = re.compile(r'<a download="([^"]*)\.csv" href="data:text/csv[^"]*">')
_FILE = r'<a download href="\1.csv">'
_PICTURE = re.compile(
    r'<picture><source [^>]*srcset="data:image/svg\+xml;base64,([^"]*)"[^>]*>'
    r'<img src="data:image/svg\+xml;base64,([^"]*)" alt="([^"]*)"[^>]*></picture>'
)
_TABLE_VIEW = re.compile(r"<details><summary>Table view</summary>.*?</details>", re.S)
_UNDER = re.compile(r'<p class="under" data-figure="([^"]*)">(.*?)</p>', re.S)


def cleaned(notebook: Any) -> Any:
    """Takes out what differs between two runs: times, paths, random cell ids. Changes `notebook` itself."""
    kept = ("kernelspec", "language_info")
    notebook.metadata = {key: value for key, value in notebook.metadata.items() if key in kept}
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
    return typeset(first.source.partition("\n")[0][2:].strip())


def _layer(cell: Any) -> str:
    tags = cell.metadata.get("tags", [])
    return next((layer for layer in _LAYERS if layer in tags), "record")


def _anchor(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _headings(cell: Any) -> list[dict[str, str]]:
    """The `## ` headings of a markdown cell, with the ids that the record gives them."""
    titles = [line[3:].strip() for line in cell.source.splitlines() if line.startswith("## ")]
    return [{"title": title, "id": _anchor(title)} for title in titles]


def _markdown(source: str) -> str:
    html = re.sub(r'<a class="anchor-link".*?</a>', "", str(markdown2html(typeset(source))))
    return re.sub(
        r"<h2[^>]*>(.*?)</h2>",
        lambda found: f'<h2 id="{_anchor(unescape(found.group(1)))}">{found.group(1)}</h2>',
        html,
    )


def _shown(cell: Any, with_finding: bool) -> str:
    """What a cell shows, as HTML; the finding stands at the top of the page, and code in the notebook alone."""
    if cell.cell_type == "markdown":
        return _markdown(cell.source)
    parts = []
    for output in cell.get("outputs", []):
        data = output.get("data", {})
        if output.output_type == "stream":
            parts.append(f'<pre tabindex="0">{escape(output.text)}</pre>')
        elif 'class="dataframe"' in data.get("text/html", ""):
            continue  # a table as pandas shows it, without caption and sources, is for who runs the notebook
        elif with_finding or FINDING_MIME not in data:
            parts.append(data.get("text/html") or f'<pre tabindex="0">{escape(data.get("text/plain", ""))}</pre>')
    return "".join(parts)


def _cells(notebook: Any, layers: Iterable[str]) -> list[tuple[str, str]]:
    """Id and HTML of each cell that shows something in these layers, in order."""
    found = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type not in ("markdown", "code") or "injected-parameters" in cell.metadata.get("tags", []):
            continue
        if number == 0:  # the heading is the question, which stands above the title
            cell = type(cell)(cell)
            cell.source = cell.source.partition("\n")[2]
        html = _shown(cell, "record" in layers).strip() if _layer(cell) in layers else ""
        if html:
            found.append((cell.id, html))
    return found


def _linked(html: str, number: Callable[[str, str], str], record: str, more: str = "") -> str:
    """Numbers and sources of shown HTML, with their links.

    Args:
        html: As a notebook shows it.
        number: From the id of a number and its tag to its HTML.
        record: Address of the record, empty within it.
        more: What else stands under each chart, with ``{}`` for its name.
    """
    html = _NUMBER.sub(lambda m: number(_id_anchor(m[3]), f"<{m[1]}{m[2] or ''}>{m[4]}</{m[1]}>"), html)
    html = _SOURCES.sub(lambda m: f'<a href="{record}#sources">{m[1]}</a>', html)
    return _UNDER.sub(lambda m: f'<p class="under">{m[2]}{more.replace("{}", m[1])}</p>', html)


def _inline(found: re.Match[str]) -> str:
    """Both forms of a chart as drawings of the page itself, which follow its theme and show the words of a mark."""
    narrow, wide = (base64.b64decode(found[form]).decode() for form in (1, 2))
    return "".join(
        svg[svg.index("<svg") :].replace("<svg ", f'<svg class="{form}" role="img" aria-label="{found[3]}" ', 1)
        for form, svg in (("wide", wide), ("narrow", narrow))
    )


def _button(anchor: str, value: str) -> str:
    return f'<button type="button" class="num" popovertarget="n-{anchor}">{value}</button>'


def _link(anchor: str, value: str) -> str:
    return f'<a class="num" href="#origin-{anchor}">{value}</a>'


def _id_anchor(number: str) -> str:
    return number.replace(".", "-")


def _glossary(texts: Iterable[str]) -> list[dict[str, str]]:
    """The words of glossary.yml that stand in what is shown."""
    text = re.sub(r"<[^>]*>", "", "\n".join(texts))
    entries = files.read_yaml(PAGE / "glossary.yml")
    return sorted(
        (entry for entry in entries if any(word in text for word in entry["seen"])),
        key=lambda entry: entry["term"].lower(),
    )


# A list of this many figures is printed once in a record; later ones point to it.
_LONG_LIST = 4


def _origins(estimates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The Estimates with the figures that went in.

    Returns:
        Each with ``anchor``, ``rows`` as they are to be printed, ``figures``, how many they are, and ``same_as``, the id
        of an earlier Estimate that was made from the same ones, or an empty text.
    """
    first: dict[frozenset[str], str] = {}
    found = []
    for item in estimates:
        figures = frozenset(name for name in item["inputs"] if name in sources.figures())
        earlier = first.setdefault(figures, item["id"])
        same = earlier if earlier != item["id"] and len(figures) >= _LONG_LIST else ""
        publishers = list(dict.fromkeys(sources.sources()[one]["publisher"] for one in item["source_ids"]))
        if len(publishers) > 3:
            publishers[3:] = [f"{len(publishers) - 3} others"]
        found.append(
            {
                **item,
                "anchor": _id_anchor(item["id"]),
                "rows": sources.input_rows(item),
                "figures": len(figures),
                "same_as": same,
                "publishers": publishers,
            }
        )
    return found


def _by_section(notebook: Any, origins: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The origins in groups, by the section in which each number is shown first: title and origins."""
    title, section_of = "Main points", {}
    for cell in notebook.cells:
        section_of[cell.id] = title
        if cell.cell_type == "markdown":
            title = next((one["title"] for one in reversed(_headings(cell))), title)
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in origins:
        groups.setdefault(section_of[one["cell"]], []).append(one)
    return [{"title": title, "origins": found} for title, found in groups.items()]


def _sentence(text: str) -> str:
    """A method or a note as a sentence of its own."""
    text = typeset(text.strip())
    return f"{text[:1].upper()}{text[1:].rstrip('.')}." if text else ""


@cache
def script() -> tuple[str, str]:
    """The one script of all pages, and its hash as the policy of a page names it."""
    text = (PAGE / "page.js").read_text(encoding="utf-8").strip()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return text, f"sha256-{digest}"


@cache
def environment() -> jinja2.Environment:
    """Templates with what all of them use."""
    found = jinja2.Environment(loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined)
    found.filters.update(
        safe_href=lambda address: address if re.match(r"https?://", address) else "",
        edition=sources.edition_in_words,
        as_given=as_given,
        sentence=_sentence,
        listed=listed,
    )
    text, digest = script()
    js, css = Markup(text), (PAGE / "page.css").read_text(encoding="utf-8").strip()  # noqa: S704
    found.globals.update(css=css, js=js, script_hash=digest, groups=groups(), brackets=_BRACKETS)
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
        "short": briefing.short,
        "group": briefing.group,
        "notebook": briefing.notebook.name,
        "question": question(notebook),
        "parameters": briefing.parameters,
        "figures": [figure["name"] for figure in figures],
        "headline_estimate": headline,
        **finding,
    }
    pages = _pages(notebook, briefing, estimates, finding, figures, unsealed)
    for name, text in pages.items():
        check.page(text, f"{briefing.notebook.name}: {name}", script()[0])
    data = {
        "results.json": json.dumps(own_results, indent=1, ensure_ascii=False) + "\n",
        "summary.json": json.dumps(summary, indent=1, ensure_ascii=False) + "\n",
    }
    for figure in figures:
        data[f"{figure['name']}.svg"], data[f"{figure['name']}-small.svg"] = figure["svg"], figure["small"]
    data |= {f"{one['name']}.csv": one["csv"] for one in [*figures, *check.bundles(notebook, TABLE_MIME)]}
    slug = briefing.slug
    pages[f"{slug}.ipynb"] = nbformat.writes(notebook) + "\n"
    return pages | {f"{slug}/{name}": content for name, content in data.items()}


def _warnings(estimates: list[dict[str, Any]], unsealed: Sequence[str]) -> Iterator[str]:
    """What a reader must know before anything else."""
    if placeholders := sources.placeholders(estimates):
        yield (
            f"Not published figures: {len(placeholders)} of the inputs of this page are placeholders "
            f"({', '.join(placeholders)}). Do not cite it."
        )
    if unsealed:
        yield f"Unsealed figures: {listed(unsealed)} differ from the figures and assumptions of this repository."
    if own := sources.with_user_files(estimates):
        yield (
            f"Your own trade files ({listed(sources.user_files())}) are behind {len(own)} of the {len(estimates)} numbers of this page. "
            "They were added with USER_DATA and are no published record of this repository."
        )


def _pages(
    notebook: Any,
    briefing: Briefing,
    estimates: list[dict[str, Any]],
    finding: dict[str, Any],
    figures: list[dict[str, Any]],
    unsealed: Sequence[str],
) -> dict[str, str]:
    """Page, record and embedded charts."""
    slug, record = briefing.slug, f"{briefing.slug}/record.html"
    origins = _origins(estimates)
    headline = next(one for one in origins if one["id"] == finding["headline"])
    cited = sources.cited(check.source_ids(notebook))
    tables, citation = sources.tables_of(estimates), sources.citation()
    cite = (
        f"{citation['title']} {citation['version']} ({str(citation['date-released'])[:4]}): “{finding['title']}”. "
        f"Data: {sources.edition_in_words(headline['edition'])}. CC BY 4.0."
    )
    answer, evidence = _cells(notebook, ("page",)), _cells(notebook, ("page", "record"))
    under = (
        f'<a href="{slug}/{{}}.svg" download>Image (SVG)</a>'
        '<button class="js-only" data-png="{}">Image (PNG)</button><a href="#figure-{}">Link to this chart</a>'
        f'<button class="js-only" data-copy="{escape(cite)}">Copy citation</button>'
    )
    body = _TABLE_VIEW.sub("", _PICTURE.sub(_inline, "".join(html for _, html in answer)))
    body = _linked(body, _button, record, under)
    points = [_linked(point, _button, record) for point in finding["points_html"]]
    headline_html = _linked(finding["headline_html"], _button, record)
    shown = set(re.findall(r'popovertarget="n-([^"]*)"', "".join([headline_html, *points, body])))
    common = {
        "slug": slug,
        "notebook": briefing.notebook.name,
        "question": question(notebook),
        "finding": finding,
        "group": briefing.group,
        "related": briefing.related,
        "warnings": list(_warnings(estimates, unsealed)),
        "headline": headline,
        "cite": cite,
        "citation": citation,
        "numbers": len(estimates),
    }
    page = {
        **common,
        "description": " ".join(finding["points"][:1])[:300] or finding["headline_text"],
        "headline_html": headline_html,
        "points_html": points,
        "body": body,
        "origins": [one for one in origins if one["anchor"] in shown],
        "has_ranges": any(one["anchor"] in shown and one["low"] != one["high"] for one in origins),
        "stamp": f"Sources read up to {day(max(one['accessed_on'] for one in cited))}.",
    }
    proof = {
        **common,
        "body": "".join(
            f'<section id="{cell}">{_CSV.sub(_FILE, _linked(html, _link, ""))}</section>' for cell, html in evidence
        ),
        "sections": [
            heading
            for cell in notebook.cells
            if cell.cell_type == "markdown" and _layer(cell) != "notebook"
            for heading in _headings(cell)
        ],
        "origins": _by_section(notebook, origins),
        "sources": cited,
        "tables": tables,
        "state": sources.state(table["table"] for table in tables),
        "glossary": _glossary(html for _, html in evidence),
        "parameters": briefing.parameters,
        "rerun": briefing.rerun,
    }
    render = environment()
    found = {
        f"{slug}.html": render.get_template("page.html.j2").render(b=page),
        record: render.get_template("record.html.j2").render(b=proof),
    }
    for figure in figures:
        html = next(html for _, html in evidence if f'id="figure-{figure["name"]}"' in html)
        html = html[html.index("<figure") : html.index("</figure>") + len("</figure>")]
        # The title of the only chart is the heading of its page.
        html = re.sub("<figcaption><b>(.*?)</b>", r"<figcaption><h1>\1</h1>", html)
        found[f"embed/{slug}-{figure['name']}.html"] = render.get_template("embed.html.j2").render(
            slug=slug, title=finding["title"], figure={**figure, "html": _UNDER.sub("", html)}
        )
    return found
