"""Kept results: computed once, and never an old one after a figure, a line of code or a library has changed."""

import dataclasses
import json
import multiprocessing
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rareearth import inputs, kept
from rareearth.errors import Refused

MODULE = "rareearth.example"
CODE = """
from rareearth import helper
calls = []
def compute(path, factor):
    calls.append(1)
    import pandas as pd
    text = path.read_text() if path else "1"
    return pd.DataFrame({"x": [float(text) * factor + helper.ADDED]})
def of(path, factor, key=None):
    from rareearth.kept import kept
    return kept("example", [path, factor] if key is None else key, lambda: compute(path, factor))
"""


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A package of two modules and a figure, in the place of this checkout; gives its root."""
    package = tmp_path / "rareearth"
    package.mkdir()
    for name, text in (("__init__", ""), ("example", CODE), ("helper", "ADDED = 0")):
        (package / f"{name}.py").write_text(text)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "figure.csv").write_text("2")
    monkeypatch.setattr(kept, "FOLDER", tmp_path / "kept")
    monkeypatch.setattr(kept, "ROOT", tmp_path)
    monkeypatch.setattr(inputs, "ROOT", tmp_path)
    monkeypatch.setattr(inputs, "PACKAGE", tmp_path / "rareearth")
    monkeypatch.setattr(inputs, "_seen", {})
    yield tmp_path
    for name in (MODULE, "rareearth.helper"):
        sys.modules.pop(name, None)


def example(checkout):
    """The module as it is written now."""
    import rareearth

    namespace = {"__name__": MODULE}
    helper = {}
    exec((checkout / "rareearth" / "helper.py").read_text(), helper)  # noqa: S102 - a module of this test
    rareearth.helper = type("helper", (), helper)
    try:
        exec((checkout / "rareearth" / "example.py").read_text(), namespace)  # noqa: S102
    finally:
        del rareearth.helper
    return namespace


def test_a_result_is_computed_once_and_read_afterwards(checkout):
    module, path = example(checkout), checkout / "data" / "figure.csv"
    first, second = module["of"](path, 3.0), module["of"](path, 3.0)
    assert len(module["calls"]) == 1 and first["x"][0] == 6.0
    pd.testing.assert_frame_equal(first, second)
    assert module["of"](path, 4.0)["x"][0] == 8.0


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("data/figure.csv", "5", 15.0),
        ("rareearth/example.py", CODE.replace("* factor", "* factor * 10"), 60.0),
        ("rareearth/helper.py", "ADDED = 1", 7.0),
    ],
    ids=["a figure", "a line", "a line of an imported module"],
)
def test_what_changed_is_never_answered_with_an_old_result(checkout, name, text, expected):
    path = checkout / "data" / "figure.csv"
    assert example(checkout)["of"](path, 3.0)["x"][0] == 6.0
    before = (checkout / name).stat()
    (checkout / name).write_text(text)
    os.utime(checkout / name, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert example(checkout)["of"](path, 3.0)["x"][0] == expected


def test_another_library_is_another_result(checkout, monkeypatch):
    module, path = example(checkout), checkout / "data" / "figure.csv"
    module["of"](path, 3.0)
    monkeypatch.setattr(inputs, "environment", lambda: "other")
    module["of"](path, 3.0)
    assert len(module["calls"]) == 2


def test_a_file_that_is_read_and_not_named_is_refused(checkout):
    with pytest.raises(Refused, match="example: read data/figure.csv, which is not among its inputs"):
        example(checkout)["of"](checkout / "data" / "figure.csv", 3.0, key=[3.0])
    assert not list((checkout / "kept").glob("*.parquet"))


@pytest.mark.parametrize("left", [0, 100, -1])
def test_a_damaged_result_is_computed_again(checkout, left):
    module, path = example(checkout), checkout / "data" / "figure.csv"
    module["of"](path, 3.0)
    (file,) = (checkout / "kept").glob("*.parquet")
    whole = file.read_bytes()
    file.write_bytes(whole[:left] if left >= 0 else whole[:50] + b"!" + whole[51:])
    assert module["of"](path, 3.0)["x"][0] == 6.0 and file.read_bytes() == whole


def test_where_nothing_can_be_written_it_is_computed(checkout):
    (checkout / "kept").write_text("a file, not a folder")
    module = example(checkout)
    assert [module["of"](None, 3.0)["x"][0] for _ in range(2)] == [3.0, 3.0] and len(module["calls"]) == 2


def test_old_results_make_room(checkout, monkeypatch):
    monkeypatch.setattr(kept, "LARGEST_BYTES", 4000)
    module = example(checkout)
    for factor in range(20):
        module["of"](None, float(factor))
    left = list((checkout / "kept").glob("*.parquet"))
    assert 0 < len(left) < 20 and sum(path.stat().st_size for path in left) <= 4000


def _in_a_process(folder: str, queue) -> None:
    kept.FOLDER = Path(folder)
    queue.put(kept.kept("pid", [1], _own_process)["pid"][0])


def _own_process() -> pd.DataFrame:
    return pd.DataFrame({"pid": [os.getpid()]})


def test_several_processes_get_the_result_of_one(tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "code", lambda module: [Path(__file__)])
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    processes = [context.Process(target=_in_a_process, args=(str(tmp_path), queue)) for _ in range(4)]
    for process in processes:
        process.start()
    found = {queue.get() for _ in processes}
    for process in processes:
        process.join()
    assert len(found) == 1


@dataclasses.dataclass
class Choice:
    year: int
    edition: str


SCALARS = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text(max_size=3)
VALUES = st.recursive(
    SCALARS | st.builds(Choice, st.integers(0, 3), st.text(max_size=2)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


def key(value):
    return json.dumps(kept._described(value))


def in_order(value):
    """A value as text, mappings in the order of their keys."""
    if isinstance(value, dict):
        return "{" + ", ".join(sorted(f"{one!r}: {in_order(value[one])}" for one in value)) + "}"
    return "[" + ", ".join(map(in_order, value)) + "]" if isinstance(value, list) else repr(value)


@given(VALUES, VALUES)
def test_keys_are_equal_exactly_when_inputs_are(left, right):
    assert (key(left) == key(right)) == (in_order(left) == in_order(right))
    assert key([left, right]) == key((left, right)) and key({"a": left, "b": 1}) == key({"b": 1, "a": left})


@given(st.lists(st.floats(allow_nan=False), min_size=1, max_size=5), st.integers(0, 4))
def test_a_changed_cell_of_an_array_or_table_is_another_key(cells, place):
    place %= len(cells)
    other = [*cells]
    other[place] = other[place] + 1 if other[place] + 1 != other[place] else 0.5
    for made in (np.array, lambda column: pd.DataFrame({"x": column}), lambda column: pd.DataFrame({"x": map(str, column)})):  # fmt: skip
        assert key(made(cells)) == key(made([*cells])) and key(made(cells)) != key(made(other))


def test_what_has_no_content_is_no_input():
    with pytest.raises(TypeError, match="object is no input of a kept result"):
        kept._described(object())
