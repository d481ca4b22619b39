"""The fields that a publisher's records had when this was written, and how those of today differ."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rareearth.errors import Refused
from rareearth.refresh.answers import shown

_KINDS = {"number": (int, Decimal), "text": (str,), "flag": (bool,), "object": (dict,)}
_SHOWN = 5


@dataclass(frozen=True)
class Field:
    """A field of a record.

    Attributes:
        kind: number, text, flag or object; null is allowed.
        words: The values that it may have, as text; empty allows all.
    """

    kind: str
    words: tuple[str, ...] = ()

    def fault(self, value: Any) -> str:
        """What is wrong with a value; empty when nothing is."""
        if value is None:
            return ""
        is_kind = isinstance(value, _KINDS[self.kind]) and (
            self.kind == "flag" or not isinstance(value, bool)
        )
        if not is_kind:
            return f"{type(value).__name__} {shown(value)!r} instead of {self.kind}"
        if self.words and str(value) not in self.words:
            return f"{shown(value)!r} is new, known are {', '.join(self.words)}"
        return ""


def check(records: list[dict[str, Any]], needed: dict[str, Field], others: set[str], where: str) -> None:
    """Compares records with the saved fields; a field that is only new is no difference.

    Args:
        records: As the publisher sent them.
        needed: Fields that are used.
        others: Names of fields that are known and not used, so that a new name can be told from them.
        where: The host, for the message.

    Raises:
        Refused: a field is gone or renamed, has another type or a new word; the message lists the differences.
    """
    present = {name for record in records for name in record}
    missing = [name for name in needed if any(name not in record for record in records)]
    new = sorted(present - needed.keys() - others) if missing else []
    differences = [f"- {name}" for name in missing] + [f"+ {name}" for name in new]
    for name, field in needed.items():
        faults = dict.fromkeys(filter(None, (field.fault(record.get(name)) for record in records)))
        differences += [f"{name}: {fault}" for fault in faults]
    if differences:
        more = f" and {len(differences) - _SHOWN} more" if len(differences) > _SHOWN else ""
        raise Refused(
            f"{where}: the records differ from the saved fields ({'; '.join(differences[:_SHOWN])}{more}): "
            "read the publisher's notes, then change the fields in rareearth/refresh"
        )
