"""How concentrated a supply is: Herfindahl-Hirschman index and largest suppliers.

    HHI = sum of squared shares

A residual ("rest of the world") hides an unknown number of suppliers. The lower bound takes it as many of no
size, the upper one as a single further supplier: HHI lies in [sum of s^2, sum of s^2 + r^2].
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Concentration:
    """Concentration of a supply among named suppliers and a residual."""

    # Supplier to share of the whole, in percent, the largest first; zero shares are left out.
    shares_pct: dict[str, float]
    residual_pct: float  # share of the whole that no supplier is named for

    @property
    def hhi_low(self) -> float:
        """HHI, 0 to 1, with the residual as many suppliers of no size."""
        return math.fsum((share / 100) ** 2 for share in self.shares_pct.values())

    @property
    def hhi_high(self) -> float:
        """HHI, 0 to 1, with the residual as one further supplier."""
        return self.hhi_low + (self.residual_pct / 100) ** 2

    def top(self, count: int) -> tuple[tuple[str, ...], float]:
        """The `count` largest suppliers by name and their joint share in percent.

        Raises:
            ValueError: `count` is below 1.
        """
        if count < 1:
            raise ValueError(f"the largest {count} suppliers: ask for 1 or more")
        names = tuple(self.shares_pct)[:count]
        return names, math.fsum(self.shares_pct[name] for name in names)


def concentration(quantities: Mapping[str, float], residual: float = 0.0) -> Concentration:
    """Concentration of what the suppliers deliver.

    Args:
        quantities: Supplier to quantity, all in one unit.
        residual: Quantity in the same unit that no supplier is named for.

    Raises:
        ValueError: a quantity is negative or not finite, or all are zero.
    """
    for name, quantity in {**quantities, "the residual": residual}.items():
        if not (math.isfinite(quantity) and quantity >= 0):
            raise ValueError(f"{name}: {quantity} is no quantity; shares need finite numbers from 0")
    total = math.fsum([*quantities.values(), residual])
    if total == 0:
        raise ValueError("all quantities are 0: there is no share to compute")
    # Equal quantities are ordered by name, so that the order of the input changes nothing.
    ordered = sorted(quantities.items(), key=lambda item: (-item[1], item[0]))
    shares = {name: 100 * quantity / total for name, quantity in ordered if quantity > 0}
    return Concentration(shares, 100 * residual / total)
