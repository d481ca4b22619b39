"""The Mineral Commodity Summaries of the US Geological Survey, from ScienceBase.

The data release is one CSV in Windows-1252, MCS2026_Commodities_Data.csv, a row a fact. ScienceBase's catalogue search
lists items with their files (name, url or downloadUri, size). Gives editions of production/mine_production.csv and
production/reserves.csv.
"""

from decimal import Decimal
from typing import Annotated, Literal
from urllib.parse import urlencode

from pydantic import AfterValidator, Field

from rareearth import countries, tables
from rareearth.errors import Refused
from rareearth.refresh.client import Amount, Record, plain, printable, same_site
from rareearth.refresh.editions import Edition, Row, Run

BASE = "https://www.sciencebase.gov"
MINES, RESERVES = "production/mine_production.csv", "production/reserves.csv"
_CHAPTER, _SECTION = "RARE EARTHS", "World Mine Production and Reserves"
_UNPUBLISHED = ("", "NA", "W")
_ZERO = ("—", "–", "--")
_AREAS = {"World total": "WLD", "Other countries": ""}
_BOUNDS = {">": "lower", "<": "upper"}


def _area(published: str) -> str:
    entity = printable(published.replace("(rounded)", ""))
    if entity not in _AREAS:
        countries.iso3(entity)  # refuses a name that is in no table
    return entity


class _File(Record):
    name: str
    url: str | None = None
    downloadUri: str | None = None
    size: Amount | None = None


class _Item(Record):
    files: list[_File] = []


class _Catalogue(Record):
    items: list[_Item]


class _Fact(Record):
    chapter: str = Field(alias="MCS chapter")
    section: str = Field(alias="Section")
    country: Annotated[str, Field(alias="Country", max_length=60), AfterValidator(_area)]
    statistic: Literal["Production", "Reserves"] = Field(alias="Statistics")
    unit: Annotated[str, Field(alias="Unit", pattern=r"^(?i:metric tons)\b")]
    year: Annotated[str, Field(alias="Year", pattern=r"^20[0-9]{2}([^0-9.].*)?$")]
    value: Annotated[str, Field(alias="Value", pattern=r"^([<>e]?[0-9][0-9,]{0,14}(\.[0-9]{1,3})?|—|–|--)$")]
    notes: Annotated[str, Field(alias="Notes", max_length=1000)]


_COLUMNS = [field.alias for field in _Fact.model_fields.values()]


def newer(run: Run, base: str = BASE) -> list[Edition]:
    """The release after the one in hand, if it is published.

    Raises:
        Refused: it is not in `tables.releases()`, or its file has changed in form.
    """
    before = {table: run.in_hand(table) for table in (MINES, RESERVES)}
    last = max(row["edition"] for row in before[MINES] if row["edition"].startswith("MCS20"))
    label = f"MCS{int(last[3:7]) + 1}"
    file = _find(run, base, f"{label}_Commodities_Data.csv", label[3:])
    if file is None:
        return []
    if label not in tables.releases():
        raise Refused(f"{label} is published: add it to `releases` in data/raw/fields.yml, then refresh again")
    published, found = _facts(run, base, file), []
    for table, statistic in ((MINES, "Production"), (RESERVES, "Reserves")):
        rows = [_row(one, label) for one in published if one.statistic == statistic]
        compared = [row for row in before[table] if row["edition"] == last and row["source_ids"].endswith("_csv")]
        prefix = statistic.lower()
        source_id = f"usgs_{label.lower()}_{table.split('/')[1].removesuffix('.csv')}_csv"
        title = f"Mineral Commodity Summaries {label[3:]} data release: {prefix} of rare earths"
        about = "U.S. Geological Survey", label[3:], "US Government work, public domain"
        source = run.source(source_id, title, *about, url=run.urls[-1])
        key = ("entity", "reference_year")
        found.append(Edition(table, label, rows, key, ("value",), compared, prefix, source, run.urls))
    return found


def _find(run: Run, base: str, name: str, year: str) -> _File | None:
    """The release's file in the catalogue; None while it is not there."""
    words = {"q": f"Mineral Commodity Summaries {year} Data Release", "format": "json", "max": 50}
    answer = run.fetch(f"{base}/catalog/items?{urlencode(words | {'fields': 'title,files'})}")
    files = [file for item in answer.json(_Catalogue).items for file in item.files if file.name == name]
    return files[0] if files else None


def _facts(run: Run, base: str, file: _File) -> list[_Fact]:
    """The published facts on rare earths' mines and reserves."""
    answer = run.fetch(same_site(base, file.downloadUri or file.url or ""))
    size = answer.path.stat().st_size
    if file.size is not None and size != file.size:
        raise answer.refusal(f"{size:,} bytes where its catalogue says {plain(file.size)}", "try again")

    def wanted(row: Row) -> bool:
        here = row["MCS chapter"] == _CHAPTER and row["Section"].startswith(_SECTION)
        return here and row["Value"].strip() not in _UNPUBLISHED

    rows = answer.csv(wanted, _COLUMNS, ("utf-8-sig", "cp1252"))
    if not rows:
        raise answer.refusal(f"no rows of {_CHAPTER}, {_SECTION}", "look whether they have another name now")
    published = answer.checked(list[_Fact], rows)
    for one in published:
        if one.statistic == "Production" and one.value[0] in _BOUNDS:
            raise answer.refusal(f"output of {one.country!r} is a bound ({one.value!r})", "look at it there")
    return published


def _row(fact: _Fact, label: str) -> Row:
    digits = "0" if fact.value in _ZERO else fact.value.lstrip("<>e").replace(",", "")
    status = "estimated" if "estimated" in fact.notes.casefold() + fact.year else "reported"
    bound = _BOUNDS.get(fact.value[0], "exact")
    return {
        "entity": fact.country,
        "iso3": _AREAS[fact.country] if fact.country in _AREAS else countries.iso3(fact.country),
        "reference_year": fact.year[:4],
        "measure": fact.statistic.lower(),
        **({"status": status} if fact.statistic == "Production" else {"bound": bound}),
        "stage": "mine",
        "basis": "t_reo",
        "elements": "all",
        "value": plain(Decimal(digits)),
        "unit": "t",
        "edition": label,
        "confidence": "high",
        "note": printable(fact.notes),
    }
