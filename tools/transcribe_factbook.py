"""Makes the tables of data/raw from the factbook: python tools/transcribe_factbook.py FACTBOOK_FOLDER

Kept so that every figure can be followed back: a figure's number is the row of the factbook table that it
came from (main file first, additions after it). Values are carried over as published; only the words for
stage, basis, elements and measure become the project's, by the tables of vocabulary.py.
"""

import csv
import re
import sys
from pathlib import Path

from more_tables import MORE_TABLES, period
from register import REGISTERS, Sources, factbook, sources
from trade_tables import TRADE_TABLES
from vocabulary import (
    CLAIM_ELEMENTS,
    CLAIM_STAGE,
    FACILITY_MEASURE,
    FACILITY_STAGE,
    PROCESSING_MEASURE,
    PROCESSING_STAGE,
    UNIT,
)

RAW = Path(__file__).resolve().parent.parent / "data" / "raw"
USGS = re.compile(r"MCS20\d\d(/2012)?|MYB20\d\d|DS140")


def write(name: str, rows: list[dict[str, str]]) -> int:
    path = RAW / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return len(rows)


def word(table: dict, wording: str, where: str):
    if wording not in table:
        raise SystemExit(f"{where}: {wording!r} has no entry in tools/vocabulary.py: add it there")
    return table[wording]


def china_quotas(rows, known: Sources):
    found = []
    for number, row in enumerate(rows, 1):
        for elements, column in (("all", "total_t"), ("light", "light_t"), ("heavy", "heavy_t")):
            if not row[column] and elements != "all":
                continue
            found.append(
                {
                    "figure_id": f"quota-{number:04d}" + ("" if elements == "all" else f"-{elements}"),
                    "iso3": "CHN",
                    "reference_year": row["year"],
                    "batch": row["batch"].replace(" ", "_").replace("+", "_"),
                    "measure": "quota",
                    **known.end(
                        row,
                        stage={"mining": "mine", "separation": "separation"}[row["kind"]],
                        basis="t_reo",
                        elements=elements,
                        value=row[column],
                        unit="t",
                    ),
                }
            )
    return found


def mine_production(rows, known: Sources):
    found = []
    for number, row in enumerate(rows, 1):
        note = row["note"].lower()
        named = row["edition_or_release"].removesuffix(" (salient statistics)")
        named = "DS140" if named.startswith("DS140") else named
        estimated = "estimated" in note or "estimates." in note or "publisher estimate" in note
        found.append(
            {
                "figure_id": f"mine-{number:04d}",
                "entity": row["country"],
                "iso3": row["iso3"],
                "reference_year": row["year"],
                "measure": "production",
                "status": "estimated" if estimated else "reported" if "reported." in note else "unstated",
                **known.end(
                    row,
                    edition=named,
                    stage="mine",
                    basis="t_reo",
                    elements="all",
                    value=row["quantity_t_reo"],
                    unit="t",
                ),
            }
        )
    return found


def facilities(rows, known: Sources):
    found = []
    for number, row in enumerate(rows, 1):
        where = f"facilities row {number}"
        unit, basis, elements = word(UNIT, row["unit"], where)
        stage = word(FACILITY_STAGE, row["stage"], where)
        elements = "unstated" if stage == "unstated" else elements
        found.append(
            {
                "figure_id": f"plant-{number:04d}",
                "facility": row["facility"],
                "company": row["company"],
                "country": row["country"],
                "iso3": row["iso3"],
                **period(row["period"], where),
                "measure": word(FACILITY_MEASURE, row["basis"], where),
                "measure_published": row["basis"],
                "stage_published": row["stage"],
                "unit_published": row["unit"],
                **known.end(
                    row,
                    stage=stage,
                    basis=basis,
                    elements=elements,
                    value=row["quantity"],
                    unit=unit,
                ),
            }
        )
    return found


def processing_by_country(rows, known: Sources):
    found = []
    for number, row in enumerate(rows, 1):
        where = f"processing_by_country row {number}"
        stage, elements = word(PROCESSING_STAGE, row["stage"], where)
        if "mine output" in row["basis"]:
            stage = "mine"
        measure, bound = word(PROCESSING_MEASURE, row["basis"], where)
        unit, basis, of_unit = word(UNIT, row["unit"], where) if row["unit"] else ("", "unstated", elements)
        if row["source_id"].startswith(("iea_", "add_iea_")) and stage in ("mine", "separation"):
            elements = "magnet"
        elif elements in ("all", "unstated") and row["unit"]:
            elements = of_unit
        elif elements == "all" and stage == "separation":
            elements = "unstated"
        partner = re.search(r"feed from ([A-Z]{3})\)", row["country"])
        edition = re.match(USGS, row["note"]) if "usgs_mcs" in row["source_id"] else None
        facts = [("qty", row["quantity"], unit), ("share", row["share_pct"], "pct")]
        facts = [fact for fact in facts if fact[1]]
        for kind, value, of in facts:
            found.append(
                {
                    "figure_id": f"proc-{number:04d}" + (f"-{kind}" if len(facts) > 1 else ""),
                    "entity": row["country"],
                    "iso3": row["iso3"],
                    "partner_iso3": partner.group(1) if partner else "",
                    "reference_year": row["year"],
                    "measure": measure,
                    "measure_published": row["basis"],
                    "bound": bound,
                    **known.end(
                        row,
                        edition=edition.group() if edition else "",
                        stage=stage,
                        basis=basis,
                        elements=elements,
                        value=value,
                        unit=of,
                    ),
                }
            )
    return found


def claims(rows, known: Sources):
    # One vote per lineage: a claim that says in the factbook whom it repeats.
    derived = {
        "C005": "C001",
        "C007": "C002",
        "C006": "C004",
        "C020": "C008",
        "C054": "C001",
        "C018": "CA02",
        "C061": "CA02",
    }
    # Nobody says so, but house, year and figure are the same; the note of each says that it is inferred.
    inferred = {"C015": "C011", "CA04": "C012", "CA05": "C015", "CA06": "C016"}
    derived |= inferred
    found = []
    for row in rows:
        number = row["claim_id"]
        stage, elements = word(CLAIM_STAGE, row["stage"], f"claims {number}")
        years = re.findall(r"\d{4}", row["reference_year"]) or [""]
        if row["claimant"].startswith("IEA") and stage in ("mine", "separation"):
            elements = "magnet"
        elements = CLAIM_ELEMENTS.get(number, elements)
        wording = f"{row['metric']} {row['note']}".lower()
        lower = row["share_low"] and not row["share_high"]
        measure = "world_share"
        if row["stage"] == "imports":
            measure = "import_share"
        elif "together" in wording:
            measure = "joint_share"
        elif "capacity" in wording:
            measure = "capacity_share"
        elif years[-1] > row["claimed_on"][:4]:
            measure = "projection"
        about = re.search(r"\b(about|nearly|approximately|around)\b", wording)
        spread = row["share_high"] and row["share_high"] != row["share_low"]
        if number in inferred:
            basis = f"derived_from is inferred: same house, year and figure as {inferred[number]}"
            row = {**row, "note": "; ".join(filter(None, [row["note"], basis]))}
        found.append(
            {
                "figure_id": number,
                "claimant": row["claimant"],
                "claimed_on": row["claimed_on"],
                "period": row["reference_year"],
                "reference_year_first": years[0],
                "reference_year_last": years[-1],
                "measure": measure,
                "stage_published": row["stage"],
                "wording": row["metric"],
                "bound": "lower" if lower else "range" if spread else "about" if about else "exact",
                "share_low_pct": row["share_low"],
                "share_high_pct": row["share_high"],
                "derived_from": derived.get(number, ""),
                **{
                    name: text
                    for name, text in known.end(
                        row, stage=stage, basis="unstated", elements=elements, value="", unit="pct"
                    ).items()
                    if name != "value"
                },
            }
        )
    return found


def assumptions() -> list[dict[str, str]]:
    return [
        {
            "figure_id": "assume-0001",
            "name": "india_separated_central",
            "stage": "separation",
            "basis": "t_reo",
            "elements": "all",
            "value": "300",
            "unit": "t",
            "edition": "2026-11",
            "source_ids": "project_judgement",
            "confidence": "low",
            "note": "Order of magnitude: IREL separates some hundred tonnes a year; 2,900 t is mine output",
        }
    ]


TABLES = {
    "production/china_quotas.csv": china_quotas,
    "production/mine_production.csv": mine_production,
    "processing/facilities.csv": facilities,
    "processing/processing_by_country.csv": processing_by_country,
    "claims/claims.csv": claims,
    **MORE_TABLES,
    **TRADE_TABLES,
}


def main() -> None:
    folder = Path(sys.argv[1])
    register = sources(folder)
    known = Sources(register, folder)
    print(f"{'table':40}{'rows in':>9}{'facts out':>11}")
    for name, transcribe in TABLES.items():
        rows = factbook(folder, Path(name).stem)
        print(f"{name:40}{len(rows):>9}{write(name, transcribe(rows, known)):>11}")
    rows_in = sum(len(factbook(folder, name)) for name in REGISTERS)
    print(f"{'sources.csv':40}{rows_in:>9}{write('sources.csv', register):>11}")
    write("processing/assumptions.csv", assumptions())


if __name__ == "__main__":
    main()
