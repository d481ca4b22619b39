"""What a result was made from: what a process reads is recorded, and a change of it is never overlooked."""

import base64
import hashlib
import json
import os
import random
import subprocess
import sys

import pytest

from rareearth import files, inputs
from rareearth.errors import Refused
from rareearth.paths import ROOT


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A tree of thirty files in the place of the checkout."""
    for number in range(30):
        path = tmp_path / ("data/raw" if number % 2 else "rareearth") / f"file-{number}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"figure {number}\n" * 5)
    monkeypatch.setattr(inputs, "ROOT", tmp_path)
    monkeypatch.setattr(inputs, "PACKAGE", tmp_path / "rareearth")
    return tmp_path


def test_two_hundred_random_changes_are_seen_and_nothing_else(checkout):
    choose = random.Random(3)
    names = inputs.names(path for path in checkout.rglob("*") if path.is_file())
    output = checkout / "page.html"
    output.write_text("page")
    for number in range(200):
        read = choose.sample(names, choose.randint(1, 20))
        own = {"parameters": str(number)}
        stamp = checkout / "stamp.json"
        made_from = inputs.Now().of(read, own)
        stamp.write_text(inputs.stamp_text(made_from, {"page.html": inputs.byte_hash(output)}))
        assert inputs.changes(stamp, inputs.Now().of(read, own), checkout) == []
        name = choose.choice(names)
        path = checkout / name
        before = path.read_bytes()
        place = choose.randrange(len(before))
        path.write_bytes(before[:place] + bytes([before[place] ^ 1]) + before[place + 1 :])
        now = inputs.Now().of(inputs.read_stamp(stamp)[0], own)
        assert inputs.changes(stamp, now, checkout) == ([f"{name} changed"] if name in read else [])
        path.write_bytes(before)


def test_a_new_file_in_a_folder_that_was_read_is_a_change(checkout):
    before = inputs.current("data/raw/")
    (checkout / "data" / "raw" / "file-1--2027.csv").write_text("")
    assert inputs.current("data/raw/") != before and inputs.current("data/other/") == ""


def reported(code: str) -> dict[str, list[str]]:
    """What a fresh process that runs some code says that it read."""
    text = f"import json; from rareearth import inputs; inputs.watch()\n{code}\nprint(json.dumps(inputs.seen()))"
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_tables_modules_and_folders_that_a_process_reads_are_recorded():
    found = reported(
        "import pandas as pd\nfrom rareearth.paths import RAW\nfrom rareearth import text, tables\n"
        "pd.read_csv(RAW / 'claims' / 'claims.csv'); list((RAW / 'money').glob('*.csv')); tables.load('prices')"
    )
    for name in (
        "data/raw/claims/claims.csv",
        "rareearth/text.py",
        "data/raw/money/prices.csv",
        "rareearth/inputs.py",
    ):
        assert found[name] == [inputs.current(name)], name
    assert "data/raw/money/" in found and "data/raw/plans/reserve_plans.csv" not in found
    assert not [name for name in found if name.startswith((".venv", "reports", "/"))]


def test_a_file_that_changes_between_two_readings_has_two_hashes(checkout, monkeypatch):
    monkeypatch.setattr(inputs, "_seen", {})
    inputs.watch()
    path = checkout / "data" / "raw" / "file-1.csv"
    path.read_text()
    first = inputs.current("data/raw/file-1.csv")
    path.write_text("other")
    path.read_text()
    assert inputs.seen()["data/raw/file-1.csv"] == [first, inputs.current("data/raw/file-1.csv")]


def test_code_is_followed_through_imports_also_inside_functions():
    found = {path.relative_to(ROOT).as_posix() for path in inputs.code("rareearth.trade.clean")}
    assert {
        "rareearth/__init__.py",
        "rareearth/trade/clean.py",
        "rareearth/countries.py",
        "rareearth/paths.py",
    } <= found
    assert not [name for name in found if name.startswith(("rareearth/site", "rareearth/processing"))]


def test_the_installed_libraries_are_those_of_the_lock(monkeypatch, tmp_path):
    before = inputs.environment()
    assert len(inputs.installed()) > 80
    name, (locked, _) = next(iter(inputs.installed().items()))
    monkeypatch.setattr(inputs, "installed", lambda: {name: (locked, "0.0.1")})
    assert inputs.environment() != before


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A library that was installed beside the tests' own, and is imported."""
    folder = tmp_path / "site-packages"
    path = folder / "one_of_a_test.py"
    files.write(path, "value = 1\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(path.read_bytes()).digest()).decode().rstrip("=")
    files.write(folder / "one_of_a_test-1.0.dist-info" / "RECORD", f"one_of_a_test.py,sha256={digest},10\n")
    monkeypatch.setattr(inputs, "_library_folders", lambda: {folder})
    monkeypatch.setattr(inputs, "_KEPT_LIBRARIES", tmp_path / "libraries.json")
    monkeypatch.setattr(inputs, "_good", {})
    inputs._installed_hashes.cache_clear()
    yield path
    inputs._installed_hashes.cache_clear()


@pytest.mark.fault(182)
def test_a_library_is_as_it_was_installed_or_refused(library, monkeypatch):
    """Also where size and time are the old ones, and where nothing is to be made: what a build has used is kept."""
    inputs.check_libraries([str(library)])
    inputs.check_kept_libraries()
    before = library.stat()
    library.write_text("value = 2\n")
    os.utime(library, ns=(before.st_atime_ns, before.st_mtime_ns))
    monkeypatch.setattr(inputs, "_good", {})  # another process
    for check in (inputs.check_kept_libraries, lambda: inputs.check_libraries([str(library)])):
        with pytest.raises(Refused, match="one_of_a_test.py: is not as it was installed: rm -r .venv, then make setup"):
            check()
    library.write_text("value = 1\n")
    inputs.check_libraries([str(library)])
    library.unlink()  # a checkout that was moved
    inputs.check_kept_libraries()


@pytest.mark.fault(182)
def test_code_of_another_place_is_refused(library):
    (library.parent / "sitecustomize.py").touch()
    (library.parents[1] / "elsewhere.py").touch()
    for path in (library.parent / "sitecustomize.py", library.parents[1] / "elsewhere.py"):
        with pytest.raises(Refused, match=f"{path.name}: ran, and is no part of this checkout or of its lock"):
            inputs.check_libraries([str(path)])


@pytest.mark.parametrize("content", ["", "{", "7", "[]", '{"x": 7}'])
def test_a_damaged_list_of_libraries_stops_nothing(library, content):
    inputs._KEPT_LIBRARIES.write_text(content)
    inputs.check_kept_libraries()


def test_what_is_loaded_are_libraries_alone():
    found = inputs.loaded()
    assert any("site-packages/pytest/" in path for path in found)
    assert not any(path.endswith(("/json/decoder.py", "rareearth/inputs.py")) for path in found)
