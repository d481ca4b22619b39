"""One stock, three clocks: days of use, days of imports, days of imports from the largest supplier.

    days of x = stock / x a day

The same tonnes last longer on imports than on use, and longest on the imports that can be cut off by one supplier. A
stock may be read on all three only where use and imports are published on one basis.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import facts
from rareearth.reserves import cover

# Rows of the United States' imports by edition, in t REO, of what its consumption counts: compounds, and metals and
# alloys without ferrocerium.
_US_PARTS = {"MCS2026": ("trade-0759-qty", "trade-0761-qty"), "MCS2025": ("trade-0697-qty", "trade-0707-qty")}
_US_FROM_CHINA = "trade-0775-share"
_EU_FROM_CHINA = "use-0026"
_JAPAN = "its imports are in metal equivalent, its use on a basis that is not stated"
_TAIWAN = "no imports by weight on the basis of its use are among the figures"


@dataclass(frozen=True)
class Clocks:
    """A stock of some days of use, on imports and on imports from China.

    Attributes:
        place: Its name.
        use: Consumption a year; see `cover.consumption`.
        imports_t: Lowest and highest published imports of one year on the same basis; None where there are none.
        from_china_t: The same from China.
        missing: Why a clock is missing, in words; empty where none is.
        figure_ids: Figures behind the imports.
        source_ids: Their sources.
    """

    place: str
    use: object
    imports_t: tuple[float, float] | None
    from_china_t: tuple[float, float] | None
    missing: str
    figure_ids: tuple[str, ...]
    source_ids: tuple[str, ...]

    def days(self, per_year_t: tuple[float, float] | None, stock_days: int) -> tuple[float, float] | None:
        """Days that a stock of `stock_days` days of use lasts on a flow: lowest and highest."""
        if per_year_t is None:
            return None
        ends = [stock_days * use / flow for use in (self.use.low, self.use.high) for flow in per_year_t]
        return min(ends), max(ends)


def _usa() -> Clocks:
    trade = facts.load_trade_published().set_index("figure_id", drop=False)
    sums = [sum(trade.loc[list(parts), "value"]) for parts in _US_PARTS.values()]
    share = trade.loc[_US_FROM_CHINA, "value"] / 100
    figures = (*(figure for parts in _US_PARTS.values() for figure in parts), _US_FROM_CHINA)
    sources = dict.fromkeys(source for ids in trade.loc[list(figures), "source_ids"] for source in ids)
    imports = (min(sums), max(sums))
    from_china = (share * imports[0], share * imports[1])
    return Clocks(
        cover.PLACES["USA"], cover.consumption("USA"), imports, from_china, "", figures, tuple(sources)
    )


def _europe() -> Clocks:
    row = facts.load_ree_demand_inputs().set_index("figure_id").loc[_EU_FROM_CHINA]
    return Clocks(
        cover.PLACES["EUU"] + ", magnets",
        cover.consumption("EUU"),
        None,
        (row["value"], row["value"]),
        "imports from all origins are not published",
        (_EU_FROM_CHINA,),
        tuple(row["source_ids"]),
    )


def clocks() -> list[Clocks]:
    """Every importer whose use is published; China is none."""
    unknown = (
        Clocks(cover.PLACES[iso3], cover.consumption(iso3), None, None, why, (), ())
        for iso3, why in (("JPN", _JAPAN), ("TWN", _TAIWAN))
    )
    return [_usa(), _europe(), *unknown]


def table(found: list[Clocks], stock_days: int) -> pd.DataFrame:
    """The three clocks of a stock, a row a place.

    Args:
        found: See `clocks`.
        stock_days: Size of the stock in days of use.
    """

    def words(ends: tuple[float, float] | None) -> str:
        if ends is None:
            return ""
        low, high = (f"{end:,.0f}" for end in ends)
        return low if low == high else f"{low} to {high}"

    return pd.DataFrame(
        {
            "Place": [one.place for one in found],
            "Basis": [one.use.basis for one in found],
            f"{stock_days} days of use": [cover.tonnes_for(one.use, stock_days) for one in found],
            "Days of imports": [words(one.days(one.imports_t, stock_days)) for one in found],
            "Days of imports from China": [words(one.days(one.from_china_t, stock_days)) for one in found],
            "What is missing": [one.missing for one in found],
        }
    )
