"""Which record counts: refusals, quarantines, duplicates, details against totals, conflicts.

What a row says of itself is decided row by row. Only records whose flow is there several times are compared.
"""

from collections.abc import Sequence
from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from rareearth.errors import Refused
from rareearth.trade import accounting, engine, rules
from rareearth.trade.engine import Engine
from rareearth.trade.record import COLUMNS

# Fields of one flow before sources are told apart; `part` tells the rows of a wide layout apart.
FLOW = [
    "layout",
    "year_number",
    "month_number",
    "reporter_iso3",
    "partner_iso3",
    "flow_name",
    "hs_code",
    "revision",
]
# A flow whatever its revision, source and part: only rows that share it can repeat or contradict each other.
_PLACE = ["year_number", "month_number", "reporter_iso3", "partner_iso3", "flow_name", "hs_code"]
# What is kept of a row when its text has been read: the text itself stays in the file.
TYPED = (
    "file_number source_row row_hash source_id layout keys part suppressed year_number month_number reporter_iso3 "
    "reporter_kind partner_iso3 partner_kind flow_name hs_code revision value_usd value_basis net_kg gross_kg alt_kg "
    "quantity_kg is_estimated is_total_code is_quantity coarseness refusal code fate"
).split()
# All three columns of detail say total: 37 = 3 x 10 + 1 + 2 + 4.
ALL_TOTAL = 37


class Judged(NamedTuple):
    """Every record with its fate.

    Attributes:
        single: Records whose flow is there once.
        repeated: Records whose flow is there several times, or None.
    """

    single: ir.Table
    repeated: ir.Table | None

    def all(self) -> ir.Table:
        """Both as one table."""
        return engine.joined(self)


def first(defects: Sequence[rules.Rule], table: ir.Table) -> ir.StringValue:
    """The code of the first defect that a row has; null where it has none."""
    return ibis.cases(*((rule.test(table), rule.code) for rule in defects))


def with_fate(table: ir.Table) -> ir.Table:
    """What a row alone says of itself: why its file is refused, or why the row is taken out or apart."""
    unread = table.verdict == ""
    code = ibis.ifelse(unread, first(rules.QUARANTINE, table), None)
    text = [name for name in COLUMNS if name not in ("source_row", "file", "source_id")]
    return table.mutate(
        refusal=ibis.ifelse(unread, first(rules.REFUSALS, table), None),
        code=code,
        fate=ibis.cases(
            (~unread, table.verdict.split(": ")[0]),
            (code.notnull(), "quarantined"),
            (table.flow_name == "part", "detail"),
            else_="",
        ),
        coarseness=coarseness(table),
        row_hash=engine.key_hash(table, text),
    )


def coarseness(table: ir.Table) -> ir.IntegerValue:
    """How many columns of detail say total, and which: `ALL_TOTAL` where all do."""
    totals = [
        rules.says(table.partner2, "0", ""),
        rules.says(table.customs, "C00", ""),
        rules.says(table.transport, "0", ""),
    ]
    return sum(flag.ifelse(10 + 2**power, 0) for power, flag in enumerate(totals)).cast("int32")


def refuse(typed: ir.Table, wide: ir.Table) -> None:
    """Turns files away of which a number cannot be read as it was meant.

    Args:
        typed: Columns `TYPED`.
        wide: The same rows with their text.

    Raises:
        Refused: naming the first row at fault.
    """
    found = typed.filter(typed.refusal.notnull()).order_by("file_number", "source_row").limit(1)
    for place in found.select(accounting.PLACE).to_pyarrow().to_pylist():
        same = wide.filter(*(wide[name] == cell for name, cell in place.items())).limit(1)
        row = same.to_pyarrow().to_pylist()[0]
        rule = next(rule for rule in rules.REFUSALS if rule.code == row["refusal"])
        shown = ascii(row[rule.column])[:60]
        raise Refused(
            f"{row['file']}: row {row['source_row']}, column {rule.column}: {shown} {rule.reason} "
            f"({rule.code}): {rule.advice}"
        )


def judged(typed: ir.Table, database: Engine) -> Judged:
    """Every record with its fate and the reason."""
    hashes = database.repeated(typed.filter(is_open(typed)), _PLACE)
    single, repeated = engine.split(typed, _PLACE, hashes)
    single = _alone(single.mutate(coarsest=single.coarseness), single.value_usd.isnull())
    single = _counted(single, ibis.literal(False))
    if repeated is None:
        return Judged(single, None)
    table = _without_conflicts(_without_details(_without_duplicates(repeated)))
    return Judged(single, database.table(table.select(single.columns)))


def is_open(table: ir.Table) -> ir.BooleanValue:
    """Whether nothing has been decided against a record."""
    return table.fate == ""


def _without_duplicates(table: ir.Table) -> ir.Table:
    place = ibis.row_number().over(
        ibis.window(group_by=["fate", *FLOW, "row_hash"], order_by=["file_number", "source_row"])
    )
    return table.mutate(fate=ibis.ifelse(is_open(table) & (place > 0), "duplicate", table.fate))


def _without_details(table: ir.Table) -> ir.Table:
    """Of the rows of one flow the total is kept. Where there is none, the coarsest details are summed once."""
    key = ["fate", *FLOW, "part"]
    table = table.mutate(coarsest=table.coarseness.max().over(ibis.window(group_by=key)))
    largest = [ibis.desc("value_usd"), ibis.desc("net_kg", nulls_first=False), "file_number", "source_row"]
    place = ibis.row_number().over(ibis.window(group_by=key, order_by=largest))
    is_detail = ibis.cases(
        (table["keys"] == "total", table.coarseness < table.coarsest),
        (table["keys"] == "largest", place > 0),
        else_=False,
    )
    table = table.mutate(fate=ibis.ifelse(is_open(table) & is_detail, "detail", table.fate))
    # The same flow in an older revision of the codes is not another flow.
    key = ["fate", "source_id", "part", *(name for name in FLOW if name != "revision")]
    newest = table.revision.max().over(ibis.window(group_by=key))
    return table.mutate(fate=ibis.ifelse(is_open(table) & (table.revision < newest), "detail", table.fate))


def _without_conflicts(table: ir.Table) -> ir.Table:
    one_file = ibis.window(group_by=["fate", *FLOW, "part", "source_id"])
    conflict = is_open(table) & (ibis._.count().over(one_file) > 1) & (table.coarsest == ALL_TOTAL)
    table = table.mutate(
        fate=ibis.ifelse(conflict, "quarantined", table.fate),
        code=ibis.ifelse(conflict, rules.CONFLICT[0], table.code),
    )
    with_value = table.value_usd.count().over(ibis.window(group_by=["fate", *FLOW]))
    table = _alone(table, with_value == 0)
    # Details that are summed once: one row stands for the flow, the others are counted as details.
    carrier = ibis.row_number().over(
        ibis.window(group_by=["fate", *FLOW, "part", "source_id"], order_by=["file_number", "source_row"])
    )
    return _counted(table, carrier > 0)


def _alone(table: ir.Table, is_without_value: ir.BooleanValue) -> ir.Table:
    alone = is_open(table) & is_without_value
    return table.mutate(
        fate=ibis.ifelse(alone, "quarantined", table.fate),
        code=ibis.ifelse(alone, rules.QUANTITY_ALONE[0], table.code),
    )


def _counted(table: ir.Table, is_carried: ir.BooleanValue) -> ir.Table:
    is_flow = (table.reporter_kind == "country") & (table.partner_kind == "country") & ~table.is_total_code
    table = table.mutate(is_flow=is_flow.fill_null(False))
    counted = ibis.cases(
        (~is_open(table), table.fate), (is_carried, "detail"), (table.is_flow, "kept"), else_="aggregate"
    )
    return table.mutate(counted=counted)
