"""Country names and codes as they are published, and the ISO 3166-1 alpha-3 code that each stands for.

The table is data/raw/trade/country_codes.csv. Codes are read as Comtrade uses them: 842 is the United States,
251 France, 490 ("Other Asia, nes") Taiwan, and 492 an area of Europe although ISO gives that number to Monaco.
Former states keep their own code (SCG, SUN); Belgium-Luxembourg is BEL and Sudan before 2011 SDN, as in BACI.
Hong Kong and Macao are customs areas of their own and never part of CHN. The world is WLD, the European Union of
27, or before 2020 of 28, is EUU; other groups are G and their number, or EUI, EUX (trade within and out of the EU), EZA,
EZI and EZX (the euro area) of Eurostat. Areas that name no country are X and their number, or X and Eurostat's code.
Former codes stay known: Italy was 381 before 2023.
"""

import csv
import re
import unicodedata
from functools import cache
from typing import NamedTuple

from rareearth.errors import Refused
from rareearth.paths import RAW
from rareearth.text import did_you_mean

TABLE = RAW / "trade" / "country_codes.csv"


class Area(NamedTuple):
    """A country, the world, a group of countries or an area that names none."""

    iso3: str
    kind: str


@cache
def _rows() -> tuple[dict[str, str], ...]:
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


@cache
def areas() -> dict[str, Area]:
    """Every published name and code to its area, in the order of the table."""
    return {row["published"]: Area(row["iso3"], row["kind"]) for row in _rows()}


@cache
def _folded() -> dict[str, str]:
    return {_fold(published): published for published in areas()}


# Words that publishers shorten, and words that they leave out.
_LONG = dict(
    word.split(":")
    for word in "isds:islands isd:island isl:islands is:islands st:saint rep:republic dem:democratic terr:territory br:british fr:french "
    "n:northern fed:federated fmr:former neth:netherlands excl:excluding and: the: of:".split()
)
# What people say and no publisher prints. A person's word is read by these, a record never.
_SAID = {"korea": "KOR", "america": "USA", "britain": "GBR", "holland": "NLD"}
# Eurostat says behind a name what it counts: "Italy (incl. San Marino 'SM' -> 1993)".
_SCOPE = re.compile(r"\s*\((incl|excl|Overseas|=| =|[A-Z]{2}[-,]).*$")


def _fold(published: str) -> str:
    """Two spellings of one name are one: no accents, case, punctuation or leading zeros, short words written out."""
    plain = unicodedata.normalize("NFKD", published).casefold().strip()
    if plain.isdigit():
        return plain.lstrip("0") or "0"
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = plain.replace("not elsewhere specified", "nes")
    words = re.findall(r"\w+", re.sub("['`´’ʼ]", "", plain))
    return " ".join(filter(None, (_LONG.get(word, word) for word in words))) if len(words) > 1 else plain


def known(published: str) -> Area | None:
    """The area that a published name or code stands for; None when it is not in the table."""
    word = _folded().get(_fold(published)) or _folded().get(_fold(_SCOPE.sub("", published)), "")
    return areas().get(word)


def meant(word: str) -> Area | None:
    """The area that a person means: a published name or code, or what is said every day, such as Korea."""
    return known(_SAID.get(_fold(word), word))


@cache
def _names() -> dict[str, str]:
    return {row["iso3"]: row["name"] for row in _rows()}


def name(code: str) -> str:
    """The name by which a page calls a country or area, by its code in the table.

    Raises:
        Refused: the code is not in the table.
    """
    if code not in _names():
        raise Refused(nearest(code))
    return _names()[code]


@cache
def comtrade_codes() -> dict[str, str]:
    """Code of each area in the table to today's number of UN Comtrade for it."""
    return {row["iso3"]: row["comtrade_code"] for row in _rows() if row["comtrade_code"]}


def comtrade_code(published: str) -> str:
    """UN Comtrade's number of a country, by any published name or code of it.

    Raises:
        Refused: it is not in the table, or is no country that Comtrade has a number for.
    """
    code = comtrade_codes().get(iso3(published))
    if code is None or meant(published).kind not in ("country", "group"):
        raise Refused(f"{published!r} does not report to UN Comtrade: name a country")
    return code


def nearest(published: str) -> str:
    """What to say of a word that is not in the table: the nearest one that is."""
    hint = did_you_mean(_fold(published), {folded: repr(word) for folded, word in _folded().items()})
    return f"{published!r} is no country or area of data/raw/trade/country_codes.csv{hint or '.'}"


def iso3(word: str) -> str:
    """The code of a published name or code, or of a country as people call it.

    Raises:
        Refused: it is not in the table; the message names the nearest word that is.
    """
    area = meant(word)
    if area is None:
        raise Refused(f"{nearest(word)} Write a name or a code, such as 'South Korea' or KOR")
    return area.iso3
