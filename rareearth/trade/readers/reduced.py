"""UN Comtrade cut down to six columns for all reporters at once, with the detail rows but without their columns.

Totals and details cannot be told apart by a column here: the largest value of a flow is its total.
"""

from rareearth.trade.readers.layout import Layout

REDUCED = Layout(
    "UN Comtrade, reduced to six columns",
    {
        "year": ("year",),
        "reporter": ("reporter",),
        "partner": ("partner",),
        "flow": ("flow",),
        "hs_code": ("cmd",),
        "value": ("value",),
        "mass": ("netwgt",),
        "quantity": ("qty",),
        "quantity_unit": ("qtyunit",),
    },
    required=("reporter", "partner", "flow", "hs_code", "value", "mass"),
    needs_year=True,
    keys="largest",
    source="others, with Comtrade's rows: reporter, partner, cmd, flow, value, netwgt",
    units="value USD, net weight kg",
    traps="details stand beside totals without a column that tells them apart: the largest value of a flow is its total; "
    "where no column year is, the file's name or --year gives it",
)
