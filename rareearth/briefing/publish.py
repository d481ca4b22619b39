"""Puts the finished files of a briefing in their place, the stamp last."""

import contextlib
import json
from pathlib import Path
from typing import Any

from rareearth.briefing.staleness import file_hash
from rareearth.errors import Refused
from rareearth.files import part, write


def files(folder: Path, outputs: dict[str, str], stamp: Path, inputs: dict[str, str]) -> None:
    """Publishes the outputs of one briefing.

    Args:
        folder: The tree of reports.
        outputs: Path relative to `folder` to its text.
        stamp: Where inputs and hashes of the outputs are kept; it is written last, so that a kill in
            between means that the briefing is built again.
        inputs: What the briefing was made from.
    """
    # All parts are written before the first takes its place: a full disk leaves the earlier briefing whole.
    with contextlib.ExitStack() as places:
        for name, text in outputs.items():
            places.enter_context(part(folder / name)).write_bytes(text.encode("utf-8"))
        stamp.unlink(missing_ok=True)
    hashes = {name: file_hash(folder / name) for name in outputs}
    write(stamp, json.dumps({"inputs": inputs, "outputs": hashes}, indent=1, sort_keys=True))


def combined_results(parts: dict[str, Path]) -> str:
    """results.json of several briefings: a list of Estimates sorted by id.

    Args:
        parts: Name of a briefing to its own results.

    Returns:
        JSON; in place of ``cell`` every Estimate has ``shown_in``, a list of ``briefing#cell``.

    Raises:
        Refused: two briefings give one id different contents.
    """
    found: dict[str, dict[str, Any]] = {}
    for slug, path in parts.items():
        for estimate in json.loads(path.read_text(encoding="utf-8")):
            place = f"{slug}#{estimate.pop('cell')}"
            known = found.setdefault(estimate["id"], {**estimate, "shown_in": []})
            if {**estimate, "shown_in": known["shown_in"]} != known:
                raise Refused(
                    f"{estimate['id']} differs between two briefings, {known['shown_in']} and {place}"
                )
            known["shown_in"].append(place)
    return json.dumps([found[key] for key in sorted(found)], indent=1, ensure_ascii=False) + "\n"
