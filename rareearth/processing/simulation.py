"""The one model of China's share: every basis of `bases` for every year, from one draw of uncertain inputs.

What has one name is one draw. The output over the quota, the recoveries, the composition of ores and the plants that
publish nothing are the same numbers in all years, so that a change from one year to the next is not the noise of two
draws; what is uncertain in one year alone has the year in its name. USGS estimates Thailand, Vietnam, Madagascar and
Malaysia from China's imports: one draw moves the four. The content of Myanmar's oxide is one number for the mine and
for the feed. China's undocumented output raises the quota, the mine output and the world at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property

import numpy as np
import pandas as pd

from rareearth import tables
from rareearth import uncertainty as un
from rareearth.errors import Refused
from rareearth.kept import kept
from rareearth.processing import balance, composition, feed, output, revisions
from rareearth.processing.bases import BASES, Flows, share_pct, used
from rareearth.quantity import LEVEL_PCT, Estimate, Quantity, origins, total
from rareearth.text import in_sentence
from rareearth.uncertainty import Array, Interval, Primitive

FEED_RECORDS = ("sellers", "customs")
FROM_CHINAS_IMPORTS = ("THA", "VNM", "MDG", "MYS")
_GROUPS = {
    "from China's imports": FROM_CHINAS_IMPORTS,
    "of other sellers": tuple(iso3 for iso3 in balance.SOLD_TO_CHINA if iso3 not in (*FROM_CHINAS_IMPORTS, "MMR")),
    "of India and Russia": ("IND", "RUS"),
    "of Australia": ("AUS",),
}
# Companies report Australia's, so no second survey is compared.
_COMPARED = tuple(group for group in _GROUPS if group != "of Australia")
DIGITS = "digits of a published share"
_STEP_USA_T_REO = 500


# --- Prices ---

_PRICED = {
    "price_ndpr": ("Neodymium-praseodymium (NdPr) oxide", "Neodymium oxide"),
    "price_dy": ("Dysprosium oxide",),
    "price_tb": ("Terbium oxide",),
}


@cache
def prices(year: int) -> dict[str, Quantity]:
    """Prices of oxides in USD/kg by field of `Flows`: one list for both sides, so they carry no doubt of the share.

    Averages of the year, free on board China, as the US Geological Survey printed them last; for NdPr outside China the price
    that the United States guarantee.
    """
    of_year = tables.select("prices", reference_year=year)
    asked = {"period_kind": "calendar_year", "unit": "USD/kg", "bound": "exact"}
    printed = tables.select(of_year, basis_published=lambda words: words.str.contains("USGS MCS"), **asked)
    printed = printed.sort_values("edition", kind="stable")

    def newest(*materials: str) -> Quantity:
        for material in materials:
            rows = printed[printed["material"].str.startswith(material)]
            if len(rows):
                return Quantity.of(rows.iloc[-1], f"price of {material[0].lower() + material[1:]}", "usd")
        raise Refused(f"no price of {materials[0]} in {year}: add its row to data/raw/money/prices.csv")

    found = {name: newest(*materials) for name, materials in _PRICED.items()}
    both, name = [newest("Lanthanum oxide"), newest("Cerium oxide")], "price of lanthanum and cerium oxide"
    found["price_lace"] = Quantity.among(name, [total(both, "").mid / 2], "usd", *both)
    outside = tables.select(of_year, market="North America")
    outside = outside[outside["material"].str.contains("NdPr")]
    outside = outside[outside["basis_published"].str.startswith("guaranteed")]
    guaranteed = [Quantity.of(row, "price of NdPr outside China", "usd") for _, row in outside.iterrows()]
    found["price_ndpr_outside"] = guaranteed[0] if guaranteed else found["price_ndpr"]
    return found


# --- A year ---


@dataclass(frozen=True)
class Year:
    """A year with its inputs: from here come its uncertain inputs and the masses that shares are made from."""

    balance: balance.Balance  # the closed balance of ore
    inputs: Mapping[str, Quantity]  # field of `Flows` to its quantity, whose name is the name of its draw
    growth: Quantity  # China's quota over the last published one
    # Imported feed by origin and good where customs are the record; empty where the sellers' mines are.
    imports: tuple[feed.Import, ...]
    myanmar: tuple[feed.Import, ...]  # China's imports from Myanmar, which are its mine output
    us_ore_weight: float  # weight of the composition that NdPr in US ore is a part of
    spread: float  # what the logarithms of revisions of mine output are multiplied by

    @property
    def year(self) -> int:
        """Calendar year."""
        return self.balance.year

    @property
    def is_published(self) -> bool:
        """Whether the quota of the year is."""
        return self.year in output.YEARS

    def _mined_in(self, group: str) -> str:
        return f"mine output {group} in {self.year}"

    @cached_property
    def primitives(self) -> list[Primitive]:
        """Every independent uncertain input of the year."""
        asked = f"{self._kind} revisions of figures of their size, the countries together, times {self.spread:g}"
        first, *_, last = revisions.SURVEYS_COMPARED
        both = f"USGS and the British survey in {first} to {last}, each as likely"
        part, half = self.inputs["ndpr_of_us_ore"], _STEP_USA_T_REO / 2
        usa_t_reo = self.balance.row("USA").mined.mid
        usa = Quantity(
            "mine output of the USA",
            usa_t_reo - half,
            usa_t_reo,
            usa_t_reo + half,
            "t_reo",
            reason="reported by one company",
            kind="rounding",
        )
        contents = {one.factor.name: one.factor for one in (*self.myanmar, *self.imports)}
        return [
            *(un.of_quantity(one) for one in (self.growth, *self.inputs.values()) if one.kind != "exact"),
            un.part(part.name, part.mid, self.us_ore_weight, part.reason),
            # The quantile itself: the model takes the revision of each country's size class at it.
            *(Primitive(self._mined_in(group), "revision", asked, lambda u: u) for group in _GROUPS),
            *(Primitive(_surveys_of(group), "between sources", both, revisions.survey_factors) for group in _COMPARED),
            un.of_quantity(usa),
            *(un.of_quantity(replace(one, name=_content_of(one))) for one in contents.values()),
        ]

    @property
    def _kind(self) -> str:
        return revisions.kind_of(self.balance.edition, self.year)

    def _revised(self, group: str, values: Mapping[str, Array]) -> Array:
        # Countries of one size share their factors: one draw a size.
        mined_t_reo: dict[str, float] = {}
        for mined in (row.mined.mid for row in self.balance.rows if row.iso3 in _GROUPS[group]):
            if mined > 0:
                size = revisions.size_of(mined)
                mined_t_reo[size] = mined_t_reo.get(size, 0.0) + mined
        probability = values[self._mined_in(group)]
        revised = np.zeros_like(probability)
        for size, tonnes in mined_t_reo.items():
            ratios, spread = revisions.log_ratios(size, self._kind), revisions.spread_of(size, self.spread)
            revised = revised + tonnes * revisions.factors(ratios, probability, spread)
        return revised * (values[_surveys_of(group)] if group in _COMPARED else 1.0)

    def flows(self, values: Mapping[str, Array]) -> Flows:
        """The masses of the year for values of its primitives."""
        given = {field: values.get(one.name, one.mid) for field, one in self.inputs.items()}
        growth = values.get(self.growth.name, self.growth.mid)
        mined = {group: self._revised(group, values) for group in _GROUPS}
        content = [
            sum(one.gross.mid * values[_content_of(one.factor)] for one in goods)
            for goods in (self.myanmar, self.imports)
        ]
        sold = mined["from China's imports"] + mined["of other sellers"] + content[0]
        return Flows(
            **{**given, "quota": given["quota"] * growth},
            feed=content[1] if self.imports else sold,
            mined=self.balance.row("CHN").mined.mid * growth,
            sold=sold,
            kept=values["mine output of the USA"] + mined["of Australia"] + mined["of India and Russia"],
        )

    @cached_property
    def central(self) -> Flows:
        """The masses of the year with every uncertain input at its median: the plain calculation."""
        return self.flows({one.name: float(one.ppf(np.array([0.5]))[0]) for one in self.primitives})

    def table(self) -> pd.DataFrame:
        """Every uncertain input, a row each: t REO for outputs, parts of one for the rest, a probability for revisions."""
        levels = np.array([un.ENDS[0], 0.5, un.ENDS[1]])
        rows = [
            (one.name, one.kind, *(f"{end:,.{0 if end >= 100 else 2}f}" for end in one.ppf(levels)), one.reason)
            for one in self.primitives
        ]
        columns = ["Input", "Kind", *(f"{100 * level:g} %" for level in levels), "Why"]
        return pd.DataFrame(rows, columns=columns)

    def masses(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """Masses of China and of the others by basis: ``feed china`` and ``feed outside`` and so on."""
        flows, shape = self.flows(values), values["mine output of the USA"].shape
        return {
            f"{name} {side}": np.broadcast_to(mass, shape)
            for name, basis in BASES.items()
            for side, mass in zip(("china", "outside"), basis.masses(flows), strict=True)
        }

    def parts(self, basis: str) -> list[Quantity | Estimate]:
        """What a basis is made from in this year."""
        sellers = [row.mined for row in self.balance.rows if row.iso3 in balance.SOLD_TO_CHINA]
        sold = [*sellers, *(one.content for one in self.myanmar), revisions.british_over_usgs()]
        derived = {
            "quota": [self.inputs["quota"], self.growth],
            "feed": [one.content for one in self.imports] or sold,
            "sold": sold,
            "mined": [self.balance.row("CHN").mined, self.growth],
            "kept": [row.mined for row in self.balance.rows if row.iso3 in balance.SEPARATED_AT],
        }
        return [part for field in sorted(used(basis)) for part in derived.get(field) or [self.inputs[field]]]


def _surveys_of(group: str) -> str:
    return f"two surveys of the mine output {group}"


def _content_of(factor: Quantity) -> str:
    return f"content of {factor.name}"


def _year(year: int, edition: str, india_t_reo: float | None, us_ore_record: str, feed_record: str) -> Year:
    one = balance.balance(year, edition, india_t_reo, us_ore_record)
    lynas, usa, *others = one.outside
    part, weight = composition.ndpr_of_us_ore()
    last_quota = output.quota(year if year in output.YEARS else output.YEARS[-1])
    inputs = {
        "quota": Quantity.of(last_quota, "quota of China", "t_reo"),
        "undocumented": revisions.undocumented(year),
        "output_over_quota": un.assumed("output_over_quota"),
        "finished_over_quota": un.assumed("finished_over_quota"),
        "recovery_in_china": output.recovery(),
        "recovery_outside": un.assumed("recovery_outside"),
        "us_ore": replace(one.row("USA").in_china, name="US ore sent to China"),
        "counted": un.assumed("imported_feed_counted"),
        "counted_ndpr": un.assumed("imported_feed_counted_ndpr"),
        "lynas": replace(lynas, name=f"separated in {lynas.name} in {year}"),
        "lynas_ndpr": replace(output.lynas(year, "ndpr"), name=f"NdPr of {lynas.name} in {year}"),
        "usa": replace(usa, name=f"separated in {in_sentence(usa.name)} in {year}"),
        "usa_ndpr": output.ndpr_of_the_usa(year),
        **{
            field: replace(plant, name=f"separated in {plant.name}")
            for field, plant in zip(("india", "estonia", "france", "vietnam"), others, strict=True)
        },
        "ndpr_of_quota": composition.ndpr_of_quota(),
        "ndpr_of_feed": composition.ndpr_of_feed(),
        "ndpr_of_us_ore": part,
        "ndpr_of_lynas_ore": composition.ndpr_of_lynas_ore(),
        "ndpr_of_other_ore": composition.ndpr_of_other_ore(),
        "dy": composition.dysprosium(year),
        "tb_per_dy": composition.terbium_per_dysprosium(),
        "outside_dytb": composition.outside_dytb(year),
        **prices(year),
    }
    return Year(
        balance=one,
        inputs=inputs,
        growth=output.growth(year),
        imports=feed.imports(year) if feed_record == "customs" else (),
        myanmar=feed.of_myanmar(year),
        us_ore_weight=weight,
        spread=un.assumed("mine_revision_spread").mid,
    )


# --- All years together ---


def _simulated(years: Mapping[int, Year]) -> pd.DataFrame:
    """Masses over the points: columns such as ``2024 feed china``, a row a point, the scramblings one after the other."""
    names = dict.fromkeys([DIGITS, *(primitive.name for one in years.values() for primitive in one.primitives)])
    # A name is one draw: every year reads its own value at the same uniform number.
    uniform = [Primitive(name, "bound", "", lambda u: u) for name in names]

    def model(u: Mapping[str, Array]) -> dict[str, Array]:
        found = {DIGITS: u[DIGITS]}
        for number, one in years.items():
            values = {primitive.name: primitive.ppf(u[primitive.name]) for primitive in one.primitives}
            found |= {f"{number} {name}": mass for name, mass in one.masses(values).items()}
        return found

    drawn = un.simulate(uniform, model)
    return pd.DataFrame({name: values.ravel().astype(np.float32) for name, values in drawn.items()})


@dataclass(frozen=True)
class Model:
    """All years of an edition, drawn together."""

    years: Mapping[int, Year]  # calendar year to its inputs
    samples: pd.DataFrame  # see `_simulated`

    def masses(self, basis: str, year: int, with_scrap: bool = False) -> tuple[Array, Array]:
        """Masses of China and of the others by a basis, of shape (scrambles, n).

        Raises:
            Refused: the edition does not print the year, or its scrap is not published.
        """
        if year not in self.years:
            raise Refused(f"{year} is not among the years {', '.join(map(str, self.years))}: choose another year")
        china, outside = (
            self.samples[f"{year} {basis} {side}"].to_numpy().reshape(un.SCRAMBLES, -1) for side in ("china", "outside")
        )
        return china + (self._scrap(basis, year).mid if with_scrap else 0.0), outside

    def _scrap(self, basis: str, year: int) -> Quantity:
        counted, prices = BASES[basis].scrap, self.years[year].inputs
        if counted != "value":
            return output.scrap(year, counted) if counted else Quantity("no scrap", 0, 0, 0, "t_reo")
        elements = ("ndpr", "Dy", "Tb")
        worth = [output.scrap(year, one) * prices[f"price_{one.lower()}"].mid for one in elements]
        return total(worth, "value of scrap")

    def share_pct(self, basis: str, year: int, with_scrap: bool = False) -> Array:
        """The share by a key of `BASES`, in percent, of shape (scrambles, n)."""
        return share_pct(*self.masses(basis, year, with_scrap))

    def interval(self, basis: str, year: int, with_scrap: bool = False) -> Interval:
        """Median and interval of the share."""
        return un.interval(self.share_pct(basis, year, with_scrap))

    def estimate(self, basis: str, year: int, with_scrap: bool = False) -> Estimate:
        """China's share by a key of `BASES`, with its interval."""
        counted = with_scrap and bool(BASES[basis].scrap)
        found, how, one = self.interval(basis, year, counted), BASES[basis], self.years[year]
        parts = one.parts(basis) + ([self._scrap(basis, year)] if counted else [])
        note = "; China's output from scrap is counted, what others recycle is not published" * counted
        share = Quantity(basis, found.low, found.median, found.high, "pct", *origins(*parts))
        return share.estimate(
            f"processing_share.{basis}{'_with_scrap' if counted else ''}.{year}",
            stage=how.stage,
            basis="t_reo",
            elements=how.elements,
            reference_year=year,
            edition=one.balance.edition,
            method=how.formula,
            interval=f"{LEVEL_PCT} % interval of the simulated inputs, value is the median; "
            f"Monte-Carlo error {max(found.error, 0.001):.3f} points",
            note=how.note + note,
            counted=how.counted + ", scrap counted" * counted,
        )

    def estimates(self, basis: str, with_scrap: bool = False) -> dict[int, Estimate]:
        """The share of every year in which the basis is known."""
        years = output.scrap_years() if with_scrap else self.years
        return {
            year: self.estimate(basis, year, with_scrap)
            for year in years
            if year in self.years and is_known(basis, year)
        }

    def sensitivity(self, basis: str, year: int) -> pd.DataFrame:
        """Part of the variance of a share by input, see `uncertainty.sensitivity`."""
        one = self.years[year]
        return un.sensitivity(
            one.primitives, lambda values: {basis: share_pct(*BASES[basis].masses(one.flows(values)))}, basis
        )

    def missing_t_reo(self, basis: str, year: int, published_pct: float) -> float:
        """Mass outside China, beyond what is counted, at which the median of the share would be the published one.

        C / (C + S + t) is the published share p at t = C (100 / p - 1) - S, and the median keeps its place.

        Returns:
            In t REO; below zero where the published share is above the median.
        """
        china, outside = self.masses(basis, year)
        return float(np.median(china * (100 / published_pct - 1) - outside))


def is_known(basis: str, year: int) -> bool:
    """Whether a basis has a share in a year: bounds by the quota need a published one, the second price its year."""
    if basis in ("quota", "quota_with_feed"):
        return year in output.YEARS
    return basis != "value_outside" or prices(year)["price_ndpr_outside"] != prices(year)["price_ndpr"]


@cache
def model(
    edition: str = balance.NEWEST_EDITION,
    india_t_reo: float | None = None,
    us_ore_record: str = "china_customs",
    feed_record: str = "sellers",
) -> Model:
    """The share model; its draws are computed once for the same figures and kept.

    Args:
        edition: USGS edition as of which the figures are read.
        india_t_reo: What India is taken to separate in a year; the stated judgement when None.
        us_ore_record: The record of US ore that is used, a member of `feed.US_ORE_RECORDS`.
        feed_record: ``sellers``, the mine output of the countries that sell to China, for all years; or ``customs``, China's
            imports by origin, for `feed.YEARS` alone.

    Raises:
        Refused: a record is not known.
    """
    if feed_record not in FEED_RECORDS:
        raise Refused(f"record of feed {feed_record!r} is none of {', '.join(FEED_RECORDS)}")
    years = {
        year: _year(year, edition, india_t_reo, us_ore_record, feed_record)
        for year in balance.years(edition)
        if feed_record == "sellers" or year in feed.YEARS
    }
    drawn = kept("share", [years, revisions.observed(), revisions.surveys()], lambda: _simulated(years))
    return Model(years, drawn)
