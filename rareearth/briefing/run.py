"""Brings briefings up to date: which are stale, execute, check, render, publish."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from rareearth import files
from rareearth.briefing import publish, staleness
from rareearth.briefing.parameters import complete, suffix
from rareearth.paths import BRIEFINGS, NOTEBOOKS, REPORTS
from rareearth.refusal import Refused

CELL_TIMEOUT_S = 600
TOTAL_TIMEOUT_S = 1800


@dataclass(frozen=True)
class Briefing:
    """One page to make: its name, its notebook and the complete parameters."""

    slug: str
    notebook: Path
    parameters: dict[str, Any]
    rerun: str


def listed() -> list[Briefing]:
    """The briefings of briefings.yml.

    Raises:
        Refused: an entry names an unknown notebook or a parameter that it does not take.
    """
    found = []
    for entry in yaml.safe_load(BRIEFINGS.read_text(encoding="utf-8")):
        notebook = NOTEBOOKS / entry["notebook"]
        if not notebook.is_file():
            raise Refused(f"briefings.yml: {entry['slug']}: there is no notebooks/{entry['notebook']}")
        parameters = complete(notebook, entry["parameters"])
        found.append(Briefing(entry["slug"], notebook, parameters, "make reports"))
    return found


def variant(slug: str, given: dict[str, str]) -> Briefing:
    """A listed briefing with other parameters, under a name made from them.

    Raises:
        Refused: no such briefing, or a parameter is refused.
    """
    known = {briefing.slug: briefing for briefing in listed()}
    if slug not in known:
        raise Refused(f"there is no briefing {ascii(slug)}; there are: {', '.join(known)}")
    if not given:
        raise Refused(f'no parameters given; for example: make report NAME={slug} PARAMS="year=2023"')
    base = known[slug]
    parameters = complete(base.notebook, {**base.parameters, **given})
    checked = {name: parameters[name] for name in given}
    words = " ".join(f"{name}={value}" for name, value in checked.items())
    return Briefing(
        f"{slug}--{suffix(checked)}",
        base.notebook,
        parameters,
        f'make report NAME={slug} PARAMS="{words}"',
    )


def _execute(briefing: Briefing, work: Path) -> Any:
    """The executed notebook. The worker's whole process group ends with this call."""
    # Paths of local sockets may have about 100 characters, so they do not lie below the checkout.
    with tempfile.TemporaryDirectory(prefix="reb-") as runtime:
        return _execute_with(briefing, work, runtime)


def _execute_with(briefing: Briefing, work: Path, runtime: str) -> Any:
    import nbformat

    job, output = work / "job.json", work / "executed.ipynb"
    job.write_text(
        json.dumps(
            {
                "notebook": str(briefing.notebook),
                "output": str(output),
                "parameters": briefing.parameters,
                "cell_timeout_s": CELL_TIMEOUT_S,
            }
        ),
        encoding="utf-8",
    )
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith(("RAREEARTH_", "MPL"))},
        "PYTHONHASHSEED": "0",
        "SOURCE_DATE_EPOCH": "0",
        "IPYTHONDIR": str(work / "ipython"),
        "JUPYTER_RUNTIME_DIR": runtime,
        "MPLCONFIGDIR": str(work / "matplotlib"),
        "MPLBACKEND": "agg",
    }
    # The worker reads one end: when this process dies, however it dies, the worker ends itself.
    reading, alive = os.pipe()
    worker = subprocess.Popen(
        [sys.executable, "-m", "rareearth.briefing.worker", str(job)],
        stdin=reading,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=work,
        start_new_session=True,
    )
    try:
        _, errors = worker.communicate(timeout=TOTAL_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        raise Refused(f"{briefing.slug}: not finished after {TOTAL_TIMEOUT_S} s") from None
    finally:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
        os.close(reading)
        os.close(alive)
    if worker.returncode:
        said = [line for line in errors.splitlines() if line.strip()]
        last = said[-1] if said else f"the worker ended with {worker.returncode}"
        kept = ""
        if output.is_file():
            files.write(REPORTS / "failed" / f"{briefing.slug}.ipynb", output.read_text(encoding="utf-8"))
            kept = f" (the notebook is kept as reports/failed/{briefing.slug}.ipynb)"
        raise Refused(f"{briefing.slug}: {last}{kept}")
    return nbformat.read(output, as_version=4)


def _outputs(briefing: Briefing, notebook: Any) -> dict[str, str]:
    """Every file of the briefing, by its path below reports/."""
    import nbformat

    from rareearth.briefing import check, render

    check.executed(notebook, briefing.notebook.name)
    notebook = render.cleaned(notebook)
    found = {
        f"{briefing.slug}.html": render.html(notebook, briefing.slug, briefing.parameters, briefing.rerun),
        f"{briefing.slug}.ipynb": nbformat.writes(notebook) + "\n",
        f"{briefing.slug}/results.json": json.dumps(check.estimates(notebook), indent=1, ensure_ascii=False)
        + "\n",
        f"{briefing.slug}/summary.json": json.dumps(
            {
                "slug": briefing.slug,
                "parameters": briefing.parameters,
                **check.bundles(notebook, check.FINDING)[0],
            },
            indent=1,
            ensure_ascii=False,
        )
        + "\n",
    }
    for figure in check.bundles(notebook, check.FIGURE):
        found[f"{briefing.slug}/{figure['name']}.csv"] = figure["csv"]
        found[f"{briefing.slug}/{figure['name']}.svg"] = figure["svg"]
    return found


def _stamp(slug: str) -> Path:
    return REPORTS / ".build" / f"{slug}.json"


def bring_up_to_date(briefing: Briefing, why: bool = False) -> bool:
    """Builds one briefing when something that it depends on has changed; True when it did.

    Args:
        briefing: What to make.
        why: Print what changed.

    Raises:
        Refused: the notebook failed or its outputs are not fit to be published. Earlier outputs stay.
    """
    now = staleness.inputs(briefing.notebook, briefing.parameters)
    reasons = staleness.changes(_stamp(briefing.slug), now, REPORTS)
    if why:
        print(f"{briefing.slug}: {'; '.join(reasons) or 'up to date'}")
    if not reasons:
        return False
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="work-", dir=REPORTS / ".build") as work:
        outputs = _outputs(briefing, _execute(briefing, Path(work)))
    publish.files(REPORTS, outputs, _stamp(briefing.slug), now)
    (REPORTS / "failed" / f"{briefing.slug}.ipynb").unlink(missing_ok=True)
    print(f"{briefing.slug}: built in {time.monotonic() - started:.1f} s")
    return True


def _clear_litter() -> None:
    for path in (REPORTS / ".build").glob("work-*"):
        shutil.rmtree(path, ignore_errors=True)


def build(why: bool = False) -> None:
    """`make reports`: every briefing, the index and results.json; prints each headline.

    Raises:
        Refused: at least one briefing failed; the others are published.
    """
    briefings = listed()
    failures = []
    with files.locked(REPORTS / ".build"):
        _clear_litter()
        built = False
        for briefing in _with_progress(briefings):
            try:
                built |= bring_up_to_date(briefing, why)
            except Refused as refusal:
                failures.append(str(refusal))
        done = [briefing for briefing in briefings if _stamp(briefing.slug).is_file()]
        if built or not (REPORTS / "index.html").is_file() or not (REPORTS / "results.json").is_file():
            _write_shared(done)
    for briefing in done:
        _print_headline(briefing)
    if failures:
        raise Refused("; ".join(failures) + "; the earlier report is kept")
    print(f"{'built' if built else 'up to date'}: reports/index.html")


def build_variant(briefing: Briefing) -> None:
    """`make report`: one briefing of its own; the index and results.json stay as they are."""
    with files.locked(REPORTS / ".build"):
        _clear_litter()
        bring_up_to_date(briefing)
    _print_headline(briefing)
    print(f"reports/{briefing.slug}.html")


def _with_progress(briefings: list[Briefing]) -> Any:
    """A bar on a terminal; nothing in a log."""
    if not sys.stderr.isatty():
        return briefings
    from tqdm import tqdm

    return tqdm(briefings, desc="briefings", unit="page", leave=False)


def _summary(briefing: Briefing) -> dict[str, Any]:
    path = REPORTS / briefing.slug / "summary.json"
    return json.loads(path.read_text(encoding="utf-8"))


def _print_headline(briefing: Briefing) -> None:
    summary = _summary(briefing)
    print(f"{summary['title']}: {summary['headline_text']}")


def _write_shared(briefings: list[Briefing]) -> None:
    from rareearth.briefing import index

    parts = [REPORTS / briefing.slug / "results.json" for briefing in briefings]
    files.write(REPORTS / "results.json", publish.combined_results(parts))
    files.write(REPORTS / "index.html", index.html([_summary(briefing) for briefing in briefings]))
