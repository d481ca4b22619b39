"""Asks the World Bank's Indicators API (version 2), page by page; untested against the live service.

Format: https://datahelpdesk.worldbank.org/knowledgebase/articles/898581: a list of two, the paging (page, pages,
per_page, total, lastupdated) and the records; an error is a list of one object with ``message``.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rareearth.errors import Refused
from rareearth.refresh import answers, saved
from rareearth.refresh.edition import Visit
from rareearth.refresh.saved import Field

BASE = "https://api.worldbank.org"
LICENCE = "CC BY 4.0 (World Bank, World Development Indicators)"
_PER_PAGE = 1000
_NEEDED = {
    "indicator": Field("object"),
    "countryiso3code": Field("text"),
    "date": Field("text"),
    "value": Field("number"),
}
_OTHERS = {"country", "unit", "obs_status", "decimal", "scale", "footnote"}


@dataclass(frozen=True)
class Series:
    """One indicator.

    Attributes:
        records: Those with a value.
        updated_on: When the publisher last changed it.
        urls: The pages.
    """

    records: list[dict[str, Any]]
    updated_on: str
    urls: tuple[str, ...]


def series(visit: Visit, base: str, indicator: str, areas: list[str], years: str) -> Series:
    """All pages of an indicator.

    Args:
        visit: Where and when.
        base: Address of the service.
        indicator: The World Bank's code.
        areas: Codes of countries and areas, alpha-3.
        years: ``first:last``.

    Raises:
        Refused: an error, an empty series, another indicator than asked, or fewer records than announced.
    """
    where = urlsplit(base).hostname
    address = f"{base}/v2/country/{';'.join(areas)}/indicator/{indicator}?format=json&date={years}"
    records, urls, page, pages = [], [], 1, 1
    while page <= pages:
        url = f"{address}&per_page={_PER_PAGE}&page={page}"
        target = visit.folder / f"{indicator}-{page}.json"
        visit.client.fetch(url, target)
        paging, found = _parts(answers.json_of(target, where), where)
        pages = paging["pages"]
        records += found
        urls.append(url)
        page += 1
    if not records:
        raise Refused(f"{where}: no records of {indicator} for {years}: look whether it has another code now")
    if len(records) != paging["total"]:
        raise Refused(
            f"{where}: {len(records)} records of {indicator} where 'total' says {paging['total']}: try again"
        )
    saved.check(answers.capped(records, where), _NEEDED, _OTHERS, where)
    other = {str(record["indicator"].get("id")) for record in records} - {indicator}
    if other:
        raise Refused(f"{where}: sends {answers.shown(sorted(other))} where {indicator} was asked: try again")
    filled = [record for record in records if record["value"] is not None]
    return Series(filled, answers.shown(paging.get("lastupdated", "")), tuple(urls))


def _parts(found: Any, where: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    if isinstance(found, list) and len(found) == 2 and isinstance(found[0], dict):
        paging, records = found[0], found[1] or []
        numbers = all(isinstance(paging.get(name), int) for name in ("page", "pages", "total"))
        if numbers and isinstance(records, list):
            return paging, records
    raise Refused(f"{where}: reports an error or a new format ({answers.shown(found)}): look at the query")
