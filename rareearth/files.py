"""Files that are whole or not there at all, and one writer at a time in a folder."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import filelock

from rareearth.refusal import Refused


def write(path: Path, content: str | bytes) -> None:
    """Writes a file so that a reader sees the old or the new one, never a part."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One writer at a time in the tree that `folder` stands in. The lock dies with its process, so none goes stale.

    Args:
        folder: Where lock and holder are kept; unfinished files in the tree above it are cleared away.

    Raises:
        Refused: another writer holds it; the message names its process.
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
