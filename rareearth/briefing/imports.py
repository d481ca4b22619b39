"""Imports of other people's packages without the optional parts that cost more time than all the rest; and those of notebooks."""

import ast
import contextlib
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

# The grammar of international addresses, which jsonschema (below nbformat) builds where it finds it: a second.
ADDRESSES = "rfc3987_syntax"


@contextlib.contextmanager
def without(*packages: str) -> Iterator[None]:
    """What is imported inside finds none of these packages, as where they are not installed.

    Args:
        packages: Names that are imported as options; one that is imported already stays.
    """
    hidden = [name for name in packages if sys.modules.setdefault(name, None) is None]
    try:
        yield
    finally:
        for name in hidden:
            sys.modules.pop(name, None)


def of(notebooks: Iterable[Path]) -> list[str]:
    """The modules that notebooks import on their own lines, in order; what is no plain Python is left out."""
    found: dict[str, None] = {}
    for notebook in notebooks:
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
            with contextlib.suppress(SyntaxError):
                code = "".join(cell["source"]) if cell["cell_type"] == "code" else ""
                found |= dict.fromkeys(name for line in ast.parse(code).body for name in _modules(line))
    return list(found)


def _modules(line: ast.stmt) -> list[str]:
    if isinstance(line, ast.Import):
        return [alias.name for alias in line.names]
    if isinstance(line, ast.ImportFrom) and line.module and not line.level:
        # What is imported from a package may be a module itself.
        return [line.module, *(f"{line.module}.{alias.name}" for alias in line.names)]
    return []
