"""Files that are whole or not there at all, and one writer at a time in a folder."""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import filelock

from rareearth.errors import Refused


def text_hash(path: Path) -> str:
    """Hash of a text file; other line ends are the same content."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()[:16]


def byte_hash(path: Path) -> str:
    """Hash of a file, byte for byte."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


@contextlib.contextmanager
def part(path: Path) -> Iterator[Path]:
    """A file to write beside `path`; it takes its place when all went well, else nothing is left of it.

    Raises:
        Refused: a link or a folder stands in the place of the file.
    """
    if path.is_symlink() or path.is_dir():
        kind = "a link" if path.is_symlink() else "a folder"
        raise Refused(f"{path}: is {kind}, where a file is to be written: move it away")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb") as stream:
            os.fsync(stream.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write(path: Path, content: str | bytes) -> None:
    """Writes a file so that a reader sees the old or the new one, never a part."""
    with part(path) as temporary:
        temporary.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


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
