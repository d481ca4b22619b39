"""Runs what is claimed and prints a table: ``python -m benchmarks [long] [--only WORD] [--write]``."""

import argparse
import importlib
import json
import pkgutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import benchmarks
from benchmarks import report
from benchmarks.measure import Claim, rounds

RESULTS = Path(__file__).with_name("results.json")
README = Path(__file__).with_name("README.md")


def claims() -> list[Claim]:
    """The claims of every module of this folder that has some."""
    names = [module.name for module in pkgutil.iter_modules(benchmarks.__path__) if module.name != "__main__"]
    modules = [importlib.import_module(f"benchmarks.{name}") for name in names]
    return [claim for module in modules for claim in getattr(module, "CLAIMS", ())]


def measured(claim: Claim) -> dict:
    """A claim run in an empty folder: what was measured, and the machine's state when it began."""
    print(claim.name, file=sys.stderr)
    state = report.machine()
    with tempfile.TemporaryDirectory(prefix="rareearth-bench-") as folder:
        counted = claim.prepare(Path(folder)) if claim.prepare else None
        rows = rounds(claim, Path(folder))
    return {
        "claim": claim.name,
        "units": claim.units and (counted or claim.units[0], claim.units[1]),
        "rows": [row._asdict() for row in rows],
        "goals": [asdict(goal) for goal in claim.goals],
        "machine": state,
    }


def main() -> int:
    """Exit status 0."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("length", nargs="?", choices=["short", "long"], default="short")
    parser.add_argument("--only", default="", metavar="WORD", help="claims with this word in their name")
    parser.add_argument("--write", action="store_true", help="keep the results, and the tables of README.md")
    given = parser.parse_args()
    is_long = given.length == "long"
    kept = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    all_claims = claims()
    for claim in all_claims:
        if claim.is_long == is_long and given.only.lower() in claim.name.lower():
            before = kept.get(claim.name, {"rows": []})["rows"]
            kept[claim.name] = found = measured(claim) | {"before": before}
            print(report.table(found), flush=True)
            if given.write:
                kept = {one.name: kept[one.name] for one in all_claims if one.name in kept}
                RESULTS.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
                README.write_text(report.renewed(README.read_text(encoding="utf-8"), kept), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
