"""How good the records are: what the two reports of one flow say, which masses were weighed, which sums close."""

import math

import pandas as pd

from rareearth.errors import Refused
from rareearth.quantity import NONE, Estimate
from rareearth.trade import mirror, store
from rareearth.trade.flags import INCOMPLETE_SHARE

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


def _estimate(
    kind: str, unit_pct: tuple[float, float, float], reported: pd.DataFrame, year: int, **more: str
) -> Estimate:
    value, low, high = unit_pct
    sources = tuple(sorted(set(reported["source_id"])))
    return Estimate(
        id=f"trade.{kind}.{year}",
        value=value,
        low=low,
        high=high,
        unit="pct",
        stage=NONE,
        basis=NONE,
        elements=NONE,
        reference_year=year,
        edition="records of " + ", ".join(sources),
        inputs=store.figure_ids(reported),
        source_ids=store.registered(sources),
        **more,
    )


def apart_share(paired: pd.DataFrame, reported: pd.DataFrame, year: int, measure: str = "value") -> Estimate:
    """Share of the flows of which one report is at least twice the other.

    Args:
        paired: See `mirror.pairs`; of one year.
        reported: The reports that they were made from.
        year: That year.
        measure: ``value`` or ``mass``.

    Raises:
        Refused: no flow has two reports.
    """
    found = mirror.gap(paired, measure)
    if not found.flows:
        raise Refused(f"no flow of {year} has two reports: give the records of exporters and of importers")
    return _estimate(
        f"mirror_apart_{measure}",
        wilson_pct(found.apart, found.flows),
        reported,
        year,
        method=f"{found.apart} of {found.flows} flows that both countries report differ by a factor of "
        f"{mirror.APART:g} or more in {measure}",
        interval="90 % Wilson interval, as if the flows had been drawn at random",
        note="by number of flows; large flows agree better than small ones",
    )


def apart_weight(paired: pd.DataFrame, reported: pd.DataFrame, year: int) -> Estimate:
    """Share of the value, the mean of both reports, in flows of which one report is at least twice the other."""
    share = mirror.gap(paired).apart_weighted_pct
    return _estimate(
        "mirror_apart_weighted",
        (share, share, share),
        reported,
        year,
        method="mean of both reports of the flows that differ twofold or more over that of all flows with two reports",
        interval="none: a sum over all flows with two reports",
    )


def weighed_share(reported: pd.DataFrame, year: int) -> Estimate:
    """Share of the reported value whose mass was reported, the rest being estimated, imputed or missing.

    Args:
        reported: See `mirror.reports`; of one year.
        year: That year.
    """
    by_status = reported.groupby("mass_status")["value_usd"].sum()
    share = 100 * by_status.get("reported", 0.0) / by_status.sum()
    estimated = 100 * by_status.get("estimated", 0.0) / by_status.sum()
    return _estimate(
        "weighed_share",
        (share, share, min(100.0, share + estimated)),
        reported,
        year,
        method="value of reports with a reported mass over the value of all reports",
        interval="bounds: no and every estimated mass is as good as a reported one",
    )


def registered(flows: pd.DataFrame, totals: pd.DataFrame) -> tuple[str, ...]:
    """The sources of all records that stand in the register; a user's own files do not."""
    return store.registered(sorted(set(flows["source_id"]) | set(totals["source_id"])))


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


def completeness(flows: pd.DataFrame) -> pd.DataFrame:
    """Reporters in the newest year of each source, and in the year before.

    Returns:
        source_id, year, reporters and reading: how they compare with the year before, in words.
    """
    annual = flows[flows["month"].isna()]
    counts = (
        annual.groupby(["source_id", "year"])["reporter_iso3"].nunique().rename("reporters").reset_index()
    )
    counts["before"] = counts.groupby("source_id")["reporters"].shift()
    newest = counts.groupby("source_id").tail(1).copy()
    few = newest["reporters"] < INCOMPLETE_SHARE * newest["before"]
    newest["reading"] = "as before"
    newest.loc[few, "reading"] = "incomplete: fewer reporters than in the year before"
    newest.loc[newest["before"].isna(), "reading"] = "no earlier year to compare"
    return newest.drop(columns="before").reset_index(drop=True)


def coverage(reported: pd.DataFrame, year: int) -> pd.DataFrame:
    """Which reporters give which flows: value in USD, index reporter, columns (code, flow); NaN where none.

    The largest reporters come first.

    Args:
        reported: See `mirror.reports`.
        year: Calendar year.
    """
    rows = reported[reported["year"] == year]
    table = rows.pivot_table(
        index="reporter_iso3", columns=["hs6", "flow"], values="value_usd", aggfunc="sum"
    )
    order = table.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return table.loc[order]
