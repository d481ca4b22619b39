"""Every allowed value of every parameter is run: it gives a page that passes the gate, or a refusal in one line."""

import itertools
import json
import re

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib.figure import Figure

from rareearth.charts import frame
from rareearth.errors import Refused
from rareearth.paths import NOTEBOOKS
from rareearth.site import page
from rareearth.site.parameters import MODELS, choices, complete
from tests import builders

pytestmark = pytest.mark.long

# What no reader should meet: no number, a number of nothing, a unit that does not agree, an unfilled place.
ODD = re.compile(
    r"\bnan\b|\bNaN\b|\bNone\b(?!:| (of|is|are|was|has|publishes|that)\b)|\binf\b|(?<![\w.])[-−]0(\.0+)?(?![\w.,])|(?<![\w.,–])1 (days|tonnes|years|countries|pages)\b|\{\w+\}|\bTrue\b|\bFalse\b"
)


def executed(notebook, given):
    """The notebook with its outputs, run in this process: its libraries are there already."""
    shell = InteractiveShell.instance()
    shell.user_ns.clear()
    shell.init_user_ns()
    found = nbformat.read(NOTEBOOKS / notebook, as_version=4)
    for number, cell in enumerate(found.cells, 1):
        if cell.cell_type != "code":
            continue
        source = cell.source
        if "parameters" in cell.metadata.get("tags", ()):
            source = "\n".join(f"{name} = {value!r}" for name, value in complete(NOTEBOOKS / notebook, given).items())
        with capture_output() as shown:
            result = shell.run_cell(source, store_history=True)
        if result.error_before_exec or result.error_in_exec:
            raise result.error_before_exec or result.error_in_exec
        cell.execution_count = number
        cell.outputs = [
            nbformat.v4.new_output("display_data", as_sent(one["data"]), metadata=one.get("metadata") or {})
            for one in shown._outputs
        ]
        for name in ("stdout", "stderr"):
            if text := getattr(shown, name):
                cell.outputs.append(nbformat.v4.new_output("stream", name=name, text=text))
    return found


def drawn(draw, name, size, height_in=None):
    """As `frame._svg`, which lays out every size: all are drawn here, and the wide one stands for all."""
    if size == "wide":
        DRAWN[name] = SVG(draw, name, size, height_in)
    else:
        draw(Figure(figsize=frame._SIZES_IN[size]), True)
    return DRAWN[name]


SVG, DRAWN = frame._svg, {}


def as_sent(data):
    """As a kernel sends it: plain numbers."""
    return json.loads(json.dumps(data, default=lambda number: number.item()))


def words_of(name, text):
    """What a reader of a file meets: of a page and of a drawing without styles, scripts and code, also what is read aloud."""
    if name.endswith(".csv"):
        return text
    text = re.sub(r"(?s)<(style|script|code|pre)\b.*?</\1>", " ", text)
    spoken = re.findall(r'\b(?:alt|title|aria-label|content)="([^"]*)"', text)
    return " ".join([*re.sub(r"<[^>]*>", " | ", text).split(), *spoken])


def faults(notebook, given):
    """What is wrong with the page of these parameters, a line each; empty for a good page and for a refusal."""
    try:
        notebook_with_outputs = executed(notebook, given)
    except Refused as refusal:
        return [f"refused: {refusal}" if len(str(refusal).splitlines()) == 1 else f"lines: {refusal}"]
    except Exception as error:  # noqa: BLE001 - any other is the fault that is looked for
        return [f"{type(error).__name__}: {str(error)[:200]}"]
    try:
        briefing = builders.briefing("every", NOTEBOOKS / notebook, given)
        outputs = page.outputs(notebook_with_outputs, briefing)
    except Exception as error:  # noqa: BLE001 - also what the gate of a page refuses, such as a warning
        return [f"page: {type(error).__name__}: {str(error)[:200]}"]
    found = []
    for name, text in outputs.items():
        if name.endswith((".html", ".svg", ".csv")):
            words = words_of(name, text)
            odd = {words[max(0, hit.start() - 50) : hit.end() + 30] for hit in ODD.finditer(words)}
            found += [f"{name}: ...{one}..." for one in sorted(odd)]
        if name.endswith(".html") and not re.search("<h1[^>]*>[^<]*\\w", text) and "embed" not in name:
            found.append(f"{name}: no title")
    for one in json.loads(outputs["every/results.json"], parse_constant=found.append):
        for key in ("value", "low", "high"):
            share = one.get(key) if one["unit"] == "pct" and "share" in one["id"] else None
            if share is not None and not -1e-9 <= share <= 100 + 1e-9:
                found.append(f"{one['id']}: {key} {share}")
    return found


YEARS = range(2018, 2026)


def grid():
    """Notebook and parameters: every word of every list, both ends of every number, and the product of what acts together."""
    for name, model in MODELS.items():
        for field, declared in model.model_fields.items():
            listed = choices(name, field)
            if listed:
                yield from ((name, {field: word}) for word in listed)
            elif declared.annotation is bool:
                yield from ((name, {field: word}) for word in (True, False))
            elif declared.annotation in (int, float):
                ends = [getattr(rule, end) for rule in declared.metadata for end in ("ge", "le") if hasattr(rule, end)]
                yield from ((name, {field: declared.annotation(end)}) for end in ends if field not in ("draws",))
    name = "02_processing_share.ipynb"
    bases = itertools.cycle(choices(name, "basis"))
    # The years of one model stand together, so that it is computed once.
    for edition, record, scrap, year in itertools.product(
        choices(name, "edition"), choices(name, "us_ore_record"), (True, False), YEARS
    ):
        yield (
            name,
            {
                "edition": edition,
                "year": year,
                "us_ore_record": record,
                "with_scrap": scrap,
                "basis": next(bases),
            },
        )
    for year in range(1993, 2025):
        yield "01_clean_trade.ipynb", {"origins_year": year}
    for year in range(2016, 2027):
        yield "01_clean_trade.ipynb", {"year": year}
    for method, reporters in itertools.product(
        choices("01_clean_trade.ipynb", "method"), ("all", "JPN", "CHN USA", "ZWE", "DEU")
    ):
        yield "01_clean_trade.ipynb", {"method": method, "reporters": reporters}
    for codes in (
        "850511",
        "280530",
        "284610",
        "284690",
        "284690 850511",
        "010121",
        "811292",
        "811010",
        "999999",
    ):
        yield "01_clean_trade.ipynb", {"codes": codes}
    for hubs in ("", "NLD", "CHN", "ZWE"):
        yield "01_clean_trade.ipynb", {"hubs": hubs}
    for notebook, most in (("03_reserve_plans.ipynb", 730), ("04_country_briefing.ipynb", 365)):
        for country, days in itertools.product(choices(notebook, "country"), (1, 2, most)):
            yield notebook, {"country": country, "days": days} | ({"draws": 500} if most == 365 else {})
    for common, level in itertools.product((0, 1, 50, 99, 100), (0.5, 5.0, 20.0)):
        yield "08_g7_briefing.ipynb", {"common_pct": common, "level_pct": level, "draws": 1000}


EVERY = list({json.dumps(one, sort_keys=True): one for one in grid()}.values())


@pytest.mark.fault(170)
@pytest.mark.parametrize("notebook", sorted({notebook for notebook, _ in EVERY}))
def test_every_allowed_value_gives_a_page_or_a_refusal(notebook, record_property, monkeypatch):
    monkeypatch.setattr(frame, "_svg", drawn)
    values = [given for name, given in EVERY if name == notebook]
    wrong = {str(given): faults(notebook, given) for given in values}
    refused = [text for lines in wrong.values() for text in lines if text.startswith("refused: ")]
    found = {given: lines for given, lines in wrong.items() if lines and lines[0] not in refused}
    pages = len(values) - len(refused) - len(found)
    counts = f"{pages} pages, {len(refused)} refused, {len(found)} faults"
    record_property("counted", f"{notebook}: {len(values)} allowed values: {counts}")
    assert not found, json.dumps(found, indent=1)
