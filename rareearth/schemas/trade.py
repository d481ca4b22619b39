"""Trade figures: as printed, and in the columns of the publishers of records."""

import pandera.pandas as pa

from rareearth.estimate import BASES
from rareearth.schemas.columns import (
    BOUNDS,
    END,
    FILLED,
    ID,
    NOT_NEGATIVE,
    ORIGIN,
    YEAR,
    number,
    one_of,
    table,
    text,
)

_INTERVAL = r"^\d{4}(-\d\d)?(/\d{4}(-\d\d)?)?$"
# A country (ISO 3166-1, or 3166-3 for a former one), WLD, EUU; other groups are G and areas nes X with their number.
AREA = pa.Check.str_matches(r"^([A-Z]{3}|[GX]\d{3})$", error="F01 is no code of a country or area")
AREA_OR_EMPTY = pa.Check.str_matches(r"^([A-Z]{3}|[GX]\d{3})?$", error="F01 is no code of a country or area")
_DIGITS = pa.Check.str_matches(r"^\d+$", error="F02 is no code of digits")
_CODE_OR_EMPTY = pa.Check.str_matches(r"^(-?\d+)?$", error="F02 is no code of digits")
_HS = pa.Check.str_matches(r"^(\d\d)+$", error="F02 is no HS code")
_RECORD = {"source_ids": END["source_ids"]}

# The columns of the Comtrade API that the rules use; names and codes are Comtrade's.
_COMTRADE = table(
    {
        "figure_id": ID,
        "freqCode": text(one_of(("A", "M"))),
        "refYear": YEAR,
        "refMonth": text(_DIGITS),
        "period": text(_DIGITS),
        "reporterCode": text(_DIGITS),
        "flowCode": text(one_of(("M", "X", "RM", "RX"))),
        "partnerCode": text(_DIGITS),
        "partner2Code": text(_CODE_OR_EMPTY),
        "classificationCode": text(one_of(("", "H0", "H1", "H2", "H3", "H4", "H5", "H6"))),
        "cmdCode": text(_HS),
        "customsCode": text(),
        "motCode": text(_CODE_OR_EMPTY),
        "qtyUnitCode": text(_CODE_OR_EMPTY),
        "qty": number(NOT_NEGATIVE),
        "altQtyUnitCode": text(_CODE_OR_EMPTY),
        "altQty": number(NOT_NEGATIVE),
        "netWgt": number(NOT_NEGATIVE),
        "isNetWgtEstimated": text(one_of(("", "true", "false"))),
        "cifvalue": number(NOT_NEGATIVE),
        "fobvalue": number(NOT_NEGATIVE),
        "primaryValue": number(NOT_NEGATIVE),
        **_RECORD,
    }
)
# CEPII's names: year, exporter, importer (0: sum over partners), HS6, value in thousand USD, quantity in t.
_BACI = table(
    {
        "figure_id": ID,
        "t": YEAR,
        "i": text(_DIGITS),
        "j": text(_DIGITS),
        "k": text(_HS),
        "v": number(NOT_NEGATIVE),
        "q": number(NOT_NEGATIVE),
        **_RECORD,
    }
)
_DATAWEB = table(
    {
        "figure_id": ID,
        "Data Type": text(one_of(("Customs Value", "FAS Value", "First Unit of Quantity"))),
        "Country": text(FILLED),
        "HTS Number": text(_HS),
        "Quantity Description": text(FILLED),
        **{str(year): number(NOT_NEGATIVE) for year in range(1993, 2026)},
        **_RECORD,
    }
)

# Records in the columns of their publishers: read by the readers of rareearth.trade, like a user's files.
RECORDS = {
    "trade/comtrade_rare_earths_2025.csv": _COMTRADE,
    "trade/comtrade_china_imports_2846.csv": _COMTRADE,
    "trade/comtrade_usa_china_2020_2024.csv": _COMTRADE,
    "trade/comtrade_world_2023.csv": _COMTRADE,
    "trade/comtrade_china_exports_monthly.csv": _COMTRADE,
    "trade/baci_hs17_2024.csv": _BACI,
    "trade/baci_hs02_exporters.csv": _BACI,
    "trade/baci_hs17_exporters.csv": _BACI,
    "trade/dataweb_imports.csv": _DATAWEB,
    "trade/dataweb_exports.csv": _DATAWEB,
}

SCHEMAS = {
    "trade/trade_published.csv": table(
        {
            "figure_id": ID,
            "reporter": text(FILLED),
            "partner": text(FILLED),
            "reporter_iso3": text(AREA_OR_EMPTY),
            "partner_iso3": text(AREA_OR_EMPTY),
            "iso3_note": text(),
            "flow": text(one_of(("import", "export"))),
            "period": text(pa.Check.str_matches(_INTERVAL, error="F03 is no year, month or interval")),
            "commodity_code": text(),
            "commodity": text(FILLED),
            "role": text(one_of(("flow", "context", "mirror", "net_import_reliance", "smuggled"))),
            "measure": text(one_of(("quantity", "value", "share", "ratio"))),
            "bound": text(one_of(BOUNDS)),
            "basis": text(one_of(BASES)),
            "value": number(),
            "unit": text(FILLED),
            **ORIGIN,
        }
    ),
    **RECORDS,
    "trade/reconciliation_inputs.csv": table(
        {
            "figure_id": ID,
            "name": text(FILLED),
            "low": number(NOT_NEGATIVE),
            "value": number(NOT_NEGATIVE),
            "high": number(NOT_NEGATIVE),
            "unit": text(FILLED),
            **_RECORD,
            "note": text(FILLED),
        }
    ),
    "trade/hs_scope.csv": table(
        {
            "hs_code": text(_HS),
            "revisions": text(FILLED),
            "rare_earths": text(one_of(("all", "part", "none"))),
            "scope": text(FILLED),
            **_RECORD,
        }
    ),
    "trade/country_codes.csv": table(
        {
            "published": pa.Column(str, checks=[FILLED], unique=True, report_duplicates="exclude_first"),
            "iso3": text(AREA),
            "kind": text(one_of(("country", "world", "group", "nes"))),
            "name": text(FILLED),
            "comtrade_code": text(_CODE_OR_EMPTY),
            **_RECORD,
        }
    ),
}
