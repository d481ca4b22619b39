"""UN Comtrade's official API with the user's own key.

``data/v1/get/C/{A or M}/HS`` answers with ``count``, ``data`` and ``error`` (https://comtradedeveloper.un.org); the
fields are those of the answers that trade/comtrade_rare_earths_2025.csv was made from. An answer has at most 250,000
rows (100,000 or 500 with lesser keys) and does not say that it was cut, so one of exactly that size is asked again in
halves and counted. Gives editions of the comtrade_* tables: the same queries, with the years since.
"""

import os
import re
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlencode

from pydantic import Field

from rareearth.errors import Refused
from rareearth.refresh.answers import KEY_VARIABLE, Amount, Answer, Digits, Record, plain
from rareearth.refresh.editions import Edition, Run

BASE = "https://comtradeapi.un.org"
CAPS = (500, 100_000, 250_000)
_Code = Annotated[Decimal, Field(ge=-1, lt=10**6, decimal_places=0)]
_Zero = Annotated[Decimal, Field(ge=0, le=0)]


class _Flow(Record):
    """A record; the fields are the columns of the tables, in their order."""

    freqCode: Literal["A", "M"]
    refYear: _Code
    refMonth: _Code
    period: Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}([0-9]{2})?$")]
    reporterCode: _Code
    flowCode: Annotated[str, Field(pattern=r"^[A-Z]{1,3}$")]
    partnerCode: _Code
    partner2Code: _Zero | None
    classificationCode: Literal["H0", "H1", "H2", "H3", "H4", "H5", "H6"] | None
    cmdCode: Digits
    customsCode: Literal["C00"] | None
    motCode: _Zero | None
    qtyUnitCode: _Code | None
    qty: Amount | None
    altQtyUnitCode: _Code | None
    altQty: Amount | None
    netWgt: Amount | None
    isNetWgtEstimated: bool | None
    cifvalue: Amount | None
    fobvalue: Amount | None
    primaryValue: Amount


class _Found(Record):
    count: Amount
    data: list[_Flow]


# A question: the service's name of a dimension to the values that are asked; all of them where it is not named.
Query = dict[str, tuple[str, ...]]


class _Table(NamedTuple):
    """A table below data/raw, first parts of its figure and source ids, and its queries without their periods."""

    name: str
    prefix: str
    source: str
    queries: tuple[Query, ...]
    freq: Literal["A", "M"] = "A"


def _query(codes: str, flows: str, reporters: str = "", partners: str = "") -> Query:
    words = {"cmdCode": codes, "flowCode": flows, "reporterCode": reporters, "partnerCode": partners}
    return {name: tuple(values.split()) for name, values in words.items() if values}


_IMPORTERS = "156 392 842 410 276 528 251 233 764 699 826 380 40"
_EXPORTERS = "156 458 842 392 764 233 251 276 36 699"
_RARE_EARTHS = "280530 284610 284690"
_TABLES = (
    _Table(
        "trade/comtrade_rare_earths_2025.csv",
        "ree25",
        "uncomtrade_ree",
        (_query(_RARE_EARTHS, "M", _IMPORTERS), _query(_RARE_EARTHS, "X", _EXPORTERS)),
    ),
    _Table(
        "trade/comtrade_china_imports_2846.csv",
        "prc2846",
        "uncomtrade_cn_2846",
        (_query("2846", "M", "156"),),
    ),
    _Table(
        "trade/comtrade_usa_china_2020_2024.csv",
        "uscn",
        "uncomtrade_us_cn",
        (_query("2846 280530", "M X", "156 842", "0 156 842"),),
    ),
    _Table(
        "trade/comtrade_world_2023.csv",
        "world23",
        "uncomtrade_world",
        (_query(_RARE_EARTHS, "M X", partners="0"),),
    ),
    _Table(
        "trade/comtrade_china_exports_monthly.csv",
        "month",
        "uncomtrade_cn_monthly",
        (_query("250410 380110 811292", "X", "156"),),
        freq="M",
    ),
)


def newer(run: Run, base: str = BASE) -> list[Edition]:
    """An edition of each comtrade_* table, named by the day of the run.

    Raises:
        Refused: there is no key, or an answer is cut, empty, in error or in a new format.
    """
    key = os.environ.get(KEY_VARIABLE, "")
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        found = "is not set" if not key else "holds blanks or signs that no key has"
        raise Refused(f"{KEY_VARIABLE} {found}: get a key at comtradedeveloper.un.org and set it in the environment")
    run = replace(run, client=replace(run.client, key=key))
    return [_edition(replace(run, urls=[]), base, table) for table in _TABLES]


def _edition(run: Run, base: str, table: _Table) -> Edition:
    before = run.in_hand(table.name)
    years = {int(row["refYear"]) for row in before}
    first, last = min(years), run.now.year - 1
    rows = [
        {name: plain(cell) for name, cell in flow.model_dump().items()}
        for query in table.queries
        for year in range(first, last + 1)
        # A year that is not in hand may not be published yet.
        for flow in _whole(run, base, table.freq, query | _periods(table.freq, year), year not in years)
    ]
    source = {
        "source_id": f"{table.source}_{run.day}",
        "title": f"HS {', '.join(table.queries[0]['cmdCode'])}, {first} to {last}, asked on {run.day}",
        "publisher": "United Nations Statistics Division, UN Comtrade",
        "published_on": run.day,
        "url": "https://comtradeplus.un.org/",
        "kind": "official",
        "licence": "cited extract of UN Comtrade under the UN's policy on use and re-dissemination; cite UN Comtrade",
    }
    key = ("period", "reporterCode", "flowCode", "partnerCode", "cmdCode")
    values = ("primaryValue", "netWgt")
    return Edition(table.name, run.day, rows, key, values, before, table.prefix, source, run.urls)


def _periods(freq: str, year: int) -> Query:
    months = tuple(f"{year}{month:02d}" for month in range(1, 13))
    return {"period": months if freq == "M" else (str(year),)}


def _whole(run: Run, base: str, freq: str, query: Query, may_be_empty: bool) -> list[_Flow]:
    """All records of a query, asked in halves where the answer may have been cut."""
    answer, flows = _ask(run, base, freq, query)
    if not flows and not may_be_empty:
        raise answer.refusal(f"no records for {text_of(query)}", "look at the query")
    if len(flows) not in CAPS:
        return flows
    areas = dict.fromkeys(row["comtrade_code"] for row in run.in_hand("trade/country_codes.csv"))
    questions = halves(query) or halves({"partnerCode": tuple(filter(None, areas))} | query)
    if not questions:
        raise answer.refusal(f"exactly {len(flows)} rows, possibly cut, and the query cannot be split", "ask by hand")
    parts = [flow for half in questions for flow in _whole(run, base, freq, half, True)]
    if len(parts) < len(flows):
        raise answer.refusal(f"{len(flows)} rows at once, but {len(parts)} in two parts", "try again later")
    return parts


def halves(query: Query) -> list[Query]:
    """Two queries that are this one together; none where it asks for one value of each dimension."""
    for name, values in query.items():
        if middle := len(values) // 2:
            return [query | {name: values[:middle]}, query | {name: values[middle:]}]
    return []


def text_of(query: Query) -> str:
    """The question as a part of an address."""
    return urlencode({name: ",".join(values) for name, values in query.items()}, safe=",")


def _ask(run: Run, base: str, freq: str, query: Query) -> tuple[Answer, list[_Flow]]:
    totals = f"partner2Code=0&motCode=0&customsCode=C00&maxRecords={CAPS[-1]}"
    answer = run.fetch(f"{base}/data/v1/get/C/{freq}/HS?{text_of(query)}&{totals}")
    found = answer.json(_Found)
    if found.count != len(found.data):
        raise answer.refusal(f"{len(found.data)} records where 'count' says {found.count}", "try again")
    if len(found.data) > CAPS[-1]:
        raise answer.refusal(f"more than {CAPS[-1]:,} rows", "ask for less")
    years = tuple(period[:4] for period in query["period"])
    for name, asked in (query | {"freqCode": (freq,), "refYear": years}).items():
        answer.only(name, {plain(getattr(flow, name)) for flow in found.data}, asked)
    return answer, found.data
