"""What is published of separated output, in t REO: China's quotas and scrap, and the plants outside China, place by place.

The separation quota bounds what China separates from its own ore. Imported ore and scrap stood outside it until August
2025, and undocumented output before 2022 too. From 2025 on the quotas are not published. One source prints the output
from scrap, for two years; what others recycle is in no figure here, so counting scrap raises China's share.

Outside China only Lynas (Malaysia) and the United States publish output. The other plants publish none, so they enter as a
stated judgement or stand-in with a rated capacity or a mine output as upper end. Primary separation only: formulation of
purchased oxide is not counted.
"""

from dataclasses import replace
from functools import cache

import pandas as pd

from rareearth import tables
from rareearth.errors import Refused
from rareearth.quantity import Quantity, origins, total
from rareearth.text import listed
from rareearth.uncertainty import assumed

YEARS = tuple(range(2018, 2025))
_SCRAP = {"measure": "scrap", "source_ids": "argus_recycled_2024"}


@cache
def quota(year: int, stage: str = "separation") -> pd.Series:
    """The full-year quota of all elements for ``separation`` or ``mine``: one row of china_quotas, not to be changed.

    Raises:
        Refused: no full-year quota is published for the year.
    """
    asked = {"reference_year": year, "stage": stage, "batch": "full_year", "elements": "all"}
    rows = tables.select("china_quotas", value=pd.Series.notna, **asked)
    return tables.select(rows.drop_duplicates("value"), reference_year=year, one=True)


def growth(year: int) -> Quantity:
    """The quota of a year over that of the last published year: 1 where it is published.

    The last known growth is the most likely one. The largest growth that was ever published is the upper end, the last
    one with its sign turned the lower end.
    """
    if year in YEARS:
        return Quantity(f"quota of {year} over the published one", 1, 1, 1, "ratio")
    rows = pd.DataFrame(map(quota, YEARS))
    steps = (rows["value"] / rows["value"].shift()).dropna()
    last = steps.iloc[-1]
    name = f"quota of {year} over that of {YEARS[-1]}"
    reason = f"the quota of {year} is not published: last growth, the largest one, and the last one as a fall"
    return Quantity.among(name, [last, 2 - last, steps.max()], "ratio", rows, reason=reason, kind="expert")


def recovery() -> Quantity:
    """Separated output per content of ore in China, from the lowest ratio of the two quotas of a year to no loss."""
    pairs = ((quota(year), quota(year, "mine")) for year in YEARS)
    made, mined = min(pairs, key=lambda pair: pair[0]["value"] / pair[1]["value"])
    ratio = made["value"] / mined["value"]
    reason = "from the lowest ratio of separation to mining quota of one year to no loss"
    return Quantity.within("recovery in China", ratio, 1, "ratio", made, mined, reason=reason)


def clay() -> Quantity:
    """The mining quota of ionic clay, the ore of dysprosium and terbium: one figure in every year that prints it."""
    asked = {"stage": "mine", "batch": "full_year", "elements": "heavy", "reference_year": YEARS}
    rows = tables.select("china_quotas", **asked)
    return Quantity.of(rows.iloc[-1], "mining quota of ionic clay", "t_reo")


def scrap_years() -> tuple[int, ...]:
    """The years whose output of all elements from scrap is published."""
    rows = tables.select("processing_by_country", elements="all", **_SCRAP)
    return tuple(sorted(rows["reference_year"].astype(int)))


def scrap(year: int, elements: str) -> Quantity:
    """Recycled output of one of `scrap_years` in t REO, as published, of ``all``, ``ndpr`` or one element.

    Raises:
        Refused: nothing is published for the year.
    """
    rows = tables.select("processing_by_country", elements=elements, reference_year=year, **_SCRAP)
    if rows.empty:
        raise Refused(
            f"China's output from scrap is published for {listed(map(str, scrap_years()))}, not for {year}: leave scrap "
            "out, or choose one"
        )
    return Quantity.of(rows.iloc[0], "China", "t_reo", reason="recycled magnets, outside quotas")


# --- Plants outside China ---

LYNAS, USA = "Malaysia (Lynas)", "United States"
INDIA, ESTONIA = "India (IREL)", "Estonia (Silmet)"
# Plants that publish no output, from none to their rated capacity, of which the middle (bound) or none is used, and why; and
# the row of their capacity: country, measure and year.
# Russia's mine output is no stand-in: Solikamsk ships a collective concentrate, and not all of it to Silmet.
_WITHOUT_OUTPUT = (
    (ESTONIA, "bound", "output is not published: anything from none to the rated capacity, the middle is used", "EST", "nameplate", 2023),
    ("France (Solvay)", "expert", "formulations, mostly from purchased oxide: counted only in the upper end", "FRA", "formulation", 2024),
    ("Vietnam (Shin-Etsu)", "expert", "no output is published: rated capacity as upper end", "VNM", "nameplate", 2013),
)  # fmt: skip


@cache
def lynas_rows(kind: str, elements: str) -> pd.DataFrame:
    """Output of Lynas by period (``quarter`` or ``fiscal_year`` to June), the most trusted row of each: not to be changed."""
    rows = tables.select("facilities", measure="production", period_kind=kind, elements=elements, unit="t")
    rows = rows[rows["facility"].str.startswith("Lynas Malaysia")]
    return tables.best(rows).drop_duplicates("period").set_index("period", drop=False)


@cache
def _lynas_quarters(elements: str) -> dict[str, tuple[float, pd.DataFrame]]:
    """Every calendar quarter that is printed, or is what a fiscal year leaves over, with the rows that it is made from."""
    printed = lynas_rows("quarter", elements)
    known = {period: (printed.loc[period, "value"], printed.loc[[period]]) for period in printed.index}
    for year, row in lynas_rows("fiscal_year", elements).set_index("reference_year", drop=False).iterrows():
        quarters = [f"{year - 1}Q3", f"{year - 1}Q4", f"{year}Q1", f"{year}Q2"]
        missing = [quarter for quarter in quarters if quarter not in known]
        if len(missing) == 1:
            others = [known[quarter] for quarter in quarters if quarter in known]
            rows = pd.concat([row.to_frame().T, *(one for _, one in others)])
            known[missing[0]] = (row["value"] - sum(value for value, _ in others), rows)
    return known


@cache
def lynas(year: int, elements: str = "all") -> Quantity:
    """Output of Lynas in a calendar year, in t REO of `elements` (``all`` or ``ndpr``).

    The four quarters where they are known; else the mean of the two fiscal years (to June) that overlap the year.

    Raises:
        Refused: a fiscal year that is needed has no published output.
    """
    known = _lynas_quarters(elements)
    quarters = [known.get(f"{year}Q{number}") for number in (1, 2, 3, 4)]
    if all(quarters):
        tonnes = sum(value for value, _ in quarters)
        rows = pd.concat([rows for _, rows in quarters]).sort_values("figure_id")
        reason = "four calendar quarters, as printed or left over from a fiscal year (to June)"
        return Quantity.among(LYNAS, [tonnes], "t_reo", rows, reason=reason)
    printed = lynas_rows("fiscal_year", elements)
    rows = tables.select(printed, reference_year=[year, year + 1]).sort_values("reference_year")
    if list(rows["reference_year"]) != [year, year + 1]:
        raise Refused(f"Lynas: need one published output for each of FY{year} and FY{year + 1}: add it")
    ends = rows["value"]
    reason = f"mean of fiscal {year} and {year + 1} (to June); the two years are the ends"
    return Quantity.among(LYNAS, [ends.mean(), *ends], "t_reo", rows, reason=reason, kind="expert")


def united_states(year: int, edition: str) -> Quantity:
    """Compounds and metals as the newest edition prints them; the total that a footnote prints is the upper end.

    The tables leave out other compounds of California (bound ``lower``), each edition more than the next one: an older
    one is no end of what was made. A year that is printed once only is as uncertain as the values published for the
    year before turned out to be.
    """
    asked = {"iso3": "USA", "stage": "separation", "elements": "all", "measure": "production", "unit": "t"}
    every = tables.select("processing_by_country", edition=tables.releases(), **asked)
    printed, before = (tables.select(every, reference_year=one) for one in (year, year - 1))
    if printed.empty:
        return Quantity(USA, 0, 0, 0, "t_reo", reason=f"no separated output is printed for {year}")
    known, reason = tables.as_of(printed, edition), f"newest release up to {edition}"
    if known.empty:
        known, reason = printed, f"printed only after {edition}, the later edition is used"
    newest = tables.newest(known)
    # Where one edition prints a part in its table and the total in a footnote, the total is meant.
    used = newest.loc[newest["value"].idxmax()]
    if before["edition"].nunique() > 1 and known["edition"].nunique() == 1:
        spread = before["value"] / tables.newest(before)["value"].max()
        rows, ends = pd.concat([known, before]), used["value"] * spread
        reason += f", printed once: the values published for {year - 1} lie that far apart"
    else:
        totals = tables.select(known, bound="exact")
        rows = known[known.index.isin([used.name, *totals.index])]
        ends = rows["value"]
        reason += "; the total of a footnote is the upper end"
    return Quantity.among(USA, [used["value"], *ends], "t_reo", rows, reason=reason, kind="expert")


@cache
def ndpr_of_the_usa(year: int) -> Quantity:
    """Neodymium and praseodymium oxide made in the United States in a year, as its plants report it."""
    asked = {"iso3": "USA", "stage": "separation", "measure": "production", "elements": "ndpr", "unit": "t"}
    rows = tables.select("facilities", reference_year=year, **asked)
    if rows.empty:
        return Quantity(USA, 0, 0, 0, "t_reo", reason="no output before 2023")
    of_year = rows[rows["period_kind"] != "quarter"].drop_duplicates("facility")
    rows = pd.concat([of_year, rows[~rows["facility"].isin(of_year["facility"])]])
    parts = [Quantity.of(row, row["facility"], "t_reo") for _, row in rows.iterrows()]
    return replace(total(parts, USA), reason=" and ".join(dict.fromkeys(rows["facility"])))


def mined_t_reo(iso3: str, year: int, edition: str) -> pd.Series:
    """The newest mine output of a country that USGS had printed in `edition`: one row of mine_production.

    Raises:
        Refused: none was printed.
    """
    rows = tables.select("mine_production", iso3=iso3, reference_year=year, value=pd.Series.notna)
    known = tables.as_of(rows, edition)
    if known.empty:
        raise Refused(f"no mine output of {iso3} for {year} in {edition} or before: choose another year")
    return tables.newest(known).iloc[0]


def outside(year: int, edition: str, india_t_reo: float | None = None) -> list[Quantity]:
    """Finished separated output outside China in a year of 2018 to 2025 as of an edition, place by place, in t REO.

    India is taken to separate `india_t_reo` in a year; the stated judgement when None.

    Raises:
        Refused: a figure that is needed had not been printed.
    """
    mined, judged = mined_t_reo("IND", year, edition), assumed("india_separated_central")
    used = min(judged.mid if india_t_reo is None else india_t_reo, mined["value"])
    reason = "separated output is not published: a judgement, with the mine output as upper end"
    values = [used, 0, mined["value"]]
    india = Quantity.among(INDIA, values, "t_reo", mined, judged, reason=reason, kind="expert")
    found = [lynas(year), united_states(year, edition), india]
    for place, kind, reason, iso3, measure, stated in _WITHOUT_OUTPUT:
        plant = tables.select("facilities", iso3=iso3, measure=measure, reference_year=stated, one=True)
        used = plant["value"] / 2 if kind == "bound" else 0
        found.append(Quantity(place, 0, used, plant["value"], "t_reo", *origins(plant), reason, kind))
    return found


def foreign_owned(year: int) -> Quantity:
    """Output of plants in China that a foreign firm owned: from none to the sales of the segment that held them, 2021 to 2024.

    The only foreign owner among the figures is Neo Performance Materials (Canada), which sold its two plants in 2025. Their
    output is not published; the sales hold its plant in Estonia and goods that were not separated too, in gross tonnes.
    """
    rows = tables.select("facilities", measure="sales", reference_year=year)
    row = rows[rows["facility"].str.startswith("Neo Chemicals & Oxides")].iloc[0]
    return Quantity.among("foreign owned", [0, row["value"]], "t_reo", row)
