"""From one basis to another: the only place in which tonnes of goods become oxide or element, and money US dollars.

A factor is a `Quantity` such as tonnes of oxide in a tonne of a good, ``t_reo/t_gross``: a mass times a factor is a mass.
Which factor a good has is a row of data/raw/processing/goods.csv, by the code under which a country's customs book it
and, where it matters, by origin: Madagascar's "monazite" is a sand with a tenth of oxide. The factors themselves, with
low, mode and high, are in conversion_factors.csv beside it. A good without a factor, or with a factor that has no
interval, is refused. Heading 2846 and HS 284690 mix goods from 0.4 to 1.0 t REO a tonne and have no factor of their own,
but for three origins whose goods are known.

The rule of an exchange rate: the average of the month in which an amount was announced where it is published, else the
average of that year, and **never the rate of another year**. Where neither is published the amount stays in its own
currency, with the reason. GDP is published in US dollars at the average rate of its year, so an amount is divided by it at
that rate too, which is the same as both in the currency of the country. Rates, GDP and people are Quantities named by
their period: the value of the source that is named first, between the lowest and the highest of the sources.
"""

from functools import cache

import pandas as pd

from rareearth import tables
from rareearth.errors import Refused
from rareearth.quantity import Quantity

_ENDS = ("factor_low", "factor_mode", "factor_high")


@cache
def _goods() -> dict[tuple[str, str, str], pd.Series]:
    keys = ["reporter_iso3", "hs_code", "origin_iso3"]
    return {tuple(row[keys]): row for _, row in tables.load("goods").iterrows()}


def _good(code: str, reporter: str, origin: str) -> pd.Series:
    for country in dict.fromkeys((origin, "")):
        for end in range(len(code), 3, -1):
            good = _goods().get((reporter, code[:end], country))
            if good is not None:
                return good
    raise Refused(
        f"no factor to t REO for code {code!r} of {reporter or 'no reporter'}"
        f"{f' from {origin}' if origin else ''}: give more digits, or add the good to data/raw/processing/goods.csv"
    )


@cache
def reo_of_good(code: str, *, reporter: str, origin: str = "") -> Quantity:
    """Tonnes of REO in a tonne of a good of trade (gross or net weight as customs record it), ``t_reo/t_gross``.

    Args:
        code: Commodity code as text, as the reporter books it; the longest known beginning counts.
        reporter: ISO 3166-1 alpha-3 of the country whose customs report: digits after the sixth are its own.
        origin: ISO 3166-1 alpha-3 of the origin; a factor of its own goes before the general one.

    Returns:
        Its name says what the good holds: goods of one name have one content, also in a simulation.

    Raises:
        Refused: there is no factor for the good.
    """
    good = _good(code, reporter, origin)
    row = tables.select("conversion_factors", figure_id=good["factor_id"], one=True)
    return Quantity.of(row, good["content"], "t_reo/t_gross", _ENDS, reason=good["note"], kind=good["kind"])


@cache
def element_of_good(code: str, *, reporter: str, origin: str = "") -> Quantity:
    """Tonnes of rare-earth element in a tonne of a good of trade, ``t_element/t_gross``.

    Metals and their alloys with each other are element by weight; cerium compounds hold one element. A mixture has
    no factor: a tonne of its oxide holds between 0.65 (scandium) and 0.88 t (lutetium), and how much of each element
    is not in the record.

    Arguments as in `reo_of_good`.

    Raises:
        Refused: the good is a mixture, or has no factor to t REO.
    """
    goods = tables.load("goods")
    # Six digits of a code are shared by every country.
    of_code = tables.select(goods, hs_code=lambda codes: codes.str[:6] == code[:6])
    if (of_code["stage"] == "metal").any():
        return Quantity("metals", 1, 1, 1, "t_element/t_gross")
    elements = set(of_code["elements"]) or {"all"}
    if elements == {"all"} or len(elements) > 1:
        raise Refused(
            f"no factor to t element for code {code!r}: it holds several elements, and the record does not say how "
            "much of each; convert to t REO"
        )
    return reo_of_good(code, reporter=reporter, origin=origin) * oxide_of_element(elements.pop()).inverse()


@cache
def oxide_of_element(element: str) -> Quantity:
    """Tonnes of REO made from a tonne of element, ``t_reo/t_element``; `Quantity.inverse` is the way back.

    The factor of an element is stoichiometric. NdPr has the common mix as mode and pure Nd and pure Pr as ends.

    Raises:
        Refused: it is none of the 17 and not ``ndpr``; a group such as ``dytb`` has no factor without its composition.
    """
    rows = tables.select("conversion_factors", source_ids="computed_iupac_atomic_weights", elements=element)
    if len(rows) != 1:
        raise Refused(f"no factor from {element!r} to oxide: name one of the 17 elements, or ndpr")
    row, unit = rows.iloc[0], "t_reo/t_element"
    if element != "ndpr":
        return Quantity.of(row, element, unit, _ENDS)
    mix, pure = Quantity.of(row, element, unit, ("factor_mode",)), map(oxide_of_element, ("Nd", "Pr"))
    parts = [mix, *pure]
    return Quantity.among(element, [part.mid for part in parts], unit, *parts)


def content_of_magnets(to_basis: str, elements: str = "all") -> Quantity:
    """Tonnes of REO or of elements (``t_reo`` or ``t_element``) in a tonne of commercial NdFeB magnets, never of all of HS 850511.

    Raises:
        Refused: there is no such factor; there is one for ``all``, and for the ``Dy`` of magnets to which it is added.
    """
    rows = tables.select("conversion_factors", material="Commercial NdFeB magnet", to_basis=to_basis, elements=elements)
    if rows.empty:
        raise Refused(f"no factor from t_magnet to {to_basis!r} of {elements}: choose t_reo or t_element of all")
    return Quantity.of(rows.iloc[0], "NdFeB magnets", f"{to_basis}/t_magnet", _ENDS)


def magnet_part_of_exports() -> Quantity:
    """Tonnes of rare-earth magnets in a tonne of China's exports of HS 850511 in 2024, ``t_magnet/t_gross``.

    One point of one exporter and year, without an interval: `reo_of_good` refuses the code.
    """
    row = tables.select("conversion_factors", from_basis="t_gross", to_basis="t_magnet", one=True)
    return Quantity.of(row, row["material"], "t_magnet/t_gross", ("factor_mode",))


# --- Money ---

# A population changes by about 1 % a year, so one of a neighbouring year serves; a GDP does not.
POPULATION_YEARS_APART = 2


def rate(currency: str, when: str) -> Quantity | None:
    """US dollars for one unit of a currency (ISO 4217): the average of the month, else of the year; None where neither is published.

    `when` is ``yyyy``, ``yyyy-mm`` or ``yyyy-mm-dd``.
    """
    unit = f"usd/{currency.lower()}"
    if currency == "USD":
        return Quantity(when, 1.0, 1.0, 1.0, unit)
    for period in (when[:7], when[:4]):
        rows = tables.select("fx_rates", currency=currency, period=period)
        if len(rows):
            return Quantity.among(period, rows["value"], unit, rows)
    return None


def gdp_usd(iso3: str, year: int) -> Quantity | None:
    """GDP of exactly `year` in US dollars; None where it is not published."""
    rows = tables.select("macro", iso3=iso3, measure="gdp", reference_year=year)
    return Quantity.among(str(year), rows["value"] * 1e9, "usd", rows) if len(rows) else None


def population(iso3: str, year: int) -> Quantity | None:
    """People in the published year nearest to `year`, at most `POPULATION_YEARS_APART` away."""
    rows = tables.select("macro", iso3=iso3, measure="population")
    apart = (rows["reference_year"] - year).abs()
    near = rows[apart <= POPULATION_YEARS_APART]
    if near.empty:
        return None
    nearest = min(near["reference_year"], key=lambda other: (abs(other - year), other))
    of_year = tables.select(near, reference_year=nearest)
    return Quantity.among(str(nearest), of_year["value"] * 1e6, "people", of_year)
