"""What ore holds of the elements that count: neodymium and praseodymium (NdPr), dysprosium, terbium.

Few compositions are published. What stands in for one says so in its reason, and has a width.
"""

import math
from dataclasses import replace
from functools import cache

from rareearth import tables
from rareearth import uncertainty as un
from rareearth.processing import balance, feed, output
from rareearth.quantity import LEVEL_PCT, Estimate, Quantity, origins, total


def monazite() -> Quantity:
    """Part of NdPr in monazite: that of Araxa in Brazil stands for all."""
    rows = tables.select("conversion_factors", elements=["Pr", "Nd"])
    rows = rows[rows["material"].str.contains("Monazite of Araxa")]
    parts = [Quantity.of(row, "monazite", "ratio", ("factor_mode",)) for _, row in rows.iterrows()]
    return total(parts, "monazite")


def ndpr_of_us_ore() -> tuple[Quantity, float]:
    """Part of NdPr in the concentrate of Mountain Pass, and the weight of the composition that it is one part of.

    The parts of the concentrate add to one and are drawn from a Dirichlet distribution, of which a single part is a beta
    distribution. The weight follows from the two fiscal years of which the part of cerium is printed: the variance of a
    part is mean (1 - mean) / (weight + 1).
    """
    of_mine = {"material": lambda names: names.str.startswith("Mountain Pass concentrate, ")}
    cerium, row = (tables.select("conversion_factors", elements=one, one=True, **of_mine) for one in ("Ce", "ndpr"))
    mean, spread = cerium["factor_mode"], (cerium["factor_high"] - cerium["factor_low"]) / 2
    part = Quantity.of(row, "NdPr in US ore", "ratio", ("factor_mode",), reason="10-K of two fiscal years")
    return part, mean * (1 - mean) / spread**2 - 1


def ndpr_of_lynas_ore() -> Quantity:
    """Part of NdPr in the ore of Lynas: no composition of it is published.

    The upper end is the lowest share of NdPr in what Lynas finished in a quarter, as lanthanum and cerium are lost more
    than NdPr. The lower end is a judgement.
    """
    ndpr, every = (output.lynas_rows("quarter", elements) for elements in ("ndpr", "all"))
    ratio = (ndpr["value"] / every["value"]).dropna()
    quarter, low = ratio.idxmin(), un.assumed("ndpr_of_lynas_ore_low")
    parts = low, ndpr.loc[quarter], every.loc[quarter]
    reason = f"from a judgement to the lowest share in its product, {quarter}: La and Ce are lost more than NdPr"
    return Quantity.within("NdPr in Lynas's ore", low.mid, ratio.min(), "ratio", *parts, reason=reason)


def ndpr_of_other_ore() -> Quantity:
    """Part of NdPr in the ore of India and Estonia, which publish none: between US bastnaesite and monazite."""
    ends = ndpr_of_us_ore()[0], monazite()
    name, reason = "NdPr in ore of India and Estonia", "not published: between US bastnaesite and monazite"
    return Quantity.within(name, *sorted(one.mid for one in ends), "ratio", *ends, reason=reason)


def ore_of_mountain_pass(year: int) -> Estimate:
    """Ore, in t REO, that Mountain Pass had to separate to make its NdPr of a year from 2023 on, if none was lost."""
    part, weight = ndpr_of_us_ore()
    asked = {"facility": "Mountain Pass", "stage": "separation", "measure": "production", "elements": "ndpr"}
    rows = tables.select("facilities", reference_year=year, **asked)
    made = Quantity.of(rows.iloc[0], "Mountain Pass", "t_reo")
    primitive = un.part(part.name, part.mid, weight, part.reason)
    found = un.interval(un.simulate([primitive], lambda values: {"ore": made.mid / values[part.name]})["ore"])
    ore = Quantity("Mountain Pass", found.low, found.median, found.high, "t", *origins(made, part))
    return ore.estimate(
        f"processing_share.mountain_pass_ore.{year}",
        axes="separation t_reo all",
        reference_year=year,
        edition="10-K",
        method="NdPr made / part of NdPr in the concentrate",
        interval=f"{LEVEL_PCT} % interval of the composition of the ore",
        note="lower bound of the ore that was separated: NdPr that was lost or kept is not in it",
    )


@cache
def ndpr_of_quota() -> Quantity:
    """NdPr that China makes per tonne of its quota; what it puts out over the quota is in it already."""
    measures = ["production_quota_ore", "forecast_quota_ore"]
    rows = tables.select("processing_by_country", iso3="CHN", measure=measures, elements="ndpr")
    ratios = [row["value"] / output.quota(int(row["reference_year"]))["value"] for _, row in rows.iterrows()]
    reason = "one house's figures and forecast, over the quotas of their years"
    name = "NdPr made per tonne of quota"
    return Quantity.within(name, min(ratios), max(ratios), "ratio", rows, reason=reason)


@cache
def ndpr_of_feed() -> Quantity:
    """From monazite to what one house's imported NdPr leaves for the feed of that year, by customs, without US ore."""
    low, us_part = monazite(), ndpr_of_us_ore()[0]
    rows = tables.select("processing_by_country", iso3="CHN", measure="forecast_imported_ore", elements="ndpr")
    year = int(rows["reference_year"].iloc[0])
    us_ore = balance.balance(year).row("USA").in_china
    content = total((one.content for one in feed.imports(year)), "feed")
    high = (rows["value"].mean() - us_part.mid * us_ore.mid) / content.mid
    parts = low, rows, us_part, us_ore, content
    reason = "from monazite to what is left of the NdPr of imported ore after US ore"
    return Quantity.within("NdPr in imported feed", low.mid, high, "ratio", *parts, reason=reason)


@cache
def _heavy_of_ore(element: str) -> dict[int, Quantity]:
    """China's output of dysprosium or terbium from ore in the years that print a total: the total less scrap.

    Totals are printed to two digits, and a year that follows from the growth of the next one is no finer.
    """
    asked = {"iso3": "CHN", "stage": "separation", "measure": "production", "basis": "t_reo", "unit": "t"}
    found = {}
    for _, row in tables.select("processing_by_country", elements=element, **asked).iterrows():
        year = int(row["reference_year"])
        made, recycled = Quantity.of(row, element, "t_reo"), output.scrap(year, element)
        tonnes, half = made.mid - recycled.mid, 10 ** (math.floor(math.log10(made.mid)) - 1) / 2
        ends = (tonnes - half, tonnes, tonnes + half)
        found[year] = Quantity(element, *ends, "t_reo", *origins(made, recycled), kind="rounding")
    return found


def dysprosium(year: int) -> Quantity:
    """China's dysprosium from ore: as printed, else per tonne of clay (its own by quota, and Myanmar's)."""
    printed = _heavy_of_ore("Dy")
    if year in printed:
        return replace(printed[year], name=f"dysprosium from ore in {year}", reason="total less scrap, one firm")
    own_t = output.clay().mid
    clay_t = {
        when: own_t + total((one.content for one in feed.of_myanmar(when)), "Myanmar").mid for when in (*printed, year)
    }
    ratios = [one.mid / clay_t[when] for when, one in printed.items()]
    low, high = (end(ratios) * clay_t[year] for end in (min, max))
    parts, reason = (*printed.values(), output.clay()), "per tonne of clay, as in the years that print a total"
    return Quantity.within("dysprosium from ore", low, high, "t_reo", *parts, reason=reason)


@cache
def terbium_per_dysprosium() -> Quantity:
    """Terbium per dysprosium in China's output from ore, in the years that print both."""
    dy, tb = _heavy_of_ore("Dy"), _heavy_of_ore("Tb")
    ratios = [tb[year].mid / dy[year].mid for year in dy]
    name, reason = "terbium per dysprosium", "totals less scrap, one house, two years"
    parts = *dy.values(), *tb.values()
    return Quantity.within(name, min(ratios), max(ratios), "ratio", *parts, reason=reason)


def outside_dytb(year: int) -> Quantity:
    """Dysprosium and terbium made outside China: Lynas's quarters of the year."""
    asked = {"elements": "dytb", "measure": "production", "period_kind": "quarter", "reference_year": year}
    rows, name = tables.select("facilities", **asked), "Dy and Tb outside China"
    rows = rows[rows["facility"].str.startswith("Lynas Malaysia")]
    if rows.empty:
        return Quantity(name, 0, 0, 0, "t_reo", reason="none is published")
    return total([Quantity.of(row, row["period"], "t_reo") for _, row in rows.iterrows()], name)
