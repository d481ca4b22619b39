"""Brings data/processed up to date from data/raw/trade: the only writer there. Light until something has changed."""

import json
import sys
from pathlib import Path

from rareearth import files
from rareearth.errors import Refused
from rareearth.paths import LOCK_FILE, PROCESSED, RAW, ROOT

FOLDER = PROCESSED
_OUTPUTS = ("flows.parquet", "totals.parquet", "quarantine.csv", "accounting.json", "datapackage.json")


def tables() -> list[Path]:
    """The tables of records: every one with the columns of a publisher, not the figures and codes beside them."""
    return [
        path
        for path in sorted((RAW / "trade").glob("*.csv"))
        if path.name.startswith(("baci_", "comtrade_", "dataweb_"))
    ]


def _inputs(user: list[Path]) -> dict[str, str]:
    """Name and hash of everything that can change the processed data."""
    ours = [
        *sorted((ROOT / "rareearth" / "trade").rglob("*.py")),
        *(ROOT / "rareearth" / name for name in ("countries.py", "units.py", "files.py", "text.py")),
        *sorted((RAW / "trade").glob("*.csv")),
        LOCK_FILE,
    ]
    found = {path.relative_to(ROOT).as_posix(): files.text_hash(path) for path in ours}
    found |= {f"user file {path.name}": files.text_hash(path) for path in user}
    return found | {"python": ".".join(map(str, sys.version_info[:2]))}


def user_files(folder: str) -> list[Path]:
    """The files of a user's own folder; empty when none is named.

    Raises:
        Refused: the folder is not there or holds no file.
    """
    if not folder:
        return []
    found = sorted(path for path in Path(folder).glob("*") if not path.name.startswith("."))
    if not found:
        raise Refused(f"USER_DATA={folder}: no such folder, or no file in it: name a folder with trade files")
    return found


def _is_current(stamp: Path, inputs: dict[str, str]) -> bool:
    try:
        last = json.loads(stamp.read_text(encoding="utf-8"))
        outputs = last["outputs"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return last["inputs"] == inputs and all(
        (FOLDER / name).is_file() and files.byte_hash(FOLDER / name) == expected
        for name, expected in outputs.items()
    )


def bring_up_to_date(user_folder: str = "") -> bool:
    """Makes data/processed again when a record, a rule or a user's file has changed; True when it did.

    Args:
        user_folder: A folder with trade files of the user, added to the records of the project.

    Raises:
        Refused: a file is refused, or another process writes there. Earlier data stay.
    """
    user = user_files(user_folder)
    stamp = FOLDER / ".build" / "data.json"
    if _is_current(stamp, _inputs(user)):
        return False
    with files.locked(FOLDER / ".build"):
        inputs = _inputs(user)
        if _is_current(stamp, inputs):  # another process was first
            return False
        from rareearth.trade import clean, output

        cleaned = clean.clean([*tables(), *user])
        stamp.unlink(missing_ok=True)
        output.write(cleaned, FOLDER)
        files.write(FOLDER / "datapackage.json", output.datapackage())
        outputs = {name: files.byte_hash(FOLDER / name) for name in _OUTPUTS}
        files.write(stamp, json.dumps({"inputs": inputs, "outputs": outputs}, indent=1, sort_keys=True))
        total = cleaned.accounting["total"]
        print(
            f"data: {total['rows_read']} rows read, {total['rows_kept']} kept, {total['rows_aggregate']} totals, "
            f"{total['rows_detail']} details, {total['rows_duplicate']} duplicates, "
            f"{total['rows_quarantined']} quarantined"
        )
    return True
