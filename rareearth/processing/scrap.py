"""China's output from magnet scrap: a layer of its own, outside the quotas and outside what is mined.

One source prints it, for two years; what is recycled elsewhere is in no figure here, so counting scrap raises China's share.
"""

import pandas as pd

from rareearth import tables
from rareearth.errors import Refused
from rareearth.processing.elsewhere import Term, ids


def _rows(elements: str) -> pd.DataFrame:
    table = tables.load("processing_by_country")
    return table[(table["measure"] == "scrap") & (table["elements"] == elements)]


def years() -> tuple[int, ...]:
    """The years whose output of all elements is published."""
    return tuple(sorted(_rows("all")["reference_year"].astype(int)))


def output(year: int, elements: str) -> Term:
    """Recycled output of a year in t REO, as published.

    Args:
        year: A member of `years`.
        elements: ``all``, ``ndpr`` or one element.

    Raises:
        Refused: nothing is published for the year.
    """
    rows = _rows(elements)
    rows = rows[rows["reference_year"] == year]
    if rows.empty:
        known = " and ".join(map(str, years()))
        raise Refused(
            f"China's output from scrap is published for {known}, not for {year}: leave scrap out, or choose one"
        )
    value = float(rows["value"].iloc[0])
    return Term("China", value, value, value, *ids(rows), "recycled magnets, outside quotas")
