"""How results look in Jupyter: a table of the fields, every Estimate with its interval.

The result classes stay plain: a running IPython is told by name how to show them, so that nothing is imported for it.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from html import escape
from typing import Any

# Module below rareearth to its result classes; a test holds that no public dataclass is missing.
SHOWN = {
    "concentration": ("Concentration",),
    "conversion": ("Factor",),
    "exposure": ("Imports",),
    "money": ("Figure",),
    "uncertainty": ("Primitive", "Interval", "Sensitivity"),
    "processing.boundaries": ("Case",),
    "processing.elements": ("Part",),
    "processing.elsewhere": ("Term",),
    "processing.feed": ("Import",),
    "processing.mass_balance": ("Row", "Balance"),
    "processing.minerals": ("Supply",),
    "processing.pooling": ("Pooled",),
    "processing.simulation": ("Year",),
    "reserves.clocks": ("Clocks",),
    "reserves.cost": ("Assumption",),
    "reserves.country": ("Imports",),
    "reserves.forms": ("Embodied",),
    "reserves.group": ("Group",),
    "reserves.plans": ("Budget",),
    "reserves.pooling": ("Risk",),
    "reserves.scenario": ("Baseline", "Shock", "Answer", "Case", "Result"),
    "reserves.shocks": ("Shape",),
    "reserves.stress": ("Stress",),
    "reserves.worth": ("Loss", "Stock"),
    "trade.mirror": ("Gap",),
}
# More parts than this of a list are counted, not printed.
_LISTED = 5


def html(result: Any) -> str:
    """A result as a table: a row a field, what the class is as caption.

    Args:
        result: An object of a class in `SHOWN`.
    """
    what = (type(result).__doc__ or "").partition("\n")[0]
    rows = "".join(
        f'<tr><th scope="row" style="text-align: left">{escape(field.name)}</th>'
        f'<td style="text-align: left">{_cell(getattr(result, field.name))}</td></tr>'
        for field in fields(result)
    )
    return (
        f'<table><caption style="text-align: left"><b>{escape(type(result).__name__)}</b>: {escape(what)}</caption>'
        f"{rows}</table>"
    )


def _cell(value: Any) -> str:
    if value is None:
        return "not available"
    if is_dataclass(value):
        return _line(value) if type(value).__name__ in SHOWN.get(_room(value), ()) else escape(str(value))
    if getattr(value, "shape", ()):
        return _array(value)
    if isinstance(value, Mapping):
        items = (
            sorted(value.items(), key=lambda item: -item[1]) if _numbers(value.values()) else value.items()
        )
        return _several([f"{escape(_key(key))}: {_cell(one)}" for key, one in items], "; ")
    if isinstance(value, tuple | list | set | frozenset):
        between = "<br>" if any(map(is_dataclass, value)) else ", "
        return _several([_cell(one) for one in value], between)
    return escape(f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1000 else _whole(value))


def _whole(value: Any) -> str:
    return f"{value:,.0f}" if isinstance(value, float) else str(value)


def _line(result: Any) -> str:
    """A result inside another one in a line: its words and numbers. Named in a cell, it is a table of its own."""
    named = ((field.name, getattr(result, field.name)) for field in fields(result))
    parts = [
        f"{name} {_cell(one)}" for name, one in named if isinstance(one, str | int | float) and one != ""
    ]
    parts = parts or [f"with {field.name}" for field in fields(result)]
    return f"<i>{escape(type(result).__name__)}</i> " + _several(parts, ", ")


def _room(value: Any) -> str:
    return type(value).__module__.removeprefix("rareearth.")


def _numbers(values: Iterable[Any]) -> bool:
    return all(isinstance(one, int | float) for one in values)


def _key(key: Any) -> str:
    return " + ".join(sorted(key)) if isinstance(key, frozenset) else str(key)


def _array(value: Any) -> str:
    """Size of a table or of many draws; of one number a draw also the median and the 90 % interval."""
    size = " × ".join(str(length) for length in value.shape)
    if len(value.shape) > 1 or not hasattr(value, "dtype") or value.dtype.kind not in "fi":
        return f"{size} values"
    import numpy as np

    # Draws may be infinite, as the day on which a stock that lasts is empty: nothing is interpolated.
    low, median, high = (_cell(float(end)) for end in np.quantile(value, [0.05, 0.5, 0.95], method="nearest"))
    return f"{size} draws, median {median} ({low} to {high})"


def _several(parts: list[str], between: str) -> str:
    more = [f"… {len(parts)} in all"] if len(parts) > _LISTED else []
    return between.join(parts[:_LISTED] + more) or "none"


def register() -> None:
    """Tells IPython, where it runs, how to show the classes of `SHOWN`."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is None:
        return
    formatter = shell.display_formatter.formatters["text/html"]
    for module, names in SHOWN.items():
        for name in names:
            formatter.for_type_by_name(f"rareearth.{module}", name, html)
