"""CEPII's BACI: one zip a release and revision of the Harmonized System.

BACI_HS17_V202601.zip holds BACI_HS17_Y2024_V202601.csv for each year, with t year, i exporter, j importer, k HS6,
v thousand USD, q tonnes (NA where unknown). Gives editions of trade/baci_hs17_2024.csv: its codes, in 2024 and the
years that the release adds.
"""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from rareearth import tables
from rareearth.refresh.client import Digits, NotFound, Record, Year, plain
from rareearth.refresh.editions import Edition, Run

BASE = "https://www.cepii.fr"
TABLE = "trade/baci_hs17_2024.csv"
CODES = ("850511", "811292", "811010")
_FIRST_YEAR = 2024
# A release is about 1 GB and comes at the speed of the publisher's server.
_LIMITS = {"max_bytes": 4_000_000_000, "total_s": 7_200}
_NUMBER = r"[0-9]{1,13}(\.[0-9]{1,6})?"


class _Flow(Record):
    t: Year
    i: Digits
    j: Digits
    k: Digits
    v: Annotated[str, Field(pattern=rf"^{_NUMBER}$")]
    q: Annotated[str, Field(pattern=rf"^({_NUMBER}|NA)$")]


def newer(run: Run, base: str = BASE) -> list[Edition]:
    """The release of this year, or the next one where this year's is in hand; none while it is not published.

    Raises:
        Refused: the file is no zip of CSV files, lacks the first year, or its columns have changed.
    """
    before = run.in_hand(TABLE)
    added = tables.editions_of(TABLE, run.root)
    # The newest edition's label is that of its release; the sources of the first table are called by theirs.
    in_hand = added[0].split("--V")[1] if added else max(re.findall(r"v(\d{6})", before[0]["source_ids"]))
    label = f"V{max(run.now.year, int(in_hand[:4]) + 1)}01"
    try:
        answer = run.fetch(f"{base}/DATA_DOWNLOAD/baci/data/BACI_HS17_{label}.zip", **_LIMITS)
    except NotFound:
        return []
    names = [f"BACI_HS17_Y{year}_{label}.csv" for year in range(_FIRST_YEAR, run.now.year)]
    wanted = answer.zipped_csv(lambda row: row["k"].strip() in CODES, _Flow.model_fields, names)
    rows = [
        one.model_dump() | {"v": plain(Decimal(one.v)), "q": "" if one.q == "NA" else plain(Decimal(one.q))}
        for one in answer.checked(list[_Flow], wanted)
    ]
    title = f"BACI HS17 {label}: flows in HS {', '.join(CODES)}, value and quantity"
    cited = "cite Gaulier and Zignago (2010), CEPII working paper 2010-23; newest year is provisional"
    about = "CEPII", label[1:5], "Etalab Open Licence 2.0 (BACI)"
    source = run.source(f"baci_{label.lower()}_2024", title, *about, kind="academic", note=cited)
    return [Edition(TABLE, label, rows, ("t", "i", "j", "k"), ("v", "q"), before, "baci24", source, run.urls)]
