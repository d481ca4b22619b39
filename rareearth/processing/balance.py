"""Method B: where the mined tonnes go, as a closed balance in t REO.

    W = N + S + R                           mined = separated in China + separated elsewhere + what is left

W is the sum of the countries of one edition, never its rounded total. N is China's own ore, all ore of the countries
whose ore is sold to China, and the ore that the United States sends there. S is `output.outside`. R closes the
balance country by country: ore in stock or on the way, losses, and what the figures do not explain. It is printed and
never clipped: below zero, more was sent or separated than was mined in the year.

Two quantities are made from it, and they are not the same. **Origin**, N / W, is the part of the world's mined rare
earths whose ore is separated in China; ore that lies in stock elsewhere lowers it. **Processed**, N / (N + S), is a
share of separation. USGS estimates the mine output of Myanmar, Thailand, Vietnam, Madagascar and Malaysia from China's
imports, and takes China's quota for China's output: N and W are not independent.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

import pandas as pd

from rareearth import tables
from rareearth.errors import Refused
from rareearth.processing import feed, output
from rareearth.quantity import Quantity, total

FIRST_YEAR, LAST_YEAR = 2018, 2025
NEWEST_EDITION = tables.editions()[-1]
# Their ore goes to China: USGS says so for most by its method, the plants of none of them separate. "" is "other".
SOLD_TO_CHINA = ("MMR", "THA", "VNM", "MDG", "BDI", "NGA", "MYS", "BRA", "")
# Where the ore of the others is separated: country of the mine -> place of `output.outside`.
SEPARATED_AT = {"AUS": output.LYNAS, "USA": output.USA, "IND": output.INDIA, "RUS": output.ESTONIA}


@dataclass(frozen=True)
class Row:
    """The ore of one country: all numbers in t REO."""

    country: str
    iso3: str
    mined: Quantity
    in_china: Quantity
    outside: Quantity

    @property
    def left_t_reo(self) -> float:
        """Stocks, transit, losses and what is not explained; below zero when more went out than was mined."""
        return self.mined.mid - self.in_china.mid - self.outside.mid


@dataclass(frozen=True)
class Balance:
    """The closed balance of a year."""

    year: int  # calendar year
    edition: str  # edition of the mine output: one for all countries
    rows: tuple[Row, ...]  # mining countries, the largest first
    # Finished output outside China with its ends; more than the rows hold where a plant has no mine.
    outside: tuple[Quantity, ...]
    ore_records: dict[str, Quantity]  # what each record says of US ore sent to China

    def row(self, iso3: str) -> Row:
        """The ore of one country."""
        return next(row for row in self.rows if row.iso3 == iso3)

    @property
    def world_t_reo(self) -> float:
        """Sum of the mine output of the rows."""
        return total((row.mined for row in self.rows), "world").mid

    @property
    def in_china(self) -> Quantity:
        """Separated in China, in t REO."""
        return total((row.in_china for row in self.rows), "China")

    @property
    def outside_t_reo(self) -> float:
        """Separated outside China, at the values used."""
        return total(self.outside, "outside China").mid

    @property
    def left_t_reo(self) -> float:
        """What closes the balance: mined less separated."""
        return self.world_t_reo - self.in_china.mid - self.outside_t_reo


def mined(year: int, edition: str) -> pd.DataFrame:
    """Mine output by country from the newest edition up to `edition` that prints every country of the year.

    Returns:
        Rows of mine_production without the world, one a country, the largest first.

    Raises:
        Refused: no edition prints the countries of the year, or one prints a country twice with two values.
    """
    rows = tables.select("mine_production", reference_year=year, value=pd.Series.notna)
    rows = tables.as_of(rows[rows["iso3"] != "WLD"], edition)
    for name in sorted(set(rows["edition"]), key=tables.releases().index, reverse=True):
        printed = rows[rows["edition"] == name].drop_duplicates(["entity", "value"])
        if {"CHN", "USA", "AUS", "RUS", "IND"} <= set(printed["iso3"]):
            for twice in printed["entity"][printed["entity"].duplicated()]:
                raise Refused(f"{name} prints two mine outputs of {twice} for {year}: correct one of them")
            return printed.sort_values("value", ascending=False, kind="stable", ignore_index=True)
    raise Refused(f"no edition up to {edition} prints the mine output of {year} by country: choose another year")


def years(edition: str) -> tuple[int, ...]:
    """The years of which `edition` or an earlier one prints every country."""
    found = []
    for year in range(FIRST_YEAR, LAST_YEAR + 1):
        with suppress(Refused):
            mined(year, edition)
            found.append(year)
    return tuple(found)


@cache
def balance(
    year: int,
    edition: str = NEWEST_EDITION,
    india_t_reo: float | None = None,
    us_ore_record: str = feed.US_ORE_RECORDS[0],
) -> Balance:
    """The closed balance of one of `years`, with the figures as of a USGS edition.

    India is taken to separate `india_t_reo` in a year (the stated judgement when None), and the United States to have sent China
    what one of `feed.US_ORE_RECORDS` says.

    Raises:
        Refused: no edition prints the countries of the year.
    """
    outside = output.outside(year, edition, india_t_reo)
    places = {one.name: one for one in outside}
    printed = mined(year, edition)
    rows, records = [], {}
    for _, row in printed.iterrows():
        ore = Quantity.of(row, row["entity"], "t_reo", reason=f"mine output of {row['edition']}")
        nothing = Quantity(row["entity"], 0, 0, 0, "t_reo", reason="none")
        at_home = places[SEPARATED_AT[row["iso3"]]] if row["iso3"] in SEPARATED_AT else nothing
        sent = ore if row["iso3"] in ("CHN", *SOLD_TO_CHINA) else nothing
        if row["iso3"] == "USA":
            records = feed.us_ore(year, edition, ore, at_home)
            sent = feed.chosen(year, records, us_ore_record)
        elif row["iso3"] not in (*SEPARATED_AT, "CHN", *SOLD_TO_CHINA):
            raise Refused(f"where is the ore of {row['entity']} separated? add it to processing/balance.py")
        rows.append(Row(row["entity"], row["iso3"], ore, sent, at_home))
    return Balance(year, printed["edition"].iloc[0], tuple(rows), tuple(outside), records)


_TERMS = ("Mined, t REO", "Separated in China", "Separated outside China", "In stock, rejected, lost, unexplained")


def by_year(balances: Sequence[Balance]) -> pd.DataFrame:
    """The closed balance, a row a year: every term in t REO; the last is what closes it."""
    rows = [(b.year, b.world_t_reo, b.in_china.mid, b.outside_t_reo, b.left_t_reo) for b in balances]
    return pd.DataFrame(rows, columns=["Year", *_TERMS])


def by_country(balance: Balance) -> pd.DataFrame:
    """The closed balance of a year, a row a mining country, all in t REO."""
    rows = [
        (row.country, row.mined.mid, row.in_china.mid, row.outside.mid, row.left_t_reo)
        + (row.outside.name if row.outside.high else "no plant",)
        for row in balance.rows
    ]
    return pd.DataFrame(rows, columns=["Mined in", *_TERMS, "At"])


def ore_table(balances: Sequence[Balance]) -> pd.DataFrame:
    """US ore sent to China by year and record, in t REO; NaN where the year has no such record."""
    names = ("China's customs", "US exports", "Company sales", "Mined less separated")
    found = [{record: one.mid for record, one in b.ore_records.items()} for b in balances]
    table = pd.DataFrame(found, columns=feed.US_ORE_RECORDS).set_axis(names, axis=1)
    table.insert(0, "Year", [b.year for b in balances])
    return table
