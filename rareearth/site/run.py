"""Brings briefings up to date: which are stale, execute, check, render, publish."""

import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from rareearth import files, inputs
from rareearth.errors import Refused
from rareearth.paths import CITATION, NOTEBOOKS, PAGE, PROCESSED, RAW
from rareearth.paths import REPORTS as REPORTS
from rareearth.site.briefings import Briefing, changed_defaults
from rareearth.site.briefings import listed as listed

# Name of the stamp of what all briefings share: index, results and feed.
SHARED_STAMP = "index"
# A briefing to what became of it.
Outcomes = Generator[tuple[str, "Made | Refused"], None, None]


@dataclass(frozen=True)
class Made:
    """A briefing that is made and not yet published."""

    inputs: dict[str, str]  # name and hash of what it was made from
    outputs: dict[str, str]  # every file by its path below reports/
    took_s: float


# --- What a briefing was made from ---


def stamp(slug: str) -> Path:
    """Where the inputs and outputs of the last build of a briefing are kept."""
    return REPORTS / ".build" / f"{slug}.json"


def notebook_hash(path: Path) -> str:
    """Hash of sources and tags of the cells: saving outputs or metadata in Lab changes nothing."""
    cells = files.read_notebook(path)["cells"]
    kept = [[cell["cell_type"], "".join(cell["source"]), cell["metadata"].get("tags", [])] for cell in cells]
    return inputs.content_hash(json.dumps(kept).encode())


def inputs_now(
    briefing: Briefing, names: Iterable[str], unsealed_tables: Collection[str], now: inputs.Now
) -> dict[str, str]:
    """Name and hash of everything that a briefing was made from, as it is now: of files by `names`, and the rest."""
    own = {
        f"notebooks/{briefing.notebook.name}": notebook_hash(briefing.notebook),
        "parameters": json.dumps(briefing.given, sort_keys=True, default=str),
        "installed libraries": inputs.environment(),
        "navigation": json.dumps([briefing.group, briefing.short, briefing.related], ensure_ascii=False),
        "unsealed figures": ", ".join(sorted({*names} & {*unsealed_tables})) or "none",
    }
    return now.of(names, own)


def reasons(briefing: Briefing, unsealed_tables: Collection[str] = (), now: inputs.Now | None = None) -> list[str]:
    """Why the briefing must be built again; empty when it is up to date."""
    before, _ = inputs.read_stamp(stamp(briefing.slug))
    found = inputs_now(briefing, before, unsealed_tables, now or inputs.Now())
    return inputs.changes(stamp(briefing.slug), found, REPORTS)


def _read_by_page(estimates: list[dict[str, Any]]) -> list[str]:
    """Files of the checkout that pages are rendered with: code, templates, words, and the tables of the figures."""
    from rareearth.site import sources

    code = inputs.code("rareearth.site.page", "rareearth.site.execute")
    found = inputs.names([*code, PAGE, *PAGE.iterdir(), CITATION, *RAW.glob("sources*.csv")])
    found += inputs.names([PROCESSED / "accounting.json"] if sources.with_user_files(estimates) else [])
    return [*found, *(table["table"] for table in sources.tables_of(estimates))]


# --- Make and publish ---


def begin() -> None:
    """Forgets what an earlier build of this process has read."""
    from rareearth.site import sources

    inputs.watch()
    inputs.bind_bytecode()
    inputs.forget()
    sources.forget()


def made(briefing: Briefing, unsealed_tables: Collection[str] = ()) -> Made:
    """Executes one briefing and renders it; nothing is published. Arguments as of `build`.

    Raises:
        Refused: the notebook failed, its outputs are not fit to be published, or an input changed meanwhile.
    """
    from rareearth.site import check, execute, page

    started = time.monotonic()
    before = notebook_hash(briefing.notebook)
    place = stamp(briefing.slug).parent
    place.mkdir(parents=True, exist_ok=True)  # where a scheduler's worker makes it, there was no build yet
    with tempfile.TemporaryDirectory(prefix="work-", dir=place) as folder:
        output = Path(folder) / "executed.ipynb"
        try:
            executed = execute.notebook(briefing.notebook, briefing.parameters, output)
        except Refused as error:
            kept = ""
            if output.is_file():
                files.write(REPORTS / "failed" / f"{briefing.slug}.ipynb", output.read_bytes())
                kept = f" (the notebook is kept as reports/failed/{briefing.slug}.ipynb)"
            raise Refused(f"{briefing.slug}: {error}{kept}") from None
    names = {*executed.read, *_read_by_page(check.estimates(executed.notebook))}
    outputs = page.outputs(executed.notebook, briefing, sorted(names & {*unsealed_tables}))
    now = inputs_now(briefing, names, unsealed_tables, inputs.Now())
    read_here = inputs.seen()
    inputs.check_libraries(inputs.loaded())
    read = {name: {*executed.read.get(name, []), *read_here.get(name, [])} for name in names}
    read[f"notebooks/{briefing.notebook.name}"] = {before}
    for name in names & inputs.checked.keys():  # a figure that changed after it was checked is on no page
        read[name].add(inputs.checked[name])
    changed = sorted(name for name, hashes in read.items() if hashes - {now[name]})
    if changed:
        raise Refused(f"{briefing.slug}: {', '.join(changed)} changed while it was made: run it again")
    return Made(now, outputs, time.monotonic() - started)


def make(briefing: Briefing, unsealed_tables: Collection[str] = ()) -> None:
    """Builds one briefing.

    Raises:
        Refused: see `made`. Earlier outputs stay.
    """
    begin()
    _publish(briefing, made(briefing, unsealed_tables))


def _publish(briefing: Briefing, found: Made) -> None:
    publish(found.outputs, stamp(briefing.slug), found.inputs)
    (REPORTS / "failed" / f"{briefing.slug}.ipynb").unlink(missing_ok=True)
    print(f"{briefing.slug}: built in {found.took_s:.1f} s", flush=True)


def publish(outputs: Mapping[str, str | bytes], place: Path, made_from: dict[str, str]) -> None:
    """Puts finished files in their place below reports/, the stamp last: a kill before means that all is built again."""
    # All parts are written before the first takes its place: a full disk leaves the earlier briefing whole.
    with contextlib.ExitStack() as places:
        for name, content in outputs.items():
            whole = content if isinstance(content, bytes) else content.encode("utf-8")
            places.enter_context(files.part(REPORTS / name)).write_bytes(whole)
        place.unlink(missing_ok=True)
    hashes = {name: files.byte_hash(REPORTS / name) for name in outputs}
    files.write(place, inputs.stamp_text(made_from, hashes))


def building() -> contextlib.AbstractContextManager[None]:
    """The reports tree to this process alone; see `files.locked`."""
    return files.locked(REPORTS / ".build", REPORTS)


def build(why: bool = False, jobs: int | None = None, unsealed_tables: Collection[str] = ()) -> None:
    """`make reports`: every briefing, the index and results.json; prints each headline.

    Args:
        why: Print what changed.
        jobs: How many notebooks run side by side; as many as there are processors when None.
        unsealed_tables: Tables of data/raw whose figures are not the sealed ones; pages that read one say so.

    Raises:
        Refused: at least one briefing failed; the others are published.
    """
    briefings = listed()
    now, failures = inputs.Now(), {}
    is_stale = any(reasons(one, unsealed_tables, now) for one in briefings) or bool(_shared_reasons(briefings, now))
    if is_stale or why:  # else nobody waits for the lock
        for briefing in briefings:
            try:
                _ = briefing.parameters
            except Refused as error:
                raise Refused(f"briefings.yml: {briefing.slug}: {error}") from None
        for line in changed_defaults():
            print(line)
        with building():
            failures = all_up_to_date(briefings, why, jobs, unsealed_tables)
            try:
                _publish_shared(briefings)
            except Refused as error:  # a page that is kept may say what a new one says otherwise
                failures[SHARED_STAMP] = str(error)
    for briefing in briefings:
        if stamp(briefing.slug).is_file():
            _print_headline(briefing)
    if failures:
        raise Refused("; ".join(dict.fromkeys(failures.values())) + "; the earlier report is kept")
    print(f"{'built' if is_stale else 'up to date'}: reports/index.html")


def all_up_to_date(
    briefings: list[Briefing],
    why: bool = False,
    jobs: int | None = None,
    unsealed_tables: Collection[str] = (),
    outcomes: Callable[[list[Briefing], Collection[str]], Outcomes] | None = None,
) -> dict[str, str]:
    """Brings briefings up to date, each published as soon as it is made; for use inside `building`.

    Arguments as of `build`; `outcomes` makes those that are stale, threads of this process when it is None. Gives what
    failed, by slug in the order of the list.
    """
    now = inputs.Now()
    changed = {briefing.slug: reasons(briefing, unsealed_tables, now) for briefing in briefings}
    if why:
        for slug, why_stale in changed.items():
            print(f"{slug}: {'; '.join(why_stale) or 'up to date'}")
    stale = {briefing.slug: briefing for briefing in briefings if changed[briefing.slug]}
    if not stale:
        return {}
    begin()
    for briefing in stale.values():
        _ = briefing.parameters  # checked before the first kernel starts
    print(f"building {len(stale)} page{'s' if len(stale) > 1 else ''}", flush=True)
    make_all = outcomes or partial(_by_threads, jobs or processors())
    failures: dict[str, str] = {}
    with contextlib.closing(make_all(list(stale.values()), unsealed_tables)) as found:
        for slug, outcome in _with_progress(found, len(stale)):
            if isinstance(outcome, Refused):
                failures[slug] = str(outcome)
            else:
                _publish(stale[slug], outcome)
    return {slug: failures[slug] for slug in stale if slug in failures}


def processors() -> int:
    """How many this process may use, where the system tells; else how many there are."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _by_threads(jobs: int, briefings: list[Briefing], unsealed_tables: Collection[str]) -> Outcomes:
    """As threads of this process make the briefings, each with a kernel of its own."""
    from concurrent.futures import ThreadPoolExecutor, as_completed

    from rareearth.site import execute

    with ThreadPoolExecutor(jobs) as pool:
        waiting = {pool.submit(made, briefing, unsealed_tables): briefing.slug for briefing in briefings}
        try:
            for done in as_completed(waiting):
                try:
                    yield waiting[done], done.result()
                except Refused as error:
                    yield waiting[done], error
        except BaseException:
            # Stopped: what waits is not begun, what runs is ended, and then the pool can close.
            pool.shutdown(wait=False, cancel_futures=True)
            execute.end_all()
            raise


def build_variant(briefing: Briefing, unsealed_tables: Collection[str] = ()) -> None:
    """`make report`: one briefing of its own, which the index names where there is one; results.json stays as it is."""
    with building():
        if reasons(briefing, unsealed_tables):
            make(briefing, unsealed_tables)
            name_variants()
    _print_headline(briefing)
    print(f"reports/{briefing.slug}.html")


def _publish_shared(briefings: list[Briefing]) -> None:
    """Publishes index, results, feed and data package, which are made from every page and all tables."""
    done = [briefing for briefing in briefings if stamp(briefing.slug).is_file()]
    if not done or not _shared_reasons(done, inputs.Now()):
        return
    from rareearth.site import index

    tables = [*RAW.rglob("*.csv"), *RAW.rglob("*.yml"), *RAW.glob("*/")]
    names = inputs.names([*inputs.code("rareearth.site.index"), PAGE, *PAGE.iterdir(), CITATION, *tables])
    made_from = inputs.Now().of(names, _stamps(done))  # before they are read: what changes meanwhile is a change
    outputs = index.outputs(REPORTS, [summary(one.slug) for one in done], [summary(slug) for slug in variants()])
    publish(outputs, stamp(SHARED_STAMP), made_from)


def name_variants() -> None:
    """Brings an index that is there up to date with the variants; for use inside `building`."""
    if stamp(SHARED_STAMP).is_file():
        _publish_shared(listed())


def variants() -> list[str]:
    """Slugs of the countries and other parameters that are built and not listed, sorted.

    Those only whose inputs are still the same; a briefing that is no longer listed is none.
    """
    now, found = inputs.Now(), []
    known = {SHARED_STAMP, *(briefing.slug for briefing in listed())}
    for place in sorted(stamp("*").parent.glob(stamp("*").name)):
        if "--" not in place.stem and not place.stem.startswith("country-"):
            continue
        before, _ = inputs.read_stamp(place)
        notebooks = [NOTEBOOKS / Path(name).name for name in before if name.startswith("notebooks/")]
        if place.stem in known or not notebooks or not all(path.is_file() for path in notebooks):
            continue
        of_stamp = "parameters", "navigation", "unsealed figures"
        own: dict[str, str] = {name: before[name] for name in of_stamp if name in before}
        own |= {f"notebooks/{path.name}": notebook_hash(path) for path in notebooks}
        own["installed libraries"] = inputs.environment()
        if not inputs.changes(place, now.of(before, own), REPORTS):
            found.append(place.stem)
    return found


def _with_progress(finished: Iterable[Any], total: int) -> Iterable[Any]:
    """A bar on a terminal; nothing in a log."""
    from tqdm import tqdm

    shown: Iterable[Any] = tqdm(finished, total=total, desc="briefings", unit="page", leave=False, disable=None)
    return shown


# --- What all briefings share ---


def _stamps(briefings: list[Briefing]) -> dict[str, str]:
    """Stamps by content, so that a briefing that is no longer listed and a build that was killed are seen too."""
    slugs = [*(briefing.slug for briefing in briefings), *variants()]
    found = {f"page {slug}": files.byte_hash(stamp(slug)) for slug in slugs}
    # The index leads to the site that `make docs` has made.
    return found | ({"documentation": "made"} if (REPORTS / "docs" / "index.html").is_file() else {})


def _shared_reasons(briefings: list[Briefing], now: inputs.Now) -> list[str]:
    place = stamp(SHARED_STAMP)
    before, _ = inputs.read_stamp(place)
    return inputs.changes(place, now.of(before, _stamps(briefings)), REPORTS)


def summary(slug: str) -> dict[str, Any]:
    """Finding, headline and parameters of a briefing that is built."""
    path = REPORTS / slug / "summary.json"
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _print_headline(briefing: Briefing) -> None:
    found = summary(briefing.slug)
    print(f"{found['title']}: {found['headline_text']}")
