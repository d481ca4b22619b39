"""Where a country's imports come from, and how concentrated the origins are.

Unnamed areas are the residual of the concentration: they are in the whole, and no origin is named for them.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth.concentration import Concentration, concentration
from rareearth.estimate import NONE, Estimate
from rareearth.trade import store


@dataclass(frozen=True)
class Imports:
    """What one country imported under one code in one year, by origin, from one source.

    Attributes:
        importer: ISO alpha-3 code.
        hs_code: As published.
        year: Calendar year.
        origins_usd: Origin to value in USD; goods that come back stand under the importer itself.
        unnamed_usd: Value from areas that name no country.
        figure_ids: Figures of data/raw that it was summed from.
        source_id: Where they are from.
    """

    importer: str
    hs_code: str
    year: int
    origins_usd: dict[str, float]
    unnamed_usd: float
    figure_ids: tuple[str, ...]
    source_id: str

    @property
    def concentration(self) -> Concentration:
        """Concentration of the origins by value."""
        return concentration(self.origins_usd, self.unnamed_usd)


def imports(
    flows: pd.DataFrame, totals: pd.DataFrame, importer: str, hs_code: str, year: int, source_id: str
) -> Imports:
    """Imports of one code by origin.

    Args:
        flows: See `store.load_flows`.
        totals: See `store.load_totals`.
        importer: ISO alpha-3 code of the reporter.
        hs_code: As published; heading and six-digit codes are different codes.
        year: Calendar year.
        source_id: The source that is read.

    Raises:
        LookupError: the source has no such imports.
    """

    def rows(table: pd.DataFrame) -> pd.DataFrame:
        return table[
            (table["reporter_iso3"] == importer)
            & (table["flow"] == "import")
            & (table["hs_code"] == hs_code)
            & (table["year"] == year)
            & table["month"].isna()
            & (table["source_id"] == source_id)
        ]

    by_origin, apart = rows(flows), rows(totals)
    if by_origin.empty:
        raise LookupError(f"no imports of {hs_code} by {importer} in {year} in {source_id}")
    unnamed = apart[apart["partner_iso3"] != "WLD"]
    return Imports(
        importer,
        hs_code,
        year,
        dict(zip(by_origin["partner_iso3"], by_origin["value_usd"], strict=True)),
        float(unnamed["value_usd"].sum()),
        store.figure_ids(pd.concat([by_origin, unnamed])),
        source_id,
    )


def _estimate(of: Imports, kind: str, unit: str, low: float, value: float, high: float, **more) -> Estimate:
    return Estimate(
        id=f"trade.{kind}.{of.importer}.{of.hs_code}.{of.year}",
        value=value,
        low=low,
        high=high,
        unit=unit,
        stage=NONE,
        basis=NONE,
        elements=NONE,
        reference_year=of.year,
        edition=of.source_id,
        inputs=of.figure_ids,
        source_ids=(of.source_id,),
        **more,
    )


def value(of: Imports) -> Estimate:
    """Imports from all origins in USD: a sum of one report, so its ends are equal."""
    total = sum(sorted([*of.origins_usd.values(), of.unnamed_usd]))
    return _estimate(
        of,
        "imports_usd",
        "usd",
        total,
        total,
        total,
        method=f"sum over the origins of imports of HS {of.hs_code} by {of.importer}, as reported",
        interval="none: a sum of one report; what its mirror says stands beside it",
    )


def hhi(of: Imports) -> Estimate:
    """Herfindahl-Hirschman index of the origins by value, with bounds for unnamed areas."""
    found = of.concentration
    return _estimate(
        of,
        "origin_hhi",
        "hhi",
        found.hhi_low,
        found.hhi_low,
        found.hhi_high,
        method=f"sum of squared shares of the origins in imports of HS {of.hs_code} by value",
        interval="bounds: unnamed areas as many origins of no size, and as one",
    )


def top_share(of: Imports) -> Estimate:
    """Share of the largest origin by value, in percent."""
    found = of.concentration
    (name,), share = found.top(1)
    return _estimate(
        of,
        "top_origin_share",
        "pct",
        share,
        share,
        min(100.0, share + found.residual_pct),
        method=f"share of {name} in imports of HS {of.hs_code} by {of.importer}, by value",
        interval="bounds: nothing and all of the unnamed areas is the largest origin",
        note=f"largest origin: {name}",
    )
