"""The elements under China's licences of April 2025, apart from the others: what is known of need, price and supply.

Of their use the United States publish that of yttrium, and no country another. The tonnes for all are the shortfalls that
the United States' stockpile planned with in 2013; they are a reference for size, not a target of today.
"""

import pandas as pd

from rareearth import tables
from rareearth.quantity import NONE, Estimate
from rareearth.units import KG_PER_T, USD_PER_MILLION_USD

_LICENCES = "event-0021"
WORDS = {
    "Sm": "Samarium",
    "Gd": "Gadolinium",
    "Tb": "Terbium",
    "Dy": "Dysprosium",
    "Lu": "Lutetium",
    "Sc": "Scandium",
    "Y": "Yttrium",
}
PRICE_YEAR = 2025
_CHINA = ("annual average, free on board", "volume-weighted")
# The licences are of April 2025: the prices of Europe count from the month after.
_LICENSED_FROM = "2025-05"
_SHORTFALL = "base-case shortfall"


def elements() -> tuple[str, ...]:
    """Symbols of the elements that the licences of April 2025 name, from the timeline of restrictions."""
    row = tables.load("export_controls_timeline").set_index("figure_id").loc[_LICENCES]
    return tuple(row["materials"].split(";"))


def _prices(word: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every printed price of the oxide as a mean of the year in China, and in Europe under licence: rows of prices."""
    table = tables.load("prices")
    rows = table[
        table["material"].str.startswith(f"{word} oxide")
        & (table["reference_year"] == PRICE_YEAR)
        & (table["unit"] == "USD/kg")
        & table["value"].notna()
    ]
    europe = (rows["market"] == "Europe") & (rows["period"] >= _LICENSED_FROM)
    return rows[rows["basis_published"].str.startswith(_CHINA)], rows[europe]


def _ends(prices: pd.DataFrame) -> tuple[float, float] | None:
    """Lowest and highest of the printed prices; None where there is none."""
    if prices.empty:
        return None
    return float(prices["value"].min()), float(prices[["value", "value_high"]].max().max())


def _shortfall_t(word: str) -> tuple[float, str, tuple[str, ...]] | None:
    table = tables.load("reserve_requirements")
    rows = table[(table["material"] == word) & (table["measure"] == _SHORTFALL)]
    if rows.empty:
        return None
    row = rows.iloc[0]
    tonnes = row["value"] / KG_PER_T if row["unit"] == "kg" else row["value"]
    return float(tonnes), row["figure_id"], tuple(row["source_ids"])


def _use(word: str) -> pd.Series | None:
    """The newest published use of the United States: a row of demand, in t of oxide."""
    table = tables.load("demand")
    rows = table[(table["iso3"] == "USA") & (table["material"] == word.lower()) & (table["unit"] == "t")]
    return rows.sort_values("reference_year").iloc[-1] if len(rows) else None


def _from_china_pct(word: str) -> pd.Series | None:
    table = tables.load("trade_published")
    rows = table[
        (table["reporter"] == "USA")
        & (table["partner"] == "China")
        & (table["measure"] == "share")
        & table["commodity"].str.startswith(f"{word} compounds")
    ]
    return rows.iloc[0] if len(rows) else None


def known() -> pd.DataFrame:
    """What is published of each element.

    Returns:
        element, use_t (t oxide a year) and use_year of the United States, shortfall_t (t oxide), from_china_pct (of US imports), china_usd_kg and outside_usd_kg (pairs of ends
        or None), fill_china_usd_m and fill_outside_usd_m (of the shortfall, pairs or None), figure_ids, source_ids; a row an
        element of `elements`.
    """
    rows = []
    for symbol in elements():
        word = WORDS[symbol]
        china, outside = _prices(word)
        use, need, share = _use(word), _shortfall_t(word), _from_china_pct(word)
        sources = [*(need[2] if need else ())]
        others = [row for row in (use, share) if row is not None]
        published = [*(row for _, row in china.iterrows()), *(row for _, row in outside.iterrows()), *others]
        sources += [source for row in published for source in row["source_ids"]]
        figures = [*(need[1:2] if need else ()), *(row["figure_id"] for row in published)]
        fills = [
            tuple(need[0] * KG_PER_T * price / USD_PER_MILLION_USD for price in ends)
            if need and ends
            else None
            for ends in (_ends(china), _ends(outside))
        ]
        rows.append(
            (
                word,
                None if use is None else float(use["value"]),
                None if use is None else int(use["reference_year"]),
                need[0] if need else None,
                None if share is None else float(share["value"]),
                _ends(china),
                _ends(outside),
                *fills,
                tuple(figures),
                tuple(dict.fromkeys(sources)),
            )
        )
    columns = (
        "element use_t use_year shortfall_t from_china_pct china_usd_kg outside_usd_kg fill_china_usd_m fill_outside_usd_m "
        "figure_ids source_ids"
    ).split()
    return pd.DataFrame(rows, columns=columns)


def fill(row: pd.Series, market: str) -> Estimate:
    """What the shortfall of one element costs.

    Args:
        row: Of `known`, with a price of that market.
        market: ``china`` or ``outside``.
    """
    low, high = row[f"fill_{market}_usd_m"]
    return Estimate(
        id=f"reserves.controlled_fill.{row['element'].lower()}.{market}",
        value=(low + high) / 2,
        low=low,
        high=high,
        unit="usd_m",
        stage=NONE,
        basis=NONE,
        elements=NONE,
        reference_year=PRICE_YEAR,
        edition="shortfall of 2013, prices of 2025",
        method="shortfall of the US stockpile in t oxide x price per kg",
        inputs=row["figure_ids"],
        source_ids=row["source_ids"],
        interval="the ends of the printed price, value is their middle"
        if low < high
        else "none: one printed price",
        note="no target of today; the price of a small market would rise with the purchase",
    )


def table(found: pd.DataFrame) -> pd.DataFrame:
    """`known` as a page shows it; an empty cell is not published."""

    def pair(ends: tuple[float, float] | None, digits: int) -> str:
        if not isinstance(ends, tuple):
            return ""
        low, high = (f"{end:,.{digits}f}" for end in ends)
        return low if low == high else f"{low} to {high}"

    return pd.DataFrame(
        {
            "Element": found["element"],
            "US use a year, t oxide": [
                "" if pd.isna(used) else f"{used:,.0f} ({year:.0f})"
                for used, year in zip(found["use_t"], found["use_year"], strict=True)
            ],
            "US shortfall of 2013, t oxide": [
                "" if pd.isna(v) else f"{v:,.1f}" for v in found["shortfall_t"]
            ],
            "US imports from China, %": ["" if pd.isna(v) else f"{v:.0f}" for v in found["from_china_pct"]],
            "China's price, USD/kg": [pair(ends, 1) for ends in found["china_usd_kg"]],
            "Outside, USD/kg": [pair(ends, 0) for ends in found["outside_usd_kg"]],
            "Filled at China's price, USD m": [pair(ends, 1) for ends in found["fill_china_usd_m"]],
            "Filled outside, USD m": [pair(ends, 1) for ends in found["fill_outside_usd_m"]],
        }
    )
