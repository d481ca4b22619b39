"""What China imports to separate, in t REO: by origin and commodity, and US ore by every record of it.

Until 22 August 2025 imported ore and intermediates stood outside China's quota. From 2023 on its customs publish eight
digits by origin, so every good has its own factor: Madagascar's "monazite" is a tenth of oxide by weight. Before, the
mine output of the countries that sell to China stands in, which USGS made from the same imports. Malaysia ships what
Lynas has separated: it is left out.

The United States book concentrate under HS 2846, China under HS 2530: a comparison of one code fails. Four records say
how much went: China's customs (gross tonnes, so they need a factor), the export line of USGS (all countries, ores and
compounds), the sales of the only producer, and what is left of mine output after separation at home, which counts ore
in stock as sent. The US record of 2023 has half of what the others have. None is averaged with another: one is used,
the others are its ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import pandas as pd

from rareearth import conversion, tables
from rareearth.errors import Refused
from rareearth.quantity import Quantity, origins

YEARS = (2023, 2024, 2025)
# Sources whose rows are single origins: of one line, or of the whole heading.
_BY_LINE, _BY_HEADING = "uncomtrade_cn_tariffline_2023_2025", "uncomtrade_cn_2846"
_OXIDE_ORIGINS = ("MMR", "LAO", "VNM")
_NO_FEED = ("WLD", "MYS")  # the sum; product that is separated already
US_ORE_RECORDS = ("china_customs", "us_exports", "company_sales", "not_separated_at_home")
_US_ORE = "25309020"
_US_RECORD_IS_BROKEN = (2023,)


@dataclass(frozen=True)
class Import:
    """One good of one origin."""

    origin: str  # name as published
    goods: str  # what it is, with its code
    gross: Quantity  # tonnes as customs record them
    factor: Quantity  # tonnes of REO in one of them

    @property
    def content(self) -> Quantity:
        """Tonnes of REO."""
        return self.gross * self.factor


@cache
def _rows(year: int, source: str) -> pd.DataFrame:
    asked = {"reporter_iso3": "CHN", "flow": "import", "role": "flow", "measure": "quantity"}
    rows = tables.select("trade_published", basis="t_gross", unit="t", period=str(year), **asked)
    return rows[rows["source_ids"].str[0] == source]


def _of_heading(year: int) -> pd.DataFrame:
    return tables.select(_rows(year, _BY_HEADING), commodity_code="2846", partner_iso3=_OXIDE_ORIGINS)


@cache
def compounds(year: int) -> tuple[Import, ...]:
    """Compounds from the countries that sell them to be separated, by the whole heading: the years before `YEARS`."""
    return _as_imports(_of_heading(year))


def of_myanmar(year: int) -> tuple[Import, ...]:
    """China's imports from Myanmar, the whole of its mine output: 2018 to 2025."""
    found = imports(year) if year in YEARS else compounds(year)
    return tuple(one for one in found if one.origin == "Myanmar")


@cache
def imports(year: int) -> tuple[Import, ...]:
    """Every good that is fed into China's plants in one of `YEARS`, the largest content first; without US ore.

    Raises:
        Refused: a good has no factor.
    """
    lines = _rows(year, _BY_LINE)
    lines = lines[~lines["partner_iso3"].isin(_NO_FEED)]
    monazite = tables.select(lines, commodity_code="26122000")
    oxides = tables.select(lines[lines["commodity_code"].str.startswith("2846")], partner_iso3=_OXIDE_ORIGINS)
    if oxides.empty:  # by origin only for the whole heading
        oxides = _of_heading(year)
    rows = tables.best(pd.concat([monazite, oxides]))
    return _as_imports(rows.drop_duplicates(["partner", "commodity_code"]))


def _as_imports(rows: pd.DataFrame) -> tuple[Import, ...]:
    found = []
    for _, row in rows.iterrows():
        words, code = row["commodity"], row["commodity_code"]
        factor = conversion.reo_of_good(code, reporter="CHN", origin=row["partner_iso3"])
        goods = words if code in words else f"{words} ({code})"
        found.append(Import(row["partner"], goods, Quantity.of(row, row["partner"], "t_gross"), factor))
    return tuple(sorted(found, key=lambda one: -one.content.mid))


def table(found: Sequence[Import]) -> pd.DataFrame:
    """The goods with their gross weight and content, a row a good."""
    rows = [(one.origin, one.goods, one.gross.mid, *one.content.ends) for one in found]
    columns = ["Origin", "Goods", "Gross, t", "Lowest, t REO", "Used, t REO", "Highest, t REO"]
    return pd.DataFrame(rows, columns=columns)


# --- US ore ---


def _china_customs(year: int) -> Quantity | None:
    asked = {"reporter": "China", "flow": "import", "commodity_code": _US_ORE, "partner": ["USA", "World"]}
    rows = tables.select("trade_published", period=str(year), basis="t_gross", measure="quantity", **asked)
    if rows.empty:
        return None
    factor = conversion.reo_of_good(_US_ORE, reporter="CHN", origin="USA")
    name = "China's customs: imports of rare-earth ore, 99 % and more from the USA"
    gross = Quantity.of(tables.best(rows).iloc[0], name, "t_gross")
    reason = f"{gross.mid:,.0f} t gross at {factor.low} to {factor.high} t REO per tonne"
    return replace(gross * factor, reason=reason, kind="expert")


def _us_exports(year: int, edition: str) -> Quantity | None:
    asked = {"reporter": "USA", "flow": "export", "commodity": "Ores and compounds", "basis": "t_reo"}
    rows = tables.select("trade_published", period=str(year), **asked)
    # The releases of this table are known by their documents (usgs_mcs2026_pdf); one later than `edition` was not there.
    releases = rows["source_ids"].map(lambda ids: ids[0].split("_")[1].upper())
    rows = tables.as_of(rows.assign(edition=releases), edition)
    if rows.empty:
        return None
    row = tables.newest(rows).iloc[0]
    reason = "misses half of the ore of that year" if year in _US_RECORD_IS_BROKEN else "as USGS prints it"
    name = "US record: exports of ores and compounds to all countries"
    return Quantity.of(row, name, "t_reo", reason=reason)


def _company_sales(year: int) -> Quantity | None:
    # The company's fiscal year is the calendar year.
    asked = {"facility": "Mountain Pass", "stage": "concentrate", "measure": "sales", "period": f"FY{year}"}
    rows = tables.select("facilities", **asked)
    if rows.empty:
        return None
    reason = "as the company reports them, to all buyers"
    return Quantity.of(rows.iloc[0], "Mountain Pass: concentrate sold", "t_reo", reason=reason)


def us_ore(year: int, edition: str, mined: Quantity, separated: Quantity) -> dict[str, Quantity]:
    """What each of `US_ORE_RECORDS` says of US ore sent to China, of what was mined and not separated there."""
    rest = [max(0.0, mined.mid - end) for end in reversed(separated.ends)]
    name, reason = "Mined less separated at home", "counts ore in stock as sent"
    left = Quantity(name, *rest, "t_reo", *origins(mined, separated), reason=reason, kind="expert")
    found = (_china_customs(year), _us_exports(year, edition), _company_sales(year), left)
    return {name: one for name, one in zip(US_ORE_RECORDS, found, strict=True) if one is not None}


def chosen(year: int, found: dict[str, Quantity], record: str) -> Quantity:
    """The chosen record of `us_ore`, else the next that exists for the year; the ends are those of every whole record.

    Raises:
        Refused: `record` is none.
    """
    if record not in US_ORE_RECORDS:
        raise Refused(f"us_ore_record: {record!r} is not one of {', '.join(US_ORE_RECORDS)}")
    used = next(found[name] for name in (record, *US_ORE_RECORDS) if name in found)
    # Ore that was not separated at home is no record of a shipment, unless it is asked for.
    left_out = {"not_separated_at_home", *(["us_exports"] if year in _US_RECORD_IS_BROKEN else [])}
    whole = [one for name, one in found.items() if name not in left_out]
    values = [end for one in (used, *whole) for end in (one.mid, one.low, one.high)]
    reason = f"{used.name}; the other records are the ends"
    return Quantity.among("United States", values, "t_reo", used, *whole, reason=reason, kind="expert")
