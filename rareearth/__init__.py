"""Rare-earth processing shares and reserve plans, from figures with sources to briefings.

Start with ``rareearth.tables``: `load` gives every table of figures. A part is imported when it is first named, so that
``import rareearth`` costs nothing.
"""

import importlib
from types import ModuleType

_PARTS = (
    "tables",
    "quantity",
    "conversion",
    "imports",
    "concentration",
    "trade",
    "processing",
    "reserves",
    "charts",
    "show",
)
__all__ = [*_PARTS]


def __getattr__(name: str) -> ModuleType:
    if name in _PARTS:
        return importlib.import_module(f"rareearth.{name}")
    raise AttributeError(f"rareearth has no {name!r}; it has {', '.join(_PARTS)}")


def __dir__() -> list[str]:
    return [*_PARTS]
