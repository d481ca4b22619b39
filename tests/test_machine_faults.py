"""Sections F, G and I of the fault catalogue, as far as they need no browser: downloads, machines, locks, Lab."""

import csv
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import matplotlib
import pandas as pd
import pytest
from matplotlib import font_manager

from rareearth import checks, show
from rareearth.charts import frame
from rareearth.paths import RAW, ROOT
from tests.conftest import CANARY, PAGES
from tests.test_page import Page
from tests.test_quantity import made


def python(code, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# --- F: pages and downloads ---


@pytest.mark.fault(121)
@pytest.mark.parametrize("name", ["index", *PAGES])
def test_links_to_other_hosts_are_plain_and_give_nothing_away(built, name):
    layer = built / (f"{name}.html" if name == "index" else f"{name}/record.html")
    page = Page(layer.read_text(encoding="utf-8"))
    links = [link for link in page.all("a") if re.match("[a-z]+:", link["href"]) and "download" not in link]
    assert links or name == "index"
    for link in links:
        assert link["href"].startswith(("https://", "http://")) and link["rel"] == "noopener noreferrer", link
    assert not [attributes for tag, attributes in page.tags if str(attributes.get("src", "")).startswith("http")]


# A name of another machine or person, an address, a folder, an object: nothing of that is in a page.
PRIVATE = re.compile(
    r"/(?:home|Users)/\w|/(?:root|tmp)/|[A-Z]:\\\\|ipykernel_\d|site-packages|\bobject at 0x[0-9a-f]{6}|"
    r"\b(?:127|10|192\.168)(?:\.\d{1,3}){2,3}\b|(?i:api[-_]?key|secret[-_]?key|subscription-key)\s*[=:]"
)


@pytest.mark.fault(124)
def test_nothing_private_in_any_file(built):
    found = {}
    for path in sorted(
        path for path in built.rglob("*") if path.suffix in (".html", ".ipynb", ".json", ".csv", ".svg")
    ):
        text = path.read_text(encoding="utf-8")
        hits = PRIVATE.findall(re.sub(r"base64,[A-Za-z0-9+/=]+|https?://[^\s\"<]+", "", text)) + [CANARY] * (
            CANARY in text
        )
        if hits:
            found[path.name] = hits[:3]
    assert found == {}


@pytest.mark.fault(124)
def test_the_scan_would_find_it():
    for leak in (
        "/".join(("", "home", "ann", "x")),
        "C:\\\\Users",
        "ipykernel_99/1.py",
        "<x object at 0x7f21aa>",
        "api_key=1",
        "192.168.1.7",
    ):
        assert PRIVATE.search(leak), leak


START = ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.fault(125)
@pytest.mark.parametrize("start", START)
def test_text_that_a_spreadsheet_would_run_is_neutral(start):
    text = start + "cmd|' /C calc'!A0"
    shown = "'" + text.replace("\r", "\n")
    rows = list(
        csv.reader(io.StringIO(show.csv_text(pd.DataFrame({text: [text], "n": [-5.5], "m": [-5]})), newline=""))
    )
    assert rows == [[shown, "n", "m"], [shown, "-5.5", "-5"]]


@pytest.mark.fault(125)
def test_no_file_for_download_holds_a_formula(built):
    read = 0
    for path in built.rglob("*.csv"):
        for row in csv.reader(path.open(encoding="utf-8", newline="")):
            for cell in row:
                assert not cell.startswith(START) or re.fullmatch(r"[+-]?\d[\d.e+-]*", cell), (
                    path.name,
                    cell,
                )
                read += 1
    assert read > 1000


@pytest.mark.fault(126)
def test_a_download_reads_back_as_the_table():
    table = pd.DataFrame(
        {
            "Who, where": ['Türkiye "x"', "two\nlines"],
            "Year": [2023, 2024],
            "t": [0.1 + 0.2, 1e-12],
            "Share": [made(), made()],
        }
    )
    text = show.csv_text(table)
    again = pd.read_csv(io.BytesIO(text.encode("utf-8")), keep_default_na=False)
    shares = ["Share id", "Share low_pct", "Share value_pct", "Share high_pct"]
    assert list(again) == ["Who, where", "Year", "t", *shares]
    for column in ("Who, where", "Year", "t"):
        assert list(again[column]) == list(table[column])
    estimate = made()
    assert list(again.loc[0, shares]) == [estimate.id, estimate.low, estimate.value, estimate.high]
    assert show.csv_text(again.rename(columns=str)) == text


# --- G: other machines ---

SHOWN = (
    "import locale; locale.setlocale(locale.LC_ALL, '')\n"
    "import pandas as pd; from tests.test_quantity import made; from rareearth import countries, show\n"
    "from rareearth.charts import frame\n"
    "def draw(figure, narrow): figure.add_subplot().plot([0.5, 1000.25], [1.5, 123456.5])\n"
    "print(locale.localeconv()['decimal_point'], made(), 'INDIA'.lower(), 'iran'.title(), sep='|')\n"
    "print(show.html_table(pd.DataFrame({'x': [1234.5, 0.1]}), caption='c', name='n'), frame._svg(draw, 'a', 'wide'))\n"
    "print(show.csv_text(pd.DataFrame({'x': [1234.5, 0.1], 'y': [made(), made()]})))"
)


@pytest.mark.long
@pytest.mark.fault(132)
def test_decimal_commas_and_turkish_letters_change_nothing(tmp_path):
    if not (shutil.which("localedef") and Path("/usr/share/i18n/locales/tr_TR").is_file()):
        pytest.skip("no localedef or no sources of locales on this machine: other languages were not tested")
    (tmp_path / "matplotlibrc").write_text("axes.formatter.use_locale: True\n")
    said = {}
    for name in ("tr_TR", "de_DE"):
        subprocess.run(["localedef", "-c", "-i", name, "-f", "UTF-8", tmp_path / f"{name}.UTF-8"], capture_output=True)
        said[name] = python(
            SHOWN,
            LOCPATH=str(tmp_path),
            LC_ALL=f"{name}.UTF-8",
            MATPLOTLIBRC=str(tmp_path),
            PYTHONPATH=str(ROOT),
        )
    plain = python(SHOWN, LC_ALL="C.UTF-8", PYTHONPATH=str(ROOT))
    assert plain[0] == "."
    for text in said.values():
        assert text[0] == "," and text[1:] == plain[1:]


@pytest.mark.fault(133)
@pytest.mark.parametrize("machine", ["no fonts", "other fonts"])
def test_fonts_of_the_machine_do_not_count(monkeypatch, machine):
    def draw(figure, narrow):
        figure.add_subplot().set_xlabel("Dysprosium, 1 000 t")

    plain = frame._svg(draw, "a", "wide")
    bundled = [one for one in font_manager.fontManager.ttflist if one.fname.startswith(matplotlib.get_data_path())]
    serif = next(one for one in bundled if one.name == "DejaVu Serif")
    others = [font_manager.FontEntry(serif.fname, name, "normal", "normal", 400, "normal", "scalable")
              for name in ("Arial", "Verdana", "Helvetica")]  # fmt: skip
    monkeypatch.setattr(font_manager.fontManager, "ttflist", bundled if machine == "no fonts" else others + bundled)
    font_manager.fontManager._findfont_cached.cache_clear()
    try:
        assert frame._svg(draw, "a", "wide") == plain and "DejaVu Sans" in plain
    finally:
        font_manager.fontManager._findfont_cached.cache_clear()


@pytest.mark.long
@pytest.mark.fault(136)
def test_one_thread_and_two_give_the_same_sums(tmp_path):
    code = (
        "import os, pathlib\n"
        "os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:int(os.environ['CORES'])])\n"
        "from rareearth.processing import simulation\n"
        "from rareearth.trade import clean, store\n"
        "folder = pathlib.Path(os.environ['FOLDER'])\n"
        "store.write(clean.clean(store.tables()[:3]), folder)\n"
        "print(simulation.model().estimate('quota', 2023).to_dict())"
    )
    found = []
    for cores in ("1", "2"):
        folder = tmp_path / cores
        folder.mkdir()
        text = python(code, CORES=cores, FOLDER=str(folder), OMP_NUM_THREADS=cores, OPENBLAS_NUM_THREADS=cores)
        files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
        found.append((text.splitlines()[-1], files))  # above it stands DuckDB's progress
    assert found[0] == found[1] and len(found[0][1]) >= 4


@pytest.mark.fault(137)
def test_the_versions_of_python_are_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert "(3, 11) <= sys.version_info[:2] <= (3, 13)" in (ROOT / "tools" / "setup.sh").read_text(encoding="utf-8")
    tested = (ROOT / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    assert 'python: ["3.11", "3.12", "3.13"]' in tested


@pytest.mark.fault(138)
def test_names_of_files_work_on_every_system():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("no git checkout: names of files were not looked at")
    names = listed.stdout.splitlines()
    assert len(names) > 100 and len({name.lower() for name in names}) == len(names)
    assert not [name for name in names if re.search(r'[\\:*?"<>|]|[. ]$', name) or not name.isascii()]
    assert "* text=auto eol=lf" in (ROOT / ".gitattributes").read_text(encoding="utf-8")


@pytest.mark.fault(138)
def test_line_ends_of_a_checkout_change_no_hash(tmp_path):
    table = RAW / "claims" / "claims.csv"
    other = tmp_path / "claims.csv"
    other.write_bytes(table.read_bytes().replace(b"\n", b"\r\n"))
    assert checks.content_hash(other) == checks.content_hash(table)


# --- I: Lab and the lock ---


@pytest.mark.fault(154)
def test_lab_listens_on_loopback_with_a_token():
    from jupyter_server.serverapp import ServerApp
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("config.py", path=str(ROOT / "tools" / "lab")).load_config()
    app = ServerApp(config=config)
    assert app.ip == "127.0.0.1" and app.allow_remote_access is False and not app.disable_check_xsrf
    assert len(app.identity_provider_class(parent=app, config=config).token) > 30
    recipe = re.search(r"^lab:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M).group(1)
    assert recipe == "\t@$(PY) tools/lab/start.py\n"


@pytest.mark.fault(161)
def test_lab_asks_for_no_news_and_no_updates():
    settings = json.loads((ROOT / "tools" / "lab" / "overrides.json").read_text(encoding="utf-8"))
    told = settings["@jupyterlab/apputils-extension:notification"]
    assert told == {"checkForUpdates": False, "fetchNews": "false"}


# Releases that closed an advisory: the catalogue, section 2.
AT_LEAST = {
    "nbconvert": (7, 17, 1), "jupyter-server": (2, 20, 0), "jupyterlab": (4, 5, 7), "mistune": (3, 3, 0),
    "papermill": (2, 7, 0), "nbclient": (0, 11, 0), "pandas": (3, 1, 1),
}  # fmt: skip


@pytest.mark.fault(159)
@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-test.txt", "requirements-cluster.txt"])
def test_locked_versions_are_past_their_advisories(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    for name, least in AT_LEAST.items():
        found = re.search(rf"^{name}==([\d.]+)", text, re.M).group(1)
        assert tuple(map(int, found.split("."))) >= least, f"{name} {found}"


@pytest.mark.fault(159)
@pytest.mark.parametrize("tampered", [pytest.param(False, marks=pytest.mark.long), True])
def test_a_tampered_hash_is_not_installed(tmp_path, tampered):
    wheel = tmp_path / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("tiny.py", "x = 1\n")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256(b"other" if tampered else wheel.read_bytes()).hexdigest()
    (tmp_path / "lock.txt").write_text(f"tiny==1.0 --hash=sha256:{digest}\n")
    # The options of tools/setup.sh, and a folder in the place of an index.
    options = "--disable-pip-version-check --require-hashes --only-binary :all:"
    assert options in (ROOT / "tools" / "setup.sh").read_text(encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options.split(), "--target", tmp_path / "there", "-r", tmp_path / "lock.txt"],
        env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)},
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert (done.returncode != 0) == tampered and (tmp_path / "there" / "tiny.py").is_file() != tampered
    assert not tampered or "DO NOT MATCH THE HASHES" in done.stderr
