"""Checks the figures of data/raw and brings data/processed up to date, its only writer. Light until something has changed."""

import csv
import json
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rareearth import files, inputs
from rareearth.errors import Refused
from rareearth.paths import PROCESSED, RAW
from rareearth.text import listed

if TYPE_CHECKING:
    from rareearth.trade.clean import Cleaned

FOLDER = PROCESSED
_OUTPUTS = ("flows.parquet", "totals.parquet", "quarantine.csv", "accounting.json", "datapackage.json")
_OWN = "user file "  # as an input is called
# Codes of the problems that a table has when it differs from its seals and is good otherwise; see `checks`.
_SEAL = re.compile(r"\((F14|F16|F24|F25|W03)\)")
_JUDGEMENT = "(W03)"  # allowed always: judgements are a user's to change


def user_files(folder: str) -> list[Path]:
    """The files of a user's own folder; empty when none is named.

    Raises:
        Refused: the folder is not there or holds no file.
    """
    if not folder:
        return []
    found = sorted(path for path in Path(folder).glob("*") if not path.is_dir() and not path.name.startswith("."))
    if not found:
        raise Refused(f"USER_DATA={folder}: no such folder, or no file in it: name a folder with trade files")
    for path in found:
        if not stat.S_ISREG(path.lstat().st_mode):  # a pipe would be waited for
            kind = "a link" if path.is_symlink() else "no regular file"
            raise Refused(f"USER_DATA={folder}: {path.name} is {kind} (A21): put the file itself there")
    return found


def _own_inputs(user: list[Path]) -> dict[str, str]:
    """Inputs that are no files of the checkout."""
    found = {f"{_OWN}{path.name}": files.byte_hash(path) for path in user}
    return found | {"installed libraries": inputs.environment()}


def _is_current(stamp: Path, own: dict[str, str]) -> bool:
    before, _ = inputs.read_stamp(stamp)
    return not inputs.changes(stamp, inputs.Now().of(before, own), FOLDER)


def _inputs(user: list[Path]) -> dict[str, str]:
    """Name and hash of everything that can change the processed data."""
    code = inputs.code("rareearth.trade.clean", "rareearth.trade.store")
    names = inputs.names([*code, RAW / "trade", *(RAW / "trade").glob("*.csv")])
    return inputs.Now().of(names, _own_inputs(user))


def check_figures(unsealed: bool = False) -> list[str]:
    """Checks seals, schemas and sources of data/raw, when something there has changed since the last check.

    Args:
        unsealed: Whether tables that differ from their seals are allowed.

    Returns:
        The tables that differ from their seals, judgements among them, as paths below the checkout.

    Raises:
        Refused: the first problem, with the number of the others.
    """
    stamp, result = FOLDER / ".build" / "checked.json", FOLDER / ".build" / "problems.json"
    if _is_current(stamp, _own_inputs([])):
        found = json.loads(result.read_text(encoding="utf-8"))
    else:
        from rareearth import checks

        names = inputs.names([*RAW.rglob("*"), RAW, *RAW.parent.glob("*.yml"), *inputs.code("rareearth.checks")])
        made_from = inputs.Now().of(names, _own_inputs([]))
        found = checks.all_problems()
        stamp.unlink(missing_ok=True)
        if all(_SEAL.search(problem) for problem in found):  # a file that was not there is no input that may come back
            files.write(result, json.dumps(found, indent=1))
            files.write(stamp, inputs.stamp_text(made_from, {".build/problems.json": files.byte_hash(result)}))
    looked_at, _ = inputs.read_stamp(stamp)
    inputs.checked.update({name: one for name, one in looked_at.items() if name.startswith("data/")})
    seals = [problem for problem in found if _SEAL.search(problem)]
    refused = [one for one in found if not (unsealed and one in seals) and _JUDGEMENT not in one]
    if refused:
        more = f" (and {len(refused) - 1} more: make verify)" if len(refused) > 1 else ""
        hint = "; UNSEALED=1 builds with it and marks the pages" if refused[0] in seals else ""
        raise Refused(f"{refused[0]}{hint}{more}")
    return sorted({problem.partition(":")[0] for problem in seals})


def bring_up_to_date(user_folder: str = "") -> bool:
    """Makes data/processed again when a record, a rule or a user's file has changed; True when it did.

    Args:
        user_folder: A folder with trade files of the user, added to the records of the project.

    Raises:
        Refused: a file is refused, or another process writes there. Earlier data stay.
    """
    user = user_files(user_folder)
    stamp = FOLDER / ".build" / "data.json"
    if _is_current(stamp, _own_inputs(user)):
        return False
    with files.locked(FOLDER / ".build", FOLDER):
        if _is_current(stamp, _own_inputs(user)):  # another process was first
            return False
        made_from = _inputs(user)
        from rareearth.trade import clean, store

        cleaned = clean.clean([*store.tables(), *user])
        if inputs.Now().of(made_from, _own_inputs(user)) != made_from:
            raise Refused("data/raw/trade or a user's file changed while it was read: run it again")
        said = _of_user(cleaned, cleaned.accounting["files"][len(store.tables()) :], user_folder)
        gone = sorted(name for name in inputs.read_stamp(stamp)[0].keys() - made_from if name.startswith(_OWN))
        if gone:
            names = listed(name.removeprefix(_OWN) for name in gone)
            said.append(f"{names}: not used any more: name USER_DATA in each command that is to use it")
        stamp.unlink(missing_ok=True)
        store.write(cleaned, FOLDER)
        files.write(FOLDER / "datapackage.json", store.datapackage())
        outputs = {name: files.byte_hash(FOLDER / name) for name in _OUTPUTS}
        files.write(stamp, inputs.stamp_text(made_from, outputs))
        print(f"data: {clean.counts_in_words(cleaned.accounting)}")
        for line in said:
            print(f"data: {line}")
    return True


def _of_user(cleaned: "Cleaned", entries: list[dict[str, Any]], folder: str) -> list[str]:
    """What a user's files add, a line each: what changes nothing is named with the reason, a folder is passed over.

    The number of records and the words go into the accounting too, as ``adds`` and ``effect``.
    """
    if not folder:
        return []
    found = [
        f"{path.name}: a folder, passed over: put its files beside the others"
        for path in sorted(Path(folder).glob("*"))
        if path.is_dir()
    ]
    with (RAW / "trade" / "hs_scope.csv").open(encoding="utf-8", newline="") as stream:
        codes = ", ".join(f"'{row['hs_code']}'" for row in csv.DictReader(stream))
    added = {
        row["source_id"]: row["n"]
        for row in cleaned.engine.rows(
            f"SELECT source_id, count(*) FILTER (WHERE hs_code IN ({codes})) AS n "
            f"FROM (SELECT * FROM ({cleaned.flows}) UNION ALL SELECT * FROM ({cleaned.totals})) GROUP BY source_id"
        )
    }
    for entry in entries:
        entry["adds"] = added.get(entry["source_id"], 0)
        entry["effect"] = "changes nothing: no row has a code of rare earths (data/raw/trade/hs_scope.csv)"
        if entry["source_id"] not in added:
            entry["effect"] = "changes nothing: all its flows stand in the records already, or were taken out"
        elif entry["adds"]:
            entry["effect"] = f"adds {entry['adds']} record{'s' * (entry['adds'] > 1)} of rare-earth codes"
        found.append(f"{entry['file']}: {entry['effect']}")
    return found
