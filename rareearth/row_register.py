"""Which published rows were ever sealed: data/raw/rows.sha256 has a short hash and the sources of each, by table and id.

The sidecar of a table notices every changed byte, and the next `seal` takes the change in. This register is what
`seal` may not renew: a number or a quotation that was sealed once stays as it was copied from its source, and keeps its
sources. A second source may be added. Judgements are not in it: whoever disagrees with one changes it and seals its table.
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
    "value value_high share_low_pct share_high_pct factor_low factor_mode factor_high budget_amount budget_currency "
    "wording period reference_year claimed_on date unit edition".split()
)
JUDGEMENTS = frozenset(
    (
        "processing/assumptions.csv",
        "plans/plan_treatments.csv",
        "plans/plan_dimensions.csv",
        "plans/reserve_assumptions.csv",
        "events/stylised_shocks.csv",
        "trade/reconciliation_inputs.csv",
    )
)
# Records are made by a program from the publisher's files, and sealed as a whole.
TABLES = tuple(
    name
    for name in SCHEMAS
    if name not in RECORDS and name not in JUDGEMENTS and "figure_id" in SCHEMAS[name].columns
)

# Of one row: the hash of what is published, and the ids of its sources.
Row = tuple[str, frozenset[str]]
Register = dict[str, dict[str, Row]]


def rows(path: Path) -> dict[str, Row]:
    """Figure id to what the register holds of its row; an empty cell counts like an absent column."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return {row["figure_id"]: _row(row) for row in csv.DictReader(stream)}


def _row(row: dict[str, str]) -> Row:
    published = {column: cell for column, cell in row.items() if column in _PUBLISHED and cell}
    digest = hashlib.sha256(json.dumps(published, sort_keys=True).encode()).hexdigest()[:12]
    return digest, frozenset(filter(None, row["source_ids"].split(";")))


def load(root: Path) -> Register:
    """Table to figure id to what was sealed of it."""
    found: Register = {}
    path = root / NAME
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        if line.startswith("["):
            table = found.setdefault(line.strip("[]"), {})
        else:
            figure, digest, sources = line.split(" ")
            table[figure] = digest, frozenset(sources.split(";"))
    return found


def add(name: str, root: Path) -> None:
    """Registers the rows of a table that are new, and the sources that old rows have got."""
    register = load(root)
    register[name] = register.get(name, {}) | rows(root / name)
    lines = []
    for table in sorted(register):
        lines.append(f"[{table}]")
        for figure, (digest, sources) in sorted(register[table].items()):
            lines.append(f"{figure} {digest} {';'.join(sorted(sources))}")
    files.write(root / NAME, "\n".join(lines) + "\n")


def problems(name: str, root: Path, register: Register) -> list[str]:
    """Sealed rows of a table that were changed or taken out, or have lost a source, a line each (F25)."""
    if name not in TABLES:
        return []
    now = rows(root / name)
    found = []
    for figure, (digest, sources) in register.get(name, {}).items():
        if figure not in now:
            what = "taken out"
        elif now[figure][0] != digest:
            what = "changed"
        elif lost := sources - now[figure][1]:
            what = f"parted from its source {', '.join(sorted(lost))}"
        else:
            continue
        found.append(
            f"data/raw/{name}: {figure} was {what} after it was sealed (F25): undo it; an error of the source goes into "
            f"data/corrections.yml, for one of copying take its line out of data/raw/{NAME}"
        )
    return found
