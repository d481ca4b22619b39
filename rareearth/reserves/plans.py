"""Every published plan with its one treatment, and its money on one scale.

How a plan is treated is data (data/raw/plans/plan_treatments.csv), never code: which rows stand for
themselves, which are budget lines, parts or duplicates of others, which are superseded, closed or not adopted.
Amounts are never added: within one type they stand side by side.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from rareearth import conversion, files, tables
from rareearth.quantity import USD_M, Estimate, Quantity, origins
from rareearth.text import DOES_NOT_APPLY, day, listed, neutral, read_out

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
    "shown": "counts in its own right",
    "budget_line": "budget line of another row",
    "part_of": "part of another row",
    "duplicate": "other figure for another row",
    "superseded": "superseded",
    "closed": "closed",
    "not_adopted": "proposed, lapsed or rumoured",
    "absent": "states that there is none",
}
# Of these treatments a row must name the plan that it belongs to.
_OF_ANOTHER = ("budget_line", "part_of", "duplicate", "superseded")
# Whose money is compared: a duplicate, a part or a bill that did not pass would count something twice.
WITH_BUDGET = ("shown", "budget_line")
# What of a release rule is published, by its level.
RELEASE_WORDS = {0: "", 1: "body named", 2: "body and occasion", 3: "body, occasion and time"}
# Kind of money, as the comparison says it.
_MONEY_WORDS = {
    "appropriation": "public, in the budget",
    "borrowing": "loans or borrowed money",
    "mixed": "public and private",
    "project_value": "value of projects, not public money",
    "none": "none",
    "unstated": "kind of money not stated",
}
_STORES = ("warehouse_days", "warehouse_scenario", "warehouse_other", "public_lender", "producer", "joint")
# What is asked of a store and means nothing of a plan that holds no material.
_OF_STORES = "Target;Target of what;Published stock;Release rule;Release published;Form held;Keeps".split(";")
# What a ministry asks of every plan, and besides of those that hold material.
_ASKED_OF_ALL = ("Money", "Announced")
_ASKED = (*_ASKED_OF_ALL, "Target", "Published stock", "Who may draw", "Release rule", "Form held")
_HOLDS_NOTHING = ("price_support", "fund", "production_support", "coordination", "none")
_PUBLIC = ("no", "partly", "yes")


@dataclass(frozen=True)
class Budget:
    """The money of one plan."""

    # Estimates by what they are: usd, annual_usd (millions), per_gdp, per_head; what cannot be had is left out.
    sizes: dict[str, Estimate] = field(default_factory=dict)
    missing: str = ""  # why one is left out, in words


def accounted() -> pd.DataFrame:
    """Every plan with its treatment, in the order of the table of plans; places and what days count in words.

    Raises:
        ValueError: a plan has no treatment or a treatment no plan, a related plan does not exist, or a part
            names none.
    """
    plans, treatments = tables.load("reserve_plans"), _judged("plan_treatments", "treatment")
    where = "data/raw/plans/plan_treatments.csv"
    if strangers := sorted(set(plans["figure_id"]) ^ set(treatments["figure_id"])):
        raise ValueError(
            f"{where}: {', '.join(strangers)} stand in one of reserve_plans and plan_treatments only: write one "
            "treatment for each plan"
        )
    related = set(treatments["related_plan"]) - {""}
    orphans = tables.select(treatments, treatment=_OF_ANOTHER, related_plan="")["figure_id"]
    if wrong := sorted({*related - set(plans["figure_id"]), *orphans}):
        raise ValueError(f"{where}: {', '.join(wrong)}: name a related plan that exists")
    for column in ("jurisdiction", "coverage_basis"):
        plans[column] = plans[column].map(read_out)
    return plans.merge(treatments, on="figure_id", validate="one_to_one")


def _judged(table: str, prefix: str) -> pd.DataFrame:
    """A table of judgements on plans, to be joined to them by their id."""
    names = {"plan_id": "figure_id", "source_ids": f"{prefix}_source_ids", "note": f"{prefix}_note"}
    return tables.load(table).rename(columns=names)


def with_days(plans: pd.DataFrame) -> pd.DataFrame:
    """The plans of `accounted` in force that state a target in days, sorted by days and place."""
    rows = tables.select(plans, treatment="shown", coverage_days_target=lambda days: days.notna())
    return rows.sort_values(["coverage_days_target", "jurisdiction", "figure_id"], kind="stable")


def account(plans: pd.DataFrame) -> pd.DataFrame:
    """How many rows have each treatment: columns Treatment, Rows; the last row is the number of all."""
    counts = plans["treatment"].value_counts().reindex(list(TREATMENT_WORDS), fill_value=0)
    return pd.DataFrame(
        {"Treatment": [*TREATMENT_WORDS.values(), "all rows of the table"], "Rows": [*counts, len(plans)]}
    )


def budget(plan: pd.Series) -> Budget:
    """The published amount of a row of `accounted` in US dollars, a year, per GDP and per head.

    low and high differ only where two rates are published.
    """
    amount, currency, years = plan["budget_amount"], plan["budget_currency"], plan["budget_years"]
    when, iso3 = plan["announced_on"] or plan["effective_on"], plan["iso3_or_group"]
    if plan["funding"] == "project_value":
        return Budget(missing="the amount is the value of projects, not public money")
    if pd.isna(amount):
        return Budget(missing="no amount is published")
    if not when:
        return Budget(missing=f"{currency} {amount:,.0f}: no date is published")
    rate, year = conversion.rate(currency, when), int(when[:4])
    if rate is None:
        return Budget(missing=f"{currency} {amount:,.0f}: no exchange rate of {when[:4]} is held")

    in_usd = "amount in US dollars" if currency == "USD" else f"{currency} x US dollars per unit of {rate.name}"
    in_millions, gdp, people = rate * (amount / 1e6), conversion.gdp_usd(iso3, year), conversion.population(iso3, year)
    found = {"usd": (USD_M, in_millions, in_usd)}
    # A loan is not spent in equal parts: only money of the budget is divided by its years.
    if pd.notna(years) and plan["funding"] == "appropriation":
        over = f"{in_usd}, over {years:g} year{'' if years == 1 else 's'}"
        found["annual_usd"] = USD_M, in_millions * (1 / years), over
    if gdp:
        per_gdp = conversion.rate(currency, str(year)) * (amount * 1e4) * gdp.inverse()
        found["per_gdp"] = "bp_gdp", per_gdp, f"amount x average rate of {year} / GDP of {year} in US dollars"
    if people:
        per_head = rate * amount * people.inverse()
        found["per_head"] = "usd_per_head", per_head, f"{in_usd} / people of {people.name}"
    sizes = {
        what: Quantity("budget", *of.ends, unit, *origins(plan, of)).estimate(
            f"reserves.budget_{what}.{plan['figure_id'].replace('-', '_')}",
            reference_year=year,
            edition=plan["edition"],
            method=method,
            interval="range of sources" if of.low < of.high else "no interval: one published amount and one rate",
            note=plan["budget_period"],
        )
        for what, (unit, of, method) in found.items()
    }
    return Budget(sizes, "" if gdp else f"GDP of {year} not held")


def budgets(plans: pd.DataFrame) -> dict[str, Budget]:
    """`budget` of every plan that counts in its own right or is a budget line, by plan id."""
    rows = tables.select(plans, treatment=WITH_BUDGET)
    return {row["figure_id"]: budget(row) for _, row in rows.iterrows()}


def _stocks(plans: pd.DataFrame) -> pd.DataFrame:
    """The plans of a stock of rare earths, planned or held, with what is judged of each."""
    judged = plans.merge(_judged("plan_dimensions", "dimension"), on="figure_id", validate="one_to_one")
    # A level of the release rule is given to stocks only: a right or a floor price has nothing to release.
    return tables.select(judged, ree_covered=["yes", "unclear"], release_level=lambda levels: levels.notna())


def in_full(plans: pd.DataFrame) -> Estimate:
    """How many of the places of `publicity` publish their stock in full."""
    rows, public = _stocks(plans), publicity(plans)
    inputs, sources = origins(rows.assign(source_ids=rows["dimension_source_ids"]))
    count = int((public["inventory"] == "yes").sum())
    return Quantity("places", count, count, count, "places", inputs, sources).estimate(
        "reserves.places_with_published_stock",
        reference_year=int(rows["announced_on"].max()[:4]),
        edition=rows["edition"].max(),
        method=f"places whose stock of rare earths is published in full, of {len(public)} with a reserve, planned or held",
        interval="no interval: a count of what we found",
    )


def publicity(plans: pd.DataFrame) -> pd.DataFrame:
    """What each place with a stock of rare earths, planned or held, makes public: the best of its plans in `accounted`.

    Returns:
        Columns place, iso3, target, inventory, spend (each yes, partly or no), source_ids; sorted by how much is public, then
        by place. Only plans that cover rare earths.
    """
    found = []
    for (place, iso3), group in _stocks(plans).groupby(["jurisdiction", "iso3_or_group"], sort=True):
        answered = ("target", "inventory", "spend")
        best = [max(group[f"{what}_public"].map(_PUBLIC.index)) for what in answered]
        sources = tuple(dict.fromkeys(group["dimension_source_ids"].sum()))
        found.append((-sum(best), place, iso3, *(_PUBLIC[level] for level in best), sources))
    columns = ["place", "iso3", *answered, "source_ids"]
    return pd.DataFrame([row for _, *row in sorted(found)], columns=columns)


def side_by_side(plans: pd.DataFrame, money_of: dict[str, Budget], kind: str) -> pd.DataFrame:
    """The `budgets` of one type of `TYPE_WORDS` by place and year, of the plans whose amount is known in dollars, as a page shows them.

    Returns:
        Columns Place, Year, Plan, Amount, A year, Per GDP, A head (Estimates, "" where there is none).
    """
    sizes = {"usd": "Amount", "annual_usd": "A year", "per_gdp": "Per GDP", "per_head": "A head"}
    rows = [
        (plan.jurisdiction, known["usd"].reference_year, plan.figure_id, plan.plan_name)
        + tuple(known.get(what, "") for what in sizes)
        for plan in tables.select(plans, reserve_type=kind).itertuples()
        if plan.figure_id in money_of and (known := money_of[plan.figure_id].sizes)
    ]
    frame = pd.DataFrame(rows, columns=["Place", "Year", "id", "Plan", *sizes.values()])
    return frame.sort_values(["Place", "Year", "id"], ignore_index=True).drop(columns="id")


def _months_apart(first: str, last: str) -> str:
    """Whole months from one date to another; empty where a month is not published, or the order is turned."""
    if min(len(first), len(last)) < len("yyyy-mm"):
        return ""
    start, end = (int(date[:4]) * 12 + int(date[5:7]) for date in (first, last))
    return "" if end < start else str(end - start)


def comparison(plans: pd.DataFrame) -> pd.DataFrame:
    """The one comparison: every plan of `accounted` that counts in its own right, by kind and place; an empty cell is not published.

    Kinds stand apart and are never ranked together: a right, a stock and a floor price are three quantities.

    Returns:
        One row a plan, with its columns in words. Months from restriction to announcement are a matter of dates and not of
        cause; Not published names the columns of `_ASKED` that are empty; plan_id and source_ids stand at the end.
    """
    rows, every = [], accounted()
    judged = _judged("plan_dimensions", "dimension").set_index("figure_id")
    lines = tables.select(every, treatment="budget_line")
    restrictions = tables.load("export_controls_timeline").set_index("figure_id")["date"].to_dict()
    for _, plan in tables.select(every, treatment="shown").iterrows():
        size, own = budget(plan), plan["figure_id"] in judged.index
        facts = judged.loc[plan["figure_id"]] if own else defaultdict(str)
        days = plan["coverage_days_target"]
        usd, per_gdp = (size.sizes.get(what) for what in ("usd", "per_gdp"))
        row = {
            "Kind": TYPE_WORDS[plan["reserve_type"]],
            "Place": plan["jurisdiction"],
            "Plan": plan["short_name"] or plan["plan_name"],
            "Published name": plan["plan_name"],
            "Status": plan["status"],
            "Minerals": read_out(plan["minerals"]),
            "Rare earths": plan["ree_covered"],
            "Target": f"{days:.0f} days" if pd.notna(days) else "",
            "Target of what": plan["coverage_basis"],
            "Published stock": _stock_words(plan) if plan["reserve_type"] in _STORES else "",
            "Money": _money(plan, lines),
            "Kind of money": _kind_of_money(plan),
            "USD million": usd.value if usd else None,
            "Per GDP": f"{per_gdp.number()} basis points" if per_gdp else size.missing,
            "Legal force": facts["legal"].replace("decision", "decision of the government"),
            "Who may draw": read_out(facts["access"]),
            "Release rule": read_out(facts["release_rule"]),
            "Release published": RELEASE_WORDS.get(facts["release_level"], "nothing to release") if own else "",
            "Form held": read_out(facts["form_held"]),
            "Heavy rare earths named": facts["heavy_named"],
            "Keeps": facts["sustains"],
            "Announced": plan["announced_on"],
            "In force": plan["effective_on"],
            "Months from restriction to announcement": _months_apart(
                restrictions.get(facts["shock_event"], ""), plan["announced_on"]
            ),
            # A decision in force on its day is no store that works: only a plan that operates has a month of operation.
            "Months from announcement to operation": _months_apart(
                plan["announced_on"], plan["effective_on"] if plan["status"] == "operating" else ""
            ),
        }
        asked = _ASKED if plan["reserve_type"] in _STORES else _ASKED_OF_ALL
        row["Not published"] = listed(name.lower() for name in asked if not row[name])
        if plan["reserve_type"] in _HOLDS_NOTHING:
            row |= {name: row[name] or DOES_NOT_APPLY for name in _OF_STORES}
        rows.append({**row, "plan_id": plan["figure_id"], "source_ids": plan["source_ids"]})
    order = list(TYPE_WORDS.values())
    rows.sort(key=lambda row: (order.index(row["Kind"]), row["Place"], row["Announced"], row["plan_id"]))
    # Of all plans, so that a place without any has the columns too.
    return tables.select(pd.DataFrame(rows), plan_id=plans["figure_id"].tolist()).reset_index(drop=True)


def _kind_of_money(plan: pd.Series) -> str:
    private = plan["private_amount"]
    if pd.isna(private):
        return _MONEY_WORDS[plan["funding"]]
    public = _amount(plan["budget_currency"], plan["budget_amount"] - private)
    return f"public loan of {public} and {_amount(plan['budget_currency'], private)} of private money"


def _amount(currency: str, amount: float) -> str:
    unit, words = (1e9, "billion") if amount >= 1e9 else (1e6, "million")
    return f"{currency} {amount / unit:,g} {words}"


def _money(plan: pd.Series, lines: pd.DataFrame) -> str:
    """The amount of a plan, or its budget lines, or why a price floor has none."""
    if pd.notna(plan["budget_amount"]):
        return _amount(plan["budget_currency"], plan["budget_amount"])
    own = tables.select(lines, related_plan=plan["figure_id"], budget_amount=lambda amounts: amounts.notna())
    if len(own):
        return "in budget lines: " + listed(
            f"{_amount(row.budget_currency, row.budget_amount)} ({(row.announced_on or row.effective_on)[:4]})"
            for row in own.itertuples()
        )
    return "no fixed sum" if plan["reserve_type"] == "price_support" else ""


def _stock_words(plan: pd.Series) -> str:
    if plan["ree_covered"] == "no":
        return ""
    rows = tables.select("reserve_inventories", iso3=plan["iso3_or_group"], newest="yes", rare_earths="alone")
    return "; ".join(
        f"{row.material}: {row.value:,g} {row.unit_published} ({day(row.period)})" for row in rows.itertuples()
    )


def write(folder: Path) -> None:
    """The comparison as plans.csv and plans.parquet in a folder; a reader never sees half of a file."""
    found = comparison(accounted())
    found["source_ids"] = found["source_ids"].map(";".join)
    files.write(folder / "plans.csv", found.map(neutral).to_csv(index=False, lineterminator="\n"))
    with files.part(folder / "plans.parquet") as part:
        found.to_parquet(part, index=False)
