"""The Mineral Commodity Summaries of the US Geological Survey from ScienceBase; untested against the live service.

The data release is one CSV in Windows-1252, MCS2026_Commodities_Data.csv, a row a fact, found through ScienceBase's
catalogue search, which lists items with their files (name, url or downloadUri, size). A file that ScienceBase hands
to another host is refused. Gives editions of production/mine_production.csv and production/reserves.csv.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from rareearth import countries, tables
from rareearth.errors import Refused
from rareearth.refresh import answers, saved
from rareearth.refresh.changes import Row
from rareearth.refresh.edition import Pulled, Visit, in_hand
from rareearth.refresh.saved import Field

BASE = "https://www.sciencebase.gov"
MINES, RESERVES = "production/mine_production.csv", "production/reserves.csv"
_CHAPTER, _SECTION = "RARE EARTHS", "World Mine Production and Reserves"
_ENCODINGS = ("utf-8-sig", "cp1252")
_ALL = {name: Field("text") for name in ("MCS chapter", "Section")}
_NEEDED = {
    **{name: Field("text") for name in ("Country", "Unit", "Year", "Value", "Notes")},
    "Statistics": Field("text", ("Production", "Reserves")),
}
_OTHERS = {"Commodity", "Statistics_detail", "Other notes"}
_UNPUBLISHED = ("", "NA", "W")
_AREAS = {"World total": "WLD", "Other countries": ""}
_ZERO = ("—", "–", "--")


def pull(visit: Visit, base: str = BASE) -> list[Pulled]:
    """The release after the one in hand, if it is published.

    Raises:
        Refused: it is not in `tables.releases()`, or its file has changed in form.
    """
    mines, reserves = in_hand(MINES, visit.root), in_hand(RESERVES, visit.root)
    last = max(row["edition"] for row in mines if re.fullmatch(r"MCS\d{4}", row["edition"]))
    year = int(last[3:]) + 1
    file = _find(visit, base, year) if year <= visit.now.year else None
    if file is None:
        return []
    label = f"MCS{year}"
    if label not in tables.releases():
        raise Refused(
            f"{label} is published: add it to `releases` in data/raw/fields.yml, then refresh again"
        )
    rows = _rare_earths(visit, file, urlsplit(base).hostname)
    source = {
        "publisher": "U.S. Geological Survey",
        "published_on": str(year),
        "url": file["url"],
        "kind": "official",
        "licence": "US Government work, public domain",
    }

    def pulled(table: str, statistic: str, shape: Callable[[Row, str], Row], before: list[Row]) -> Pulled:
        kept = [shape(row, label) for row in rows if row["Statistics"] == statistic and _published(row)]
        compared = [row for row in before if row["edition"] == last and row["source_ids"].endswith("_csv")]
        key, stem = ("entity", "reference_year"), table.split("/")[1].removesuffix(".csv")
        own = {
            **source,
            "source_id": f"usgs_mcs{year}_{stem}_csv",
            "title": f"Mineral Commodity Summaries {year} data release: {statistic.lower()} of rare earths",
        }
        return Pulled(table, label, kept, key, ("value",), compared, statistic.lower(), own, (file["url"],))

    return [
        pulled(MINES, "Production", _mine, mines),
        pulled(RESERVES, "Reserves", _reserve, reserves),
    ]


def _find(visit: Visit, base: str, year: int) -> dict[str, Any] | None:
    """Address and size of the release's file; None while it is not in the catalogue."""
    where, wanted = urlsplit(base).hostname, f"MCS{year}_Commodities_Data.csv"
    words = {"q": f"Mineral Commodity Summaries {year} Data Release", "format": "json", "max": 50}
    target = visit.folder / "catalogue.json"
    visit.client.fetch(f"{base}/catalog/items?{urlencode(words | {'fields': 'title,files'})}", target)
    found = answers.json_of(target, where)
    items = found.get("items") if isinstance(found, dict) else None
    if not isinstance(items, list):
        raise Refused(f"{where}: the catalogue has no list of items: look for a new format")
    files = [file for item in items for file in item.get("files", []) if file.get("name") == wanted]
    if not files:
        return None
    url = str(files[0].get("downloadUri") or files[0].get("url"))
    if urlsplit(url)[:2] != urlsplit(base)[:2]:
        raise Refused(f"{where}: {wanted} lies on another host ({answers.shown(url)}): fetch it by hand")
    return {"url": url, "size": files[0].get("size")}


def _rare_earths(visit: Visit, file: dict[str, Any], where: str) -> list[Row]:
    target = visit.folder / "commodities.csv"
    visit.client.fetch(file["url"], target)
    size = target.stat().st_size
    if file["size"] is not None and size != file["size"]:
        raise Refused(f"{where}: {size:,} bytes where its catalogue says {file['size']}: try again")
    rows = answers.csv_of(target, where, _ENCODINGS)
    saved.check(rows, _ALL, _NEEDED.keys() | _OTHERS, where)
    kept = [row for row in rows if row["MCS chapter"] == _CHAPTER and row["Section"].startswith(_SECTION)]
    if not kept:
        raise Refused(f"{where}: no rows of {_CHAPTER}, {_SECTION}: look whether they have another name now")
    saved.check(kept, _NEEDED, _ALL.keys() | _OTHERS, where)
    return kept


def _published(row: Row) -> bool:
    return row["Value"].strip() not in _UNPUBLISHED


def _mine(row: Row, label: str) -> Row:
    value, bound = _value(row)
    if bound != "exact":
        raise Refused(
            f"{label}: output of {row['Country']!r} is a bound ({row['Value']!r}): look at it there"
        )
    status = "estimated" if "estimated" in row["Notes"].casefold() + row["Year"] else "reported"
    return _common(row, label) | {"measure": "production", "status": status, "value": value}


def _reserve(row: Row, label: str) -> Row:
    value, bound = _value(row)
    return _common(row, label) | {"measure": "reserves", "bound": bound, "value": value}


def _common(row: Row, label: str) -> Row:
    entity = row["Country"].replace("(rounded)", "").strip()
    year = re.match(r"\d{4}", row["Year"])
    if not year:
        raise Refused(f"{label}: {answers.shown(row['Year'])!r} of {entity!r} is no year: look at it there")
    if not re.match(r"metric tons\b", row["Unit"].strip(), re.IGNORECASE):
        raise Refused(
            f"{label}: {answers.shown(row['Unit'])!r} of {entity!r} is not metric tons: look at it there"
        )
    return {
        "entity": entity,
        "iso3": _AREAS[entity] if entity in _AREAS else countries.iso3(entity),
        "reference_year": year[0],
        "stage": "mine",
        "basis": "t_reo",
        "elements": "all",
        "unit": "t",
        "edition": label,
        "confidence": "high",
        "note": " ".join(row["Notes"].split()),
    }


def _value(row: Row) -> tuple[str, str]:
    """Digits and what they bound."""
    text = row["Value"].strip().replace(",", "")
    if text in _ZERO:
        return "0", "exact"
    bound = {">": "lower", "<": "upper"}.get(text[:1], "exact")
    digits = text.lstrip("<>e").strip()
    if not re.fullmatch(r"\d+(\.\d+)?", digits):
        raise Refused(
            f"USGS: {answers.shown(row['Value'])!r} of {row['Country']!r} is no number: look at it there"
        )
    return digits, bound
