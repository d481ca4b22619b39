"""Parameters and editions in words: the one place that translates names of the code for a reader."""

import re
from functools import cache
from typing import Any

import yaml

from rareearth import countries
from rareearth.briefing import register
from rareearth.briefing.parameters import as_given
from rareearth.paths import PAGE
from rareearth.text import in_sentence, listed

_CODES = re.compile(r"[A-Z]{3}( [A-Z]{3})*")


@cache
def _words() -> dict[str, Any]:
    return yaml.safe_load((PAGE / "parameters.yml").read_text(encoding="utf-8"))


def _value(value: Any) -> str:
    """A value as a sentence has it: countries by their names, lists joined."""
    given = as_given(value)
    if _CODES.fullmatch(given):
        return listed(in_sentence(countries.name(code)) for code in given.split())
    return (
        listed(given.split())
        if isinstance(value, str)
        else f"{value:g}"
        if isinstance(value, float)
        else given
    )


def parameter(name: str, value: Any) -> str:
    """What a parameter means, in words; empty where its value needs none.

    Args:
        name: A parameter of a notebook. One of a notebook of a user's own may have no words: its name stands for them.
        value: Checked.
    """
    words = _words().get(name, f"{name.replace('_', ' ')} {{}}")
    if isinstance(words, dict):
        words = words.get(as_given(value), words.get("other"))
    return words.format(_value(value))


def parameters(given: dict[str, Any]) -> list[str]:
    """All parameters of a page in words, in their order, those without words left out."""
    return list(filter(None, (parameter(name, value) for name, value in given.items())))


def edition(text: str) -> str:
    """An edition with ids of sources replaced by publisher and date."""

    def named(found: re.Match[str]) -> str:
        row = register.sources().get(found[0])
        return f"{row['publisher']} ({row['published_on']})" if row else found[0]

    return re.sub(r"\w+", named, text)
