"""UN Comtrade's official API with the user's own key; the key and the paging are untested against the live service.

Format: https://comtradedeveloper.un.org (``data/v1/get/C/{A or M}/HS``): ``count``, ``data``, ``error``; fields as in the
answers that trade/comtrade_rare_earths_2025.csv was made from. An answer has at most 250,000 rows (100,000 and 500
with lesser keys) and does not say that it was cut, so one of exactly that size is split and counted again. A query
takes at most 12 periods. Gives editions of the comtrade_* tables: the same queries, with the years since.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from rareearth.errors import Refused
from rareearth.refresh import answers, saved
from rareearth.refresh.changes import Row
from rareearth.refresh.download import Client, kept_out
from rareearth.refresh.edition import Pulled, Visit, in_hand
from rareearth.refresh.saved import Field

BASE = "https://comtradeapi.un.org"
KEY_VARIABLE = "COMTRADE_API_KEY"
CAPS = (500, 100_000, 250_000)
_PERIODS = 12
_COLUMNS = {
    "freqCode": Field("text", ("A", "M")),
    "refYear": Field("number"),
    "refMonth": Field("number"),
    "period": Field("text"),
    "reporterCode": Field("number"),
    "flowCode": Field("text"),
    "partnerCode": Field("number"),
    "partner2Code": Field("number", ("0",)),
    "classificationCode": Field("text", ("H0", "H1", "H2", "H3", "H4", "H5", "H6")),
    "cmdCode": Field("text"),
    "customsCode": Field("text", ("C00",)),
    "motCode": Field("number", ("0",)),
    "qtyUnitCode": Field("number"),
    "qty": Field("number"),
    "altQtyUnitCode": Field("number"),
    "altQty": Field("number"),
    "netWgt": Field("number"),
    "isNetWgtEstimated": Field("flag"),
    "cifvalue": Field("number"),
    "fobvalue": Field("number"),
    "primaryValue": Field("number"),
}
_OTHERS = set(
    "typeCode refPeriodId reporterISO reporterDesc flowDesc partnerISO partnerDesc partner2ISO partner2Desc "
    "classificationSearchCode isOriginalClassification cmdDesc aggrLevel isLeaf customsDesc mosCode motDesc "
    "qtyUnitAbbr isQtyEstimated altQtyUnitAbbr isAltQtyEstimated grossWgt isGrossWgtEstimated "
    "legacyEstimationFlag isReported isAggregate".split()
)
_KEY = ("period", "reporterCode", "flowCode", "partnerCode", "cmdCode")


@dataclass(frozen=True)
class Query:
    """One question; an empty dimension means all of it."""

    codes: tuple[str, ...]
    flows: tuple[str, ...]
    reporters: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    freq: str = "A"
    may_be_empty: bool = False

    def url(self, base: str) -> str:
        """The address, without the key."""
        asked = {
            "reporterCode": self.reporters,
            "period": self.periods,
            "partnerCode": self.partners,
            "cmdCode": self.codes,
            "flowCode": self.flows,
        }
        words = {name: ",".join(values) for name, values in asked.items() if values}
        words |= {"partner2Code": "0", "motCode": "0", "customsCode": "C00", "maxRecords": str(CAPS[-1])}
        return f"{base}/data/v1/get/C/{self.freq}/HS?{urlencode(words, safe=',')}"

    def halves(self, every_partner: tuple[str, ...]) -> "list[Query]":
        """Two questions that are this one together; none where it cannot be divided."""
        whole = self if self.partners else replace(self, partners=every_partner)
        for dimension in ("codes", "periods", "flows", "reporters", "partners"):
            values = getattr(whole if dimension == "partners" else self, dimension)
            if len(values) > 1:
                middle = len(values) // 2
                parts = (values[:middle], values[middle:])
                return [replace(self, may_be_empty=True, **{dimension: part}) for part in parts]
        return []


_RARE_EARTHS = ("280530", "284610", "284690")
_IMPORTERS = tuple("156 392 842 410 276 528 251 233 764 699 826 380 40".split())
_EXPORTERS = tuple("156 458 842 392 764 233 251 276 36 699".split())
# Table, prefix of its figure ids, source, first year, and its queries without periods, as the register has them.
_TABLES = (
    (
        "trade/comtrade_rare_earths_2025.csv",
        "ree25",
        "uncomtrade_ree",
        2025,
        (Query(_RARE_EARTHS, ("M",), _IMPORTERS), Query(_RARE_EARTHS, ("X",), _EXPORTERS)),
    ),
    (
        "trade/comtrade_china_imports_2846.csv",
        "prc2846",
        "uncomtrade_cn_2846",
        1993,
        (Query(("2846",), ("M",), ("156",)),),
    ),
    (
        "trade/comtrade_usa_china_2020_2024.csv",
        "uscn",
        "uncomtrade_us_cn",
        2020,
        (Query(("2846", "280530"), ("M", "X"), ("156", "842"), ("0", "156", "842")),),
    ),
    (
        "trade/comtrade_world_2023.csv",
        "world23",
        "uncomtrade_world",
        2023,
        (Query(_RARE_EARTHS, ("M", "X"), (), ("0",)),),
    ),
    (
        "trade/comtrade_china_exports_monthly.csv",
        "month",
        "uncomtrade_cn_monthly",
        2017,
        (Query(("250410", "380110", "811292"), ("X",), ("156",), freq="M"),),
    ),
)


def pull(visit: Visit, base: str = BASE) -> list[Pulled]:
    """An edition of each comtrade_* table, named by the day of the visit.

    Raises:
        Refused: there is no key, or an answer is cut, empty, in error or in a new format.
    """
    key = os.environ.get(KEY_VARIABLE, "")
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        found = "is not set" if not key else "holds blanks or signs that no key has"
        raise Refused(
            f"{KEY_VARIABLE} {found}: get a key at comtradedeveloper.un.org and set it in the environment"
        )
    with kept_out(key):
        client = replace(visit.client, key=key)
        return [_edition(visit, client, base, *table) for table in _TABLES]


def _edition(
    visit: Visit, client: Client, base: str, table: str, prefix: str, source: str, first: int, queries: tuple
) -> Pulled:
    before = in_hand(table, visit.root)
    last = max(int(row["refYear"]) for row in before)
    rows, urls = [], []
    for query in queries:
        for part in _by_period(query, first, last, visit.now.year - 1):
            rows += [_row(record) for record in _whole(visit, client, base, part)]
            urls.append(part.url(base))
    keys = {tuple(row[name] for name in _KEY) for row in rows}
    if len(keys) != len(rows):
        raise Refused(
            f"data/raw/{table}: {len(rows) - len(keys)} records of the answers are there twice: try again"
        )
    register = {
        "source_id": f"{source}_{visit.day}",
        "title": f"HS {', '.join(queries[0].codes)}, {first} to {visit.now.year - 1}, asked on {visit.day}",
        "publisher": "United Nations Statistics Division, UN Comtrade",
        "published_on": visit.day,
        "url": "https://comtradeplus.un.org/",
        "kind": "official",
        "licence": "cited extract of UN Comtrade under the UN's policy on use and re-dissemination; cite UN Comtrade",
    }
    values = ("primaryValue", "netWgt")
    return Pulled(table, visit.day, rows, _KEY, values, before, prefix, register, tuple(urls))


def _by_period(query: Query, first: int, last: int, newest: int) -> Iterator[Query]:
    """The query for the years in hand, and for each later one, which may not be published yet."""
    if query.freq == "M":
        for year in range(first, newest + 1):
            months = tuple(f"{year}{month:02d}" for month in range(1, _PERIODS + 1))
            yield replace(query, periods=months, may_be_empty=year > last)
        return
    known = [str(year) for year in range(first, min(last, newest) + 1)]
    for start in range(0, len(known), _PERIODS):
        yield replace(query, periods=tuple(known[start : start + _PERIODS]))
    for year in range(last + 1, newest + 1):
        yield replace(query, periods=(str(year),), may_be_empty=True)


def _whole(visit: Visit, client: Client, base: str, query: Query) -> list[dict[str, Any]]:
    """All records of a query, asked in halves where the answer may have been cut."""
    records = _ask(visit, client, base, query)
    if len(records) not in CAPS:
        return records
    where = urlsplit(base).hostname
    halves = query.halves(_every_partner(visit))
    if not halves:
        raise Refused(
            f"{where}: exactly {len(records)} rows, possibly cut, and the query cannot be split: ask by hand"
        )
    parts = [record for half in halves for record in _whole(visit, client, base, half)]
    if len(parts) < len(records):
        raise Refused(f"{where}: {len(records)} rows at once, but {len(parts)} in two parts: try again later")
    return parts


def _every_partner(visit: Visit) -> tuple[str, ...]:
    codes = (row["comtrade_code"] for row in in_hand("trade/country_codes.csv", visit.root))
    return tuple(dict.fromkeys(filter(None, codes)))


def _ask(visit: Visit, client: Client, base: str, query: Query) -> list[dict[str, Any]]:
    where, url = urlsplit(base).hostname, query.url(base)
    target = visit.folder / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.json"
    client.fetch(url, target)
    records = answers.records_of(answers.json_of(target, where), where)
    if not records and not query.may_be_empty:
        raise Refused(f"{where}: no records for {answers.shown(urlsplit(url).query)}: look at the query")
    if len(records) > CAPS[-1]:
        raise Refused(
            f"{where}: {len(records):,} rows, more than the {CAPS[-1]:,} of an answer: ask for less"
        )
    asked = {
        "flowCode": Field("text", query.flows),
        "cmdCode": Field("text", query.codes),
        "period": Field("text", query.periods),
    }
    saved.check(records, _COLUMNS | asked, _OTHERS, where)
    return records


def _row(record: dict[str, Any]) -> Row:
    return {name: answers.plain(record[name]) for name in _COLUMNS}
