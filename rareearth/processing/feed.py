"""What China imports to separate, by origin and commodity, in t REO; product that is separated already stays out.

Until 22 August 2025 imported ore and intermediates stood outside China's quota. From 2023 on its customs publish eight
digits by origin, so every good has its own factor: Madagascar's "monazite" is a tenth of oxide by weight. Before, the
mine output of the countries that sell to China stands in, which USGS made from the same imports. Malaysia ships what
Lynas has separated: it is named and left out. US ore is a record of its own, see `us_ore`.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import conversion, tables
from rareearth.processing.elsewhere import best
from rareearth.quantity import Quantity

YEARS = (2023, 2024, 2025)
_ISO3 = {
    "Brazil": "BRA",
    "DR Congo": "COD",
    "Indonesia": "IDN",
    "Laos": "LAO",
    "Madagascar": "MDG",
    "Myanmar": "MMR",
    "Nigeria": "NGA",
    "Rep. of Congo": "COG",
    "Rwanda": "RWA",
    "Sri Lanka": "LKA",
    "Thailand": "THA",
    "Vietnam": "VNM",
}
_MONAZITE = "26122000"
# Sources whose rows are single origins of one line or heading.
_BY_LINE, _BY_HEADING = "uncomtrade_cn_tariffline_2023_2025", "uncomtrade_cn_2846"
_OXIDE_ORIGINS = ("Myanmar", "Laos", "Vietnam")


@dataclass(frozen=True)
class Import:
    """One good of one origin.

    Attributes:
        origin: Name as published.
        goods: What it is, with its code.
        gross_t: Tonnes as customs record them.
        factor: Tonnes of REO in one of them.
        figure_ids: Rows of trade_published and of the factors.
        source_ids: Their sources.
    """

    origin: str
    goods: str
    gross_t: float
    factor: Quantity
    figure_ids: tuple[str, ...]
    source_ids: tuple[str, ...]


def _quantities(year: int) -> pd.DataFrame:
    table = tables.load("trade_published")
    return table[
        (table["reporter"] == "China")
        & (table["flow"] == "import")
        & (table["role"] == "flow")
        & (table["measure"] == "quantity")
        & (table["basis"] == "t_gross")
        & (table["unit"] == "t")
        & (table["period"] == str(year))
    ]


def _of_heading(year: int) -> pd.DataFrame:
    rows = _quantities(year)
    heading = rows[rows["source_ids"].map(lambda ids: ids[0] == _BY_HEADING)]
    return heading[(heading["commodity_code"] == "2846") & heading["partner"].isin(_OXIDE_ORIGINS)]


def _rows(year: int) -> pd.DataFrame:
    rows = _quantities(year)
    lines = rows[rows["source_ids"].map(lambda ids: ids[0] == _BY_LINE)]
    monazite = lines[(lines["commodity_code"] == _MONAZITE) & lines["partner"].isin(_ISO3)]
    compounds = lines[lines["commodity_code"].str.startswith("2846") & lines["partner"].isin(_OXIDE_ORIGINS)]
    if compounds.empty:  # by origin only for the whole heading
        compounds = _of_heading(year)
    return best(pd.concat([monazite, compounds])).drop_duplicates(["partner", "commodity_code"])


def compounds(year: int) -> list[Import]:
    """Compounds from the countries that sell them to be separated, by the whole heading: the years before `YEARS`.

    Ore by origin is not published for these years; the mine output of its countries stands in.
    """
    return sorted(_as_imports(_of_heading(year)), key=lambda one: -one.gross_t * one.factor.mid)


def of_myanmar(year: int) -> list[Import]:
    """China's imports from Myanmar, the whole of its mine output: 2018 to 2025."""
    found = imports(year) if year in YEARS else compounds(year)
    return [one for one in found if one.origin == "Myanmar"]


def imports(year: int) -> list[Import]:
    """Every good that is fed into China's plants, the largest content first; US ore and Malaysia's product aside.

    Args:
        year: A member of `YEARS`.

    Raises:
        Refused: a good has no factor.
    """
    return sorted(_as_imports(_rows(year)), key=lambda one: -one.gross_t * one.factor.mid)


def _as_imports(rows: pd.DataFrame) -> list[Import]:
    found = []
    for row in rows.itertuples():
        factor = conversion.reo_of_good(row.commodity_code, reporter="CHN", origin=_ISO3[row.partner])
        found.append(
            Import(
                row.partner,
                f"{row.commodity} ({row.commodity_code})"
                if row.commodity_code not in row.commodity
                else row.commodity,
                float(row.value),
                factor,
                (row.figure_id, *factor.inputs),
                tuple(dict.fromkeys((*row.source_ids, *factor.source_ids))),
            )
        )
    return found


def separated_abroad(year: int) -> pd.Series:
    """Imports from Malaysia in t REO, central conversion of a third party: separated product, not feed."""
    table = tables.load("processing_by_country")
    rows = table[
        (table["measure"] == "imported_feed_by_origin")
        & (table["partner_iso3"] == "MYS")
        & (table["reference_year"] == year)
    ]
    return rows.iloc[0]


def table(found: list[Import]) -> pd.DataFrame:
    """The goods with their factors and content, a row a good."""
    return pd.DataFrame(
        {
            "Origin": [one.origin for one in found],
            "Goods": [one.goods for one in found],
            "Gross, t": [one.gross_t for one in found],
            "Lowest, t REO": [one.factor.ends[0] * one.gross_t for one in found],
            "Used, t REO": [one.factor.ends[1] * one.gross_t for one in found],
            "Highest, t REO": [one.factor.ends[2] * one.gross_t for one in found],
        }
    )
