"""How the numbers are checked against what others print: replications and independent values, counted apart.

A replication computes again what a source computed from figures that are here: it tests the code and the reading. An
independent value comes from other figures than the estimate and was not used for it: it tests the estimate.
"""

import numpy as np
import pandas as pd

from rareearth import tables
from rareearth.processing import boundaries, surveys, verdicts
from rareearth.processing.simulation import Year

_POINTS_PCT = 0.05
_POINTS_NIR = 1.0  # USGS computes from figures that it rounds afterwards


def shares_of_the_agency() -> pd.DataFrame:
    """Every share of a country that the International Energy Agency prints, computed again from its tonnes.

    Returns:
        Columns entity, stage, reference_year, printed, computed (percent), within (bool).
    """
    table = tables.load("processing_by_country")
    rows = table[table["source_ids"].map(lambda ids: ids[0] == "iea_cmd_2025")]
    tonnes = rows[rows["unit"] == "kt"].set_index(["entity", "stage", "reference_year"])["value"]
    found = []
    for row in rows[
        (rows["unit"] == "pct") & (rows["entity"] != "World")
    ].itertuples():  # 100 of 100 tests nothing
        key = (row.entity, row.stage, row.reference_year)
        computed = 100 * tonnes[key] / tonnes["World", row.stage, row.reference_year]
        within = abs(computed - row.value) <= _POINTS_PCT + 1e-9
        found.append((*key, float(row.value), float(computed), within))
    columns = ["entity", "stage", "reference_year", "printed", "computed", "within"]
    return pd.DataFrame(found, columns=columns)


def net_import_reliance() -> pd.DataFrame:
    """Net import reliance of the United States, 1 - production / apparent consumption, computed again.

    Returns:
        Columns edition (document), reference_year, printed, bound, computed (percent), within (bool).
    """
    trade, made = tables.load("trade_published"), tables.load("processing_by_country")
    usa = trade[(trade["reporter"] == "USA") & trade["commodity"].str.contains("compounds and metals")]
    made = made[
        (made["iso3"] == "USA")
        & (made["stage"] == "separation")
        & (made["measure"] == "production")
        & (made["elements"] == "all")
        & (made["unit"] == "t")
    ]
    found = []
    for document, edition in (("usgs_mcs2025_pdf", "MCS2025"), ("usgs_mcs2026_pdf", "MCS2026")):
        of_document = usa[usa["source_ids"].map(lambda ids, document=document: ids[0] == document)]
        consumed = of_document[of_document["role"] == "context"].set_index("period")["value"]
        for row in of_document[of_document["role"] == "net_import_reliance"].itertuples():
            output = made[made["reference_year"] == int(row.period)]
            # MCS2025 computes from the figure of its table, not from the total in the footnote.
            of_edition = output[output["edition"] == edition]
            output = of_edition if len(of_edition) else output[output["edition"] == "MCS2026"]
            produced = float(output["value"].min()) if len(output) else 0.0
            if row.period not in consumed:
                continue
            computed = 100 * (1 - produced / float(consumed[row.period]))
            lower = row.bound == "lower"
            within = computed >= row.value if lower else abs(computed - row.value) <= _POINTS_NIR
            found.append((edition, int(row.period), float(row.value), row.bound, computed, bool(within)))
    columns = ["edition", "reference_year", "printed", "bound", "computed", "within"]
    return pd.DataFrame(found, columns=columns)


def replicated(agency: pd.DataFrame, reliance: pd.DataFrame) -> pd.DataFrame:
    """Every replication as a page shows it: columns What, Year, Printed, Computed (percent) and Within tolerance.

    Args:
        agency: See `shares_of_the_agency`.
        reliance: See `net_import_reliance`.
    """
    words = {"mine": "mined", "separation": "refined"}
    rows = [
        (
            f"{one.entity}, {words[one.stage]}",
            one.reference_year,
            f"{one.printed:g}",
            one.computed,
            one.within,
        )
        for one in agency.itertuples()
    ]
    rows += [
        (
            f"US net import reliance, {one.edition}",
            one.reference_year,
            f"{'over ' if one.bound == 'lower' else ''}{one.printed:g}",
            one.computed,
            one.within,
        )
        for one in reliance.itertuples()
    ]
    table = pd.DataFrame(rows, columns=["What", "Year", "Printed, %", "Computed, %", "Within tolerance"])
    table["Year"] = table["Year"].astype(int)
    table["Computed, %"] = [f"{one:.2f}" for one in table["Computed, %"]]
    table["Within tolerance"] = ["yes" if one else "no" for one in table["Within tolerance"]]
    return table


def _cause(stage: str, year: Year, published: float) -> str:
    """What a share outside the interval would need to be the median, in t REO: another world, or other plants."""
    if stage == "mine":
        rows = year.balance.rows
        china = sum(row.mined.central_t_reo for row in rows if row.iso3 == "CHN")
        world = sum(row.mined.central_t_reo for row in rows)
        return f"with China's {china:,.0f} t it means a world of {100 * china / published:,.0f} t; USGS counts {world:,.0f}"
    more = boundaries.missing_t_reo(year, published)
    counted = float(np.median(year.draws["elsewhere"]))
    words = f"{more:,.0f} t more" if more > 0 else f"{-more:,.0f} t less"
    return f"it needs {words} output outside China than the {counted:,.0f} t that are counted"


def independent(years: dict[int, Year]) -> pd.DataFrame:
    """Values of other lineages in the same cell (year, stage, t REO or unstated, all elements), 2018 to 2025.

    The British survey counts from the year on of which no figure is an input: its earlier ones give China's
    undocumented output and the spread between surveys.

    Args:
        years: Year to its simulated inputs.

    Returns:
        Columns Id, Who, Year, Stage, Published, Low and High (percent, of the 90 % interval), Inside (bool), Cause.
    """
    claims = tables.load("claims")
    usgs = claims["note"].str.contains("USGS total") | claims["claimant"].str.contains("USGS")
    rows = claims[
        (claims["elements"] == "all")
        & (claims["measure"] == "world_share")
        & claims["stage"].isin(["mine", "separation"])
        & (claims["derived_from"] == "")
        & ~usgs
    ]
    values = [
        (
            row["figure_id"],
            row["claimant"],
            int(row["reference_year_first"]),
            row["stage"],
            row["share_low_pct"],
        )
        for _, row in rows.iterrows()
    ]
    values += [
        (f"BGS {year}", "British Geological Survey", year, "mine", surveys.share_pct(year))
        for year in years
        if surveys.LAST_YEAR < year <= surveys.NEWEST_YEAR
    ]
    found = []
    for name, who, year, stage, published in values:
        if year not in years:
            continue
        ends = years[year].interval("mined" if stage == "mine" else "separation")
        inside = ends.low <= published <= ends.high
        found.append((name, who, year, stage, float(published), ends.low, ends.high, inside))
    columns = ["Id", "Who", "Year", "Stage", "Published, %", "Low, %", "High, %", "Inside"]
    table = pd.DataFrame(found, columns=columns)
    table["Cause"] = [
        "" if row.Inside else _cause(row.Stage, years[row.Year], row.Published)
        for row in table.rename(columns={"Published, %": "Published"}).itertuples()
    ]
    return table.sort_values(["Stage", "Year"], kind="stable").reset_index(drop=True)


def causes_of_claims(register: pd.DataFrame, years: dict[int, Year]) -> list[str]:
    """Why a claim that names no elements lies outside, a text a row; empty where it is consistent or not compared.

    A claim about separation that would fit the magnet elements of its year, as the International Energy Agency prints
    them, is taken to mean those.
    """
    claims = tables.load("claims")
    agency = claims[
        claims["claimant"].str.startswith("IEA")
        & (claims["elements"] == "magnet")
        & (claims["measure"] == "world_share")
        & claims["share_low_pct"].notna()
    ]
    found = []
    for _, row in register.iterrows():
        if row["verdict"] not in ("high", "low"):
            found.append("")
            continue
        same = agency[
            (agency["stage"] == row["stage"])
            & (agency["reference_year_first"] == row["reference_year_first"])
        ]
        fits = [
            one
            for _, one in same.iterrows()
            if max(row["from_pct"], verdicts.words_as_interval(one)[0])
            <= min(row["to_pct"], verdicts.words_as_interval(one)[1])
        ]
        if fits:
            found.append(f"fits the magnet elements: {fits[0]['share_low_pct']:g} % ({fits[0]['claimant']})")
        else:
            end = row["to_pct"] if row["verdict"] == "low" else row["from_pct"]
            found.append(_cause(row["stage"], years[int(row["reference_year_first"])], end))
    return found
