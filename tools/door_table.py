"""Writes docs/doors.md: every door into the program, found in its code, with what tests/doors.yml says of its check.

Usage: python -m tools.door_table
"""

import ast
import re
from pathlib import Path

import yaml

from rareearth.refresh.command import PUBLISHERS
from rareearth.site.parameters import MODELS

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "doors.md"
_READS = {
    "open",
    "read_text",
    "read_bytes",
    "read_yaml",
    "read_notebook",
    "read_parquet",
    "read_table",
    "ZipFile",
}
_READS |= {"GzipFile", "file_digest", "byte_hash", "place", "load_workbook", "from_filename", "nbformat.read"}


def _trees() -> dict[str, ast.Module]:
    paths = [*sorted((ROOT / "rareearth").rglob("*.py")), *sorted((ROOT / "tools").rglob("*.py"))]
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def _calls(tree: ast.AST) -> set[str]:
    called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {getattr(func, "attr", getattr(func, "id", "")) for func in called}


def _environment(trees: dict[str, ast.Module]) -> set[str]:
    """Names that are asked of the environment; of the command line's own, what follows RAREEARTH_."""
    text = "\n".join(map(ast.unparse, trees.values()))
    constants = dict(re.findall(r"^([A-Z_]+) = '([A-Z_]+)'$", text, re.M))
    asked = re.findall(r"os\.environ(?:\.get\(|\.pop\(|\[)(?:\w+\.)?('?\w+'?)", text)
    named = {word.strip("'") if word.startswith("'") else constants.get(word, "") for word in asked}
    return {name for name in named if name} | {
        f"RAREEARTH_{name}" for name in re.findall(r"_variable\('(\w+)'\)", text)
    }


def found() -> dict[str, set[str]]:
    """Kind of door to its names, as the code has them."""
    trees = _trees()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    cli = ast.unparse(trees["rareearth/cli.py"])
    return {
        "Variables of make": set(re.findall(r"call (?:given|yes),([A-Z_]+)", makefile)) | {"PYTHON"},
        "Words of the command line": set(re.findall(r"add_argument\('(?:-p', )?'?(-*[a-z-]+)'", cli)),
        "Environment": _environment(trees),
        "Parameters of notebooks": {name for model in MODELS.values() for name in model.model_fields},
        "Notebooks": {path.name for path in (ROOT / "notebooks").glob("*.ipynb")},
        "Publishers": set(PUBLISHERS) | {"get comtrade"},
        "Code that reads files": {name for name, tree in trees.items() if name.startswith("rareearth/") and _calls(tree) & _READS},
    }  # fmt: skip


def listed() -> dict[str, list[dict]]:
    """Kind of door to its entries: names, what is checked, and the tests that hold it."""
    return yaml.safe_load((ROOT / "tests" / "doors.yml").read_text(encoding="utf-8"))


def problems(doors: dict[str, set[str]], entries: dict[str, list[dict]], tests: set[str]) -> list[str]:
    """Doors without a check, checks without a door, and tests that are not there; one line each."""
    lines = []
    for kind in sorted(doors.keys() | entries.keys()):
        known = [name for entry in entries.get(kind, ()) for name in entry["doors"]]
        lines += [f"{kind}: {name} has no check" for name in sorted(doors.get(kind, set()) - set(known))]
        lines += [f"{kind}: {name} is no door" for name in sorted(set(known) - doors.get(kind, set()))]
        lines += [f"{kind}: {name} stands twice" for name in sorted({name for name in known if known.count(name) > 1})]
        for entry in entries.get(kind, ()):
            lines += [f"{kind}: there is no test {test}" for test in entry["tests"] if test not in tests]
            if not entry["tests"] or not entry["checked"]:
                lines.append(f"{kind}: {entry['doors'][0]} has no check")
    return lines


def every_test() -> set[str]:
    """``file::test`` of every test."""
    return {
        f"{path.stem}::{node.name}"
        for path in sorted((ROOT / "tests").glob("test_*.py"))
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def text(entries: dict[str, list[dict]]) -> str:
    """The page."""
    lines = [
        "# Doors into the program",
        "",
        "What comes in from outside, what is checked there, and the test that holds the check. Made by `tools/door_table.py`",
        "from the code and tests/doors.yml; do not edit. A door that the code has and this list has not fails a test.",
    ]
    for kind, rows in entries.items():
        lines += ["", f"## {kind}", "", "| door | what is checked | held by |", "|---|---|---|"]
        for row in rows:
            names = ", ".join(f"`{name}`" for name in row["doors"])
            lines.append(f"| {names} | {row['checked']} | {'<br>'.join(f'`{test}`' for test in row['tests'])} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(text(listed()), encoding="utf-8")
    for problem in problems(found(), listed(), every_test()):
        print(problem)
