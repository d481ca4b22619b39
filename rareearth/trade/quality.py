"""How good the records are: what the two reports of one flow say, which masses were weighed, which sums close."""

import math

import pandas as pd

from rareearth.estimate import NONE, Estimate
from rareearth.trade import mirror, store

# Standard normal quantile that leaves 5 % on each side.
_Z90 = 1.6448536269514722


def wilson_pct(hits: int, trials: int) -> tuple[float, float, float]:
    """A share with its 90 % interval by Wilson (1927), in percent: value, low, high.

    Raises:
        ValueError: there is no trial, or more hits than trials.
    """
    if not 0 <= hits <= trials or trials == 0:
        raise ValueError(f"no share of {hits} in {trials}")
    share, z2 = hits / trials, _Z90**2
    middle = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    half = _Z90 / (1 + z2 / trials) * math.sqrt(share * (1 - share) / trials + z2 / (4 * trials**2))
    low, high = (0.0 if hits == 0 else middle - half), (1.0 if hits == trials else middle + half)
    return 100 * share, 100 * low, 100 * high


def apart_share(paired: pd.DataFrame, reported: pd.DataFrame, year: int, measure: str = "value") -> Estimate:
    """Share of the flows of which one report is at least twice the other.

    Args:
        paired: See `mirror.pairs`.
        reported: The reports that they were made from; they give the sources.
        year: Year of the pairs.
        measure: ``value`` or ``mass``.

    Raises:
        ValueError: no flow of the year has two reports.
    """
    found = mirror.gap(paired[paired["year"] == year], measure)
    share, low, high = wilson_pct(found.apart, found.flows)
    of_year = reported[reported["year"] == year]
    return Estimate(
        id=f"trade.mirror_apart_{measure}.{year}",
        value=share,
        low=low,
        high=high,
        unit="pct",
        stage=NONE,
        basis=NONE,
        elements=NONE,
        reference_year=year,
        edition="records of " + ", ".join(sorted(set(of_year["source_id"]))),
        method=f"{found.apart} of {found.flows} flows that both countries report differ by a factor of "
        f"{mirror.APART:g} or more in {measure}",
        inputs=store.figure_ids(of_year),
        source_ids=tuple(sorted(set(of_year["source_id"]))),
        interval="90 % Wilson interval, as if the flows had been drawn at random",
        note="by number of flows; large flows agree better than small ones",
    )


def weighed_share(flows: pd.DataFrame, source_id: str, year: int) -> Estimate:
    """Share of the value of a source and year whose mass was reported, the rest being estimated or missing.

    Args:
        flows: See `store.load_flows`.
        source_id: One source.
        year: Calendar year.
    """
    rows = flows[(flows["source_id"] == source_id) & (flows["year"] == year)]
    by_status = rows.groupby("mass_status")["value_usd"].sum()
    share = 100 * by_status.get("reported", 0.0) / by_status.sum()
    return Estimate(
        id=f"trade.weighed_share.{source_id}.{year}",
        value=share,
        low=share,
        high=min(100.0, share + 100 * by_status.get("estimated", 0.0) / by_status.sum()),
        unit="pct",
        stage=NONE,
        basis=NONE,
        elements=NONE,
        reference_year=year,
        edition=source_id,
        method="value of flows with a reported mass over the value of all flows",
        inputs=store.figure_ids(rows),
        source_ids=(source_id,),
        interval="bounds: no and every estimated mass is as good as a reported one",
    )


def by_status(flows: pd.DataFrame, source_id: str) -> pd.DataFrame:
    """Rows by year and status of the mass: a column for each status, a row a year."""
    rows = flows[flows["source_id"] == source_id]
    table = rows.groupby(["year", "mass_status"]).size().unstack(fill_value=0)
    return table.reindex(columns=["reported", "estimated", "imputed", "missing"], fill_value=0)


def accounting_table(accounting: dict) -> pd.DataFrame:
    """accounting.json as it is shown: a row a file, a column for each fate of its rows, and the total."""
    names = ("rows_read", "rows_kept", "rows_aggregate", "rows_detail", "rows_duplicate", "rows_quarantined")
    words = ("Read", "Flows", "Totals", "Details", "Duplicates", "Taken out")
    rows = [{"file": "All files", **accounting["total"]}, *accounting["files"]]
    return pd.DataFrame(
        {
            "File": [row["file"] for row in rows],
            **{word: [row[name] for row in rows] for word, name in zip(words, names, strict=True)},
        }
    )
