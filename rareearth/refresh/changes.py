"""What a new edition changes against the one in hand, said before anything is added."""

from dataclasses import dataclass
from decimal import Decimal

from rareearth.errors import Refused

# A revision of more than this is worth a look before it is used.
REVISION_PCT = 20
# Fewer rows than this share of the edition before are a fault more often than a fact.
KEPT_PCT = 70
_LISTED = 20

Row = dict[str, str]


@dataclass(frozen=True)
class Revision:
    """A value that both editions have, changed by more than `REVISION_PCT`."""

    key: tuple[str, ...]
    column: str
    before: Decimal
    after: Decimal

    def __str__(self) -> str:
        by = f"{(self.after / self.before - 1) * 100:+.0f} %" if self.before else "from 0"
        return f"{' '.join(self.key)}: {self.column} {self.before} -> {self.after} ({by})"


@dataclass(frozen=True)
class Changes:
    """What is different.

    Attributes:
        before: Keys of the edition in hand; two sources of one figure are one.
        after: Keys of the new one.
        added: Keys that are new.
        gone: Keys that are not there any more.
        changed: How many values differ at all.
        revisions: The large ones among them.
    """

    before: int
    after: int
    added: list[tuple[str, ...]]
    gone: list[tuple[str, ...]]
    changed: int
    revisions: list[Revision]

    @property
    def none(self) -> bool:
        """True when the new edition says what the one in hand says."""
        return not (self.added or self.gone or self.changed)

    def lines(self, name: str) -> list[str]:
        """The report, one line each; long lists are cut and say so."""
        details = [f"  revised {revision}" for revision in self.revisions]
        details += [f"  gone {' '.join(key)}" for key in self.gone]
        more = [f"  and {len(details) - _LISTED} more"] if len(details) > _LISTED else []
        return [
            f"{name}: {self.before} rows before, {self.after} now: {len(self.added)} added, {len(self.gone)} gone, "
            f"{self.changed} values changed, {len(self.revisions)} of them by more than {REVISION_PCT} %",
            *details[:_LISTED],
            *more,
        ]


def compare(before: list[Row], after: list[Row], key: tuple[str, ...], values: tuple[str, ...]) -> Changes:
    """Compares two editions by what identifies a row.

    Args:
        before: Rows in hand.
        after: Rows of the new edition.
        key: Columns that identify a row.
        values: Columns whose numbers are compared; empty ones are skipped.
    """
    old, new = _by_key(before, key), _by_key(after, key)
    pairs = [
        Revision(one, column, Decimal(old[one][column]), Decimal(new[one][column]))
        for one in new
        if one in old
        for column in values
        if old[one][column] and new[one][column]
    ]
    changed = [pair for pair in pairs if pair.before != pair.after]
    return Changes(
        len(old),
        len(new),
        [one for one in new if one not in old],
        [one for one in old if one not in new],
        len(changed),
        [pair for pair in changed if abs(pair.after - pair.before) * 100 > abs(pair.before) * REVISION_PCT],
    )


def _by_key(rows: list[Row], key: tuple[str, ...]) -> dict[tuple[str, ...], Row]:
    return {tuple(row[column] for column in key): row for row in rows}


def check_shrink(changes: Changes, name: str) -> None:
    """Refuses an edition that has lost too much.

    Raises:
        Refused: fewer than `KEPT_PCT` of the rows of the edition before.
    """
    if changes.after * 100 < changes.before * KEPT_PCT:
        raise Refused(
            f"{name}: {changes.after} rows, {changes.after * 100 / changes.before:.0f} % of the {changes.before} "
            "of the edition before: look why at the publisher; --accept-shrink takes it all the same"
        )
