"""Brings briefings up to date: which are stale, execute, check, render, publish."""

import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rareearth import files
from rareearth.briefing import execute, imports, publish, staleness
from rareearth.briefing.parameters import as_given, complete, suffix
from rareearth.errors import Refused
from rareearth.paths import BRIEFINGS, NOTEBOOKS, REPORTS

# Name of the stamp of what all briefings share: index, results and feed.
SHARED_STAMP = "index"
_LIST = "list"
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+){0,9}")
_RESERVED = (SHARED_STAMP, "countries", "failed", "share")


@dataclass(frozen=True)
class Briefing:
    """One page to make: its name, its notebook and the complete parameters."""

    slug: str
    notebook: Path
    parameters: dict[str, Any]
    rerun: str


@dataclass(frozen=True)
class Made:
    """A briefing that is made and not yet published.

    Attributes:
        inputs: Name and hash of what it was made from.
        outputs: Every file by its path below reports/.
        took_s: Seconds.
    """

    inputs: dict[str, str]
    outputs: dict[str, str]
    took_s: float


def listed() -> list[Briefing]:
    """The briefings of briefings.yml.

    Raises:
        Refused: an entry names an unknown notebook or a parameter that it does not take.
    """
    kept = _kept_list()
    if kept is not None:
        return [Briefing(slug, NOTEBOOKS / name, given, "make reports") for slug, name, given in kept]
    import yaml

    # As text, to which a parameter's own type is applied: YAML alone would read the country NO as false.
    entries = yaml.BaseLoader(BRIEFINGS.read_text(encoding="utf-8")).get_single_data()
    found = [_listed(entry) for entry in entries]
    slugs = [briefing.slug for briefing in found]
    for slug in slugs:
        if slugs.count(slug) > 1:
            raise Refused(f"briefings.yml: {slug} is there twice: give each briefing a slug of its own")
    return found


# What was checked is kept, so that a build with nothing to do imports neither YAML nor the models of parameters.
def _kept_list() -> list[tuple[str, str, dict[str, Any]]] | None:
    """Slug, notebook and complete parameters of each briefing, by a build of the same list, code and notebooks."""
    try:
        kept = json.loads((REPORTS / ".build" / _LIST).read_text(encoding="utf-8"))
        return kept["briefings"] if kept["state"] == staleness.state(BRIEFINGS) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _keep_list(briefings: list[Briefing]) -> None:
    if _kept_list() is None:
        rows = [(one.slug, one.notebook.name, one.parameters) for one in briefings]
        text = json.dumps({"state": staleness.state(BRIEFINGS), "briefings": rows}, indent=1)
        files.write(REPORTS / ".build" / _LIST, text)


def _listed(entry: Any) -> Briefing:
    from rareearth.briefing.models import MODELS

    if not isinstance(entry, dict) or set(entry) != {"slug", "notebook", "parameters"}:
        raise Refused(f"briefings.yml: {ascii(entry)[:60]}: write slug, notebook and parameters, and no more")
    slug, name, given = entry["slug"], entry["notebook"], entry["parameters"]
    if not isinstance(slug, str) or not _SLUG.fullmatch(slug) or slug in _RESERVED:
        raise Refused(
            f"briefings.yml: slug {ascii(slug)[:60]}: write lower-case words with hyphens, none of "
            f"{', '.join(_RESERVED)}"
        )
    if name not in MODELS or not (NOTEBOOKS / name).is_file():
        raise Refused(
            f"briefings.yml: {slug}: there is no notebooks/{ascii(name)[1:60]} with a model of its parameters"
        )
    if not isinstance(given, dict):
        raise Refused(f"briefings.yml: {slug}: parameters are {ascii(given)[:60]}: write {{name: value}}")
    return Briefing(slug, NOTEBOOKS / name, complete(NOTEBOOKS / name, given), "make reports")


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
    words = " ".join(f"{name}={as_given(value)}" for name, value in checked.items())
    return Briefing(
        f"{slug}--{suffix(checked)}",
        base.notebook,
        parameters,
        f'make report NAME={slug} PARAMS="{words}"',
    )


def _executed(briefing: Briefing, notebook: execute.Execute) -> Any:
    place = REPORTS / ".build"
    place.mkdir(parents=True, exist_ok=True)  # where a scheduler's worker makes it, there was no build yet
    with tempfile.TemporaryDirectory(prefix="work-", dir=place) as folder:
        work = Path(folder)
        try:
            return notebook(briefing.notebook, briefing.parameters, work)
        except Refused as refusal:
            kept, output = "", work / "executed.ipynb"
            if output.is_file():
                files.write(REPORTS / "failed" / f"{briefing.slug}.ipynb", output.read_bytes())
                kept = f" (the notebook is kept as reports/failed/{briefing.slug}.ipynb)"
            raise Refused(f"{briefing.slug}: {refusal}{kept}") from None


def _rendering() -> tuple[Any, Any, Any]:
    """What pages are made with; a second to import, and none where nothing is stale."""
    with imports.without(imports.ADDRESSES):
        import nbformat

        from rareearth.briefing import check, render
    return nbformat, check, render


def _outputs(briefing: Briefing, notebook: Any) -> dict[str, str]:
    """Every file of the briefing, by its path below reports/."""
    nbformat, check, render = _rendering()
    check.executed(notebook, briefing.notebook.name)
    notebook = render.cleaned(notebook)
    question = render.question(notebook)
    estimates, finding = check.estimates(notebook), check.bundles(notebook, check.FINDING)[0]
    found = {
        f"{briefing.slug}.html": render.html(
            notebook, briefing.slug, briefing.notebook.name, briefing.parameters, briefing.rerun
        ),
        f"{briefing.slug}.ipynb": nbformat.writes(notebook) + "\n",
        f"{briefing.slug}/results.json": json.dumps(estimates, indent=1, ensure_ascii=False) + "\n",
        f"{briefing.slug}/summary.json": json.dumps(
            {
                "slug": briefing.slug,
                "notebook": briefing.notebook.name,
                "question": question,
                "parameters": briefing.parameters,
                "figures": [figure["name"] for figure in check.bundles(notebook, check.FIGURE)],
                "headline_estimate": next(e for e in estimates if e["id"] == finding["headline"]),
                **finding,
            },
            indent=1,
            ensure_ascii=False,
        )
        + "\n",
    }
    check.page(found[f"{briefing.slug}.html"], briefing.notebook.name)
    for figure in check.bundles(notebook, check.FIGURE):
        found[f"{briefing.slug}/{figure['name']}.csv"] = figure["csv"]
        found[f"{briefing.slug}/{figure['name']}.svg"] = figure["svg"]
    return found


def stamp(slug: str) -> Path:
    """Where the inputs and outputs of the last build of a briefing are kept."""
    return REPORTS / ".build" / f"{slug}.json"


def is_stale(briefing: Briefing, why: bool = False) -> bool:
    """Whether something that the briefing depends on has changed, or an output.

    Args:
        briefing: What to look at.
        why: Print what changed.
    """
    now = staleness.inputs(briefing.notebook, briefing.parameters)
    reasons = staleness.changes(stamp(briefing.slug), now, REPORTS)
    if why:
        print(f"{briefing.slug}: {'; '.join(reasons) or 'up to date'}")
    return bool(reasons)


def made(briefing: Briefing, notebook: execute.Execute = execute.notebook) -> Made:
    """Executes one briefing and renders it; nothing is published.

    Args:
        briefing: What to make.
        notebook: What executes its notebook.

    Raises:
        Refused: the notebook failed or its outputs are not fit to be published.
    """
    now = staleness.inputs(briefing.notebook, briefing.parameters)
    started = time.monotonic()
    outputs = _outputs(briefing, _executed(briefing, notebook))
    return Made(now, outputs, time.monotonic() - started)


def make(briefing: Briefing) -> None:
    """Builds one briefing.

    Raises:
        Refused: see `made`. Earlier outputs stay.
    """
    _publish(briefing, made(briefing))


def _publish(briefing: Briefing, found: Made) -> None:
    publish.files(REPORTS, found.outputs, stamp(briefing.slug), found.inputs)
    (REPORTS / "failed" / f"{briefing.slug}.ipynb").unlink(missing_ok=True)
    print(f"{briefing.slug}: built in {found.took_s:.1f} s")


@contextlib.contextmanager
def building() -> Iterator[None]:
    """The reports tree to this process alone, without what a killed build may have left.

    Raises:
        Refused: another build holds it.
    """
    with files.locked(REPORTS / ".build"):
        for path in (REPORTS / ".build").glob("work-*"):
            shutil.rmtree(path, ignore_errors=True)
        yield


def build(why: bool = False, jobs: int | None = None) -> None:
    """`make reports`: every briefing, the index and results.json; prints each headline.

    Args:
        why: Print what changed.
        jobs: How many notebooks run side by side; as many as there are processors when None.

    Raises:
        Refused: at least one briefing failed; the others are published.
    """
    briefings = listed()
    with building():
        _keep_list(briefings)
        built, failures = all_up_to_date(briefings, why, jobs)
        done = [briefing for briefing in briefings if stamp(briefing.slug).is_file()]
        # By content, so that a briefing that is no longer listed and a build that was killed are seen too.
        parts = {briefing.slug: staleness.file_hash(stamp(briefing.slug)) for briefing in done}
        shared_stamp = stamp(SHARED_STAMP)
        if staleness.changes(shared_stamp, parts, REPORTS):
            publish.files(REPORTS, _shared(done), shared_stamp, parts)
    for briefing in done:
        _print_headline(briefing)
    if failures:
        raise Refused("; ".join(failures.values()) + "; the earlier report is kept")
    print(f"{'built' if built else 'up to date'}: reports/index.html")


def all_up_to_date(
    briefings: list[Briefing], why: bool = False, jobs: int | None = None, scheduler: str = ""
) -> tuple[bool, dict[str, str]]:
    """Brings briefings up to date, each published as soon as it is made; for use inside `building`.

    Args:
        briefings: What to make.
        why: Print what changed.
        jobs: How many notebooks run side by side; as many as there are processors when None.
        scheduler: Address of a Dask scheduler whose workers make them; this machine does when it is empty.

    Returns:
        Whether anything was built, and what failed, by slug in the order of the list.
    """
    stale = {briefing.slug: briefing for briefing in briefings if is_stale(briefing, why)}
    if scheduler:
        from rareearth.briefing import cluster

        outcomes = cluster.outcomes(list(stale.values()), scheduler)
    else:
        outcomes = _outcomes(list(stale.values()), jobs or os.cpu_count() or 1)
    failures = {}
    with contextlib.closing(outcomes):
        for slug, outcome in _with_progress(outcomes, len(stale)):
            if isinstance(outcome, Refused):
                failures[slug] = str(outcome)
            else:
                _publish(stale[slug], outcome)
    return len(failures) < len(stale), {slug: failures[slug] for slug in stale if slug in failures}


def _outcomes(briefings: list[Briefing], jobs: int) -> Iterator[tuple[str, Made | Refused]]:
    """Slug and what became of it, as the briefings are made by workers of this machine."""
    notebooks = [briefing.notebook for briefing in briefings]
    with execute.workers(notebooks, jobs) as (notebook, wait), ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(made, briefing, notebook): briefing.slug for briefing in briefings}
        try:
            if waiting:
                wait()
                _, _, render = _rendering()
                render.ready()  # while the first notebooks run
            for done in as_completed(waiting):
                try:
                    yield waiting[done], done.result()
                except Refused as refusal:
                    yield waiting[done], refusal
        except BaseException:
            # Stopped: what waits is not begun, what runs is ended, and then the pool can close.
            pool.shutdown(wait=False, cancel_futures=True)
            execute.end_all()
            raise


def build_variant(briefing: Briefing) -> None:
    """`make report`: one briefing of its own; the index and results.json stay as they are."""
    with building():
        if is_stale(briefing):
            make(briefing)
    _print_headline(briefing)
    print(f"reports/{briefing.slug}.html")


def _with_progress(finished: Iterable[Any], total: int) -> Iterable[Any]:
    """A bar on a terminal; nothing in a log."""
    if not sys.stderr.isatty():
        return finished
    from tqdm import tqdm

    return tqdm(finished, total=total, desc="briefings", unit="page", leave=False)


def summary(briefing: Briefing) -> dict[str, Any]:
    """Finding, headline and parameters of a briefing that is built."""
    path = REPORTS / briefing.slug / "summary.json"
    return json.loads(path.read_text(encoding="utf-8"))


def _print_headline(briefing: Briefing) -> None:
    found = summary(briefing)
    print(f"{found['title']}: {found['headline_text']}")


def _shared(briefings: list[Briefing]) -> dict[str, str]:
    """The files that all briefings share, by name."""
    from rareearth.briefing import index

    parts = {briefing.slug: REPORTS / briefing.slug / "results.json" for briefing in briefings}
    results = publish.combined_results(parts)
    summaries = [summary(briefing) for briefing in briefings]
    pictures = {briefing.slug: _first_picture(briefing) for briefing in briefings}
    return {
        "results.json": results,
        "feed.json": index.feed(summaries),
        "index.html": index.html(summaries, pictures, json.loads(results)),
    }


def _first_picture(briefing: Briefing) -> str:
    """The SVG of the first chart of a page; empty when it has none."""
    names = summary(briefing)["figures"]
    return (REPORTS / briefing.slug / f"{names[0]}.svg").read_text(encoding="utf-8") if names else ""
