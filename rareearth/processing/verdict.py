"""Is "about 90 %" right? The answer by a rule, and the doubt about the definition as what it is.

Two definitions give two numbers, and a mixture of them has two humps: its range and both humps are shown, never its
median, which may lie where neither definition puts the share. The bases that count both sides alike decide the verdict.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from rareearth import tables
from rareearth import uncertainty as un
from rareearth.processing.bases import BASES
from rareearth.processing.simulation import DIGITS, Model
from rareearth.quantity import LEVEL_PCT, T_PER_KT, Estimate, Quantity, origins, probability_words
from rareearth.uncertainty import Array

# What "about 90 %" is taken to mean: nearer to 90 than to 85 or 95.
ABOUT_NINETY_PCT = (87.5, 92.5)
DECIDING = ("feed", "ndpr", "value")
WORDS = ("is not right", "depends on the basis", "depends on the basis", "is right")
_DEFINITIONS = ("feed", "product")


def about_ninety_pct(sample: Array) -> float:
    """Part of a sample, in percent, in which a share is "about 90 %"."""
    low, high = ABOUT_NINETY_PCT
    return 100 * float(((low <= sample) & (sample <= high)).mean())


def probability(model: Model, basis: str, year: int, with_scrap: bool = False) -> Estimate:
    """Probability that the share by a basis is "about 90 %"."""
    share = model.estimate(basis, year, with_scrap)
    return _probability(share, model.share_pct(basis, year, with_scrap), share.id)


def mixed_probability(
    model: Model,
    year: int,
    weight_of_feed: float,
    weight_of_wood_mackenzie: float,
    with_scrap: bool = False,
    name: str = "full_doubt",
) -> Estimate:
    """The same with the doubt about the definition, or about whose figures are right; arguments as of `mixture`.

    Where a page shows other weights beside the chosen ones, `name` takes the place of ``full_doubt`` in the id.
    """
    of = (model, year, weight_of_feed, weight_of_wood_mackenzie, with_scrap)
    share = full_doubt(*of)
    return _probability(share, mixture(*of), share.id.replace("full_doubt", name))


def _probability(share: Estimate, sample: Array, name: str) -> Estimate:
    low, high = ABOUT_NINETY_PCT
    return share.derived(
        name.replace("processing_share.", "processing_share.about_90."),
        [about_ninety_pct(sample)] * 3,
        share,
        unit="probability_pct",
        method=f"part of the simulated shares from {low:g} to {high:g} %"
        + (f"; {share.method}" if share.id.startswith("processing_share.full_doubt") else ""),
        interval="no interval: the probability holds for this model and its assumptions",
        note="",
        counted=f"probability of {low:g} to {high:g} % {share.counted}",
    )


def verdict(
    model: Model,
    year: int,
    with_scrap: bool = False,
    weight_of_wood_mackenzie: float = 0.0,
    deciding: Sequence[str] = DECIDING,
) -> str:
    """Whether "about 90 %" is right: on how many of the deciding bases, ore first, it is more likely than not.

    Wood Mackenzie's figure is one of all elements, so its weight moves the share by ore alone.
    """
    samples = {basis: model.share_pct(basis, year, with_scrap) for basis in deciding}
    if weight_of_wood_mackenzie:
        samples[deciding[0]] = mixture(model, year, 1.0, weight_of_wood_mackenzie, with_scrap)
    return WORDS[sum(about_ninety_pct(sample) >= 50 for sample in samples.values())]


# --- Doubt about the definition ---


def wood_mackenzie() -> pd.Series:
    """The one published share of separation of all elements that rests on other figures: a row of claims."""
    asked = {"stage": "separation", "elements": "all", "bound": "exact"}
    return tables.select("claims", claimant="Wood Mackenzie", one=True, **asked)


def wood_mackenzie_later() -> pd.Series:
    """What others quote the same firm with for a later year, elements not stated: a row of claims."""
    return tables.select("claims", claimant="Wood Mackenzie (as quoted)", stage="separation", one=True)


def wood_mackenzie_world() -> Quantity:
    """The world's refined output in the year of that firm's share, from its forecast for 2027 and its growth to there.

    The year from which the growth runs is not stated: the year of the share, or the one before it.
    """
    year = int(wood_mackenzie()["reference_year_first"])
    asked = {"entity": "World", "measure": "projection", "stage": "separation"}
    rows = tables.select("processing_by_country", source_ids="woodmac_outlook_202312", **asked)
    forecast = tables.select(rows, unit="kt", one=True)
    growth = 1 + tables.select(rows, unit="pct", one=True)["value"] / 100
    years = int(forecast["reference_year"]) - year
    world = forecast["value"] * T_PER_KT
    low, high = world / growth ** (years + 1), world / growth**years
    return Quantity("world by Wood Mackenzie", low, high, high, "t_reo", *origins(rows))


def _by_wood_mackenzie(model: Model, basis: str, year: int, with_scrap: bool) -> Array:
    """What the share would be if that firm's figure is right: its share of its year, with the changes since as simulated.

    All values move by one offset, so that the median of the year of its figure is the figure. Later years have published
    bounds only, as ">85": a value below the lowest of them is set to it, never thrown away.
    """
    row = wood_mackenzie()
    offset = row["share_low_pct"] - np.median(model.share_pct(basis, int(row["reference_year_first"])))
    digits = model.samples[DIGITS].to_numpy().reshape(un.SCRAMBLES, -1) - 0.5
    moved = model.share_pct(basis, year, with_scrap) + offset + digits
    asked = {"measure": "world_share", "stage": "separation", "elements": ["all", "unstated"]}
    bounds = tables.select("claims", reference_year_first=year, bound="lower", **asked)
    return moved if bounds.empty else np.maximum(moved, bounds["share_low_pct"].min())


def mixture(
    model: Model, year: int, weight_of_feed: float, weight_of_wood_mackenzie: float, with_scrap: bool = False
) -> Array:
    """A sample of the share with the doubt about the definition, and about whose figures are right.

    The weights are 0 to 1: of the share by ore against that of quota against product, and of Wood Mackenzie's figure (from its
    year on) against this model.
    """
    knows = year >= wood_mackenzie()["reference_year_first"]
    other = weight_of_wood_mackenzie if knows else 0.0
    parts = []
    for basis, weight in zip(_DEFINITIONS, (weight_of_feed, 1 - weight_of_feed), strict=True):
        parts.append((model.share_pct(basis, year, with_scrap), (1 - other) * weight))
        if knows:
            parts.append((_by_wood_mackenzie(model, basis, year, with_scrap), other * weight))
    return un.mixture(f"separation of all elements, {year}", parts)


def full_doubt(
    model: Model, year: int, weight_of_feed: float, weight_of_wood_mackenzie: float, with_scrap: bool = False
) -> Estimate:
    """The share by ore, with an interval that holds the doubt about the definition too."""
    found = un.interval(mixture(model, year, weight_of_feed, weight_of_wood_mackenzie, with_scrap))
    feed, product = (model.estimate(basis, year, with_scrap) for basis in _DEFINITIONS)
    with_other = weight_of_wood_mackenzie > 0
    return feed.derived(
        feed.id.replace("feed", "full_doubt"),
        [min(found.low, feed.value), feed.value, max(found.high, feed.value)],
        feed,
        product,
        method=f"mixture: ore with weight {weight_of_feed:g}, quota against product with {1 - weight_of_feed:g}"
        + f"; {weight_of_wood_mackenzie:g} of both by Wood Mackenzie's figure" * with_other,
        interval=f"{LEVEL_PCT} % interval of the mixture: it has two humps, and values between them are unlikely; the value is that of ore",
        note="",
        counted="by ore or by quota against product, mixed"
        + f", with Wood Mackenzie's figure at {weight_of_wood_mackenzie:g}" * with_other,
    )


def weights(model: Model, year: int, chosen: Sequence[tuple[float, float]]) -> pd.DataFrame:
    """What the weights of the definition (of ore) and of Wood Mackenzie do: a row a pair of them, shares in percent."""
    rows = []
    for of_feed, of_other in chosen:
        sample = mixture(model, year, of_feed, of_other)
        ends = un.interval(sample)
        words = probability_words(about_ninety_pct(sample))
        rows.append((of_feed, of_other, ends.low, ends.high, words))
    columns = "Weight of ore;Weight of Wood Mackenzie;From, %;To, %;Probability of “about 90 %”, %"
    return pd.DataFrame(rows, columns=columns.split(";"))


# --- Trend ---


def change(model: Model, basis: str, first: int, last: int) -> Estimate:
    """By how many points the share moved between two years, from the same simulations of both.

    Where the first year is the later one it is the size of a fall.
    """
    found = un.interval(model.share_pct(basis, last) - model.share_pct(basis, first))
    ends = [model.estimate(basis, year) for year in (first, last)]
    return ends[1].derived(
        f"processing_share.change.{basis}.{first}_{last}",
        [found.low, found.median, found.high],
        *ends,
        unit="points",
        method=f"share of {last} less share of {first}, simulation by simulation",
        note="",
        counted=f"{f'change since {first}' if first < last else f'fall from {last} to {first}'} {ends[1].counted}",
    )


def fell(model: Model, basis: str, first: int, last: int) -> str:
    """In which part of the simulations the share fell between two years, in percent, in words."""
    return probability_words(100 * float((model.share_pct(basis, last) < model.share_pct(basis, first)).mean()))


def growth_that_overturns_pct(model: Model, basis: str, first: int, last: int) -> float:
    """Growth of the quota to `last` at which the median share would be that of `first` again, in percent.

    China's mass outside the quota stays; the rest of it grows with the quota.
    """
    target = float(np.median(model.share_pct(basis, first)))
    growth = model.years[last].growth
    china, outside = (float(np.median(mass)) for mass in model.masses(basis, last))
    without = float(np.median(model.masses("feed_without_imports", last)[0]))
    needed = outside * target / (100 - target)
    return 100 * (growth.mid * (1 + (needed - china) / without) - 1)


def trend(model: Model, spans: Sequence[tuple[int, int]], bases: Sequence[str]) -> pd.DataFrame:
    """Changes by basis, a row a basis: the change in points of each span of years, and in how many of the simulations it fell."""
    columns: Mapping[str, list] = {"Basis": [BASES[basis].words for basis in bases]}
    for span in spans:
        words = "{} to {}".format(*span)
        columns[words] = [change(model, basis, *span) for basis in bases]
        columns[f"Fell, {words}, % of simulations"] = [fell(model, basis, *span) for basis in bases]
    return pd.DataFrame(columns)
