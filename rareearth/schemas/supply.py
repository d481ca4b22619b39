"""Quotas, mine output, plants, processing, claims, factors, demand and other minerals."""

import pandera.pandas as pa

from rareearth.estimate import BASES
from rareearth.schemas.columns import (
    BOUNDS,
    END,
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

PLANT_MEASURES = (
    "production",
    "pilot_production",
    "formulation",
    "sales",
    "nameplate",
    "run_rate",
    "capacity_estimate",
    "target",
    "forecast",
    "feed",
    "price",
    "income",
    "revenue",
    "status",
)
COUNTRY_MEASURES = (
    "production",
    "production_proxy",
    "production_part_year",
    "production_several_years",
    "production_quota_ore",
    "scrap",
    "scrap_share",
    "operating_rate",
    "undocumented_share",
    "sales",
    "capacity",
    "nameplate",
    "market_share",
    "imported_share",
    "imported_feed",
    "imported_feed_by_origin",
    "forecast_quota_ore",
    "forecast_imported_ore",
    "projection",
)
# How a judgement is drawn: a point is not, a weight is one and is shown at its ends.
DISTRIBUTIONS = ("point", "uniform", "weight")
SCENARIOS = ("", "STEPS", "APS", "NZE", "CPS", "HDS")
CLAIM_END = {name: column for name, column in END.items() if name != "value"}

SCHEMAS = {
    "production/china_quotas.csv": table(
        {
            "figure_id": ID,
            "iso3": text(ISO3),
            "reference_year": YEAR,
            "batch": text(one_of(("full_year", "batch_1", "batch_2", "batch_3", "batches_1_2"))),
            "measure": text(one_of(("quota",))),
            **END,
        }
    ),
    "production/mine_production.csv": table(
        {
            "figure_id": ID,
            "entity": text(FILLED),
            "iso3": text(ISO3),
            "reference_year": YEAR,
            "measure": text(one_of(("production",))),
            "status": text(one_of(("reported", "estimated", "unstated"))),
            **END,
        }
    ),
    "production/reserves.csv": table(
        {
            "figure_id": ID,
            "entity": text(FILLED),
            "iso3": text(ISO3),
            "reference_year": YEAR,
            "measure": text(one_of(("reserves",))),
            "bound": text(one_of(BOUNDS)),
            **END,
        }
    ),
    "processing/facilities.csv": table(
        {
            "figure_id": ID,
            "facility": text(FILLED),
            "company": text(),
            "country": text(FILLED),
            "iso3": text(ISO3),
            **PERIOD,
            "measure": text(one_of(PLANT_MEASURES)),
            "measure_published": text(FILLED),
            "stage_published": text(FILLED),
            "unit_published": text(),
            **END,
        }
    ),
    "processing/processing_by_country.csv": table(
        {
            "figure_id": ID,
            "entity": text(FILLED),
            "iso3": text(ISO3),
            "partner_iso3": text(ISO3),
            "reference_year": YEAR,
            "measure": text(one_of(COUNTRY_MEASURES)),
            "measure_published": text(FILLED),
            "bound": text(one_of(BOUNDS)),
            **END,
        }
    ),
    "processing/assumptions.csv": table(
        {
            "figure_id": ID,
            "name": pa.Column(str, checks=[FILLED], unique=True, report_duplicates="exclude_first"),
            **{name: END[name] for name in ("stage", "basis", "elements")},
            "distribution": text(one_of(DISTRIBUTIONS)),
            **{name: number(NOT_NEGATIVE) for name in ("low", "value", "high")},
            "unit": END["unit"],
            **ORIGIN,
        }
    ),
    "processing/conversion_factors.csv": table(
        {
            "figure_id": ID,
            "material": text(FILLED),
            "from_published": text(FILLED),
            "from_basis": text(one_of(BASES)),
            "to_published": text(FILLED),
            "to_basis": text(one_of(BASES)),
            "factor_low": number(NOT_NEGATIVE),
            "factor_mode": number(NOT_NEGATIVE),
            "factor_high": number(NOT_NEGATIVE),
            **ORIGIN,
        }
    ),
    "claims/claims.csv": table(
        {
            "figure_id": ID,
            "claimant": text(FILLED),
            "claimed_on": text(FILLED),
            "period": text(FILLED),
            "reference_year_first": YEAR,
            "reference_year_last": YEAR,
            "measure": text(
                one_of(("world_share", "joint_share", "capacity_share", "import_share", "projection"))
            ),
            "stage_published": text(FILLED),
            "wording": text(FILLED),
            "bound": text(one_of(BOUNDS)),
            "share_low_pct": number(SHARE),
            "share_high_pct": number(SHARE),
            "derived_from": text(),
            **CLAIM_END,
        }
    ),
    "demand/demand.csv": table(
        {
            "figure_id": ID,
            "entity": text(FILLED),
            "iso3": text(ISO3),
            "reference_year": YEAR,
            "scenario": text(one_of(SCENARIOS)),
            "material": text(FILLED),
            "unit_published": text(FILLED),
            "basis": text(one_of(BASES)),
            "value": number(NOT_NEGATIVE),
            "unit": text(one_of(("t", "kt", "pct", "usd bn"))),
            **ORIGIN,
        }
    ),
    "demand/ree_demand_inputs.csv": table(
        {
            "figure_id": ID,
            "entity": text(FILLED),
            "iso3": text(ISO3),
            "period": text(FILLED),
            "material": text(FILLED),
            "measure_published": text(FILLED),
            "value": number(NOT_NEGATIVE),
            "unit_published": text(FILLED),
            "same_as": text(),
            **ORIGIN,
        }
    ),
    "minerals/other_minerals.csv": table(
        {
            "figure_id": ID,
            "mineral": text(FILLED),
            "stage_published": text(FILLED),
            "entity": text(FILLED),
            "iso3": text(ISO3),
            "reference_year": YEAR,
            "value": number(NOT_NEGATIVE),
            "unit": text(FILLED),
            **ORIGIN,
        }
    ),
}
