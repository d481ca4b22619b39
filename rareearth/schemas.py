"""What every table of data/raw must look like: typed, closed vocabularies, one fact a row."""

import pandera.pandas as pa

from rareearth.estimate import BASES, ELEMENTS, STAGES

UNITS = ("t", "kt", "kg", "t/yr", "t/month", "usd/kg", "pct")
CONFIDENCE = ("high", "medium", "low")
BOUNDS = ("exact", "about", "lower", "upper", "range")
KINDS = ("official", "company", "industry", "news", "academic", "think-tank", "assumption")
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
    "status",
)
COUNTRY_MEASURES = (
    "production",
    "production_proxy",
    "production_part_year",
    "production_several_years",
    "production_quota_ore",
    "scrap",
    "sales",
    "capacity",
    "nameplate",
    "market_share",
    "imported_feed",
    "imported_feed_by_origin",
    "forecast_quota_ore",
    "forecast_imported_ore",
    "projection",
)
# Rule codes, so that a message can be looked up: the check's name is the code.
_ISO3 = pa.Check.str_matches(r"^([A-Z]{3})?$", error="F01 is no ISO 3166-1 alpha-3 code")
_FILLED = pa.Check.str_length(min_value=1, error="F04 is empty")


def _one_of(words: tuple[str, ...]) -> pa.Check:
    return pa.Check.isin(words, error=f"F02 is none of {', '.join(words)}")


def _text(*checks: pa.Check) -> pa.Column:
    return pa.Column(str, checks=list(checks))


def _number(*checks: pa.Check) -> pa.Column:
    return pa.Column(float, checks=list(checks), nullable=True)


_YEAR = pa.Column(
    "Int64", checks=pa.Check.in_range(1900, 2050, error="F03 is no year of 1900 to 2050"), nullable=True
)
_NOT_NEGATIVE = pa.Check.ge(0, error="F05 is negative")
_SHARE = pa.Check.in_range(0, 100, error="F06 is a share outside 0 to 100")
_ID = pa.Column(str, checks=[_FILLED], unique=True, report_duplicates="exclude_first")
_END = {
    "stage": _text(_one_of(STAGES)),
    "basis": _text(_one_of(BASES)),
    "elements": _text(_one_of(ELEMENTS)),
    "value": _number(_NOT_NEGATIVE),
    "unit": _text(_FILLED, _one_of(UNITS)),
    "edition": _text(_FILLED),
    "source_ids": pa.Column(
        object, checks=pa.Check(lambda ids: len(ids) > 0, element_wise=True, error="F04 is empty")
    ),
    "confidence": _text(_one_of(CONFIDENCE)),
    "note": _text(),
}
_ORIGIN = {name: _END[name] for name in ("edition", "source_ids", "confidence", "note")}
_PERIOD_KINDS = ("calendar_year", "fiscal_year", "half", "quarter", "month", "day", "planned", "undated")
_PERIOD = {"period": _text(), "period_kind": _text(_one_of(_PERIOD_KINDS)), "reference_year": _YEAR}
_CLAIM_END = {name: column for name, column in _END.items() if name != "value"}


def _table(columns: dict[str, pa.Column]) -> pa.DataFrameSchema:
    return pa.DataFrameSchema(columns, strict=True, ordered=True)


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
_INTERVAL = r"^\d{4}(-\d\d)?(/\d{4}(-\d\d)?)?$"
_DATE_OR_EMPTY = pa.Check.str_matches(r"^(\d{4}(-\d\d){0,2})?$", error="F03 is no date")

# Stocks, and what is said to be needed: values may be undisclosed, and are printed as ranges or bounds.
_HOLDING = _table(
    {
        "figure_id": _ID,
        "entity": _text(_FILLED),
        "iso3": _text(_ISO3),
        "material": _text(_FILLED),
        **_PERIOD,
        "measure": _text(_FILLED),
        "bound": _text(_one_of(BOUNDS)),
        "value": _number(_NOT_NEGATIVE),
        "value_high": _number(_NOT_NEGATIVE),
        "unit": _text(),
        **_ORIGIN,
    }
)

SCHEMAS = {
    "production/china_quotas.csv": _table(
        {
            "figure_id": _ID,
            "iso3": _text(_ISO3),
            "reference_year": _YEAR,
            "batch": _text(_one_of(("full_year", "batch_1", "batch_2", "batch_3", "batches_1_2"))),
            "measure": _text(_one_of(("quota",))),
            **_END,
        }
    ),
    "production/mine_production.csv": _table(
        {
            "figure_id": _ID,
            "entity": _text(_FILLED),
            "iso3": _text(_ISO3),
            "reference_year": _YEAR,
            "measure": _text(_one_of(("production",))),
            "status": _text(_one_of(("reported", "estimated", "unstated"))),
            **_END,
        }
    ),
    "processing/facilities.csv": _table(
        {
            "figure_id": _ID,
            "facility": _text(_FILLED),
            "company": _text(),
            "country": _text(_FILLED),
            "iso3": _text(_ISO3),
            **_PERIOD,
            "measure": _text(_one_of(PLANT_MEASURES)),
            "measure_published": _text(_FILLED),
            "stage_published": _text(_FILLED),
            "unit_published": _text(),
            **_END,
        }
    ),
    "processing/processing_by_country.csv": _table(
        {
            "figure_id": _ID,
            "entity": _text(_FILLED),
            "iso3": _text(_ISO3),
            "partner_iso3": _text(_ISO3),
            "reference_year": _YEAR,
            "measure": _text(_one_of(COUNTRY_MEASURES)),
            "measure_published": _text(_FILLED),
            "bound": _text(_one_of(BOUNDS)),
            **_END,
        }
    ),
    "processing/assumptions.csv": _table({"figure_id": _ID, "name": _text(_FILLED), **_END}),
    "claims/claims.csv": _table(
        {
            "figure_id": _ID,
            "claimant": _text(_FILLED),
            "claimed_on": _text(_FILLED),
            "period": _text(_FILLED),
            "reference_year_first": _YEAR,
            "reference_year_last": _YEAR,
            "measure": _text(
                _one_of(("world_share", "joint_share", "capacity_share", "import_share", "projection"))
            ),
            "stage_published": _text(_FILLED),
            "wording": _text(_FILLED),
            "bound": _text(_one_of(BOUNDS)),
            "share_low_pct": _number(_SHARE),
            "share_high_pct": _number(_SHARE),
            "derived_from": _text(),
            **_CLAIM_END,
        }
    ),
    "production/reserves.csv": _table(
        {
            "figure_id": _ID,
            "entity": _text(_FILLED),
            "iso3": _text(_ISO3),
            "reference_year": _YEAR,
            "measure": _text(_one_of(("reserves",))),
            "bound": _text(_one_of(BOUNDS)),
            **_END,
        }
    ),
    "processing/conversion_factors.csv": _table(
        {
            "figure_id": _ID,
            "material": _text(_FILLED),
            "from_published": _text(_FILLED),
            "from_basis": _text(_one_of(BASES)),
            "to_published": _text(_FILLED),
            "to_basis": _text(_one_of(BASES)),
            "factor_low": _number(_NOT_NEGATIVE),
            "factor_mode": _number(_NOT_NEGATIVE),
            "factor_high": _number(_NOT_NEGATIVE),
            **_ORIGIN,
        }
    ),
    "money/fx_rates.csv": _table(
        {
            "figure_id": _ID,
            "currency": _text(pa.Check.str_matches(r"^[A-Z]{3}$", error="F02 is no ISO 4217 code")),
            **_PERIOD,
            "value": _number(pa.Check.gt(0, error="F05 is not above 0")),
            "unit": _text(_one_of(("usd per unit",))),
            **_ORIGIN,
        }
    ),
    "money/macro.csv": _table(
        {
            "figure_id": _ID,
            "iso3": _text(_ISO3),
            "reference_year": _YEAR,
            "measure": _text(_one_of(("gdp", "population"))),
            "value": _number(_NOT_NEGATIVE),
            "unit": _text(_one_of(("usd bn", "m"))),
            **_ORIGIN,
        }
    ),
    "money/prices.csv": _table(
        {
            "figure_id": _ID,
            "material": _text(_FILLED),
            **_PERIOD,
            "basis_published": _text(_FILLED),
            "bound": _text(_one_of(BOUNDS)),
            "value": _number(_NOT_NEGATIVE),
            "value_high": _number(_NOT_NEGATIVE),
            "unit": _text(_one_of(("USD/kg", "USD/t", "CNY/t", "AUD/kg"))),
            **_ORIGIN,
        }
    ),
    "plans/reserve_plans.csv": _table(
        {
            "figure_id": _ID,
            "jurisdiction": _text(_FILLED),
            "iso3_or_group": _text(_FILLED),
            "plan_name": _text(_FILLED),
            "instrument_types": _text(_FILLED),
            "status": _text(_one_of(PLAN_STATUS)),
            "announced_on": _text(_DATE_OR_EMPTY),
            "effective_on": _text(_DATE_OR_EMPTY),
            "budget_amount": _number(_NOT_NEGATIVE),
            "budget_currency": _text(pa.Check.str_matches(r"^([A-Z]{3})?$", error="F02 is no ISO 4217 code")),
            "budget_period": _text(),
            "minerals": _text(),
            "ree_covered": _text(_one_of(("yes", "no", "unclear"))),
            "coverage_days_target": _number(_NOT_NEGATIVE),
            "coverage_basis": _text(),
            "managing_body": _text(),
            **_ORIGIN,
        }
    ),
    "plans/reserve_inventories.csv": _HOLDING,
    "plans/reserve_requirements.csv": _HOLDING,
    "events/shock_impacts.csv": _table(
        {
            "figure_id": _ID,
            "entity": _text(_FILLED),
            "iso3": _text(_ISO3),
            "scenario": _text(_FILLED),
            "duration": _text(),
            "measure": _text(_FILLED),
            "value": _number(),
            "unit": _text(_FILLED),
            **_ORIGIN,
        }
    ),
    "events/export_controls_timeline.csv": _table(
        {
            "figure_id": _ID,
            "date": _text(pa.Check.str_matches(r"^\d{4}(-\d\d){0,2}$", error="F03 is no date")),
            "actor": _text(_FILLED),
            "target": _text(),
            "event": _text(_FILLED),
            "materials": _text(),
            **_ORIGIN,
        }
    ),
    "trade/trade_published.csv": _table(
        {
            "figure_id": _ID,
            "reporter": _text(_FILLED),
            "partner": _text(_FILLED),
            "flow": _text(_one_of(("import", "export"))),
            "period": _text(pa.Check.str_matches(_INTERVAL, error="F03 is no year, month or interval")),
            "commodity_code": _text(),
            "commodity": _text(_FILLED),
            "role": _text(_one_of(("flow", "context", "mirror", "net_import_reliance", "smuggled"))),
            "measure": _text(_one_of(("quantity", "value", "share", "ratio"))),
            "bound": _text(_one_of(BOUNDS)),
            "basis": _text(_one_of(BASES)),
            "value": _number(),
            "unit": _text(_FILLED),
            **_ORIGIN,
        }
    ),
    "demand/demand.csv": _table(
        {
            "figure_id": _ID,
            "entity": _text(_FILLED),
            "iso3": _text(_ISO3),
            "reference_year": _YEAR,
            "material": _text(_FILLED),
            "unit_published": _text(_FILLED),
            "basis": _text(_one_of(BASES)),
            "value": _number(_NOT_NEGATIVE),
            "unit": _text(_one_of(("t", "kt", "pct"))),
            **_ORIGIN,
        }
    ),
    "demand/ree_demand_inputs.csv": _table(
        {
            "figure_id": _ID,
            "entity": _text(_FILLED),
            "iso3": _text(_ISO3),
            "period": _text(_FILLED),
            "material": _text(_FILLED),
            "measure_published": _text(_FILLED),
            "value": _number(_NOT_NEGATIVE),
            "unit_published": _text(_FILLED),
            **_ORIGIN,
        }
    ),
    "minerals/other_minerals.csv": _table(
        {
            "figure_id": _ID,
            "mineral": _text(_FILLED),
            "stage_published": _text(_FILLED),
            "entity": _text(_FILLED),
            "iso3": _text(_ISO3),
            "reference_year": _YEAR,
            "value": _number(_NOT_NEGATIVE),
            "unit": _text(_FILLED),
            **_ORIGIN,
        }
    ),
    "sources.csv": _table(
        {
            "source_id": _ID,
            "title": _text(_FILLED),
            "publisher": _text(),
            "published_on": _text(),
            "url": _text(),
            "kind": _text(_one_of(KINDS)),
            "licence": _text(_FILLED),
            "accessed_on": _text(_FILLED),
            "same_as": _text(),
            "note": _text(),
        }
    ),
}
