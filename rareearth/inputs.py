"""What a result was made from, by content: files, folders, code and installed libraries. Times of files never count.

`watch` records what a process reads; `changes` compares a stamp of the last build with what there is now. Kept to the
standard library, so that finding out that nothing has changed costs a fraction of a second.
"""

import ast
import base64
import contextlib
import hashlib
import importlib.util
import json
import os
import re
import signal
import sys
import threading
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from rareearth.errors import Refused
from rareearth.files import byte_hash, read_text, write
from rareearth.paths import LOCK_FILE, PACKAGE, PROCESSED, REPORTS, ROOT

# Below the checkout, and made: what lies there follows from other inputs.
_MADE = tuple(f"{folder.as_posix()}/" for folder in (ROOT / ".venv", REPORTS, PROCESSED / "kept", ROOT / ".git"))
_CHECKED_BY_CONTENT = (3).to_bytes(4, "little")  # flags in the head of compiled code (PEP 552)
# What this process has found good: name of an input to its hash then.
checked: dict[str, str] = {}
# In the environment of the kernel of a build: where it writes what it has read.
REPORT = "RAREEARTH_INPUTS"
in_build = False  # whether this process is one
_PR_SET_PDEATHSIG = 1
_hashing = threading.local()
_KEPT_LIBRARIES = PROCESSED / ".build" / "libraries.json"
_PARSING = threading.Lock()


def content_hash(content: bytes) -> str:
    """Hash of a text; a checkout with other line ends is the same content."""
    # To look for one letter costs a tenth of looking for two.
    return hashlib.sha256(content.replace(b"\r\n", b"\n") if b"\r" in content else content).hexdigest()[:16]


def current(name: str) -> str:
    """Hash of an input below the checkout as it is now: of a file, or of the names in a folder where `name` ends with a slash.

    Returns:
        16 hexadecimal digits; empty when there is no such file or folder.
    """
    path = (PACKAGE.parent if name.startswith(f"{PACKAGE.name}/") else ROOT) / name
    _hashing.now = True  # this reading is none of the process's own
    try:
        if name.endswith("/"):
            return content_hash("\n".join(sorted(one.name for one in path.iterdir())).encode())
        return content_hash(path.read_bytes()) if path.is_file() else ""  # no pipe, no device
    except OSError:
        return ""
    finally:
        _hashing.now = False


class Now:
    """Hashes of inputs as they are now; each file is read once, however many pages were made from it."""

    def __init__(self) -> None:
        self._found: dict[str, str] = {}

    def of(self, names: Iterable[str], own: Mapping[str, str]) -> dict[str, str]:
        """The inputs of one result: files and folders of the checkout (see `current`), with other names for what is there no more.

        `own` inputs of other kinds count instead of a file of the same name.
        """
        for name in names:
            if name not in own and name not in self._found:
                self._found[name] = current(name)
        return {name: self._found[name] for name in names if name not in own} | dict(own)


def names(paths: Iterable[Path]) -> list[str]:
    """Paths of the checkout as names of inputs, sorted; of folders with a slash."""
    return sorted(
        path.relative_to(ROOT if path.is_relative_to(ROOT) else PACKAGE.parent).as_posix() + "/" * path.is_dir()
        for path in paths
    )


@cache
def installed() -> dict[str, tuple[list[str], str]]:
    """Each library of the lock with its locked versions (one a Python) and the installed one, empty where there is none.

    One that the lock wants under a condition is left out where it is not installed; those with a line for each Python
    are wanted on all of them.
    """
    locked: dict[str, list[str]] = {}
    text = read_text(LOCK_FILE, LOCK_FILE.name) if LOCK_FILE.exists() else ""
    lines = re.findall(r"^([a-z0-9._-]+)==([^\s;]+)( ;)?", text, re.M)
    for name, version, _ in lines:
        locked.setdefault(name, []).append(version)
    found = {name: (locked[name], "") for name, _, condition in lines if not condition or len(locked[name]) > 1}
    for place in (place for folder in _library_folders() for place in folder.glob("*.dist-info")):
        name, _, version = place.stem.rpartition("-")
        name = re.sub(r"[-_.]+", "-", name).lower()
        if name in locked:
            found[name] = locked[name], version
    return dict(sorted(found.items()))


def _library_folders() -> set[Path]:
    return {Path(path) for path in sys.path if path.endswith(("site-packages", "dist-packages"))}


def environment() -> str:
    """Hash of the version of Python and of the installed version of each library of the lock."""
    versions = {name: version for name, (_, version) in installed().items()}
    return content_hash(json.dumps([sys.version_info[:2], versions]).encode())


def bind_bytecode() -> None:
    """Makes the compiled code of this package valid by the content of its source.

    Python compares time and size of a source, so that an edit that keeps both would run the old code under the hash of
    the new one.
    """
    import py_compile

    for source in (ROOT / "rareearth").rglob("*.py"):
        compiled = Path(importlib.util.cache_from_source(str(source)))
        with contextlib.suppress(OSError):  # not there, or a checkout that is only read
            with compiled.open("rb") as stream:
                is_by_content = stream.read(8)[4:] == _CHECKED_BY_CONTENT
            if not is_by_content:
                mode = py_compile.PycInvalidationMode.CHECKED_HASH
                py_compile.compile(str(source), doraise=False, quiet=2, invalidation_mode=mode)


def code(*modules: str) -> list[Path]:
    """The files of modules (full names) of this package and of every module of it that they import, directly or not, sorted.

    Imports inside functions count too.
    """
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        place = PACKAGE.parent.joinpath(*name.split("."))
        path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        if name in found or not path.is_file():
            continue  # known, or a name inside a module
        found[name] = path
        waiting += [name.rpartition(".")[0], *_imported(path, name if place.is_dir() else name.rpartition(".")[0])]
    return sorted(found.values())


def parsed(source: str | bytes) -> ast.Module:
    """Python code as a tree. Python 3.11 ends with a SystemError where two threads do this at once (gh-106905)."""
    with _PARSING:
        return ast.parse(source)


def _imported(path: Path, package: str) -> list[str]:
    """Names of this package that a file imports; what is imported from a package may be a module itself."""
    found = []
    for node in ast.walk(parsed(path.read_bytes())):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = importlib.util.resolve_name("." * node.level + base, package)
            found += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return [name for name in found if name.partition(".")[0] == PACKAGE.name]


# --- What this process reads ---

_seen: dict[str, list[str]] = {}


@cache
def watch() -> None:
    """Records from now on which files of the checkout this process opens, with the hash of what they hold then."""
    sys.addaudithook(_look)


def seen() -> dict[str, list[str]]:
    """Path below the checkout to the hashes that were read: one, or more where it changed meanwhile.

    Modules that were imported before `watch` are recorded as they are now. A folder whose names below data/ were
    listed is recorded with a slash at its end.
    """
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None)
        if path and (name := _below_root(path)) and name not in _seen:
            _record(name)
    return {name: list(_seen[name]) for name in sorted(_seen)}


def load_ipython_extension(shell: Any) -> None:
    """Makes this process the kernel of a build, at its start: it reports what it reads after every cell.

    It ends with the process that started it, however that dies.
    """
    global in_build
    in_build, report = True, Path(os.environ.pop(REPORT))
    watch()
    shell.events.register("post_run_cell", lambda result: report.write_text(_report()))
    if sys.platform == "linux":  # elsewhere ipykernel looks every second whether its parent lives
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _report() -> str:
    """Which checkout this is, what was read of it, and the code of libraries."""
    return json.dumps({"root": str(ROOT), "read": seen(), "loaded": loaded()})


def data_seen() -> set[str]:
    """The files below data/ among what was read so far."""
    return {name for name in _seen if name.startswith("data/") and not name.endswith("/")}


def forget() -> None:
    """Forgets what was read so far, except code: that runs as it was imported. For a process that makes many results."""
    for name in [name for name in _seen if not name.endswith(".py")]:
        del _seen[name]


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open":
        path, _, flags = arguments
        is_read = isinstance(flags, int) and flags & os.O_ACCMODE == os.O_RDONLY
    elif event in ("os.listdir", "os.scandir"):
        path, is_read = arguments[0], True
    else:
        return
    if not is_read or not isinstance(path, str | bytes | os.PathLike) or getattr(_hashing, "now", False):
        return
    name = _below_root(os.fsdecode(path))
    if event == "open":
        _record(name)
    elif name.startswith("data/") and not f"{ROOT.as_posix()}/{name}/".startswith(_MADE):
        _record(f"{name}/")


def _below_root(path: str) -> str:
    """Path below the checkout, of the source for compiled code; empty for what lies elsewhere or is made."""
    path = os.path.realpath(path)  # noqa: PTH118
    if path.endswith(".pyc"):
        try:
            path = importlib.util.source_from_cache(path)
        except ValueError:
            return ""
    is_ours = path.startswith(f"{ROOT}{os.sep}") and not path.startswith(_MADE)
    return path[len(str(ROOT)) + 1 :].replace(os.sep, "/") if is_ours else ""


def _record(name: str) -> None:
    found = current(name) if name else ""
    if found and found not in _seen.setdefault(name, []):
        _seen[name].append(found)


# --- The code of libraries that this process runs ---

_loaded: dict[str, str] = {}
_good: dict[str, list[int]] = {}


def loaded() -> list[str]:
    """Files in Python outside the checkout that this process has imported; Python's own are left out."""
    python = os.path.dirname(os.__file__)  # noqa: PTH120 - as it stands in the names of modules
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if name not in _loaded and name != "__main__" and path and path.endswith(".py"):
            is_of_python = path.startswith(f"{python}{os.sep}") and "-packages" not in path
            _loaded[name] = "" if is_of_python or _below_root(path) else path
    return sorted({path for path in _loaded.values() if path})


def check_libraries(paths: Iterable[str], keep: bool = True) -> None:
    """Refuses code that is neither of the checkout nor as the lock installed it; hashes are those of the installer.

    Args:
        paths: See `loaded`.
        keep: Whether what is good is kept, so that `check_kept_libraries` sees a later change.

    Raises:
        Refused: the first such file.
    """
    for path in paths:
        state = _state(path)
        if _good.get(path) == state:
            continue
        if not path.startswith(_below_libraries()) or path.endswith(("sitecustomize.py", "usercustomize.py")):
            raise Refused(f"{path}: ran, and is no part of this checkout or of its lock: take it off Python's path")
        expected = _installed_hashes().get(path)
        digest = base64.urlsafe_b64encode(hashlib.sha256(Path(path).read_bytes()).digest()).decode().rstrip("=")
        if expected and digest != expected:
            raise Refused(f"{path}: is not as it was installed: rm -r .venv, then make setup")
        _good[path] = state
    if keep:
        with contextlib.suppress(OSError):  # a checkout that is only read
            write(_KEPT_LIBRARIES, json.dumps(_good))


def check_kept_libraries() -> None:
    """Refuses a library that was changed since the pages were made with it; only what changed is read.

    Raises:
        Refused: see `check_libraries`.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):
        _good.update(json.loads(_KEPT_LIBRARIES.read_text(encoding="utf-8")).items())
    changed = [path for path, state in _good.items() if _state(path) not in (state, [])]
    check_libraries([path for path in changed if path.startswith(_below_libraries())], keep=False)


def _below_libraries() -> tuple[str, ...]:
    return tuple(f"{folder}{os.sep}" for folder in _library_folders())


def _state(path: str) -> list[int]:
    """Size and times, by which a change is suspected; empty where there is no such file."""
    try:
        found = os.stat(path)  # noqa: PTH116 - of a thousand files
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


@cache
def _installed_hashes() -> dict[str, str]:
    """File of an installed library to its hash, as the installer wrote it down (RECORD, PEP 376)."""
    found = {}
    for record in (record for folder in _library_folders() for record in folder.glob("*.dist-info/RECORD")):
        for line in record.read_text(encoding="utf-8").splitlines():
            name, _, rest = line.rpartition(",sha256=")
            found[str(record.parent.parent / name)] = rest.partition(",")[0]
    return found


# --- Stamps: what the last build was made from, and what it made ---


def stamp_text(inputs: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """A stamp as it is written: names to hashes."""
    return json.dumps({"inputs": inputs, "outputs": outputs}, indent=1, sort_keys=True)


def read_stamp(stamp: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Inputs and outputs of the last build; both empty when there is no readable stamp."""
    try:
        found = json.loads(stamp.read_text(encoding="utf-8"))
        inputs, outputs = dict(found["inputs"]), dict(found["outputs"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}, {}
    return inputs, outputs


def changes(stamp: Path, now: Mapping[str, str], folder: Path) -> list[str]:
    """Why what `stamp` of the last build describes must be made again; empty when it is up to date.

    `now` are the inputs as they are, `folder` is where the outputs lie.
    """
    before, outputs = read_stamp(stamp)
    if not outputs:
        return ["no earlier build"]
    reasons = [f"{name} is new" for name in now if name not in before]
    reasons += [f"{name} was removed" for name in before if not now.get(name)]
    reasons += [f"{name} changed" for name in now if now[name] and now[name] != before.get(name, now[name])]
    return reasons + [f"output {name} is missing or was changed" for name in changed_outputs(outputs, folder)]


def changed_outputs(outputs: Mapping[str, str], folder: Path) -> Iterable[str]:
    """Outputs that are not what the stamp says."""
    return [name for name, expected in outputs.items() if byte_hash(folder / name) != expected]
