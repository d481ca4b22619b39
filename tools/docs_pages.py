"""Pages of the documentation that are made from code and figures, for mkdocs (`make docs`): methods, data dictionary."""

import inspect
import re

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from rareearth import tables
from rareearth.processing import simulation
from rareearth.processing.bases import BASES, Flows, used
from rareearth.text import listed

_DICTIONARY = "data-dictionary.md"
_FIRST = "method/index.md"


def _page(basis: str) -> str:
    return f"method/{basis}.md"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Puts the made pages into the navigation."""
    methods = [{"Overview": _FIRST}, *({how.words: _page(name)} for name, how in BASES.items())]
    config.nav += [{"Method": methods}, {"Data dictionary": _DICTIONARY}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the made pages."""
    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    return files


def pages() -> dict[str, str]:
    """Path below docs/ to text of every page that is made."""
    return {_DICTIONARY: _dictionary(), _FIRST: _overview(), **{_page(name): _method(name) for name in BASES}}


def _table(head: list[str], rows: list[list[object]]) -> str:
    lines = [head, ["---"] * len(head), *([str(cell).replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _overview() -> str:
    rows = [
        [f"[{how.words}]({name}.md)", how.kind, simulation.model().estimate(name, 2024), how.note]
        for name, how in BASES.items()
    ]
    return (
        "# Method\n\nA share is 100 C / (C + S), C for China and S for all others. What C and S are is the basis, and the largest "
        "doubt about the number. Inputs that are not known are drawn together over all years; an interval holds 90% of the draws.\n\n"
        + _table(["Basis", "Kind", "China's share in 2024", "What to know"], rows)
        + "\n"
    )


def _method(name: str) -> str:
    how, model = BASES[name], simulation.model()
    about = _meanings()
    inputs = model.years[2024].inputs
    rows = []
    for field in sorted(used(name)):
        value = inputs.get(field)
        ends = "from the ore balance of the year" if value is None else _ends(value.low, value.mid, value.high)
        sources = "" if value is None else ", ".join(value.source_ids)
        rows.append([f"`{field}`", about[field], ends, sources])
    shares = [[year, share] for year, share in model.estimates(name).items()]
    return "\n\n".join(
        [
            f"# {how.words}",
            f"**C / (C + S)** = {how.formula}",
            f"{how.kind[0].upper()}{how.kind[1:]}: {how.note}.",
            "## China's share by year",
            _table(["Year", "Share"], shares),
            "## What goes in, 2024",
            _table(["Input", "What it is", "Low, middle, high", "Sources"], rows),
            f'In Python: `re.share(2024, "{name}")`. The closed form is `BASES["{name}"].masses` in `rareearth.processing.bases`.\n',
        ]
    )


def _ends(low: float, mid: float, high: float) -> str:
    written = [f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" for value in (low, mid, high)]
    return written[0] if len(set(written)) == 1 else ", ".join(written)


def _meanings() -> dict[str, str]:
    """Field of `Flows` to the comment beside it."""
    return dict(re.findall(r"^    (\w+): .*  # (.+)$", inspect.getsource(Flows), re.M))


def _dictionary() -> str:
    parts = [
        "# Data dictionary\n\nMade from the sidecars of `data/raw`. `re.table(name)` opens a table; an empty cell is not published and never 0."
    ]
    for name, path in sorted(tables.names().items()):
        rows = [
            [f"`{field.name}`", field.type, field.about, listed(field.enum) if len(field.enum) < 30 else ""]
            for field in tables.fields(path)
        ]
        table = _table(["Column", "Type", "Meaning", "Words"], rows)
        parts.append(f"## {name}\n\n`data/raw/{path}`. {tables.about(name)}\n\n{table}")
    return "\n\n".join(parts) + "\n"
