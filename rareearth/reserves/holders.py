"""Every place with a reserve of rare earths, planned or held: what its target would be in tonnes, and what it holds.

Use is published, or net imports by the place's own record stand in as a proxy that is named as one. A stock is shown
as it is published, never turned into days. Where nothing is at hand the cell is blank, with the reason.
"""

import pandas as pd

from rareearth import tables
from rareearth.quantity import Estimate
from rareearth.reserves import country, cover, plans
from rareearth.reserves.cover import DAYS_A_YEAR

# The newest statement of a stock of rare earths, or of a group with them, of each place that makes one.
_STOCKS = {
    "KOR": ("stock-0023", "stock-0024", "stock-0020"),
    "USA": ("stock-0004", "stock-0006"),
    "CHN": ("stock-0028",),
    "IND": ("stock-0030",),
}
# Targets for one sector: what that sector uses in tonnes is not published.
_SECTORS = {"KR-11": "magnets of electric vehicles", "US-11": "participating manufacturers"}
_BOUND_WORDS = {"about": "about ", "upper": "under ", "lower": "over "}


def net_imports(iso3: str) -> tuple[Estimate | None, str]:
    """Gross tonnes of compounds and metals that a place imports less those it exports, and why there are none.

    The interval runs from the net of its own record to the same with China's record of what it sent there.
    """
    bought = country.compounds(iso3)
    if bought is None:
        return None, "no own record of imports at hand"
    sold = country.compounds(iso3, "export")
    sold_t = sold.total_t if sold else 0.0
    mirror = country.compounds_by_china(iso3)
    own = bought.total_t - sold_t
    other = own if mirror is None else own - bought.mass_t.get(country.SUPPLIER, 0.0) + mirror.total_t
    if min(own, other) <= 0:
        return None, "exports more than it imports, by weight"
    return (
        country.estimate(
            bought,
            "net_imports",
            "t/yr",
            min(own, other),
            own,
            max(own, other),
            method="imports - exports of HS 280530, 284610 and 284690, gross weight, by its own record",
            interval="from its own record to the same with China's record of its exports there",
            note="a proxy of use" + ("" if sold else "; no record of its exports is at hand"),
            inputs=bought.figure_ids
            + (sold.figure_ids if sold else ())
            + (mirror.figure_ids if mirror else ()),
        ),
        "",
    )


def _magnets(iso3: str) -> Estimate | None:
    of = country.magnets(iso3)
    return country.days_of_imports(of, DAYS_A_YEAR)[1] if of else None


def _stock(iso3: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is published of stocks in a place, in words, and its sources."""
    rows = tables.load("reserve_inventories").set_index("figure_id").loc[list(_STOCKS.get(iso3, ()))]
    words = tuple(f"{row.material}: {_printed(row)} ({row.period})" for row in rows.itertuples())
    return words, tuple(source for ids in rows["source_ids"] for source in ids)


def _printed(row) -> str:
    ends = f"{row.value:,g}" + (f" to {row.value_high:,g}" if pd.notna(row.value_high) else "")
    unit = row.unit_published.replace(" (about)", "").replace(" (approximately)", "")
    amount = f"USD {ends} {unit.removeprefix('USD ')}" if unit.startswith("USD ") else f"{ends} {unit}"
    return f"{_BOUND_WORDS.get(row.bound, '')}{amount}"


def use(iso3: str) -> tuple[Estimate | None, str]:
    """What a place uses in a year, or net imports as a proxy, and in words which of them, or why neither."""
    if iso3 in cover.PLACES:
        found = cover.consumption(iso3)
        words = [
            "published use",
            *(["magnets"] if found.basis == "t_magnet" else []),
            str(found.reference_year),
        ]
        return found, ", ".join(words)
    proxy, why = net_imports(iso3)
    return proxy, f"net imports as a proxy, {proxy.reference_year}" if proxy else why


def targets(table: pd.DataFrame) -> pd.DataFrame:
    """Each target in days of a plan that covers rare earths, in tonnes where that can be said.

    Args:
        table: See `rareearth.reserves.plans.accounted`.

    Returns:
        Columns Place, Plan, Days, Days of what (as published), A year (Estimate or ""), Of what, Tonnes (Estimate or ""),
        source_ids.
    """
    rows = []
    for plan in cover.targets(table).itertuples():
        if plan.ree_covered == "no":
            continue
        if plan.figure_id in _SECTORS:
            a_year, words = None, f"not published for {_SECTORS[plan.figure_id]}"
        else:
            a_year, words = use(plan.iso3_or_group)
        days = int(plan.coverage_days_target)
        rows.append(
            {
                "Place": plan.jurisdiction,
                "Plan": plan.figure_id,
                "Days": days,
                "Days of what": plan.coverage_basis,
                "A year": a_year or "",
                "Of what": words,
                "Tonnes": cover.tonnes_for(a_year, days) if a_year else "",
                "source_ids": (*plan.source_ids, *(a_year.source_ids if a_year else ())),
            }
        )
    return pd.DataFrame(rows)


def places(table: pd.DataFrame) -> pd.DataFrame:
    """Every place with a reserve of rare earths, planned or held: what a cut could take, and what is published of a stock.

    Args:
        table: See `rareearth.reserves.plans.accounted`.

    Returns:
        Columns Place, A year (Estimate or ""), Of what, Magnets imported (Estimate in USD million or ""), Stock as
        published, source_ids.
    """
    country_of = table.set_index("figure_id")["iso3_or_group"]
    rows = []
    for row in plans.publicity(table).itertuples():
        iso3 = country_of[row.plans[0]]
        (a_year, words), magnets, (stock, stock_sources) = use(iso3), _magnets(iso3), _stock(iso3)
        of = [one for one in (a_year, magnets) if one]
        rows.append(
            {
                "Place": row.place,
                "A year": a_year or "",
                "Of what": words,
                "Magnets imported": magnets or "",
                "Stock as published": "; ".join(stock),
                "source_ids": (*row.source_ids, *stock_sources, *(s for one in of for s in one.source_ids)),
            }
        )
    return pd.DataFrame(rows)
