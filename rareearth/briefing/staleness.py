"""What a briefing depends on, by content: times of files never count.

Kept to the standard library, so that finding out that nothing has changed costs a fraction of a second.
"""

import hashlib
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

from rareearth.paths import CITATION, LOCK_FILE, NOTEBOOKS, PROCESSED, RAW, ROOT


def _hash(data: bytes) -> str:
    # A checkout with other line ends is the same content.
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()[:16]


def file_hash(path: Path) -> str:
    """Hash of an output file, byte for byte; empty when it is not there."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16] if path.is_file() else ""


def _notebook_code(notebook: Path) -> bytes:
    """Sources and tags of the cells: saving outputs or metadata in Lab changes nothing."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    kept = [[cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("tags", [])] for cell in cells]
    return json.dumps(kept).encode()


@cache
def _shared() -> dict[str, str]:
    """What every briefing depends on; read once in a run, however many briefings there are."""
    package = ROOT / "rareearth"
    files = [
        *(
            path
            for kind in ("*.py", "*.j2", "*.css", "*.yml", "*.mplstyle", "conf.json")
            for path in package.rglob(kind)
        ),
        *(path for path in RAW.rglob("*") if path.is_file()),
        *RAW.parent.glob("*.yml"),
        *(PROCESSED / ".build").glob("data.json"),  # names every processed table with its hash
        LOCK_FILE,
        CITATION,
    ]
    return {path.relative_to(ROOT).as_posix(): _hash(path.read_bytes()) for path in sorted(files)}


def state(listing: Path) -> str:
    """One hash of the list of briefings and of all that the meaning of its entries depends on."""
    notebooks = {path.name: _hash(_notebook_code(path)) for path in sorted(NOTEBOOKS.glob("*.ipynb"))}
    parts = {**_shared(), **notebooks, "list": _hash(listing.read_bytes())}
    return _hash(json.dumps(parts).encode())


def inputs(notebook: Path, parameters: dict[str, Any]) -> dict[str, str]:
    """Name and hash of everything that can change the briefing.

    Args:
        notebook: The notebook file.
        parameters: The complete, typed parameters.
    """
    return {
        **_shared(),
        f"notebooks/{notebook.name}": _hash(_notebook_code(notebook)),
        "parameters": json.dumps(parameters, sort_keys=True),
        "python": ".".join(map(str, sys.version_info[:2])),
    }


def changes(stamp: Path, now: dict[str, str], folder: Path) -> list[str]:
    """Why the briefing of `stamp` must be built again; empty when it is up to date.

    Args:
        stamp: JSON written by the last build: ``inputs`` and ``outputs`` with their hashes.
        now: `inputs` of today.
        folder: Where the outputs lie.
    """
    try:
        last = json.loads(stamp.read_text(encoding="utf-8"))
        before, outputs = last["inputs"], last["outputs"]
    except (OSError, ValueError, KeyError, TypeError):
        return ["no earlier build"]
    reasons = [f"{name} is new" for name in now if name not in before]
    reasons += [f"{name} was removed" for name in before if name not in now]
    reasons += [f"{name} changed" for name in now if name in before and now[name] != before[name]]
    for name, expected in outputs.items():
        if file_hash(folder / name) != expected:
            reasons.append(f"output {name} is missing or was changed")
    return reasons
