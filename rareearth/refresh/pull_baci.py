"""CEPII's BACI, one zip a release and revision of the Harmonized System; untested against the live service.

Address and columns as CEPII documents them: BACI_HS17_V202601.zip holds BACI_HS17_Y2024_V202601.csv a year, with t year,
i exporter, j importer, k HS6, v thousand USD, q tonnes (NA where unknown). Gives editions of
trade/baci_hs17_2024.csv: its codes, in 2024 and the years that the release adds.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit

from rareearth import tables
from rareearth.errors import Refused
from rareearth.refresh import answers
from rareearth.refresh.changes import Row
from rareearth.refresh.download import NotThere
from rareearth.refresh.edition import Pulled, Visit, in_hand

BASE = "https://www.cepii.fr"
TABLE = "trade/baci_hs17_2024.csv"
CODES = ("850511", "811292", "811010")
_COLUMNS = ["t", "i", "j", "k", "v", "q"]
_FIRST_YEAR = 2024
# A release is about 1 GB and comes at the speed of the publisher's server.
_MAX_BYTES, _TOTAL_S = 4_000_000_000, 7_200


def pull(visit: Visit, base: str = BASE) -> list[Pulled]:
    """The release of this year, if it is published and not in hand.

    Raises:
        Refused: the file is no zip, lacks a year, or its columns have changed.
    """
    before = in_hand(TABLE, visit.root)
    label = f"V{visit.now.year}01"
    if label <= _release(before, visit.root):
        return []
    url = f"{base}/DATA_DOWNLOAD/baci/data/BACI_HS17_{label}.zip"
    target = visit.folder / "baci.zip"
    limits = replace(visit.client.limits, max_bytes=_MAX_BYTES, total_s=_TOTAL_S)
    try:
        replace(visit.client, limits=limits).fetch(url, target)
    except NotThere:
        return []
    rows = answers.capped(_rows(target, label, urlsplit(base).hostname), urlsplit(base).hostname)
    source = {
        "source_id": f"baci_{label.lower()}_2024",
        "title": f"BACI HS17 {label}: flows in HS {', '.join(CODES)}, value and quantity",
        "publisher": "CEPII",
        "published_on": str(visit.now.year),
        "url": url,
        "kind": "academic",
        "licence": "Etalab Open Licence 2.0 (BACI)",
        "note": "cite Gaulier and Zignago (2010), CEPII working paper 2010-23; newest year is provisional",
    }
    return [Pulled(TABLE, label, rows, ("t", "i", "j", "k"), ("v", "q"), before, "baci24", source, (url,))]


def _release(rows: list[Row], root: Path) -> str:
    """The release in hand: the newest edition's label, or what the table's sources are called."""
    if added := tables.editions_of(TABLE, root):
        return added[0].removesuffix(".csv").split("--")[1]
    return "V" + max(re.findall(r"v(\d{6})", rows[0]["source_ids"]))


def _rows(path: Path, label: str, where: str) -> list[Row]:
    try:
        with zipfile.ZipFile(path) as archive:
            years = [
                name for name in archive.namelist() if re.fullmatch(rf"BACI_HS17_Y\d{{4}}_{label}\.csv", name)
            ]
            wanted = sorted(name for name in years if int(name[11:15]) >= _FIRST_YEAR)
            if f"BACI_HS17_Y{_FIRST_YEAR}_{label}.csv" not in wanted:
                raise Refused(f"{where}: the release {label} has no file of {_FIRST_YEAR}: look at it there")
            return [row for name in wanted for row in _of_year(archive, name, where)]
    except (zipfile.BadZipFile, EOFError):
        raise Refused(f"{where}: the release {label} is no whole zip: try again") from None


def _of_year(archive: zipfile.ZipFile, name: str, where: str) -> Iterator[Row]:
    with archive.open(name) as raw:
        lines = csv.reader(io.TextIOWrapper(raw, encoding="utf-8", newline=""), strict=True)
        header = next(lines, [])
        if header != _COLUMNS:
            raise Refused(
                f"{where}: {name} has the columns {answers.shown(header)} instead of {_COLUMNS}: look for a new format"
            )
        for line in lines:
            cells = dict(zip(_COLUMNS, map(str.strip, line), strict=False))
            if cells.get("k") in CODES:
                yield {**cells, **{column: _number(cells.get(column), name, where) for column in ("v", "q")}}


def _number(cell: str | None, name: str, where: str) -> str:
    try:
        return "" if cell == "NA" else answers.plain(Decimal(cell))
    except (InvalidOperation, TypeError):
        raise Refused(f"{where}: {name} has {answers.shown(cell)!r} for a number: look at it there") from None
