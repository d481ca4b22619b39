"""What a country imports of magnets, and of compounds and metals, by supplier and by every record in hand.

The two goods are read, never added: compounds and metals (HS 280530, 284610, 284690) by the country's own record of 2025
beside China's, and metal magnets (HS 850511) by CEPII's reconciled record of 2024. Both are gross weight. The code of
the magnets holds all metal magnets, of which an unknown part is of rare earths: shares and days are read
from it, tonnes of rare earths are not.
"""

from functools import cache

import pandas as pd

from rareearth import countries, tables
from rareearth.quantity import NONE, UNSTATED, Estimate
from rareearth.reserves.places import EU, SUPPLIER, members, with_page
from rareearth.reserves.scenario import Baseline
from rareearth.suppliers import Imports, by_origin
from rareearth.trade import store
from rareearth.units import DAYS_A_YEAR, USD_PER_MILLION_USD

COMPOUNDS = ("280530", "284610", "284690")
MAGNETS = ("850511",)
_MAGNET_SOURCE, _COMPOUND_SOURCE = "baci_v202601_2024", "uncomtrade_ree_2025"
_EDITION = {_MAGNET_SOURCE: "BACI V202601", _COMPOUND_SOURCE: "UN Comtrade, year 2025"}


def baseline(of: Imports) -> Baseline:
    """A year of imports as the use that a cut takes from: own production stands outside it."""
    return Baseline(0.0, of.mass_t)


@cache
def _flows() -> pd.DataFrame:
    """The flows of both records, `record` naming which; a user's own reports stand in the place of theirs."""
    flows = store.load_flows()
    parts = [
        store.of_source(flows, source).assign(record=source) for source in (_MAGNET_SOURCE, _COMPOUND_SOURCE)
    ]
    return pd.concat(parts, ignore_index=True)


def _by_supplier(rows: pd.DataFrame, supplier: str, iso3: str, good: str, record: str) -> Imports | None:
    rows = rows[rows[supplier] != iso3]  # goods that come back are no supply from abroad
    return by_origin(rows, iso3, good, record, origin=supplier)


def magnets(iso3: str) -> Imports | None:
    """Imports of metal magnets by CEPII's reconciled record; of the EU only those from outside it."""
    rows = tables.select(_flows(), record=_MAGNET_SOURCE, hs_code=MAGNETS)
    inside = members("EU") if iso3 == EU else (iso3,)
    rows = rows[rows["partner_iso3"].isin(inside) & (~rows["reporter_iso3"].isin(inside) | (iso3 != EU))]
    return _by_supplier(rows, "reporter_iso3", iso3, "magnets", "reconciled")


def compounds(iso3: str, flow: str = "import", codes: tuple[str, ...] = COMPOUNDS) -> Imports | None:
    """Imports (or exports, by buyer) of compounds and metals by the country's own record; None where there is none."""
    rows = tables.select(_flows(), record=_COMPOUND_SOURCE, reporter_iso3=iso3, flow=flow, hs_code=codes)
    return _by_supplier(rows, "partner_iso3", iso3, "compounds", "own")


def compounds_by_china(iso3: str, codes: tuple[str, ...] = COMPOUNDS) -> Imports | None:
    """The mirror: China's record of its exports of compounds and metals to the country."""
    rows = tables.select(
        _flows(),
        record=_COMPOUND_SOURCE,
        reporter_iso3=SUPPLIER,
        partner_iso3=iso3,
        flow="export",
        hs_code=codes,
    )
    return _by_supplier(rows, "reporter_iso3", iso3, "compounds", "China's")


def yearly(iso3: str, supplier: str, heading: str) -> pd.DataFrame:
    """Mass of what a country imports from a supplier under the codes of a heading, by its own record, year by year.

    Returns:
        Index year; mass_kg, figure_id (several joined would hide them: the first row of the year) and source_ids.
    """
    rows = tables.select(
        store.load_flows(),
        reporter_iso3=iso3,
        partner_iso3=supplier,
        flow="import",
        month=None,
        hs_code=lambda codes: codes.str.startswith(heading),
    )
    found = [
        (int(year), part["mass_kg"].sum(), store.figure_ids(part)[0], (source,))
        for (year, source), part in rows.groupby(["year", "source_id"], sort=True)
    ]
    table = pd.DataFrame(found, columns=["year", "mass_kg", "figure_id", "source_ids"])
    return table.drop_duplicates("year").set_index("year")


def estimate(of: Imports, what: str, unit: str, low: float, value: float, high: float, **more) -> Estimate:
    """A number from imports; stage and basis follow the good."""
    axes = {
        "stage": "magnet" if of.good == "magnets" else UNSTATED,
        "basis": "t_gross",
        "elements": UNSTATED,
    }
    return Estimate(
        id=f"reserves.{what}.{of.good}.{of.importer}",
        value=value,
        low=low,
        high=high,
        unit=unit,
        **(dict.fromkeys(axes, NONE) if unit == "usd_m" else axes),
        reference_year=more.pop("reference_year", of.year),
        edition=_EDITION[of.source_id],
        inputs=tuple(more.pop("inputs", of.figure_ids)),
        source_ids=tuple(dict.fromkeys((*of.source_ids, *more.pop("source_ids", ())))),
        **more,
    )


def dependence(of: Imports, mirror: Imports | None = None, supplier: str = SUPPLIER) -> Estimate:
    """A supplier's share of imports by value, with the shares by weight and by the mirror as ends.

    Args:
        of: Imports of one good.
        mirror: The supplier's record of the same good; its tonnes over the country's own total.
        supplier: Whose share.
    """
    by_value = 100 * of.value_usd.get(supplier, 0.0) / of.total_usd
    ends = [by_value, 100 * of.mass_t.get(supplier, 0.0) / of.total_t]
    words = "between the share by value and by gross weight"
    if mirror is not None:
        # A mirror above the whole shows a gap of records, not a share above 100 %.
        ends.append(min(100.0, 100 * mirror.total_t / of.total_t))
        words = "range of the shares by value, by gross weight and by China's record over own imports"
    return estimate(
        of,
        f"share_of_{supplier}",
        "pct",
        min(ends),
        by_value,
        max(ends),
        method=f"imports from {countries.name(supplier)} / imports from all others, by value; goods that come back left out",
        interval=words,
        note="HS 850511 holds all metal magnets"
        if of.good == "magnets"
        else "three codes of all rare earths",
        inputs=of.figure_ids + (mirror.figure_ids if mirror else ()),
    )


def days_of_imports(of: Imports, days: int, supplier: str = "") -> tuple[Estimate, Estimate]:
    """Gross tonnes and US dollars of customs value of `days` days of imports.

    Args:
        of: Imports of one good.
        days: Days of a year of 365.
        supplier: Only what comes from there, the part that a cut can take; all suppliers when empty.
    """
    chosen = [supplier] if supplier else list(of.mass_t)
    tonnes = sum(of.mass_t.get(key, 0.0) for key in chosen) * days / DAYS_A_YEAR
    usd_m = sum(of.value_usd.get(key, 0.0) for key in chosen) * days / DAYS_A_YEAR / USD_PER_MILLION_USD
    part = f"from_{supplier}" if supplier else "all"
    more = {
        "method": f"imports of the year x days / {DAYS_A_YEAR}",
        "interval": "no interval: one record of one year",
        "note": "at the customs value of the year, without a premium",
    }
    return (
        estimate(of, f"days_t_{part}_{days}", "t", tonnes, tonnes, tonnes, **more),
        estimate(of, f"days_usd_{part}_{days}", "usd_m", usd_m, usd_m, usd_m, **more),
    )


def ranked() -> list[tuple[str, Estimate]]:
    """The countries with a page but China by China's share of their magnet imports, the highest first."""
    found = [(iso3, dependence(magnets(iso3))) for iso3 in with_page() if iso3 != SUPPLIER]
    return sorted(found, key=lambda one: (-one[1].value, one[0]))
