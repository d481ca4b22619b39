"""Writes docs/faults.md: every case of tests/faults.yml with the tests that carry its mark.

Usage: python tools/fault_table.py
"""

import ast
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "docs" / "faults.md"


def catalogue() -> dict:
    """Sections, cases and what is left out, as tests/faults.yml says."""
    return yaml.safe_load((ROOT / "tests" / "faults.yml").read_text(encoding="utf-8"))


def left_out(listed: dict) -> dict[int, str]:
    """Case to the reason why it has no test."""
    return {case: entry["reason"] for entry in listed["left_out"] for case in entry["cases"]}


def _marks(function: ast.FunctionDef) -> set[int]:
    calls = [node for part in function.decorator_list for node in ast.walk(part) if isinstance(node, ast.Call)]
    named = [call for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) == "fault"]
    return {call.args[0].value for call in named}


def proofs(folder: Path = ROOT / "tests") -> dict[int, list[str]]:
    """Case to the tests that carry its mark, `file::test`, in the order of the files."""
    found: dict[int, list[str]] = {}
    for path in sorted(folder.glob("test_*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for case in _marks(node):
                    found.setdefault(case, []).append(f"{path.stem}::{node.name}")
    return found


def problems(listed: dict, tests: dict[int, list[str]]) -> list[str]:
    """Cases with neither test nor reason, with both, or that the catalogue does not know."""
    reasons, known = left_out(listed), set(listed["cases"])
    found = [f"{case}: neither a test nor a reason" for case in known - set(tests) - set(reasons)]
    found += [f"{case}: a test and a reason" for case in set(tests) & set(reasons)]
    return sorted(found + [f"{case}: not in tests/faults.yml" for case in (set(tests) | set(reasons)) - known])


def text(listed: dict, tests: dict[int, list[str]]) -> str:
    """The page."""
    reasons, counts = left_out(listed), []
    lines = ["# Faults and the tests that hold them", "", "Made by `tools/fault_table.py`; do not edit.", ""]
    for section, (first, last) in listed["sections"].items():
        lines += [f"## {section}", "", "| case | expected | proved by |", "|---|---|---|"]
        cases = range(first, last + 1)
        for case in cases:
            proved = "<br>".join(f"`{test}`" for test in tests.get(case, ())) or f"left out: {reasons.get(case, '')}"
            lines.append(f"| {case} | {listed['cases'][case]} | {proved} |")
        different = {test for case in cases for test in tests.get(case, ())}
        counts.append(f"| {section} | {len(cases)} | {sum(case in tests for case in cases)} | {len(different)} |")
        lines.append("")
    lines += [
        "## Tests by section",
        "",
        "| section | cases | with a test | tests |",
        "|---|---|---|---|",
        *counts,
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(text(catalogue(), proofs()), encoding="utf-8")
    for problem in problems(catalogue(), proofs()):
        print(problem)
