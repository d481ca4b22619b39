"""What a country imports of one good and from where, by one record, and how concentrated its origins are.

Reports and reconciled records are read alike; which one it was goes with the numbers. Areas that name no country are in
the whole, and no origin is named for them: they are the residual of the concentration.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import conversion, countries, tables
from rareearth.concentration import Concentration, concentration
from rareearth.quantity import NONE, UNSTATED, Estimate
from rareearth.text import in_sentence
from rareearth.trade import store
from rareearth.units import KG_PER_T

WORLD = "WLD"


@dataclass(frozen=True)
class Imports:
    """What one country imported of one good in one year, by origin, by one record.

    Attributes:
        importer: ISO alpha-3 code.
        good: HS code as published, or the name of a group of codes.
        year: Calendar year.
        mass_t: Origin to gross tonnes; a mass that is missing counts as none.
        value_usd: Origin to US dollars.
        unnamed_usd: Value from areas that name no country.
        record: Whose record it is: ``own``, ``reconciled`` or that of the supplier.
        figure_ids: Figures of data/raw that it was summed from.
        source_id: The record that is read.
        source_ids: Where they are from: the record, and a user's own files that stand in its place.
    """

    importer: str
    good: str
    year: int
    mass_t: dict[str, float]
    value_usd: dict[str, float]
    unnamed_usd: float
    record: str
    figure_ids: tuple[str, ...]
    source_id: str
    source_ids: tuple[str, ...]

    @property
    def total_t(self) -> float:
        """Gross tonnes from all origins that are named."""
        return sum(self.mass_t.values())

    @property
    def total_usd(self) -> float:
        """US dollars from all origins, those without a name among them."""
        return sum(self.value_usd.values()) + self.unnamed_usd

    @property
    def concentration(self) -> Concentration:
        """Concentration of the origins by value."""
        return concentration(self.value_usd, self.unnamed_usd)


def by_origin(
    rows: pd.DataFrame,
    importer: str,
    good: str,
    record: str = "own",
    *,
    origin: str = "partner_iso3",
    unnamed: pd.DataFrame | None = None,
) -> Imports | None:
    """The rows of one importer, one year and one source, summed by origin.

    Args:
        rows: Rows of `store.load_flows`.
        importer: ISO alpha-3 code.
        good: What the rows are rows of.
        record: Whose record it is.
        origin: Column of the origin: ``reporter_iso3`` where exporters report.
        unnamed: Rows of `store.load_totals` for areas that name no country.

    Returns:
        None where there are no rows.
    """
    if rows.empty:
        return None
    # Sorted, so that sums do not depend on the order of the file.
    ordered = rows.sort_values([origin, "hs_code", "source_row"])
    sums = ordered.groupby(origin)[["mass_kg", "value_usd"]].sum()
    unnamed = rows.head(0) if unnamed is None else unnamed
    return Imports(
        importer,
        good,
        int(rows["year"].iloc[0]),
        {code: float(mass) / KG_PER_T for code, mass in sums["mass_kg"].items()},
        {code: float(value) for code, value in sums["value_usd"].items()},
        float(unnamed["value_usd"].sum()),
        record,
        store.figure_ids(pd.concat([rows, unnamed]) if len(unnamed) else rows),
        record_id := rows["record"].iloc[0] if "record" in rows else rows["source_id"].iloc[0],
        store.registered(dict.fromkeys([record_id, *sorted(set(rows["source_id"]))])),
    )


def of_code(
    flows: pd.DataFrame, totals: pd.DataFrame, importer: str, hs_code: str, year: int, source_id: str
) -> Imports:
    """Imports of one code by the importer's own report.

    Goods that come back are in it, under the importer itself.

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
    asked = {
        "reporter_iso3": importer,
        "flow": "import",
        "hs_code": hs_code,
        "year": year,
        "month": None,
        "source_id": source_id,
    }
    unnamed = tables.select(totals, partner_iso3=lambda codes: codes != WORLD, **asked)
    found = by_origin(tables.select(flows, **asked), importer, hs_code, unnamed=unnamed)
    if found is None:
        raise LookupError(f"no imports of {hs_code} by {importer} in {year} in {source_id}")
    return found


def _named(iso3: str) -> str:
    return in_sentence(countries.name(iso3))


def _estimate(id: str, unit: str, low: float, value: float, high: float, **more) -> Estimate:
    axes = {"stage": NONE, "basis": NONE, "elements": NONE}
    return Estimate(id=f"trade.{id}", value=value, low=low, high=high, unit=unit, **axes, **more)


def _of_imports(of: Imports, what: str, unit: str, low: float, value: float, high: float, **more) -> Estimate:
    return _estimate(
        f"{what}.{of.importer}.{of.good}.{of.year}",
        unit,
        low,
        value,
        high,
        reference_year=of.year,
        edition=of.source_id,
        inputs=of.figure_ids,
        source_ids=of.source_ids,
        **more,
    )


def value(of: Imports) -> Estimate:
    """Imports from all origins in USD: a sum of one report, so its ends are equal."""
    return _of_imports(
        of,
        "imports_usd",
        "usd",
        *(of.total_usd,) * 3,
        method=f"sum over the origins of imports of HS {of.good} by {_named(of.importer)}, as reported",
        interval="none: a sum of one report; what its mirror says stands beside it",
    )


def hhi(of: Imports) -> Estimate:
    """Herfindahl-Hirschman index of the origins by value, with bounds for unnamed areas."""
    low, high = of.concentration.hhi_low, of.concentration.hhi_high
    return _of_imports(
        of,
        "origin_hhi",
        "hhi",
        low,
        low,
        high,
        method=f"sum of squared shares of the origins in imports of HS {of.good} by value",
        interval="bounds: unnamed areas as many origins of no size, and as one",
    )


def top_share(of: Imports) -> Estimate:
    """Share of the largest origin by value, in percent."""
    (name,), share = of.concentration.top(1)
    return _of_imports(
        of,
        "top_origin_share",
        "pct",
        share,
        share,
        min(100.0, share + of.concentration.residual_pct),
        method=f"share of {_named(name)} in imports of HS {of.good} by {_named(of.importer)}, by value",
        interval="bounds: nothing and all of the unnamed areas is the largest origin",
        note=f"largest origin: {_named(name)}",
    )


def dependence(
    paired: pd.DataFrame, totals: pd.DataFrame, supplier: str, year: int, hs6: str
) -> pd.DataFrame:
    """How much of each importer's imports comes from one supplier, by the importer's report.

    Args:
        paired: See `mirror.pairs`.
        totals: See `store.load_totals`; the World of an importer is the whole where it is published, as its partners
            may be some that were asked for.
        supplier: ISO alpha-3 code.
        year: Calendar year.
        hs6: Six-digit code.

    Returns:
        importer_iso3, imports_usd, share_pct, and for the supplier's exports to it both reports in USD (NaN where the
        supplier reports none). Importers that report but the supplier itself, the largest first.
    """
    rows = tables.select(paired, year=year, hs6=hs6, importer_iso3=lambda codes: codes != supplier)
    rows = rows.dropna(subset="value_importer_usd")
    world = tables.select(totals, year=year, month=None, hs_code=hs6, flow="import", partner_iso3=WORLD)
    of_partners = rows.groupby("importer_iso3")["value_importer_usd"].sum()
    of_world = world.groupby("reporter_iso3")["value_usd"].max()
    whole = of_world.reindex(of_partners.index).fillna(of_partners)
    own = tables.select(rows, exporter_iso3=supplier).set_index("importer_iso3").reindex(whole.index)
    found = pd.DataFrame(
        {
            "imports_usd": whole,
            "share_pct": (100 * own["value_importer_usd"] / whole).fillna(0.0),
            "by_importer_usd": own["value_importer_usd"],
            "by_exporter_usd": own["value_exporter_usd"],
        }
    )
    return found.sort_values(["imports_usd", "share_pct"], ascending=False, kind="stable").reset_index()


def exporter_rows(flows: pd.DataFrame, totals: pd.DataFrame, hs_code: str) -> pd.DataFrame:
    """Reconciled records from which the exporters of one code are added.

    Totals by exporter are of main partners only; a year of which every flow is in hand is taken from the flows.

    Args:
        flows: See `store.load_flows`.
        totals: See `store.load_totals`; rows with the world as partner are used.
        hs_code: As published.
    """
    asked = {"hs_code": hs_code, "flow": "export", "value_basis": "reconciled"}
    complete = tables.select(flows, **asked)
    rows = tables.select(totals, partner_iso3=WORLD, **asked)
    return pd.concat([rows[~rows["year"].isin(complete["year"])], complete], ignore_index=True)


def concentration_by_year(rows: pd.DataFrame) -> dict[int, Concentration]:
    """Concentration of the exporters of one code by value and year.

    Args:
        rows: See `exporter_rows`.
    """
    return {
        int(year): concentration(part.groupby("reporter_iso3")["value_usd"].sum().to_dict())
        for year, part in rows.groupby("year")
    }


def _of_exporters(rows: pd.DataFrame, year: int, what: str, unit: str, low: float, high: float, method: str):
    rows = tables.select(rows, year=year)
    sources = sorted(set(rows["source_id"]))
    every = (rows["partner_iso3"] != WORLD).all()
    return _estimate(
        f"{what}.{rows['hs_code'].iloc[0]}.{year}",
        unit,
        low,
        low,
        high,
        reference_year=year,
        edition=", ".join(sources),
        method=method,
        inputs=store.figure_ids(rows),
        source_ids=tuple(sources),
        interval="none: every exporter and partner of the source"
        if every
        else "none: of main partners only, which holds 98 % of the value in 2024",
        note="the whole code, not rare-earth magnets alone",
    )


def exporter_share(rows: pd.DataFrame, exporter: str, year: int) -> Estimate:
    """Share of one exporter by value, in percent.

    Args:
        rows: See `exporter_rows`.
        exporter: ISO alpha-3 code.
        year: Calendar year.
    """
    share = concentration_by_year(rows)[year].shares_pct.get(exporter, 0.0)
    method = f"exports of {_named(exporter)} over all exports of the code, by value"
    return _of_exporters(rows, year, f"exporter_share.{exporter}", "pct", share, share, method)


def exporter_hhi(rows: pd.DataFrame, year: int) -> Estimate:
    """Herfindahl-Hirschman index of the exporters, by value.

    Args:
        rows: See `exporter_rows`.
        year: Calendar year.
    """
    found = concentration_by_year(rows)[year]
    method = "sum of squared shares of the exporters of the code, by value"
    return _of_exporters(rows, year, "exporter_hhi", "hhi", found.hhi_low, found.hhi_high, method)


def rare_earth_part() -> Estimate:
    """The part of rare-earth magnets in China's exports of HS 850511, by mass: one point, of one year."""
    share = conversion.magnet_part_of_exports() * 100
    row = tables.select("conversion_factors", figure_id=share.inputs[0], one=True)
    return share.estimate(
        "trade.rare_earth_part.CHN.850511.2024",
        unit="pct",
        stage="magnet",
        basis="t_magnet",
        elements=UNSTATED,
        reference_year=2024,
        edition=row["edition"],
        method="rare-earth magnets over all of HS 850511 in the exports of China, by mass",
        interval="none: one point from two sources",
    )


def control_events(first: int, last: int) -> dict[int, str]:
    """Export controls for the margin of a chart: year to a few words, in the order of time.

    Args:
        first: First year of the chart.
        last: Last year.
    """
    rows = tables.select("export_controls_timeline", in_short=lambda words: words != "").sort_values("date")
    years = rows["date"].str[:4].astype(int)
    return {
        year: f"{year}: {words}"
        for year, words in zip(years, rows["in_short"], strict=True)
        if first <= year <= last
    }
