"""World Bank WITS: the result of a query, and the workbooks and tables of the site."""

from rareearth.trade.columns import Reading
from rareearth.trade.readers.layout import Given, Layout, cases, of_records, with_zero
from rareearth.trade.readers.sheets import Sheet

_FLOWS = {
    "gross imports": "M",
    "gross exports": "X",
    "gross import": "M",
    "gross export": "X",
    "re-exports": "RX",
    "re-imports": "RM",
    "5": "M",
    "6": "X",
}
# The unit in words as Comtrade's code of it.
_UNITS = {"kg": "8", "weight in kilograms": "8", "t": "21", "tons": "21", "metric tons": "21", "tonnes": "21"}

WITS = Layout(
    "World Bank WITS",
    {
        "year": ("Year",),
        "reporter": ("ReporterISO3", "ReporterCode", "ReporterName", "Reporter"),
        "partner": ("PartnerISO3", "PartnerCode", "PartnerName", "Partner"),
        "flow": ("TradeFlowName", "TradeFlow", "TradeFlowCode"),
        "hs_code": ("ProductCode", "Product"),
        "hs_revision": ("Nomenclature", "NomenCode"),
        "value": (
            "TradeValue in 1000 USD",
            "Trade Value 1000USD",
            "Trade Value in 1000 USD",
            "Trade Value (US$ Thousand)",
        ),
        "mass": ("NetWeight in KGM", "Net Weight in KGM"),
        "quantity": ("Quantity", "Qty"),
        "quantity_unit": ("Quantity Unit", "ShortName", "QtyUnit", "Quantity Token", "QtyToken"),
    },
    sql={
        "flow": cases("flow", _FLOWS),
        "hs_code": f"CASE WHEN lower(hs_code) = 'total' THEN 'TOTAL' ELSE {with_zero('hs_code')} END",
        "value": "trim(value)",
        "quantity": "trim(quantity)",
        "quantity_unit": cases("quantity_unit", _UNITS),
    },
    constants={"value_factor": "1000"},
    source="World Bank, wits.worldbank.org: result of a query (CSV or .xlsx), WITS-By-HS6Product.xlsx",
    units="value thousand USD, quantity in the unit beside it, of which kilograms and tonnes are kept",
    traps="World, All countries and European Union are partners; its own codes of countries (ROM, ZAR, TMP, SER) and names "
    "(Korea, Rep.); several revisions in one query; numbers as text with blanks in front; codes that lost a zero",
)


def _by_partner(layout: Layout, sheet: Sheet, given: Given) -> Reading:
    """Each row as two records, what the reporter exports to its partner and what it imports."""
    served = layout.served(sheet.header)
    amounts = [
        (flow, name)
        for name in sheet.header
        for flow, word in (("X", "Export"), ("M", "Import"))
        if name.strip() == f"{word} (US$ Thousand)"
    ]
    records = []
    for number, row in enumerate(sheet.records(), sheet.first_row):
        group = row[served["hs_code"]].strip() if "hs_code" in served else "All Products"
        base = {
            "source_row": number,
            "year": row[served["year"]],
            "reporter": row[served["reporter"]],
            "partner": row[served["partner"]],
            "hs_code": "TOTAL" if group.casefold() in ("all products", "total") else f"unstated {group}",
        }
        found = [{**base, "flow": flow, "value": row[name]} for flow, name in amounts if row[name].strip()]
        records += found or [{**base, "verdict": "detail: no trade"}]
    return of_records(records, {"value_factor": "1000"}, sheet.count, ())


BY_PARTNER = Layout(
    "World Bank WITS, trade by partner",
    {
        "year": ("Year",),
        "reporter": ("Reporter Name", "Reporter"),
        "partner": ("Partner Name", "Partner"),
        "hs_code": ("Product Group", "Product categories"),
        "value": ("Export (US$ Thousand)", "Import (US$ Thousand)"),
    },
    required=("year", "reporter", "partner", "value"),
    read=_by_partner,
    is_wide=True,
    source="World Bank, wits.worldbank.org: WITS-Partner.xlsx and the tables of a country's page",
    units="value thousand USD",
    traps="exports and imports stand in one row; groups of products are no codes: rows are totals, never flows",
)
