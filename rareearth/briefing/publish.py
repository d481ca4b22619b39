"""Puts the finished files of a briefing in their place, the stamp last."""

import json
from pathlib import Path
from typing import Any

from rareearth.briefing.staleness import file_hash
from rareearth.files import write
from rareearth.refusal import Refused


def files(folder: Path, outputs: dict[str, str], stamp: Path, inputs: dict[str, str]) -> None:
    """Publishes the outputs of one briefing.

    Args:
        folder: The tree of reports.
        outputs: Path relative to `folder` to its text.
        stamp: Where inputs and hashes of the outputs are kept; it is written last, so that a kill in
            between means that the briefing is built again.
        inputs: What the briefing was made from.
    """
    stamp.unlink(missing_ok=True)
    for name, text in outputs.items():
        write(folder / name, text)
    hashes = {name: file_hash(folder / name) for name in outputs}
    write(stamp, json.dumps({"inputs": inputs, "outputs": hashes}, indent=1, sort_keys=True))


def combined_results(parts: list[Path]) -> str:
    """results.json of several briefings: a list of Estimates sorted by id.

    Raises:
        Refused: two briefings give one id different contents.
    """
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        for estimate in json.loads(part.read_text(encoding="utf-8")):
            if found.setdefault(estimate["id"], estimate) != estimate:
                raise Refused(f"{estimate['id']} differs between two briefings")
    return json.dumps([found[key] for key in sorted(found)], indent=1, ensure_ascii=False) + "\n"
