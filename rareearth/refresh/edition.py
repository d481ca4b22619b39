"""An edition as a publisher gave it, and how it is added: new files beside those that are there, never over them."""

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from rareearth import checks, files, tables
from rareearth.errors import Refused
from rareearth.refresh.changes import Row
from rareearth.refresh.download import Client

REGISTER = "sources.csv"


@dataclass(frozen=True)
class Visit:
    """What a ``pull`` works with.

    Attributes:
        client: Fetches files.
        folder: Private place for downloads.
        root: The folder data/raw, only read.
        now: When the publisher is asked; UTC.
    """

    client: Client
    folder: Path
    root: Path
    now: datetime

    @property
    def day(self) -> str:
        """The day of the visit, which is the label of an edition that has no release name."""
        return f"{self.now:%Y-%m-%d}"


@dataclass(frozen=True)
class Pulled:
    """A new edition of a table, not yet added.

    Attributes:
        table: The table of data/raw that it is an edition of.
        label: Day or release; sorts by age.
        rows: In the table's columns, without figure id and source.
        key: Columns that identify a row.
        values: Columns whose revisions are reported.
        before: Comparable rows of the edition in hand.
        prefix: First part of its figure ids.
        source: Its row of the register, without the day of access.
        urls: Where it is from.
    """

    table: str
    label: str
    rows: list[Row]
    key: tuple[str, ...]
    values: tuple[str, ...]
    before: list[Row]
    prefix: str
    source: Row
    urls: tuple[str, ...]

    @property
    def name(self) -> str:
        """Path of the new file below data/raw."""
        return tables.edition_name(self.table, self.label)


def in_hand(table: str, root: Path) -> list[Row]:
    """The rows of the newest edition of a table that is there, as text."""
    newest = [*tables.editions_of(table, root), table][0]
    with (root / newest).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def add(publisher: str, pulled: list[Pulled], visit: Visit) -> list[str]:
    """Adds editions, each with its source before it, after checking all of them.

    Args:
        publisher: As named on the command line.
        pulled: What it gave.
        visit: Where and when.

    Returns:
        The paths of the new tables below data/raw.

    Raises:
        Refused: a file is there already, or a new table breaks a rule of `checks`; nothing is added.
    """
    for one in pulled:
        if (visit.root / one.name).exists():
            raise Refused(
                f"data/raw/{one.name}: is there already, and a published edition is never rewritten: "
                "keep it, or refresh on another day"
            )
    stage = visit.folder / "editions"
    staged = [path for one in pulled for path in _staged(publisher, one, stage, visit)]
    for path in staged:
        files.write(visit.root / path.relative_to(stage), path.read_bytes())
    return [one.name for one in pulled]


def _staged(publisher: str, one: Pulled, stage: Path, visit: Visit) -> list[Path]:
    """The files of an edition, checked, in the order in which they are added: the table comes last."""
    stem = Path(one.table).stem
    prepared = {
        tables.edition_name(REGISTER, f"{stem}-{one.label}"): [{**one.source, "accessed_on": visit.day}],
        one.name: _numbered(one),
    }
    made = []
    for name, rows in prepared.items():
        files.write(stage / name, _csv(rows, name))
        problems, frame = checks.table_problems(name, stage)
        if problems:
            raise Refused(f"{problems[0]}; nothing is added")
        sidecar = yaml.safe_dump(
            _sidecar(publisher, one, name, stage / name, len(frame), visit),
            sort_keys=False,
            allow_unicode=True,
            width=100,
        )
        files.write(_meta(stage, name), sidecar)
        made += [_meta(stage, name), stage / name]
    return made


def _meta(root: Path, name: str) -> Path:
    return (root / name).with_suffix(".meta.yml")


def _numbered(one: Pulled) -> list[Row]:
    """The rows with figure ids that no other edition has, and their source."""
    stem = f"{one.prefix}-{one.label.replace('-', '')}"
    source = one.source["source_id"]
    return [
        {**row, "figure_id": f"{stem}-{number:05d}", "source_ids": source}
        for number, row in enumerate(one.rows, 1)
    ]


def _csv(rows: list[Row], name: str) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(
        text, [field.name for field in tables.fields(name)], restval="", lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _sidecar(
    publisher: str, one: Pulled, name: str, path: Path, rows: int, visit: Visit
) -> dict[str, object]:
    table = tables.table_of(name)
    first = yaml.safe_load(_meta(visit.root, table).read_text(encoding="utf-8"))
    command = f"python -m rareearth refresh {publisher}"
    return {
        "title": f"{first['title']}: edition {one.label}",
        "description": f"A newer edition of data/raw/{table} as the publisher gave it; columns and units as there.",
        "transcribed_from": "the publisher's answers from the addresses below",
        "retrieved_by": command,
        "licence": first["licence"],
        "refresh": f"Run `{command} --add`: it adds a newer edition as a table of its own and changes none.",
        "sha256": checks.content_hash(path),
        "rows": rows,
        "bytes": path.stat().st_size,
        "retrieved_at": f"{visit.now:%Y-%m-%dT%H:%M:%SZ}",
        "urls": list(one.urls),
    }
