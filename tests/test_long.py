"""What takes longer: two builds under other conditions, a hundred mutations, kills at random moments."""

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from rareearth import ledger
from rareearth.paths import RAW, ROOT
from rareearth.schemas import SCHEMAS
from tests.trade_files import comtrade

pytestmark = pytest.mark.long


def checkout(folder):
    """The tracked and untracked files of this checkout, without what is made."""
    made = (".git", ".venv", "reports", "processed", "__pycache__", ".hypothesis", ".pytest_cache")
    return shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*made))


def start(folder, command="build", **environment):
    return subprocess.Popen(
        [sys.executable, "-m", "rareearth", command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(folder, **environment):
    """Data and reports brought up to date; every made file with its hash."""
    for command in ("data", "build"):
        process = start(folder, command, **environment)
        _, errors = process.communicate(timeout=1200)
        assert process.returncode == 0, errors
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for made in ("reports", "data/processed")
        for path in sorted((folder / made).rglob("*"))
        if path.is_file() and ".build" not in path.parts
    }


def test_two_builds_are_the_same_bytes(tmp_path):
    plain = finish(checkout(tmp_path / "one"))
    settings = tmp_path / "home" / ".config" / "matplotlib"
    settings.mkdir(parents=True)
    (settings / "matplotlibrc").write_text("font.size: 30\n")
    other = finish(
        checkout(tmp_path / "zwei ä #2"),
        TZ="Asia/Tokyo",
        LC_ALL="C",
        PYTHONHASHSEED="7",
        HOME=str(tmp_path / "home"),
        MPLBACKEND="TkAgg",
    )
    assert len(plain) >= 7 and plain == other


def test_a_hundred_changed_digits_are_noticed(tmp_path):
    raw = shutil.copytree(RAW, tmp_path / "raw")
    choose = random.Random(0)
    noticed = 0
    for _ in range(100):
        path = raw / choose.choice(sorted(SCHEMAS))
        good = path.read_bytes()
        place = choose.choice([i for i, byte in enumerate(good) if 48 <= byte <= 57])
        digit = choose.choice([d for d in range(48, 58) if d != good[place]])
        path.write_bytes(good[:place] + bytes([digit]) + good[place + 1 :])
        noticed += bool(ledger.verify(raw))
        path.write_bytes(good)
    print(f"changed digits noticed: {noticed} of 100")
    assert noticed == 100


def with_one_briefing(folder):
    """A checkout that makes one small page: what is killed is the runner, not the analysis."""
    (folder / "briefings.yml").write_text(
        "- {slug: other-minerals, notebook: 07_other_minerals.ipynb, parameters: {}}\n"
    )
    return folder


def test_kills_leave_whole_files_and_the_next_build_is_the_clean_one(tmp_path):
    clean = finish(with_one_briefing(checkout(tmp_path / "clean")))
    folder = with_one_briefing(checkout(tmp_path / "killed"))
    choose = random.Random(1)
    for number in range(10):
        process = start(folder)
        time.sleep(choose.uniform(0.2, 7))
        kind = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)[number % 3]
        process.send_signal(kind)
        process.communicate(timeout=60)
        assert finish(folder) == clean
        shutil.rmtree(folder / "reports")
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert str(folder) not in left


def test_a_users_own_files_reach_the_page_and_leave_again(tmp_path):
    """USER_DATA adds a file to the records; without it the next build is as if it had never been there."""
    folder = checkout(tmp_path / "one")
    plain = finish(folder)
    own = tmp_path / "own files"
    own.mkdir()
    rows = [
        {
            "reporterCode": reporter,
            "partnerCode": partner,
            "flowCode": flow,
            "primaryValue": value,
            "cmdCode": "850511",
        }
        for reporter, partner, flow, value in (
            ("156", "392", "X", "90"),
            ("392", "156", "M", "100"),
            ("156", "842", "X", "50"),
            ("842", "156", "M", "200"),
        )
    ]
    (own / "mine.csv").write_text(comtrade(*rows))
    environment = {"USER_DATA": str(own), "RAREEARTH_NAME": "trade-quality"}
    for command, parameters in (("data", ""), ("run", "year=2024 codes=850511")):
        process = start(folder, command, **environment, RAREEARTH_PARAMS=parameters)
        _, errors = process.communicate(timeout=1200)
        assert process.returncode == 0, errors
    page = (folder / "reports" / "trade-quality--codes-850511--year-2024.html").read_text(encoding="utf-8")
    assert "Of 2 flows of 2024 that both countries report" in page and "mine.csv" in page
    assert str(own) not in page
    assert {name: one for name, one in finish(folder).items() if "--" not in name} == plain
