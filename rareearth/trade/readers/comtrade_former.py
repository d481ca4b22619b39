"""UN Comtrade before 2022: the site of 2014 to 2022, its bulk files, and the old database of 11 columns."""

from dataclasses import replace

from rareearth.trade.readers.layout import HS_WITH_ZERO, Layout

# The site's last months say 0 in the column of codes, and M, X, RX in the column of words.
SITE = Layout(
    "UN Comtrade, site of 2014 to 2022",
    {
        "year": ("Period", "Year"),
        "month": ("Period",),
        "reporter": ("Reporter Code", "Reporter ISO", "Reporter"),
        "partner": ("Partner Code", "Partner ISO", "Partner"),
        "flow": ("Trade Flow", "Trade Flow Code"),
        "hs_code": ("Commodity Code",),
        "hs_revision": ("Classification",),
        "value": ("Trade Value (US$)",),
        "mass": ("Netweight (kg)",),
        "mass_estimated": ("Flag",),
        "quantity": ("Qty",),
        "quantity_unit": ("Qty Unit Code",),
        "alt_quantity": ("Alt Qty",),
        "alt_quantity_unit": ("Alt Qty Unit Code",),
        "gross_mass": ("Gross weight (kg)",),
        "partner2": ("2nd Partner Code",),
        "customs": ("Customs Proc. Code",),
        "transport": ("Mode of Transport Code",),
    },
    sql={"hs_code": HS_WITH_ZERO},
    keys="total",
    source="United Nations, comtrade.un.org until 2022: 35 columns, 22 of the bulk files, or some of them",
    units="value USD, net weight kg",
    traps="381 is Italy, 490 Taiwan, 97 the EU of 28; a flag other than 0 marks an estimate; a net weight of 0 is missing; "
    "in the last months the flow stands in Trade Flow alone",
)
OLD_DATABASE = replace(
    SITE,
    name="UN Comtrade, old database",
    columns={
        **SITE.columns,
        "year": ("Year",),
        "flow": ("Trade Flow Code",),
        "value": ("Value",),
        "mass_estimated": ("Estimation Code",),
        "quantity": ("Supplementary Quantity",),
        "quantity_unit": ("Quantity Unit Code",),
    },
    keys="",
    source="United Nations, files of 11 columns to about 2013",
    traps="an estimation code other than 0 marks an estimate",
)
