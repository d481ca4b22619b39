"""Method A: China's official separation quota against the separated output of every other country.

    share = quota / (quota + output elsewhere)                                              (in t REO)

It is a **lower bound** of China's part in separation: imported ore and scrap stood outside the quota until
August 2025, and undocumented output before 2022 too. The interval covers what is not known of the output
elsewhere, nothing else: its ends are envelopes of extremes, not percentiles.

The rest of the world is a list of `Term`s. Only Lynas (Malaysia) and the United States publish output; the
other plants publish none, so they enter as a stated judgement with a nameplate or a mine output as upper end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from rareearth import facts
from rareearth.estimate import Estimate

YEARS = tuple(range(2018, 2025))
METHOD = "separation quota / (separation quota + separated output outside China)"


@dataclass(frozen=True)
class Term:
    """Separated output of one place outside China, in t REO, with the figures behind it."""

    place: str
    low_t_reo: float
    central_t_reo: float
    high_t_reo: float
    figure_ids: tuple[str, ...]
    source_ids: tuple[str, ...]
    reason: str

    def __post_init__(self):
        if not 0 <= self.low_t_reo <= self.central_t_reo <= self.high_t_reo:
            raise ValueError(f"{self.place}: 0 <= low <= central <= high does not hold")


def share_pct(quota_t_reo: float, elsewhere_t_reo: float) -> float:
    """Closed form of the method: 100 * quota / (quota + elsewhere)."""
    if quota_t_reo < 0 or elsewhere_t_reo < 0 or quota_t_reo + elsewhere_t_reo == 0:
        raise ValueError(f"no share of {quota_t_reo} and {elsewhere_t_reo} t REO")
    return 100 * quota_t_reo / (quota_t_reo + elsewhere_t_reo)


def _ids(rows: pd.DataFrame) -> tuple[tuple[str, ...], tuple[str, ...]]:
    sources = dict.fromkeys(source for ids in rows["source_ids"] for source in ids)
    return tuple(rows["figure_id"]), tuple(sources)


def quota(year: int) -> pd.Series:
    """The full-year separation quota of `year`: one row of china_quotas.

    Raises:
        LookupError: no full-year quota is published for the year.
    """
    table = facts.load_china_quotas()
    rows = table[
        (table["reference_year"] == year)
        & (table["stage"] == "separation")
        & (table["batch"] == "full_year")
        & (table["elements"] == "all")
        & table["value"].notna()
    ]
    if len(rows) != 1:
        raise LookupError(f"{len(rows)} full-year separation quotas for {year}, expected 1")
    return rows.iloc[0]


def _lynas(year: int) -> Term:
    """Calendar year from the two fiscal years (to June) that overlap it: mean, and both as the ends."""
    table = facts.load_facilities()
    rows = table[
        table["facility"].str.startswith("Lynas Malaysia")
        & (table["measure"] == "production")
        & (table["period_kind"] == "fiscal_year")
        & (table["elements"] == "all")
        & (table["unit"] == "t")
        & table["reference_year"].isin([year, year + 1])
    ]
    # Where the company and a relay print one year, the figure of higher confidence is the one that is used.
    rows = rows.sort_values("confidence", key=lambda level: level.map(facts.CONFIDENCE_ORDER), kind="stable")
    rows = rows.drop_duplicates("reference_year").sort_values("reference_year")
    if list(rows["reference_year"]) != [year, year + 1]:
        raise LookupError(f"Lynas: need one published output for each of FY{year} and FY{year + 1}")
    ends = rows["value"]
    figure_ids, source_ids = _ids(rows)
    return Term(
        "Malaysia (Lynas)",
        ends.min(),
        ends.mean(),
        ends.max(),
        figure_ids,
        source_ids,
        f"mean of fiscal {year} and {year + 1} (to June); the two years are the ends",
    )


def _united_states(year: int, edition: str) -> Term:
    """Compounds and metals as USGS prints them; its three versions are the ends."""
    table = facts.load_processing_by_country()
    printed = table[
        (table["iso3"] == "USA")
        & (table["stage"] == "separation")
        & (table["elements"] == "all")
        & (table["unit"] == "t")
        & (table["reference_year"] == year)
        & (table["measure"] == "production")
        & table["edition"].isin(facts.EDITIONS)
    ]
    if printed.empty:
        return Term("United States", 0, 0, 0, (), (), f"no separated output is printed for {year}")
    known = facts.as_of(printed, edition)
    reason = f"newest edition up to {edition}; every printed version is inside the ends"
    if known.empty:
        known = printed
        reason = f"printed only after {edition}, the later edition is used"
    order = known["edition"].map(facts.EDITIONS.index)
    # MCS2025 prints a partial figure in its table and the domestic total in a footnote: the total is meant.
    newest = known[order == order.max()]["value"].max()
    figure_ids, source_ids = _ids(known)
    return Term(
        "United States", known["value"].min(), newest, known["value"].max(), figure_ids, source_ids, reason
    )


def _mine_output(iso3: str, year: int, edition: str) -> pd.Series:
    table = facts.load_mine_production()
    rows = table[
        (table["iso3"] == iso3)
        & (table["reference_year"] == year)
        & table["edition"].isin(facts.EDITIONS)
        & table["value"].notna()
    ]
    known = facts.as_of(rows, edition)
    if known.empty:
        raise LookupError(f"no mine output of {iso3} for {year} in {edition} or before")
    return known.iloc[known["edition"].map(facts.EDITIONS.index).argmax()]


def _india(year: int, edition: str, central_t_reo: float) -> Term:
    mined = _mine_output("IND", year, edition)
    judgement = _assumption("india_separated_central")
    return Term(
        "India (IREL)",
        0,
        min(central_t_reo, mined["value"]),
        mined["value"],
        (mined["figure_id"], judgement["figure_id"]),
        (*mined["source_ids"], *judgement["source_ids"]),
        "separated output is not published: a judgement, with the mine output as upper end",
    )


def _estonia(year: int, edition: str) -> Term:
    mined = _mine_output("RUS", year, edition)
    nameplate = _plant("NPM Silmet", 2023, "nameplate")
    return Term(
        "Estonia (Silmet)",
        0,
        min(mined["value"], nameplate["value"]),
        nameplate["value"],
        (mined["figure_id"], nameplate["figure_id"]),
        (*mined["source_ids"], *nameplate["source_ids"]),
        "output is not published: Russian mine output, its main feed, stands in; nameplate is the upper end",
    )


def _only_upper_end(place: str, facility: str, year: int, measure: str, reason: str) -> Term:
    plant = _plant(facility, year, measure)
    return Term(place, 0, 0, plant["value"], (plant["figure_id"],), tuple(plant["source_ids"]), reason)


def _plant(facility: str, year: int, measure: str) -> pd.Series:
    table = facts.load_facilities()
    rows = table[
        table["facility"].str.startswith(facility)
        & (table["measure"] == measure)
        & (table["reference_year"] == year)
    ]
    if len(rows) != 1:
        raise LookupError(f"{len(rows)} rows for {facility}, {measure} {year}, expected 1")
    return rows.iloc[0]


def _assumption(name: str) -> pd.Series:
    table = facts.load_assumptions()
    return table.set_index("name", drop=False).loc[name]


def elsewhere(year: int, edition: str, india_t_reo: float) -> list[Term]:
    """Separated output outside China in `year`, place by place, in t REO."""
    return [
        _lynas(year),
        _united_states(year, edition),
        _india(year, edition, india_t_reo),
        _estonia(year, edition),
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


def estimate(year: int, edition: str, terms: Sequence[Term]) -> Estimate:
    """China's share of the world's separation by the quota method.

    Args:
        year: Calendar year, one of `YEARS`.
        edition: USGS edition as which the terms were read; kept with the number.
        terms: Output outside China; see `elsewhere`.

    Returns:
        A share in percent of t REO, all elements. low and high are bounds: the highest and the lowest sum
        of the terms.

    Raises:
        LookupError: no full-year quota is published for the year.
    """
    row = quota(year)
    low, central, high = (
        sum(getattr(term, f"{end}_t_reo") for term in terms) for end in ("low", "central", "high")
    )
    return Estimate(
        id=f"processing_share.quota.{year}",
        value=share_pct(row["value"], central),
        low=share_pct(row["value"], high),
        high=share_pct(row["value"], low),
        unit="pct",
        stage="separation",
        basis="t_reo",
        elements="all",
        reference_year=year,
        edition=edition,
        method=METHOD,
        inputs=(row["figure_id"], *dict.fromkeys(i for term in terms for i in term.figure_ids)),
        source_ids=tuple(
            dict.fromkeys((*row["source_ids"], *(s for term in terms for s in term.source_ids)))
        ),
        interval="bounds: lowest and highest output elsewhere, not percentiles",
        note="lower bound for China: imported feed, scrap and undocumented output stand outside the quota",
    )
