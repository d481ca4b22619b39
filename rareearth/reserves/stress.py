"""Cuts of supply, fitted to a monthly series or assumed, and what they would take of a country's imports.

Total tonnage of China's rare-earth exports rose under the controls of April 2025 and carries no signal, so the magnets are
read. What is missing is counted in days of imports, so that goods of any unit compare, and so is the stock that would last.
The draws cover the shape of the cut and the answer to it (restraint of demand, new supply); own production and stocks of
firms stand outside, so that the missing part is an upper bound where a country has either.

What a cut took is read where it happened, from published records:

    net = imports of the year before - imports of the year                     (catch-up counts)
    gross = sum over months below the mean month of the year before            (catch-up does not count)

Days of supply are tonnes over a day of the year before; days of imports are those of all suppliers together. Where a
series is missing the row says which one: a fall is never taken from another place.
"""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from rareearth import countries, tables, uncertainty
from rareearth.quantity import DAYS_A_MONTH, DAYS_A_YEAR, LEVEL_PCT, PERCENTILES, Estimate, Quantity, origins
from rareearth.reserves import goods, scenario
from rareearth.reserves.goods import SUPPLIER, exports_by_period
from rareearth.suppliers import WORLD, Imports
from rareearth.text import listed
from rareearth.trade import store


@dataclass(frozen=True)
class Cut:
    """A cut of supply as low, most likely and high."""

    id: str  # part of the ids of its results
    title: str  # as a page names it
    kind: str  # ``calibrated`` on a monthly series, or ``stylised``
    depth: Quantity  # part of the supply that stops, in percent
    length: Quantity  # days at that depth
    recovery: Quantity  # days of the way back
    supplier: str = ""  # whose cut it was; empty where it may be anybody's

    @property
    def ranges(self) -> tuple[Quantity, Quantity, Quantity]:
        """Depth, length and recovery."""
        return self.depth, self.length, self.recovery


def trough(monthly: pd.Series, base: float, start: str) -> tuple[float, float, float]:
    """Depth, length and recovery of a cut as a trapezoid of the same lost tonnage.

    Depth is the largest missing part of a month. The way back runs from that month to the first one that reaches the base
    again. Length is what makes the trapezoid lose as much as the months (yyyy-mm, without gaps) from `start` on lost.

    Returns:
        Depth in percent, length and recovery in days; depth 0 where no month falls below the base.
    """
    after = monthly[monthly.index >= start]
    missing = 1 - after / base
    back = next((at for at, part in enumerate(missing) if part <= 0), len(missing))
    cut = missing.iloc[:back]
    if cut.empty:
        return 0.0, 0.0, 0.0
    worst = int(cut.to_numpy().argmax())
    depth = float(cut.iloc[worst])
    recovery = (back - worst) * DAYS_A_MONTH
    length = max(0.0, cut.sum() / depth * DAYS_A_MONTH - recovery / 2)
    return 100 * depth, length, recovery


def magnets_2025() -> Cut:
    """The controls of April 2025 on China's exports of rare-earth magnets, read from published months.

    April is not published: it is March less the published fall, and March is taken at the base. That fall is the
    lower end of the depth; the destination with the deepest published month, the United States, is the upper one.
    """
    world, year = exports_by_period("WLD", r"2025-\d\d"), exports_by_period("WLD", "2024")
    base = float(year["value"].iloc[0]) / 12
    april = tables.select("shock_impacts", scenario="China magnet exports, April vs March 2025", one=True)
    months = pd.concat([pd.Series({"2025-04": base * (1 + april["value"] / 100)}), world["value"]]).sort_index()
    depth, length, recovery = trough(months, base, "2025-04")
    usa = exports_by_period("USA", r"2025-\d\d")
    usa_depth, _, usa_recovery = trough(usa["value"], usa["value"].loc["2025-07":].mean(), "2025-05")
    used = origins(world.loc[:"2025-07"], usa, year, april)
    reason = "depth: world in May against the mean month of 2024; low: April; high: United States in May"
    return Cut(
        "magnets_2025",
        "Magnet controls of April 2025",
        "calibrated",
        Quantity("depth", -april["value"], depth, usa_depth, "pct", *used, reason),
        Quantity("length", round(DAYS_A_MONTH), round(length), round(2 * DAYS_A_MONTH), "days", *used, reason),
        Quantity("recovery", round(DAYS_A_MONTH), round(recovery), round(max(recovery, usa_recovery)), "days", *used, reason),
    )  # fmt: skip


def stylised() -> list[Cut]:
    """The cuts of the table of stylised shocks, in its order."""
    cuts = []
    for _, row in tables.load("stylised_shocks").iterrows():
        ranges = (
            Quantity.of(row, what, unit, [f"{what}{end}_{unit}" for end in ("_low", "", "_high")], reason=row["note"])
            for what, unit in (("depth", "pct"), ("length", "days"), ("recovery", "days"))
        )  # fmt: skip
        name = row["figure_id"].replace("-", "_")
        cuts.append(Cut(name, row["title"], row["kind"], *ranges, supplier=row["supplier"]))
    return cuts


def own_falls(iso3: str, supplier: str) -> Cut:
    """A year in which a supplier sent a country less than the year before, as in its own past.

    Depth is a year's fall in the mass of compounds (HS 2846) by the country's own record: the least, the median and the greatest
    of the years that fell, since the supply was above a tenth of its best year.
    """
    asked = {"reporter_iso3": iso3, "partner_iso3": supplier, "flow": "import", "month": None}
    rows = tables.select(store.load_flows(), **asked)
    rows = rows[rows["hs_code"].str.startswith("2846")]
    rows = rows[rows["source_id"] == rows.groupby("year")["source_id"].transform("min")]  # one record a year
    mass = rows.groupby("year")["mass_kg"].sum()
    mass = mass[mass >= mass.max() / 10]
    fall = 100 * (1 - mass / mass.shift())
    falls = fall[fall > 0]
    years = ", ".join(map(str, falls.index))
    used = [store.figure_ids(tables.select(rows, year=year))[0] for year in mass.index]
    sources = tuple(tables.select(rows, year=list(mass.index))["source_id"].unique())
    more = tuple(used), sources, f"falls of the year in {years}"
    return Cut(
        f"own_falls_of_{supplier}",
        f"A fall like those of {countries.name(supplier)} in {years}",
        "calibrated",
        Quantity("depth", falls.min(), falls.median(), falls.max(), "pct", *more),
        Quantity("length", DAYS_A_YEAR, DAYS_A_YEAR, DAYS_A_YEAR, "days", *more),
        Quantity("recovery", 0, 0, 0, "days", *more),
    )


def cuts(iso3: str = "", supplier: str = SUPPLIER) -> list[Cut]:
    """All cuts by a supplier, the fitted one first: China's controls of 2025, or another's own falls to the importer `iso3`."""
    of_all = [cut for cut in stylised() if cut.supplier in ("", supplier)]
    return [magnets_2025() if supplier == SUPPLIER else own_falls(iso3, supplier), *of_all]


def drawn(cut: Cut, suppliers: tuple[str, ...], draws: int, seed: int) -> scenario.Shock:
    """Shocks drawn from a cut, days rounded to whole ones.

    Depth, length and way back come from one random number: where the cut of 2025 was deepest it also lasted longest.
    Apart from each other they would rule out what the United States really lost.
    """
    level = np.random.default_rng(seed).random(draws)
    depth, length, recovery = (uncertainty.pert(level, *of.ends) for of in cut.ranges)
    return scenario.Shock(suppliers, depth / 100, length.round(), recovery.round())


def days_lost(cut: Cut, draws: int, seed: int) -> np.ndarray:
    """Days of supply that drawn cuts take: depth times the length and half of the way back."""
    shock = drawn(cut, (SUPPLIER,), draws, seed)
    return shock.depth * (shock.length_days + shock.recovery_days / 2)


# --- A country under a cut ---


@dataclass(frozen=True)
class Stress:
    """Draws of one country's imports under one shape of cut."""

    of: Imports
    cut: Cut
    need_days: np.ndarray  # what is missing without a reserve, in days of all imports of the good
    seed: int  # of the draws; the same seed gives the same draws


def run(of: Imports, cut: Cut, draws: int, seed: int, supplier: str = SUPPLIER) -> Stress:
    """Draws cuts of a supplier's part of the imports of a good; own production stands outside."""
    random = np.random.default_rng(seed + 1)
    restraint, ramp = (
        uncertainty.pert(random.random(draws), *uncertainty.assumed(name).ends) / 100 for name in ("restraint", "ramp")
    )
    baseline, answer = scenario.Baseline(0.0, of.mass_t), scenario.Answer(restraint, ramp * of.total_t)
    result = scenario.simulate(baseline, drawn(cut, (supplier,), draws, seed), answer, 0.0)
    return Stress(of, cut, result.gap_t * DAYS_A_YEAR / of.total_t, seed)


def _estimate(
    run_: Stress, what: str, values, method: str, interval=f"{PERCENTILES} of the simulated cuts"
) -> Estimate:
    cut, assumed = run_.cut, [uncertainty.assumed(name) for name in ("restraint", "ramp")]
    method = f"{method} of the simulated cuts / imports a day"
    note = f"{cut.title} ({cut.kind}); seed {run_.seed}; own production and stocks of firms left out"
    about = {"method": method, "interval": interval, "note": note}
    return goods.estimate(run_.of, f"{what}.{cut.id}", "days", values, *cut.ranges, *assumed, **about)


def missing(run_: Stress) -> Estimate:
    """Median of what a cut takes, in days of imports."""
    return _estimate(run_, "missing_days", np.quantile(run_.need_days, [0.5, *uncertainty.ENDS]), "gap")


def stock_for(run_: Stress, share_pct: int) -> Estimate:
    """Days of imports that leave nothing unmet in a share of the simulated cuts.

    The interval is that of the quantile itself over the draws, by the binomial order statistics.
    """
    ordered, n = np.sort(run_.need_days), len(run_.need_days)
    share = share_pct / 100
    half = NormalDist().inv_cdf(uncertainty.ENDS[1]) * np.sqrt(n * share * (1 - share))
    at = [int(np.clip(np.ceil(n * share + step) - 1, 0, n - 1)) for step in (0, -half, half)]
    interval = f"{LEVEL_PCT} % interval of the quantile, from the number of simulated cuts alone"
    return _estimate(run_, f"stock_days_{share_pct}", ordered[at], f"{share_pct} % quantile of the gap", interval)


def below(run_: Stress, days: float) -> Estimate:
    """Part of the simulated cuts that take fewer than some days of imports."""
    return missing(run_).derived(
        f"reserves.cuts_below_{days:.0f}_days.{run_.cut.id}.{run_.of.good}.{run_.of.importer}",
        [100 * float((run_.need_days < days).mean())] * 3,
        unit="probability_pct",
        method=f"simulated cuts that take fewer than {days:.1f} days of imports / all",
        interval="no interval: a count of the simulated cuts",
    )


def longest(run_: Stress) -> Estimate:
    """The most that a simulated cut takes, in days of imports: its inputs have an end, so it is no forecast of the worst."""
    interval = "none: the ends of the assumed ranges bound it"
    return _estimate(run_, "longest_days", [run_.need_days.max()], "greatest gap", interval)


# --- What happened ---

YEAR = 2025
_FIRST_MONTH = f"{YEAR}-04"  # of the controls
_YEARS = str(YEAR - 1), str(YEAR)
_FORETOLD = "Foretold days of supply"
_BACKTEST = f"Event;Importer;Known before;{_FORETOLD};Happened, net;Happened, gross;Inside;Why"


def _years(iso3: str) -> pd.DataFrame:
    """Rare-earth magnets from China in the year of the cut and the one before; the European Union by its own record."""
    if iso3 != goods.EU:
        return exports_by_period(iso3, "|".join(_YEARS))
    asked = {"reporter": "EU27", "partner_iso3": SUPPLIER, "commodity_code": "85051110", "measure": "quantity"}
    return tables.select("trade_published", period=_YEARS, **asked).set_index("period", drop=False)


def loss_2025(iso3: str) -> dict:
    """What the controls of April 2025 took of one importer's (or the `WORLD`'s) rare-earth magnets from China.

    Returns:
        place, iso3, before_t and year_t; net and gross (Quantity and number in t); supply_days (Quantity, of China's supply) and
        import_days (Estimate, of all metal magnets; None for the world); missing (which series, in words). All but the first
        two and the last are None where a year is missing.
    """
    years, held = _years(iso3), exports_by_period(iso3, rf"{YEAR}-\d\d")
    place, unknown = countries.name(iso3), 12 - len(held)
    lacking = [period for period in _YEARS if period not in years.index]
    words = [f"China's exports there in {' and '.join(lacking)}"] if lacking else []
    words += [f"{unknown} of the 12 months of {YEAR}"] if unknown else []
    found = dict.fromkeys(("before_t", "year_t", "net", "gross", "supply_days", "import_days"))
    found = {"place": place, "iso3": iso3, **found, "missing": "; ".join(words)}
    if lacking:
        return found
    before, year = (float(years["value"][period]) for period in _YEARS)
    net = before - year
    gross = max(net, 0.0)
    if len(held):
        base = before / 12
        after = held.loc[_FIRST_MONTH:, "value"]
        # The months that are not held are known as one sum: a fall within them is seen only as far as the sum falls.
        rest = year - float(held["value"].sum())
        gross = max(gross, float((base - after).clip(lower=0).sum()) + max(0.0, unknown * base - rest))
    loss = Quantity.among(place, [net, gross], "t", years, held)
    days = loss * (DAYS_A_YEAR / before)
    found |= {"before_t": before, "year_t": year, "net": loss, "gross": gross, "supply_days": days}
    if iso3 != WORLD:
        of = goods.magnets(iso3)
        found["import_days"] = goods.estimate(
            of,
            f"lost_days_{YEAR}",
            "days",
            [max(0.0, of.weight_pct(SUPPLIER) / 100 * days.mid)],
            loss,
            method=f"(rare-earth magnets from China in {YEAR - 1} - in {YEAR}) / a day of {YEAR - 1} x China's share of magnets by weight",
            reference_year=YEAR,
            interval="no interval: two published years",
            note="0 where more came than in the year before"
            if net < 0
            else f"the whole year: what fell before {_FIRST_MONTH} counts too",
        )
    return found


def _change(iso3: str, what: str, value: float, unit: str, method: str) -> Estimate:
    return Quantity.among(iso3, [value], unit, loss_2025(iso3)["net"]).estimate(
        f"reserves.{what}_{YEAR}.{iso3}",
        axes="magnet t_gross all",
        reference_year=YEAR,
        edition=str(YEAR),
        method=method,
        interval="no interval: two published years",
    )


def more_in_2025(iso3: str) -> Estimate:
    """How many tonnes of rare-earth magnets more than in the year before came to one that lost none by `loss_2025`."""
    method = f"rare-earth magnets from China in {YEAR} - in {YEAR - 1}"
    return _change(iso3, "more_magnets", -loss_2025(iso3)["net"].mid, "t", method)


def fall_in_2025(iso3: str) -> tuple[Estimate, Estimate]:
    """The fall of rare-earth magnets against the year before of one that lost some by `loss_2025`: tonnes and percent."""
    found = loss_2025(iso3)
    method = f"rare-earth magnets from China in {YEAR - 1} - in {YEAR}"
    share = 100 * found["net"].mid / found["before_t"]
    return (
        _change(iso3, "fewer_magnets", found["net"].mid, "t", method),
        _change(iso3, "fewer_magnets_pct", share, "pct", f"({method}) / in {YEAR - 1}"),
    )


def losses_2025() -> pd.DataFrame:
    """`loss_2025` of the world and of every country with a page but China, those with figures first."""
    rows = [loss_2025(iso3) for iso3 in (WORLD, *goods.with_page()) if iso3 != SUPPLIER]
    return pd.DataFrame(sorted(rows, key=lambda row: row["net"] is None), dtype=object)


def _whole(of: Quantity | float | None) -> str:
    number = of.mid if isinstance(of, Quantity) else of
    return "" if number is None or pd.isna(number) else f"{number:,.0f}".replace("-", "−")


def table_2025(found: pd.DataFrame) -> pd.DataFrame:
    """`losses_2025` as a page shows it; an empty cell is not published."""
    numbers = found[["before_t", "year_t", "net", "gross", "supply_days"]].map(_whole)
    days = found["import_days"].map(lambda one: one or "")
    table = pd.concat([found["place"], numbers, days, found["missing"]], axis=1)
    heads = (
        f"Importer;From China {YEAR - 1}, t;From China {YEAR}, t;Lost over the year, t;Lost in months below the mean, t"
    )
    of_days = ["Days of China's supply, net", "Days of all magnet imports"]
    return table.set_axis([*heads.split(";"), *of_days, "Missing"], axis=1)


def published_changes() -> pd.DataFrame:
    """Falls that others publish after the controls of 2025, as they publish them: shock_impacts without the studies of a loss."""
    rows = tables.select("shock_impacts", study="", measure="change")
    heads = {"scenario": "What", "duration": "Over", "value": "Change, %", "source_ids": "source_ids"}
    return rows[list(heads)].rename(columns=heads)


def backtest(draws: int, seed: int) -> pd.DataFrame:
    """What the model would have said of each past cut, told only of the cuts before it, against what is known of the cut.

    Returns:
        Columns Event, Importer, Known before, Foretold days of supply (lower to upper end), Happened, net, Happened, gross,
        Inside (yes, no or not testable), Why.
    """

    def foretold(*known: Cut) -> tuple[float, float]:
        drawn = [days_lost(cut, draws, seed + number) for number, cut in enumerate(known)]
        return tuple(np.quantile(np.concatenate(drawn), uncertainty.ENDS))

    # The stop of 2010 and the controls of 2026, each like one stylised cut, stand before and after the cut of 2025.
    like = tables.select("stylised_shocks", event=lambda names: names != "")
    stop, latest = (one for _, one in like.iterrows())
    first = next(cut for cut in stylised() if cut.title == stop["title"])
    cut_2025, found = magnets_2025(), losses_2025()
    low, high = foretold(first)
    rows = [(stop["event"], countries.name(stop["importer"]), "no cut", (), "", "", "not testable", stop["why"])]
    for one in found[found["net"].notna()].itertuples():
        net, gross = one.supply_days.mid, one.gross * DAYS_A_YEAR / one.before_t
        inside = "yes" if low <= max(0.0, net) <= high or low <= gross <= high else "no"
        why = "more came than in the year before" if net < 0 else ""
        happened = _whole(net), _whole(gross), inside, why
        rows.append((cut_2025.title, one.place, first.title, (low, high), *happened))
    others = listed(found[found["net"].isna()]["place"])
    unknown = "", "", "not testable", f"missing: China's exports there in {YEAR - 1} and {YEAR}"
    rows.append((cut_2025.title, others, first.title, (low, high), *unknown))
    unknown = "", "", "not testable", latest["why"]
    ends = foretold(first, cut_2025)
    rows.append((latest["event"], countries.name(latest["importer"]), "cuts of 2010 and 2025", ends, *unknown))
    frame = pd.DataFrame(rows, columns=_BACKTEST.split(";"))
    return frame.assign(**{_FORETOLD: [" to ".join(map(_whole, ends)) for ends in frame[_FORETOLD]]})


def coverage(tested: pd.DataFrame) -> tuple[int, int]:
    """How many of the tested rows of `backtest` lie inside, and how many were testable."""
    testable = tested[tested["Inside"] != "not testable"]
    return int((testable["Inside"] == "yes").sum()), len(testable)
