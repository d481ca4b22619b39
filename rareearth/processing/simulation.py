"""Methods A, A+ and B with their uncertainty: one sample of shared primitives for a year, all methods from it.

What moves together is one draw. USGS estimates Myanmar, Thailand, Vietnam, Madagascar and Malaysia from China's
imports: one primitive moves the last four, and the content of Myanmar's oxide, which USGS took as all of it and now as
half to six tenths, and the British survey as all of it, is one number for the mine and for the feed. China's undocumented output raises the quota, the mine output and the world at
once. The plants outside China are the same numbers in every method, so the methods differ only by what they count.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
import pandas as pd

from rareearth import tables
from rareearth import uncertainty as un
from rareearth.processing import elsewhere, feed, mass_balance, quota, revisions, scrap, surveys
from rareearth.processing.elsewhere import Term, origins
from rareearth.processing.methods import METHODS, NOTES, WITHOUT_SCRAP, shares_pct
from rareearth.quantity import Estimate, Quantity
from rareearth.text import in_sentence
from rareearth.uncertainty import Array, Interval, Primitive

FIRST_QUOTA_YEAR_OF_ALL = 2022  # from then on the three statistics of China's output agree
FROM_CHINAS_IMPORTS = ("THA", "VNM", "MDG", "MYS")
_STEP_USA_T_REO = 500
# Groups whose mine output is one draw; in some two surveys are compared, the others are companies' reports.
_COMPARED = ("from China's imports", "of other sellers", "of India and Russia")
_DRAWN = (*_COMPARED, "of Australia")


@cache
def recovery_of_quotas() -> tuple[float, list]:
    """Lowest ratio of separation to mining quota of one year, and the two rows of it."""
    table = tables.load("china_quotas")
    rows = table[(table["batch"] == "full_year") & (table["elements"] == "all") & table["value"].notna()]
    mine = (
        rows[rows["stage"] == "mine"]
        .drop_duplicates("reference_year")
        .set_index("reference_year", drop=False)
    )
    pairs = [(quota.quota(year), mine.loc[year]) for year in quota.YEARS]
    lowest = min(pairs, key=lambda pair: pair[0]["value"] / pair[1]["value"])
    return float(lowest[0]["value"] / lowest[1]["value"]), list(lowest)


def undocumented_range(year: int) -> tuple[float, list]:
    """How far the British Geological Survey's China lies above USGS's, relative to it, and its row; 0 from 2022 on.

    The survey lists Myanmar apart, so the difference is not Myanmar's ore.
    """
    if year >= FIRST_QUOTA_YEAR_OF_ALL:
        return 0.0, []
    table = tables.load("mine_production")
    rows = table[(table["iso3"] == "CHN") & (table["reference_year"] == year)]
    bgs = rows[rows["edition"].str.startswith("BGS")].iloc[0]
    usgs = rows[rows["edition"].isin([revisions.FINAL])].iloc[0]
    return max(0.0, float(bgs["value"] / usgs["value"] - 1)), [bgs]


def _separated_in(term: Term) -> str:
    return f"separated in {in_sentence(term.place)}"


def _of_term(name: str, term: Term) -> Primitive:
    ends = (float(term.low_t_reo), float(term.central_t_reo), float(term.high_t_reo))
    if term.kind == "bound":
        return un.bound(name, ends[0], ends[2], term.reason)
    return un.expert(name, *ends, term.reason)


def _title(factor: Quantity) -> str:
    return f"content of {factor.name}"


def _content(factor: Quantity) -> Primitive:
    if factor.kind == "between sources":
        return un.between(_title(factor), factor.ends, factor.reason)
    return un.expert(_title(factor), *factor.ends, "lowest, most likely and highest of the published factors")


@dataclass(frozen=True)
class Year:
    """A year with its inputs: from here come primitives, model, sample and Estimates.

    Attributes:
        balance: The closed balance; its terms are the inputs of all methods.
        imports: Imported feed by origin and commodity; empty before 2023, when the balance's countries stand in.
        myanmar: China's imports from Myanmar, which are its mine output.
        with_quota: Whether a full-year quota is published.
        scrap: China's output from scrap where it is counted.
    """

    balance: mass_balance.Balance
    imports: tuple[feed.Import, ...]
    myanmar: tuple[feed.Import, ...]
    with_quota: bool
    scrap: Quantity | None = None

    @property
    def year(self) -> int:
        """Calendar year."""
        return self.balance.year

    def _row(self, iso3: str) -> mass_balance.Row:
        return next(row for row in self.balance.rows if row.iso3 == iso3)

    @cached_property
    def _kind(self) -> str:
        return revisions.kind_of(self.balance.edition, self.year)

    @cached_property
    def primitives(self) -> list[Primitive]:
        """Every independent uncertain input of the year."""
        gap, _ = undocumented_range(self.year)
        lowest, _ = recovery_of_quotas()
        rows = {row.iso3: row for row in self.balance.rows}
        asked = f"{self._kind} revisions of figures of their size, the countries together"
        found = [
            un.bound(
                "undocumented output of China",
                0,
                gap,
                "none to all of the gap between two surveys; none from 2022",
            ),
            # The quantile itself: the model takes the revision of each country's size class at it.
            *(Primitive(f"mine output {of}", "revision", asked, lambda u: u) for of in _DRAWN),
            *(
                Primitive(
                    f"two surveys of the mine output {of}",
                    "between sources",
                    f"USGS and the British survey in {surveys.FIRST_YEAR} to {surveys.LAST_YEAR}, each as likely",
                    surveys.factors,
                )
                for of in _COMPARED
            ),
            un.rounded(
                "mine output of the USA",
                rows["USA"].mined.central_t_reo,
                _STEP_USA_T_REO,
                "reported by one company",
            ),
            _of_term("US ore sent to China", rows["USA"].in_china),
            un.bound("recovery", lowest, 1, "from the lowest ratio of separation to mining quota to no loss"),
            un.bound(
                "place between A and A+", 0, 1, "two bounds of one quantity, nothing preferred between them"
            ),
        ]
        if self.year == mass_balance.LAST_YEAR:
            found.append(un.bound("quota of China in 2025", *_carried_over()[0], _carried_over()[1]))
        found += [_of_term(_separated_in(term), term) for term in self.balance.elsewhere]
        factors = {one.factor.name: one.factor for one in (*self.myanmar, *self.imports)}
        return found + [_content(factor) for factor in factors.values()]

    def _revised(self, countries: tuple[str, ...], probability: Array) -> Array:
        # Countries of one size share their factors: one draw a size.
        mined_t_reo: dict[str, float] = {}
        for row in self.balance.rows:
            if row.iso3 in countries and row.mined.central_t_reo > 0:
                size = revisions.size_of(row.mined.central_t_reo)
                mined_t_reo[size] = mined_t_reo.get(size, 0.0) + row.mined.central_t_reo
        return sum(
            (
                tonnes * revisions.factors(revisions.log_ratios(size, self._kind), probability)
                for size, tonnes in mined_t_reo.items()
            ),
            start=np.zeros_like(probability),
        )

    def myanmar_t_reo(self, values: Mapping[str, Array]) -> Array:
        """Content of what China imports from Myanmar: the mine output of Myanmar, and a part of the feed."""
        return sum(one.gross_t * values[_title(one.factor)] for one in self.myanmar)

    def arguments(self, values: Mapping[str, Array]) -> dict[str, Array | float | None]:
        """The arguments of `shares_pct` for values of the primitives."""
        sellers = tuple(iso for iso in mass_balance.SOLD_TO_CHINA if iso not in (*FROM_CHINAS_IMPORTS, "MMR"))
        mined = {
            of: self._revised(countries, values[f"mine output {of}"])
            * (values[f"two surveys of the mine output {of}"] if of in _COMPARED else 1.0)
            for of, countries in zip(
                _DRAWN, (FROM_CHINAS_IMPORTS, sellers, ("IND", "RUS"), ("AUS",)), strict=True
            )
        }
        sold = mined["from China's imports"] + mined["of other sellers"] + self.myanmar_t_reo(values)
        fed = sold
        if self.imports:
            fed = sum(one.gross_t * values[_title(one.factor)] for one in self.imports)
        return {
            "quota": float(quota.quota(self.year)["value"]) if self.with_quota else None,
            "feed": fed,
            "china": self._row("CHN").mined.central_t_reo * values.get("quota of China in 2025", 1.0),
            "sold": sold,
            "us_ore": values["US ore sent to China"],
            "kept": values["mine output of the USA"] + mined["of Australia"] + mined["of India and Russia"],
            "elsewhere": sum(values[_separated_in(term)] for term in self.balance.elsewhere),
            "recovery": values["recovery"],
            "undocumented": values["undocumented output of China"],
            "between": values["place between A and A+"],
            "scrap": self.scrap.mid if self.scrap else 0.0,
        }

    def model(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """Results of all methods for values of the primitives."""
        return shares_pct(**self.arguments(values))

    @cached_property
    def sample(self) -> dict[str, Array]:
        """Results of all methods over the points, of shape (scrambles, n)."""
        return un.simulate(self.primitives, self.model)

    @cached_property
    def draws(self) -> dict[str, Array]:
        """The arguments of `shares_pct`, and ``myanmar``, over the points, each of shape (scrambles, n)."""

        def arguments(values):
            found = {**self.arguments(values), "myanmar": self.myanmar_t_reo(values)}
            points = len(values["recovery"])
            return {name: np.broadcast_to(one, points) for name, one in found.items() if one is not None}

        return un.simulate(self.primitives, arguments)

    def interval(self, method: str) -> Interval:
        """Median and 90 % interval of one method."""
        return un.interval(self.sample[method])

    def sensitivity(self, method: str) -> list[un.Sensitivity]:
        """Part of the variance of one method by primitive."""
        return un.sensitivity(self.primitives, self.model, method)

    def _with_scrap(self, method: str) -> bool:
        return self.scrap is not None and method not in WITHOUT_SCRAP

    def _id(self, method: str) -> str:
        return f"processing_share.{method}{'_with_scrap' * self._with_scrap(method)}.{self.year}"

    def _note(self, method: str) -> str:
        if not self._with_scrap(method):
            return NOTES[method]
        return f"China's {self.scrap.mid:,.0f} t REO from scrap are counted; what others recycle is not published"

    def _origin_of(self, method: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Inputs and sources of a method: figures, or the ids of the methods that it is made from."""
        ends = {name: self._id(name) for name in METHODS}
        recycled = [self.scrap] if self.scrap else []
        ore, plants = self._row("USA").in_china, self.balance.elsewhere
        mined = [row.mined for row in self.balance.rows]
        myanmar = [Term("", 0, 0, 0, one.figure_ids, one.source_ids, "") for one in self.myanmar]
        extra = undocumented_range(self.year)[1]
        if method == "separation":
            parts = ("quota", "quota_with_feed") if self.with_quota else ("mass_balance_processed",)
            of_parts = [self._origin_of(part)[1] for part in parts]
            sources = tuple(dict.fromkeys(source for ids in of_parts for source in ids))
            return tuple(ends[part] for part in parts), sources
        if method == "quota":
            return origins(quota.quota(self.year), *plants, *extra, *recycled)
        if method == "quota_with_feed":
            figures, sources = origins(ore, *recovery_of_quotas()[1], *([] if self.imports else mined))
            figures = (ends["quota"], *figures, *(i for one in self.imports for i in one.figure_ids))
            sources = (
                *self._origin_of("quota")[1],
                *sources,
                *(s for one in self.imports for s in one.source_ids),
            )
            return tuple(dict.fromkeys(figures)), tuple(dict.fromkeys(sources))
        if method == "mass_balance_processed":
            figures, sources = origins(*plants, *recovery_of_quotas()[1], *recycled)
            sources = (*self._origin_of("mass_balance_origin")[1], *sources)
            return (ends["mass_balance_origin"], *figures), tuple(dict.fromkeys(sources))
        compared = Term("", 0, 0, 0, (), surveys.source_ids(), "")
        return origins(
            *mined, *myanmar, compared, *extra, *([ore] if method == "mass_balance_origin" else [])
        )

    def estimate(self, method: str) -> Estimate:
        """China's share by one method, a key of `METHODS`, with its 90 % interval."""
        found = self.interval(method)
        inputs, source_ids = self._origin_of(method)
        return Estimate(
            id=self._id(method),
            value=found.median,
            low=found.low,
            high=found.high,
            unit="pct",
            stage="mine" if method == "mined" else "separation",
            basis="t_reo",
            elements="all",
            reference_year=self.year,
            edition=self.balance.edition,
            method=METHODS[method][1],
            inputs=inputs,
            source_ids=source_ids,
            interval="90 % interval of the simulated inputs, value is the median; "
            f"Monte-Carlo error {max(found.error, 0.001):.3f} points",
            note=self._note(method),
        )


def _carried_over() -> tuple[tuple[float, float], str]:
    """USGS carries the quota of 2024 over to 2025: from no growth to that of the last published year."""
    last, before = (float(mass_balance.mined(y, f"MCS{y + 2}")["value"].max()) for y in (2024, 2023))
    return (1.0, last / before), "the quota of 2025 is secret: from no growth to that of the year before"


def year(year: int, edition: str, india_t_reo: float, ore_record: str, with_scrap: bool = False) -> Year:
    """The year with its inputs.

    Args:
        year: Calendar year, a member of `mass_balance.years`.
        edition: USGS edition as of which the figures are read.
        india_t_reo: What India is taken to separate in a year.
        ore_record: The record of US ore that is used, a member of `us_ore.RECORDS`.
        with_scrap: Whether China's output from scrap is counted.

    Raises:
        Refused: no edition prints the countries of the year, or its scrap is not published.
    """
    terms = elsewhere.terms(year, edition, india_t_reo)
    balance = mass_balance.balance(year, edition, terms, ore_record)
    with_quota = year in quota.YEARS
    imports = tuple(feed.imports(year)) if with_quota and year in feed.YEARS else ()
    recycled = scrap.output(year, "all") if with_scrap else None
    return Year(balance, imports, tuple(feed.of_myanmar(year)), with_quota, recycled)


def quantile_text(primitive: Primitive, level_pct: float) -> str:
    """A quantile of an input as a table prints it: tonnes whole, parts of one with two digits."""
    value = float(primitive.ppf(np.array([level_pct / 100]))[0])
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def editions_compared(earlier: Year, later: Year) -> pd.DataFrame:
    """One year by two editions: does the interval of the earlier one hold the value of the later one?

    Args:
        earlier: The year as the earlier edition has it.
        later: The same year by the later edition.

    Returns:
        Columns Share, the two editions (text with interval) and Inside (``yes`` or ``no``), a row a method.
    """
    rows = []
    for method in earlier.sample:
        one, two = earlier.interval(method), later.interval(method)
        texts = [f"{found.median:.1f} % ({found.low:.1f} to {found.high:.1f})" for found in (one, two)]
        rows.append((METHODS[method][0], *texts, "yes" if one.low <= two.median <= one.high else "no"))
    columns = ["Share", earlier.balance.edition, later.balance.edition, "Inside"]
    return pd.DataFrame(rows, columns=columns)
