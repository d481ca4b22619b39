"""Puts finished files in their place: each whole or not at all, and the stamp last."""

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock

from rareearth.briefing.parameters import Refused
from rareearth.briefing.staleness import file_hash


def write(path: Path, text: str) -> None:
    """Writes a file so that a reader sees the old or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One build at a time in an output tree. The lock dies with its process, so none goes stale.

    Raises:
        Refused: another build holds it; the message names its process.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock, holder = folder / "lock", folder / "lock-holder"
    try:
        with filelock.FileLock(lock, timeout=0):
            holder.write_text(str(os.getpid()), encoding="utf-8")
            for litter in folder.parent.rglob(".part-*"):
                litter.unlink(missing_ok=True)
            yield
    except filelock.Timeout:
        pid = holder.read_text(encoding="utf-8") if holder.is_file() else "unknown"
        raise Refused(f"another build is running (process {pid}): wait for it, or stop it") from None


def files(folder: Path, outputs: dict[str, str], stamp: Path, inputs: dict[str, str]) -> None:
    """Publishes the outputs of one briefing.

    Args:
        folder: The tree of reports.
        outputs: Path relative to `folder` to its text.
        stamp: Where inputs and hashes of the outputs are kept; it is written last, so that a kill in
            between means that the briefing is built again.
        inputs: What the briefing was made from.
    """
    stamp.unlink(missing_ok=True)
    for name, text in outputs.items():
        write(folder / name, text)
    hashes = {name: file_hash(folder / name) for name in outputs}
    write(stamp, json.dumps({"inputs": inputs, "outputs": hashes}, indent=1, sort_keys=True))


def combined_results(parts: list[Path]) -> str:
    """results.json of several briefings: a list of Estimates sorted by id.

    Raises:
        Refused: two briefings give one id different contents.
    """
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        for estimate in json.loads(part.read_text(encoding="utf-8")):
            if found.setdefault(estimate["id"], estimate) != estimate:
                raise Refused(f"{estimate['id']} differs between two briefings")
    return json.dumps([found[key] for key in sorted(found)], indent=1, ensure_ascii=False) + "\n"
