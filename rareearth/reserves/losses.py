"""What cuts took where they happened, read from published records, and what the model would have said before.

    net = imports of the year before - imports of the year                     (catch-up counts)
    gross = sum over months below the mean month of the year before            (catch-up does not count)

Days of supply are tonnes over a day of the year before; days of imports are those of all suppliers together. Where a
series is missing the row says which one: a fall is never taken from another place.
"""

import numpy as np
import pandas as pd

from rareearth import countries, tables, uncertainty
from rareearth.quantity import Estimate, Quantity
from rareearth.reserves import goods, stress
from rareearth.reserves.goods import EU, SUPPLIER, exports_by_period, with_page
from rareearth.suppliers import WORLD
from rareearth.text import listed
from rareearth.units import DAYS_A_YEAR

YEAR = 2025
_FIRST_MONTH = f"{YEAR}-04"  # of the controls
_YEARS = str(YEAR - 1), str(YEAR)
_FORETOLD = "Foretold days of supply"
_BACKTEST = f"Event;Importer;Known before;{_FORETOLD};Happened, net;Happened, gross;Inside;Why"


def _years(iso3: str) -> pd.DataFrame:
    """Rare-earth magnets from China in the year of the cut and the one before; the European Union by its own record."""
    if iso3 != EU:
        return exports_by_period(iso3, "|".join(_YEARS))
    asked = {
        "reporter": "EU27",
        "partner_iso3": SUPPLIER,
        "commodity_code": "85051110",
        "measure": "quantity",
    }
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
    rows = [loss_2025(iso3) for iso3 in (WORLD, *with_page()) if iso3 != SUPPLIER]
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

    def foretold(*known: stress.Cut) -> tuple[float, float]:
        drawn = [stress.days_lost(cut, draws, seed + number) for number, cut in enumerate(known)]
        return tuple(np.quantile(np.concatenate(drawn), uncertainty.ENDS))

    # The stop of 2010 and the controls of 2026, each like one stylised cut, stand before and after the cut of 2025.
    like = tables.select("stylised_shocks", event=lambda names: names != "")
    stop, latest = (one for _, one in like.iterrows())
    first = next(cut for cut in stress.stylised() if cut.title == stop["title"])
    cut_2025, found = stress.magnets_2025(), losses_2025()
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
