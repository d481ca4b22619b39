"""The rules over flows, one row each: imputed masses, odd unit values, breaks of scope, incomplete years.

Expressions as in rules.py. Medians and counts of groups are small tables, computed once and joined.
"""

from collections.abc import Callable

import ibis
import ibis.expr.types as ir

from rareearth.trade.flags import INCOMPLETE_SHARE, OUTLIER_Z

# `engine.Engine.by_code` for a known number of rows.
ByCode = Callable[[ir.Table, Callable[[ir.Table], ir.Table]], ir.Table]
# A quotient of unit values near 1,000 says that one of two reports is in tonnes.
_THOUSANDFOLD = (500, 2000)
_OUTLIER_LEAST_ROWS = 8
# Rows of which one unit value can be imputed: a reporter's of one code and period.
IMPUTED_GROUP = ["source_id", "reporter_iso3", "flow", "hs_code", "year", "month"]
IMPUTED_LEAST_ROWS = 3


def unit_value_step(flows: ir.Table) -> ir.IntegerValue:
    """The logarithm of a unit value to a thousandth: masses are rounded to a gram, values to a cent."""
    has_mass = (flows.mass_kg > 0) & (flows.value_usd > 0)
    return ibis.ifelse(has_mass, ((flows.value_usd / flows.mass_kg).ln() * 1000).round().cast("int64"), None)


def with_imputed(flows: ir.Table) -> ir.Table:
    """Marks masses that hold nothing but the value: many rows of a reporter share one unit value.

    Three rows that the publisher estimated, or five rows that are more than half of their group, are enough; so is
    one such row in a group of five or more of which nothing was reported.
    """
    flows = flows.mutate(unit_value_step=unit_value_step(flows))
    group = IMPUTED_GROUP
    alike = flows.unit_value_step.count().over(
        ibis.window(group_by=[*group, "unit_value_step", "mass_status"])
    )
    rows = flows.unit_value_step.count().over(ibis.window(group_by=group))
    imputed = (flows.unit_value_step.notnull()) & (
        ((flows.mass_status == "estimated") & (alike >= IMPUTED_LEAST_ROWS))
        | ((alike >= 5) & (alike * 2 > rows))
    )
    imputed = imputed & (flows.value_basis != "reconciled") & (flows.partner_iso3 != "WLD")
    status = ibis.ifelse(imputed, "imputed", flows.mass_status)
    flows = flows.mutate(mass_status=status).drop("unit_value_step")
    # Where nothing was reported and a part is imputed, the rest is imputed by another unit value.
    whole = ibis.window(group_by=group)
    none_reported = (flows.mass_status == "reported").sum().over(whole) == 0
    some_imputed = (flows.mass_status == "imputed").sum().over(whole) > 0
    spread = (
        none_reported
        & some_imputed
        & (flows.mass_kg.count().over(whole) >= 5)
        & (flows.mass_status == "estimated")
    )
    return flows.mutate(mass_status=ibis.ifelse(spread, "imputed", flows.mass_status))


def with_outliers(flows: ir.Table, by_code: ByCode) -> ir.Table:
    """Flags unit values far from the median of their code, flow and year by the median absolute deviation.

    z = 0.6745 (ln u - median) / MAD over reported masses; 0.6745 makes MAD a standard deviation of a normal.

    Args:
        flows: One row a flow.
        by_code: Makes the medians.
    """
    usable = flows.mass_status.isin(("reported", "estimated")) & (flows.mass_kg > 0) & (flows.value_usd > 0)
    usable = usable & flows.is_flow
    step = ibis.ifelse(usable, (flows.value_usd / flows.mass_kg).ln(), None)
    flows = flows.mutate(ln_unit_value=step)
    group = ["hs_code", "flow", "year", "month"]
    middle = by_code(
        flows,
        lambda t: t.group_by(group).agg(middle=t.ln_unit_value.median(), usable_rows=t.ln_unit_value.count()),
    )
    flows = _left(flows, middle, group)
    flows = flows.mutate(distance=(flows.ln_unit_value - flows.middle).abs())
    spread = by_code(flows, lambda t: t.group_by(group).agg(spread=t.distance.median()))
    flows = _left(flows, spread, group)
    enough = flows.usable_rows >= _OUTLIER_LEAST_ROWS
    outlier = enough & (0.6745 * flows.distance > OUTLIER_Z * flows.spread)
    thousand = enough & flows.distance.between(*(ibis.literal(float(n)).ln() for n in _THOUSANDFOLD))
    flows = flows.mutate(
        is_outlier=outlier.fill_null(False), is_thousandfold=(outlier & thousand).fill_null(False)
    )
    return flows.drop("ln_unit_value", "middle", "usable_rows", "distance", "spread")


def _left(table: ir.Table, other: ir.Table, keys: list[str]) -> ir.Table:
    """A left join in which missing keys are equal."""
    same = [table[key].identical_to(other[key]) for key in keys]
    return table.left_join(other, same).drop(*(f"{key}_right" for key in keys))


def with_scope(flows: ir.Table, scopes: ir.Table) -> ir.Table:
    """Marks codes that cover more than rare earths, or other goods in this revision than in the newest.

    Args:
        flows: Columns hs_code and hs_revision.
        scopes: Columns hs_code, revision, is_broad, scope_differs; a row for each code and revision.
    """
    broad = scopes.select("hs_code", "is_broad").distinct()
    flows = _left(flows, broad, ["hs_code"])
    return _left(
        flows,
        scopes.select("hs_code", "scope_differs", hs_revision="revision"),
        ["hs_code", "hs_revision"],
    )


def with_incomplete_year(flows: ir.Table, keep: Callable[[ir.Table], ir.Table]) -> ir.Table:
    """Marks the newest year of a source when clearly fewer countries have reported it than the one before.

    Args:
        flows: One row a flow.
        keep: Computes a table once.
    """
    counts = flows.group_by("source_id", "year").agg(reporters=flows.reporter_iso3.nunique())
    over = ibis.window(group_by="source_id", order_by="year")
    counts = counts.mutate(
        before=counts.reporters.lag().over(over),
        newest=counts.year.max().over(ibis.window(group_by="source_id")) == counts.year,
    )
    few = counts.newest & (counts.reporters < INCOMPLETE_SHARE * counts.before)
    marked = counts.mutate(is_incomplete=few.fill_null(False)).select("source_id", "year", "is_incomplete")
    return _left(flows, keep(marked), ["source_id", "year"])


def flags(flows: ir.Table, marks: dict[str, str]) -> ir.StringValue:
    """The names of all flags of a row, joined by ``;``.

    Args:
        flows: A table with a boolean column for each flag.
        marks: Flag to its column.
    """
    words = [ibis.ifelse(flows[column], flag, ibis.null("string")) for flag, column in marks.items()]
    return ibis.literal(";").join(words)
