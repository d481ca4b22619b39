"""How the numbers are checked against what others print: replications and independent values, counted apart.

A replication computes again what a source computed from figures that are here: it tests the code and the reading. An
independent value comes from other figures than the estimate and was not used for it: it tests the estimate.
"""

import pandas as pd

from rareearth import facts
from rareearth.processing import mass_balance, verdicts
from rareearth.processing.simulation import Year

_POINTS_PCT = 0.05
_POINTS_NIR = 1.0  # USGS computes from figures that it rounds afterwards
_SURVEY_FIRST_YEAR = 2022  # before, the survey's China is an input: the undocumented output
CAUSES = {
    "CT01": "boundary: would need traded concentrate or oxide to count as refined where it is mined",
    "CT11": "a tenth of a point above the interval; its countries were not seen",
    "CT12": "counts 5,120 t for Malaysia and 39,400 t for Myanmar, where USGS has 140 and 27,000 t",
    "BGS 2022": "",
    "BGS 2023": "takes Myanmar's oxide as 100 % oxide",
}


def shares_of_the_agency() -> pd.DataFrame:
    """Every printed share of the International Energy Agency, computed again from its tonnes.

    Returns:
        Columns entity, stage, reference_year, printed, computed (percent), within (bool).
    """
    table = facts.load_processing_by_country()
    rows = table[table["source_ids"].map(lambda ids: ids[0] == "iea_cmd_2025")]
    tonnes = rows[rows["unit"] == "kt"].set_index(["entity", "stage", "reference_year"])["value"]
    found = []
    for row in rows[rows["unit"] == "pct"].itertuples():
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
    trade, made = facts.load_trade_published(), facts.load_processing_by_country()
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


def _survey_pct(year: int) -> float:
    """China's part of the British Geological Survey's countries, with USGS's figure for the United States."""
    table = facts.load_mine_production()
    rows = table[(table["reference_year"] == year) & table["edition"].str.startswith("BGS WMS (2025")]
    usa = mass_balance.mined(year, "MCS2026").set_index("iso3").loc["USA", "value"]
    countries = rows[rows["iso3"] != "WLD"].set_index("iso3")["value"]
    return float(100 * countries["CHN"] / (countries.sum() + usa))


def independent(years: dict[int, Year]) -> pd.DataFrame:
    """Values of other lineages in the same cell (year, stage, t REO or unstated, all elements), 2018 to 2025.

    Args:
        years: Year to its simulated inputs.

    Returns:
        Columns Id, Who, Year, Stage, Published, Low and High (percent, of the 90 % interval), Inside (bool), Cause.
    """
    claims = facts.load_claims()
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
        (f"BGS {year}", "British Geological Survey", year, "mine", _survey_pct(year))
        for year in years
        if _SURVEY_FIRST_YEAR <= year <= 2023
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
        "" if inside else CAUSES[name] for name, inside in zip(table["Id"], table["Inside"], strict=True)
    ]
    return table.sort_values(["Stage", "Year"], kind="stable").reset_index(drop=True)


def causes_of_claims(register: pd.DataFrame) -> list[str]:
    """Why a claim that names no elements lies outside, a text a row; empty where it is consistent or not compared.

    A claim about separation that would fit the magnet elements of its year, as the International Energy Agency prints
    them, is taken to mean those.
    """
    claims = facts.load_claims()
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
        figure = row["figure_id"]
        text = (
            f"fits the magnet elements: {fits[0]['share_low_pct']:g} % ({fits[0]['claimant']})"
            if fits
            else ""
        )
        found.append(CAUSES.get(figure, text) or "no figure explains it")
    return found
