"""What cuts took where they happened, read from published records, and what the model would have said before.

    net = imports of the year before - imports of the year                     (catch-up counts)
    gross = sum over months below the mean month of the year before            (catch-up does not count)

Days of supply are tonnes over a day of the year before; days of imports are those of all suppliers together. Where a
series is missing the row says which one: a fall is never taken from another place.
"""

import numpy as np
import pandas as pd

from rareearth import countries, tables
from rareearth.quantity import Estimate, Quantity, origins
from rareearth.reserves import goods, shocks
from rareearth.reserves.magnets import exports_by_period
from rareearth.reserves.places import EU, SUPPLIER, with_page
from rareearth.text import listed
from rareearth.units import DAYS_A_YEAR

WORLD = "WLD"
YEAR = 2025
_FIRST_MONTH = f"{YEAR}-04"  # of the controls


def _years(iso3: str) -> pd.DataFrame:
    """Rare-earth magnets from China in the year of the cut and the one before; the European Union by its own record."""
    wanted = [str(YEAR - 1), str(YEAR)]
    if iso3 != EU:
        return exports_by_period(iso3, "|".join(wanted))
    rows = tables.select(
        "trade_published",
        reporter="EU27",
        partner_iso3=SUPPLIER,
        commodity_code="85051110",
        measure="quantity",
        period=wanted,
    )
    return rows.set_index("period", drop=False)


def loss_2025(iso3: str) -> dict:
    """What the controls of April 2025 took of one importer's rare-earth magnets from China.

    Args:
        iso3: An importer, or `WORLD`.

    Returns:
        place, before_t and year_t; net and gross (Quantities in t, gross None where no months are held); supply_days (Quantity, of
        China's supply) and import_days (Estimate, of all metal magnets; None where the share of China is unknown); missing
        (which series, in words).
    """
    years, held = _years(iso3), exports_by_period(iso3, rf"{YEAR}-\d\d")
    found = {"place": countries.name(iso3), "iso3": iso3, "before_t": None, "year_t": None, "net": None, "gross": None, "supply_days": None, "import_days": None}  # fmt: skip
    lacking = [period for period in (str(YEAR - 1), str(YEAR)) if period not in years.index]
    unknown = 12 - len(held)
    words = [f"China's exports there in {' and '.join(lacking)}"] if lacking else []
    words += [f"{unknown} of the 12 months of {YEAR}"] if unknown else []
    found["missing"] = "; ".join(words)
    if lacking:
        return found
    before, year = (float(years["value"][period]) for period in (str(YEAR - 1), str(YEAR)))
    net = before - year
    gross = max(net, 0.0)
    if len(held):
        base = before / 12
        after = held.loc[_FIRST_MONTH:, "value"]
        # The months that are not held are known as one sum: a fall within them is seen only as far as the sum falls.
        rest = year - float(held["value"].sum())
        gross = max(gross, float((base - after).clip(lower=0).sum()) + max(0.0, unknown * base - rest))
    low, high = sorted((net, gross))
    origin = origins(years, held)
    loss = Quantity(found["place"], low, net, high, "t", *origin)
    found |= {"before_t": before, "year_t": year, "net": loss, "gross": gross}
    found["supply_days"] = loss * (DAYS_A_YEAR / before)
    if iso3 != WORLD:
        of = goods.magnets(iso3)
        share = of.mass_t.get(SUPPLIER, 0.0) / of.total_t
        low, mid, high = (max(0.0, share * days) for days in found["supply_days"].ends)
        found["import_days"] = goods.estimate(
            of,
            f"lost_days_{YEAR}",
            "days",
            low,
            mid,
            high,
            method=f"(rare-earth magnets from China in {YEAR - 1} - in {YEAR}) / a day of {YEAR - 1} x China's share of magnets by weight",
            reference_year=YEAR,
            interval="from net of catch-up to gross, not percentiles",
            note="0 where more came than in the year before" if net < 0 else "",
            inputs=(*origin[0], *of.figure_ids),
            source_ids=origin[1],
        )
    return found


def more_in_2025(iso3: str) -> Estimate:
    """How many tonnes of rare-earth magnets more than in the year before came from China.

    Args:
        iso3: An importer that lost none by `loss_2025`.
    """
    net = loss_2025(iso3)["net"]
    return Quantity(iso3, -net.mid, -net.mid, -net.mid, "t", net.inputs, net.source_ids).estimate(
        f"reserves.more_magnets_{YEAR}.{iso3}",
        stage="magnet",
        basis="t_gross",
        elements="all",
        reference_year=YEAR,
        edition=str(YEAR),
        method=f"rare-earth magnets from China in {YEAR} - in {YEAR - 1}",
        interval="no interval: two published years",
    )


def losses_2025() -> pd.DataFrame:
    """`loss_2025` of the world and of every country with a page but China, those with figures first."""
    rows = [loss_2025(iso3) for iso3 in (WORLD, *with_page()) if iso3 != SUPPLIER]
    return pd.DataFrame(sorted(rows, key=lambda row: row["net"] is None), dtype=object)


def table_2025(found: pd.DataFrame) -> pd.DataFrame:
    """`losses_2025` as a page shows it; an empty cell is not published."""

    def whole(number: float | None) -> str:
        return "" if number is None or pd.isna(number) else f"{number:,.0f}".replace("-", "−")

    return pd.DataFrame(
        {
            "Importer": found["place"],
            f"From China {YEAR - 1}, t": found["before_t"].map(whole),
            f"From China {YEAR}, t": found["year_t"].map(whole),
            "Lost, net of catch-up, t": [whole(one and one.mid) for one in found["net"]],
            "Lost, gross, t": found["gross"].map(whole),
            "Days of China's supply, net": [whole(one and one.mid) for one in found["supply_days"]],
            "Days of all magnet imports": [one or "" for one in found["import_days"]],
            "Missing": found["missing"],
        }
    )


def published_changes() -> pd.DataFrame:
    """Falls that others publish after the controls of 2025, as they publish them: shock_impacts without the studies of a loss."""
    rows = tables.select("shock_impacts", study="", measure="change")
    return pd.DataFrame(
        {
            "What": rows["scenario"].tolist(),
            "Over": rows["duration"].tolist(),
            "Change, %": rows["value"].tolist(),
            "source_ids": rows["source_ids"].tolist(),
        }
    )


def backtest(draws: int, seed: int) -> pd.DataFrame:
    """What the model would have said of each past cut, told only of the cuts before it, against what is known of the cut.

    Returns:
        Columns Event, Importer, Known before, Foretold days of supply (5th to 95th percentile), Happened, net, Happened, gross,
        Inside (yes, no or not testable), Why.
    """
    of_2010 = tables.select("stylised_shocks", supplier=SUPPLIER).iloc[0]["figure_id"].replace("-", "_")
    first = next(cut for cut in shocks.cuts() if cut.id == of_2010)
    low, high = np.quantile(shocks.days_lost(first, draws, seed), [0.05, 0.95])
    foretold = f"{low:,.0f} to {high:,.0f}"
    rows = [
        ("Stop to Japan, 2010", countries.name("JPN"), "no cut", "", "", "", "not testable", "no monthly tonnage before December 2010"),
    ]  # fmt: skip
    found = losses_2025()
    for one in found[found["net"].notna()].itertuples():
        net, gross = one.supply_days.mid, one.gross * DAYS_A_YEAR / one.before_t
        inside = low <= max(0.0, net) <= high or low <= gross <= high
        why = "more came than in the year before" if net < 0 else ""
        rows.append(("Controls of April 2025", one.place, first.title, foretold, f"{net:,.0f}".replace("-", "−"), f"{gross:,.0f}", "yes" if inside else "no", why))  # fmt: skip
    others = listed(found[found["net"].isna()]["place"])
    rows.append(("Controls of April 2025", others, first.title, foretold, "", "", "not testable", f"missing: China's exports there in {YEAR - 1} and {YEAR}"))  # fmt: skip
    both = np.concatenate([shocks.days_lost(cut, draws, seed + n) for n, cut in enumerate((first, shocks.magnets_2025()))])  # fmt: skip
    low, high = np.quantile(both, [0.05, 0.95])
    rows.append(("Controls of January 2026", countries.name("JPN"), "cuts of 2010 and 2025", f"{low:,.0f} to {high:,.0f}", "", "", "not testable", "missing: months of 2026; one month is published as a change of −5.7% and without tonnes"))  # fmt: skip
    columns = ["Event", "Importer", "Known before", "Foretold days of supply", "Happened, net", "Happened, gross", "Inside", "Why"]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def coverage(tested: pd.DataFrame) -> tuple[int, int]:
    """How many of the tested rows of `backtest` lie inside, and how many were testable."""
    testable = tested[tested["Inside"] != "not testable"]
    return int((testable["Inside"] == "yes").sum()), len(testable)
