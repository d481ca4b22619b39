"""The value object: one number that people will read, with everything that is needed to trust it.

Text, tables, chart data, results.json and the page's list of origins are all made from `Estimate`s, so a
number exists once. `say` is the only way in which a notebook writes a sentence that holds a number.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from typing import Any

from IPython.display import display

from rareearth.wording import listed

# "unstated": the source does not say. NONE: the axis does not apply, as for money or a count of days.
NONE = "none"
# Each word of an axis, and how a page says it.
STAGES = {
    "mine": "mining",
    "concentrate": "concentrate",
    "separation": "separation",
    "metal": "metal",
    "magnet": "magnets",
    "unstated": "stage",
    NONE: "",
}
BASES = {
    "t_reo": "tonnes of oxide (REO)",
    "t_gross": "gross tonnes",
    "t_element": "tonnes of element",
    "t_magnet": "tonnes of magnets",
    "unstated": "basis",
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
UNSTATED = "unstated"
# How a number of each unit is written.
UNITS = {
    "pct": "{} %",
    "t": "{} t",
    "kt": "{} kt",
    "kg": "{} kg",
    "t/yr": "{} t a year",
    "t/day": "{} t a day",
    "usd": "USD {}",
    "usd_m": "USD {} million",
    "usd_per_head": "USD {} a head",
    "bp_gdp": "{} basis points of GDP",
    "days": "{} days",
    "months": "{} months",
    "hhi": "HHI {}",
    "ratio": "{} times",
}
DECIMALS = {"pct": 1, "t/day": 1, "usd_per_head": 2, "bp_gdp": 2, "hhi": 3, "ratio": 2}
MIME = "application/vnd.rareearth.estimates+json"
FINDING_MIME = "application/vnd.rareearth.finding+json"
SOURCES_MIME = "application/vnd.rareearth.sources+json"
_ID = re.compile(r"[a-z0-9_]+(\.[A-Za-z0-9_]+)+")


@dataclass(frozen=True)
class Estimate:
    """A number with its interval, its definition and its origin.

    Attributes:
        id: Stable dotted id, for example ``processing_share.quota.2023``.
        value: Central value in `unit`; shares are 0 to 100.
        low: Lower end of the interval: the 5th percentile unless `interval` says otherwise.
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
    interval: str = "5th to 95th percentile"
    note: str = field(default="")

    def __post_init__(self):
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

    def number(self, what: str = "value", decimals: int | None = None) -> str:
        """The number as a page prints it, without its unit.

        Args:
            what: ``value``, ``low`` or ``high``.
            decimals: Digits after the point; the unit's own when None.
        """
        digits = self._decimals if decimals is None else decimals
        return f"{getattr(self, what):,.{digits}f}"

    @property
    def _decimals(self) -> int:
        small = 0 < abs(self.value) < 10  # where no digits after the point would hide the number
        digits = DECIMALS.get(self.unit, 1 if small else 0)
        # Two ends that differ are not printed alike, unless the difference is next to nothing.
        alike = self.low != self.high and f"{self.low:.{digits}f}" == f"{self.high:.{digits}f}"
        finer = f"{self.low:.{digits + 1}f}" != f"{self.high:.{digits + 1}f}"
        return digits + (alike and finer)

    def __format__(self, spec: str) -> str:
        """`{x}` value, unit and interval if there is one; `{x:value}` no interval; `{x:rounded}` whole; `{x:range}`."""
        unit = UNITS[self.unit]
        one = self.number("low") == self.number("high")
        ends = self.number() if one else f"{self.number('low')} to {self.number('high')}"
        if spec == "value":
            return unit.format(self.number())
        if spec == "rounded":
            return unit.format(self.number(decimals=0))
        if spec == "range":
            return unit.format(ends)
        if spec:
            raise ValueError(f"Estimate format {spec!r} is none of value, rounded, range")
        # One published figure has no interval, and `interval` says so.
        return unit.format(self.number()) + ("" if one else f" ({ends})")

    def __str__(self) -> str:
        return format(self)

    def html(self, spec: str = "") -> str:
        """The same text as ``format(self, spec)``, linked to its row in the list of origins."""
        text = escape(format(self, spec))
        if spec != "range":  # a range is not the value that <data> would announce
            text = f'<data value="{self.value!r}">{text}</data>'
        return f'<a class="num" href="#{self.anchor}">{text}</a>'

    @property
    def anchor(self) -> str:
        """Id of the row that says where this number comes from."""
        return "origin-" + self.id.replace(".", "-")

    def _repr_html_(self) -> str:
        return f"<b>{escape(str(self))}</b><br><small>{escape(self.method)}</small>"

    @property
    def basis_words(self) -> str:
        """The basis as a page prints it."""
        return "not stated" if self.basis == UNSTATED else BASES[self.basis]

    @property
    def definition(self) -> str:
        """What exactly is meant, in words: the axes that apply, and the year."""
        axes = ((STAGES, self.stage), (BASES, self.basis), (ELEMENTS, self.elements))
        words = [table[word] for table, word in axes if word not in (NONE, UNSTATED)]
        if unstated := listed(table[word] for table, word in axes if word == UNSTATED):
            words.append(f"{unstated} not stated by the source")
        text = ", ".join([*words, f"year {self.reference_year}"])
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


class _Linked:
    """Lets ``str.format`` render an Estimate as linked HTML."""

    def __init__(self, estimate: Estimate):
        self._estimate = estimate

    def __format__(self, spec: str) -> str:
        return self._estimate.html(spec)


def bundle(estimates: list[Estimate], source_ids: Iterable[str] = ()) -> dict[str, Any]:
    """The MIME parts that carry Estimates, and sources shown beside them, to results.json and to the page."""
    return {
        MIME: {"estimates": [estimate.to_dict() for estimate in estimates]},
        SOURCES_MIME: {"source_ids": sorted(set(source_ids))},
    }


def _text_and_html(template: str, values: dict[str, Any]) -> tuple[str, str, list[Estimate]]:
    estimates = [value for value in values.values() if isinstance(value, Estimate)]
    linked = {
        name: _Linked(value) if isinstance(value, Estimate) else escape(str(value))
        for name, value in values.items()
    }
    return template.format(**values), escape(template, quote=False).format(**linked), estimates


def say(template: str, **values: Any) -> None:
    """Shows a paragraph whose numbers are rendered from values.

    Args:
        template: Text with named fields; a number may not be typed into it beside a field.
        **values: Estimates, or plain words and years.

    Raises:
        ValueError: the template holds no Estimate, so it belongs into a markdown cell.
    """
    text, html, estimates = _text_and_html(template, values)
    if not estimates:
        raise ValueError("say() without an Estimate: write this sentence into a markdown cell")
    display(
        {"text/plain": text, "text/html": f'<p class="said">{html}</p>', **bundle(estimates)},
        raw=True,
    )


def _change(headline: Estimate, before: Estimate | None) -> str:
    """What the edition before had and by how much the number has moved, in words; empty where there is none."""
    if before is None:
        return ""
    step = headline.value - before.value
    digits = DECIMALS.get(headline.unit, 0)
    moved = f"{step:+,.{digits}f}"
    moved = f"{moved} points" if headline.unit == "pct" else UNITS[headline.unit].format(moved)
    return f"By the edition before ({before.edition}): {before}. Change: {moved}."


def conclude(title: str, points: list[str], before: Estimate | None = None, **values: Any) -> None:
    """Shows the finding: the briefing's title, its main points and the Estimate named ``headline``.

    Args:
        title: One sentence with named fields; becomes the page's title and h1.
        points: Up to six sentences with named fields, the most important first.
        before: The headline as the edition before has it, where there is one; the page says by how much it moved.
        **values: Estimates and words; ``headline`` is required.
    """
    headline = values["headline"]
    plain_title, _, estimates = _text_and_html(title, values)
    said = [_text_and_html(point, values) for point in points]
    items = "".join(f"<li>{html}</li>" for _, html, _ in said)
    display(
        {
            "text/plain": "\n".join([plain_title, *("- " + text for text, _, _ in said)]),
            "text/html": f'<p class="finding"><b>{escape(plain_title)}</b></p><ul class="points">{items}</ul>',
            FINDING_MIME: {
                "title": plain_title,
                "headline": headline.id,
                "headline_text": str(headline),
                "headline_html": headline.html(),
                "change": _change(headline, before),
                "points": [text for text, _, _ in said],
                "points_html": [html for _, html, _ in said],
            },
            **bundle(estimates),
        },
        raw=True,
    )
