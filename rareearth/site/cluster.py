"""Briefings made by the workers of a Dask scheduler, each of which has a checkout of its own (extra ``cluster``)."""

from collections.abc import Collection, Iterator
from typing import Any

from rareearth import inputs
from rareearth.errors import Refused
from rareearth.site import run
from rareearth.site.briefings import Briefing

# A briefing that ends this many workers is given up: it is the cause.
_ATTEMPTS = 3
_CONNECT_S = 30


def outcomes(
    briefings: list[Briefing], scheduler: str, unsealed_tables: Collection[str] = ()
) -> Iterator[tuple[str, run.Made | Refused]]:
    """Slug and what became of it, as the scheduler's workers make the briefings.

    Args:
        briefings: What to make.
        scheduler: Its address, such as ``tcp://host:8786``.
        unsealed_tables: See `run.build`.

    Raises:
        Refused: Dask is not installed, or nothing answers at the address.
    """
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
    made = future.result()
    ours = run.inputs_now(briefing, made.inputs, unsealed_tables, inputs.Now())
    other = sorted(name for name in {*ours, *made.inputs} if ours.get(name) != made.inputs.get(name))
    if other:
        return Refused(
            f"{briefing.slug}: a worker of the scheduler has another {other[0]} ({len(other)} differ): bring its "
            "checkout to the same state and start it again"
        )
    return made
