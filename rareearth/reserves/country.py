"""One country's page: what a cut would hit most, every record of it, what is planned and what is not published."""

from dataclasses import dataclass

import pandas as pd

from rareearth import countries, tables
from rareearth.quantity import USD_PER_MILLION_USD, Estimate
from rareearth.reserves import cover, goods, plans, stress
from rareearth.reserves.goods import SUPPLIER, with_page
from rareearth.suppliers import Imports
from rareearth.text import DOES_NOT_APPLY, listed

GOOD_WORDS = {"magnets": "metal magnets", "compounds": "rare-earth compounds and metals"}
_ORIGINS_SHOWN = 6


@dataclass(frozen=True)
class Exposure:
    """A country's imports of one good before cuts by its main supplier of concern."""

    of: Imports
    supplier: str  # who may cut
    share: Estimate  # supplier's share: by value, with its ends by weight and by the supplier's record
    by_weight: Estimate  # the same by weight
    runs: dict[str, stress.Stress]  # title of a cut to its simulation, the fitted cut first
    # Days of imports that the fall of supply in 2025 was worth, where that is known; 0 where supply rose.
    recorded: Estimate | None

    @property
    def fitted(self) -> stress.Stress:
        """The simulation of the cut that follows records."""
        return next(iter(self.runs.values()))

    @property
    def good(self) -> str:
        """The good in words."""
        return GOOD_WORDS[self.of.good]

    @property
    def happened(self) -> Estimate | None:
        """What is recorded of 2025, where supply fell."""
        return self.recorded if self.recorded and self.recorded.value > 0 else None

    def missing(self) -> pd.DataFrame:
        """Days of imports that each cut takes, and those of the fall of 2025: columns Cut, Fitted (yes, no, recorded), Missing."""
        rows = [
            (title, "yes" if run.cut.kind == "calibrated" else "no", stress.missing(run))
            for title, run in self.runs.items()
        ]
        if self.happened:
            rows.append((f"What happened in {stress.YEAR}", "recorded", self.happened))
        return pd.DataFrame(rows, columns=["Cut", "Fitted", "Missing"])


def exposure(of: Imports, supplier: str, draws: int, seed: int) -> Exposure:
    """What simulated cuts by a supplier would take of one good."""
    is_mirrored = of.good == "compounds" and supplier == SUPPLIER
    share = goods.dependence(of, goods.compounds_by_china(of.importer) if is_mirrored else None, supplier)
    recorded = stress.loss_2025(of.importer)["import_days"] if of.good == "magnets" else None
    cuts = stress.cuts(of.importer, supplier)
    runs = {cut.title: stress.run(of, cut, draws, seed, supplier) for cut in cuts}
    return Exposure(of, supplier, share, goods.by_weight(of, supplier), runs, recorded)


def hit_most(iso3: str) -> tuple[Imports, str]:
    """The imports that a cut would hit most, and whose cut: the good of which China supplies the larger share of value.

    For China itself these are compounds and metals from the country that it buys most from.
    """
    if iso3 == SUPPLIER:
        of = goods.compounds(iso3)
        return of, max(of.value_usd, key=lambda supplier: (of.value_usd[supplier], supplier))
    found = [of for of in (goods.magnets(iso3), goods.compounds(iso3)) if of is not None]
    return max(found, key=lambda of: of.value_pct(SUPPLIER)), SUPPLIER


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
    """China's share of the magnet imports of the others with a page, the highest first: by value, and by weight in percent."""
    bought = {iso3: goods.magnets(iso3) for iso3 in with_page() if iso3 != SUPPLIER}
    found = {iso3: goods.dependence(of) for iso3, of in bought.items()}
    order = sorted(found, key=lambda iso3: (-found[iso3].value, iso3))
    by_weight = {countries.name(iso3): bought[iso3].weight_pct(SUPPLIER) for iso3 in order}
    return {countries.name(iso3): found[iso3] for iso3 in order}, by_weight


def records(iso3: str, supplier: str) -> pd.DataFrame:
    """Every record of a country's imports in hand, code by code: good, HS code, record, year, all, from the supplier."""
    rows = [("metal magnets", *goods.MAGNETS, goods.magnets(iso3))]
    for code in goods.COMPOUNDS:
        good = "metals" if code == "280530" else "compounds"
        both = goods.compounds(iso3, codes=(code,)), goods.compounds_by_china(iso3, (code,))
        rows += [(good, code, of) for of in both]
    found = []
    for good, code, of in (row for row in rows if row[2] is not None):
        all_t, part_pct = ("", "") if of.record == "China's" else (of.total_t, of.value_pct(supplier))
        usd_m = of.value_usd.get(supplier, 0.0) / USD_PER_MILLION_USD
        of_supplier = of.mass_t.get(supplier, 0.0), usd_m, part_pct
        found.append((good, code, of.record, of.year, all_t, *of_supplier, of.source_ids))
    heads = (
        "Good;HS code;Record;Year;All, t gross;From {0}, t gross;From {0}, USD million;From {0}, % of value;source_ids"
    )
    return pd.DataFrame(found, columns=heads.format(countries.name(supplier)).split(";"))


def plans_of(table: pd.DataFrame, iso3: str) -> pd.DataFrame:
    """The plans of a place in the table of `plans.accounted`, alone or with others."""
    return table[table["iso3_or_group"].str.split(";").map(lambda codes: iso3 in codes)]


# What plans that hold or secure material do, in words for one and for many, by their kinds.
_DOES = (
    ("is for a stock", "are for stocks", set(plans.HOLDS_OR_SECURES) - {"rights", "price_support"}),
    ("gives a right to supply", "give rights to supply", {"rights"}),
    ("supports a price", "support prices", {"price_support"}),
)


def plans_in_words(rows: int, kinds: list[str]) -> str:
    """How many published plans and budget lines a country has, and what those do that count (their kinds), with a field ``place``."""
    if not rows:
        return "We found no published plan of {place}."
    if not kinds:
        return "No published plan or budget line that names {place} counts on its own."
    first = "We found one plan that names {place}; "
    if rows > 1:
        of_own = "one counts on its own; " if len(kinds) == 1 else f"{len(kinds)} count as separate plans; "
        first = f"Of {rows} published plans and budget lines that name {{place}}, {of_own}"
    counts = [
        (sum(kind in {plans.TYPE_WORDS[one] for one in of} for kind in kinds), one, many) for one, many, of in _DOES
    ]
    of_one = len(kinds) == 1
    said = {len(kinds): "both" if len(kinds) == 2 else "all", 1: "it" if of_one else "one"}
    does = [f"{said.get(number, number)} {one if number == 1 else many}" for number, one, many in counts if number]
    nothing = "it neither holds nor" if of_one else "none of them holds or"
    return f"{first}{listed(does) or f'{nothing} secures material'}."


def stock_published(iso3: str, planned: pd.DataFrame) -> str:
    """Whether a country publishes its stock, by `plans.publicity`, and the last figures in its rows of `plans.comparison`."""
    level = tables.select(plans.publicity(plans.accounted()), iso3=iso3)["inventory"]
    figures = dict.fromkeys(one for one in planned["Published stock"] if one not in ("", DOES_NOT_APPLY))
    return "; ".join([*level, *(f"last found: {one}" for one in figures)])


def not_published(iso3: str, own: pd.DataFrame) -> list[str]:
    """What is not among the figures for a country with its own plans, in words, the widest gap first."""
    in_force = tables.select(own, treatment="shown")
    tests = (
        (iso3 not in cover.users(), "its consumption of rare earths in tonnes"),
        (goods.compounds(iso3) is None, "its own record of imports of compounds and metals"),
        (iso3 != SUPPLIER and goods.compounds_by_china(iso3) is None, "China's record of exports to it"),
        (in_force["coverage_days_target"].isna().all(), "a target in days"),
        (True, "the elements of what it uses, and the rare earths inside imported goods"),
        (True, "stocks of firms, and its own production of magnets and scrap"),
    )
    return [words for missing, words in tests if missing]
