"""What a result was made from: what a process reads is recorded, and a change of it is never overlooked."""

import json
import random
import subprocess
import sys

import pytest

from rareearth import inputs
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
