"""How concentrated a supply is: Herfindahl-Hirschman index, largest suppliers, effective number of suppliers.

    HHI = sum of squared shares; effective suppliers = 1 / HHI; normalised = (HHI - 1/n) / (1 - 1/n)

A residual ("rest of the world") hides an unknown number of suppliers. The lower bound takes it as many of no
size, the upper one as a single further supplier: HHI lies in [sum of s^2, sum of s^2 + r^2].
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Concentration:
    """Concentration of a supply among named suppliers and a residual.

    Attributes:
        shares_pct: Supplier to share of the whole, in percent, the largest first; zero shares are left out.
        residual_pct: Share of the whole that no supplier is named for.
    """

    shares_pct: dict[str, float]
    residual_pct: float

    @property
    def hhi_low(self) -> float:
        """HHI, 0 to 1, with the residual as many suppliers of no size."""
        return math.fsum((share / 100) ** 2 for share in self.shares_pct.values())

    @property
    def hhi_high(self) -> float:
        """HHI, 0 to 1, with the residual as one further supplier."""
        return self.hhi_low + (self.residual_pct / 100) ** 2

    @property
    def effective_suppliers_low(self) -> float:
        """Number of equal suppliers with the HHI of the upper bound."""
        return 1 / self.hhi_high

    @property
    def effective_suppliers_high(self) -> float:
        """Number of equal suppliers with the HHI of the lower bound."""
        return math.inf if self.hhi_low == 0 else 1 / self.hhi_low

    @property
    def hhi_normalised(self) -> float:
        """(HHI - 1/n) / (1 - 1/n) over the n named suppliers alone; 1 for a single one."""
        named = math.fsum(self.shares_pct.values())
        count = len(self.shares_pct)
        if count == 0:
            raise ValueError("no supplier is named: a residual alone has no normalised HHI")
        if count == 1:
            return 1.0
        return (self.hhi_low * (100 / named) ** 2 - 1 / count) / (1 - 1 / count)

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
