"""How good the records are: what the two reports of one flow say, which masses were weighed, which sums close."""

import math
from collections.abc import Sequence
from statistics import NormalDist

import pandas as pd

from rareearth.errors import Refused
from rareearth.quantity import LEVEL_PCT, Estimate
from rareearth.trade import mirror, reconcile, store
from rareearth.trade.columns import INCOMPLETE_SHARE


def wilson_pct(hits: int, trials: int) -> tuple[float, float, float]:
    """A share p of n trials with its interval by Wilson (1927), in percent: value, low, high.

        (p + z^2 / 2n +- z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)

    Raises:
        ValueError: there is no trial, or more hits than trials.
    """
    if not 0 <= hits <= trials or trials == 0:
        raise ValueError(f"no share of {hits} in {trials}")
    share, z = hits / trials, NormalDist().inv_cdf((100 + LEVEL_PCT) / 200)
    middle = share + z**2 / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + (z / (2 * trials)) ** 2)
    low, high = ((middle + step) / (1 + z**2 / trials) for step in (-half, half))
    return 100 * share, 100 * max(low, 0), 100 * min(high, 1)


def _estimate(kind: str, ends: tuple[float, float, float], reported: pd.DataFrame, year: int, **words: str) -> Estimate:
    return mirror.estimate(kind, ends, year, store.figure_ids(reported), reported["source_id"], **words)


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
        interval=f"{LEVEL_PCT} % Wilson interval, as if the flows had been drawn at random",
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
    """Share of the reported value whose mass was reported, the rest being estimated, unstated, imputed or missing.

    Args:
        reported: See `mirror.reports`; of one year.
        year: That year.
    """
    by_status = reported.groupby("mass_status")["value_usd"].sum()
    share = 100 * by_status.get("reported", 0.0) / by_status.sum()
    others = by_status.get("estimated", 0.0) + by_status.get("unstated", 0.0)
    estimated = 100 * others / by_status.sum()
    return _estimate(
        "weighed_share",
        (share, share, min(100.0, share + estimated)),
        reported,
        year,
        method="value of reports with a reported mass over the value of all reports",
        interval="bounds: no and every mass that is estimated, or of which nobody says so, is as good as a reported one",
    )


def registered(flows: pd.DataFrame, totals: pd.DataFrame) -> tuple[str, ...]:
    """The sources of all records as the register names them."""
    return store.registered(sorted(set(flows["source_id"]) | set(totals["source_id"])))


def by_status(flows: pd.DataFrame, source_id: str) -> pd.DataFrame:
    """Rows by year and status of the mass: a column for each status, a row a year."""
    rows = flows[flows["source_id"] == source_id]
    table = rows.groupby(["year", "mass_status"]).size().unstack(fill_value=0)
    statuses = ["reported", *(["unstated"] if "unstated" in table else []), "estimated", "imputed", "missing"]
    return table.reindex(columns=statuses, fill_value=0)


def accounting_table(accounting: dict) -> pd.DataFrame:
    """accounting.json as it is shown: a row a file, a column for each fate of its rows, and the total.

    Where a user's files are among them, what each of these changes, and why another changes nothing, is a column too.
    """
    names = ("rows_read", "rows_kept", "rows_aggregate", "rows_detail", "rows_duplicate", "rows_quarantined")
    words = ("Read", "Flows", "Totals", "Details", "Duplicates", "Taken out")
    rows = [{"file": "All files", **accounting["total"]}, *accounting["files"]]
    table = pd.DataFrame(
        {
            "File": [row["file"] for row in rows],
            **{word: [row[name] for row in rows] for word, name in zip(words, names, strict=True)},
        }
    )
    effects = [row.get("effect", "") for row in rows]
    return table.assign(**{"Your files": effects}) if any(effects) else table


def completeness(flows: pd.DataFrame) -> pd.DataFrame:
    """Reporters in the newest year of each source, and in the year before.

    Returns:
        source_id, year, reporters and reading: how they compare with the year before, in words.
    """
    annual = flows[flows["month"].isna()]
    counts = annual.groupby(["source_id", "year"])["reporter_iso3"].nunique().rename("reporters").reset_index()
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
    table = rows.pivot_table(index="reporter_iso3", columns=["hs6", "flow"], values="value_usd", aggfunc="sum")
    order = table.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return table.loc[order]


def decisions(
    flows: pd.DataFrame, totals: pd.DataFrame, paired: pd.DataFrame, year: int, codes: Sequence[str]
) -> pd.DataFrame:
    """Ten decisions of the cleaning with their effect on a total, the largest first.

    Args:
        flows: See `store.load_flows`.
        totals: See `store.load_totals`.
        paired: Pairs of the reports of `flows`; see `mirror.pairs`.
        year: Calendar year.
        codes: Six-digit codes.

    Returns:
        decision, total (what moves), taken and otherwise (in `unit`), effect_pct of taken. Decisions that cannot be
        tried on these records are left out.
    """
    of_year = flows[(flows["year"] == year) & flows["hs6"].isin(codes) & flows["month"].isna()]
    reports = of_year[(of_year["value_basis"] != "reconciled") & of_year["flow"].isin(["import", "export"])]
    apart = totals[(totals["year"] == year) & totals["hs_code"].isin(codes) & totals["month"].isna()]
    apart = apart[apart["source_id"].isin(set(reports["source_id"])) & apart["flow"].isin(["import", "export"])]
    some = paired[(paired["year"] == year) & paired["hs6"].isin(codes)]
    rows = [*_of_values(reports, apart), *_of_masses(reports), *_of_pairs(some)]
    found = pd.DataFrame(rows, columns=["decision", "total", "unit", "taken", "otherwise"])
    found = found[(found["taken"] > 0) & found["otherwise"].notna()]
    found["effect_pct"] = 100 * (found["otherwise"] / found["taken"] - 1)
    order = found["effect_pct"].abs().sort_values(ascending=False, kind="stable").index
    return found.loc[order].reset_index(drop=True)


def _of_values(reports: pd.DataFrame, apart: pd.DataFrame) -> list[tuple]:
    value = reports["value_usd"].sum()
    world = apart.loc[apart["partner_iso3"] == "WLD", "value_usd"].sum()
    unnamed = apart.loc[apart["partner_iso3"] != "WLD", "value_usd"].sum()
    itself = reports.loc[reports["reporter_iso3"] == reports["partner_iso3"], "value_usd"].sum()
    taiwan = reports.loc[reports["partner_iso3"] == "TWN", "value_usd"].sum()
    what = "value of all reports"
    return [
        ("World is not a partner; adding its rows counts everything again", what, "USD", value, value + world),
        ("Areas without a name stay out of the flows", what, "USD", value, value + unnamed),
        ("Goods that come back (reporter and partner are one) stay in", what, "USD", value, value - itself),
        ("Comtrade's 490 is Taiwan; dropping it as unnamed loses it", what, "USD", value, value - taiwan),
    ]


def _of_masses(reports: pd.DataFrame) -> list[tuple]:
    mass = reports["mass_kg"].sum()
    what = "mass of all reports"
    without = {
        status: mass - reports.loc[reports["mass_status"] == status, "mass_kg"].sum()
        for status in ("estimated", "imputed")
    }
    by_alt = reports[reports["flags"].str.contains("alt_quantity")]["mass_kg"].sum()
    outliers = reports[reports["flags"].str.contains("unit_value_outlier")]["mass_kg"].sum()
    return [
        ("Estimated masses are kept and marked", what, "kg", mass, without["estimated"]),
        ("Imputed masses are kept and marked", what, "kg", mass, without["imputed"]),
        ("A reported alternative quantity goes before an estimate", what, "kg", mass, mass - by_alt),
        ("Odd unit values are marked, never deleted", what, "kg", mass, mass - outliers),
    ]


def _of_pairs(paired: pd.DataFrame) -> list[tuple]:
    both = paired[(paired["value_exporter_usd"] > 0) & (paired["value_importer_usd"] > 0)]
    if both.empty:
        return []
    values, _ = reconcile.estimates(paired, reconcile.inputs())
    values = values.loc[both.index]
    taken, what = values[reconcile.DEFAULT].sum(), "reconciled value of flows with two reports"
    one_sided = paired.drop(both.index)[["value_exporter_usd", "value_importer_usd"]].sum().sum()
    return [
        ("Both reports are weighed; the exporter's alone", what, "USD", taken, values["exporter"].sum()),
        ("Both reports are weighed; the importer's less 3 %", what, "USD", taken, values["importer"].sum()),
        ("Weights by reliability; by the variance of logarithms", what, "USD", taken, values["inverse_variance"].sum()),
        ("Flows with one report are kept", "reconciled value of all flows", "USD", taken + one_sided, taken),
    ]


def by_group(paired: pd.DataFrame, hubs: Sequence[str] = (), countries: int = 25) -> pd.DataFrame:
    """Mirror gaps by code and by reporter, a row each, and of all flows with and without hubs of transit trade.

    Args:
        paired: See `mirror.pairs`.
        hubs: ISO alpha-3 codes of the hubs.
        countries: At most as many countries, those of the most pairs.

    Returns:
        group, flows, apart, ratio_value, weighted_gap_value_pct, ratio_mass, weighted_gap_mass_pct. Groups in which
        no flow has two reports are left out.
    """
    rows = paired[paired["both_report"]]
    is_hub = rows["exporter_iso3"].isin(hubs) | rows["importer_iso3"].isin(hubs)
    groups = [("All flows", rows), (f"Without {', '.join(hubs)}", rows[~is_hub])] if hubs else [("All flows", rows)]
    groups += [(f"HS {code}", rows[rows["hs6"] == code]) for code in sorted(set(rows["hs6"]))]
    counts = rows["exporter_iso3"].value_counts().add(rows["importer_iso3"].value_counts(), fill_value=0)
    for country in sorted(counts.sort_index().sort_values(ascending=False, kind="stable").index[:countries]):
        own = rows[(rows["exporter_iso3"] == country) | (rows["importer_iso3"] == country)]
        groups.append((country, own))
    found = []
    for group, part in groups:
        value, mass = mirror.gap(part, "value"), mirror.gap(part, "mass")
        if value.flows:
            ratios = (value.ratio, value.weighted_gap_pct, mass.ratio, mass.weighted_gap_pct)
            found.append((group, value.flows, value.apart, *ratios))
    columns = "group flows apart ratio_value weighted_gap_value_pct ratio_mass weighted_gap_mass_pct".split()
    return pd.DataFrame(found, columns=columns)
