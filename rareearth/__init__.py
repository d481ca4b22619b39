"""Rare-earth processing shares and reserve plans, from figures with sources to briefings.

Start with ``rareearth.facts``: its ``load_*`` functions give every figure table. A room is imported when it is first
named, so that ``import rareearth`` costs nothing.
"""

import importlib
from typing import Any

from rareearth import rich

_ROOMS = (
    "facts",
    "estimate",
    "conversion",
    "concentration",
    "trade",
    "processing",
    "reserves",
    "figures",
    "tables",
)
__all__ = [*_ROOMS]
rich.register()


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"rareearth.{name}")
    raise AttributeError(f"rareearth has no {name!r}; it has {', '.join(_ROOMS)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_ROOMS])
