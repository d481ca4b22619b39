"""Files that are whole or not there at all, one writer at a time in a folder, and files that people edit, read with care."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from rareearth.errors import Refused

_LARGEST_TEXT_BYTES = 50_000_000


def byte_hash(path: Path) -> str:
    """Hash of a file, byte for byte; empty when it is not there."""
    if not path.is_file():
        return ""
    with path.open("rb") as stream:  # in blocks: a user's file may be larger than the memory
        return hashlib.file_digest(stream, "sha256").hexdigest()[:16]


@contextlib.contextmanager
def part(path: Path) -> Iterator[Path]:
    """A file to write beside `path`; it takes its place when all went well, else nothing is left of it.

    Raises:
        Refused: a link, a folder, a device or a pipe stands in the place of the file.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        kind = "a link" if path.is_symlink() else "a folder" if path.is_dir() else "a device or a pipe"
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
def locked(folder: Path, tree: Path | None = None) -> Iterator[None]:
    """One writer at a time in a folder. The lock dies with its process, so none goes stale.

    Args:
        folder: Where lock and holder are kept.
        tree: A folder that is the program's alone. What stopped writers left there, files and folders whose names begin
            with ``.part-`` or, in `folder`, with ``work-``, is cleared away; in a user's folder nothing is.

    Raises:
        Refused: another writer holds it; the message names its process.
    """
    import filelock  # a tenth of a second, which a build with nothing to do is spared

    folder.mkdir(parents=True, exist_ok=True)
    lock, holder = folder / "lock", folder / "lock-holder"
    try:
        with filelock.FileLock(lock, timeout=0):
            holder.write_text(str(os.getpid()), encoding="utf-8")
            for left in [*tree.rglob(".part-*"), *folder.glob("work-*")] if tree else ():
                if left.is_dir() and not left.is_symlink():
                    shutil.rmtree(left, ignore_errors=True)
                else:
                    left.unlink(missing_ok=True)
            yield
    except filelock.Timeout:
        pid = holder.read_text(encoding="utf-8") if holder.is_file() else "unknown"
        raise Refused(f"another build is running (process {pid}): wait for it, or stop it") from None


def read_text(path: Path, shown: str) -> str:
    """A text file that a person may have edited.

    Args:
        path: The file.
        shown: How a message names it.

    Raises:
        Refused: it is not there, no regular file (a pipe would be waited for), too large, or not UTF-8.
    """
    if not path.is_file():
        raise Refused(f"{shown}: {'no regular file' if path.exists() else 'no such file'} (F15): restore it")
    if path.stat().st_size > _LARGEST_TEXT_BYTES:
        raise Refused(f"{shown}: over {_LARGEST_TEXT_BYTES // 10**6} MB (F15): restore it")
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{shown}: cannot be read as UTF-8 (F15): {_one_line(error)}") from None


@cache
def _loader(as_text: bool) -> Any:
    """A loader that makes plain values only, and refuses a key that is there twice: YAML alone would take the last."""
    import yaml

    class Loader(yaml.CBaseLoader if as_text else yaml.CSafeLoader):  # type: ignore[misc]
        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            names = [str(key.value) for key, _ in node.value]
            for name in {name for name in names if names.count(name) > 1}:
                raise yaml.constructor.ConstructorError(None, None, f"{name} is there twice", node.start_mark)
            return super().construct_mapping(node, deep)

    return Loader


def read_yaml(path: Path, shown: str = "", *, as_text: bool = False, kind: Any = None) -> Any:
    """A YAML file of the project.

    Args:
        path: The file.
        shown: How a message names it; the file's name when empty.
        as_text: Leave every value as text: YAML alone would read the country NO as false.
        kind: What it must be, see `conform`; anything when None.

    Raises:
        Refused: it cannot be read, is no YAML, is of another kind, or uses aliases, by which a small file unfolds without
            end.
    """
    import yaml

    shown = shown or path.name
    text = read_text(path, shown)
    loader = _loader(as_text)
    try:
        if "*" in text and any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, loader)):
            raise Refused(f"{shown}: uses a YAML alias (F15): write the value out")
        found = yaml.load(text, loader)  # noqa: S506 - see `_loader`
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused(f"{shown}: no readable YAML in UTF-8 (F15): {_one_line(error)}") from None
    return conform(found, kind, shown) if kind else found


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def conform(found: Any, kind: Any, shown: str) -> Any:
    """What was read, as a type that pydantic knows, such as ``list[str]``, a TypedDict or a dataclass; `shown` names it in a message.

    Raises:
        Refused: the first place that is of another type.
    """
    from pydantic import ValidationError

    try:
        return _adapter(kind).validate_python(found)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        place = _one_line(" ".join(map(str, wrong["loc"]))) or "the whole"
        raise Refused(f"{shown}: {place}: {wrong['msg']} (F15): correct it") from None


def read_notebook(path: Path) -> dict[str, Any]:
    """A notebook of format 4 as JSON: ``cells``, each with type, source and metadata.

    Raises:
        Refused: it is none.
    """
    shown = f"notebooks/{path.name}"
    text = read_text(path, shown)
    try:
        notebook: dict[str, Any] = json.loads(text)
        if notebook["nbformat"] != 4:
            raise ValueError("another format")
        ids = [cell["id"] for cell in notebook["cells"] if "id" in cell]
        if len(set(ids)) < len(ids) or not all(re.fullmatch(r"[\w-]{1,64}", one, re.A) for one in ids):
            raise ValueError("ids of cells that are not each its own")
        for cell in notebook["cells"]:
            if cell["cell_type"] not in ("code", "markdown", "raw"):
                raise ValueError("a cell of another type")
            "".join([*cell["source"], *cell["metadata"].get("tags", [])])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refused(f"{shown}: no notebook of format 4 ({_one_line(error)}): restore it") from None
    return notebook


def _one_line(error: object) -> str:
    """An error's text on one line, short and plain: it may quote a hostile file."""
    text = " ".join(str(error).split()).encode("ascii", "backslashreplace").decode()
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:150]
