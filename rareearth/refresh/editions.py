"""A newer edition of a table: what it changes, said before it is added, and how it is added beside what is there."""

import collections
import csv
import hashlib
import itertools
import math
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import yaml

from rareearth import checks, files, tables
from rareearth.errors import Refused
from rareearth.refresh.client import Answer, Client

REGISTER = "sources.csv"
# A revision of more than this is worth a look before it is used.
REVISION_PCT = 20
# Fewer rows than this share of the edition before are a fault more often than a fact.
KEPT_PCT = 70
_LISTED = 20

Row = dict[str, str]


@dataclass(frozen=True)
class Edition:
    """A newer edition of a table, not yet added."""

    table: str  # of data/raw, that it is an edition of
    label: str  # day or release; sorts by age
    rows: list[Row]  # in the table's columns, without figure id and source
    key: tuple[str, ...]  # columns that identify a row
    values: tuple[str, ...]  # columns whose revisions are reported
    before: list[Row]  # comparable rows of the edition in hand
    prefix: str  # first part of its figure ids
    source: Row  # its row of the register, without the day of access
    urls: list[str]  # what was asked for it

    @property
    def name(self) -> str:
        """Path of the new file below data/raw."""
        return tables.edition_name(self.table, self.label)


@dataclass(frozen=True)
class Run:
    """What a publisher's module works with."""

    client: Client
    folder: Path  # private place for downloads
    root: Path  # the folder data/raw, only read
    now: datetime  # when the publisher is asked; UTC
    urls: list[str] = field(default_factory=list)  # what was asked so far

    @property
    def day(self) -> str:
        """The day of the run, which is the label of an edition that has no release name."""
        return f"{self.now:%Y-%m-%d}"

    def source(self, source_id: str, title: str, publisher: str, day: str, licence: str, **more: str) -> Row:
        """The row of the register for what was asked, without the day of access."""
        row = {"source_id": source_id, "title": title, "publisher": publisher, "published_on": day}
        return row | {"url": self.urls[0], "kind": "official", "licence": licence} | more

    def fetch(self, url: str, **limits: float) -> Answer:
        """The publisher's answer, within other limits of `Client` where they are given; refuses what that does."""
        target = self.folder / hashlib.sha256(url.encode()).hexdigest()[:16]
        answer = replace(self.client, **limits).fetch(url, target)
        self.urls.append(url)
        return answer

    def in_hand(self, table: str) -> list[Row]:
        """The rows of the newest edition of a table that is there, as text."""
        newest = [*tables.editions_of(table, self.root), table][0]
        with (self.root / newest).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))


def compare(one: Edition, accept_shrink: bool = False) -> tuple[bool, str]:
    """Compares an edition with the one in hand; two sources of one figure are one row, and empty values are skipped.

    Returns:
        Whether anything differs, and the report: counts, then a line for each large revision and each row gone.

    Raises:
        Refused: it has two rows of one key, or fewer than `KEPT_PCT` of the rows in hand.
    """
    old, new = ({tuple(row[name] for name in one.key): row for row in rows} for rows in (one.before, one.rows))
    keys = collections.Counter(tuple(row[name] for name in one.key) for row in one.rows)
    if twice := [" ".join(key) for key, count in keys.items() if count > 1]:
        raise Refused(
            f"data/raw/{one.name}: {len(twice)} records are there twice, first {twice[0]}: look at them there"
        )
    if len(new) * 100 < len(old) * KEPT_PCT and not accept_shrink:
        raise Refused(
            f"data/raw/{one.name}: {len(new)} rows, {len(new) * 100 / len(old):.0f} % of the {len(old)} of the "
            "edition before: look why at the publisher; --accept-shrink takes it all the same"
        )
    changed, revised = 0, []
    for key, column in itertools.product(new.keys() & old.keys(), one.values):
        before, after = old[key][column], new[key][column]
        if before and after and Decimal(before) != Decimal(after):
            changed += 1
            by_pct = float((Decimal(after) / Decimal(before) - 1) * 100) if Decimal(before) else math.inf
            if abs(by_pct) > REVISION_PCT:
                revised.append(f"\n  revised {' '.join(key)}: {column} {before} -> {after} ({by_pct:+.0f} %)")
    added, gone = new.keys() - old.keys(), [f"\n  gone {' '.join(key)}" for key in old.keys() - new.keys()]
    details = sorted(revised) + sorted(gone)
    more = f"\n  and {len(details) - _LISTED} more" if len(details) > _LISTED else ""
    return bool(added or gone or changed), (
        f"data/raw/{one.name}: {len(old)} rows before, {len(new)} now: {len(added)} added, {len(gone)} gone, {changed} "
        f"values changed, {len(revised)} of them by more than {REVISION_PCT} %{''.join(details[:_LISTED])}{more}"
    )


def add(publisher: str, found: list[Edition], run: Run) -> list[str]:
    """Adds the editions of a publisher, each with its source before it, after checking all of them.

    Returns:
        The paths of the new tables below data/raw.

    Raises:
        Refused: a file is there already, or a new table breaks a rule of `checks`; nothing is added.
    """
    for one in found:
        if (run.root / one.name).exists():
            raise Refused(
                f"data/raw/{one.name}: is there already, and a published edition is never rewritten: "
                "keep it, or refresh on another day"
            )
    stage = run.folder / "editions"
    for path in [path for one in found for path in _staged(publisher, one, stage, run)]:
        files.write(run.root / path.relative_to(stage), path.read_bytes())
    return [one.name for one in found]


def _staged(publisher: str, one: Edition, stage: Path, run: Run) -> list[Path]:
    """The files of an edition, checked, in the order in which they are added: the table comes last."""
    number = f"{one.prefix}-{one.label.replace('-', '')}"
    prepared = {
        tables.edition_name(REGISTER, f"{Path(one.table).stem}-{one.label}"): [{**one.source, "accessed_on": run.day}],
        one.name: [
            {**row, "figure_id": f"{number}-{index:05d}", "source_ids": one.source["source_id"]}
            for index, row in enumerate(one.rows, 1)
        ],
    }
    made = []
    for name, rows in prepared.items():
        table, sidecar = stage / name, (stage / name).with_suffix(".meta.yml")
        columns = [field.name for field in tables.fields(name)]
        files.write(table, pd.DataFrame(rows, columns=columns).to_csv(index=False, lineterminator="\n"))
        problems, frame = checks.table_problems(name, stage)
        if problems:
            raise Refused(f"{problems[0]}; nothing is added")
        meta = _meta(publisher, one, name, table, len(frame), run)
        files.write(sidecar, yaml.safe_dump(meta, sort_keys=False, allow_unicode=True, width=100))
        made += [sidecar, table]
    return made


def _meta(publisher: str, one: Edition, name: str, path: Path, rows: int, run: Run) -> dict[str, object]:
    """The sidecar of a new file."""
    table = tables.table_of(name)
    first = yaml.safe_load((run.root / table).with_suffix(".meta.yml").read_text(encoding="utf-8"))
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
        "retrieved_at": f"{run.now:%Y-%m-%dT%H:%M:%SZ}",
        "urls": one.urls,
    }
