"""US ore sent to China, by every record of it, in t REO.

The United States book concentrate under HS 2846, China under HS 2530: a comparison of one code fails. Four records say
how much went: China's customs (gross tonnes, so they need a factor), the export line of USGS (all countries, ores and
compounds), the sales of the only producer, and what is left of mine output after separation at home, which counts ore
in stock as sent. The US record of 2023 has half of what the others have. None is averaged with another: one is used,
the others are its ends.
"""

from dataclasses import replace

from rareearth import conversion, tables
from rareearth.errors import Refused
from rareearth.quantity import Quantity, origins

RECORDS = ("china_customs", "us_exports", "company_sales", "not_separated_at_home")
_ORE = "25309020"
_US_RECORD_IS_BROKEN = (2023,)


def _china_customs(year: int) -> Quantity | None:
    rows = tables.select(
        "trade_published",
        reporter="China",
        flow="import",
        commodity_code=_ORE,
        period=str(year),
        partner=["USA", "World"],
        basis="t_gross",
        measure="quantity",
    )
    if rows.empty:
        return None
    factor = conversion.reo_of_good(_ORE, reporter="CHN", origin="USA")
    name = "China's customs: imports of rare-earth ore, 99 % and more from the USA"
    gross = Quantity.of(tables.best(rows).iloc[0], name, "t_gross")
    reason = f"{gross.mid:,.0f} t gross at {factor.low} to {factor.high} t REO per tonne"
    return replace(gross * factor, reason=reason, kind="expert")


def _us_exports(year: int, edition: str) -> Quantity | None:
    rows = tables.select(
        "trade_published",
        reporter="USA",
        flow="export",
        commodity="Ores and compounds",
        period=str(year),
        basis="t_reo",
    )
    # The releases of this table are known by their documents; a later one than `edition` was not yet there.
    releases = rows["source_ids"].map(
        lambda ids: ids[0].split("_")[1].upper()
    )  # usgs_mcs2026_pdf is of MCS2026
    rows = tables.as_of(rows.assign(edition=releases), edition)
    if rows.empty:
        return None
    row = rows.loc[rows["edition"].map(tables.releases().index).idxmax()]
    reason = "misses half of the ore of that year" if year in _US_RECORD_IS_BROKEN else "as USGS prints it"
    name = "US record: exports of ores and compounds to all countries"
    return Quantity.of(row, name, "t_reo", reason=reason)


def _company_sales(year: int) -> Quantity | None:
    rows = tables.select(
        "facilities",
        facility="Mountain Pass",
        stage="concentrate",
        measure="sales",
        period=f"FY{year}",  # the company's fiscal year is the calendar year
    )
    if rows.empty:
        return None
    reason = "as the company reports them, to all buyers"
    return Quantity.of(rows.iloc[0], "Mountain Pass: concentrate sold", "t_reo", reason=reason)


def records(year: int, edition: str, us_mined: Quantity, us_separated: Quantity) -> dict[str, Quantity]:
    """What each record says of US ore sent to China, by its name in `RECORDS`; only those that the year has."""
    rest = [max(0.0, us_mined.mid - separated) for separated in reversed(us_separated.ends)]
    found = {
        "china_customs": _china_customs(year),
        "us_exports": _us_exports(year, edition),
        "company_sales": _company_sales(year),
        "not_separated_at_home": Quantity(
            "Mined less separated at home",
            *rest,
            "t_reo",
            *origins(us_mined, us_separated),
            reason="counts ore in stock as sent",
            kind="expert",
        ),
    }
    return {name: record for name, record in found.items() if record is not None}


def chosen(year: int, found: dict[str, Quantity], record: str) -> Quantity:
    """The chosen one of `records`, else the next that exists for the year; the ends are those of every whole record.

    Raises:
        Refused: `record` is none.
    """
    if record not in RECORDS:
        raise Refused(f"us_ore_record: {record!r} is not one of {', '.join(RECORDS)}")
    order = [record, *(name for name in RECORDS if name != record)]
    used = next(found[name] for name in order if name in found)
    # Ore that was not separated at home is no record of a shipment, unless it is asked for.
    left_out = {"not_separated_at_home", *(["us_exports"] if year in _US_RECORD_IS_BROKEN else [])}
    whole = [one for name, one in found.items() if name not in left_out]
    ends = [end for one in whole for end in (one.low, one.high)]
    values = [used.mid, used.low, used.high, *ends]
    reason = f"{used.name}; the other records are the ends"
    return Quantity.among("United States", values, "t_reo", used, *whole, reason=reason, kind="expert")
