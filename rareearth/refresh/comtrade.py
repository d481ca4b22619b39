"""UN Comtrade's official API: newer editions with the user's own key, and `get comtrade`, the user's own question.

``data/v1/get/C/{A or M}/HS`` answers with ``count``, ``data`` and ``error`` (https://comtradedeveloper.un.org); the
fields are those of the answers that trade/comtrade_rare_earths_2025.csv was made from. An answer has at most 250,000
rows (100,000 with a lesser key, 500 in the free preview without one) and does not say that it was cut, so one of
exactly that size is asked again in halves and counted. Gives editions of the comtrade_* tables: the same queries, with
the years since.
"""

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Generic, Literal, NamedTuple, TypeVar
from urllib.parse import urlencode

from pydantic import Field

from rareearth import countries, files
from rareearth.errors import Refused
from rareearth.refresh.client import KEY_VARIABLE, Amount, Answer, Client, Digits, Record, plain
from rareearth.refresh.editions import Edition, Run

BASE = "https://comtradeapi.un.org"
CAPS = (500, 100_000, 250_000)
_LICENCE = "cited extract of UN Comtrade under the UN's policy on use and re-dissemination; cite UN Comtrade"
_Code = Annotated[Decimal, Field(ge=-1, lt=10**6, decimal_places=0)]
_Zero = Annotated[Decimal, Field(ge=0, le=0)]
R = TypeVar("R", bound=Record)


class _Asked(Record):
    """What a record says of the question that it answers."""

    period: Annotated[str, Field(pattern=r"^(19|20)[0-9]{2}([0-9]{2})?$")]
    reporterCode: _Code
    flowCode: Annotated[str, Field(pattern=r"^[A-Z]{1,3}$")]
    partnerCode: _Code
    cmdCode: Digits


class _Flow(_Asked):
    """A record whose fields are the columns of the tables."""

    freqCode: Literal["A", "M"]
    refYear: _Code
    refMonth: _Code
    partner2Code: _Zero | None
    classificationCode: Literal["H0", "H1", "H2", "H3", "H4", "H5", "H6"] | None
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


class _Found(Record, Generic[R]):
    count: Amount
    data: list[R]


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
    _Table("trade/comtrade_china_imports_2846.csv", "prc2846", "uncomtrade_cn_2846", (_query("2846", "M", "156"),)),
    _Table(
        "trade/comtrade_usa_china_2020_2024.csv",
        "uscn",
        "uncomtrade_us_cn",
        (_query("2846 280530", "M X", "156 842", "0 156 842"),),
    ),
    _Table(
        "trade/comtrade_world_2023.csv", "world23", "uncomtrade_world", (_query(_RARE_EARTHS, "M X", partners="0"),)
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
    def ask(query: Query) -> tuple[Answer, list[_Flow]]:
        answer = run.fetch(f"{base}/{_question(query, table.freq, CAPS[-1])}")
        years = tuple(period[:4] for period in query["period"])
        return answer, _records(answer, _Flow, query | {"freqCode": (table.freq,), "refYear": years})

    before = run.in_hand(table.name)
    years = {int(row["refYear"]) for row in before}
    first, last = min(years), run.now.year - 1
    rows = [
        {name: plain(cell) for name, cell in flow.model_dump().items()}
        for query in table.queries
        for year in range(first, last + 1)
        # A year that is not in hand may not be published yet.
        for flow in whole(ask, query | _periods(table.freq, year), may_be_empty=year not in years)
    ]
    title = f"HS {', '.join(table.queries[0]['cmdCode'])}, {first} to {last}, asked on {run.day}"
    about = "United Nations Statistics Division, UN Comtrade", run.day, _LICENCE
    source = run.source(f"{table.source}_{run.day}", title, *about, url="https://comtradeplus.un.org/")
    key = ("period", "reporterCode", "flowCode", "partnerCode", "cmdCode")
    values = ("primaryValue", "netWgt")
    return Edition(table.name, run.day, rows, key, values, before, table.prefix, source, run.urls)


def _periods(freq: str, year: int) -> Query:
    months = tuple(f"{year}{month:02d}" for month in range(1, 13))
    return {"period": months if freq == "M" else (str(year),)}


def whole(ask: Callable[[Query], tuple[Answer, list[R]]], query: Query, *, may_be_empty: bool = True) -> list[R]:
    """All records of a query, asked in halves where the answer may have been cut."""
    answer, records = ask(query)
    if not records and not may_be_empty:
        raise answer.refusal(f"no records for {_text(query)}", "look at the query")
    if len(records) not in CAPS:
        return records
    halves = _halves(query) or _halves(
        {"partnerCode": tuple(dict.fromkeys(countries.comtrade_codes().values()))} | query
    )
    if not halves:
        found = f"exactly {len(records)} rows for {_text(query)}, possibly cut, and the query cannot be split"
        raise answer.refusal(found, "ask by hand")
    parts = [record for half in halves for record in whole(ask, half)]
    if len(parts) < len(records):
        raise answer.refusal(f"{len(records)} rows at once, but {len(parts)} in two parts", "try again later")
    return parts


def _halves(query: Query) -> list[Query]:
    """Two queries that are this one together; none where it asks for one value of each dimension."""
    for name, values in query.items():
        if middle := len(values) // 2:
            return [query | {name: values[:middle]}, query | {name: values[middle:]}]
    return []


def _text(query: Query) -> str:
    return urlencode({name: ",".join(values) for name, values in query.items()}, safe=",")


def _question(query: Query, freq: str, cap: int) -> str:
    """The address below the service's own: of the API, or of the free preview, which has the smallest cap."""
    path = "public/v1/preview" if cap == CAPS[0] else "data/v1/get"
    totals = "partner2Code=0&motCode=0&customsCode=C00"
    return f"{path}/C/{freq}/HS?{_text(query)}&{totals}&maxRecords={cap}"


def _records(answer: Answer, schema: type[R], asked: Query) -> list[R]:
    """The records of an answer that is whole and to the question."""
    found = answer.json(_Found[schema])
    if found.count != len(found.data):
        raise answer.refusal(f"{len(found.data)} records where 'count' says {found.count}", "try again")
    if len(found.data) > CAPS[-1]:
        raise answer.refusal(f"more than {CAPS[-1]:,} rows", "ask for less")
    for name, values in asked.items():
        answer.only(name, {plain(getattr(record, name)) for record in found.data}, values)
    return found.data


# --- The user's own question ---


def get(
    reporter: str, codes: str, years: str, flows: str, out: Path, base: str = BASE, client: Client | None = None
) -> str:
    """Asks for yearly trade of one country, and writes each answer into a folder; arguments as typed by the user.

    The name of a file has a hash of its question: one that is there and whole is not asked again, so that a run that
    was stopped goes on where it was.

    Returns:
        What was done, in one line.

    Raises:
        Refused: a part of the question is none, the service cannot be reached, or an answer is wrong.
    """
    key = os.environ.get(KEY_VARIABLE, "")
    asking, kept = replace(client or Client(), key=key), []

    def ask(query: Query) -> tuple[Answer, list[_Asked]]:
        question = _question(query, "A", CAPS[-1] if key else CAPS[0])
        digest = hashlib.sha256(question.encode()).hexdigest()[:12]
        target = out / f"comtrade_{query['reporterCode'][0]}_{query['period'][0]}_{digest}.json"
        cut = target.with_suffix(".cut")  # no file that `clean DIR/*.json` reads
        path = cut if cut.is_file() else target
        was_there = path.is_file()
        answer = Answer(path.name, path) if was_there else asking.fetch(f"{base}/{question}", path)
        try:
            records = _records(answer, _Asked, query)
        except Refused:
            path.unlink()
            raise
        if len(records) in CAPS:
            path.rename(cut)
        else:
            kept.append(was_there)
        return answer, records

    questions = _questions(countries.comtrade_code(reporter), codes, years, flows)
    out.mkdir(parents=True, exist_ok=True)
    with files.locked(out / ".lock"):
        count = sum(len(whole(ask, query)) for query in questions)
    how = "with your key" if key else f"from the free preview ({KEY_VARIABLE} is not set)"
    return (
        f"get comtrade: {count} records in {len(kept)} answers {how}, {sum(kept)} of them there already, in {out}: "
        f"clean them with `python -m rareearth clean {out}/*.json --out DIR`"
    )


def _questions(reporter: str, codes: str, years: str, flows: str) -> list[Query]:
    """A question for each year; refuses codes, years or flows that are none."""
    span = re.fullmatch(r"((?:19|20)\d\d)(?::((?:19|20)\d\d))?", years)
    if not span or int(span[2] or span[1]) < int(span[1]):
        raise Refused(f"--years {ascii(years)}: write 2024, or first and last as 2020:2025")
    if not re.fullmatch(r"(\d{2}|\d{4}|\d{6})(,(\d{2}|\d{4}|\d{6}))*", codes):
        raise Refused(f"--codes {ascii(codes)}: write codes of 2, 4 or 6 digits with commas, such as 284690,850511")
    if not re.fullmatch(r"[MXR]{1,2}(,[MXR]{1,2})*", flows):
        raise Refused(f"--flows {ascii(flows)}: write M, X, RM or RX, with commas")
    asked = {"reporterCode": reporter, "cmdCode": codes, "flowCode": flows}
    dimensions = {name: tuple(words.split(",")) for name, words in asked.items()}
    every = range(int(span[1]), int(span[2] or span[1]) + 1)
    return [{**dimensions, "period": (str(year),)} for year in every]
