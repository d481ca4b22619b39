"""One country's page: the imports that it is about, every record of them, and what is not published for it."""

import pandas as pd

from rareearth import countries, money, tables
from rareearth.imports import Imports
from rareearth.reserves import cover, goods
from rareearth.reserves.places import SUPPLIER
from rareearth.units import USD_PER_MILLION_USD


def view(iso3: str) -> tuple[Imports, str]:
    """The imports that a country's page is about, and the supplier that a cut comes from.

    Magnets and China for all but China itself: there it is compounds and metals, from whom it buys most.
    """
    if iso3 != SUPPLIER:
        return goods.magnets(iso3), SUPPLIER
    of = goods.compounds(iso3)
    return of, max(of.value_usd, key=lambda supplier: (of.value_usd[supplier], supplier))


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
            }
            for good, codes, of in rows
            if of is not None
        ]
    )


def not_published(iso3: str, plans: pd.DataFrame) -> list[str]:
    """What is not among the figures for a country, in words, the widest gap first.

    Args:
        iso3: The country.
        plans: Its rows of `rareearth.reserves.plans.accounted`.
    """
    in_force = tables.select(plans, treatment="shown")
    tests = (
        (iso3 not in cover.users(), "its consumption of rare earths in tonnes"),
        (goods.compounds(iso3) is None, "its own record of imports of compounds and metals"),
        (
            iso3 != SUPPLIER and goods.compounds_by_china(iso3) is None,
            "China's record of exports to it",
        ),
        (in_force["coverage_days_target"].isna().all(), "a target in days"),
        (True, "the elements of what it uses, and the rare earths inside imported goods"),
        (True, "stocks of firms, and its own production of magnets and scrap"),
        (money.gdp_usd(iso3, 2025) is None, "its GDP of 2025, in which most of its budgets fall"),
    )
    return [words for missing, words in tests if missing]
