"""Reserve plans, inventories and requirements; money; events."""

import pandera.pandas as pa

from rareearth.schemas.columns import (
    BOUNDS,
    FILLED,
    ID,
    ISO3,
    NOT_NEGATIVE,
    ORIGIN,
    PERIOD,
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
        "unit": text(),
        **ORIGIN,
    }
)

SCHEMAS = {
    "plans/reserve_plans.csv": table(
        {
            "figure_id": ID,
            "jurisdiction": text(FILLED),
            "iso3_or_group": text(FILLED),
            "plan_name": text(FILLED),
            "instrument_types": text(FILLED),
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
    "plans/reserve_inventories.csv": _HOLDING,
    "plans/reserve_requirements.csv": _HOLDING,
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
            "measure": text(one_of(("gdp", "population"))),
            "value": number(NOT_NEGATIVE),
            "unit": text(one_of(("usd bn", "m"))),
            **ORIGIN,
        }
    ),
    "money/prices.csv": table(
        {
            "figure_id": ID,
            "material": text(FILLED),
            **PERIOD,
            "basis_published": text(FILLED),
            "bound": text(one_of(BOUNDS)),
            "value": number(NOT_NEGATIVE),
            "value_high": number(NOT_NEGATIVE),
            "unit": text(one_of(("USD/kg", "USD/t", "CNY/t", "AUD/kg"))),
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
    "events/export_controls_timeline.csv": table(
        {
            "figure_id": ID,
            "date": text(pa.Check.str_matches(r"^\d{4}(-\d\d){0,2}$", error="F03 is no date")),
            "actor": text(FILLED),
            "target": text(),
            "event": text(FILLED),
            "materials": text(),
            **ORIGIN,
        }
    ),
}
