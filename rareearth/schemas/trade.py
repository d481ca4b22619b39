"""Trade figures: as printed, and in the columns of the publishers of records."""

import pandera.pandas as pa

from rareearth.estimate import BASES
from rareearth.schemas.columns import (
    BOUNDS,
    FILLED,
    ID,
    ORIGIN,
    number,
    one_of,
    table,
    text,
)

_INTERVAL = r"^\d{4}(-\d\d)?(/\d{4}(-\d\d)?)?$"

SCHEMAS = {
    "trade/trade_published.csv": table(
        {
            "figure_id": ID,
            "reporter": text(FILLED),
            "partner": text(FILLED),
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
}
