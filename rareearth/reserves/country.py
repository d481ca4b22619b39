"""One country's page: what a cut would hit most, every record of it, what is planned and what is not published."""

from dataclasses import dataclass

import pandas as pd

from rareearth import countries, money, tables
from rareearth.quantity import Estimate
from rareearth.reserves import cover, goods, losses, shocks, stress
from rareearth.reserves.places import SUPPLIER
from rareearth.suppliers import Imports
from rareearth.units import USD_PER_MILLION_USD

GOOD_WORDS = {"magnets": "metal magnets", "compounds": "rare-earth compounds and metals"}
_ORIGINS_SHOWN = 6


@dataclass(frozen=True)
class Exposure:
    """A country's imports of one good before cuts by its main supplier of concern.

    Attributes:
        of: The imports.
        supplier: Who may cut.
        share: Supplier's share: by value, with its ends by weight and by the supplier's record.
        weight_pct: The same by weight.
        runs: Title of a cut to its simulation, the fitted cut first.
        happened: Days of imports that the controls of 2025 really took, where that is known and not nothing.
    """

    of: Imports
    supplier: str
    share: Estimate
    weight_pct: float
    runs: dict[str, stress.Stress]
    happened: Estimate | None

    @property
    def fitted(self) -> stress.Stress:
        """The simulation of the cut that follows records."""
        return next(iter(self.runs.values()))

    @property
    def good(self) -> str:
        """The good in words."""
        return GOOD_WORDS[self.of.good]

    def missing(self) -> pd.DataFrame:
        """Days of imports that each cut takes: columns Cut, Fitted, Missing."""
        rows = [
            {
                "Cut": title,
                "Fitted": "yes" if run.cut.kind == "calibrated" else "no",
                "Missing": stress.missing(run),
            }
            for title, run in self.runs.items()
        ]
        return pd.DataFrame(rows)


def exposure(of: Imports, supplier: str, days: int, draws: int, seed: int) -> Exposure:
    """What cuts by a supplier would take of one good.

    Args:
        of: Imports of one good.
        supplier: Who cuts.
        days: Size of the example stock, in days of imports.
        draws: Simulated cuts.
        seed: Of the simulation.
    """
    by_china = (
        goods.compounds_by_china(of.importer) if of.good == "compounds" and supplier == SUPPLIER else None
    )
    cuts = shocks.cuts(of.importer, supplier)
    happened = losses.loss_2025(of.importer)["import_days"] if of.good == "magnets" else None
    return Exposure(
        of,
        supplier,
        goods.dependence(of, by_china, supplier),
        100 * of.mass_t.get(supplier, 0.0) / of.total_t,
        {cut.title: stress.run(of, cut, days, draws, seed, supplier) for cut in cuts},
        happened if happened and happened.value > 0 else None,
    )


def hit_most(iso3: str) -> tuple[Imports, str]:
    """The imports that a cut would hit most, and whose cut: the good of which China supplies the larger share of value.

    For China itself these are compounds and metals from the country that it buys most from.
    """
    if iso3 == SUPPLIER:
        of = goods.compounds(iso3)
        return of, max(of.value_usd, key=lambda supplier: (of.value_usd[supplier], supplier))
    found = [of for of in (goods.magnets(iso3), goods.compounds(iso3)) if of is not None]
    return max(found, key=lambda of: of.value_usd.get(SUPPLIER, 0.0) / of.total_usd), SUPPLIER


def other(of: Imports) -> Imports | None:
    """The other good of the same country, where there is a record of it and China supplies some."""
    if of.importer == SUPPLIER:
        return None
    return goods.compounds(of.importer) if of.good == "magnets" else goods.magnets(of.importer)


def origins_of(of: Imports) -> dict[str, Estimate]:
    """The largest origins of a country's imports by share of value: name to Estimate in percent."""
    largest = sorted(of.value_usd, key=lambda code: -of.value_usd[code])[:_ORIGINS_SHOWN]
    return {countries.name(code): goods.dependence(of, supplier=code) for code in largest}


def ranked() -> tuple[dict[str, Estimate], dict[str, float]]:
    """The countries with a page but China by China's share of their magnet imports: by value, and by weight in percent."""
    found = goods.ranked()
    weights = {}
    for code, _ in found:
        of = goods.magnets(code)
        weights[countries.name(code)] = 100 * of.mass_t.get(SUPPLIER, 0.0) / of.total_t
    return {countries.name(code): share for code, share in found}, weights


def records(iso3: str, supplier: str) -> pd.DataFrame:
    """Every record of a country's imports in hand, code by code: good, HS code, record, year, all, from the supplier."""
    rows = [("metal magnets", goods.MAGNETS, goods.magnets(iso3))]
    for code in goods.COMPOUNDS:
        good = "metals" if code == "280530" else "compounds"
        rows += [
            (good, (code,), of)
            for of in (goods.compounds(iso3, codes=(code,)), goods.compounds_by_china(iso3, (code,)))
        ]
    name = countries.name(supplier)
    return pd.DataFrame(
        [
            {
                "Good": good,
                "HS code": codes[0],
                "Record": of.record,
                "Year": of.year,
                "All, t gross": "" if of.record == "China's" else of.total_t,
                f"From {name}, t gross": of.mass_t.get(supplier, 0.0),
                f"From {name}, USD million": of.value_usd.get(supplier, 0.0) / USD_PER_MILLION_USD,
                f"From {name}, % of value": ""
                if of.record == "China's"
                else 100 * of.value_usd.get(supplier, 0.0) / of.total_usd,
                "source_ids": of.source_ids,
            }
            for good, codes, of in rows
            if of is not None
        ]
    )


def plans_of(table: pd.DataFrame, iso3: str) -> pd.DataFrame:
    """The plans of a place, alone or with others.

    Args:
        table: See `rareearth.reserves.plans.accounted`.
        iso3: The place.
    """
    return table[table["iso3_or_group"].str.split(";").map(lambda codes: iso3 in codes)]


def not_published(iso3: str, plans: pd.DataFrame) -> list[str]:
    """What is not among the figures for a country, in words, the widest gap first.

    Args:
        iso3: The country.
        plans: See `plans_of`.
    """
    in_force = tables.select(plans, treatment="shown")
    tests = (
        (iso3 not in cover.users(), "its consumption of rare earths in tonnes"),
        (goods.compounds(iso3) is None, "its own record of imports of compounds and metals"),
        (iso3 != SUPPLIER and goods.compounds_by_china(iso3) is None, "China's record of exports to it"),
        (in_force["coverage_days_target"].isna().all(), "a target in days"),
        (True, "the elements of what it uses, and the rare earths inside imported goods"),
        (True, "stocks of firms, and its own production of magnets and scrap"),
        (money.gdp_usd(iso3, 2025) is None, "its GDP of 2025, in which most of its budgets fall"),
    )
    return [words for missing, words in tests if missing]
