"""What a country imports of one good and from where, by one record, and how concentrated a supply is.

Reports and reconciled records are read alike; which one it was goes with the numbers. Areas that name no country are in
the whole, and no origin is named for them: they are the residual of the concentration.

    HHI = sum of squared shares                                               (Herfindahl-Hirschman index)

A residual hides an unknown number of suppliers. The lower bound takes it as many of no size, the upper one as a single
further supplier: HHI lies in [sum of s^2, sum of s^2 + r^2].
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from rareearth import conversion, countries, tables
from rareearth.quantity import KG_PER_T, Estimate, Quantity
from rareearth.text import in_sentence
from rareearth.trade import store

WORLD = "WLD"


@dataclass(frozen=True)
class Concentration:
    """Concentration of a supply among named suppliers and a residual."""

    # Supplier to share of the whole, in percent, the largest first; zero shares are left out.
    shares_pct: dict[str, float]
    residual_pct: float  # share of the whole that no supplier is named for

    @property
    def hhi_low(self) -> float:
        """HHI, 0 to 1, with the residual as many suppliers of no size."""
        return math.fsum((share / 100) ** 2 for share in self.shares_pct.values())

    @property
    def hhi_high(self) -> float:
        """HHI, 0 to 1, with the residual as one further supplier."""
        return self.hhi_low + (self.residual_pct / 100) ** 2

    def top(self, count: int) -> tuple[tuple[str, ...], float]:
        """The `count` largest suppliers by name and their joint share in percent.

        Raises:
            ValueError: `count` is below 1.
        """
        if count < 1:
            raise ValueError(f"the largest {count} suppliers: ask for 1 or more")
        names = tuple(self.shares_pct)[:count]
        return names, math.fsum(self.shares_pct[name] for name in names)


def concentration(quantities: Mapping[str, float], residual: float = 0.0) -> Concentration:
    """Concentration of what the suppliers deliver, and of a residual that no supplier is named for, all in one unit.

    Raises:
        ValueError: a quantity is negative or not finite, or all are zero.
    """
    for name, quantity in {**quantities, "the residual": residual}.items():
        if not (math.isfinite(quantity) and quantity >= 0):
            raise ValueError(f"{name}: {quantity} is no quantity; shares need finite numbers from 0")
    total = math.fsum([*quantities.values(), residual])
    if total == 0:
        raise ValueError("all quantities are 0: there is no share to compute")
    # Equal quantities are ordered by name, so that the order of the input changes nothing.
    ordered = sorted(quantities.items(), key=lambda item: (-item[1], item[0]))
    shares = {name: 100 * quantity / total for name, quantity in ordered if quantity > 0}
    return Concentration(shares, 100 * residual / total)


@dataclass(frozen=True)
class Imports:
    """What one country imported of one good in one year, by origin, by one record."""

    importer: str  # ISO alpha-3 code
    good: str  # HS code as published, or the name of a group of codes
    year: int  # calendar year
    mass_t: dict[str, float]  # origin to gross tonnes; a mass that is missing counts as none
    value_usd: dict[str, float]  # origin to US dollars
    unnamed_usd: float  # value from areas that name no country
    record: str  # whose record it is: ``own``, ``reconciled`` or that of the supplier
    inputs: tuple[str, ...]  # figures of data/raw that it was summed from
    source_id: str  # the record that is read
    # Where they are from: the record, and a user's own files that stand in its place.
    source_ids: tuple[str, ...]

    @property
    def total_t(self) -> float:
        """Gross tonnes from all origins that are named."""
        return sum(self.mass_t.values())

    @property
    def total_usd(self) -> float:
        """US dollars from all origins, those without a name among them."""
        return sum(self.value_usd.values()) + self.unnamed_usd

    def weight_pct(self, origin: str) -> float:
        """Share of an origin by gross weight."""
        return 100 * self.mass_t.get(origin, 0.0) / self.total_t

    def value_pct(self, origin: str) -> float:
        """Share of an origin by value."""
        return 100 * self.value_usd.get(origin, 0.0) / self.total_usd

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
    """The rows of `store.load_flows` of one importer, year and source for a good, summed by origin; None where there are none.

    `record` says whose record it is, `origin` is the column of the origin (``reporter_iso3`` where exporters report), and
    `unnamed` are rows of `store.load_totals` for areas that name no country.
    """
    if rows.empty:
        return None
    # Sorted, so that sums do not depend on the order of the file.
    ordered = rows.sort_values([origin, "hs_code", "source_row"])
    sums = ordered.groupby(origin)[["mass_kg", "value_usd"]].sum()
    unnamed = rows.head(0) if unnamed is None else unnamed
    source = rows["record" if "record" in rows else "source_id"].iloc[0]
    return Imports(
        importer,
        good,
        int(rows["year"].iloc[0]),
        (sums["mass_kg"] / KG_PER_T).to_dict(),
        sums["value_usd"].to_dict(),
        float(unnamed["value_usd"].sum()),
        record,
        store.figure_ids(pd.concat([rows, unnamed]) if len(unnamed) else rows),
        source,
        store.registered(dict.fromkeys([source, *sorted(set(rows["source_id"]))])),
    )


def of_code(
    flows: pd.DataFrame, totals: pd.DataFrame, importer: str, hs_code: str, year: int, source_id: str
) -> Imports:
    """Imports of one code (as published) by the importer's own report; goods that come back are in it, under the importer itself.

    Heading and six-digit codes are different codes; the tables are those of `store`.

    Raises:
        LookupError: the source has no such imports.
    """
    asked = {"reporter_iso3": importer, "flow": "import", "hs_code": hs_code, "year": year, "month": None}
    asked["source_id"] = source_id
    unnamed = tables.select(totals, partner_iso3=lambda codes: codes != WORLD, **asked)
    found = by_origin(tables.select(flows, **asked), importer, hs_code, unnamed=unnamed)
    if found is None:
        raise LookupError(f"no imports of {hs_code} by {importer} in {year} in {source_id}")
    return found


def _named(iso3: str) -> str:
    return in_sentence(countries.name(iso3))


def _of_imports(of: Imports, what: str, unit: str, values: tuple[float, ...], **more: str) -> Estimate:
    """The first of the values, between the least and the greatest."""
    return Quantity.among(what, values, unit, of).estimate(
        f"trade.{what}.{of.importer}.{of.good}.{of.year}", reference_year=of.year, edition=of.source_id, **more
    )


def value(of: Imports) -> Estimate:
    """Imports from all origins in USD: a sum of one report, so its ends are equal."""
    method = f"sum over the origins of imports of HS {of.good} by {_named(of.importer)}, as reported"
    interval = "none: a sum of one report; what its mirror says stands beside it"
    return _of_imports(of, "imports_usd", "usd", (of.total_usd,), method=method, interval=interval)


def hhi(of: Imports) -> Estimate:
    """Herfindahl-Hirschman index of the origins by value, with bounds for unnamed areas."""
    values = of.concentration.hhi_low, of.concentration.hhi_high
    method = f"sum of squared shares of the origins in imports of HS {of.good} by value"
    interval = "bounds: unnamed areas as many origins of no size, and as one"
    return _of_imports(of, "origin_hhi", "hhi", values, method=method, interval=interval)


def top_share(of: Imports) -> Estimate:
    """Share of the largest origin by value, in percent."""
    (name,), share = of.concentration.top(1)
    about = {
        "method": f"share of {_named(name)} in imports of HS {of.good} by {_named(of.importer)}, by value",
        "interval": "bounds: nothing and all of the unnamed areas is the largest origin",
        "note": f"largest origin: {_named(name)}",
    }
    values = share, min(100.0, share + of.concentration.residual_pct)
    return _of_imports(of, "top_origin_share", "pct", values, **about)


def dependence(paired: pd.DataFrame, totals: pd.DataFrame, supplier: str, year: int, hs6: str) -> pd.DataFrame:
    """How much of each importer's imports of a six-digit code in a year comes from one supplier, by the importer's report.

    The pairs are those of `mirror.pairs`. The World of an importer in `store.load_totals` is the whole where it is published, as
    its partners may be some that were asked for.

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
    """Reconciled records of `store` from which the exporters of one code are added, with the world as partner in totals.

    Totals by exporter are of main partners only; a year of which every flow is in hand is taken from the flows.
    """
    asked = {"hs_code": hs_code, "flow": "export", "value_basis": "reconciled"}
    complete = tables.select(flows, **asked)
    rows = tables.select(totals, partner_iso3=WORLD, **asked)
    return pd.concat([rows[~rows["year"].isin(complete["year"])], complete], ignore_index=True)


def concentration_by_year(rows: pd.DataFrame) -> dict[int, Concentration]:
    """Concentration of the exporters in `exporter_rows` by value and year."""
    return {
        int(year): concentration(part.groupby("reporter_iso3")["value_usd"].sum().to_dict())
        for year, part in rows.groupby("year")
    }


def _of_exporters(rows: pd.DataFrame, year: int, what: str, values, unit: str, method: str) -> Estimate:
    rows = tables.select(rows, year=year)
    sources = tuple(sorted(set(rows["source_id"])))
    every = "every exporter and partner of the source"
    main = "of main partners only, which holds 98 % of the value in 2024"
    return Quantity.among(what, values, unit).estimate(
        f"trade.{what}.{rows['hs_code'].iloc[0]}.{year}",
        reference_year=year,
        edition=", ".join(sources),
        method=method,
        inputs=store.figure_ids(rows),
        source_ids=sources,
        interval=f"none: {every if (rows['partner_iso3'] != WORLD).all() else main}",
        note="the whole code, not rare-earth magnets alone",
    )


def exporter_share(rows: pd.DataFrame, exporter: str, year: int) -> Estimate:
    """Share of one exporter (an ISO alpha-3 code) by value, in percent, from `exporter_rows`."""
    share = concentration_by_year(rows)[year].shares_pct.get(exporter, 0.0)
    method = f"exports of {_named(exporter)} over all exports of the code, by value"
    return _of_exporters(rows, year, f"exporter_share.{exporter}", [share], "pct", method)


def exporter_hhi(rows: pd.DataFrame, year: int) -> Estimate:
    """Herfindahl-Hirschman index of the exporters, by value, from `exporter_rows`."""
    found = concentration_by_year(rows)[year]
    method = "sum of squared shares of the exporters of the code, by value"
    return _of_exporters(rows, year, "exporter_hhi", [found.hhi_low, found.hhi_high], "hhi", method)


def rare_earth_part() -> Estimate:
    """The part of rare-earth magnets in China's exports of HS 850511, by mass: one point, of one year."""
    share = conversion.magnet_part_of_exports() * 100
    row = tables.select("conversion_factors", figure_id=share.inputs[0], one=True)
    return share.estimate(
        "trade.rare_earth_part.CHN.850511.2024",
        unit="pct",
        axes="magnet t_magnet unstated",
        reference_year=2024,
        edition=row["edition"],
        method="rare-earth magnets over all of HS 850511 in the exports of China, by mass",
        interval="none: one point from two sources",
    )


def control_events(first: int, last: int) -> dict[int, str]:
    """Export controls from one year to another for the margin of a chart: year to a few words, in the order of time."""
    rows = tables.select("export_controls_timeline", in_short=lambda words: words != "").sort_values("date")
    named = ((int(date[:4]), words) for date, words in zip(rows["date"], rows["in_short"], strict=True))
    return {year: f"{year}: {words}" for year, words in named if first <= year <= last}
