"""`make refresh`: asks publishers for newer editions, says what they change, and adds them when told to."""

import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rareearth import files
from rareearth.errors import Refused
from rareearth.paths import RAW
from rareearth.refresh import baci, comtrade, usgs, world_bank
from rareearth.refresh.client import Client
from rareearth.refresh.editions import Edition, Run, add, compare

Publisher = Callable[[Run], list[Edition]]
# In the order in which they are asked: the one that needs a key comes last.
PUBLISHERS: dict[str, Publisher] = {
    "usgs": usgs.newer,
    "baci": baci.newer,
    "world_bank": world_bank.macro,
    "fx": world_bank.fx,
    "comtrade": comtrade.newer,
}
# A clock outside of these years dates an edition wrongly; the tables take no later year.
_CLOCK_YEARS = (2024, 2050)


def chosen(names: list[str]) -> dict[str, Publisher]:
    """The publishers of these names, all of them when none is named.

    Raises:
        Refused: a name is not known.
    """
    for name in names:
        if name not in PUBLISHERS:
            raise Refused(f"publisher {name!r} is none of {', '.join(PUBLISHERS)}: name one of these")
    return {name: newer for name, newer in PUBLISHERS.items() if name in names or not names}


def refresh(
    publishers: dict[str, Publisher],
    *,
    adds: bool = False,
    accept_shrink: bool = False,
    root: Path = RAW,
    client: Client | None = None,
    now: datetime | None = None,
) -> None:
    """Asks each publisher and prints what is new; the first refusal ends it, and what was added before stays.

    `adds` adds it beside the tables that are there; `accept_shrink` takes an edition that has lost many rows, too.

    Raises:
        Refused: a publisher cannot be reached, sends something wrong, or another refresh is running.
    """
    now = now or datetime.now(UTC)
    if not _CLOCK_YEARS[0] <= now.year <= _CLOCK_YEARS[1]:
        print(f"refresh: the clock says {now.year}: set it, editions are dated by it", file=sys.stderr)
    home = root.parent / ".refresh"
    with files.locked(home / "lock", home):
        folder = home / "downloads"
        shutil.rmtree(folder, ignore_errors=True)  # left by a refresh that was killed
        for unfinished in root.rglob(".part-*"):
            unfinished.unlink()
        try:
            for name, newer in publishers.items():
                _ask(name, newer, Run(client or Client(), folder / name, root, now), adds, accept_shrink)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _ask(name: str, newer: Publisher, run: Run, adds: bool, accept_shrink: bool) -> None:
    new = []
    try:
        for one in newer(run):
            differs, report = compare(one, accept_shrink)
            print(report)
            new += [one] if differs else []
    except Refused as refusal:
        raise Refused(f"{name}: {refusal}") from None
    if not new:
        print(f"{name}: asked, and nothing is newer than what is in hand")
    elif adds:
        print(f"{name}: added {', '.join(add(name, new, run))}; make data and make reports use it")
    else:
        print(f"{name}: nothing is added without --add (make refresh ADD=1)")
