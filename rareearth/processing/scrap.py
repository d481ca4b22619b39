"""China's output from magnet scrap: a layer of its own, outside the quotas and outside what is mined.

One source prints it, for two years; what is recycled elsewhere is in no figure here, so counting scrap raises China's
share.
"""

import pandas as pd

from rareearth import tables
from rareearth.errors import Refused
from rareearth.quantity import Quantity
from rareearth.text import listed

_PRINTED_BY = "argus_recycled_2024"


def _rows(elements: str) -> pd.DataFrame:
    return tables.select("processing_by_country", measure="scrap", elements=elements, source_ids=_PRINTED_BY)


def years() -> tuple[int, ...]:
    """The years whose output of all elements is published."""
    return tuple(sorted(_rows("all")["reference_year"].astype(int)))


def output(year: int, elements: str) -> Quantity:
    """Recycled output of one of `years` in t REO, as published, of ``all``, ``ndpr`` or one element.

    Raises:
        Refused: nothing is published for the year.
    """
    rows = tables.select(_rows(elements), reference_year=year)
    if rows.empty:
        raise Refused(
            f"China's output from scrap is published for {listed(map(str, years()))}, not for {year}: leave scrap out, "
            "or choose one"
        )
    return Quantity.of(rows.iloc[0], "China", "t_reo", reason="recycled magnets, outside quotas")
