"""Separated output outside China, place by place, in t REO.

Only Lynas (Malaysia) and the United States publish output; the other plants publish none, so they enter as a stated
judgement or stand-in with a nameplate or a mine output as upper end. Primary separation only: formulation of purchased
oxide is not counted, scrap is a layer of its own.
"""

from dataclasses import dataclass

import pandas as pd

from rareearth import tables
from rareearth.errors import Refused
from rareearth.quantity import Estimate, Quantity


@dataclass(frozen=True)
class Term:
    """Tonnes of REO of one place, with the figures behind them.

    Attributes:
        place: Country, and the company or plant.
        low_t_reo: Lowest value that the figures allow.
        central_t_reo: The value that is used.
        high_t_reo: Highest value.
        figure_ids: Rows of data/raw.
        source_ids: Their sources.
        reason: Why these three.
        kind: How the three become a distribution: ``exact``, or a key of `uncertainty.KINDS`.
    """

    place: str
    low_t_reo: float
    central_t_reo: float
    high_t_reo: float
    figure_ids: tuple[str, ...]
    source_ids: tuple[str, ...]
    reason: str
    kind: str = "exact"

    def __post_init__(self):
        if not 0 <= self.low_t_reo <= self.central_t_reo <= self.high_t_reo:
            raise ValueError(f"{self.place}: 0 <= low <= central <= high does not hold")


def ids(rows: pd.DataFrame) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Figure ids and, once each, source ids of some rows of data/raw."""
    sources = dict.fromkeys(source for of_row in rows["source_ids"] for source in of_row)
    return tuple(rows["figure_id"]), tuple(sources)


def origins(*parts: Term | Quantity | Estimate | pd.Series) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Inputs and sources of an Estimate that is made from these Terms, Estimates and rows, once each."""
    inputs, sources = [], []
    for part in parts:
        if isinstance(part, Estimate):
            inputs.append(part.id)
        elif isinstance(part, Quantity):
            inputs += part.inputs
        else:
            inputs += part.figure_ids if isinstance(part, Term) else [part["figure_id"]]
        sources += part["source_ids"] if isinstance(part, pd.Series) else part.source_ids
    return tuple(dict.fromkeys(inputs)), tuple(dict.fromkeys(sources))


def totals_t_reo(terms: list[Term]) -> tuple[float, float, float]:
    """Sum of the lows, of the values used and of the highs: ends that carry no probability."""
    return tuple(
        float(sum(getattr(term, f"{end}_t_reo") for term in terms)) for end in ("low", "central", "high")
    )


def best(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with those of higher confidence first; where sources print one figure, the first is used."""
    return rows.sort_values("confidence", key=lambda level: level.map(tables.CONFIDENCE.index), kind="stable")


def _lynas_rows(kind: str, elements: str) -> pd.DataFrame:
    table = tables.load("facilities")
    rows = table[
        table["facility"].str.startswith("Lynas Malaysia")
        & (table["measure"] == "production")
        & (table["period_kind"] == kind)
        & (table["elements"] == elements)
        & (table["unit"] == "t")
    ]
    return best(rows).drop_duplicates("period").set_index("period", drop=False)


def _lynas_quarters(elements: str) -> dict[str, tuple[float, frozenset[str]]]:
    """Output and figure ids of every calendar quarter that is printed, or is what a fiscal year leaves over."""
    printed = _lynas_rows("quarter", elements)
    known = {period: (row["value"], frozenset([row["figure_id"]])) for period, row in printed.iterrows()}
    for row in _lynas_rows("fiscal_year", elements).itertuples():
        year = row.reference_year
        quarters = [f"{year - 1}Q3", f"{year - 1}Q4", f"{year}Q1", f"{year}Q2"]
        missing = [quarter for quarter in quarters if quarter not in known]
        if len(missing) == 1:
            others = [known[quarter] for quarter in quarters if quarter in known]
            figures = frozenset([row.figure_id]).union(*(figures for _, figures in others))
            known[missing[0]] = (row.value - sum(value for value, _ in others), figures)
    return known


def lynas(year: int, elements: str = "all") -> Term:
    """Output of Lynas in a calendar year, in t REO of `elements` (``all`` or ``ndpr``).

    The four quarters where they are known; else the mean of the two fiscal years (to June) that overlap the year.

    Raises:
        Refused: a fiscal year that is needed has no published output.
    """
    place, table = "Malaysia (Lynas)", tables.load("facilities").set_index("figure_id", drop=False)
    known = _lynas_quarters(elements)
    quarters = [known.get(f"{year}Q{number}") for number in (1, 2, 3, 4)]
    if all(quarters):
        total = sum(value for value, _ in quarters)
        figure_ids = sorted(frozenset().union(*(figures for _, figures in quarters)))
        reason = "four calendar quarters, as printed or left over from a fiscal year (to June)"
        return Term(place, total, total, total, *ids(table.loc[figure_ids]), reason)
    printed = _lynas_rows("fiscal_year", elements)
    rows = printed[printed["reference_year"].isin([year, year + 1])].sort_values("reference_year")
    if list(rows["reference_year"]) != [year, year + 1]:
        raise Refused(f"Lynas: need one published output for each of FY{year} and FY{year + 1}: add it")
    ends = rows["value"]
    reason = f"mean of fiscal {year} and {year + 1} (to June); the two years are the ends"
    return Term(place, ends.min(), ends.mean(), ends.max(), *ids(rows), reason, "expert")


def _united_states(year: int, edition: str) -> Term:
    """Compounds and metals as the newest edition prints them; the total that a footnote prints is the upper end.

    The tables leave out other compounds of California (bound ``lower``), each edition more than the next one: an older
    one is no end of what was made.
    """
    table = tables.load("processing_by_country")
    printed = table[
        (table["iso3"] == "USA")
        & (table["stage"] == "separation")
        & (table["elements"] == "all")
        & (table["unit"] == "t")
        & (table["reference_year"] == year)
        & (table["measure"] == "production")
        & table["edition"].isin(tables.releases())
    ]
    if printed.empty:
        return Term("United States", 0, 0, 0, (), (), f"no separated output is printed for {year}")
    known = tables.as_of(printed, edition)
    reason = f"newest edition up to {edition}; the total of a footnote is the upper end"
    if known.empty:
        known = printed
        reason = f"printed only after {edition}, the later edition is used"
    order = known["edition"].map(tables.releases().index)
    newest = known[order == order.max()]
    # Where one edition prints a part in its table and the total in a footnote, the total is meant.
    used = newest.loc[newest["value"].idxmax()]
    totals = known[known["bound"] == "exact"]
    rows = known[(known["figure_id"] == used["figure_id"]) | known["figure_id"].isin(totals["figure_id"])]
    ends = rows["value"]
    return Term("United States", ends.min(), used["value"], ends.max(), *ids(rows), reason, "expert")


def mined_t_reo(iso3: str, year: int, edition: str) -> pd.Series:
    """The newest mine output of a country that USGS had printed in `edition`: one row of mine_production.

    Raises:
        Refused: none was printed.
    """
    table = tables.load("mine_production")
    rows = table[
        (table["iso3"] == iso3)
        & (table["reference_year"] == year)
        & table["edition"].isin(tables.releases())
        & table["value"].notna()
    ]
    known = tables.as_of(rows, edition)
    if known.empty:
        raise Refused(f"no mine output of {iso3} for {year} in {edition} or before: choose another year")
    return known.iloc[known["edition"].map(tables.releases().index).argmax()]


def _india(year: int, edition: str, central_t_reo: float) -> Term:
    mined = mined_t_reo("IND", year, edition)
    judgement = tables.load("assumptions").set_index("name", drop=False).loc["india_separated_central"]
    return Term(
        "India (IREL)",
        0,
        min(central_t_reo, mined["value"]),
        mined["value"],
        *origins(mined, judgement),
        "separated output is not published: a judgement, with the mine output as upper end",
        "expert",
    )


def _estonia() -> Term:
    # Russia's mine output is no stand-in: Solikamsk ships a collective concentrate, and not all of it to Silmet.
    nameplate = _plant("NPM Silmet", 2023, "nameplate")
    return Term(
        "Estonia (Silmet)",
        0,
        nameplate["value"] / 2,
        nameplate["value"],
        *origins(nameplate),
        "output is not published: anything from none to the nameplate, the middle is used",
        "bound",
    )


def _only_upper_end(place: str, facility: str, year: int, measure: str, reason: str) -> Term:
    plant = _plant(facility, year, measure)
    return Term(place, 0, 0, plant["value"], *origins(plant), reason, "expert")


def _plant(facility: str, year: int, measure: str) -> pd.Series:
    table = tables.load("facilities")
    rows = table[
        table["facility"].str.startswith(facility)
        & (table["measure"] == measure)
        & (table["reference_year"] == year)
    ]
    if len(rows) != 1:
        raise LookupError(f"{len(rows)} rows for {facility}, {measure} {year}, expected 1")
    return rows.iloc[0]


def terms(year: int, edition: str, india_t_reo: float) -> list[Term]:
    """Separated output outside China in `year`, place by place, in t REO.

    Args:
        year: Calendar year, 2018 to 2025.
        edition: USGS edition as of which the figures are read.
        india_t_reo: What India is taken to separate in a year.

    Raises:
        Refused: a figure that is needed had not been printed.
    """
    return [
        lynas(year),
        _united_states(year, edition),
        _india(year, edition, india_t_reo),
        _estonia(),
        _only_upper_end(
            "France (Solvay)",
            "La Rochelle",
            2024,
            "formulation",
            "formulations, mostly from purchased oxide: counted only in the upper end",
        ),
        _only_upper_end(
            "Vietnam (Shin-Etsu)",
            "Hai Phong",
            2013,
            "nameplate",
            "no output is published: nameplate as upper end",
        ),
    ]
