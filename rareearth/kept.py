"""Results that are computed once and kept under data/processed/kept, by the content of what went in.

    samples = kept("share", [RAW / "supply" / "china_quotas.csv", year, edition], lambda: simulate(year, edition))

The key is made of `inputs`, of the code of the module that `compute` is written in with all that it imports of this
package, and of the installed libraries: a changed figure, line or library gives another key, never an old result.
"""

import contextlib
import dataclasses
import hashlib
import io
import json
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import filelock

from rareearth import files, inputs
from rareearth.errors import Refused
from rareearth.paths import PROCESSED, ROOT

if TYPE_CHECKING:
    import pandas as pd

FOLDER = PROCESSED / "kept"
# When all results together take more room than this, those that were not read for longest are deleted.
LARGEST_BYTES = 500_000_000


def kept(name: str, key_inputs: Iterable[Any], compute: Callable[[], "pd.DataFrame"]) -> "pd.DataFrame":
    """The result of `compute`, read back where it was computed before from the same inputs.

    Safe with several kernels at once: the first computes, the others wait for it.

    Args:
        name: What the result is, in lower case with hyphens; the file is named after it.
        key_inputs: All that the result depends on besides code: paths of data files (their content counts), numbers,
            text, lists, mappings, dataclasses, arrays and DataFrames.
        compute: A function or lambda of a module of this package. It gives a DataFrame; arrays are its columns. It may
            open no file below data/ that is not among `key_inputs`.

    Returns:
        The DataFrame as Parquet gives it back, also the first time: later calls return the same values.

    Raises:
        Refused: `compute` read a file of data/ that is not among `key_inputs`.
        TypeError: an input is of a kind that has no content to compare.
    """
    key_inputs = list(key_inputs)
    inputs.watch()
    place = f"{name}-{_key(compute, key_inputs)}"
    found = _read(place)
    if found is None:
        with _alone(place):
            found = _read(place)
            if found is None:
                found = _computed(place, key_inputs, compute)
    import pyarrow.parquet

    return pyarrow.parquet.read_table(io.BytesIO(found)).to_pandas()


def _key(compute: Callable[[], Any], key_inputs: list[Any]) -> str:
    files_of_code = inputs.code(compute.__module__)
    if not files_of_code:
        raise TypeError(f"{compute.__module__} is no module of this package: its code cannot be compared")
    parts = [_described(path) for path in files_of_code], _described(key_inputs), inputs.environment()
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def _described(value: Any) -> Any:
    """A value as JSON; the content of files, arrays and tables by its hash. Equal descriptions mean equal content."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Path):
        return ["file", _name(value), hashlib.sha256(value.read_bytes()).hexdigest()]
    if isinstance(value, Mapping):
        return ["mapping", *sorted(([_described(key), _described(one)] for key, one in value.items()), key=repr)]
    if isinstance(value, list | tuple):
        return ["list", *map(_described, value)]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return ["fields of", type(value).__qualname__, _described(fields)]
    import numpy as np
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        columns = [[_described(name), _described(value[name].to_numpy())] for name in value]
        return ["table", *columns, _described(value.index.to_numpy())]
    if isinstance(value, np.generic):
        return _described(value.item())
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{type(value).__name__} is no input of a kept result: give numbers, text, paths or tables")
    if value.dtype.hasobject:
        return ["cells", list(value.shape), *(_described(cell) for cell in value.ravel())]
    return ["array", value.dtype.str, list(value.shape), hashlib.sha256(value.tobytes()).hexdigest()]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else path.name


def _read(place: str) -> bytes | None:
    """The bytes of a result that is whole: their hash stands in the name of the file."""
    for path in FOLDER.glob(f"{place}-*.parquet"):
        with contextlib.suppress(OSError):
            content = path.read_bytes()
            if path.stem == f"{place}-{_digest(content)}":
                os.utime(path)  # the order in which results are deleted
                return content
    return None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


@contextlib.contextmanager
def _alone(place: str) -> Any:
    """One process at a time for a result; where nothing can be written, nobody waits."""
    try:
        FOLDER.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(FOLDER / f".{place}.lock")
        lock.acquire()
    except OSError:
        yield
        return
    try:
        yield
    finally:
        lock.release()


def _computed(place: str, key_inputs: list[Any], compute: Callable[[], "pd.DataFrame"]) -> bytes:
    import pyarrow
    import pyarrow.parquet

    before = inputs.data_seen()
    frame = compute()
    for read in inputs.data_seen() - before - {_name(path) for path in _paths(key_inputs)}:
        name = place.rpartition("-")[0]
        raise Refused(f"{name}: read {read}, which is not among its inputs: add its path")
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.Table.from_pandas(frame), buffer)
    content = buffer.getvalue()
    with contextlib.suppress(OSError):  # a full disk or a read-only checkout: computed each time
        files.write(FOLDER / f"{place}-{_digest(content)}.parquet", content)
        _make_room()
    return content


def _paths(value: Any) -> Iterable[Path]:
    if isinstance(value, Path):
        yield value
    elif isinstance(value, Mapping | list | tuple):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _paths(one)


def _make_room() -> None:
    by_age = sorted(FOLDER.glob("*.parquet"), key=lambda path: path.stat().st_mtime, reverse=True)
    room = LARGEST_BYTES
    for path in by_age:
        room -= path.stat().st_size
        if room < 0:
            path.unlink(missing_ok=True)
    names = {path.stem.rpartition("-")[0] for path in FOLDER.glob("*.parquet")}
    for lock in FOLDER.glob(".*.lock"):
        if lock.name[1:].removesuffix(".lock") not in names:
            lock.unlink(missing_ok=True)
