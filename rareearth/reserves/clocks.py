"""One stock, three clocks: days of use, days of imports, days of imports from the largest supplier.

    days of x = stock / x a day

The same tonnes last longest on the imports that can be cut off by one supplier. A stock may be read on all three only
where use and imports are published on one basis, and each edition's use goes with its own imports: in one edition the
United States imported more than they used.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import tables
from rareearth.quantity import Estimate
from rareearth.reserves import cover

# The United States in 2024 by edition, in t REO: its consumption, and the imports of what that counts, which are compounds,
# and metals and alloys without ferrocerium.
_USA = (
    ("demand-0035", ("trade-0759-qty", "trade-0761-qty")),  # MCS2026
    ("demand-0031", ("trade-0697-qty", "trade-0707-qty")),  # MCS2025
)
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
        imports: Pairs of use and imports of one year on the same basis, a pair an edition; empty where there are none.
        from_china: The same with the imports from China.
        note: Why a clock is missing, or what its figures rest on, in words.
        figure_ids: Figures behind the imports.
        source_ids: Their sources.
    """

    place: str
    use: Estimate
    imports: tuple[tuple[float, float], ...]
    from_china: tuple[tuple[float, float], ...]
    note: str
    figure_ids: tuple[str, ...]
    source_ids: tuple[str, ...]

    @staticmethod
    def days(pairs: tuple[tuple[float, float], ...], stock_days: int) -> tuple[float, float] | None:
        """Days that a stock of `stock_days` days of use lasts on a flow: lowest and highest over the editions."""
        ends = [stock_days * use / flow for use, flow in pairs]
        return (min(ends), max(ends)) if ends else None


def _usa() -> Clocks:
    trade = tables.load("trade_published").set_index("figure_id", drop=False)
    demand = tables.load("demand").set_index("figure_id")["value"]
    share = trade.loc[_US_FROM_CHINA, "value"] / 100
    figures = (*(figure for _, parts in _USA for figure in parts), _US_FROM_CHINA)
    sources = dict.fromkeys(source for ids in trade.loc[list(figures), "source_ids"] for source in ids)
    imports = tuple((demand[used], trade.loc[list(parts), "value"].sum()) for used, parts in _USA)
    from_china = tuple((one, share * total) for one, total in imports)
    note = f"China's {100 * share:.0f} % is a mean of 2021 to 2024, with Hong Kong"
    return Clocks(
        cover.PLACES["USA"], cover.consumption("USA"), imports, from_china, note, figures, tuple(sources)
    )


def _europe() -> Clocks:
    row = tables.load("ree_demand_inputs").set_index("figure_id").loc[_EU_FROM_CHINA]
    return Clocks(
        cover.PLACES["EUU"] + ", magnets",
        cover.consumption("EUU"),
        (),
        ((cover.consumption("EUU").value, row["value"]),),
        "imports from all origins are not published",
        (_EU_FROM_CHINA,),
        tuple(row["source_ids"]),
    )


def clocks() -> list[Clocks]:
    """Every importer whose use is published; China is none."""
    unknown = (
        Clocks(cover.PLACES[iso3], cover.consumption(iso3), (), (), why, (), ())
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
            "Basis": [one.use.basis_words for one in found],
            f"{stock_days} days of use": [cover.tonnes_for(one.use, stock_days) for one in found],
            "Days of imports": [words(one.days(one.imports, stock_days)) for one in found],
            "Days of imports from China": [words(one.days(one.from_china, stock_days)) for one in found],
            "Note": [one.note for one in found],
        }
    )
