"""Every allowed value of every parameter is run: it gives a page that passes the gate, or a refusal in one line."""

import itertools
import json
import re

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

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
SHARE = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?)%")


def cells_of(notebook):
    return json.loads((NOTEBOOKS / notebook).read_text(encoding="utf-8"))["cells"]


def executed(notebook, given):
    """The notebook with its outputs, run in this process: its libraries are there already."""
    shell = InteractiveShell.instance()
    shell.reset()
    found = nbformat.read(NOTEBOOKS / notebook, as_version=4)
    for number, cell in enumerate(found.cells, 1):
        if cell.cell_type != "code":
            continue
        source = cell.source
        if "parameters" in cell.metadata.get("tags", ()):
            source = "\n".join(
                f"{name} = {value!r}" for name, value in complete(NOTEBOOKS / notebook, given).items()
            )
        with capture_output(stderr=False) as shown:
            result = shell.run_cell(source, store_history=True)
        if result.error_before_exec or result.error_in_exec:
            raise result.error_before_exec or result.error_in_exec
        cell.execution_count = number
        cell.outputs = [
            nbformat.v4.new_output("display_data", as_sent(one["data"]), metadata=one.get("metadata") or {})
            for one in shown._outputs
        ]
        if shown.stdout:
            cell.outputs.append(nbformat.v4.new_output("stream", name="stdout", text=shown.stdout))
    return found


def as_sent(data):
    """As a kernel sends it: plain numbers."""
    return json.loads(json.dumps(data, default=lambda number: number.item()))


def words_of(html):
    """The text of a page, without styles, scripts, code and drawings."""
    html = re.sub(r"(?s)<(style|script|code|pre|svg|title)\b.*?</\1>", " ", html)
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def faults(notebook, given, folder):
    """What is wrong with the page of these parameters, a line each; empty for a good page and for a refusal."""
    try:
        briefing = builders.briefing("every", NOTEBOOKS / notebook, given)
        outputs = page.outputs(executed(notebook, given), briefing)
    except Refused as refusal:
        return ["refused"] if len(str(refusal).splitlines()) == 1 else [f"refused in lines: {refusal}"]
    except Exception as error:  # noqa: BLE001 - any other is the fault that is looked for
        return [f"{type(error).__name__}: {str(error)[:200]}"]
    found = []
    for name, text in outputs.items():
        if not name.endswith(".html"):
            continue
        words = words_of(text)
        found += [
            f"{name}: ...{words[max(0, hit.start() - 50) : hit.end() + 30]}..." for hit in ODD.finditer(words)
        ]
        if not re.search("<h1[^>]*>[^<]*\\w", text) and "embed" not in name:
            found.append(f"{name}: no title")
    for one in json.loads(outputs["every/results.json"]):
        for key in ("value", "low", "high"):
            if (
                one["unit"] == "pct"
                and one.get(key) is not None
                and not -1e-9 <= one[key] <= 100 + 1e-9
                and "share" in one["id"]
            ):
                found.append(f"{one['id']}: {key} {one[key]}")
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
                ends = [
                    getattr(rule, end)
                    for rule in declared.metadata
                    for end in ("ge", "le")
                    if hasattr(rule, end)
                ]
                yield from (
                    (name, {field: declared.annotation(end)}) for end in ends if field not in ("draws",)
                )
    name = "02_processing_share.ipynb"
    bases = itertools.cycle(choices(name, "basis"))
    for edition, year, record, scrap in itertools.product(
        choices(name, "edition"), YEARS, choices(name, "us_ore_record"), (True, False)
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
def test_every_allowed_value_gives_a_page_or_a_refusal(tmp_path, capsys):
    found, refused = {}, 0
    for notebook, given in EVERY:
        wrong = faults(notebook, given, tmp_path)
        refused += wrong == ["refused"]
        if wrong and wrong != ["refused"]:
            found[f"{notebook} {given}"] = wrong
    with capsys.disabled():
        print(
            f"\nallowed values run: {len(EVERY)}: {len(EVERY) - refused - len(found)} pages, {refused} refused, {len(found)} faults"
        )
    assert not found, json.dumps(found, indent=1)
