"""The command line and make: what a stranger reads, and values that stay what they are."""

import os
import shutil
import subprocess
import sys

import pytest

from rareearth import cli, inputs
from rareearth.errors import Refused
from rareearth.paths import ROOT


def test_help_names_every_command_and_version_is_one_line(capsys):
    for words in ([], ["sweep"]):
        with pytest.raises(SystemExit, match="0"):
            cli.main([*words, "--help"])
    text = capsys.readouterr().out
    for name in "build run sweep share data verify seal refresh clean archive ask reconcile".split():
        assert f"    {name} " in text or f"    {name}\n" in text, name
    with pytest.raises(SystemExit, match="0"):
        cli.main(["--version"])
    assert capsys.readouterr().out.startswith("rare-earth-briefings ")


@pytest.mark.parametrize("words", [["--help"], ["run", "nothing", "-p", "year=2023"], ["clean"], ["build"]])
def test_nothing_heavy_is_imported_before_it_is_needed(words):
    code = (
        "import sys\nfrom rareearth.cli import main\n"
        f"try: main({words})\nexcept SystemExit: pass\n"
        "print({'pandas', 'numpy', 'papermill', 'pydantic', 'duckdb', 'ibis'} & set(sys.modules))"
    )
    environment = {**os.environ, "RAREEARTH_PARAMS": "year=2023"}  # which `build` refuses
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.stdout.endswith("set()\n") and "Traceback" not in done.stderr, done.stderr


def test_parameters_beside_all_reports_are_refused_with_the_right_command(monkeypatch, capsys):
    monkeypatch.setenv("RAREEARTH_PARAMS", "year=2023")
    assert cli.main(["build"]) == 1
    assert 'make report NAME=processing-share PARAMS="year=2023"' in capsys.readouterr().err


@pytest.mark.parametrize("words", ["a\x1b[31mred", "two\nlines", "bell\a", "\N{RIGHT-TO-LEFT OVERRIDE}x"])
def test_no_sign_of_a_name_steers_the_terminal(capsys, words, tmp_path):
    assert cli.main(["clean", words, "--out", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert error.endswith("\n") and error[:-1].isprintable()


@pytest.mark.fault(174)
def test_another_version_than_the_locked_one_is_refused(monkeypatch, capsys):
    monkeypatch.setattr(inputs, "installed", lambda: {"mistune": (["3.4.0"], "3.1.4")})
    assert cli.main(["build"]) == 1
    assert "mistune 3.1.4 is installed, the lock has 3.4.0: rm -r .venv" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "advice"),
    [(FileNotFoundError, "restore it"), (NotADirectoryError, "move away the file"), (FileExistsError, "move away what"), (OSError, "free space")],
)  # fmt: skip
def test_what_to_do_fits_what_is_wrong(monkeypatch, capsys, error, advice):
    def fails(given):
        raise error(1, "words", "x")

    monkeypatch.setattr(cli, "_verify", fails)
    assert cli.main(["verify"]) == 1
    assert capsys.readouterr().err.startswith(f"rareearth: x: words: earlier files are kept; {advice}")


@pytest.mark.fault(183)
def test_no_name_of_a_file_steers_a_terminal(monkeypatch, capsys):
    """Neither in an error nor in what a command says when all went well."""
    monkeypatch.setattr(cli, "_seal", lambda given: print(f"{given.file}: sealed"))
    assert not cli.main(["seal", "a\x1b[31m\x9b\u202e.csv"])
    assert capsys.readouterr().out == "a\\x1b[31m\\x9b\\u202e.csv: sealed\n"
    assert cli.main(["clean", "a\x1b[31m.csv", "--dry-run"]) == 1
    assert capsys.readouterr().err.startswith("rareearth: a\\x1b[31m.csv: cannot be opened")


@pytest.mark.fault(162)
def test_an_environment_of_another_checkout_is_refused(monkeypatch, tmp_path):
    (tmp_path / "rareearth").mkdir()
    (tmp_path / "rareearth" / "paths.py").touch()
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    cli._check_environment()  # this checkout is the working directory, or named in PYTHONPATH
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH")
    with pytest.raises(Refused, match="run make setup in"):
        cli._check_environment()


VARIABLES = "NAME PARAMS COUNTRIES SCHEDULER PUBLISHERS USER_DATA ARGS WHY ADD ACCEPT_SHRINK UNSEALED".split()


@pytest.fixture
def make(tmp_path):
    """`make` on a Makefile of ours with a Python that writes down what reaches it."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "tools").mkdir()
    for path, text in (
        ("tools/setup.sh", "exit 0"),
        (".venv/bin/python", 'echo "$@" >called; env | grep ^RAREEARTH_ | sort >given'),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / path).chmod(0o755)

    def run(*words, **environment):
        done = subprocess.run(
            ["make", *words], cwd=tmp_path, env={**os.environ, **environment}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        lines = (tmp_path / "given").read_text().splitlines()
        return dict(line.partition("=")[::2] for line in lines), (tmp_path / "called").read_text().strip()

    return tmp_path, run


@pytest.mark.fault(168)
@pytest.mark.parametrize("name", [*VARIABLES, "PYTHON", "ANYTHING"])
@pytest.mark.parametrize("target", ["reports", "report", "sweep", "refresh", "data", "lab"])
def test_make_expands_no_value(make, name, target):
    """Neither a variable of the project nor another: make would expand them to hand them on."""
    folder, run = make
    value = "$(shell touch expanded)`touch run`$$x"
    given, called = run(target, f"{name}={value}")
    assert not (folder / "expanded").exists() and not (folder / "run").exists()
    assert given.get(f"RAREEARTH_{name}", value) == value and "touch" not in called


@pytest.mark.parametrize("word", ["0", "no", "false"])
@pytest.mark.fault(168)
def test_a_switch_of_make_that_says_no_is_off(make, word):
    _, run = make
    given, called = run("refresh", f"UNSEALED={word}", f"ADD={word}", f"ACCEPT_SHRINK={word}")
    assert given["RAREEARTH_UNSEALED"] == "" and called == "-m rareearth refresh"
    assert run("reports", f"WHY={word}")[1] == "-m rareearth build"


def test_make_among_the_notebooks_says_where_it_works(tmp_path):
    shutil.copy(ROOT / "notebooks" / "Makefile", tmp_path)
    words = ["make", "report", f"NAME=$(shell touch {tmp_path / 'expanded'})"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2 and "make -C .. report" in done.stderr
    assert len(done.stderr.splitlines()) == 1 and not (tmp_path / "expanded").exists()


@pytest.mark.fault(168)
def test_variables_of_the_environment_are_not_meant_for_the_project(make):
    """WSL sets NAME to the name of the computer."""
    _, run = make
    given, called = run("sweep", "COUNTRIES=JPN", **dict.fromkeys(VARIABLES, "DESKTOP-7QK2"))
    assert given["RAREEARTH_COUNTRIES"] == "JPN"
    assert given["RAREEARTH_NAME"] == "" and called == "-m rareearth sweep"


def test_a_country_that_is_not_listed_has_a_page(monkeypatch):
    from rareearth.site import briefings

    found = briefings.variant("country-fra", {})
    assert found.slug == "country-fra" and found.parameters["country"] == "FRA"
    assert briefings.variant("country-fra", {"days": "30"}).slug == "country-fra--days-30"
    with pytest.raises(Refused, match="there is no briefing 'country-zzz'"):
        briefings.variant("country-zzz", {})
