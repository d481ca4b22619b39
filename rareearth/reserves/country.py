"""One country before a cut-off by China: what it imports, from whom, by two records, and what a stock would take.

Two goods are read, never added: compounds and metals (HS 280530, 284610, 284690) by the country's own record of 2025
beside China's, and metal magnets (HS 850511) by CEPII's reconciled record of 2024. Both are gross weight. The code of
the magnets holds all metal magnets, of which an unknown part is of rare earths: shares and days are read
from it, tonnes of rare earths are not.
"""

from dataclasses import dataclass
from functools import cache

import pandas as pd

from rareearth import countries, money
from rareearth.quantity import NONE, Estimate
from rareearth.reserves import cover
from rareearth.reserves.cover import DAYS_A_YEAR
from rareearth.reserves.scenario import Baseline
from rareearth.text import in_sentence
from rareearth.trade import store

SUPPLIER = "CHN"
EU = "EUU"
EU_MEMBERS = tuple(
    "AUT BEL BGR HRV CYP CZE DNK EST FIN FRA DEU GRC HUN IRL ITA LVA LTU LUX MLT NLD POL PRT ROU SVK SVN ESP SWE".split()
)
G7 = ("CAN", "DEU", "FRA", "GBR", "ITA", "JPN", "USA")
# Named first; the list of countries with data follows the figures.
PEERS = ("JPN", "USA", "KOR", "DEU", "FRA", "ITA", "GBR", "AUS", "IND", EU, "CAN", "TWN", "CHN")
COMPOUNDS = ("280530", "284610", "284690")
MAGNETS = ("850511",)
_MAGNET_SOURCE, _MAGNET_YEAR = "baci_v202601_2024", 2024
_COMPOUND_SOURCE, _COMPOUND_YEAR = "uncomtrade_ree_2025", 2025
_EDITION = {_MAGNET_SOURCE: "BACI V202601", _COMPOUND_SOURCE: "UN Comtrade, year 2025"}


@dataclass(frozen=True)
class Imports:
    """What a country imports of one good in one year, by supplier.

    Attributes:
        good: ``magnets`` or ``compounds``.
        mass_t: Supplier to gross tonnes.
        value_usd: Supplier to US dollars.
        record: Whose record it is: ``reconciled``, ``own`` or ``China's``.
    """

    iso3: str
    good: str
    year: int
    mass_t: dict[str, float]
    value_usd: dict[str, float]
    record: str
    figure_ids: tuple[str, ...]
    source_id: str
    source_ids: tuple[str, ...]

    @property
    def total_t(self) -> float:
        """Gross tonnes from all suppliers."""
        return sum(self.mass_t.values())

    @property
    def total_usd(self) -> float:
        """US dollars from all suppliers."""
        return sum(self.value_usd.values())

    def baseline(self) -> Baseline:
        """A year of these imports as the use that a cut takes from: own production stands outside it."""
        return Baseline(0.0, self.mass_t)


@cache
def _flows() -> pd.DataFrame:
    """The flows of both records, `record` naming which; a user's own reports stand in the place of theirs."""
    flows = store.load_flows()
    records = (_MAGNET_SOURCE, _COMPOUND_SOURCE)
    return pd.concat([store.of_source(flows, source).assign(record=source) for source in records])


def name(iso3: str) -> str:
    """The country's name as a page prints it."""
    return countries.name(iso3)


def in_prose(iso3: str) -> str:
    """The country's name inside a sentence, with an article where English has one."""
    return in_sentence(name(iso3))


def _by_supplier(
    rows: pd.DataFrame, supplier: str, iso3: str, good: str, year: int, record: str, source: str
) -> Imports | None:
    rows = rows[rows[supplier] != iso3]  # goods that come back are no supply from abroad
    if rows.empty:
        return None
    # Sorted, so that sums do not depend on the order of the file.
    sums = (
        rows.sort_values([supplier, "hs_code", "source_row"])
        .groupby(supplier)[["mass_kg", "value_usd"]]
        .sum()
    )
    return Imports(
        iso3,
        good,
        year,
        {key: float(mass) / 1000 for key, mass in sums["mass_kg"].items()},
        {key: float(value) for key, value in sums["value_usd"].items()},
        record,
        store.figure_ids(rows),
        source,
        store.registered((source, *sorted(set(rows["source_id"])))),
    )


def magnets(iso3: str) -> Imports | None:
    """Imports of metal magnets by CEPII's reconciled record; of the EU only those from outside it."""
    flows = _flows()
    rows = flows[(flows["record"] == _MAGNET_SOURCE) & flows["hs_code"].isin(MAGNETS)]
    if iso3 == EU:
        rows = rows[rows["partner_iso3"].isin(EU_MEMBERS) & ~rows["reporter_iso3"].isin(EU_MEMBERS)]
    else:
        rows = rows[rows["partner_iso3"] == iso3]
    return _by_supplier(rows, "reporter_iso3", iso3, "magnets", _MAGNET_YEAR, "reconciled", _MAGNET_SOURCE)


def compounds(iso3: str, flow: str = "import", codes: tuple[str, ...] = COMPOUNDS) -> Imports | None:
    """Imports (or exports, by buyer) of compounds and metals by the country's own record; None where there is none."""
    flows = _flows()
    rows = flows[
        (flows["record"] == _COMPOUND_SOURCE)
        & (flows["reporter_iso3"] == iso3)
        & (flows["flow"] == flow)
        & flows["hs_code"].isin(codes)
    ]
    return _by_supplier(rows, "partner_iso3", iso3, "compounds", _COMPOUND_YEAR, "own", _COMPOUND_SOURCE)


def compounds_by_china(iso3: str, codes: tuple[str, ...] = COMPOUNDS) -> Imports | None:
    """The mirror: China's record of its exports of compounds and metals to the country."""
    flows = _flows()
    rows = flows[
        (flows["record"] == _COMPOUND_SOURCE)
        & (flows["reporter_iso3"] == SUPPLIER)
        & (flows["partner_iso3"] == iso3)
        & (flows["flow"] == "export")
        & flows["hs_code"].isin(codes)
    ]
    return _by_supplier(rows, "reporter_iso3", iso3, "compounds", _COMPOUND_YEAR, "China's", _COMPOUND_SOURCE)


def with_data() -> list[str]:
    """The countries that a briefing can be made for: peers with magnet imports, the European Union among them."""
    return [iso3 for iso3 in PEERS if magnets(iso3) is not None]


def estimate(of: Imports, what: str, unit: str, low: float, value: float, high: float, **more) -> Estimate:
    """A number from imports; stage and basis follow the good."""
    axes = {
        "stage": "magnet" if of.good == "magnets" else "unstated",
        "basis": "t_gross",
        "elements": "unstated",
    }
    if unit in ("usd_m",):
        axes = dict.fromkeys(axes, NONE)
    return Estimate(
        id=f"reserves.{what}.{of.good}.{of.iso3}",
        value=value,
        low=low,
        high=high,
        unit=unit,
        **axes,
        reference_year=of.year,
        edition=_EDITION[of.source_id],
        inputs=more.pop("inputs", of.figure_ids),
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
    by_mass = 100 * of.mass_t.get(supplier, 0.0) / of.total_t
    ends = [by_value, by_mass]
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
        method=f"imports from {name(supplier)} / imports from all others, by value; goods that come back left out",
        interval=words,
        note="HS 850511 holds all metal magnets"
        if of.good == "magnets"
        else "three codes of all rare earths",
        inputs=of.figure_ids + (mirror.figure_ids if mirror else ()),
    )


def view(iso3: str) -> tuple[Imports, str]:
    """The imports that a country's page is about, and the supplier that a cut comes from.

    Magnets and China for all but China itself: there it is compounds and metals, from whom it buys most.
    """
    if iso3 != SUPPLIER:
        return magnets(iso3), SUPPLIER
    of = compounds(iso3)
    return of, max(of.value_usd, key=lambda supplier: (of.value_usd[supplier], supplier))


def records(iso3: str, supplier: str) -> pd.DataFrame:
    """Every record of a country's imports at hand, code by code: good, HS code, record, year, all, from the supplier."""
    rows = [("metal magnets", MAGNETS, magnets(iso3))]
    for codes in ((code,) for code in COMPOUNDS):
        for of in (compounds(iso3, codes=codes), compounds_by_china(iso3, codes)):
            rows.append(("metals" if codes == ("280530",) else "compounds", codes, of))
    return pd.DataFrame(
        [
            {
                "Good": good,
                "HS code": codes[0],
                "Record": of.record,
                "Year": of.year,
                "All, t gross": of.total_t if of.record != "China's" else "",
                f"From {name(supplier)}, t gross": of.mass_t.get(supplier, 0.0),
                f"From {name(supplier)}, USD million": of.value_usd.get(supplier, 0.0) / 1e6,
                f"From {name(supplier)}, % of value": ""
                if of.record == "China's"
                else 100 * of.value_usd.get(supplier, 0.0) / of.total_usd,
            }
            for good, codes, of in rows
            if of is not None
        ]
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
    usd_m = sum(of.value_usd.get(key, 0.0) for key in chosen) * days / DAYS_A_YEAR / 1e6
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
    """The countries with data but China by China's share of their magnet imports, the highest first."""
    found = [(iso3, dependence(magnets(iso3))) for iso3 in with_data() if iso3 != SUPPLIER]
    return sorted(found, key=lambda one: (-one[1].value, one[0]))


def gaps(iso3: str, plans: pd.DataFrame) -> list[str]:
    """What is not among the figures for a country, in words, the widest gap first.

    Args:
        iso3: The country.
        plans: Its rows of `rareearth.reserves.plans.accounted`.
    """
    held = plans[plans["treatment"] == "shown"]
    tests = (
        (iso3 not in cover.PLACES, "its consumption of rare earths in tonnes"),
        (compounds(iso3) is None, "its own record of imports of compounds and metals"),
        (compounds_by_china(iso3) is None and iso3 != SUPPLIER, "China's record of exports to it"),
        (held["coverage_days_target"].isna().all(), "a target in days"),
        (True, "the elements of what it uses, and the rare earths inside imported goods"),
        (True, "stocks of firms, and its own production of magnets and scrap"),
        (money.gdp_usd(iso3, 2025) is None, "its GDP of 2025, in which most of its budgets fall"),
    )
    return [words for missing, words in tests if missing]
