"""Published claims about China's share: what they say, and whether the estimate of their own year holds them.

Claims are observations: they stand beside a computed share and are never averaged with it. Words are read as intervals:
"about 90" is nearer to 90 than to 85 or 95, "nearly 90" stops at 90, "over 85" is open above, and a plain number is as
wide as its digits. A claim is consistent when its interval and that of the estimate have a value in common; for
separation the estimate's interval holds the doubt about the definition. A claim that an estimate is made from never
tests it, and a claim that repeats another (``derived_from``) has no vote.
"""

import re
from collections.abc import Mapping

import pandas as pd

from rareearth import tables
from rareearth.quantity import LEVEL_PCT, NONE, Estimate, Quantity
from rareearth.text import read_out

_NOT_COMPARABLE = {
    "capacity_share": "capacity, not output",
    "import_share": "share of imports, not of the world",
    "joint_share": "several countries together",
    "projection": "projection",
}
VERDICTS = ("consistent", "high", "low", "not comparable")
GROUPS = ("Mining", "Separation", "Capacity", "Magnet elements and magnets", "Others")
# In order; where the axis does not apply, ore is followed from the mine to the plant.
_STAGES = {"mine": "mining", NONE: "mine to plant", "separation": "separation", "metal": "metal", "magnet": "magnets"}
AGENCY_YEARS = (2023, 2024, 2025)


def in_words(row: pd.Series) -> str:
    """The published share as it was stated, for example ``over 85 %``, ``about 90 %`` or ``nearly 90 %``."""
    low, high = row["share_low_pct"], row["share_high_pct"]
    if row["bound"] == "range":
        return f"{low:g} to {high:g} %"
    hedge = "nearly " if _says_nearly(row) else {"lower": "over ", "about": "about "}.get(row["bound"], "")
    return f"{hedge}{low:g} %"


def _says_nearly(row: pd.Series) -> bool:
    return re.search(r"\bnearly\b", f"{row['wording']} {row['note']}".lower()) is not None


def words_as_interval(row: pd.Series) -> tuple[float, float]:
    """What a row of claims leaves open, in percent."""
    low, high = row["share_low_pct"], row["share_high_pct"]
    high = low if pd.isna(high) else high
    if row["bound"] == "lower":
        return low, 100.0
    if row["bound"] == "range":
        return low, high
    if _says_nearly(row):
        return low - 3, high
    half = 2.5 if row["bound"] == "about" else 0.5 if float(low).is_integer() else 0.05
    return max(0.0, low - half), min(100.0, high + half)


def outside_points() -> pd.DataFrame:
    """Published shares of separation that say which elements they count, a row a value: what a chart may show beside ours.

    Returns:
        Rows of claims for one year, of all or of the magnet elements; bounds, capacities and repeats left out.
    """
    asked = {"stage": "separation", "measure": "world_share", "bound": ["exact", "about"]}
    rows = tables.select("claims", elements=["all", "magnet"], derived_from=None, **asked)
    return rows.sort_values(["reference_year_first", "claimant"], kind="stable")


def magnet(year: int) -> Estimate:
    """The share of refined magnet elements that the International Energy Agency publishes for one of `AGENCY_YEARS`.

    It publishes two values for each; the first that it calls output is the value.
    """
    asked = {"iso3": "CHN", "stage": "separation", "elements": "magnet", "unit": "pct"}
    measures, bounds = ["production", "market_share"], ["exact", "about"]
    rows = tables.select("processing_by_country", measure=measures, bound=bounds, reference_year=year, **asked)
    output = tables.select(rows, measure="production")
    values = [output["value"].iloc[0], *rows["value"]]
    return Quantity.among("China", values, "pct", rows).estimate(
        f"processing_share.magnet.{year}",
        axes="separation t_element magnet",
        reference_year=year,
        edition=output["edition"].iloc[0],
        method="as the International Energy Agency publishes it: Pr, Nd, Tb and Dy, in tonnes of element",
        interval="between the values that the agency's editions publish, no probability",
        note="whether scrap is counted is not said; never mixed with tonnes of oxide",
        counted="as the agency publishes it",
    )


# --- The register ---


def _reason(row: pd.Series, estimates: Mapping[tuple[int, str], Estimate]) -> str:
    """Why a claim cannot be held against an estimate; empty when it can."""
    if row["measure"] in _NOT_COMPARABLE:
        return _NOT_COMPARABLE[row["measure"]]
    years = (row["reference_year_first"], row["reference_year_last"])
    if pd.isna(years[0]):
        return "states no year"
    if years[0] != years[1]:
        return "states several years"
    if row["stage"] == "unstated":
        return "states no stage"
    if row["elements"] not in ("all", "unstated"):
        return f"other elements: {row['elements']}"
    if (int(years[0]), row["stage"]) not in estimates:
        return f"no estimate of that {'stage' if row['stage'] in ('metal', 'magnet') else 'year'}"
    return ""


def _group(row: pd.Series) -> str:
    mining, separation, capacity, magnets, others = GROUPS
    if row["measure"] == "capacity_share":
        return capacity
    if row["stage"] in ("metal", "magnet") or row["elements"] == "magnet":
        return magnets
    if row["measure"] != "world_share" or row["elements"] not in ("all", "unstated"):
        return others
    return {"mine": mining, "separation": separation}.get(row["stage"], others)


def register(estimates: Mapping[tuple[int, str], Estimate]) -> pd.DataFrame:
    """All rows of claims, by year and claimant, against the share of all elements in t REO by year and stage.

    Returns:
        The rows of claims with the columns group (a member of `GROUPS`), verdict (a member of `VERDICTS`), reason, from_pct,
        to_pct (the words as an interval) and against (the id of the estimate).
    """
    claims, found = tables.load("claims"), []
    for _, row in claims.iterrows():
        reason = _reason(row, estimates)
        low, high = words_as_interval(row)
        verdict, against = "not comparable", ""
        if not reason:
            estimate = estimates[int(row["reference_year_first"]), row["stage"]]
            against = estimate.id
            verdict = "low" if high < estimate.low else "high" if low > estimate.high else "consistent"
            reason = "names no elements" if row["elements"] == "unstated" else ""
        found.append((_group(row), verdict, reason, low, high, against))
    columns = ["group", "verdict", "reason", "from_pct", "to_pct", "against"]
    table = claims.join(pd.DataFrame(found, columns=columns, index=claims.index))
    order = ["reference_year_last", "claimant", "figure_id"]
    return table.sort_values(order, kind="stable", ignore_index=True)


def counts(table: pd.DataFrame) -> pd.DataFrame:
    """Number of claims of `register`, a row a member of `GROUPS`, a column a member of `VERDICTS`; a repeat is not counted again."""
    own = tables.select(table, derived_from=None)
    found = pd.crosstab(own["group"], own["verdict"])
    return found.reindex(index=list(GROUPS), columns=list(VERDICTS), fill_value=0)


def compared(table: pd.DataFrame, group: str = "Separation") -> pd.DataFrame:
    """The rows of `register` that have a verdict, repeats left out."""
    return tables.select(table, group=group, derived_from=None, verdict=["consistent", "high", "low"])


def by_definition(rows: pd.DataFrame, feed: Mapping[int, Estimate], product: Mapping[int, Estimate]) -> dict[str, int]:
    """How many consistent claims of `compared` are so by ore, how many more by quota against product, and how many by neither.

    `feed` and `product` are the shares of each year; returned are by_feed, by_product (and not by ore) and between.
    """
    found = {"by_feed": 0, "by_product": 0, "between": 0}
    for row in tables.select(rows, verdict="consistent").itertuples():
        year = int(row.reference_year_first)
        meets = [of[year].low <= row.to_pct and row.from_pct <= of[year].high for of in (feed, product)]
        found["by_feed" if meets[0] else "by_product" if meets[1] else "between"] += 1
    return found


def consistent(table: pd.DataFrame, edition: str) -> Estimate:
    """How many claims about separation in `register` are consistent with the estimate of their year by a USGS edition.

    A repeat is not counted again.
    """
    rows = compared(table)
    held = float((rows["verdict"] == "consistent").sum())
    return Quantity.among("claims", [held], "claims", rows).estimate(
        "claims.consistent.separation",
        stage="separation",
        reference_year=int(rows["reference_year_first"].max()),
        edition=edition,
        method=f"claims whose words and the {LEVEL_PCT} % interval of their year, by ore or by quota against product, have a value in common",
        interval="a count",
        note="claims that repeat another are left out",
        counted=f"of {len(rows)} compared",
    )


def of_csis(table: pd.DataFrame) -> pd.Series:
    """The claim that the source article quotes: CSIS on refining, its newest year."""
    rows = tables.select(table, stage="separation", elements="unstated")
    rows = rows[rows["claimant"].str.startswith("CSIS")]
    return rows.sort_values("reference_year_first").iloc[-1]


# --- What "China processes about 90 %" can mean ---


def rungs(computed: Mapping[str, Estimate]) -> pd.DataFrame:
    """One row a definition, from mine to magnet, computed (by their words) and published; the lower share first within a stage.

    Returns:
        Columns Definition, Stage, Year (text; a claim may state none), Share, %, Interval, % (text) and source_ids.
    """
    rows = [
        (words, one.stage, str(one.reference_year), one.value, f"{one:range}".rstrip("%"), one.source_ids)
        for words, one in computed.items()
    ]
    for _, row in tables.select("claims", rung=lambda words: words != "").iterrows():
        year = "not stated" if pd.isna(row["reference_year_last"]) else str(row["reference_year_last"])
        rows.append((row["rung"], row["stage"], year, row["share_low_pct"], "not given", row["source_ids"]))
    rows.sort(key=lambda row: (list(_STAGES).index(row[1]), row[3], row[0]))
    columns = ["Definition", "Stage", "Year", "Share, %", "Interval, %", "source_ids"]
    return pd.DataFrame(rows, columns=columns).replace({"Stage": _STAGES})


# --- The article that this project starts from ---


def article(csis: pd.Series, csis_words: str) -> pd.DataFrame:
    """The statements of the source article (the first as a row of claims with its verdict), and what the figures say.

    Returns:
        Columns Statement, Found, Row (that says it) and source_ids.
    """
    named = tables.select("plan_treatments", in_article=lambda roles: roles != "").set_index("plan_id")["in_article"]
    plans = tables.load("reserve_plans")
    plans = plans.assign(role=plans["figure_id"].map(named))
    reserve, bill, meeting, forum = (
        tables.select(plans, role=role, one=True) for role in ("reserve", "bill", "meeting", "forum")
    )
    amounts = tables.select(plans, role="part")["budget_amount"]
    of_reserve, of_bill = (
        f"{one['budget_currency']} {one['budget_amount'] / 1e9:g} billion" for one in (reserve, bill)
    )
    said = {
        "China processes about 90 % of the world's rare earths, according to CSIS": (csis, csis_words),
        "Australia sets up a reserve of A$1.2 billion": (
            reserve,
            f"Yes: {reserve['status']}, {of_reserve}; its parts add to {amounts.sum() / 1e9:g} billion, of which "
            f"{amounts.min() / 1e6:g} million is for stock",
        ),
        "The Australian reserve covers antimony, gallium and rare earths": (
            reserve,
            f"Yes, as its first minerals: {read_out(reserve['minerals'])}",
        ),
        "US lawmakers propose an agency of USD 2.5 billion": (
            bill,
            f"Yes, but {bill['status']}: {of_bill} for {bill['managing_body'].split(' (')[0]}, which would buy, store, sell "
            "and lend",
        ),
        "Finance ministers of the G7 and others met in Washington on 12 January 2026": (
            meeting,
            f"Yes: {meeting['plan_name']}, {meeting['announced_on']}, with {meeting['note']}",
        ),
        "South Korea works with the United States": (forum, f"Yes: {forum['plan_name']}, {forum['managing_body']}"),
    }
    rows = [(words, found, row["figure_id"], row["source_ids"]) for words, (row, found) in said.items()]
    return pd.DataFrame(rows, columns=["Statement", "Found", "Row", "source_ids"])
