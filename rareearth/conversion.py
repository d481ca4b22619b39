"""From one basis of mass to another: the only place in which tonnes of goods become tonnes of oxide or element.

A factor belongs to a commodity, named by the code under which a country's customs book it, and where it matters
to an origin: Madagascar's "monazite" is a sand with a tenth of oxide, Nigeria's holds half. Each factor is a row of
data/raw/processing/conversion_factors.csv with low, mode and high; a good for which there is no row, or only one
number without an interval, is refused. Heading 2846 and HS 284690 mix goods from 0.4 to 1.0 t REO per tonne and have
no factor of their own, except for three origins whose goods are known.
"""

from dataclasses import dataclass
from functools import cache

import pandas as pd

from rareearth import tables
from rareearth.errors import Refused

# Digits after the sixth belong to the country that reports. reporter, code, origin ("" is any) -> figure of the factor.
_BY_CODE = {
    ("CHN", "25309020", ""): "factor-0024",
    ("CHN", "26122000", ""): "factor-0025",
    ("CHN", "26122000", "MDG"): "factor-0026",
    ("CHN", "26122000", "IND"): "factor-0061",
    ("CHN", "2846", "MMR"): "factor-0028",
    # Whole headings of two origins: Laos ships carbonate, oxide and mixtures, Vietnam chloride.
    ("CHN", "2846", "LAO"): "factor-0027",
    ("CHN", "2846", "VNM"): "factor-0022",
    # The unlisted oxide of Laos comes from the same kind of clay as Myanmar's; it has no factor of its own.
    ("CHN", "28469019", "LAO"): "factor-0028",
    ("CHN", "28461010", ""): "factor-0018",
    ("CHN", "28461020", ""): "factor-0020",
    ("CHN", "28461030", ""): "factor-0021",
    ("CHN", "28461090", ""): "factor-0027",
    ("CHN", "2846901", ""): "factor-0018",
    ("CHN", "2846902", ""): "factor-0022",
    ("CHN", "2846903", ""): "factor-0023",
    ("CHN", "2846904", ""): "factor-0021",
    ("CHN", "2846909", ""): "factor-0027",
    ("CHN", "280530", ""): "factor-0019",
    ("USA", "2846909000", ""): "factor-0001",
    ("USA", "2846908070", ""): "factor-0002",
    ("USA", "2846908075", ""): "factor-0003",
    ("USA", "2846902084", ""): "factor-0004",
    ("USA", "2846902060", ""): "factor-0004",
    ("USA", "2846908090", ""): "factor-0005",
    ("USA", "2846100050", ""): "factor-0006",
    ("USA", "2846904000", ""): "factor-0007",
    ("USA", "280530", ""): "factor-0016",
}
# Goods of one element: six-digit code -> its symbol. Cerium is the only element with a code of its own.
_ELEMENT_OF_CODE = {"284610": "Ce"}
_METALS = "280530"
_MAGNETS = {"t_reo": "factor-0053", "t_element": "factor-0051"}


@dataclass(frozen=True)
class Factor:
    """Tonnes of `to_basis` in one tonne of `from_basis`.

    Attributes:
        low: Lowest value that the sources allow.
        mode: The most likely one.
        high: Highest value.
        from_basis: A member of `estimate.BASES`.
        to_basis: A member of `estimate.BASES`.
        figure_ids: Rows of conversion_factors.csv.
        source_ids: Their sources.
    """

    low: float
    mode: float
    high: float
    from_basis: str
    to_basis: str
    figure_ids: tuple[str, ...]
    source_ids: tuple[str, ...]

    def apply(self, mass_t: float) -> tuple[float, float, float]:
        """`mass_t` tonnes of `from_basis` as low, central and high tonnes of `to_basis`.

        Raises:
            Refused: the mass is negative or not a number.
        """
        if not mass_t >= 0:
            raise Refused(f"a mass of {mass_t} t cannot be converted: give tonnes of 0 or more")
        return self.low * mass_t, self.mode * mass_t, self.high * mass_t

    def then(self, other: "Factor") -> "Factor":
        """Both steps as one; the ends of one go with the ends of the other."""
        return Factor(
            self.low * other.low,
            self.mode * other.mode,
            self.high * other.high,
            self.from_basis,
            other.to_basis,
            (*self.figure_ids, *other.figure_ids),
            tuple(dict.fromkeys((*self.source_ids, *other.source_ids))),
        )

    def inverse(self) -> "Factor":
        """The way back, for example from oxide to element."""
        return Factor(
            1 / self.high,
            1 / self.mode,
            1 / self.low,
            self.to_basis,
            self.from_basis,
            self.figure_ids,
            self.source_ids,
        )


@cache
def _table() -> pd.DataFrame:
    return tables.load("conversion_factors").set_index("figure_id", drop=False)


def _factor(figure: str, what: str) -> Factor:
    row = _table().loc[figure]
    ends = [float(row[f"factor_{end}"]) for end in ("low", "mode", "high")]
    if any(pd.isna(end) for end in ends):
        raise Refused(f"{what}: {figure} is one number without an interval: add low and high to its table")
    return Factor(*ends, row["from_basis"], row["to_basis"], (figure,), tuple(row["source_ids"]))


def reo_of_good(code: str, *, reporter: str, origin: str = "") -> Factor:
    """Tonnes of REO in a tonne of a good of trade (gross or net weight as customs record it).

    Args:
        code: Commodity code as text, as the reporter books it; the longest known beginning counts.
        reporter: ISO 3166-1 alpha-3 of the country whose customs report: digits after the sixth are its own.
        origin: ISO 3166-1 alpha-3 of the origin; a factor of its own goes before the general one.

    Raises:
        Refused: there is no factor for the good.
    """
    for country in dict.fromkeys((origin, "")):
        for end in range(len(code), 3, -1):
            figure = _BY_CODE.get((reporter, code[:end], country))
            if figure:
                return _factor(figure, f"{reporter} {code}")
    raise Refused(
        f"no factor to t REO for code {code!r} of {reporter or 'no reporter'}"
        f"{f' from {origin}' if origin else ''}: give more digits, or add the good to rareearth/conversion.py"
    )


def element_of_good(code: str, *, reporter: str, origin: str = "") -> Factor:
    """Tonnes of rare-earth element in a tonne of a good of trade.

    Metals and their alloys with each other are element by weight; cerium compounds hold one element. A mixture has
    no factor: a tonne of its oxide holds between 0.65 (scandium) and 0.88 t (lutetium), and how much of each element
    is not in the record.

    Args:
        code: As in `reo_of_good`.
        reporter: As in `reo_of_good`.
        origin: As in `reo_of_good`.

    Raises:
        Refused: the good is a mixture, or has no factor to t REO.
    """
    if code.startswith(_METALS):
        return Factor(1.0, 1.0, 1.0, "t_gross", "t_element", (), ())
    element = _ELEMENT_OF_CODE.get(code[:6])
    if element is None:
        raise Refused(
            f"no factor to t element for code {code!r}: it holds several elements, and the record does not say how "
            "much of each; convert to t REO"
        )
    oxide = reo_of_good(code, reporter=reporter, origin=origin)
    return oxide.then(oxide_of_element(element).inverse())


def oxide_of_element(element: str) -> Factor:
    """Tonnes of REO made from a tonne of element; `Factor.inverse` is the element in a tonne of oxide.

    The factor of an element is stoichiometric. NdPr has the common mix as mode and pure Nd and pure Pr as ends.

    Args:
        element: Symbol of one of the 17, or ``ndpr``.

    Raises:
        Refused: it is neither; a group such as ``dytb`` or ``magnet`` has no factor without its composition.
    """
    if element == "ndpr":
        ends = (oxide_of_element("Nd"), oxide_of_element("Pr"))
        mix = _table().loc["factor-0049"]
        return Factor(
            min(end.low for end in ends),
            float(mix["factor_mode"]),
            max(end.high for end in ends),
            "t_element",
            "t_reo",
            ("factor-0049", *ends[0].figure_ids, *ends[1].figure_ids),
            tuple(mix["source_ids"]),
        )
    rows = _table()[
        (_table()["from_published"] == "t element") & (_table()["material"] == f"{element} metal")
    ]
    if len(rows) != 1:
        raise Refused(f"no factor from {element!r} to oxide: name one of the 17 elements, or ndpr")
    return _factor(rows["figure_id"].iloc[0], element)


def content_of_magnets(to_basis: str) -> Factor:
    """Tonnes of REO or of elements in a tonne of commercial NdFeB magnets, never of all of HS 850511.

    Raises:
        Refused: the basis is neither t_reo nor t_element.
    """
    if to_basis not in _MAGNETS:
        raise Refused(f"no factor from t_magnet to {to_basis!r}: choose one of {', '.join(_MAGNETS)}")
    return _factor(_MAGNETS[to_basis], "NdFeB magnets")
