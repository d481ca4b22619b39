"""What the code of this project may not do and no rule of the linter knows; with ruff's S rules, the whole of fault 160."""

import ast
import json
from pathlib import Path

# Calls that give text to an interpreter, and loaders that run what they load.
_CALLS = {
    "eval": "evaluates text",
    "query": "evaluates text in a frame",
    "sql": "sends text to a database",
    "raw_sql": "sends text to a database",
    "read_pickle": "runs what it reads",
    "to_pickle": "writes what runs when read",
}


# The one place that hands the rules, which are SQL, to Spark; texts from outside go through engine.literal and engine.quoted.
_ALLOWED = {("spark.py", "sql")}


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _made_of_values(node: ast.expr) -> bool:
    """Text that holds a value: an f-string, a sum, `%` or `.format`."""
    joined = isinstance(node, ast.JoinedStr | ast.BinOp)
    return joined or (isinstance(node, ast.Call) and _name(node.func) == "format")


def _complaint(node: ast.AST, file: str) -> str:
    if isinstance(node, ast.Attribute) and node.attr == "style" and _name(node.value) != "plt":
        return "a Styler escapes nothing: show_table() does"
    if not isinstance(node, ast.Call):
        return ""
    name = _name(node.func)
    if name == "HTML" and node.args and _made_of_values(node.args[0]):
        return "HTML() of text with a value in it: say() and show_table() escape"
    return f"{name}() {_CALLS[name]}" if name in _CALLS and (file, name) not in _ALLOWED else ""


def _sources(path: Path) -> list[str]:
    if path.suffix != ".ipynb":
        return [path.read_text(encoding="utf-8")]
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def found_in(path: Path) -> list[str]:
    """One line for each thing that is forbidden: file, line, why."""
    return [
        f"{path.name}, line {node.lineno}: {complaint}"
        for source in _sources(path)
        for node in ast.walk(ast.parse(source))
        if (complaint := _complaint(node, path.name))
    ]
