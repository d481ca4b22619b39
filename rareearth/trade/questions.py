"""Questions to reports of any size, as expressions that every engine of Ibis runs: see `bulk.reports`.

Sums are exact decimals: the order of the rows and the number of files change nothing.
"""

import ibis
import ibis.expr.types as ir

_SIDES = {"exporter": "export", "importer": "import"}
_FLOW = ["year", "exporter_iso3", "importer_iso3", "hs_code"]


def shares(reports: ir.Table) -> ir.Table:
    """Each exporter's part of the world's exports of a code in a year.

    Returns:
        year, exporter_iso3, hs_code, value_usd, mass_kg (null where no report has one) and share_pct, 0 to 100, by
        value. Partners are countries: the world, groups and unnamed areas are left out.
    """
    rows = reports.filter(
        reports.flow == "export",
        reports.month.isnull(),
        is_country(reports.partner_iso3),
        reports.value_usd >= 0,
    )
    sums = rows.group_by("year", "hs_code", exporter_iso3="reporter_iso3").agg(
        value_usd=rows.value_usd.sum(), mass_kg=rows.mass_kg.sum()
    )
    world_usd = sums.value_usd.sum().over(ibis.window(group_by=["year", "hs_code"]))
    share_pct = 100 * sums.value_usd.cast("float64") / world_usd.cast("float64").nullif(0)
    return sums.select("year", "exporter_iso3", "hs_code", "value_usd", "mass_kg", share_pct=share_pct)


def is_country(iso3: ir.StringValue) -> ir.BooleanValue:
    """Whether a code is a country's: the world is WLD, the European Union EUU, all other areas have X or G and a number."""
    return (iso3.length() == 3) & ~iso3.isin(("WLD", "EUU"))


def pairs(reports: ir.Table) -> ir.Table:
    """Both reports of each flow side by side, made in one pass without a join.

    A report that is repeated word for word counts once; two values for one flow are a conflict and count as none.

    Returns:
        year, exporter_iso3, importer_iso3, hs_code; value and mass of either side, null where it is missing.
    """
    rows = reports.filter(
        reports.flow.isin(tuple(_SIDES.values())),
        reports.month.isnull(),
        is_country(reports.partner_iso3),
        reports.reporter_iso3 != reports.partner_iso3,
    )
    is_export = rows.flow == "export"
    rows = rows.select(
        "year",
        "hs_code",
        "flow",
        "value_usd",
        "mass_kg",
        exporter_iso3=ibis.ifelse(is_export, rows.reporter_iso3, rows.partner_iso3),
        importer_iso3=ibis.ifelse(is_export, rows.partner_iso3, rows.reporter_iso3),
    )
    ends = {}
    for side, flow in _SIDES.items():
        of_side = rows.flow == flow
        ends[f"min_{side}_usd"] = rows.value_usd.min(where=of_side)
        ends[f"max_{side}_usd"] = rows.value_usd.max(where=of_side)
        ends[f"max_{side}_kg"] = rows.mass_kg.max(where=of_side)
    found = rows.group_by(_FLOW).agg(**ends)
    sides = {}
    for side in _SIDES:
        least, most = found[f"min_{side}_usd"], found[f"max_{side}_usd"]
        sides[f"value_{side}_usd"] = ibis.ifelse(least == most, most, None)
        sides[f"mass_{side}_kg"] = ibis.ifelse(least == most, found[f"max_{side}_kg"], None)
    found = found.select(*_FLOW, **sides)
    return found.filter(found.value_exporter_usd.notnull() | found.value_importer_usd.notnull())


ALL = {"shares": shares, "pairs": pairs}
