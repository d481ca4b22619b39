"""Which published rows were ever sealed: data/raw/rows.sha256 has a short hash for each, by table and id.

The sidecar of a table notices every changed byte, and the next `seal` takes the change in. This register is what
`seal` may not renew: a number or a quotation that was sealed once stays as it was copied from its source.
"""

import csv
import hashlib
import json
from pathlib import Path

from rareearth import files
from rareearth.schemas import SCHEMAS
from rareearth.schemas.trade import RECORDS

NAME = "rows.sha256"
# What was read in the source. Judgements and notes beside it may be reworded.
_PUBLISHED = frozenset(
    "value value_high low high share_low_pct share_high_pct factor_low factor_mode factor_high budget_amount "
    "budget_currency depth_pct length_days recovery_days wording period reference_year claimed_on date unit edition "
    "source_ids".split()
)
# Records are made by a program from the publisher's files, and sealed as a whole.
TABLES = tuple(name for name in SCHEMAS if name not in RECORDS and "figure_id" in SCHEMAS[name].columns)

Register = dict[str, dict[str, str]]


def hashes(path: Path) -> dict[str, str]:
    """Figure id to the hash of what is published in its row; an empty cell counts like an absent column."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {row["figure_id"]: _hash(row) for row in rows}


def _hash(row: dict[str, str]) -> str:
    published = {column: cell for column, cell in row.items() if column in _PUBLISHED and cell}
    return hashlib.sha256(json.dumps(published, sort_keys=True).encode()).hexdigest()[:12]


def load(root: Path) -> Register:
    """Table to figure id to hash."""
    found: Register = {}
    path = root / NAME
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        if line.startswith("["):
            table = found.setdefault(line.strip("[]"), {})
        else:
            figure, _, value = line.partition(" ")
            table[figure] = value
    return found


def add(name: str, root: Path) -> None:
    """Registers the rows of a table that are new."""
    register = load(root)
    register[name] = {**hashes(root / name), **register.get(name, {})}
    lines = []
    for table in sorted(register):
        lines += [
            f"[{table}]",
            *(f"{figure} {register[table][figure]}" for figure in sorted(register[table])),
        ]
    files.write(root / NAME, "\n".join(lines) + "\n")


def problems(name: str, root: Path, register: Register) -> list[str]:
    """Sealed rows of a table that were changed or taken out, a line each (F25)."""
    if name not in TABLES:
        return []
    now = hashes(root / name)
    return [
        f"data/raw/{name}: {figure} was {'changed' if figure in now else 'taken out'} after it was sealed (F25): undo "
        f"it; an error of the source goes into data/corrections.yml, for one of copying take its line out of "
        f"data/raw/{NAME}"
        for figure, sealed in register.get(name, {}).items()
        if now.get(figure) != sealed
    ]
