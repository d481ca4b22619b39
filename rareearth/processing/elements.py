"""The magnet elements: NdPr by three market firms, country by country beside the International Energy Agency, and Dy with Tb.

    share = China / (China + plants elsewhere), in t of NdPr oxide

Three firms say what China made, none of them as a statistic; plants elsewhere publish their output, or a bound is
taken. The agency counts tonnes of element of Pr, Nd, Tb and Dy together: it stands beside the plants and is never pooled
with them. Scrap is a layer of its own. Agreement of totals is not agreement: the agency gives Malaysia less than Lynas
made, the rest of the world more than its known plants can, and refines more than is mined. Its outlook gives two values for 2025 and, for 2035, a share if announced projects deliver; the base case by country
is that of the data of 2025. Projections are no forecasts: they stand beside announced plants.
"""

from dataclasses import replace
from statistics import median

import pandas as pd

from rareearth import conversion, tables
from rareearth.processing import balance, claims, output
from rareearth.processing.composition import monazite
from rareearth.quantity import T_PER_KT, Estimate, Quantity, origins, total

YEAR = 2024  # the only year with figures for every part
OUTLOOK_YEARS = (2030, 2035, 2040)
_MONTHS = 12


def houses(with_scrap: bool) -> list[Quantity]:
    """China's NdPr of `YEAR` by three market firms, in t REO, with or without its output from recycled magnets.

    Two firms count scrap in, and what is made from it is taken off; the third forecasts what ore gives, and scrap is added.
    """
    asked = {"iso3": "CHN", "reference_year": YEAR, "stage": "separation", "elements": "ndpr"}

    def printed(name: str, measure: str, times: float = 1) -> Quantity:
        rows = tables.select("processing_by_country", measure=measure, **asked)
        values = rows["value"] * times
        return Quantity.among(name, [values.mean(), *values], "t_reo", rows)

    recycled, name = output.scrap(YEAR, "ndpr"), "forecast from quota and imported ore"
    from_ore = total([printed("", "forecast_quota_ore"), printed("", "forecast_imported_ore")], name)
    of_all = [
        printed("survey of three months", "production_part_year", _MONTHS),
        printed("estimate of the year", "production"),
    ]
    return [from_ore + recycled, *of_all] if with_scrap else [from_ore, *(house + recycled * -1 for house in of_all)]


def plants() -> list[Quantity]:
    """NdPr of `YEAR` outside China, in t REO: Malaysia, the United States, and what no plant publishes."""
    places = output.outside(YEAR, balance.NEWEST_EDITION)
    unpublished = [place for place in places if place.name.startswith(("India", "Estonia"))]
    reason = "India and Estonia publish no output: bounds, times NdPr in imported monazite"
    rest = total(unpublished, "Rest of world") * replace(monazite(), unit="t_reo/t_reo")
    return [
        replace(output.lynas(YEAR, "ndpr"), name="Malaysia"),
        output.ndpr_of_the_usa(YEAR),
        replace(rest, reason=reason),
    ]


def _share(china: Quantity, others: Quantity) -> Quantity:
    """China's part in percent: its lowest output against the highest elsewhere, and the other way round."""
    pairs = zip(china.ends, (others.high, others.mid, others.low), strict=True)
    return Quantity(china.name, *(100 * own / (own + other) for own, other in pairs), "pct", *origins(china, others))


def _middle(of: list[Quantity], unit: str) -> Quantity:
    """The middle one of what several firms say of China, and all that they allow."""
    ends = [end for one in of for end in (one.low, one.high)]
    return Quantity.among("China", [median(one.mid for one in of), *ends], unit, *of)


def by_house(with_scrap: bool) -> list[tuple[Quantity, Quantity]]:
    """What each firm says that China made, in t REO, and China's share by it, in percent."""
    others = total(plants(), "elsewhere")
    return [(house, _share(house, others)) for house in houses(with_scrap)]


def estimate(with_scrap: bool) -> Estimate:
    """China's share of separated NdPr in `YEAR`, in percent: the middle one of three firms, and all that they allow."""
    return _middle([share for _, share in by_house(with_scrap)], "pct").estimate(
        f"processing_share.ndpr_by_house{'_with_scrap' if with_scrap else ''}.{YEAR}",
        axes="separation t_reo ndpr",
        reference_year=YEAR,
        edition="three market firms, plants to 2026-10",
        method=f"NdPr of China from ore{' and scrap' * with_scrap} / (the same + NdPr of plants elsewhere)",
        interval="bounds: the lowest and highest of three market firms, with the bounds of the plants outside China",
        note="no firm publishes a statistic: a forecast, a survey of three months and an estimate of the year",
        counted="by what three market firms say that China made" + ", scrap counted" * with_scrap,
    )


def _in_kt(year: int, iso3: str, measure: str) -> pd.Series:
    """What the agency prints of the magnet elements that a country, or the rest of the world (no code), refines."""
    asked = {"elements": "magnet", "stage": "separation", "unit": "kt", "measure": measure}
    return tables.select("processing_by_country", reference_year=year, iso3=iso3 or None, one=True, **asked)


def _agency(iso3: str, entity: str) -> Quantity:
    return Quantity.of(_in_kt(YEAR, iso3, "production"), entity, "t_element") * T_PER_KT


def ndpr(with_scrap: bool) -> dict[str, tuple[Quantity, Quantity]]:
    """NdPr of `YEAR` by country by market firms and plants, beside the agency's four magnet elements; both in t of element."""
    china = _middle(houses(with_scrap), "t_reo")
    to_element = conversion.oxide_of_element("ndpr").inverse()
    codes = {"China": "CHN", "Malaysia": "MYS", "United States": "USA", "Rest of world": ""}
    # The mix of Nd and Pr is taken as usual: its ends are far smaller than the doubt about tonnes.
    one_mix = replace(to_element, low=to_element.mid, high=to_element.mid)
    return {one.name: (one * one_mix, _agency(codes[one.name], one.name)) for one in (china, *plants())}


def compared(parts: dict[str, tuple[Quantity, Quantity]]) -> pd.DataFrame:
    """`ndpr`, a row a country, in t of element; the last row is the world."""
    world = total((of_plants for of_plants, _ in parts.values()), "World"), _agency("WLD", "World")
    rows = [
        (country, *of_plants.ends, agency.mid, of_plants.mid - agency.mid, origins(of_plants, agency)[1])
        for country, (of_plants, agency) in {**parts, "World": world}.items()
    ]
    of_plants = ["NdPr, lowest, t", "NdPr, t", "NdPr, highest, t"]
    columns = ["Country", *of_plants, "IEA: Pr, Nd, Tb and Dy, t", "Difference, t", "source_ids"]
    return pd.DataFrame(rows, columns=columns)


def agency_with_plants(parts: dict[str, tuple[Quantity, Quantity]]) -> Estimate:
    """The agency's share of magnet elements with what Lynas made in place of what the agency gives Malaysia.

    The upper end takes what we allow for India and Estonia in place of its rest of the world too.
    """
    (_, china), (malaysia, _), (_, usa) = (parts[country] for country in ("China", "Malaysia", "United States"))
    named, rests = (china, malaysia, usa), parts["Rest of world"][::-1]
    known_t = sum(one.mid for one in named)
    values = [100 * china.mid / (known_t + one.mid) for one in rests]
    return Quantity.among("China", values, "pct", *named, *rests).estimate(
        f"processing_share.magnet_with_plants.{YEAR}",
        axes="separation t_element magnet",
        reference_year=YEAR,
        edition="2025-05-21, Lynas by quarters",
        method="the agency's China / (the same + Lynas's NdPr + the agency's United States and rest of the world)",
        interval="upper end with India and Estonia as we allow for them in place of the agency's rest of the world",
        note="Lynas's NdPr holds no Dy and Tb, which it made first in 2025",
        counted="as the agency publishes it, with Lynas's own output",
    )


def needed_outside(share_pct: float) -> tuple[Quantity, Quantity]:
    """Is a share (percent) of the agency for 2025 reproduced by plants? What it needs outside China and what was made, t of element.

    Needed: what China's output of `YEAR` by the agency leaves to the others at that share. Made: NdPr of Lynas and of
    Mountain Pass in 2025.
    """
    needed = _agency("CHN", "China") * ((100 - share_pct) / share_pct)
    asked = {"facility": "Mountain Pass", "period": "2025", "elements": "ndpr", "stage": "separation"}
    plant = tables.select("facilities", measure="production", **asked).iloc[0]
    made = total([output.lynas(2025, "ndpr"), Quantity.of(plant, "Mountain Pass", "t_reo")], "outside")
    return needed, made * conversion.oxide_of_element("ndpr").inverse()


def _heavy_of_china() -> pd.DataFrame:
    asked = {"iso3": "CHN", "measure": "production", "stage": "separation", "unit": "t"}
    return tables.select("processing_by_country", reference_year=YEAR, elements=["Dy", "Tb"], **asked)


def heavy() -> pd.DataFrame:
    """Dysprosium and terbium that China separated in `YEAR`, in t REO: all feeds, from scrap, and so from ore.

    Returns:
        Columns Element, All feeds, From scrap, From ore (t) and source_ids.
    """
    found = []
    for _, row in _heavy_of_china().sort_values("elements").iterrows():
        made, recycled = row["value"], output.scrap(YEAR, row["elements"])
        found.append((row["elements"], made, recycled.mid, made - recycled.mid, origins(row, recycled)[1]))
    columns = ["Element", "All feeds, t", "From scrap, t", "From ore, t", "source_ids"]
    return pd.DataFrame(found, columns=columns)


def dytb() -> Estimate:
    """China's share of separated Dy and Tb: its output of `YEAR` against all that was published elsewhere up to 2025.

    Outside China only Lynas has published any, from 2025 on: one year is set against another, to China's disadvantage.
    """
    rows = _heavy_of_china()
    of_lynas = tables.select("facilities", elements="dytb", measure="production", reference_year=2025)
    recycled = [output.scrap(YEAR, element) for element in ("Dy", "Tb")]
    made, others = float(rows["value"].sum()), float(of_lynas["value"].sum())
    of_scrap = sum(one.mid for one in recycled)
    value, least = (100 * own / (own + others) for own in (made, of_scrap))
    return Quantity.among("China", [value, least, 100.0], "pct", rows, of_lynas, *recycled).estimate(
        f"processing_share.dytb.{YEAR}",
        axes="separation t_reo dytb",
        reference_year=YEAR,
        edition="one market firm of January 2025, plants to 2026-10",
        method="Dy and Tb of China / (the same + all Dy and Tb published elsewhere, 2025)",
        interval="bounds: China's output from scrap alone, and nothing made elsewhere",
        note="China's output is what one market firm expected in January 2025, with output from scrap",
    )


# --- The outlook of the agency ---


def statements() -> pd.DataFrame:
    """What the agency's editions say of magnet elements refined, one statement a row, repeats left out.

    Returns:
        Columns Year, Share, % (the lower end where it is a bound), In words, Kind (published, bound or projection),
        Words, Edition and source_ids, by year and edition.
    """
    asked = {"stage": "separation", "elements": "magnet", "share_low_pct": pd.Series.notna}
    rows = tables.select("claims", derived_from=None, **asked)
    rows = rows[rows["claimant"].str.startswith("IEA")]
    rows = rows.sort_values(["reference_year_first", "claimed_on", "figure_id"], kind="stable")
    kinds = rows["measure"].map({"world_share": "published", "projection": "projection"})
    return pd.DataFrame(
        {
            "Year": rows["reference_year_first"].astype(int),
            "Share, %": rows["share_low_pct"],
            "In words": [claims.in_words(row) for _, row in rows.iterrows()],
            "Kind": kinds.where(rows["bound"] != "lower", "bound"),
            "Words": rows["wording"],
            "Edition": rows["edition"],
            "source_ids": rows["source_ids"],
        }
    ).reset_index(drop=True)


def announced() -> list[Quantity]:
    """Announced or built capacity for NdPr outside China, in t REO a year: the largest figure of each company.

    Plants that announce other tonnes (all elements, feed) cannot be added.
    """
    rows = tables.select("facilities", elements="ndpr", stage="separation", unit="t/yr")
    rows = tables.best(rows[rows["iso3"] != "CHN"]).sort_values("value", ascending=False, kind="stable")
    largest = rows.drop_duplicates("company")
    words = largest["measure"].replace({"run_rate": "rate at the end of the period", "nameplate": "rated capacity"})
    words += largest["period"].map(lambda period: "" if period == "planned" else f", {period}")
    return [
        Quantity(row["facility"], 0, row["value"], row["value"], "t_reo/yr", *origins(row), words[index])
        for index, row in largest.iterrows()
    ]


def projection(year: int) -> Estimate:
    """China's share of refined magnet elements in the agency's base case of one of `OUTLOOK_YEARS`, with announced plants as other end.

    The value is the agency's. The other end takes China's output of the base case and lets every announced plant
    outside China run at full capacity, with the agency's rest of the world on top.
    """
    china, world, rest = (_in_kt(year, iso3, "projection") for iso3 in ("CHN", "WLD", ""))
    capacity = total(announced(), "announced")
    to_element = conversion.oxide_of_element("ndpr").inverse().mid / T_PER_KT
    outside = capacity.high * to_element + float(rest["value"])
    wholes = world["value"], china["value"] + outside
    values = [100 * float(china["value"]) / whole for whole in wholes]
    return Quantity.among("China", values, "pct", china, world, rest, capacity).estimate(
        f"processing_share.outlook.{year}",
        axes="separation t_element magnet",
        reference_year=year,
        edition=china["edition"],
        method="projection: base case of the International Energy Agency; other end with announced plants at capacity",
        interval="between two projections, no probability",
        note="a pipeline of projects, not a forecast: the base case of 2040 repeats 2035",
    )


def if_projects_deliver() -> Estimate:
    """China's share in the agency's newest outlook if announced projects deliver: one figure, said to be about that."""
    asked = {"measure": "projection", "stage": "separation", "elements": "magnet", "unit": "pct"}
    row = tables.select("processing_by_country", iso3="CHN", bound="about", one=True, **asked)
    year = int(row["reference_year"])
    return Quantity.of(row, "China", "pct").estimate(
        f"processing_share.outlook_if_projects_deliver.{year}",
        axes="separation unstated magnet",
        reference_year=year,
        edition=row["edition"],
        method=f"as the International Energy Agency publishes it: {row['measure_published']}",
        interval="no interval: one published figure, said to be about that",
    )
