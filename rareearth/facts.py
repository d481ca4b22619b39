"""The figures of data/raw as typed tables, corrected where data/corrections.yml says so.

Every cell is read as text and converted by its column's declared type: nothing is guessed, empty is missing
and never 0. Columns `source_ids` hold tuples of ids.
"""

import csv
from functools import cache
from pathlib import Path

import pandas as pd
import pandera.errors
import yaml

from rareearth import editions
from rareearth.paths import CORRECTIONS, RAW
from rareearth.schemas import SCHEMAS

# Editions of the US Geological Survey in the order in which they were printed.
EDITIONS = (
    "MCS2011/2012",
    "MCS2016",
    "MCS2019",
    "MCS2020",
    "MYB2018",
    "MCS2021",
    "MCS2022",
    "MCS2023",
    "DS140",
    "MCS2024",
    "MYB2022",
    "MCS2025",
    "MCS2026",
)

# What a person types: no exponent, infinity or blank, which pandas would take for a number.
_NUMBER = r"(-?\d+(\.\d+)?)?"
_WHOLE = r"(-?\d{1,9})?"

CONFIDENCE_ORDER = {"high": 0, "medium": 1, "low": 2, "placeholder": 3}


def read(name: str, root: Path = RAW) -> pd.DataFrame:
    """A table of data/raw, converted but not yet checked or corrected.

    Args:
        name: Path below `root`: a key of `SCHEMAS`, or an edition of one.
        root: The folder data/raw.

    Returns:
        float64 numbers (NaN where empty), Int64 years, tuples of source ids, text for the rest.

    Raises:
        ValueError: a row has too many or too few fields, or a number cannot be read; names file, row, column.
    """
    schema = SCHEMAS[editions.table_of(name)]
    try:
        with (root / name).open(encoding="utf-8-sig", newline="") as stream:
            header, *records = list(csv.reader(stream, strict=True))
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise ValueError(f"{_shown(name)}: no readable CSV in UTF-8 (F07): {error}") from None
    if header != list(schema.columns):
        raise ValueError(
            f"{_shown(name)}: header {header} is not {list(schema.columns)} (F07): restore the columns"
        )
    for row, record in enumerate(records, 2):
        if len(record) != len(header):
            raise ValueError(
                f"{_shown(name)}: row {row} has {len(record)} fields instead of {len(header)} (F08): mend it"
            )
    frame = pd.DataFrame(records, columns=header, dtype="str")
    for column, declared in schema.columns.items():
        if column == "source_ids":
            frame[column] = frame[column].map(lambda ids: tuple(filter(None, ids.split(";")))).astype(object)
        elif str(declared.dtype) in ("float64", "Int64"):
            whole = str(declared.dtype) == "Int64"
            wrong = ~frame[column].str.fullmatch(_WHOLE if whole else _NUMBER)
            if wrong.any():
                row = int(wrong.idxmax())
                raise ValueError(
                    f"{_shown(name)}: row {row + 2}, column {column}: {frame[column][row]!r} is no "
                    f"{'whole ' if whole else ''}number (F09): write digits{'' if whole else ' and a decimal point'} only"
                )
            numbers = pd.to_numeric(frame[column].where(frame[column] != ""))
            frame[column] = numbers.astype(str(declared.dtype))
    return frame


def _shown(name: str) -> str:
    return f"data/raw/{name}"


def problems(name: str, frame: pd.DataFrame) -> list[str]:
    """What the schema finds wrong, one line a cell: file, row, column, what was found, rule code."""
    try:
        SCHEMAS[editions.table_of(name)].validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        return [
            f"{_shown(name)}: row {'?' if pd.isna(case.index) else int(case.index) + 2}, "
            f"column {case.column}: {case.failure_case!r} {_reason(str(case.check))}"
            for case in cases.itertuples(index=False, name="Case")
        ]
    return []


def _reason(check: str) -> str:
    if check.startswith("F"):
        code, _, words = check.partition(" ")
        return f"{words} ({code}): correct the cell, then `python -m rareearth seal`"
    words = "is there twice" if "unique" in check else f"fails {check}"
    return f"{words} (F10): make it unique"


def _corrected(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    for entry in yaml.safe_load(CORRECTIONS.read_text(encoding="utf-8")):
        if entry["table"] != name:
            continue
        for figure, expected in entry["figures"].items():
            found = frame.index[(frame["figure_id"] == figure) & (frame["value"] == expected)]
            if len(found) != 1:
                raise ValueError(
                    f"data/corrections.yml: {figure} is not {expected} any more: look at it again"
                )
            frame = frame.drop(index=found)
    return frame.reset_index(drop=True)


@cache
def _load(name: str) -> pd.DataFrame:
    """The table with the editions that a refresh added, the newest first."""
    frames = [_checked(edition) for edition in (*editions.added(name, RAW), name)]
    return _corrected(name, pd.concat(frames, ignore_index=True))


def _checked(name: str) -> pd.DataFrame:
    frame = read(name, RAW)
    found = problems(name, frame)
    if found:
        raise ValueError(found[0])
    return frame


def load_china_quotas() -> pd.DataFrame:
    """China's quotas in t REO by year, batch, stage (mine, separation) and elements; NaN where secret."""
    return _load("production/china_quotas.csv").copy()


def load_mine_production() -> pd.DataFrame:
    """Mine output in t REO by country, year and edition."""
    return _load("production/mine_production.csv").copy()


def load_facilities() -> pd.DataFrame:
    """Output, sales, capacity and targets of plants by period; units differ by row.

    MP Materials' fiscal year is the calendar year: where both stand in the table, the calendar year is kept, so that
    no sum can hold a year twice. A year and its quarters are told apart by ``period_kind`` only.
    """
    return _facilities().copy()


@cache
def _facilities() -> pd.DataFrame:
    table = _load("processing/facilities.csv")
    same = ["facility", "stage", "measure", "elements", "reference_year"]
    by_company = (table["company"] == "MP Materials") & (table["period_kind"] == "fiscal_year")
    calendar = table.loc[table["period_kind"] == "calendar_year", same]
    twice = by_company & pd.MultiIndex.from_frame(table[same]).isin(pd.MultiIndex.from_frame(calendar))
    return table[~twice].reset_index(drop=True)


def load_processing_by_country() -> pd.DataFrame:
    """Quantities and shares (pct) by country, stage, year and measure; never to be summed over measures."""
    return _load("processing/processing_by_country.csv").copy()


def load_assumptions() -> pd.DataFrame:
    """Stated judgements of the project, by name: low, value and high, and how they are drawn."""
    return _load("processing/assumptions.csv").copy()


def load_claims() -> pd.DataFrame:
    """Published statements about China's share, 0 to 100, by stage, elements and reference year."""
    return _load("claims/claims.csv").copy()


def load_reserves() -> pd.DataFrame:
    """Reserves in the ground in t REO by country, year and edition; ``bound`` says which are lower bounds."""
    return _load("production/reserves.csv").copy()


def load_conversion_factors() -> pd.DataFrame:
    """Factors from one basis to another by material: low, mode, high (NaN where only one is printed)."""
    return _load("processing/conversion_factors.csv").copy()


def load_fx_rates() -> pd.DataFrame:
    """US dollars for one unit of a currency, by year or month."""
    return _load("money/fx_rates.csv").copy()


def load_macro() -> pd.DataFrame:
    """GDP (usd bn, current) and population (m) by country and year."""
    return _load("money/macro.csv").copy()


def load_prices() -> pd.DataFrame:
    """Prices of materials by period and ``market``; units differ by row, and ``bound`` says which are bounds."""
    return _load("money/prices.csv").copy()


def load_reserve_plans() -> pd.DataFrame:
    """Plans for national and joint reserves, one row a plan or budget line; amounts in their own currency."""
    return _load("plans/reserve_plans.csv").copy()


def load_plan_treatments() -> pd.DataFrame:
    """How each plan is treated in the comparison: type of reserve, treatment, the plan that it belongs to."""
    return _load("plans/plan_treatments.csv").copy()


def load_plan_dimensions() -> pd.DataFrame:
    """What the plans that hold or secure material say of law, form, release, access and publicity."""
    return _load("plans/plan_dimensions.csv").copy()


def load_reserve_assumptions() -> pd.DataFrame:
    """Inputs of cost, stress and pooling that no source gives: name, low, value, high."""
    return _load("plans/reserve_assumptions.csv").copy()


def load_stylised_shocks() -> pd.DataFrame:
    """Shapes of cuts that no monthly tonnage gives: depth (pct), length and recovery (days), with their ranges."""
    return _load("events/stylised_shocks.csv").copy()


def load_reserve_inventories() -> pd.DataFrame:
    """Published stocks of national reserves; units differ by row, NaN where undisclosed."""
    return _load("plans/reserve_inventories.csv").copy()


def load_reserve_requirements() -> pd.DataFrame:
    """Published shortfalls and goals that reserves are meant to cover; units differ by row."""
    return _load("plans/reserve_requirements.csv").copy()


def load_shock_impacts() -> pd.DataFrame:
    """Published effects of past or assumed cut-offs; units differ by row."""
    return _load("events/shock_impacts.csv").copy()


def load_export_controls_timeline() -> pd.DataFrame:
    """Export controls and related events by date."""
    return _load("events/export_controls_timeline.csv").copy()


def load_control_lists() -> pd.DataFrame:
    """Export controls by element, item code and tariff line; one row a line of an announcement."""
    return _load("events/control_lists.csv").copy()


def load_trade_published() -> pd.DataFrame:
    """Published trade figures; only rows of ``role`` flow may enter a sum, and never t_gross with t_reo."""
    return _load("trade/trade_published.csv").copy()


def load_reconciliation_inputs() -> pd.DataFrame:
    """What the reconciliation of trade assumes, each with low, value and high; units differ by row."""
    return _load("trade/reconciliation_inputs.csv").copy()


def load_demand() -> pd.DataFrame:
    """Demand as published; units and bases differ by row. One year stands once for every edition and scenario."""
    return _load("demand/demand.csv").copy()


def load_ree_demand_inputs() -> pd.DataFrame:
    """Inputs for days of cover; where ``same_as`` is filled, the row repeats those rows of `load_demand`."""
    return _load("demand/ree_demand_inputs.csv").copy()


def load_other_minerals() -> pd.DataFrame:
    """Output and shares (pct) of other minerals with controls or reserves, by stage as published."""
    return _load("minerals/other_minerals.csv").copy()


def load_sources() -> pd.DataFrame:
    """The one register of sources, a row a document."""
    return _load("sources.csv").copy()


def as_of(frame: pd.DataFrame, edition: str) -> pd.DataFrame:
    """The rows that had been printed when `edition` came out.

    Args:
        frame: A table whose column ``edition`` holds members of `EDITIONS`.
        edition: A member of `EDITIONS`.

    Raises:
        ValueError: `edition` is not known.
    """
    if edition not in EDITIONS:
        raise ValueError(f"edition {edition!r} is none of {', '.join(EDITIONS)}")
    printed = EDITIONS[: EDITIONS.index(edition) + 1]
    return frame[frame["edition"].isin(printed)]
