"""Makes the tables of data/raw from the factbook: python tools/transcribe_factbook.py FACTBOOK_FOLDER

Kept so that every figure can be followed back: a figure's number is the row of the factbook table that it
came from (main file first, additions after it). Values are carried over as published; only the words for
stage, basis, elements and measure become the project's, by the tables of vocabulary.py.
"""

import csv
import re
import sys
from pathlib import Path

from more_tables import MORE_TABLES
from trade_tables import TRADE_TABLES
from vocabulary import (
    CLAIM_ELEMENTS,
    CLAIM_STAGE,
    FACILITY_MEASURE,
    FACILITY_STAGE,
    PROCESSING_MEASURE,
    PROCESSING_STAGE,
    RELEASE,
    REPORT,
    SAME_SOURCE,
    TO_BE_ENTERED,
    UNIT,
)

RAW = Path(__file__).resolve().parent.parent / "data" / "raw"
ACCESSED = "2026-11-23"
END = ["stage", "basis", "elements", "value", "unit", "edition", "source_ids", "confidence", "note"]
REGISTERS = ["sources_production", "sources_trade", "sources_reserves", "additions/sources_additions"]
USGS = re.compile(r"MCS20\d\d(/2012)?|MYB20\d\d|DS140")
DOUBTFUL = re.compile(
    r"CONFLICT|doubtful|misprint|low confidence|unverified|reading error|AI digest|suspect", re.I
)


def factbook(folder: Path, table: str) -> list[dict[str, str]]:
    rows = []
    for path in (folder / f"{table}.csv", folder / "additions" / f"{table}.csv"):
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as stream:
                rows += list(csv.DictReader(stream))
    return rows + TO_BE_ENTERED.get(table, [])


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


def sources(folder: Path) -> list[dict[str, str]]:
    merged: dict[str, dict[str, str]] = {}
    for register in REGISTERS:
        for row in factbook(folder, register):
            kept = SAME_SOURCE.get(row["source_id"], row["source_id"])
            if kept in merged:
                known = merged[kept]
                if row["source_id"] != kept:
                    known["same_as"] = ";".join(filter(None, [known["same_as"], row["source_id"]]))
                if row["note"] and row["note"] not in known["note"]:
                    known["note"] = "; ".join(filter(None, [known["note"], row["note"]]))
                continue
            merged[kept] = {
                "source_id": kept,
                "title": row["title"],
                "publisher": row["publisher"],
                "published_on": "" if row["published_date"] == "n.d." else row["published_date"],
                "url": row["url"],
                "kind": row["kind"],
                "licence": row["licence_or_terms"] or "terms not checked; single facts cited",
                "accessed_on": ACCESSED,
                "same_as": row["source_id"] if row["source_id"] != kept else "",
                "note": row["note"],
            }
    merged["project_judgement"] = {
        "source_id": "project_judgement",
        "title": "Judgement of this project, with its reason in the row that uses it",
        "publisher": "rare-earth-briefings",
        "published_on": "2026-11",
        "url": "",
        "kind": "assumption",
        "licence": "CC BY 4.0",
        "accessed_on": ACCESSED,
        "same_as": "",
        "note": "Not an observation: a stated assumption",
    }
    return [merged[key] for key in sorted(merged)]


class Sources:
    """Edition and confidence of a figure that its own table does not state."""

    def __init__(self, register: list[dict[str, str]]):
        self._by_id = {row["source_id"]: row for row in register}

    @staticmethod
    def _release(row: dict[str, str]) -> str:
        report = re.match(rf"({'|'.join(REPORT)})_(FY\d{{4}})", row["note"])
        if report:
            return f"{REPORT[report.group(1)]} {report.group(2)}"
        return RELEASE.get(row["source_id"], "")

    def end(self, row: dict[str, str], edition: str = "", **fields: str) -> dict[str, str]:
        sources = [SAME_SOURCE.get(one, one) for one in re.split("[;+]", row["source_id"])]
        registers = [self._by_id[one] for one in dict.fromkeys(sources)]
        strong = all(register["kind"] in ("official", "company") for register in registers)
        level = "high" if strong else "medium"
        printed = re.search(r"confidence (high|medium|low)", row["note"])
        if DOUBTFUL.search(row["note"]):
            level = "low"
        elif printed:
            level = printed.group(1)
        elif (
            "computed here" in row["note"]
            or "proxy" in row["note"]
            or "taken as" in row["note"]
            or row["note"].startswith("derived")
        ):
            level = "medium"
        mine = {
            # Of several documents the newest is the one that the figure could first be made from.
            "edition": edition
            or self._release(row)
            or max(one["published_on"] for one in registers)
            or "undated",
            "source_ids": ";".join(dict.fromkeys(sources)),
            "confidence": level,
            "note": row["note"],
        }
        return {name: {**fields, **mine}.get(name, "") for name in END}


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


PERIOD_KINDS = [
    (r"\d{4}", "calendar_year"),
    (r"FY\d{4}", "fiscal_year"),
    (r"\d{4}H[12]", "half"),
    (r"\d{4}Q[1-4]", "quarter"),
    (r"\d{4}-\d\d(-\d\d)?", "month"),
    (r"planned", "planned"),
    (r"undated", "undated"),
]


def facilities(rows, known: Sources):
    found = []
    for number, row in enumerate(rows, 1):
        where = f"facilities row {number}"
        kind = next((kind for pattern, kind in PERIOD_KINDS if re.fullmatch(pattern, row["period"])), None)
        if kind is None:
            raise SystemExit(f"{where}: period {row['period']!r} is of no known form")
        unit, basis, elements = word(UNIT, row["unit"], where)
        stage = word(FACILITY_STAGE, row["stage"], where)
        elements = "unstated" if stage == "unstated" else elements
        year = re.search(r"\d{4}", row["period"])
        found.append(
            {
                "figure_id": f"plant-{number:04d}",
                "facility": row["facility"],
                "company": row["company"],
                "country": row["country"],
                "iso3": row["iso3"],
                "period": row["period"],
                "period_kind": kind,
                "reference_year": year.group() if year else "",
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
        "C007": "C002",
        "C020": "C008",
        "C054": "C001",
        "C018": "CA02",
        "C061": "CA02",
        "CA04": "C012",
        "CA05": "C015",
        "CA06": "C016",
    }
    found = []
    for row in rows:
        number = row["claim_id"]
        stage, elements = word(CLAIM_STAGE, row["stage"], f"claims {number}")
        years = row["reference_year"].split("-")
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
        elif int(years[-1]) > int(row["claimed_on"][:4]):
            measure = "projection"
        about = re.search(r"\b(about|nearly|approximately|around)\b", wording)
        spread = row["share_high"] and row["share_high"] != row["share_low"]
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
    known = Sources(register)
    print(f"{'table':40}{'rows in':>9}{'facts out':>11}")
    for name, transcribe in TABLES.items():
        rows = factbook(folder, Path(name).stem)
        print(f"{name:40}{len(rows):>9}{write(name, transcribe(rows, known)):>11}")
    rows_in = sum(len(factbook(folder, name)) for name in REGISTERS)
    print(f"{'sources.csv':40}{rows_in:>9}{write('sources.csv', register):>11}")
    write("processing/assumptions.csv", assumptions())


if __name__ == "__main__":
    main()
