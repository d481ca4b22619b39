"""Where every row of every file went: counts that add up, rows taken out with their reason, World against its partners."""

import json
from typing import Any

import ibis
import ibis.expr.types as ir

from rareearth import countries
from rareearth.errors import Refused
from rareearth.trade import rules
from rareearth.trade.record import Part

# What a row of a file came to, the strongest first: a row of a wide layout holds several records.
FATES = ("quarantined", "kept", "aggregate", "detail", "duplicate")


# What tells one record from all others.
PLACE = ["file_number", "source_row", "row_hash"]


def counts(judged: ir.Table, read: list[Part]) -> dict[str, Any]:
    """Counts of input rows for each file and in total; that they add up is asserted."""
    strength = ibis.cases(*((judged.counted == fate, number) for number, fate in enumerate(FATES)))
    records = judged.select("file_number", "source_row", "layout", strength=strength)
    # Rows of several records count once; grouping all others by row would take as long as cleaning them.
    wide = sorted({part.layout.name for part in read if part.layout.is_wide})
    rows = records.filter(~records.layout.isin(wide)).select("file_number", "strength")
    if wide:
        several = records.filter(records.layout.isin(wide)).group_by("file_number", "source_row")
        rows = rows.union(several.agg(strength=lambda t: t.strength.min()).select("file_number", "strength"))
    counted = rows.group_by("file_number", "strength").agg(rows=rows.count()).to_pyarrow().to_pylist()
    files = []
    for number in sorted({part.number for part in read}):
        parts = [part for part in read if part.number == number]
        by_fate = {FATES[row["strength"]]: row["rows"] for row in counted if row["file_number"] == number}
        entry = {
            "file": parts[0].source.name,
            "source_id": parts[0].source.source_id,
            "layout": parts[0].layout.name,
            "rows_read": sum(part.reading.rows for part in parts),
            **{f"rows_{fate}": by_fate.get(fate, 0) for fate in FATES},
            "notes": list(dict.fromkeys(note for part in parts for note in part.reading.notes)),
        }
        _assert_adds_up(entry)
        files.append(entry)
    numbers = ["rows_read", *(f"rows_{fate}" for fate in FATES)]
    total = {name: sum(entry[name] for entry in files) for name in numbers}
    _assert_adds_up({"file": "total", **total})
    return {"total": total, "files": files}


def _assert_adds_up(entry: dict[str, Any]) -> None:
    if entry["rows_read"] != sum(entry[f"rows_{fate}"] for fate in FATES):
        raise AssertionError(f"{entry['file']}: rows read and rows accounted for differ: {entry}")


def quarantine(judged: ir.Table, wide: ir.Table) -> list[dict[str, Any]]:
    """The rows taken out, a line each, with what was found and what to do.

    Args:
        judged: Records with their fate and the code of the rule.
        wide: The same records with their text.
    """
    out = judged.filter(judged.fate == "quarantined").select(*PLACE, "code")
    table = wide.drop("code").inner_join(out, PLACE).order_by("file_number", "source_row", "year", "part")
    known = {rule.code: rule for rule in rules.QUARANTINE}
    found = []
    for row in table.to_pyarrow().to_pylist():
        rule = known.get(row["code"])
        if rule is None:
            code, reason = next(
                pair for pair in (rules.CONFLICT, rules.QUANTITY_ALONE) if pair[0] == row["code"]
            )
            column, advice = "value", "keep the right one"
        else:
            code, reason, column, advice = rule.code, rule.reason, rule.column, rule.advice
        if code in ("Q06", "Q07"):
            advice = countries.nearest(row[column])
        found.append(
            {
                "file": row["file"],
                "source_row": row["source_row"],
                "code": code,
                "column": column,
                "found": row[column] if column != "mass" else row["mass"],
                "reason": reason,
                "advice": advice,
            }
        )
    return found


def refuse_mostly_bad(counted: dict[str, Any], taken_out: list[dict[str, Any]]) -> None:
    """Turns files away of which more than half of the rows cannot be used, and a run without any flow or total.

    Raises:
        Refused: naming the first row that is at fault.
    """
    for entry in counted["files"]:
        if entry["rows_quarantined"] * 2 > entry["rows_read"]:
            first = next(row for row in taken_out if row["file"] == entry["file"])
            raise Refused(
                f"{entry['file']}: {entry['rows_quarantined']} of {entry['rows_read']} rows cannot be used, the "
                f"first is row {first['source_row']}, column {first['column']}: {ascii(first['found'])[:60]} "
                f"{first['reason']} ({first['code']}): {first['advice']}"
            )
    if counted["total"]["rows_kept"] + counted["total"]["rows_aggregate"] == 0:
        notes = "; ".join(note for entry in counted["files"] for note in entry["notes"])
        raise Refused(
            f"{counted['files'][0]['file']}: no row holds a flow or a total of a whole period (A09). {notes}"
        )


def world_check(cleaned: ir.Table) -> dict[str, Any]:
    """How often the partners of a group add up to the World that is published with them, by source and in all.

    Partners above World are counted twice. Partners below it are some that were asked for, or rows that are missing.
    """
    # The European Union and ASEAN repeat their members; a customs union such as SACU stands for them.
    rows = cleaned.filter(~cleaned.partner_iso3.isin(("EUU", "G975")))
    group = ["source_id", "year", "month", "reporter_iso3", "flow", "hs_code", "hs_revision"]
    is_world = rows.partner_iso3 == "WLD"
    rows = rows.select(*group, is_world=is_world, exact=rows.value_usd.cast("decimal(38,3)"))
    worlds = rows.filter(rows.is_world)
    # Most records have no World beside them: their sums are not needed.
    compared = rows.semi_join(worlds, [rows[name].identical_to(worlds[name]) for name in group])
    sums = compared.group_by(group).agg(
        world=compared.exact.sum(where=compared.is_world),
        partners=compared.exact.sum(where=~compared.is_world),
        bilateral=(~compared.is_world).sum(),
    )
    both = sums.filter(sums.bilateral > 0)
    gap = both.world - both.partners
    # A dollar a group is rounding: Comtrade prints parts of a cent.
    by_source = both.group_by("source_id").agg(
        groups=both.count(),
        groups_that_add_up=(gap.abs() <= 1).sum(),
        groups_below_world=(gap > 1).sum(),
        groups_above_world=(gap < -1).sum(),
        largest_gap_usd=gap.abs().max().cast("float64"),
    )
    sources = by_source.order_by("source_id").to_pyarrow().to_pylist()
    counted = {
        name: sum(source[name] for source in sources)
        for name in ("groups", "groups_that_add_up", "groups_below_world", "groups_above_world")
    }
    gaps = [source["largest_gap_usd"] for source in sources]
    return {**counted, "largest_gap_usd": max(gaps, default=0.0), "sources": sources}


def text(accounting: dict[str, Any]) -> str:
    """accounting.json."""
    return json.dumps(accounting, indent=1, ensure_ascii=False) + "\n"
