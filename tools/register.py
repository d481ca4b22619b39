"""The register of sources of the factbook, and what a figure takes from it: edition and confidence."""

import csv
import re
from pathlib import Path

from record_sources import record_sources
from to_be_entered import TO_BE_ENTERED
from vocabulary import RELEASE, REPORT, SAME_SOURCE

ACCESSED = "2026-11-23"
END = ["stage", "basis", "elements", "value", "unit", "edition", "source_ids", "confidence", "note"]
REGISTERS = ["sources_production", "sources_trade", "sources_reserves", "additions/sources_additions"]
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
    merged["jmd_ree_demand"] = {
        "source_id": "jmd_ree_demand",
        "title": "Demand for rare-earth products in Japan, results of several years (articles 44701, 125054, 237695)",
        "publisher": "Japan Metal Daily",
        "published_on": "",
        "url": "https://www.japanmetaldaily.com/articles/-/44701",
        "kind": "news",
        "licence": "site terms apply; cite facts only (licence not checked)",
        "accessed_on": ACCESSED,
        "same_as": "",
        "note": "named in the factbook's list of figures still to be entered; which article prints which year was not kept",
    }
    merged |= record_sources()
    return [merged[key] for key in sorted(merged)]


class Sources:
    """Edition and confidence of a figure that its own table does not state."""

    def __init__(self, register: list[dict[str, str]], folder: Path):
        self._by_id = {row["source_id"]: row for row in register}
        self._folder = folder

    def factbook(self, table: str) -> list[dict[str, str]]:
        """The rows of another table of the same factbook."""
        return factbook(self._folder, table)

    @staticmethod
    def _release(row: dict[str, str]) -> str:
        report = re.match(rf"({'|'.join(REPORT)})_(FY\d{{4}})", row["note"])
        if report:
            return f"{REPORT[report.group(1)]} {report.group(2)}"
        return RELEASE.get(row["source_id"], "")

    def origin(self, row: dict[str, str], edition: str = "") -> dict[str, str]:
        """The columns that every table ends with: edition, source_ids, confidence, note."""
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
        return {
            # Of several documents the newest is the one that the figure could first be made from.
            "edition": edition
            or self._release(row)
            or max(one["published_on"] for one in registers)
            or "undated",
            "source_ids": ";".join(dict.fromkeys(sources)),
            "confidence": level,
            "note": row["note"],
        }

    def end(self, row: dict[str, str], edition: str = "", **fields: str) -> dict[str, str]:
        """The columns that every table of quantities ends with, in their order."""
        origin = self.origin(row, edition)
        return {name: {**fields, **origin}.get(name, "") for name in END}
