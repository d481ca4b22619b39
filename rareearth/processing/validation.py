"""How the numbers are checked against what others print: replications and independent values, counted apart.

A replication computes again what a source computed from figures that are here: it tests the code and the reading. An
independent value comes from other figures than the estimate and was not used for it: it tests the estimate. Simulated
worlds test the intervals where the model is wrong in a way that is put in.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from rareearth import tables
from rareearth import uncertainty as un
from rareearth.processing import claims, revisions
from rareearth.processing.bases import BASES, share_pct
from rareearth.processing.simulation import Model, Year, is_known
from rareearth.quantity import Estimate

_POINTS_PCT = 0.05
_POINTS_NIR = 1.0  # USGS computes from figures that it rounds afterwards


_REPLICATED = ["What", "Year", "Printed, %", "Computed, %", "within"]


def shares_of_the_agency() -> pd.DataFrame:
    """Every share of a country that the International Energy Agency prints, computed again from its tonnes.

    Returns:
        Columns What, Year, Printed (in words), Computed (percent) and within (bool).
    """
    rows = tables.select("processing_by_country", source_ids="iea_cmd_2025")
    tonnes = tables.select(rows, unit="kt").set_index(["entity", "stage", "reference_year"])["value"]
    found = []
    for row in tables.select(rows, unit="pct", entity=lambda names: names != "World").itertuples():
        what = f"{row.entity}, {'mined' if row.stage == 'mine' else 'refined'}"
        year, of_all = row.reference_year, tonnes["World", row.stage, row.reference_year]
        computed = 100 * tonnes[row.entity, row.stage, year] / of_all
        found.append((what, int(year), f"{row.value:g}", computed, abs(computed - row.value) <= _POINTS_PCT + 1e-9))
    return pd.DataFrame(found, columns=_REPLICATED)


def net_import_reliance() -> pd.DataFrame:
    """Net import reliance of the United States, 1 - production / apparent consumption, computed again.

    Returns:
        As of `shares_of_the_agency`, by edition.
    """
    usa = tables.select("trade_published", reporter="USA")
    usa = usa[usa["commodity"].str.contains("compounds and metals")]
    asked = {"iso3": "USA", "stage": "separation", "measure": "production", "elements": "all", "unit": "t"}
    made = tables.select("processing_by_country", **asked)
    found = []
    for edition in revisions.EDITIONS:
        of_document = tables.select(usa, source_ids=f"usgs_{edition.lower()}_pdf")
        consumed = tables.select(of_document, role="context").set_index("period")["value"]
        for row in tables.select(of_document, role="net_import_reliance", period=set(consumed.index)).itertuples():
            output = tables.select(made, reference_year=int(row.period))
            # MCS2025 computes from the figure of its table, not from the total in the footnote.
            of_edition = tables.select(output, edition=edition)
            output = of_edition if len(of_edition) else tables.newest(output)
            produced = float(output["value"].min()) if len(output) else 0.0
            computed, is_bound = 100 * (1 - produced / float(consumed[row.period])), row.bound == "lower"
            off = row.value - computed if is_bound else abs(computed - row.value) - _POINTS_NIR
            printed, what = "over " * is_bound + f"{row.value:g}", f"US net import reliance, {edition}"
            found.append((what, int(row.period), printed, computed, bool(off <= 0)))
    return pd.DataFrame(found, columns=_REPLICATED)


def replicated(*tables_of: pd.DataFrame) -> pd.DataFrame:
    """Every replication as a page shows it: of `shares_of_the_agency` and of `net_import_reliance`."""
    both = pd.concat(tables_of).rename(columns={"within": "Within tolerance"})
    return both.assign(
        **{
            "Computed, %": both["Computed, %"].map("{:.2f}".format),
            "Within tolerance": both["Within tolerance"].map({True: "yes", False: "no"}),
        }
    )


def cause(model: Model, stage: str, year: int, published_pct: float) -> str:
    """What a share outside the interval would need to be the median: another world, or other plants outside China."""
    if stage == "mine":
        balance = model.years[year].balance
        china = balance.row("CHN").mined.mid
        return (
            f"with China's {china:,.0f} t {published_pct:g} % means a world of {100 * china / published_pct:,.0f} t; "
            f"USGS counts {balance.world_t_reo:,.0f} t"
        )
    more = model.missing_t_reo("feed", year, published_pct)
    counted = float(np.median(model.masses("feed", year)[1]))
    words = f"{more:,.0f} t more" if more > 0 else f"{-more:,.0f} t less"
    return (
        f"{published_pct:g} % by ore needs {words} separated outside China than the {counted:,.0f} t that are counted"
    )


def independent(model: Model, separation: dict[int, Estimate]) -> pd.DataFrame:
    """Values from other figures in the same cell (year, stage, t REO or unstated, all elements), 2018 to 2025.

    Those of claims are rows of the register too. The British survey counts from the year on of which no figure is an input:
    its earlier ones give China's undocumented output and the spread between surveys.

    Returns:
        Columns Id, Who, Year, Stage, Published, Low and High (percent, ends of the interval), Inside (bool), Cause.
    """
    asked = {"elements": "all", "measure": "world_share", "stage": ["mine", "separation"], "derived_from": None}
    rows = tables.select("claims", reference_year_first=list(model.years), **asked)
    rows = rows[~rows["note"].str.contains("USGS total") & ~rows["claimant"].str.contains("USGS")]
    columns = ["figure_id", "claimant", "reference_year_first", "stage", "share_low_pct"]
    values = list(rows[columns].itertuples(index=False, name=None))
    values += [
        (f"BGS {year}", "British Geological Survey", year, "mine", revisions.british_share_pct(year))
        for year in model.years
        if revisions.SURVEYS_COMPARED[-1] < year <= revisions.NEWEST_BRITISH_YEAR
    ]
    found = []
    for name, who, year, stage, published in values:
        ends = model.interval("mined", year) if stage == "mine" else separation[year]
        inside = ends.low <= published <= ends.high
        why = "" if inside else cause(model, stage, year, published)
        found.append((name, who, int(year), stage, float(published), ends.low, ends.high, inside, why))
    columns = ["Id", "Who", "Year", "Stage", "Published, %", "Low, %", "High, %", "Inside", "Cause"]
    return pd.DataFrame(found, columns=columns).sort_values(["Stage", "Year"], kind="stable", ignore_index=True)


def mine_by_source(model: Model, found: pd.DataFrame) -> pd.DataFrame:
    """China's share of mine output by all sources of a year in `independent`, each with the same weight.

    Returns:
        A row a year: Year, Ours (Estimate), Others (in words), From, To (percent, ends of the mixture) and the interval without
        each source.
    """
    rows = []
    for year, others in tables.select(found, Stage="mine").groupby("Year"):
        samples = {"USGS": model.share_pct("mined", year)}
        for who, share in zip(others["Who"], others["Published, %"], strict=True):
            samples[who] = un.stated(share, share, step=0.01)
        without = {name: _ends([sample for other, sample in samples.items() if other != name]) for name in samples}
        said = "; ".join(f"{who} {one.mean():.1f} %" for who, one in samples.items() if who != "USGS")
        spans = "; ".join(f"{name} {one.low:.1f} to {one.high:.1f}" for name, one in without.items())
        ends = _ends(list(samples.values()))
        rows.append((year, model.estimate("mined", year), said, ends.low, ends.high, spans))
    columns = ["Year", "Ours", "Others", "From, %", "To, %", "Without one of them, %"]
    return pd.DataFrame(rows, columns=columns)


def _ends(samples: list[np.ndarray]) -> un.Interval:
    """Interval of a mixture of equal weights, or of one sample."""
    return un.interval(un.mixture("mine output", [(one, 1.0) for one in samples]) if len(samples) > 1 else samples[0])


def editions_compared(earlier: Model, later: Model, year: int) -> pd.DataFrame:
    """One year by two editions: does the interval of the earlier one hold the value of the later one?

    Returns:
        A row a basis: Share, the two editions (text with interval) and Inside (``yes`` or ``no``).
    """
    names = [model.years[year].balance.edition for model in (earlier, later)]
    rows = []
    for basis, how in BASES.items():
        if not is_known(basis, year):
            continue
        one, two = earlier.interval(basis, year), later.interval(basis, year)
        texts = [f"{found.median:.1f} % ({found.low:.1f} to {found.high:.1f})" for found in (one, two)]
        rows.append((how.words, *texts, "yes" if one.low <= two.median <= one.high else "no"))
    return pd.DataFrame(rows, columns=["Share", *names, "Inside"])


def causes_of_claims(register: pd.DataFrame, model: Model) -> list[str]:
    """Why a claim that names no elements lies outside, a text a row; empty where it is consistent or not compared.

    A claim about separation that would fit the magnet elements of its year, as the International Energy Agency prints
    them, may mean those.
    """
    agency = tables.select("claims", elements="magnet", measure="world_share", share_low_pct=pd.Series.notna)
    agency = agency[agency["claimant"].str.startswith("IEA")]

    def why(row: pd.Series) -> str:
        if row["verdict"] not in ("high", "low"):
            return ""
        year = int(row["reference_year_first"])
        for _, one in tables.select(agency, stage=row["stage"], reference_year_first=year).iterrows():
            low, high = claims.words_as_interval(one)
            if low <= row["to_pct"] and row["from_pct"] <= high:
                return f"consistent with the magnet elements: {one['share_low_pct']:g} % ({one['claimant']})"
        end = row["to_pct"] if row["verdict"] == "low" else row["from_pct"]
        return cause(model, row["stage"], year, end)

    return [why(row) for _, row in register.iterrows()]


def hit_rates(plain: pd.DataFrame, wide: pd.DataFrame) -> pd.DataFrame:
    """How many figures of each pair of editions stay inside their interval, by `revisions.hindcast` as observed and widened."""
    both = plain.assign(wide=wide["inside"], change=plain["log_ratio"].abs())
    rates = both.groupby(["earlier", "later"]).agg(
        figures=("inside", "size"), inside=("inside", "sum"), wide=("wide", "sum"), change=("change", "mean")
    )
    rates.loc[("All pairs", "all"), :] = [*rates[["figures", "inside", "wide"]].sum(), both["change"].mean()]
    whole = rates[["figures", "inside", "wide"]].astype(int)
    whole = whole.assign(
        rate=100 * whole["wide"] / whole["figures"], change=np.exp(rates["change"]).map("{:.1f}".format)
    )
    counts = ["Figures", "Inside", "Inside, widened", "Hit rate, widened, %", "Mean change, times"]
    return whole.reset_index().set_axis(["Interval from", "Value of", *counts], axis=1)


# --- Simulated worlds ---


def _worlds(year: Year) -> dict[str, Year]:
    """The world of the model, and worlds in which one of its assumptions is wrong."""

    def changed(field: str, times: float) -> Year:
        return replace(year, inputs={**year.inputs, field: year.inputs[field] * times})

    return {
        "as assumed": year,
        "mine output is revised three times as far": replace(year, spread=3 * year.spread),
        "China separates 10 % more than its quota": changed("output_over_quota", 1.1),
        "China separates 10 % less than its quota": changed("output_over_quota", 0.9),
        "plants outside China lose a tenth more": changed("recovery_outside", 0.9),
        "the ore of Lynas holds a tenth less NdPr": changed("ndpr_of_lynas_ore", 0.9),
    }


def coverage(model: Model, year: int, bases: tuple[str, ...]) -> pd.DataFrame:
    """How often the interval of a year holds the true share of a simulated world, in percent: a row a world, a column a basis.

    A true world is drawn anew from the model's own inputs, or from inputs of which one is wrong. The first row tests the
    code; the others say what the interval does not cover.
    """
    rows = []
    for words, world in _worlds(model.years[year]).items():
        drawn = un.simulate(
            world.primitives,
            lambda values, world=world: {
                basis: share_pct(*BASES[basis].masses(world.flows(values))) for basis in bases
            },
            seed=un.SCRAMBLES,  # other draws than the model's
            points_log2=9,
        )
        ends = {basis: model.interval(basis, year) for basis in bases}
        inside = [(one.low <= drawn[basis]) & (drawn[basis] <= one.high) for basis, one in ends.items()]
        held = [100 * float(draws.mean()) for draws in inside]
        rows.append((words, *held))
    return pd.DataFrame(rows, columns=["World", *(BASES[basis].words for basis in bases)])
