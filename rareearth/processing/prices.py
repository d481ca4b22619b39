"""Prices of oxides by year, as the US Geological Survey prints them: what the share by value is weighed with."""

from functools import cache

from rareearth import tables
from rareearth.errors import Refused
from rareearth.quantity import Quantity, total

_PRICED = {
    "price_ndpr": ("Neodymium-praseodymium (NdPr) oxide", "Neodymium oxide"),
    "price_dy": ("Dysprosium oxide",),
    "price_tb": ("Terbium oxide",),
}
_LACE = ("Lanthanum oxide", "Cerium oxide")


def _price(year: int, materials: tuple[str, ...]) -> Quantity:
    """Average of a year, free on board China, of the first material that has one; the newest print."""
    for material in materials:
        rows = tables.select(
            "prices",
            reference_year=year,
            period_kind="calendar_year",
            unit="USD/kg",
            bound="exact",
            material=lambda names, material=material: names.str.startswith(material),
            basis_published=lambda words: words.str.contains("USGS MCS"),
        )
        if len(rows):
            row = rows.sort_values("edition").iloc[-1]
            return Quantity.of(row, f"price of {material[0].lower() + material[1:]}", "usd")
    raise Refused(f"no price of {materials[0]} in {year}: add its row to data/raw/money/prices.csv")


@cache
def prices(year: int) -> dict[str, Quantity]:
    """Prices of a year in USD/kg by field of `Flows`: one list for both sides, so they carry no doubt of the share."""
    found = {name: _price(year, materials) for name, materials in _PRICED.items()}
    both = [_price(year, (material,)) for material in _LACE]
    name = "price of lanthanum and cerium oxide"
    found["price_lace"] = Quantity.among(name, [total(both, "").mid / 2], "usd", *both)
    guaranteed = tables.select(
        "prices",
        reference_year=year,
        market="North America",
        material=lambda names: names.str.contains("NdPr"),
        basis_published=lambda words: words.str.startswith("guaranteed"),
    )
    name = "price of NdPr outside China"
    is_known = len(guaranteed) > 0
    found["price_ndpr_outside"] = (
        Quantity.of(guaranteed.iloc[0], name, "usd") if is_known else found["price_ndpr"]
    )
    return found
