"""What a person waits for, each against the least that it could take: ``python -m benchmarks.waiting CASE``.

The seconds that a case prints are those of the wait alone, without the start of the process around it.
"""

import csv
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import generate
from benchmarks.measure import Claim, Goal
from rareearth.paths import NOTEBOOKS, REPORTS, ROOT

_MOVES = 20
_CLONE = "clone"
_CHANGED = Path("data", "raw", "minerals", "other_minerals.csv")


def _command(case: str, *words: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.waiting", case, *words]


# --- In Lab ---


def _cells(name: str) -> list[str]:
    notebook = json.loads((NOTEBOOKS / name).read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _in_kernel(sources: list[str], again: list[str]) -> tuple[float, float]:
    """Seconds that a new kernel takes for some cells, and for others after them."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(cwd=str(NOTEBOOKS))
    try:
        taken = []
        for cells in (sources, again):
            started = time.perf_counter()
            for source in cells:
                reply = client.execute_interactive(source, output_hook=lambda message: None)
                if reply["content"]["status"] != "ok":
                    raise RuntimeError("\n".join(reply["content"]["traceback"]))
            taken.append(time.perf_counter() - started)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    return taken[0], taken[1]


def first_cell() -> dict:
    """Parameters and first result of 02 in a kernel that has just started."""
    return {"wall_s": _in_kernel(_cells("02_processing_share.ipynb")[:2], [])[0]}


def year_changed() -> dict:
    """The same two cells again, with another year."""
    cells = _cells("02_processing_share.ipynb")[:2]
    changed = cells[0].replace("year: int = 2024", "year: int = 2023")
    assert changed != cells[0]
    return {"wall_s": _in_kernel(cells, [changed, cells[1]])[1]}


def kept_samples() -> dict:
    """The largest kept result of data/processed read by pandas, with its import."""
    started = time.perf_counter()
    import pandas as pd

    from rareearth import kept

    pd.read_parquet(max(kept.FOLDER.glob("*.parquet"), key=lambda path: path.stat().st_size))
    return {"wall_s": time.perf_counter() - started}


def slider() -> dict:
    """Processor seconds of one move of a slider of explore_scenarios."""
    names: dict[str, Any] = {}
    for source in _cells("explore_scenarios.ipynb"):
        exec(source, names)
    taken = []
    for move in range(_MOVES):
        started = time.process_time()
        names["stock"].value = 30 + move
        taken.append(time.process_time() - started)
    return {"wall_s": median(taken)}


def in_lab(folder: Path) -> None:
    """Computes once what the cells keep, as a build does."""
    first_cell()


# --- One small file ---


def small_files(rows: int) -> Callable[[Path], None]:
    """A file of BACI with some rows."""

    def prepare(folder: Path) -> None:
        with (
            generate.baci(1_000_000).open(encoding="utf-8") as whole,
            (folder / "given.csv").open("w") as part,
        ):
            part.writelines(line for line, _ in zip(whole, range(rows + 1), strict=False))

    return prepare


def clean_by_sql() -> None:
    """What `clean` writes, as SQL: countries by their codes, repeats once, both flows sorted, and the rows left out."""
    import duckdb

    from benchmarks.questions import _areas

    connection = duckdb.connect()
    connection.register("areas", _areas())
    connection.execute(
        """CREATE TABLE given AS SELECT row_number() OVER () AS row, * FROM read_csv('given.csv', all_varchar = true)"""
    )
    connection.execute("""CREATE TABLE known AS SELECT g.*, a.iso3 AS exporter, b.iso3 AS importer,
        TRY_CAST(v AS DECIMAL(38,6)) * 1000 AS usd, TRY_CAST(q AS DECIMAL(38,6)) * 1000 AS kg,
        count(*) OVER (PARTITION BY t, i, j, k) AS times
        FROM given AS g LEFT JOIN areas AS a ON i = a.code LEFT JOIN areas AS b ON j = b.code""")
    kept = "exporter IS NOT NULL AND importer IS NOT NULL AND usd IS NOT NULL AND times = 1"
    flows = f"SELECT t, 'export' AS flow, exporter, importer, k, usd, kg FROM known WHERE {kept}"
    connection.execute(f"COPY ({flows} ORDER BY ALL) TO 'flows.parquet'")
    connection.execute(f"COPY (SELECT * FROM known WHERE NOT coalesce({kept}, false)) TO 'quarantine.csv'")


# --- In a browser ---


def first_paint(page: str) -> dict:
    """Seconds to the first contentful paint of a page, or of one with a word alone."""
    from playwright.sync_api import sync_playwright

    from benchmarks.pages import ARGUMENTS, BROWSER, first_paint_ms

    path = REPORTS / f"{page}.html"
    if page == "empty":
        path = Path("empty.html").resolve()
        path.write_text("<!doctype html><title>empty</title><p>empty", encoding="utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=BROWSER, args=ARGUMENTS)
        (found,) = first_paint_ms(browser, path)
        browser.close()
    return {"wall_s": found / 1000}


# --- From a clone ---


def clone_to_finding(words: str) -> dict:
    """A fresh clone: seconds until the first finding is printed, or until what the lock names is installed."""
    shutil.rmtree(_CLONE, ignore_errors=True)
    started = time.perf_counter()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), _CLONE], check=True)
    process = subprocess.Popen(["make", words], cwd=_CLONE, stdout=subprocess.PIPE, text=True, env=_plain())
    for line in process.stdout or ():
        if ": built in " in line:
            break
    found = time.perf_counter() - started
    for _ in process.stdout or ():
        pass
    if process.wait():
        raise RuntimeError(f"make {words} ended with {process.returncode}")
    return {"wall_s": found if words == "reports" else time.perf_counter() - started}


def _plain() -> dict[str, str]:
    """The environment without what the benchmarks set for other commands."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "MPLBACKEND")}


def cloned(folder: Path) -> None:
    """A clone in which all pages are built."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder / _CLONE)], check=True)
    subprocess.run(["make", "reports", "UNSEALED=1"], cwd=folder / _CLONE, check=True, stdout=sys.stderr, env=_plain())


def _rebuilt() -> tuple[float, list[str]]:
    started = time.perf_counter()
    said = subprocess.run(
        ["make", "reports", "UNSEALED=1"],
        cwd=_CLONE,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=_plain(),
    ).stdout
    return time.perf_counter() - started, sorted(
        line.split(":")[0] for line in said.splitlines() if ": built in " in line
    )


def figure_changed() -> dict:
    """The last digit of one figure changed; the pages that are built again."""
    path = _CLONE / _CHANGED
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    at = rows[0].index("value")
    rows[1][at] = rows[1][at][:-1] + str((int(rows[1][at][-1]) + 1) % 10)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows(rows)
    seconds, pages = _rebuilt()
    return {"wall_s": seconds, "pages": pages}


def its_pages() -> dict:
    """The pages that read this table, built again with nothing changed."""
    stamps = [
        path
        for path in Path(_CLONE, "reports", ".build").glob("*.json")
        if _CHANGED.as_posix() in path.read_text(encoding="utf-8")
    ]
    for path in stamps:
        path.unlink()
    seconds, pages = _rebuilt()
    return {"wall_s": seconds, "pages": pages}


def _cleaned(rows: int, goal: Goal) -> Claim:
    count = "one row" if rows == 1 else f"{rows:,} rows"
    return Claim(
        name=f"`python -m rareearth clean` of {count} of BACI",
        commands={
            "DuckDB SQL that does the same": _command("clean_by_sql"),
            "rareearth clean": [sys.executable, "-m", "rareearth", "clean", "given.csv", "--out", "out"],
        },
        prepare=small_files(rows),
        goals=(goal,),
    )


CLAIMS = [
    Claim(
        name="Help, and a refusal",
        commands={
            "python alone": [sys.executable, "-c", ""],
            "rareearth --help": [sys.executable, "-m", "rareearth", "--help"],
            "a question to a file that is not there": [
                "sh",
                "-c",
                '! "$0" -m rareearth ask shares gone.csv --out a.csv 2>said',
                sys.executable,
            ],
        },
        rounds=5,
        goals=(
            Goal("rareearth --help", "wall_s", 0.15),
            Goal("a question to a file that is not there", "wall_s", 0.15),
        ),
    ),
    _cleaned(1, Goal("rareearth clean", "cpu_s", 0.5)),
    _cleaned(20_000, Goal("rareearth clean", "cpu_ratio", 1.2)),
    Claim(
        name="First cell of 02 in Lab, and the year changed",
        commands={
            "the kept samples read by pandas": _command("kept_samples"),
            "first result in a new kernel": _command("first_cell"),
            "the year changed": _command("year_changed"),
        },
        prepare=in_lab,
        goals=(Goal("first result in a new kernel", "wall_s", 2), Goal("the year changed", "wall_s", 0.3)),
    ),
    Claim(
        name="A slider of explore_scenarios moved, in processor seconds",
        commands={"rareearth": _command("slider")},
        goals=(Goal("rareearth", "wall_s", 0.1),),
    ),
    Claim(
        name="First paint of a page in the browser",
        commands={"an empty page": _command("first_paint", "empty")}
        | {page: _command("first_paint", page) for page in ("processing-share", "reserve-plans", "index")},
        goals=tuple(Goal(page, "wall_s", 0.15) for page in ("processing-share", "reserve-plans", "index")),
    ),
    Claim(
        name="From a fresh clone to the first finding",
        commands={
            "clone and installation": _command("clone_to_finding", "setup"),
            "until the first page is built": _command("clone_to_finding", "reports"),
        },
        rounds=2,
        is_long=True,
        goals=(Goal("until the first page is built", "wall_s", 60),),
    ),
    Claim(
        name="One figure of data/raw changed",
        commands={
            "the pages that read its table, alone": _command("its_pages"),
            "rareearth": _command("figure_changed"),
        },
        is_long=True,
        prepare=cloned,
        goals=(Goal("rareearth", "ratio", 1.5),),
    ),
    Claim(
        name="`make test`",
        commands={"make test": ["make", "-C", str(ROOT), "test"]},
        rounds=1,
        is_long=True,
        goals=(Goal("make test", "wall_s", 240),),
    ),
]

if __name__ == "__main__":
    answer = globals()[sys.argv[1]](*sys.argv[2:])
    if answer is not None:
        print(json.dumps(answer))
