"""The decisions that move totals most: what a sum would be if one of them had been taken otherwise."""

from collections.abc import Sequence

import pandas as pd

from rareearth.trade import mirror, reconcile


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
    apart = apart[
        apart["source_id"].isin(set(reports["source_id"])) & apart["flow"].isin(["import", "export"])
    ]
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
        (
            "World is not a partner; adding its rows counts everything again",
            what,
            "USD",
            value,
            value + world,
        ),
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
        (
            "Weights by reliability; by the variance of logarithms",
            what,
            "USD",
            taken,
            values["inverse_variance"].sum(),
        ),
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
    groups = (
        [("All flows", rows), (f"Without {', '.join(hubs)}", rows[~is_hub])]
        if hubs
        else [("All flows", rows)]
    )
    groups += [(f"HS {code}", rows[rows["hs6"] == code]) for code in sorted(set(rows["hs6"]))]
    counts = rows["exporter_iso3"].value_counts().add(rows["importer_iso3"].value_counts(), fill_value=0)
    for country in sorted(counts.sort_index().sort_values(ascending=False, kind="stable").index[:countries]):
        own = rows[(rows["exporter_iso3"] == country) | (rows["importer_iso3"] == country)]
        groups.append((country, own))
    found = []
    for group, part in groups:
        value, mass = mirror.gap(part, "value"), mirror.gap(part, "mass")
        if value.flows:
            found.append(
                (
                    group,
                    value.flows,
                    value.apart,
                    value.ratio,
                    value.weighted_gap_pct,
                    mass.ratio,
                    mass.weighted_gap_pct,
                )
            )
    columns = "group flows apart ratio_value weighted_gap_value_pct ratio_mass weighted_gap_mass_pct".split()
    return pd.DataFrame(found, columns=columns)
