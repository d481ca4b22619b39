"""US ore sent to China, by every record of it, in t REO.

The United States book concentrate under HS 2846, China under HS 2530: a comparison of one code fails. Four records say
how much went: China's customs (gross tonnes, so they need a factor), the export line of USGS (all countries, ores and
compounds), the sales of the only producer, and what is left of mine output after separation at home, which counts ore
in stock as sent. The US record of 2023 has half of what the others have. None is averaged with another: one is used,
the others are its ends.
"""

from rareearth import conversion, tables
from rareearth.processing.elsewhere import Term, best, ids, origins

RECORDS = ("china_customs", "us_exports", "company_sales", "not_separated_at_home")
_US_RECORD_IS_BROKEN = (2023,)
# Documents of the US export line, by release.
_SALIENT = {"MCS2021": "usgs_mcs2021_docslib", "MCS2025": "usgs_mcs2025_pdf", "MCS2026": "usgs_mcs2026_pdf"}


def _china_customs(year: int) -> Term | None:
    table = tables.load("trade_published")
    rows = table[
        (table["reporter"] == "China")
        & (table["flow"] == "import")
        & (table["commodity_code"] == "25309020")
        & (table["period"] == str(year))
        & table["partner"].isin(["USA", "World"])
        & (table["basis"] == "t_gross")
        & (table["measure"] == "quantity")
    ]
    if rows.empty:
        return None
    factor = conversion.reo_of_good("25309020", reporter="CHN", origin="USA")
    row = best(rows).iloc[0]
    figure_ids, source_ids = origins(row)
    return Term(
        "China's customs: imports of rare-earth ore, 99 % and more from the USA",
        *(factor * float(row["value"])).ends,
        (*figure_ids, *factor.inputs),
        (*source_ids, *factor.source_ids),
        f"{row['value']:,.0f} t gross at {factor.low} to {factor.high} t REO per tonne",
        "expert",
    )


def _us_exports(year: int, edition: str) -> Term | None:
    table = tables.load("trade_published")
    rows = table[
        (table["reporter"] == "USA")
        & (table["flow"] == "export")
        & (table["commodity"] == "Ores and compounds")
        & (table["period"] == str(year))
        & (table["basis"] == "t_reo")
    ]
    earlier = tables.releases()[: tables.releases().index(edition) + 1]
    # The releases of this table are known by their documents; a later one than `edition` was not yet there.
    printed = [document for name, document in _SALIENT.items() if name in earlier]
    rows = rows[rows["source_ids"].map(lambda ids: ids[0] in printed)]
    if rows.empty:
        return None
    row = rows.iloc[rows["source_ids"].map(lambda ids: printed.index(ids[0])).argmax()]
    value = float(row["value"])
    return Term(
        "US record: exports of ores and compounds to all countries",
        value,
        value,
        value,
        *origins(row),
        "misses half of the ore of that year" if year in _US_RECORD_IS_BROKEN else "as USGS prints it",
    )


def _company_sales(year: int) -> Term | None:
    table = tables.load("facilities")
    rows = table[
        (table["facility"] == "Mountain Pass")
        & (table["stage"] == "concentrate")
        & (table["measure"] == "sales")
        # The company's fiscal year is the calendar year.
        & (table["period"] == f"FY{year}")
    ]
    if rows.empty:
        return None
    value = float(rows["value"].iloc[0])
    reason = "as the company reports them, to all buyers"
    return Term("Mountain Pass: concentrate sold", value, value, value, *ids(rows.head(1)), reason)


def records(year: int, edition: str, us_mined: Term, us_separated: Term) -> dict[str, Term]:
    """What each record says of US ore sent to China, by its name in `RECORDS`; only those that the year has."""
    rest = [
        max(0.0, us_mined.central_t_reo - separated)
        for separated in (us_separated.high_t_reo, us_separated.central_t_reo, us_separated.low_t_reo)
    ]
    inputs, source_ids = origins(us_mined, us_separated)
    found = {
        "china_customs": _china_customs(year),
        "us_exports": _us_exports(year, edition),
        "company_sales": _company_sales(year),
        "not_separated_at_home": Term(
            "Mined less separated at home",
            *rest,
            inputs,
            source_ids,
            "counts ore in stock as sent",
            "expert",
        ),
    }
    return {name: term for name, term in found.items() if term is not None}


def chosen(year: int, found: dict[str, Term], record: str) -> Term:
    """The chosen record, else the next that exists for the year; the ends are those of every whole record.

    Args:
        year: Calendar year.
        found: See `records`.
        record: A member of `RECORDS`.
    """
    order = [record, *(name for name in RECORDS if name != record)]
    used = next(found[name] for name in order if name in found)
    whole = {
        name: term
        for name, term in found.items()
        # Ore that was not separated at home is no record of a shipment, unless it is asked for.
        if name != "not_separated_at_home" and not (name == "us_exports" and year in _US_RECORD_IS_BROKEN)
    }
    ends = [*whole.values(), used]
    return Term(
        "United States",
        min(term.low_t_reo for term in ends),
        used.central_t_reo,
        max(term.high_t_reo for term in ends),
        *origins(used, *whole.values()),
        f"{used.place}; the other records are the ends",
        "expert",
    )
