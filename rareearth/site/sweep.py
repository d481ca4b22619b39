"""Many briefings of one notebook, `make sweep`: every country, or every combination of given parameters."""

import itertools
from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

from rareearth import files, inputs
from rareearth.errors import Refused
from rareearth.site import index, run
from rareearth.site.briefings import COUNTRY_NOTEBOOK, Briefing, country, variant
from rareearth.site.parameters import assignments, choices

OVERVIEW = "countries.html"
# A briefing that ends this many workers is given up: it is the cause.
_ATTEMPTS = 3
_CONNECT_S = 30


def country_briefings(codes: list[str]) -> list[Briefing]:
    """The briefings of these countries, or of all with data when none is named, in the order of the notebook's model.

    Raises:
        Refused: a country has no briefing.
    """
    allowed = choices(COUNTRY_NOTEBOOK.name, "country")
    for code in codes:
        if code not in allowed:
            raise Refused(f"no data for country {ascii(code)}; there are: {', '.join(allowed)}")
    return [country(code) for code in allowed if not codes or code in codes]


def grid(slug: str, given: dict[str, str]) -> list[Briefing]:
    """A listed briefing with every combination of the values.

    Args:
        slug: Which one.
        given: Parameter to values with commas between them.

    Raises:
        Refused: no such briefing, or a value is refused.
    """
    values = [words.split(",") for words in given.values()]
    return [variant(slug, dict(zip(given, row, strict=True))) for row in itertools.product(*values)]


def sweep(
    briefings: list[Briefing], jobs: int | None = None, scheduler: str = "", unsealed_tables: Collection[str] = ()
) -> Path:
    """Brings the briefings up to date.

    What is up to date is left alone, so a sweep that was stopped goes on where it was.

    Args:
        briefings: Of `country_briefings` or of `grid`.
        jobs: Notebooks side by side; as many as there are processors when None.
        scheduler: Address of a Dask scheduler whose workers make them; this machine does when it is empty.
        unsealed_tables: See `run.build`.

    Returns:
        The page with the table of all countries that are built.

    Raises:
        Refused: at least one briefing failed, each with its parameters; the others are published.
    """
    with run.building():
        outcomes = partial(_by_workers, scheduler) if scheduler else None
        failures = run.all_up_to_date(briefings, jobs=jobs, unsealed_tables=unsealed_tables, outcomes=outcomes)
        built = [run.summary(one.slug) for one in country_briefings([]) if run.stamp(one.slug).is_file()]
        files.write(run.REPORTS / OVERVIEW, index.country_table(built))
        run.name_variants()
    if failures:
        failed = [one for one in briefings if one.slug in failures]
        problems = [f"{failures[one.slug]} with {assignments(one.parameters)}" for one in failed]
        raise Refused(f"{len(problems)} of {len(briefings)} failed: {'; '.join(problems)}; the others are published")
    return run.REPORTS / OVERVIEW


# --- On the workers of a Dask scheduler, each of which has a checkout of its own (extra ``cluster``) ---


def _by_workers(scheduler: str, briefings: list[Briefing], unsealed_tables: Collection[str]) -> run.Outcomes:
    """As the workers of a scheduler at an address such as ``tcp://host:8786`` make the briefings."""
    try:
        import distributed
    except ImportError:
        raise Refused("--scheduler needs Dask: pip install -r requirements-cluster.txt into .venv") from None
    try:
        client = distributed.Client(scheduler, timeout=_CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise Refused(
            f"no Dask scheduler answers at {scheduler} ({str(error).splitlines()[0]}): start `dask scheduler`"
        ) from None
    with client:
        waiting = {client.submit(_made, one, unsealed_tables, pure=False, retries=_ATTEMPTS): one for one in briefings}
        for future in distributed.as_completed(waiting, loop=client.loop):
            yield waiting[future].slug, _outcome(waiting[future], future, unsealed_tables)


def _made(briefing: Briefing, unsealed_tables: Collection[str]) -> run.Made:
    run.begin()
    return run.made(briefing, unsealed_tables)


def _outcome(briefing: Briefing, future: Any, unsealed_tables: Collection[str]) -> run.Made | Refused:
    error = future.exception()
    if isinstance(error, Refused):
        return error
    if error is not None:
        lines = str(error).splitlines() or [""]
        return Refused(f"{briefing.slug}: {type(error).__name__}: {lines[0]}")
    made: run.Made = future.result()
    ours = run.inputs_now(briefing, made.inputs, unsealed_tables, inputs.Now())
    other = sorted(name for name in {*ours, *made.inputs} if ours.get(name) != made.inputs.get(name))
    if other:
        return Refused(
            f"{briefing.slug}: a worker of the scheduler has another {other[0]} ({len(other)} differ): bring its "
            "checkout to the same state and start it again"
        )
    return made
