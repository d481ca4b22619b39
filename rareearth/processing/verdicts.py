"""Every published claim against the estimate of its own year, stage, basis and elements, or why there is none.

Words are read as intervals: "about 90" is nearer to 90 than to 85 or 95, "nearly 90" stops at 90, "over 85" is open
above, and a plain number is as wide as its digits. A claim is consistent when its interval and the 90 % interval of the
estimate have a value in common. A claim that an estimate is made from never tests it.
"""

import re
from collections.abc import Mapping

import pandas as pd

from rareearth import tables
from rareearth.quantity import Estimate
from rareearth.text import read_out

_NOT_COMPARABLE = {
    "capacity_share": "capacity, not output",
    "import_share": "share of imports, not of the world",
    "joint_share": "several countries together",
    "projection": "projection",
}
VERDICTS = ("consistent", "high", "low", "not comparable")


def words_as_interval(row: pd.Series) -> tuple[float, float]:
    """What a claim leaves open, in percent.

    Args:
        row: A row of claims: share_low_pct, share_high_pct, bound, wording, note.
    """
    low, high = row["share_low_pct"], row["share_high_pct"]
    high = low if pd.isna(high) else high
    if row["bound"] == "lower":
        return low, 100.0
    if row["bound"] == "range":
        return low, high
    if re.search(r"\bnearly\b", f"{row['wording']} {row['note']}".lower()):
        return low - 3, high
    half = 2.5 if row["bound"] == "about" else 0.5 if float(low).is_integer() else 0.05
    return max(0.0, low - half), min(100.0, high + half)


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
        return (
            "no estimate of that stage" if row["stage"] in ("metal", "magnet") else "no estimate of that year"
        )
    return ""


def register(estimates: Mapping[tuple[int, str], Estimate]) -> pd.DataFrame:
    """All rows of claims.csv with their verdict.

    Args:
        estimates: Year and stage (``mine``, ``separation``) to the share of all elements in t REO.

    Returns:
        The rows of claims with the columns verdict (a member of `VERDICTS`), reason, from_pct, to_pct (the words as an
        interval) and against (the id of the estimate); in the order of year and claimant, repeats after others.
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
        found.append((verdict, reason, low, high, against))
    columns = ["verdict", "reason", "from_pct", "to_pct", "against"]
    table = claims.join(pd.DataFrame(found, columns=columns, index=claims.index))
    return table.sort_values(["reference_year_last", "claimant", "figure_id"], kind="stable").reset_index(
        drop=True
    )


def counts(table: pd.DataFrame) -> dict[str, int]:
    """Number of claims by verdict, one vote per lineage: repeats of another claim are left out."""
    own = table[table["derived_from"] == ""]
    return {verdict: int((own["verdict"] == verdict).sum()) for verdict in VERDICTS}


# The statements of the article that this project starts from: what it says, and the table and row that hold it.
_ARTICLE = (
    ("China processes about 90 % of the world's rare earths, according to CSIS", "claims", "C005"),
    ("Australia sets up a reserve of A$1.2 billion", "plans", "AU-01"),
    ("The Australian reserve covers antimony, gallium and rare earths", "plans", "AU-01"),
    ("US lawmakers propose an agency of USD 2.5 billion", "plans", "US-09"),
    ("Finance ministers of the G7 and others met in Washington on 12 January 2026", "plans", "G7-02"),
    ("South Korea works with the United States", "plans", "FORGE-01"),
)


def article(csis: str) -> pd.DataFrame:
    """The statements of the source article, each with what the figures say and the row that says it.

    Args:
        csis: The verdict on the first statement, in words, from the claim register.

    Returns:
        Columns Statement, Found, Row; and source_ids.
    """
    plans = tables.load("reserve_plans").set_index("figure_id", drop=False)
    claims = tables.load("claims").set_index("figure_id", drop=False)
    reserve, parts = plans.loc["AU-01"], plans.loc[["AU-02", "AU-03"]]
    bill, meeting, forum = plans.loc["US-09"], plans.loc["G7-02"], plans.loc["FORGE-01"]
    found = [
        csis,
        f"Yes: {reserve['status']}, {reserve['budget_currency']} {reserve['budget_amount'] / 1e9:g} billion; its parts "
        f"add to {parts['budget_amount'].sum() / 1e9:g} billion, of which {parts['budget_amount'].min() / 1e6:g} "
        "million is for stock",
        f"Yes, as its first minerals: {read_out(reserve['minerals'])}",
        f"Yes, but {bill['status']}: {bill['budget_currency']} {bill['budget_amount'] / 1e9:g} billion for "
        f"{bill['managing_body'].split(' (')[0]}, which would buy, store, sell and lend",
        f"Yes: {meeting['plan_name']}, {meeting['announced_on']}, with {meeting['note']}",
        f"Yes: {forum['plan_name']}, {forum['managing_body']}",
    ]
    rows = [(plans if table == "plans" else claims).loc[figure] for _, table, figure in _ARTICLE]
    return pd.DataFrame(
        {
            "Statement": [statement for statement, _, _ in _ARTICLE],
            "Found": found,
            "Row": [figure for _, _, figure in _ARTICLE],
            "source_ids": [row["source_ids"] for row in rows],
        }
    )
