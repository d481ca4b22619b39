"""Every published plan with its one treatment, and its money on one scale.

How a plan is treated is data (data/raw/plans/plan_treatments.csv), never code: which rows stand for
themselves, which are budget lines, parts or duplicates of others, which are superseded, closed or not adopted.
Amounts are never added: within one type they stand side by side.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import money, tables
from rareearth.quantity import NONE, Estimate
from rareearth.text import read_out

TYPE_WORDS = {
    "warehouse_days": "State store, by days",
    "warehouse_scenario": "State store, by scenario",
    "warehouse_other": "State store, size not stated",
    "public_lender": "Private stock, public loan",
    "rights": "Rights to supply",
    "price_support": "Price support",
    "joint": "Joint stock",
    "producer": "Producer's reserve",
    "private_mandate": "Private stock by law",
    "fund": "Fund: equity and loans",
    "production_support": "Support of production",
    "coordination": "Coordination",
    "none": "No reserve",
}
# Types that hold material or secure a supply of it; the others stand beside them and are no reserve.
HOLDS_OR_SECURES = tuple(TYPE_WORDS)[:9]
TREATMENT_WORDS = {
    "shown": "stands for itself",
    "budget_line": "budget line of another row",
    "part_of": "part of another row",
    "duplicate": "other figure for another row",
    "superseded": "superseded",
    "closed": "closed",
    "not_adopted": "proposed, lapsed or rumoured",
    "absent": "states that there is none",
}
# What of a release rule is published, by its level.
RELEASE_WORDS = ("", "body named", "body and occasion", "body, occasion and time")
_NO_RELEASE = "nothing to release"
# "" is not published; a plan that pays for projects of others, or for nothing, has no money of its own.
BUDGET_WORDS = {
    "appropriation": "in the budget",
    "borrowing": "borrowed, outside the budget",
    "mixed": "partly in the budget",
    "project_value": "not its own money",
    "none": "no money",
    "unstated": "",
}
# Whose money is compared: a duplicate, a part or a bill that did not pass would count something twice.
WITH_BUDGET = ("shown", "budget_line")


@dataclass(frozen=True)
class Budget:
    """The money of one plan; a part that cannot be had is None, and `missing` says why."""

    plan_id: str
    usd_m: Estimate | None
    annual_usd_m: Estimate | None
    per_gdp: Estimate | None
    per_head: Estimate | None
    missing: str


def accounted() -> pd.DataFrame:
    """Every plan with its treatment, in the order of the table of plans; places and what days count in words.

    Raises:
        ValueError: a plan has no treatment or a treatment no plan, a related plan does not exist, or a part
            names none.
    """
    plans = tables.load("reserve_plans")
    treatments = tables.load("plan_treatments").rename(
        columns={"plan_id": "figure_id", "source_ids": "treatment_source_ids"}
    )
    strangers = set(plans["figure_id"]) ^ set(treatments["figure_id"])
    if strangers:
        raise ValueError(
            f"data/raw/plans/plan_treatments.csv: {', '.join(sorted(strangers))} stand in one of reserve_plans "
            "and plan_treatments only: write one treatment for each plan"
        )
    related = treatments.set_index("figure_id")["related_plan"]
    unknown = sorted(set(related[related != ""]) - set(plans["figure_id"]))
    orphans = sorted(
        treatments[
            treatments["treatment"].isin(["budget_line", "part_of", "duplicate", "superseded"])
            & (treatments["related_plan"] == "")
        ]["figure_id"]
    )
    if unknown or orphans:
        raise ValueError(
            f"data/raw/plans/plan_treatments.csv: {', '.join(unknown + orphans)}: name a related plan that exists"
        )
    plans = plans.assign(
        **{column: plans[column].map(read_out) for column in ("jurisdiction", "coverage_basis")}
    )
    return plans.merge(treatments, on="figure_id", validate="one_to_one")


def account(plans: pd.DataFrame) -> pd.DataFrame:
    """How many rows have each treatment: columns Treatment, Rows; the last row is the number of all.

    Raises:
        ValueError: the counts do not add up to the rows.
    """
    counts = plans["treatment"].value_counts().reindex(list(TREATMENT_WORDS), fill_value=0)
    if counts.sum() != len(plans):
        raise ValueError(f"{counts.sum()} of {len(plans)} plans are accounted for")
    return pd.DataFrame(
        {"Treatment": [*TREATMENT_WORDS.values(), "all rows of the table"], "Rows": [*counts, len(plans)]}
    )


def budget(plan: pd.Series) -> Budget:
    """The published amount of a plan in US dollars, a year, per GDP and per head.

    Args:
        plan: One row of `accounted`.

    Returns:
        Estimates in usd_m, bp_gdp and usd_per_head. low and high differ only where two rates are published.
    """
    name = plan["figure_id"]
    amount, currency = plan["budget_amount"], plan["budget_currency"]
    when = plan["announced_on"] or plan["effective_on"]
    if plan["funding"] == "project_value":
        return Budget(name, None, None, None, None, "the amount is the value of projects, not public money")
    if pd.isna(amount):
        return Budget(name, None, None, None, None, "no amount is published")
    if not when:
        return Budget(name, None, None, None, None, f"{currency} {amount:,.0f}: no date is published")
    rate = money.rate(currency, when)
    if rate is None:
        missing = f"{currency} {amount:,.0f}: no exchange rate of {when[:4]} is at hand"
        return Budget(name, None, None, None, None, missing)
    year = int(when[:4])
    usd_m = _estimate(plan, "budget_usd", "usd_m", year, rate, amount / 1e6, _in_usd(currency, rate))
    years = plan["budget_years"]
    annual = None
    if pd.notna(years):
        method = f"{_in_usd(currency, rate)}, over {years:g} years"
        annual = _estimate(plan, "budget_annual_usd", "usd_m", year, rate, amount / 1e6 / years, method)
    iso3 = plan["iso3_or_group"]
    per_gdp, per_head, missing = None, None, ""
    gdp, people = money.gdp_usd(iso3, year), money.population(iso3, year)
    if gdp:
        yearly = money.rate(currency, str(year))
        method = f"amount x average rate of {year} / GDP of {year} in US dollars"
        per_gdp = _estimate(plan, "budget_per_gdp", "bp_gdp", year, yearly, amount * 1e4, method, over=gdp)
    else:
        missing = f"GDP of {year} is not at hand"
    if people:
        method = f"{_in_usd(currency, rate)} / people of {people.period}"
        per_head = _estimate(plan, "budget_per_head", "usd_per_head", year, rate, amount, method, over=people)
    return Budget(name, usd_m, annual, per_gdp, per_head, missing)


def _in_usd(currency: str, rate: money.Figure) -> str:
    return (
        "amount in US dollars" if currency == "USD" else f"{currency} x US dollars per unit of {rate.period}"
    )


def _estimate(
    plan: pd.Series,
    what: str,
    unit: str,
    year: int,
    rate: money.Figure,
    amount: float,
    method: str,
    over: money.Figure | None = None,
) -> Estimate:
    """``amount x rate / over``, with the plan as first input."""
    figures = (rate, over) if over else (rate,)
    one_value = all(figure.low == figure.high for figure in figures)
    divisor = (over.value, over.low, over.high) if over else (1, 1, 1)
    return Estimate(
        id=f"reserves.{what}.{plan['figure_id'].replace('-', '_')}",
        value=amount * rate.value / divisor[0],
        low=amount * rate.low / divisor[2],
        high=amount * rate.high / divisor[1],
        unit=unit,
        stage=NONE,
        basis=NONE,
        elements=NONE,
        reference_year=year,
        edition=plan["edition"],
        method=method,
        inputs=(plan["figure_id"], *(i for figure in figures for i in figure.figure_ids)),
        source_ids=tuple(
            dict.fromkeys((*plan["source_ids"], *(s for figure in figures for s in figure.source_ids)))
        ),
        interval="no interval: one published amount and one rate" if one_value else "range of sources",
        note=plan["budget_period"],
    )


def budgets(plans: pd.DataFrame) -> dict[str, Budget]:
    """`budget` of every plan that stands for itself or is a budget line, by plan id."""
    rows = plans[plans["treatment"].isin(WITH_BUDGET)]
    return {row["figure_id"]: budget(row) for _, row in rows.iterrows()}


def publicity(plans: pd.DataFrame) -> pd.DataFrame:
    """What each place with a stock of rare earths, planned or held, makes public: the best of its plans.

    Args:
        plans: See `accounted`.

    Returns:
        Columns place, plans (ids), target, inventory, spend (each yes, partly or no), source_ids; sorted by
        how much is public, then by place. Only plans that cover rare earths.
    """
    dimensions = tables.load("plan_dimensions").rename(
        columns={"plan_id": "figure_id", "source_ids": "dimension_source_ids"}
    )
    rows = plans.merge(dimensions, on="figure_id", validate="one_to_one")
    # A level of the release rule is given to stocks only: a right or a floor price has nothing to release.
    rows = rows[(rows["ree_covered"] != "no") & rows["release_level"].notna()]
    order = ["no", "partly", "yes"]
    found = []
    for place, group in rows.groupby("jurisdiction", sort=True):
        best = {
            column.removesuffix("_public"): order[group[column].map(order.index).max()]
            for column in ("target_public", "inventory_public", "spend_public")
        }
        sources = tuple(dict.fromkeys(s for ids in group["dimension_source_ids"] for s in ids))
        found.append({"place": place, "plans": tuple(group["figure_id"]), **best, "source_ids": sources})
    frame = pd.DataFrame(found)
    score = frame[["target", "inventory", "spend"]].map(order.index).sum(axis=1)
    return (
        frame.assign(score=score)
        .sort_values(["score", "place"], ascending=[False, True])
        .drop(columns="score")
    )


def side_by_side(plans: pd.DataFrame, money_of: dict[str, Budget], types: tuple[str, ...]) -> pd.DataFrame:
    """Budgets in US dollars of some types, type by type and by year, as a chart or a table shows them.

    Args:
        plans: See `accounted`.
        money_of: See `budgets`.
        types: Keys of `TYPE_WORDS`.

    Returns:
        Columns type, place, iso3, year, plan, what, usd_m, annual_usd_m, per_gdp, per_head (Estimates, "" where
        there is none), one_year and why (why a column is empty). Only plans whose amount is known in dollars.
    """
    rows = [
        {
            "type": TYPE_WORDS[plan["reserve_type"]],
            "place": plan["jurisdiction"],
            "iso3": plan["iso3_or_group"],
            "year": known.usd_m.reference_year,
            "plan": plan["figure_id"],
            "what": plan["plan_name"],
            "usd_m": known.usd_m,
            "annual_usd_m": known.annual_usd_m or "",
            "per_gdp": known.per_gdp or "",
            "per_head": known.per_head or "",
            "one_year": plan["budget_years"] == 1,
            "why": known.missing,
        }
        for kind in types
        for _, plan in plans[plans["reserve_type"] == kind].iterrows()
        if (known := money_of.get(plan["figure_id"])) and known.usd_m
    ]
    frame = pd.DataFrame(rows)
    order = frame["type"].map([TYPE_WORDS[kind] for kind in types].index)
    keys = frame.assign(order=order).sort_values(["order", "place", "year", "plan"], kind="stable").index
    return frame.loc[keys].reset_index(drop=True)


def _months(date: str) -> int | None:
    """Months since year 0; None where only a year, or nothing, is published."""
    return int(date[:4]) * 12 + int(date[5:7]) if len(date) >= 7 else None


def _apart(first: str, last: str) -> str:
    """Whole months from one date to another; empty where a month is not published, or the order is turned."""
    start, end = _months(first), _months(last)
    return "" if start is None or end is None or end < start else str(end - start)


def dimensions(plans: pd.DataFrame) -> pd.DataFrame:
    """The plans that hold or secure material, side by side along every dimension; empty is not published.

    Args:
        plans: See `accounted`.

    Returns:
        One row a plan: columns of the comparison in words, and source_ids. Months run from the last restriction on
        rare earths before the announcement, a matter of dates and not of cause.
    """
    extra = tables.load("plan_dimensions").rename(
        columns={"plan_id": "figure_id", "source_ids": "dimension_source_ids", "note": "dimension_note"}
    )
    rows = plans.merge(extra, on="figure_id", validate="one_to_one")
    events = tables.load("export_controls_timeline").set_index("figure_id")["date"]
    shock = rows["shock_event"].map(events).fillna("")
    # A decision in force on its day is no store that works: only a plan that operates has a month of operation.
    started = rows["effective_on"].where(rows["status"] == "operating", "")
    return pd.DataFrame(
        {
            "Plan": rows["figure_id"] + " " + rows["jurisdiction"],
            "Type": rows["reserve_type"].map(TYPE_WORDS),
            "Status": rows["status"],
            "Legal strength": rows["legal"],
            "Money": rows["funding"].map(BUDGET_WORDS),
            "Minerals": rows["minerals"].map(read_out),
            "Heavy rare earths named": rows["heavy_named"],
            "Form held": rows["form_held"].map(read_out),
            "Release rule": rows["release_rule"].map(read_out),
            "What of it is published": pd.Categorical(
                [_NO_RELEASE if pd.isna(one) else RELEASE_WORDS[int(one)] for one in rows["release_level"]],
                [*RELEASE_WORDS[::-1], _NO_RELEASE],
                ordered=True,
            ),
            "Who may draw": rows["access"].map(read_out),
            "Keeps": rows["sustains"],
            "Target public": rows["target_public"],
            "Stock public": rows["inventory_public"],
            "Money public": rows["spend_public"],
            "Announced": rows["announced_on"],
            "In force": rows["effective_on"],
            "Months, restriction to announcement": [
                _apart(*pair) for pair in zip(shock, rows["announced_on"], strict=True)
            ],
            "Months, announcement to operation": [
                _apart(*pair) for pair in zip(rows["announced_on"], started, strict=True)
            ],
            "source_ids": rows["dimension_source_ids"],
        }
    )


def known(side: pd.DataFrame) -> pd.DataFrame:
    """For how many plans each dimension is published: columns Dimension, Published, Not published.

    Args:
        side: See `dimensions`.
    """
    columns = [column for column in side.columns if column not in ("Plan", "source_ids")]
    blank = [int((side[column] == "").sum()) for column in columns]
    return pd.DataFrame(
        {"Dimension": columns, "Published": [len(side) - one for one in blank], "Not published": blank}
    )


def waits(side: pd.DataFrame) -> pd.DataFrame:
    """Months from a restriction to the announcement and on to operation, where the first is known.

    Args:
        side: See `dimensions`.

    Returns:
        Columns plan, announced (months after the restriction), operating (months after it; missing where no month of
        operation is published), the shortest wait first.
    """
    rows = side[side["Months, restriction to announcement"] != ""]
    announced = rows["Months, restriction to announcement"].astype(int)
    more = pd.to_numeric(rows["Months, announcement to operation"], errors="coerce")
    frame = pd.DataFrame({"plan": rows["Plan"], "announced": announced, "operating": announced + more})
    return frame.sort_values(["announced", "plan"], kind="stable").reset_index(drop=True)
