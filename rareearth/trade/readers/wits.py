"""World Bank WITS: the result of a query, and the workbooks and tables of the site."""

from rareearth.trade.columns import Reading
from rareearth.trade.readers.layout import Layout, cases, is_like, of_records, with_zero
from rareearth.trade.readers.sheets import Sheet

_FLOWS = {
    **{of + word: "M" for word in ("imports", "import", "imp.", "imp") for of in ("gross ", "")},
    **{of + word: "X" for word in ("exports", "export", "exp.", "exp") for of in ("gross ", "")},
    **dict.fromkeys(("re-exp.", "re-exp"), "RX"),
    **dict.fromkeys(("re-imp.", "re-imp"), "RM"),
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
        # Several areas go by this name: other values are other parts of it.
        "customs": "CASE WHEN trim(partner) = 'Unspecified' THEN trim(value) ELSE '' END",
    },
    constants={"value_factor": "1000"},
    keys="total",
    source="World Bank, wits.worldbank.org: result of a query (CSV or .xlsx), WITS-By-HS6Product.xlsx",
    units="value thousand USD, quantity in the unit beside it, of which kilograms and tonnes are kept",
    traps="World, All countries and European Union are partners; its own codes of countries (ROM, ZAR, TMP, SER) and names "
    "(Korea, Rep.); several revisions in one query; numbers as text with blanks in front; codes that lost a zero",
)


_IS_AMOUNT = r"(Export|Import)s? *\(US\$ (Thousand|Mil)[a-z]*\)"
_IS_YEAR = r"(19|20)\d\d"
_FACTORS = {"thousand": "1000", "mil": "1000000"}


def _wide(layout: Layout, sheet: Sheet) -> Reading:
    """Each row as a record for each amount: a flow in a column, or a year in a column and the flow in the row."""
    served = layout.served(sheet.header)
    years = [name for name in sheet.header if is_like(_IS_YEAR, name)]
    flows = [name for name in sheet.header if is_like(_IS_AMOUNT, name)]
    records = []
    for number, row in enumerate(sheet.records(), sheet.first_row):
        group = row[served["hs_code"]].strip() if "hs_code" in served else "All Products"
        base = {
            "source_row": number,
            "reporter": row[served["reporter"]],
            "partner": row[served["partner"]],
            "hs_code": "TOTAL" if group.casefold() in ("all products", "total") else f"unstated {group}",
        }
        if years:
            amounts = [(row[served["part"]].strip(), year.strip(), row[year]) for year in years]
        else:
            amounts = [(name.strip(), row[served["year"]], row[name]) for name in flows]
        found = [
            base
            | {"year": year, "flow": m[1][0].upper().replace("I", "M").replace("E", "X"), "value": cell.strip()}
            | {"value_factor": _FACTORS[m[2].casefold()]}
            for name, year, cell in amounts
            if (m := is_like(_IS_AMOUNT, name)) and cell.strip()
        ]
        records += found or [{**base, "verdict": "detail: another figure than the value of trade"}]
    return of_records(records, {}, sheet.count, ())


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
    read=_wide,
    is_wide=True,
    source="World Bank, wits.worldbank.org: WITS-Partner.xlsx and the tables of a country's page",
    units="value thousand USD",
    traps="exports and imports stand in one row; groups of products are no codes: rows are totals, never flows; regions are "
    "partners beside their countries",
)


BY_YEAR = Layout(
    "World Bank WITS, years in columns",
    {
        "reporter": ("Reporter Name", "Reporter"),
        "partner": ("Partner Name", "Partner"),
        "hs_code": ("Product Group", "Product categories"),
        "part": ("Indicator",),
    },
    required=("reporter", "partner", "part"),
    like={_IS_YEAR: "2020"},
    read=_wide,
    is_wide=True,
    source="World Bank, wits.worldbank.org: WITS-Partner-Timeseries.xlsx, WITS-Product.xlsx, en_..._WITS_Trade_Summary.CSV",
    units="value thousand USD, or million where the indicator says so",
    traps="of the indicators, exports and imports are read; shares, indices and tariffs are details",
)
