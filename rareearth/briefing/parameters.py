"""Parameters of a notebook: their defaults, how they are given, and how a variant is named after them.

The default of a parameter stands in the notebook's parameters cell and nowhere else; its type and range
stand in `models`, which is imported only when something is to be checked.
"""

import ast
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from rareearth.errors import Refused

_LONGEST = 100  # letters of a suffix


def shown(value: Any) -> str:
    """A refused value, quoted, on one line and short: it may be hostile."""
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."


def defaults(notebook: Path) -> dict[str, Any]:
    """The assignments of the notebook's parameters cell, read without running it.

    Raises:
        Refused: there is not exactly one such cell, or it holds more than plain assignments.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    if len(tagged) != 1:
        raise Refused(f"{notebook.name}: {len(tagged)} cells are tagged 'parameters', expected 1")
    found = {}
    for statement in ast.parse("".join(tagged[0]["source"])).body:
        if not (isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)):
            raise Refused(f"{notebook.name}: the parameters cell may hold only `name: type = value` lines")
        found[statement.target.id] = ast.literal_eval(statement.value)
    return found


def as_given(value: Any) -> str:
    """A value as a command line takes it: ``true`` and ``false`` as `validate` reads them."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def complete(notebook: Path, given: dict[str, Any]) -> dict[str, Any]:
    """Defaults of the notebook, overridden by `given`, all checked."""
    from rareearth.briefing.models import validate

    return validate(notebook.name, {**defaults(notebook), **given})


def parse_assignments(words: list[str]) -> dict[str, str]:
    """``["year=2023", ...]`` as a mapping of text to text.

    Raises:
        Refused: a word without ``=``, or a name given twice.
    """
    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            raise Refused(f"parameter {shown(word)} is not of the form name=value")
        if name in found:
            raise Refused(f"parameter {name} is given twice")
        found[name] = value
    return found


def suffix(given: dict[str, Any]) -> str:
    """File-name part of a variant: only letters, digits, point, hyphen, of the checked values."""
    parts = "--".join(f"{name}-{value}" for name, value in sorted(given.items()))
    plain = re.sub(r"[^A-Za-z0-9.-]", "-", parts)
    if len(plain) <= _LONGEST:
        return plain
    # A file name has an end: what does not fit is told apart by its hash.
    return f"{plain[:_LONGEST]}-{hashlib.sha256(parts.encode()).hexdigest()[:12]}"
