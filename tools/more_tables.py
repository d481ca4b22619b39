"""Transcription of the tables beside production and claims: factors, reserves in the ground, money, events."""

import re

from plan_vocabulary import HOLDING_UNIT, INSTRUMENT, INSTRUMENT_CONSIDERED

# year as published -> period kind
_PERIODS = [
    (r"\d{4}", "calendar_year"),
    (r"FY\d{4}", "fiscal_year"),
    (r"\d{4}H[12]", "half"),
    (r"\d{4}Q[1-4]", "quarter"),
    (r"\d{4}-\d\d", "month"),
    (r"\d{4}-\d\d-\d\d", "day"),
    (r"planned", "planned"),
    (r"|undated", "undated"),
]
# name as published -> ISO 3166-1 alpha-3; EUU is the European Union of 27 throughout
_ISO3 = {
    "China": "CHN",
    "India": "IND",
    "Japan": "JPN",
    "South Korea": "KOR",
    "United States": "USA",
    "World": "WLD",
}
# basis as published, without the name of an element -> basis
_FACTOR_BASIS = {
    "t HS 850511": "t_gross",
    "t gross": "t_gross",
    "t dry": "t_gross",
    "t REO": "t_reo",
    "t magnet": "t_magnet",
    "t rare-earth magnet": "t_magnet",
    "t metal": "t_element",
    "t element": "t_element",
    "t rare earth element": "t_element",
}


def period(text: str, where: str) -> dict[str, str]:
    kind = next((kind for pattern, kind in _PERIODS if re.fullmatch(pattern, text)), None)
    if kind is None:
        raise SystemExit(f"{where}: period {text!r} is of no known form")
    year = re.search(r"\d{4}", text)
    return {"period": text, "period_kind": kind, "reference_year": year.group() if year else ""}


def _factor_basis(text: str, where: str) -> str:
    if text in _FACTOR_BASIS:
        return _FACTOR_BASIS[text]
    if text.endswith("element"):
        return "t_element"
    if re.search(r"(O\d*|oxide)$", text):
        return "t_reo"
    raise SystemExit(f"{where}: basis {text!r} has no entry in tools/more_tables.py: add it there")


def _bounded(text: str) -> dict[str, str]:
    """A number as printed: plain, "<1000" or "2-3"."""
    if text.startswith("<"):
        return {"bound": "upper", "value": text[1:], "value_high": ""}
    low, _, high = text.partition("-") if not text.startswith("-") else (text, "", "")
    return {"bound": "range" if high else "exact", "value": low, "value_high": high}


def reserves(rows, known):
    found = []
    for number, row in enumerate(rows, 1):
        printed = re.match(r"(?:lower bound; )?(?:MCS (20\d\d))", row["note"])
        end = known.end(
            row,
            edition=f"MCS{printed.group(1)}" if printed else "",
            stage="mine",
            basis="t_reo",
            elements="all",
            value=row["reserves_t_reo"],
            unit="t",
        )
        found.append(
            {
                "figure_id": f"reserve-{number:04d}",
                "entity": row["country"],
                "iso3": row["iso3"],
                "reference_year": row["year"],
                "measure": "reserves",
                "bound": "lower" if row["note"].startswith("lower bound") else "exact",
                **end,
            }
        )
    return found


def conversion_factors(rows, known):
    found = []
    for number, row in enumerate(rows, 1):
        where = f"conversion_factors row {number}"
        origin = known.origin(row)
        found.append(
            {
                "figure_id": f"factor-{number:04d}",
                "material": row["material"],
                "from_published": row["from_basis"],
                "from_basis": _factor_basis(row["from_basis"], where),
                "to_published": row["to_basis"],
                "to_basis": _factor_basis(row["to_basis"], where),
                "factor_low": row["factor_low"],
                "factor_mode": row["factor_mode"],
                "factor_high": row["factor_high"],
                **origin,
            }
        )
    return found


def fx_rates(rows, known):
    found = []
    for number, row in enumerate(rows, 1):
        origin = known.origin({**row, "note": ""})
        found.append(
            {
                "figure_id": f"fx-{number:04d}",
                "currency": row["currency"],
                **period(row["period"], f"fx_rates row {number}"),
                "value": row["usd_per_unit"],
                "unit": "usd per unit",
                **origin,
            }
        )
    return found


def macro(rows, known):
    found = []
    for number, row in enumerate(rows, 1):
        # Where two sources are named, the first is the one of GDP and the last the one of population.
        sources = row["source_id"].split(";")
        for suffix, column, unit, source in (
            ("gdp", "gdp_usd_bn", "usd bn", sources[0]),
            ("population", "population_m", "m", sources[-1]),
        ):
            if not row[column]:
                continue
            origin = known.origin({"source_id": source, "note": ""})
            found.append(
                {
                    "figure_id": f"macro-{number:04d}-{suffix}",
                    "iso3": row["iso3"],
                    "reference_year": row["year"],
                    "measure": suffix,
                    "value": row[column],
                    "unit": unit,
                    **origin,
                }
            )
    return found


def _holding(prefix, number, row, known, measure):
    where = f"{prefix} row {number}"
    if row["jurisdiction"] not in _ISO3:
        raise SystemExit(
            f"{where}: {row['jurisdiction']!r} has no entry in tools/more_tables.py: add it there"
        )
    if row["unit"] not in HOLDING_UNIT:
        raise SystemExit(
            f"{where}: unit {row['unit']!r} has no entry in tools/plan_vocabulary.py: add it there"
        )
    origin = known.origin(row)
    bounded = _bounded(row["quantity"])
    if bounded["bound"] == "exact" and re.search(r"\((about|approximately)\)", row["unit"]):
        bounded["bound"] = "about"
    return {
        "figure_id": f"{prefix}-{number:04d}",
        "entity": row["jurisdiction"],
        "iso3": _ISO3[row["jurisdiction"]],
        "material": row["material"],
        **period(row["as_of"], where),
        "measure": measure,
        **bounded,
        "unit_published": row["unit"],
        "unit": HOLDING_UNIT[row["unit"]],
        **origin,
    }


def reserve_inventories(rows, known):
    return [_holding("stock", number, row, known, "inventory") for number, row in enumerate(rows, 1)]


def reserve_requirements(rows, known):
    return [_holding("need", number, row, known, row["measure"]) for number, row in enumerate(rows, 1)]


def shock_impacts(rows, known):
    found = []
    for number, row in enumerate(rows, 1):
        origin = known.origin({**row, "note": ""})
        found.append(
            {
                "figure_id": f"shock-{number:04d}",
                "entity": row["jurisdiction"],
                "iso3": _ISO3[row["jurisdiction"]],
                "scenario": row["scenario"],
                "duration": row["duration"],
                "measure": row["measure"],
                "value": row["value"],
                "unit": row["unit"],
                **origin,
            }
        )
    return found


def export_controls_timeline(rows, known):
    found = []
    for number, row in enumerate(rows, 1):
        origin = known.origin(row)
        found.append(
            {
                "figure_id": f"event-{number:04d}",
                "date": row["date"],
                "actor": row["actor"],
                "target": row["target"],
                "event": row["measure"],
                "materials": row["materials"],
                **origin,
            }
        )
    return found


def _instruments(row):
    """The published words sorted into what a plan uses and what it only considers."""
    words = row["instrument_types"].split(";")
    unknown = [word for word in words if word not in INSTRUMENT | INSTRUMENT_CONSIDERED]
    if unknown:
        raise SystemExit(
            f"reserve_plans {row['plan_id']}: {unknown[0]!r} has no entry in tools/plan_vocabulary.py: add it there"
        )
    return {
        column: ";".join(dict.fromkeys(table[word] for word in words if word in table))
        for column, table in (
            ("instruments", INSTRUMENT),
            ("instruments_considered", INSTRUMENT_CONSIDERED),
        )
    }


def reserve_plans(rows, known):
    found = []
    for row in rows:
        origin = known.origin({**row, "source_id": row["source_ids"]})
        # The factbook rates these rows itself: its rating stands.
        origin["confidence"] = row["confidence"]
        kept = {}
        for name, text in row.items():
            if name not in ("plan_id", *origin):
                kept[name] = text
            if name == "instrument_types":
                kept |= _instruments(row)
        found.append(
            {
                "figure_id": row["plan_id"],
                **kept,
                **origin,
            }
        )
    return found


def prices(rows, known):
    found = []
    for number, row in enumerate(rows, 1):
        origin = known.origin(row)
        found.append(
            {
                "figure_id": f"price-{number:04d}",
                "material": row["material"],
                **period(row["period"], f"prices row {number}"),
                "basis_published": row["basis"],
                **_bounded(row["price"]),
                "unit": row["unit"],
                **origin,
            }
        )
    return found


MORE_TABLES = {
    "plans/reserve_plans.csv": reserve_plans,
    "money/prices.csv": prices,
    "production/reserves.csv": reserves,
    "processing/conversion_factors.csv": conversion_factors,
    "money/fx_rates.csv": fx_rates,
    "money/macro.csv": macro,
    "plans/reserve_inventories.csv": reserve_inventories,
    "plans/reserve_requirements.csv": reserve_requirements,
    "events/shock_impacts.csv": shock_impacts,
    "events/export_controls_timeline.csv": export_controls_timeline,
}
