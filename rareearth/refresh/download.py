"""`get comtrade`: the user's own question to UN Comtrade, as files that `clean` reads.

With a key the API answers with up to 250,000 records, without one the free preview with 500. An answer of exactly that
size may be cut, so it is asked again in halves. Each answer is a file whose name has a hash of its question: one that is
there and whole is not asked again, so that a run that was stopped goes on where it was.
"""

import hashlib
import os
import re
from dataclasses import replace
from pathlib import Path

from rareearth import countries, files
from rareearth.errors import Refused
from rareearth.refresh.answers import KEY_VARIABLE, Amount, Answer, Record, plain
from rareearth.refresh.client import Client
from rareearth.refresh.comtrade import BASE, CAPS, Query, halves, text_of

_TOTALS = "partner2Code=0&motCode=0&customsCode=C00"
_PATHS = {True: "data/v1/get/C/A/HS", False: "public/v1/preview/C/A/HS"}


class _Flow(Record):
    period: str
    reporterCode: Amount
    flowCode: str
    partnerCode: Amount
    cmdCode: str


class _Answered(Record):
    count: Amount
    data: list[_Flow]


def get_comtrade(
    reporter: str,
    codes: str,
    years: str,
    flows: str,
    out: Path,
    base: str = BASE,
    client: Client | None = None,
) -> str:
    """Asks UN Comtrade for yearly trade of one country, and writes each answer into a folder; arguments as typed by the user.

    Returns:
        What was done, in one line.

    Raises:
        Refused: a part of the question is none, the service cannot be reached, or an answer is wrong.
    """
    key = os.environ.get(KEY_VARIABLE, "")
    questions = _questions(countries.comtrade_code(reporter), codes, years, flows)
    asking = replace(client or Client(), key=key)
    out.mkdir(parents=True, exist_ok=True)
    with files.locked(out / ".lock"):
        found = [one for query in questions for one in _answers(query, out, base, asking)]
    records, there = sum(count for count, _ in found), sum(was_there for _, was_there in found)
    how = "with your key" if key else f"from the free preview ({KEY_VARIABLE} is not set)"
    return (
        f"get comtrade: {records} records in {len(found)} answers {how}, {there} of them there already, in {out}: "
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


def _answers(query: Query, out: Path, base: str, client: Client) -> list[tuple[int, bool]]:
    """Number of records of each answer to a question, and whether it was there already."""
    has_key = bool(client.key)
    question = f"{_PATHS[has_key]}?{text_of(query)}&{_TOTALS}&maxRecords={CAPS[-1] if has_key else CAPS[0]}"
    digest = hashlib.sha256(question.encode()).hexdigest()[:12]
    target = out / f"comtrade_{query['reporterCode'][0]}_{query['period'][0]}_{digest}.json"
    cut = target.with_suffix(".cut")  # no file that `clean DIR/*.json` reads
    if cut.is_file():
        return _in_halves(query, _checked(Answer(cut.name, cut), query), out, base, client)
    was_there = target.is_file()
    answer = Answer(target.name, target) if was_there else client.fetch(f"{base}/{question}", target)
    count = _checked(answer, query)
    if count not in CAPS:
        return [(count, was_there)]
    target.rename(cut)
    return _in_halves(query, count, out, base, client)


def _in_halves(query: Query, count: int, out: Path, base: str, client: Client) -> list[tuple[int, bool]]:
    """The answers to the two halves of a question whose answer may be cut."""
    areas = tuple(dict.fromkeys(countries.comtrade_codes().values()))
    parts = halves(query) or halves({"partnerCode": areas} | query)
    if not parts:
        raise Refused(
            f"get comtrade: exactly {count} records for {text_of(query)}, and it cannot be split: ask by hand"
        )
    found = [one for part in parts for one in _answers(part, out, base, client)]
    if sum(records for records, _ in found) < count:
        raise Refused(
            f"get comtrade: {count} records for {text_of(query)} at once, fewer in two parts: try again later"
        )
    return found


def _checked(answer: Answer, query: Query) -> int:
    """The number of records of an answer that is whole and to the question; any other is removed."""
    try:
        found = answer.json(_Answered)
        if found.count != len(found.data):
            raise answer.refusal(f"{len(found.data)} records where 'count' says {found.count}", "try again")
        for name, asked in query.items():
            answer.only(name, {plain(getattr(flow, name)) for flow in found.data}, asked)
    except Refused:
        answer.path.unlink()
        raise
    return len(found.data)
