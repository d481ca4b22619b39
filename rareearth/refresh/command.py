"""`make refresh`: asks publishers for newer editions, says what they change, and adds them when told to."""

import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rareearth import files
from rareearth.errors import Refused
from rareearth.paths import RAW
from rareearth.refresh import changes, edition, pull_baci, pull_comtrade, pull_fx, pull_usgs, pull_world_bank
from rareearth.refresh.download import Client
from rareearth.refresh.edition import Pulled, Visit

Pull = Callable[[Visit], list[Pulled]]
# In the order in which they are asked: the one that needs a key comes last.
PUBLISHERS: dict[str, Pull] = {
    "usgs": pull_usgs.pull,
    "baci": pull_baci.pull,
    "world_bank": pull_world_bank.pull,
    "fx": pull_fx.pull,
    "comtrade": pull_comtrade.pull,
}
# A clock outside of these years dates an edition wrongly; the tables take no later year.
_CLOCK_YEARS = (2024, 2050)


def chosen(names: list[str]) -> dict[str, Pull]:
    """The publishers of these names, all of them when none is named.

    Raises:
        Refused: a name is not known.
    """
    for name in names:
        if name not in PUBLISHERS:
            raise Refused(f"publisher {name!r} is none of {', '.join(PUBLISHERS)}: name one of these")
    return {name: pull for name, pull in PUBLISHERS.items() if name in names or not names}


def refresh(
    pulls: dict[str, Pull],
    *,
    add: bool = False,
    accept_shrink: bool = False,
    root: Path = RAW,
    client: Client | None = None,
    now: datetime | None = None,
) -> None:
    """Asks each publisher and prints what is new; the first refusal ends it, what was added before stays.

    Args:
        pulls: Publishers by name.
        add: Add what is new beside the tables that are there.
        accept_shrink: Take an edition that has lost many rows.
        root: The folder data/raw.
        client: Fetches files.
        now: The time of the visit, in UTC.

    Raises:
        Refused: a publisher cannot be reached, sends something wrong, or another refresh is running.
    """
    now = now or datetime.now(UTC)
    if not _CLOCK_YEARS[0] <= now.year <= _CLOCK_YEARS[1]:
        print(f"refresh: the clock says {now.year}: set it, editions are dated by it", file=sys.stderr)
    home = root.parent / ".refresh"
    with files.locked(home / "lock"):
        folder = home / "downloads"
        shutil.rmtree(folder, ignore_errors=True)  # left by a refresh that was killed
        for litter in root.rglob(".part-*"):
            litter.unlink()
        try:
            for name, pull in pulls.items():
                _one(name, pull, Visit(client or Client(), folder / name, root, now), add, accept_shrink)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _one(name: str, pull: Pull, visit: Visit, add: bool, accept_shrink: bool) -> None:
    found = [(one, changes.compare(one.before, one.rows, one.key, one.values)) for one in pull(visit)]
    for one, change in found:
        print("\n".join(change.lines(f"data/raw/{one.name}")))
        if not accept_shrink:
            changes.check_shrink(change, f"data/raw/{one.name}")
    new = [one for one, change in found if not change.none]
    if not new:
        print(f"{name}: nothing newer than what is in hand")
    elif add:
        print(f"{name}: added {', '.join(edition.add(name, new, visit))}; make data and make reports use it")
    else:
        print(f"{name}: nothing is added without --add (make refresh ADD=1)")
