"""The elements under China's licences of April 2025, apart from the others: what is known of need, price and supply.

Of their use the United States publish that of yttrium, and no country another. The tonnes for all are the shortfalls that
the United States' stockpile planned with in 2013; they are a reference for size, not a target of today.
"""

import pandas as pd

from rareearth import tables
from rareearth.quantity import NONE, Estimate, Quantity, origins
from rareearth.units import KG_PER_T, USD_PER_MILLION_USD

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


def _licences() -> pd.Series:
    return tables.select("export_controls_timeline", control="heavy_2025", one=True)


def elements() -> tuple[str, ...]:
    """Symbols of the elements that the licences of April 2025 name, from the timeline of restrictions."""
    return tuple(_licences()["materials"].split(";"))


def _prices(word: str) -> dict[str, pd.DataFrame]:
    """Every printed price of the oxide as a mean of the year in China, and in Europe under licence: rows of prices."""
    rows = tables.select(
        "prices",
        material=lambda names: names.str.startswith(f"{word} oxide"),
        reference_year=PRICE_YEAR,
        unit="USD/kg",
        value=lambda values: values.notna(),
    )
    # Prices of Europe count from the month after the licences.
    month = _licences()["date"][:7]
    return {
        "china": tables.select(rows, basis_published=lambda words: words.str.startswith(_CHINA)),
        "outside": tables.select(rows, market="Europe", period=lambda periods: periods.str[:7] > month),
    }


def _range(prices: pd.DataFrame, name: str) -> Quantity | None:
    """Lowest and highest of the printed prices and their middle; None where there is none."""
    if prices.empty:
        return None
    low, high = float(prices["value"].min()), float(prices[["value", "value_high"]].max().max())
    return Quantity(name, low, (low + high) / 2, high, "usd/kg", *origins(prices))


def _one(rows: pd.DataFrame, name: str, unit: str) -> Quantity | None:
    """The number of the last row, with its year in the name; None where there is no row."""
    return Quantity.of(rows.iloc[-1], name, unit) if len(rows) else None


def known() -> pd.DataFrame:
    """What is published of each element, a row an element of `elements`.

    Returns:
        element and symbol; Quantities or None: use (t oxide a year of the United States, named by its year), shortfall (t oxide),
        from_china (percent of US imports), china and outside (USD/kg, ends of the published prices), fill_china and
        fill_outside (USD million, of the shortfall).
    """
    rows = []
    for symbol in elements():
        word = WORDS[symbol]
        prices = {market: _range(found, market) for market, found in _prices(word).items()}
        used = tables.select("demand", iso3="USA", material=word.lower(), unit="t").sort_values(
            "reference_year"
        )
        need = tables.select("reserve_requirements", material=word, measure="base-case shortfall")
        share = tables.select(
            "trade_published",
            reporter_iso3="USA",
            partner="China",
            measure="share",
            commodity=lambda names, word=word: names.str.startswith(f"{word} compounds"),
        ).head(1)
        shortfall = _one(need, "shortfall", "t")
        if shortfall and need["unit"].iloc[-1] == "kg":
            shortfall *= 1 / KG_PER_T
        fills = {
            f"fill_{market}": _filled(shortfall, price) if shortfall and price else None
            for market, price in prices.items()
        }
        year = f"{used['reference_year'].iloc[-1]}" if len(used) else ""
        use, from_china = _one(used, year, "t"), _one(share, "China", "pct")
        rows.append({"element": word, "symbol": symbol, "use": use, "shortfall": shortfall, "from_china": from_china, **prices, **fills})  # fmt: skip
    return pd.DataFrame(rows, dtype=object)


def _filled(tonnes: Quantity, usd_per_kg: Quantity) -> Quantity:
    money = usd_per_kg * (tonnes.mid * KG_PER_T / USD_PER_MILLION_USD)
    inputs, source_ids = origins(tonnes, usd_per_kg)
    return Quantity(usd_per_kg.name, *money.ends, "usd_m", inputs, source_ids)


def fill(row: pd.Series, market: str) -> Estimate:
    """What the shortfall of one element costs.

    Args:
        row: Of `known`, with a price of that market.
        market: ``china`` or ``outside``.
    """
    cost = row[f"fill_{market}"]
    return cost.estimate(
        f"reserves.controlled_fill.{row['element'].lower()}.{market}",
        stage=NONE,
        basis=NONE,
        elements=NONE,
        reference_year=PRICE_YEAR,
        edition="shortfall of 2013, prices of 2025",
        method="shortfall of the US stockpile in t oxide x price per kg",
        interval="the ends of the printed price, value is their middle"
        if cost.low < cost.high
        else "none: one printed price",
        note="no target of today; the price of a small market would rise with the purchase",
    )
