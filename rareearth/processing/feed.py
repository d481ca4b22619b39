"""What China imports to separate, by origin and commodity, in t REO; product that is separated already stays out.

Until 22 August 2025 imported ore and intermediates stood outside China's quota. From 2023 on its customs publish eight
digits by origin, so every good has its own factor: Madagascar's "monazite" is a tenth of oxide by weight. Before, the
mine output of the countries that sell to China stands in, which USGS made from the same imports. Malaysia ships what
Lynas has separated: it is left out. US ore is a record of its own, see `us_ore`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import pandas as pd

from rareearth import conversion, tables
from rareearth.quantity import Quantity

YEARS = (2023, 2024, 2025)
# Sources whose rows are single origins: of one line, or of the whole heading.
_BY_LINE, _BY_HEADING = "uncomtrade_cn_tariffline_2023_2025", "uncomtrade_cn_2846"
_OXIDE_ORIGINS = ("MMR", "LAO", "VNM")
_NO_FEED = ("WLD", "MYS")  # the sum; product that is separated already


@dataclass(frozen=True)
class Import:
    """One good of one origin."""

    origin: str  # name as published
    goods: str  # what it is, with its code
    gross: Quantity  # tonnes as customs record them
    factor: Quantity  # tonnes of REO in one of them

    @property
    def content(self) -> Quantity:
        """Tonnes of REO."""
        return self.gross * self.factor


@cache
def _rows(year: int, source: str) -> pd.DataFrame:
    rows = tables.select(
        "trade_published",
        reporter_iso3="CHN",
        flow="import",
        role="flow",
        measure="quantity",
        basis="t_gross",
        unit="t",
        period=str(year),
    )
    return rows[rows["source_ids"].map(lambda ids: ids[0] == source)]


def _of_heading(year: int) -> pd.DataFrame:
    return tables.select(_rows(year, _BY_HEADING), commodity_code="2846", partner_iso3=_OXIDE_ORIGINS)


@cache
def compounds(year: int) -> tuple[Import, ...]:
    """Compounds from the countries that sell them to be separated, by the whole heading: the years before `YEARS`.

    Ore by origin is not published for these years; the mine output of its countries stands in.
    """
    return _as_imports(_of_heading(year))


def of_myanmar(year: int) -> tuple[Import, ...]:
    """China's imports from Myanmar, the whole of its mine output: 2018 to 2025."""
    found = imports(year) if year in YEARS else compounds(year)
    return tuple(one for one in found if one.origin == "Myanmar")


@cache
def imports(year: int) -> tuple[Import, ...]:
    """Every good that is fed into China's plants in one of `YEARS`, the largest content first; US ore and Malaysia's product aside.

    Raises:
        Refused: a good has no factor.
    """
    lines = _rows(year, _BY_LINE)
    lines = tables.select(lines, partner_iso3=lambda codes: ~codes.isin(_NO_FEED))
    monazite = tables.select(lines, commodity_code="26122000")
    oxides = tables.select(
        lines, commodity_code=lambda codes: codes.str.startswith("2846"), partner_iso3=_OXIDE_ORIGINS
    )
    if oxides.empty:  # by origin only for the whole heading
        oxides = _of_heading(year)
    return _as_imports(
        tables.best(pd.concat([monazite, oxides])).drop_duplicates(["partner", "commodity_code"])
    )


def _as_imports(rows: pd.DataFrame) -> tuple[Import, ...]:
    found = []
    for _, row in rows.iterrows():
        words, code = row["commodity"], row["commodity_code"]
        factor = conversion.reo_of_good(code, reporter="CHN", origin=row["partner_iso3"])
        goods = words if code in words else f"{words} ({code})"
        found.append(Import(row["partner"], goods, Quantity.of(row, row["partner"], "t_gross"), factor))
    return tuple(sorted(found, key=lambda one: -one.content.mid))


def table(found: Sequence[Import]) -> pd.DataFrame:
    """The goods with their gross weight and content, a row a good."""
    return pd.DataFrame(
        {
            "Origin": [one.origin for one in found],
            "Goods": [one.goods for one in found],
            "Gross, t": [one.gross.mid for one in found],
            "Lowest, t REO": [one.content.low for one in found],
            "Used, t REO": [one.content.mid for one in found],
            "Highest, t REO": [one.content.high for one in found],
        }
    )
