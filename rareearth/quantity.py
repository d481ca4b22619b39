"""An uncertain number and where it comes from: `Quantity` while it is worked with, `Estimate` once it is published.

Texts, tables, chart data, results.json and the list of origins are all made from Estimates, so that a number exists
once. The vocabularies of a definition (stage, basis, elements, unit) stand here and nowhere else.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import TYPE_CHECKING, Any

from rareearth.errors import Refused
from rareearth.text import listed

if TYPE_CHECKING:
    import pandas as pd

# "unstated": the source does not say. NONE: the axis does not apply, as for money or a count of days.
NONE = "none"
UNSTATED = "unstated"
# Each word of an axis, and how a page says it.
STAGES = {
    "mine": "mining",
    "concentrate": "concentrate",
    "separation": "separation",
    "metal": "metal",
    "magnet": "magnets",
    UNSTATED: "stage",
    NONE: "",
}
BASES = {
    "t_reo": "tonnes of oxide",
    "t_gross": "gross tonnes",
    "t_element": "tonnes of element",
    "t_magnet": "tonnes of magnets",
    UNSTATED: "basis",
    NONE: "",
}
ELEMENTS = {
    "all": "all rare earths",
    "light": "light rare earths",
    "heavy": "heavy rare earths",
    "magnet": "magnet elements (Pr, Nd, Tb, Dy)",
    "ndpr": "neodymium and praseodymium",
    "dytb": "dysprosium and terbium",
    "Sc": "scandium",
    "Y": "yttrium",
    "La": "lanthanum",
    "Ce": "cerium",
    "Pr": "praseodymium",
    "Nd": "neodymium",
    "Sm": "samarium",
    "Eu": "europium",
    "Gd": "gadolinium",
    "Tb": "terbium",
    "Dy": "dysprosium",
    "Ho": "holmium",
    "Er": "erbium",
    "Tm": "thulium",
    "Yb": "ytterbium",
    "Lu": "lutetium",
    "unstated": "elements",
    NONE: "",
}
_SHIPPED = "weight of goods as shipped"  # gross tonnes, as a definition says it
USD_M = "usd_m"  # the unit that most amounts of money have
# How a number of each unit is written, and the most decimals that it gets.
UNITS = {
    "pct": ("{}%", 1),
    "probability_pct": ("{}%", 0),
    "claims": ("{} claims", 0),
    "places": ("{} places", 0),
    "points": ("{} points", 1),
    "t": ("{} t", 1),
    "kt": ("{} kt", 1),
    "kg": ("{} kg", 1),
    "t/yr": ("{} t a year", 0),
    "t/day": ("{} t a day", 1),
    "usd": ("USD {}", 0),
    USD_M: ("USD {} million", 1),
    "usd_per_head": ("USD {} a head", 2),
    "bp_gdp": ("{} basis points of GDP", 2),
    "days": ("{} days", 0),
    "months": ("{} months", 0),
    "hhi": ("HHI {}", 3),
    "ratio": ("{} times", 2),
}
KG_PER_T = T_PER_KT = 1_000
USD_PER_MILLION_USD = 1_000_000
DAYS_A_YEAR = 365
DAYS_A_MONTH = DAYS_A_YEAR / 12
# The level of every interval that is a probability, in percent, and how it is said.
LEVEL_PCT = 90
PERCENTILES = f"{50 - LEVEL_PCT / 2:g}th to {50 + LEVEL_PCT / 2:g}th percentile"
_SCALES = (("usd", 1e9, "USD {} billion"), ("usd", 1e6, "USD {} million"), (USD_M, 1e3, "USD {} billion"))
_ID = re.compile(r"[a-z0-9_]+(\.[A-Za-z0-9_]+)+")


@dataclass(frozen=True)
class Quantity:
    """Low, middle and high of one number, with the figures and sources that it is made from.

    Sums and products go end by end: they are bounds of what the figures allow and carry no probability. Where a
    probability is meant, a quantity becomes an input of a simulation, see `uncertainty.of_quantity`.

    Attributes:
        name: What it is: a place, a plant, a good.
        low: Lowest value that the figures allow.
        mid: The value that is used.
        high: Highest value.
        unit: Unit of the three, for example ``t_reo`` or ``t_reo/t_gross``.
        inputs: Ids of figures in data/raw, or of Estimates.
        source_ids: Ids in data/raw/sources.csv.
        reason: Why these three.
        kind: How the three become a distribution: ``exact``, or a key of `uncertainty.KINDS`.

    Raises:
        ValueError: low <= mid <= high does not hold.

    Example:
        >>> Quantity("India", 0, 300, 2900, "t_reo") + Quantity("Estonia", 0, 1500, 3000, "t_reo")
        Quantity(name='India', low=0.0, mid=1800.0, high=5900.0, unit='t_reo', inputs=(), source_ids=(), reason='', kind='exact')
    """

    name: str
    low: float
    mid: float
    high: float
    unit: str
    inputs: tuple[str, ...] = ()
    source_ids: tuple[str, ...] = ()
    reason: str = ""
    kind: str = "exact"

    def __post_init__(self) -> None:
        for name in ("low", "mid", "high"):  # numpy's numbers print differently
            object.__setattr__(self, name, float(getattr(self, name)))
        if not self.low <= self.mid <= self.high:
            raise ValueError(f"{self.name}: low <= mid <= high does not hold ({self.low}, {self.mid}, {self.high})")

    @classmethod
    def of(cls, row: "pd.Series", name: str, unit: str, columns: Sequence[str] = ("value",), **more: Any) -> "Quantity":
        """The number of a row of data/raw.

        Args:
            row: A row with figure_id and source_ids.
            name: What it is.
            unit: Unit of the numbers.
            columns: The columns of low, mid and high, or the one column of an exact number.
            **more: Other attributes.

        Raises:
            Refused: one of the columns is empty in this row.
        """
        values = [float(row[column]) for column in columns]
        if any(map(math.isnan, values)):
            raise Refused(f"{name}: {row['figure_id']} has no {' or '.join(columns)}: add it to its table")
        low, mid, high = values if len(values) == 3 else values * 3
        return cls(name, low, mid, high, unit, *origins(row), **more)

    @classmethod
    def among(
        cls, name: str, values: Iterable[float], unit: str, *parts: Any, reason: str = "", kind: str = "exact"
    ) -> "Quantity":
        """The first of some values, between the least and the greatest of them; `parts` are their `origins`."""
        found = list(values)
        return cls(name, min(found), found[0], max(found), unit, *origins(*parts), reason, kind)

    @classmethod
    def within(
        cls, name: str, low: float, high: float, unit: str, *parts: Any, reason: str = "", kind: str = "bound"
    ) -> "Quantity":
        """Anything from `low` to `high`, of which the middle is used; `parts` are their `origins`."""
        return cls(name, low, (low + high) / 2, high, unit, *origins(*parts), reason, kind)

    @property
    def ends(self) -> tuple[float, float, float]:
        """Low, mid and high."""
        return self.low, self.mid, self.high

    def __str__(self) -> str:
        """In whole numbers: the middle one, and the ends where they differ."""
        return f"{self.mid:,.0f}" + (f" ({self.low:,.0f} to {self.high:,.0f})" if self.low < self.high else "")

    def _with(self, other: Any, operation: Callable[[float, float], float]) -> "Quantity":
        is_number = not isinstance(other, Quantity)
        ends = (other,) * 3 if is_number else other.ends
        low, mid, high = (operation(one, two) for one, two in zip(self.ends, ends, strict=True))
        inputs, source_ids = origins(self, None if is_number else other)
        return replace(self, low=low, mid=mid, high=high, inputs=inputs, source_ids=source_ids)

    def __add__(self, other: "Quantity") -> "Quantity":
        return self._with(other, lambda one, two: one + two)

    def __mul__(self, other: "Quantity | float") -> "Quantity":
        """Ends go with ends, so both must be positive; the unit is ``t_reo`` for ``t_gross`` times ``t_reo/t_gross``."""
        product = self._with(other, lambda one, two: one * two)
        return replace(product, unit=_product(self.unit, other.unit) if isinstance(other, Quantity) else self.unit)

    def inverse(self) -> "Quantity":
        """One over it: for a factor, the way back."""
        numerator, _, denominator = self.unit.partition("/")
        unit = f"{denominator or '1'}/{numerator}"
        return replace(self, low=1 / self.high, mid=1 / self.mid, high=1 / self.low, unit=unit)

    def estimate(self, id: str, axes: str = "none none none", **definition: Any) -> "Estimate":
        """Its published form under a stable dotted id.

        `axes` are stage, basis and elements, as ``separation t_reo all``. The other attributes of an `Estimate` that are named in
        `definition` go before the quantity's own, and before `axes`.
        """
        own = {"unit": self.unit, "inputs": self.inputs, "source_ids": self.source_ids, "method": self.reason}
        own |= zip(("stage", "basis", "elements"), axes.split(), strict=True)
        return Estimate(id=id, value=self.mid, low=self.low, high=self.high, **(own | definition))


def _product(one: str, two: str) -> str:
    """``t_gross`` times ``t_reo/t_gross`` is ``t_reo``; ``t_reo/t_gross`` times ``t_element/t_reo`` is ``t_element/t_gross``."""
    numerator, _, denominator = one.partition("/")
    top, _, bottom = two.partition("/")
    if bottom == numerator:
        return f"{top}/{denominator}" if denominator else top
    if top == denominator:
        return f"{numerator}/{bottom}" if bottom else numerator
    if top == "1":
        return f"{one}/{bottom}"
    raise ValueError(f"no unit for {one} times {two}")


def origins(*parts: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Inputs and sources, once each and in order, of what is made from these parts.

    Parts are Estimates (their ids), rows or tables of data/raw (their figure ids), Quantities and others that have inputs and
    source_ids; None among them is left out.
    """
    import pandas as pd  # here: a question to trade files does without, in half the time

    inputs: list[str] = []
    sources: list[str] = []
    for part in parts:
        if isinstance(part, pd.DataFrame):
            inputs += list(part["figure_id"])
            sources += [source for ids in part["source_ids"] for source in ids]
        elif isinstance(part, pd.Series):
            inputs.append(part["figure_id"])
            sources += part["source_ids"]
        elif part is not None:
            inputs += (part.id,) if isinstance(part, Estimate) else part.inputs
            sources += part.source_ids
    return tuple(dict.fromkeys(inputs)), tuple(dict.fromkeys(sources))


def total(quantities: Iterable[Quantity], name: str) -> Quantity:
    """Their sum, end by end; they must be of one unit.

    Raises:
        ValueError: there are none, or two units.
    """
    parts = list(quantities)
    if len({part.unit for part in parts}) != 1:
        raise ValueError(f"{name}: no sum of {', '.join(sorted({part.unit for part in parts})) or 'nothing'}")
    low, mid, high = (math.fsum(ends) for ends in zip(*(part.ends for part in parts), strict=True))
    return Quantity(name, low, mid, high, parts[0].unit, *origins(*parts))


def probability_words(probability_pct: float) -> str:
    """A simulated probability as a page writes it, without its unit: it is never 0 and never 100.

    Example:
        >>> [probability_words(one) for one in (0.2, 84.4, 99.98)]
        ['under 1', '84', 'over 99']
    """
    whole = f"{probability_pct:.0f}"
    return {"0": "under 1", "100": "over 99"}.get(whole, whole)


def is_probability(interval: str) -> bool:
    """Whether an interval, by its words, is one of probability; else it runs over sources, methods or assumptions."""
    return interval.startswith((f"{LEVEL_PCT} %", PERCENTILES))


def _written(number: float, digits: int) -> str:
    """A number with its digits, a comma at thousands and a true minus; digits below zero round left of the point."""
    return f"{round(number, digits) + 0.0:,.{max(digits, 0)}f}".replace("-", "−")


@dataclass(frozen=True)
class Estimate:
    """A number with its interval, its definition and its origin, as it is published.

    Attributes:
        id: Stable dotted id, for example ``processing_share.quota.2023``.
        value: Central value in `unit`; shares are 0 to 100.
        low: Lower end of the interval: of `PERCENTILES` unless `interval` says otherwise.
        high: Upper end.
        unit: A key of `UNITS`.
        stage: A member of `STAGES`.
        basis: A member of `BASES`.
        elements: A member of `ELEMENTS`.
        reference_year: The year that the number describes.
        edition: Release of the statistics that it was made from.
        method: One sentence or formula.
        inputs: Ids of figures, or other Estimates.
        source_ids: Ids in data/raw/sources.csv.
        interval: Kind and level of the interval, in words.
        note: What a reader must know beside it.
        counted: The end of the definition where several numbers share its axes: ``by ore put through separation``.

    Raises:
        ValueError: low <= value <= high does not hold, a share leaves 0 to 100, a word is outside its
            vocabulary, or there is no source.
    """

    id: str
    value: float
    low: float
    high: float
    unit: str
    stage: str
    basis: str
    elements: str
    reference_year: int
    edition: str
    method: str
    inputs: tuple[Any, ...]
    source_ids: tuple[str, ...]
    interval: str = PERCENTILES
    note: str = field(default="")
    counted: str = ""

    def __post_init__(self) -> None:
        for name in ("value", "low", "high"):  # numpy's numbers print and serialise differently
            object.__setattr__(self, name, float(getattr(self, name)))
        problems = []
        if not _ID.fullmatch(self.id):
            problems.append("id is not dotted lower case")
        if not all(math.isfinite(number) for number in (self.value, self.low, self.high)):
            problems.append("value, low or high is not a finite number")
        elif not self.low <= self.value <= self.high:
            problems.append(f"low <= value <= high does not hold ({self.low}, {self.value}, {self.high})")
        elif self.unit == "pct" and not (self.low >= 0 and self.high <= 100):
            problems.append(f"a share outside 0 to 100 ({self.low} to {self.high})")
        for name, word, allowed in (
            ("unit", self.unit, tuple(UNITS)),
            ("stage", self.stage, STAGES),
            ("basis", self.basis, BASES),
            ("elements", self.elements, ELEMENTS),
        ):
            if word not in allowed:
                problems.append(f"{name} {word!r} is none of {', '.join(allowed)}")
        if not self.source_ids:
            problems.append("no source")
        if problems:
            raise ValueError(f"Estimate {self.id!r}: " + "; ".join(problems))

    def derived(self, id: str, ends: Iterable[float], *parts: Any, **changes: Any) -> "Estimate":
        """Another number with its definition: low, value and high, made from these parts, or from what it is made from itself."""
        low, value, high = ends
        inputs, source_ids = origins(*parts) if parts else (self.inputs, self.source_ids)
        made_from = {"inputs": inputs, "source_ids": source_ids}
        return replace(self, **{"id": id, "value": value, "low": low, "high": high, **made_from, **changes})

    def _digits(self, scale: float) -> int:
        """Decimals by the rule of the house: as many as the interval allows, at most those of the unit.

        The last digit is worth at most a tenth of the first digit of the interval's width, and stands left of the point
        where the interval is wide.
        """
        most, size = UNITS[self.unit][1], abs(self.value) / scale
        if scale >= 1e3:
            most = 2 if size < 10 else 1
        elif 0 < size < 10:  # where no digits after the point would hide the number
            most = max(most, 1)
        elif self.unit in ("t", "kt", "kg"):
            most = 0
        width = (self.high - self.low) / scale
        return min(most, 1 - math.floor(math.log10(width))) if width > 0 else most

    def number(self, what: str = "value", decimals: int | None = None) -> str:
        """The value, low or high as a chart writes it, without its unit, in the decimals that the interval allows when None are given."""
        return _written(getattr(self, what), self._digits(1) if decimals is None else decimals)

    def __format__(self, spec: str) -> str:
        """`{x}` value, unit and interval if there is one; `{x:value}` no interval; `{x:rounded}` whole; `{x:range}`.

        Ends that are no interval of probability have the word ``range`` before them.
        """
        if spec not in ("", "value", "rounded", "range"):
            raise ValueError(f"Estimate format {spec!r} is none of value, rounded, range")
        if self.unit == "probability_pct":
            return f"{probability_words(self.value)}%"
        scales = [one for one in _SCALES if one[0] == self.unit and max(abs(self.value), self.high) >= one[1]]
        _, scale, words = scales[0] if scales else (self.unit, 1.0, UNITS[self.unit][0])
        digits = 0 if spec == "rounded" else self._digits(scale)
        value, low, high = (_written(number / scale, digits) for number in (self.value, self.low, self.high))
        if low == high and "." in value:  # 61%, but 93.0–95.3%
            value = low = high = value.rstrip("0").rstrip(".")
        of_value = (
            words.removesuffix("s") if self.unit in ("days", "months", "claims", "places") and value == "1" else words
        )
        ends = value if low == high else f"{low} to {high}" if low.startswith("−") else f"{low}–{high}"
        if spec == "range":
            return (of_value if low == high else words).format(ends)
        kind = "" if is_probability(self.interval) else "range "
        return of_value.format(value) + (f" ({kind}{ends})" if low != high and not spec else "")

    def __str__(self) -> str:
        return format(self)

    def html(self, spec: str = "") -> str:
        """The same text as ``format(self, spec)``, with its origin as a title, so that it is there in any viewer.

        A page turns it into a button that opens the origin, see `rareearth.site`.
        """
        tag = "span" if spec == "range" else "data"  # a range is not the value that <data> would announce
        about = escape(f"{self.id}: {self.definition}. {self.method}")
        value = f' value="{self.value!r}"' if tag == "data" else ""
        return f'<{tag} class="num"{value} data-id="{self.id}" title="{about}">{escape(format(self, spec))}</{tag}>'

    def _repr_html_(self) -> str:
        return f"<b>{escape(str(self))}</b><br><span>{escape(self.method)}</span>"

    @property
    def basis_words(self) -> str:
        """The basis as a page prints it."""
        return "not stated" if self.basis == UNSTATED else BASES[self.basis]

    @property
    def definition(self) -> str:
        """What exactly is meant, in words: the axes that apply, and the year."""
        axes = ((STAGES, self.stage), (ELEMENTS, self.elements), (BASES, self.basis))
        words = [
            _SHIPPED if word == "t_gross" else f"in {table[word]}" if table is BASES else table[word]
            for table, word in axes
            if word not in (NONE, UNSTATED)
        ]
        if unstated := listed(table[word] for table, word in axes if word == UNSTATED):
            words.append(f"{unstated} not recorded")
        text = ", ".join(filter(None, [*words, str(self.reference_year), self.counted]))
        return text[0].upper() + text[1:]

    def to_dict(self) -> dict[str, Any]:
        """Plain object for results.json; Estimates among the inputs appear as their ids."""
        inputs = [item.id if isinstance(item, Estimate) else item for item in self.inputs]
        return {
            **{name: getattr(self, name) for name in self.__dataclass_fields__},
            "inputs": inputs,
            "source_ids": list(self.source_ids),
            "text": str(self),
            "definition": self.definition,
        }
