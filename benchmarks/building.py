"""Building briefings: the runner, the usual commands for each notebook, and plain Python doing the same work.

``python -m benchmarks.building WAY`` builds the notebooks ``small-*.ipynb`` of the folder that it is started in.
"""

import json
import multiprocessing
import os
import runpy
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.measure import Claim, Goal
from rareearth.paths import ROOT

CORES, FEW, MANY = 2, 4, 40
_HEAD = "# How large are the flows of a made table?\n\nA small briefing: one table of 50,000 rows, three figures."
_CODE = (
    """
import numpy as np
import pandas as pd
from rareearth.quantity import Estimate
from rareearth.show import conclude
from rareearth.charts import show_figure

random = np.random.default_rng({seed})
flows = pd.DataFrame({{"year": random.integers(1995, 2025, 50_000), "place": random.integers(0, 200, 50_000),
    "value": random.lognormal(3, 2, 50_000)}})
""",
    """
def show(name, table):
    def draw(figure, narrow):
        axes = figure.add_subplot()
        axes.plot(table.index, table.to_numpy())
        axes.set_title(name)
    show_figure(draw, name=name, title=name, subtitle="made numbers", alt=f"A line of {{len(table)}} made numbers", data=table.reset_index(),
        source_ids=["usgs_mcs2025_pdf"], estimates=[])

show("by-year", flows.groupby("year")["value"].sum())
""",
    """show("by-place", flows.groupby("place")["value"].median())""",
    """show("by-year-spread", flows.groupby("year")["value"].std())""",
    """
part = 100 * float((flows["year"] > 2010).mean())
one = Estimate(id="bench.part.{seed}", value=part, low=part, high=part, unit="pct", stage="separation", basis="t_reo",
    elements="all", reference_year=2024, edition="MCS2025", method="part of the rows", inputs=("quota-0001",),
    source_ids=("usgs_mcs2025_pdf",), interval="none", note="made")
conclude("A part of a made table is after 2010", ["{{headline}}"], headline=one)
""",
)


def _prepared(count: int):
    def prepare(folder: Path) -> None:
        import nbformat

        for number in range(count):
            sources = [source.format(seed=number).strip() for source in _CODE]
            notebook = nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_markdown_cell(_HEAD), *map(nbformat.v4.new_code_cell, sources)]
            )
            notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "p", "language": "python"}
            nbformat.write(notebook, folder / f"small-{number}.ipynb")
            (folder / f"small-{number}.py").write_text("\n".join(sources), encoding="utf-8")

    return prepare


def _notebooks() -> list[Path]:
    return sorted(Path.cwd().glob("small-*.ipynb"))


def _usual(notebook: Path) -> Path:
    """What a Makefile does for each notebook."""
    executed = notebook.with_name(f"made-{notebook.name}")
    for command in (
        ["papermill", "--no-progress-bar", "-k", "python3", notebook, executed],
        ["nbconvert", "--to", "html", executed],
    ):
        subprocess.run([sys.executable, "-m", *map(str, command)], check=True, stderr=subprocess.DEVNULL)
    return executed.with_suffix(".html")


def usual(side_by_side: int, notebooks: list[Path]) -> list[Path]:
    """`papermill` and `nbconvert` for each notebook."""
    with ThreadPoolExecutor(side_by_side) as pool:
        return list(pool.map(_usual, notebooks))


def runner(*, cold: bool, small: bool = True) -> list[Path]:
    """The runner of this project on the small notebooks or on all briefings; the pages that it made."""
    from rareearth.site import run
    from rareearth.site.briefings import Briefing

    run.REPORTS = Path.cwd() / "reports"
    if cold:
        shutil.rmtree(run.REPORTS, ignore_errors=True)
        _forget()
    made_small = [Briefing(path.stem, path, {}, "make reports") for path in _notebooks()]
    for one in made_small:
        one.__dict__["parameters"] = {}  # these notebooks have no model
    briefings = made_small if small else run.listed()
    with run.building():
        stale = [one for one in briefings if run.reasons(one)]
        failures = run.all_up_to_date(briefings, jobs=CORES)
    if failures:
        raise RuntimeError("; ".join(failures.values()))
    return [run.REPORTS / f"{one.slug}.html" for one in stale]


def edited() -> list[Path]:
    """One notebook changed, everything else as it is."""
    path = _notebooks()[0]
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["cells"][-1]["source"] += "\n# edited"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    return runner(cold=False)


def _plainly(path: str) -> None:
    runpy.run_path(path)


def floor() -> None:
    """The same code as plain Python in as many forks as there are cores, with everything imported once."""
    import matplotlib.pyplot  # noqa: F401

    import rareearth.charts  # noqa: F401

    sys.stdout = Path(os.devnull).open("w")  # what a notebook would show
    with multiprocessing.get_context("fork").Pool(CORES) as pool:
        pool.map(_plainly, map(str, sorted(Path.cwd().glob("small-*.py"))), chunksize=1)


def _forget() -> None:
    """Deletes what is computed once and kept."""
    from rareearth import kept

    shutil.rmtree(kept.FOLDER, ignore_errors=True)


def _as_script(briefing: tuple[Path, dict]) -> None:
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    found = parameterize_notebook(load_notebook_node(str(briefing[0])), briefing[1])
    source = "\n".join(cell["source"] for cell in found["cells"] if cell["cell_type"] == "code")
    exec(compile(source, briefing[0].name, "exec"), {"__name__": "__main__"})


def floor_of_briefings() -> None:
    """The cells of all briefings as plain Python in forks, with everything imported once and nothing kept."""
    import matplotlib.pyplot  # noqa: F401

    import rareearth.charts  # noqa: F401
    from rareearth.site import run

    _forget()
    given = [(one.notebook, one.parameters) for one in run.listed()]
    sys.stdout = Path(os.devnull).open("w")
    with multiprocessing.get_context("fork").Pool(CORES) as pool:
        pool.map(_as_script, given, chunksize=1)


def variants(count: int) -> None:
    """As many pages of Japan, each with another number of days, as `make sweep` makes them; what is kept stays."""
    from rareearth.site import run, sweep

    run.REPORTS = Path.cwd() / "reports"
    shutil.rmtree(run.REPORTS, ignore_errors=True)
    days = ",".join(str(day) for day in range(1, count + 1))
    sweep.sweep(sweep.grid("country-jpn", {"days": days}), jobs=CORES)


def _command(way: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.building", way]


def _cold(count: int, *, is_long: bool) -> Claim:
    floor = {f"plain Python in {CORES} forks": _command("floor")}
    usual = {
        "papermill and nbconvert for each": _command("usual"),
        f"the same, {CORES} at once": _command("usual-at-once"),
    }
    ours = {"rareearth": _command("runner")}
    return Claim(
        name=f"{count} small notebooks, nothing built before",
        # The usual way would take ten minutes a round.
        commands=floor | ours if is_long else usual | ours | floor,
        prepare=_prepared(count),
        is_long=is_long,
        units=(count, "notebooks"),
    )


def _listed(folder: Path) -> int:
    from rareearth.site import run

    return len(run.listed())


def _built(folder: Path) -> None:
    for word in ("data", "build"):
        subprocess.run([sys.executable, "-m", "rareearth", word], cwd=ROOT, check=True, stdout=sys.stderr)


def _built_small(folder: Path) -> None:
    _prepared(FEW)(folder)
    subprocess.run(_command("runner"), cwd=folder, check=True, stdout=sys.stderr)


CLAIMS = [
    _cold(FEW, is_long=False),
    _cold(MANY, is_long=True),
    Claim(
        name="All briefings, nothing built before",
        commands={
            f"cells as plain Python in {CORES} forks": _command("floor-of-briefings"),
            "rareearth": _command("briefings"),
        },
        prepare=_listed,
        units=(1, "briefings"),
        goals=(
            Goal("rareearth", "ratio", 2),
            Goal("rareearth", "cpu_s", 35),
            Goal("rareearth", "peak_mb", 600),
        ),
    ),
    Claim(
        name="All briefings, nothing changed",
        commands={
            "python alone": [sys.executable, "-c", ""],
            "rareearth data": [sys.executable, "-m", "rareearth", "data"],
            "rareearth build": [sys.executable, "-m", "rareearth", "build"],
        },
        prepare=_built,
        rounds=5,
        goals=(Goal("rareearth build", "wall_s", 0.2),),
    ),
    Claim(
        name=f"One of {FEW} small notebooks edited",
        commands={"papermill and nbconvert": _command("usual-first"), "rareearth": _command("edited")},
        prepare=_built_small,
    ),
    Claim(
        name="Variants of one page by a sweep: ten times as many take at most ten times as long",
        commands={f"{count} variants": _command(f"variants-{count}") for count in (10, 100)},
        prepare=_built,
        rounds=2,
        is_long=True,
        goals=(Goal("100 variants", "ratio", 10), Goal("100 variants", "peak_mb", 600)),
    ),
]


def main() -> None:
    """Builds in one way; prints how many pages there are and how many pictures on them."""
    ways = {
        "usual": lambda: usual(1, _notebooks()),
        "usual-at-once": lambda: usual(CORES, _notebooks()),
        "usual-first": lambda: usual(1, _notebooks()[:1]),
        "runner": lambda: runner(cold=True),
        "edited": edited,
        "briefings": lambda: runner(cold=True, small=False),
        "floor": floor,
        "floor-of-briefings": floor_of_briefings,
        "variants-10": lambda: variants(10),
        "variants-100": lambda: variants(100),
    }
    made = ways[sys.argv[1]]()
    if made is None:  # plain Python makes no pages
        return
    pictures = sum(page.read_text(encoding="utf-8").count("<figure") for page in made)
    print(json.dumps([len(made), pictures]))


if __name__ == "__main__":
    main()
