"""Named factors between units. Written out because kt, mt and ton mean different things to different publishers."""

from rareearth.errors import Refused

KG_PER_T = 1_000
T_PER_KT = 1_000
USD_PER_MILLION_USD = 1_000_000
DAYS_A_YEAR = 365
DAYS_A_MONTH = DAYS_A_YEAR / 12

# Words for a unit of mass in published tables -> kilograms in one of it. A short ton is 2,000 pounds of
# 0.45359237 kg; "mt" is a tonne at USGS and in trade reports, never a million tonnes.
KG_IN = {
    "kg": 1,
    "kilogram": 1,
    "kilograms": 1,
    "t": KG_PER_T,
    "mt": KG_PER_T,
    "metric ton": KG_PER_T,
    "metric tons": KG_PER_T,
    "1000 kg": KG_PER_T,
    "kt": KG_PER_T * T_PER_KT,
    "short ton": 907.18474,
    "short tons": 907.18474,
}
# Comtrade's quantity units (qtyUnitCode) that are a mass -> kilograms in one of it. -1 is none, 5 are items.
COMTRADE_KG = {"8": 1, "21": KG_PER_T}


def kg(value: float, unit: str) -> float:
    """A mass in kilograms.

    Args:
        value: Amount in `unit`.
        unit: A key of `KG_IN`, in any case.

    Raises:
        Refused: the word names no mass of the table.
    """
    factor = KG_IN.get(unit.strip().casefold())
    if factor is None:
        raise Refused(f"{unit!r} is no unit of mass; known are {', '.join(KG_IN)}")
    return value * factor
