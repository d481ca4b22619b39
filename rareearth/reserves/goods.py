"""Places and what they import: magnets, and compounds and metals, by supplier and by every record in hand.

Which places have a page, and who is in the G7 and in the European Union, is data/raw/plans/places.csv: a new country page
is one row there.

The two goods are read, never added: compounds and metals (HS 280530, 284610, 284690) by the country's own record of 2025
beside China's, and metal magnets (HS 850511) by CEPII's reconciled record of 2024. Both are gross weight. The code of
the magnets holds all metal magnets, of which an unknown part is of rare earths: shares and days are read
from it, tonnes of rare earths are not.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import pandas as pd

from rareearth import countries, tables
from rareearth.quantity import DAYS_A_YEAR, USD_M, USD_PER_MILLION_USD, Estimate, Quantity
from rareearth.suppliers import Imports, by_origin
from rareearth.trade import store

SUPPLIER, EU = "CHN", "EUU"
COMPOUNDS = ("280530", "284610", "284690")
MAGNETS = ("850511",)
MAGNET_SOURCE, _COMPOUND_SOURCE = "baci_v202601_2024", "uncomtrade_ree_2025"
EDITION = {MAGNET_SOURCE: "BACI V202601", _COMPOUND_SOURCE: "UN Comtrade, year 2025"}


def with_page() -> list[str]:
    """Codes of the countries that a page can be made for, in the order of the table."""
    return list(tables.select("places", country_page="yes")["iso3"])


def members(group: str) -> tuple[str, ...]:
    """Codes of the members of a group, ``G7`` or ``EU``, in alphabetical order."""
    rows = tables.select("places", group=lambda cells: cells.str.split(";").map(lambda words: group in words))
    return tuple(sorted(rows["iso3"]))


@cache
def _flows() -> pd.DataFrame:
    """The flows of both records, `record` naming which; a user's own reports stand in the place of theirs."""
    flows = store.load_flows()
    parts = [store.of_source(flows, source).assign(record=source) for source in EDITION]
    return pd.concat(parts, ignore_index=True)


def _by_supplier(rows: pd.DataFrame, supplier: str, iso3: str, good: str, record: str) -> Imports | None:
    rows = rows[rows[supplier] != iso3]  # goods that come back are no supply from abroad
    return by_origin(rows, iso3, good, record, origin=supplier)


def magnets(iso3: str) -> Imports | None:
    """Imports of metal magnets by CEPII's reconciled record; of the EU only those from outside it."""
    rows = tables.select(_flows(), record=MAGNET_SOURCE, hs_code=MAGNETS)
    inside = members("EU") if iso3 == EU else (iso3,)
    rows = rows[rows["partner_iso3"].isin(inside) & (~rows["reporter_iso3"].isin(inside) | (iso3 != EU))]
    return _by_supplier(rows, "reporter_iso3", iso3, "magnets", "reconciled")


def compounds(iso3: str, flow: str = "import", codes: tuple[str, ...] = COMPOUNDS) -> Imports | None:
    """Imports (or exports, by buyer) of compounds and metals by the country's own record; None where there is none."""
    rows = tables.select(_flows(), record=_COMPOUND_SOURCE, reporter_iso3=iso3, flow=flow, hs_code=codes)
    return _by_supplier(rows, "partner_iso3", iso3, "compounds", "own")


def compounds_by_china(iso3: str, codes: tuple[str, ...] = COMPOUNDS) -> Imports | None:
    """The mirror: China's record of its exports of compounds and metals to the country."""
    of_china = {"record": _COMPOUND_SOURCE, "reporter_iso3": SUPPLIER, "flow": "export"}
    rows = tables.select(_flows(), partner_iso3=iso3, hs_code=codes, **of_china)
    return _by_supplier(rows, "reporter_iso3", iso3, "compounds", "China's")


def exports_by_period(partner: str, periods: str) -> pd.DataFrame:
    """China's exports of rare-earth magnets in t to a partner (ISO code or WLD), in the periods that a regular expression matches.

    The better row where two publish one period, none in doubt: rows of trade_published, indexed by period in the order of time.
    """
    asked = {"reporter_iso3": SUPPLIER, "commodity": "Rare earth permanent magnets", "measure": "quantity"}
    rows = tables.select("trade_published", partner_iso3=partner, confidence=["high", "medium"], **asked)
    rows = tables.best(rows[rows["period"].str.fullmatch(periods)]).drop_duplicates("period")
    return rows.sort_values("period").set_index("period", drop=False)


def estimate(of: Imports, what: str, unit: str, values: Sequence[float], *parts: Any, **definition: Any) -> Estimate:
    """The first of some values about imports, between the least and the greatest of them.

    `what` is a part of the id; `parts` is what they are made from besides the imports, see `origins`; stage and basis follow
    the good.
    """
    axes = f"{'magnet' if of.good == 'magnets' else 'unstated'} t_gross unstated"
    about = {"reference_year": of.year, "edition": EDITION[of.source_id]} | definition
    return Quantity.among(what, values, unit, of, *parts).estimate(
        f"reserves.{what}.{of.good}.{of.importer}", "none none none" if unit == USD_M else axes, **about
    )


def by_weight(of: Imports, supplier: str = SUPPLIER) -> Estimate:
    """A supplier's share of imports by gross weight."""
    method = f"imports from {countries.name(supplier)} / imports from all others, by gross weight; goods that come back left out"
    what, interval = f"share_of_{supplier}_by_weight", "no interval: one record"
    return estimate(of, what, "pct", [of.weight_pct(supplier)], method=method, interval=interval)


def dependence(of: Imports, mirror: Imports | None = None, supplier: str = SUPPLIER) -> Estimate:
    """A supplier's share of imports by value, with the shares by weight and by its own record (`mirror`) as ends."""
    values = [of.value_pct(supplier), of.weight_pct(supplier)]
    words = "between the share by value and by gross weight"
    if mirror is not None:
        # A mirror above the whole shows a gap of records, not a share above 100 %.
        values.append(min(100.0, 100 * mirror.total_t / of.total_t))
        words = "range of the shares by value, by gross weight and by China's record over own imports"
    method = (
        f"imports from {countries.name(supplier)} / imports from all others, by value; goods that come back left out"
    )
    codes = {"magnets": "HS 850511 holds all metal magnets"}.get(of.good, "three codes of all rare earths")
    about = {"method": method, "interval": words, "note": codes}
    return estimate(of, f"share_of_{supplier}", "pct", values, mirror, **about)


def days_of_imports(of: Imports, days: int, supplier: str = "") -> tuple[Estimate, Estimate]:
    """Gross tonnes and US dollars of customs value of some days of imports, of all suppliers or of one that may cut."""

    def sized(what: str, unit: str, by_origin: Mapping[str, float], per: int) -> Estimate:
        a_year = by_origin.get(supplier, 0.0) if supplier else sum(by_origin.values())
        whose = f"from_{supplier}" if supplier else "all"
        about = {
            "method": f"imports of the year x days / {DAYS_A_YEAR}",
            "interval": "no interval: one record of one year",
            "note": "at the customs value of the year, without a premium",
        }
        return estimate(of, f"days_{what}_{whose}_{days}", unit, [a_year * days / DAYS_A_YEAR / per], **about)

    return sized("t", "t", of.mass_t, 1), sized("usd", USD_M, of.value_usd, USD_PER_MILLION_USD)
