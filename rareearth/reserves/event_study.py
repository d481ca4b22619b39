"""What an export control did to a monthly series: tonnes and unit value after it against what was to be expected.

    expected(t) = mean of log y over the same calendar months of the `BEFORE` months before the control
    effect = mean over the months after of (log y - expected), less the same of the codes for comparison
    interval and p: from the same number for every earlier month in the place of the control (placebo in time), less their
                    mean, by Student's t with as many degrees of freedom as such windows lie apart from each other, less one

Seasons fall out, because a month is held against the same months before; a steady trend falls out with the mean of the
placebos; what moves all goods alike falls out with the codes for comparison. A code with too few months before (36: `BEFORE` and two windows) or after (`AFTER`) is not tested, and says so. A month
without trade counts as half of the smallest month. The method is tested on simulated series with a known effect and with none.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from rareearth import tables
from rareearth.errors import Refused
from rareearth.quantity import KG_PER_T, Estimate, Quantity
from rareearth.reserves.goods import SUPPLIER
from rareearth.trade import store
from rareearth.uncertainty import ENDS

BEFORE, AFTER = 24, 6
_LONGEST = 12  # months after that are read at most
_APART = 2


@dataclass(frozen=True)
class Effect:
    """What changed after a control, in percent."""

    change_pct: float  # mean change of the months after
    low_pct: float  # lower end of its interval
    high_pct: float  # upper end
    p: float  # probability of a change at least as large, either way, where there is none
    months_after: int  # how many months it is the mean of
    placebos: int  # how many earlier months stood in the place of the control


def _change(log: pd.Series, start: pd.Period, months_after: int) -> float:
    """Mean of log y after `start` less the mean of the same calendar months before; NaN where months are missing."""
    before = log[start - BEFORE : start - 1]
    after = log[start : start + months_after - 1]
    if len(before) < BEFORE or len(after) < months_after:
        return np.nan
    expected = before.groupby(before.index.month).mean()
    return float((after - expected.reindex(after.index.month).to_numpy()).mean())


def effect(series: pd.Series, start: str, comparison: list[pd.Series] = ()) -> Effect:
    """The effect of a control from its first month (yyyy-mm) on one monthly series, against codes that no control names.

    A series has an index of months (pandas Period) without gaps; tonnes or unit values.

    Raises:
        Refused: months are missing before, after or within, or too few earlier months can stand in the control's place.
    """
    first = pd.Period(start, "M")
    logs = [np.log(one.where(one > 0, one[one > 0].min() / 2)) for one in (series, *comparison)]
    for log in logs:
        if log.isna().any():
            raise Refused("no month with trade: nothing to compare")
        gaps = pd.period_range(log.index.min(), log.index.max(), freq="M").difference(log.index)
        if len(gaps):
            raise Refused(f"months missing: {gaps[0]} and {len(gaps) - 1} more: add them to the series")
    before = min(int((log.index < first).sum()) for log in logs)
    held = min(int((log.index >= first).sum()) for log in logs)
    # To tell an effect from chance, at least two windows of as many months must lie apart from each other before the control.
    months_after = min(_LONGEST, held, (before - BEFORE) // _APART)
    if months_after < AFTER:
        raise Refused(
            f"months missing: {before} before and {held} from {start} on, needed are {BEFORE + _APART * AFTER} and {AFTER}"
        )

    def net(at: pd.Period) -> float:
        own, *others = (_change(log, at, months_after) for log in logs)
        return own - (float(np.mean(others)) if others else 0.0)

    earlier = pd.period_range(logs[0].index.min() + BEFORE, first - months_after, freq="M")
    placebos = np.array([value for value in map(net, earlier) if np.isfinite(value)])
    # Windows of many months overlap: their spread holds as much as those that lie apart, and is too small by what they share.
    apart = (before - BEFORE) / months_after
    change = net(first) - placebos.mean()
    error = placebos.std(ddof=0) * np.sqrt((1 + 1 / apart) / (1 - 1 / apart))
    freedom = apart - 1
    half = stdtrit(freedom, ENDS[1]) * error
    p = float(2 * stdtr(freedom, -abs(change) / error)) if error > 0 else float(change == 0)
    change, low, high = (100 * (np.exp(value) - 1) for value in (change, change - half, change + half))
    return Effect(change, low, high, p, months_after, len(placebos))


def monthly(flows: pd.DataFrame, reporter: str, hs6: str) -> pd.DataFrame:
    """Tonnes and unit value (USD a kg) by month of a reporter's exports of one six-digit code, all partners together."""
    rows = _by_month(flows, reporter, hs6)
    if rows.empty:
        return pd.DataFrame({"tonnes": [], "usd_per_kg": []}, index=pd.PeriodIndex([], freq="M"))
    year, month = rows["year"].astype(int), rows["month"].astype(int)
    months = pd.PeriodIndex.from_fields(year=year, month=month, freq="M")
    sums = rows[["mass_kg", "value_usd"]].groupby(months).sum()
    unit_values = sums["value_usd"] / sums["mass_kg"]
    return pd.DataFrame({"tonnes": sums["mass_kg"] / KG_PER_T, "usd_per_kg": unit_values})


def _by_month(flows: pd.DataFrame, reporter: str, hs6: str) -> pd.DataFrame:
    return tables.select(flows, reporter_iso3=reporter, hs6=hs6, flow="export", month=pd.Series.notna)


def studies(flows: pd.DataFrame) -> pd.DataFrame:
    """Every code under a restriction of the timeline in China's record, tested or with the months that are missing.

    Codes for comparison are those that data/raw/events/controlled_codes.csv names for the same restriction, where their
    months are held.

    Returns:
        Columns control, hs6, what (tonnes or usd_per_kg), goods, start, effect (an Effect or None), missing (in words).
    """
    codes = tables.load("controlled_codes")
    rows = []
    for code in tables.select(codes, role="controlled").itertuples():
        event = tables.select("export_controls_timeline", control=code.control, one=True)
        start = event["date"][: len("yyyy-mm")]
        others = tables.select(codes, control=code.control, role="comparison")["hs6"]
        beside = [held for other in others if len(held := monthly(flows, SUPPLIER, other))]
        own = monthly(flows, SUPPLIER, code.hs6)
        for what in ("tonnes", "usd_per_kg"):
            found, missing = None, "months missing: all"
            try:
                if not own.empty:
                    found, missing = effect(own[what], start, [one[what] for one in beside]), ""
            except Refused as refused:
                missing = str(refused)
            rows.append((code.control, code.hs6, what, code.reason, start, found, missing))
    columns = ["control", "hs6", "what", "goods", "start", "effect", "missing"]
    return pd.DataFrame(rows, columns=columns, dtype=object)


def estimate(row: pd.Series, flows: pd.DataFrame) -> Estimate:
    """A tested row of `studies` as an Estimate: the level after over what was to be expected, as a quotient."""
    found, used = row["effect"], _by_month(flows, SUPPLIER, row["hs6"])
    event = tables.select("export_controls_timeline", control=row["control"], one=True)
    sources = sorted(set(used["source_id"]))
    ends = (1 + change / 100 for change in (found.low_pct, found.change_pct, found.high_pct))
    return Quantity(row["hs6"], *ends, "ratio").estimate(
        f"reserves.control_effect.{row['what']}.{row['hs6']}",
        reference_year=int(row["start"][:4]),
        edition=", ".join(sources),
        method=f"mean of {found.months_after} months from {row['start']} over the same calendar months of the {BEFORE} months before",
        inputs=(event["figure_id"], *store.figure_ids(used)),
        source_ids=(*event["source_ids"], *store.registered(sources)),
        interval=f"from {found.placebos} earlier months in the place of the control (p = {found.p:.2f})",
        note=row["goods"],
    )


def table(found: pd.DataFrame) -> pd.DataFrame:
    """`studies` as a page shows it."""

    def words(one: Effect | None) -> str:
        if one is None:
            return ""
        numbers = (f"{end:+,.0f}".replace("-", "−") for end in (one.change_pct, one.low_pct, one.high_pct))
        return "{} % ({} to {})".format(*numbers)

    return pd.DataFrame(
        {
            "HS code": found["hs6"],
            "Goods": found["goods"],
            "From": found["start"],
            "What": found["what"].map({"tonnes": "tonnes", "usd_per_kg": "USD/kg"}),
            "Change": found["effect"].map(words),
            "p": ["" if one is None else f"{one.p:.2f}" for one in found["effect"]],
            "Not testable": found["missing"],
        }
    )
