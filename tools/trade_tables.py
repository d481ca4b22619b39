"""Transcription of published trade figures, demand and other minerals."""

import csv
import re
from pathlib import Path

# What a row is, by its commodity text: only `flow` rows may enter a sum over trade.
_ROLES = [
    (r"\(context, not trade\)", "context"),
    (r"^Mirror", "mirror"),
    (r"^Net import reliance", "net_import_reliance"),
    (r"illegally|smuggled", "smuggled"),
]
_TRADE_UNIT = {
    "t gross": ("t", "t_gross"),
    "t REO": ("t", "t_reo"),
    "kg": ("kg", "t_gross"),
    "USD million": ("usd million", "unstated"),
    "EUR million": ("eur million", "unstated"),
    "JPY billion": ("jpy billion", "unstated"),
    "CNY million": ("cny million", "unstated"),
    "USD/t": ("usd/t", "unstated"),
}
_MINERAL_ISO3 = {
    "Australia": "AUS",
    "Brazil": "BRA",
    "Chile": "CHL",
    "China": "CHN",
    "Congo (Kinshasa)": "COD",
    "Democratic Republic of Congo": "COD",
    "Finland": "FIN",
    "India": "IND",
    "Indonesia": "IDN",
    "Japan": "JPN",
    "Korea, North": "PRK",
    "Madagascar": "MDG",
    "Mozambique": "MOZ",
    "Other countries": "",
    "Philippines": "PHL",
    "Russia": "RUS",
    "Tajikistan": "TJK",
    "Tanzania": "TZA",
    "USA": "USA",
    "Vietnam": "VNM",
    "World": "WLD",
}


# Published words that stand for several countries, or for none: they have no code.
_NO_CODE = {
    "China incl. Hong Kong": "two customs areas together",
    "Foreign customs (aggregate)": "all importers that report",
    "Japan+USA+Netherlands+Taiwan": "four customs areas together",
    "Other": "the rest of a list",
    "Other (DR Congo, Mongolia, Laos)": "three countries together",
    "Other countries": "the rest of a list",
    "Rest of world": "the rest of a list",
}
_CODES = Path(__file__).resolve().parent.parent / "data" / "raw" / "trade" / "country_codes.csv"


def _areas():
    """Published name to code; made by tools/trade_records.py."""
    with _CODES.open(encoding="utf-8", newline="") as stream:
        coded = {row["published"]: row["iso3"] for row in csv.DictReader(stream)}
    return coded | dict.fromkeys(_NO_CODE, "")


def trade_published(rows, known):
    areas = _areas()
    found = []
    for number, row in enumerate(rows, 1):
        where = f"trade_published row {number}"
        origin = known.origin({"source_id": row["source_id"], "note": row["quote_or_note"]})
        origin["confidence"] = row["confidence"]
        role = next((role for pattern, role in _ROLES if re.search(pattern, row["commodity"])), "flow")
        measured = [
            ("qty", "quantity", row["quantity"], row["quantity_unit"]),
            ("value", "value", row["value"], row["value_currency_unit"]),
            ("share", "share", row["share_pct"], "pct"),
        ]
        measured = [fact for fact in measured if fact[2]] or [("qty", "quantity", "", row["quantity_unit"])]
        if role == "mirror":  # a ratio or an excess in percent is no share of anything
            measured = [("ratio", "ratio", row["share_pct"], "pct of the other side")]
        for suffix, measure, value, unit in measured:
            if unit not in _TRADE_UNIT and not unit.startswith("pct") and value:
                raise SystemExit(
                    f"{where}: unit {unit!r} has no entry in tools/trade_tables.py: add it there"
                )
            short, basis = _TRADE_UNIT.get(unit, (unit, "unstated"))
            found.append(
                {
                    "figure_id": f"trade-{number:04d}-{suffix}",
                    "reporter": row["reporter"],
                    "partner": row["partner"],
                    "reporter_iso3": areas[row["reporter"]],
                    "partner_iso3": areas[row["partner"]],
                    "iso3_note": "; ".join(
                        f"{row[side]}: {_NO_CODE[row[side]]}"
                        for side in ("reporter", "partner")
                        if row[side] in _NO_CODE
                    ),
                    "flow": row["flow"],
                    "period": row["period"],
                    "commodity_code": row["commodity_code"],
                    "commodity": row["commodity"],
                    "role": role,
                    "measure": measure,
                    "bound": "lower"
                    if "strict lower bound" in origin["note"] and suffix == "share"
                    else "exact",
                    "basis": basis,
                    "value": value,
                    "unit": short,
                    **origin,
                }
            )
    return found


def _demand_unit(text: str) -> tuple[str, str]:
    if text.startswith("percent"):
        return "pct", "unstated"
    if text.startswith("kt"):
        return "kt", "t_element"
    return "t", "t_reo" if re.match(r"t T?REO", text) else "unstated"


def demand(rows, known):
    found = []
    for number, row in enumerate(rows, 1):
        unit, basis = _demand_unit(row["unit"])
        origin = known.origin(row)
        found.append(
            {
                "figure_id": f"demand-{number:04d}",
                "entity": row["country"],
                "iso3": row["iso3"],
                "reference_year": row["year"],
                "material": row["material"],
                "unit_published": row["unit"],
                "basis": basis,
                "value": row["quantity"],
                "unit": unit,
                **origin,
            }
        )
    return found


def _repeated(row, origin, printed):
    """Ids of the rows of demand that print the same value for the same country and year.

    Where one of them names the same source it is that figure; otherwise another document repeats it.
    """
    same = [
        one
        for one in printed
        if (one["iso3"], one["reference_year"]) == (row["iso3"], row["period"][:4])
        and float(one["value"]) == float(row["quantity"])
    ]
    own = [one for one in same if one["source_ids"] == origin["source_ids"]]
    return ";".join(one["figure_id"] for one in own or same)


def ree_demand_inputs(rows, known):
    printed = demand(known.factbook("demand"), known)
    found = []
    for number, row in enumerate(rows, 1):
        origin = known.origin(row)
        found.append(
            {
                "figure_id": f"use-{number:04d}",
                "entity": row["jurisdiction"],
                "iso3": row["iso3"],
                "period": row["period"],
                "material": row["material_form"],
                "measure_published": row["basis"],
                "value": row["quantity"],
                "unit_published": row["unit"],
                "same_as": _repeated(row, origin, printed),
                **origin,
            }
        )
    repeats = sum(bool(row["same_as"]) for row in found)
    print(f"ree_demand_inputs: {repeats} rows repeat demand, {len(found) - repeats} are its own")
    return found


def other_minerals(rows, known):
    found = []
    for number, row in enumerate(rows, 1):
        if row["country"] not in _MINERAL_ISO3:
            raise SystemExit(
                f"other_minerals row {number}: {row['country']!r} has no entry in tools/trade_tables.py"
            )
        printed = re.search(r"MCS20\d\d", row["note"])
        origin = known.origin(row, edition=printed.group() if printed else "")
        facts = [("qty", row["quantity"], row["unit"]), ("share", row["share_pct"], "pct")]
        for suffix, value, unit in facts:
            if value:
                found.append(
                    {
                        "figure_id": f"mineral-{number:04d}-{suffix}",
                        "mineral": row["mineral"],
                        "stage_published": row["stage"],
                        "entity": row["country"],
                        "iso3": _MINERAL_ISO3[row["country"]],
                        "reference_year": row["year"],
                        "value": value,
                        "unit": unit,
                        **origin,
                    }
                )
    return found


TRADE_TABLES = {
    "trade/trade_published.csv": trade_published,
    "demand/demand.csv": demand,
    "demand/ree_demand_inputs.csv": ree_demand_inputs,
    "minerals/other_minerals.csv": other_minerals,
}
