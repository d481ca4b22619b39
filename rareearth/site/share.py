"""The briefings as one folder and one zip that open offline: `make share`."""

import hashlib
import io
import shutil
import zipfile
from pathlib import Path

from rareearth import files, inputs
from rareearth.errors import Refused
from rareearth.site import index, run

NAME = "rare-earth-briefings"
# A zip keeps no time zone and begins in 1980: one fixed time makes the archive the same everywhere.
_TIME = (1980, 1, 1, 0, 0, 0)
_README = """Rare-earth briefings

Open index.html in a browser: every page works offline, without script, and makes no request.
<name>.html is the briefing, <name>.ipynb the notebook that made it, executed; <name>/ has the data (.csv) and the picture
(.svg) of each chart. results.json has every number with interval, definition, method and sources; feed.json lists the pages.

To check that nothing was changed on the way: sha256sum --check SHA256SUMS
Text, data and pictures: CC BY 4.0. Cite a page by the lines at its end.
"""


def _whole(slug: str) -> list[str]:
    """The files of a briefing, when all of them are as they were built."""
    _, outputs = inputs.read_stamp(run.stamp(slug))
    if not outputs:
        raise Refused(f"{slug} is not built: run make reports first")
    for name in inputs.changed_outputs(outputs, run.REPORTS):
        raise Refused(f"reports/{name} is missing or was changed: run make reports first")
    return list(outputs)


def _contents() -> dict[str, bytes]:
    """Path in the share to content: what all briefings share, and what the stamp of each one lists."""
    names: list[str] = []
    for slug in [run.SHARED_STAMP, *(briefing.slug for briefing in run.listed()), *run.variants()]:
        names += _whole(slug)
    found = {name: (run.REPORTS / name).read_bytes() for name in sorted(names)}
    found["index.html"] = found["index.html"].replace(index.DOCUMENTATION.encode(), b"")
    sums = [f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in found.items()]
    return {"README.txt": _README.encode(), "SHA256SUMS": ("\n".join(sums) + "\n").encode(), **found}


def _zipped(contents: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            entry = zipfile.ZipInfo(f"{NAME}/{name}", _TIME)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def share() -> Path:
    """Writes reports/share/rare-earth-briefings.zip and the same as a folder beside it.

    Returns:
        The zip.

    Raises:
        Refused: a briefing is not built, or another build is running.
    """
    target = run.REPORTS / "share"
    with run.building():
        contents = _contents()
        new = target / ".part-folder"  # what a stop leaves of it is cleared by the next writer; see files.locked
        for name, content in contents.items():
            files.write(new / name, content)
        shutil.rmtree(target / NAME, ignore_errors=True)
        new.rename(target / NAME)
        files.write(target / f"{NAME}.zip", _zipped(contents))
    return target / f"{NAME}.zip"
