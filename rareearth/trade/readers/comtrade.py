"""UN Comtrade since 2022: the API's JSON, the CSV of its clients, the bulk files and the web download."""

from dataclasses import replace

from rareearth.trade.columns import Reading
from rareearth.trade.readers.layout import HS_WITH_ZERO, Layout, folded, in_place, mapped
from rareearth.trade.readers.sheets import Sheet

PREVIEW_CAPS = (500, 100_000, 250_000)
_FREQUENCIES = frozenset(("A", "M", "Q"))


def _read(layout: Layout, sheet: Sheet) -> Reading:
    sheet = in_place(sheet, "typeCode", _FREQUENCIES)
    reading = mapped(layout, sheet)
    notes = (*sheet.notes, *reading.notes)
    if sheet.count in PREVIEW_CAPS:
        notes += (f"exactly {sheet.count} rows, where Comtrade cuts its answers: part may be missing",)
    value = folded(layout.served(sheet.header)["value"]).removesuffix("value")
    basis = {"value_basis": value} if value in ("cif", "fob") else {}
    return reading._replace(notes=notes, constants={**reading.constants, **basis})


COMTRADE = Layout(
    "UN Comtrade",
    {
        "year": ("refYear", "period"),
        "month": ("refMonth", "period"),
        "reporter": ("reporterCode", "CountryCode", "reporterISO", "reporterDesc"),
        "partner": ("partnerCode", "partnerISO", "partnerDesc"),
        "flow": ("flowCode", "flowDesc"),
        "hs_code": ("cmdCode",),
        "hs_revision": ("classificationCode",),
        # Where no other value was chosen: imports are counted cif, exports fob.
        "value": ("primaryValue", "fobvalue", "cifvalue"),
        "mass": ("netWgt",),
        "mass_estimated": ("isNetWgtEstimated",),
        "quantity": ("qty",),
        "quantity_unit": ("qtyUnitCode",),
        "alt_quantity": ("altQty",),
        "alt_quantity_unit": ("altQtyUnitCode",),
        "gross_mass": ("grossWgt",),
        "partner2": ("partner2Code",),
        "customs": ("customsCode",),
        "transport": ("motCode",),
        "source_id": ("source_ids",),
    },
    sql={"hs_code": HS_WITH_ZERO},
    read=_read,
    keys="total",
    source="United Nations, comtradeplus.un.org and its API: JSON, CSV of a client, bulk files (.gz, tabs), web download",
    units="value USD, net weight kg",
    traps="World is a partner; second partners, customs procedures and modes of transport stand beside their totals; "
    "490 is Taiwan; exactly 500, 100,000 or 250,000 rows are a cut answer; the web download is Windows-1252 with a comma "
    "at each row's end; columns may be chosen, their names in any case (RefYear, ref_year)",
)
# The former API (to 2022) is gone; its answers are still about.
FORMER_API = replace(
    COMTRADE,
    name="former UN Comtrade API",
    columns={
        "year": ("yr", "period"),
        "month": ("period",),
        "reporter": ("rtCode", "rt3ISO", "rtTitle"),
        "partner": ("ptCode", "pt3ISO", "ptTitle"),
        "flow": ("rgDesc", "rgCode"),
        "hs_code": ("cmdCode",),
        "hs_revision": ("pfCode",),
        "value": ("TradeValue",),
        "mass": ("NetWeight",),
        "mass_estimated": ("estCode",),
        "quantity": ("TradeQuantity",),
        "quantity_unit": ("qtCode",),
        "alt_quantity": ("AltQuantity",),
        "alt_quantity_unit": ("qtAltCode",),
        "gross_mass": ("GrossWeight",),
        "partner2": ("ptCode2",),
        "customs": ("cstCode",),
        "transport": ("motCode",),
    },
    read=mapped,
    source="United Nations, comtrade.un.org/api/get until 2022: JSON (list dataset) or CSV with machine-readable names",
    traps="the API is gone since 2022; an estCode other than 0 marks an estimate",
)
