"""Reserve plans, inventories and requirements; money; events."""

import pandera.pandas as pa

from rareearth.estimate import ELEMENTS
from rareearth.schemas.columns import (
    BOUNDS,
    FILLED,
    ID,
    ISO3,
    NOT_NEGATIVE,
    ORIGIN,
    PERIOD,
    SHARE,
    YEAR,
    number,
    one_of,
    table,
    text,
)

PLAN_STATUS = (
    "adopted",
    "announced",
    "announced; no transaction recorded",
    "approved",
    "closed",
    "conditional commitment",
    "construction",
    "contracted",
    "enacted",
    "lapsed",
    "none",
    "operating",
    "partly disbursed",
    "pilot",
    "proposed",
    "reported",
    "rumour",
    "signed",
    "superseded",
    "under consideration",
)
INSTRUMENTS = (
    "physical_stockpile",
    "stockpile_infrastructure",
    "private_stock_mandate",
    "capacity_reserve",
    "deposit_reserve",
    "joint_purchase",
    "offtake",
    "futures_and_options",
    "price_floor",
    "price_stabilisation",
    "equity",
    "loan",
    "loan_guarantee",
    "grant",
    "subsidy",
    "research",
    "recycling",
    "exploration",
    "processing",
    "domestic_production",
    "infrastructure",
    "procurement",
    "trade_measure",
    "export_ban",
    "targets",
    "coordination",
    "none",
)
RESERVE_TYPES = (
    "warehouse_days",
    "warehouse_scenario",
    "warehouse_other",
    "public_lender",
    "rights",
    "price_support",
    "joint",
    "producer",
    "private_mandate",
    "fund",
    "production_support",
    "coordination",
    "none",
)
TREATMENTS = (
    "shown",
    "budget_line",
    "part_of",
    "duplicate",
    "superseded",
    "closed",
    "not_adopted",
    "absent",
)
# Of a published stock: how its size is measured. Empty: nothing but words is published.
HOLDING_UNITS = (
    "",
    "t",
    "kg",
    "short_tons",
    "days",
    "weeks",
    "months",
    "years",
    "usd_m",
    "count",
    "pct",
    "pct_of_year_use",
)
MARKETS = ("China", "Europe", "North America", "unstated")
PUBLIC = ("yes", "partly", "no")
_DATE = pa.Check.str_matches(r"^\d{4}(-\d\d){0,2}$", error="F03 is no date")
_DATE_OR_EMPTY = pa.Check.str_matches(r"^(\d{4}(-\d\d){0,2})?$", error="F03 is no date")


# Stocks, and what is said to be needed: values may be undisclosed, and are printed as ranges or bounds.
_HOLDING = table(
    {
        "figure_id": ID,
        "entity": text(FILLED),
        "iso3": text(ISO3),
        "material": text(FILLED),
        **PERIOD,
        "measure": text(FILLED),
        "bound": text(one_of(BOUNDS)),
        "value": number(NOT_NEGATIVE),
        "value_high": number(NOT_NEGATIVE),
        "unit_published": text(),
        "unit": text(one_of(HOLDING_UNITS)),
        **ORIGIN,
    }
)


def _instruments() -> pa.Check:
    """Words of `INSTRUMENTS` joined by semicolons, or nothing."""
    return pa.Check(
        lambda words: set(filter(None, words.split(";"))) <= set(INSTRUMENTS),
        element_wise=True,
        error=f"F02 holds a word that is none of {', '.join(INSTRUMENTS)}",
    )


SCHEMAS = {
    "plans/reserve_plans.csv": table(
        {
            "figure_id": ID,
            "jurisdiction": text(FILLED),
            "iso3_or_group": text(FILLED),
            "plan_name": text(FILLED),
            "instrument_types": text(FILLED),
            "instruments": text(_instruments()),
            "instruments_considered": text(_instruments()),
            "status": text(one_of(PLAN_STATUS)),
            "announced_on": text(_DATE_OR_EMPTY),
            "effective_on": text(_DATE_OR_EMPTY),
            "budget_amount": number(NOT_NEGATIVE),
            "budget_currency": text(pa.Check.str_matches(r"^([A-Z]{3})?$", error="F02 is no ISO 4217 code")),
            "budget_period": text(),
            "minerals": text(),
            "ree_covered": text(one_of(("yes", "no", "unclear"))),
            "coverage_days_target": number(NOT_NEGATIVE),
            "coverage_basis": text(),
            "managing_body": text(),
            **ORIGIN,
        }
    ),
    "plans/plan_treatments.csv": table(
        {
            "plan_id": ID,
            "reserve_type": text(one_of(RESERVE_TYPES)),
            "treatment": text(one_of(TREATMENTS)),
            "related_plan": text(),
            "funding": text(
                one_of(("appropriation", "borrowing", "mixed", "project_value", "unstated", "none")),
            ),
            "budget_years": number(NOT_NEGATIVE),
            "reason": text(FILLED),
            "source_ids": ORIGIN["source_ids"],
        }
    ),
    "plans/plan_dimensions.csv": table(
        {
            "plan_id": ID,
            "legal": text(one_of(("law", "decision", "contract", "statement"))),
            "form_held": text(),
            "heavy_named": text(one_of(("named", "all 17", "no"))),
            "release_rule": text(),
            "release_level": number(pa.Check.in_range(0, 3, error="F05 is no level of 0 to 3")),
            "access": text(),
            "target_public": text(one_of(PUBLIC)),
            "inventory_public": text(one_of(PUBLIC)),
            "spend_public": text(one_of(PUBLIC)),
            "shock_event": text(),
            "sustains": text(one_of(("stock", "capacity", "both", "deposit"))),
            "source_ids": ORIGIN["source_ids"],
            "note": text(),
        }
    ),
    "plans/reserve_inventories.csv": _HOLDING,
    "plans/reserve_requirements.csv": _HOLDING,
    "plans/reserve_assumptions.csv": table(
        {
            "figure_id": ID,
            "name": text(FILLED),
            "low": number(NOT_NEGATIVE),
            "value": number(NOT_NEGATIVE),
            "high": number(NOT_NEGATIVE),
            "unit": text(one_of(("pct", "ratio"))),
            **ORIGIN,
        }
    ),
    "events/stylised_shocks.csv": table(
        {
            "figure_id": ID,
            "title": text(FILLED),
            "kind": text(one_of(("stylised",))),
            **{f"depth{end}_pct": number(SHARE) for end in ("_low", "", "_high")},
            **{f"length{end}_days": number(NOT_NEGATIVE) for end in ("_low", "", "_high")},
            **{f"recovery{end}_days": number(NOT_NEGATIVE) for end in ("_low", "", "_high")},
            **ORIGIN,
        }
    ),
    "money/fx_rates.csv": table(
        {
            "figure_id": ID,
            "currency": text(pa.Check.str_matches(r"^[A-Z]{3}$", error="F02 is no ISO 4217 code")),
            **PERIOD,
            "value": number(pa.Check.gt(0, error="F05 is not above 0")),
            "unit": text(one_of(("usd per unit",))),
            **ORIGIN,
        }
    ),
    "money/macro.csv": table(
        {
            "figure_id": ID,
            "iso3": text(ISO3),
            "reference_year": YEAR,
            "measure": text(one_of(("gdp", "gdp_lcu", "population"))),
            "value": number(NOT_NEGATIVE),
            "unit": text(one_of(("usd bn", "lcu bn", "m"))),
            **ORIGIN,
        }
    ),
    "money/prices.csv": table(
        {
            "figure_id": ID,
            "material": text(FILLED),
            **PERIOD,
            "market": text(one_of(MARKETS)),
            "basis_published": text(FILLED),
            "bound": text(one_of(BOUNDS)),
            "value": number(NOT_NEGATIVE),
            "value_high": number(NOT_NEGATIVE),
            "unit": text(one_of(("USD/kg", "USD/t", "CNY/t", "CNY/kg", "AUD/kg"))),
            **ORIGIN,
        }
    ),
    "events/shock_impacts.csv": table(
        {
            "figure_id": ID,
            "entity": text(FILLED),
            "iso3": text(ISO3),
            "scenario": text(FILLED),
            "duration": text(),
            "measure": text(FILLED),
            "value": number(),
            "unit": text(FILLED),
            **ORIGIN,
        }
    ),
    "events/control_lists.csv": table(
        {
            "figure_id": ID,
            "announcement": text(FILLED),
            "announced_on": text(_DATE),
            "element": text(one_of(("", *ELEMENTS))),
            "goods": text(FILLED),
            "item_code": text(),
            "hs_code": text(pa.Check.str_matches(r"^(\d\d)*$", error="F02 is no HS code")),
            "status": text(one_of(("in force", "suspended"))),
            **ORIGIN,
        }
    ),
    "events/export_controls_timeline.csv": table(
        {
            "figure_id": ID,
            "date": text(_DATE),
            "actor": text(FILLED),
            "target": text(),
            "event": text(FILLED),
            "materials": text(),
            **ORIGIN,
        }
    ),
}
