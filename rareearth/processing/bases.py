"""What a share of separation counts: the one table of bases, with words, closed form and what a reader must know.

All elements together are counted in tonnes of oxide contained. A share is 100 C / (C + S), C for China and S for all
others. Which masses are C and S is the basis, and the largest doubt about the number: lanthanum and cerium are three
quarters of the ore, and plants outside China reject most of theirs. So the two sides are counted alike: by the ore that
is put through separation (`feed`), or by the product that leaves it (`product_both`); and by what is worth the work,
neodymium and praseodymium (`ndpr`) or money (`value`). `simulation` puts uncertain inputs into these forms.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

from rareearth.quantity import NONE
from rareearth.uncertainty import Array

Number = Array | float
Masses = tuple[Number, Number]


@dataclass(frozen=True)
class Flows:
    """What the shares of one year are made from: numbers, or arrays of draws of one shape."""

    quota: Number = 0.0  # China's separation quota, t REO
    undocumented: Number = 0.0  # China's undocumented over its documented output
    output_over_quota: Number = 1.0  # what China separates per tonne of its quota
    finished_over_quota: Number = 1.0  # what China finishes per tonne of its quota
    recovery_in_china: Number = 1.0  # separated output per content of the ore
    recovery_outside: Number = 1.0  # the same outside China
    feed: Number = 0.0  # content of imported feed other than US ore, t REO
    us_ore: Number = 0.0  # content of US ore sent to China, t REO
    counted: Number = 0.0  # part of imported feed that counts for China, 0 to 1
    counted_ndpr: Number = 1.0  # the same by neodymium and praseodymium
    lynas: Number = 0.0  # finished product of Lynas, t REO
    usa: Number = 0.0  # finished product of the United States, t REO
    india: Number = 0.0  # finished product of India, t REO
    estonia: Number = 0.0  # the same of Estonia
    france: Number = 0.0  # the same of France
    vietnam: Number = 0.0  # the same of Vietnam
    lynas_ndpr: Number = 0.0  # NdPr of Lynas, t of oxide
    usa_ndpr: Number = 0.0  # NdPr of the United States, t of oxide
    ndpr_of_quota: Number = 0.0  # NdPr that China makes per tonne of its quota
    ndpr_of_feed: Number = 0.0  # part of NdPr in imported feed
    ndpr_of_us_ore: Number = 1.0  # part of NdPr in US ore
    ndpr_of_lynas_ore: Number = 1.0  # part of NdPr in the ore of Lynas
    ndpr_of_other_ore: Number = 0.0  # part of NdPr in the ore of India and Estonia
    dy: Number = 0.0  # China's dysprosium oxide from ore, t
    tb_per_dy: Number = 0.0  # terbium oxide per dysprosium oxide
    outside_dytb: Number = 0.0  # dysprosium and terbium oxide outside China, t
    price_ndpr: Number = 0.0  # NdPr oxide, USD/kg
    price_dy: Number = 0.0  # dysprosium oxide, USD/kg
    price_tb: Number = 0.0  # terbium oxide, USD/kg
    price_lace: Number = 0.0  # lanthanum and cerium oxide, which stand for all other oxide, USD/kg
    price_ndpr_outside: Number = 0.0  # NdPr oxide outside China, USD/kg
    mined: Number = 0.0  # China's documented mine output, t REO
    sold: Number = 0.0  # mine output of the countries that sell their ore to China, t REO
    kept: Number = 0.0  # mine output of the countries that keep their ore, t REO

    @property
    def official(self) -> Number:
        """What China separates from the ore that its quota covers, with what nobody documented."""
        return self.quota * self.output_over_quota * (1 + self.undocumented)

    @property
    def imported(self) -> Number:
        """Content of all imported feed."""
        return self.feed + self.us_ore

    @property
    def finished_outside(self) -> Number:
        """Finished product of all plants outside China."""
        return self.lynas + self.usa + self.other_plants

    @property
    def other_plants(self) -> Number:
        """Finished product of the plants that publish none."""
        return self.india + self.estonia + self.france + self.vietnam

    def fed_in_china(self, counted: Number) -> Number:
        """Ore put through separation in China, with a part of the imported feed."""
        return self.official / self.recovery_in_china + counted * self.imported

    @property
    def fed_outside(self) -> Number:
        """Ore put through separation outside China: for Lynas and the United States what their NdPr needed.

        The United States separated at least what they finished, also before they made NdPr.
        """
        behind_ndpr = self.usa_ndpr / self.ndpr_of_us_ore
        of_usa = behind_ndpr + (self.usa - behind_ndpr) * (self.usa > behind_ndpr)  # the larger one
        of_lynas = self.lynas_ndpr / self.ndpr_of_lynas_ore
        return (of_lynas + of_usa + self.other_plants) / self.recovery_outside

    def finished_in_china(self, counted: Number) -> Number:
        """Product of China that is sure to be finished per tonne of quota, with a part of the imported feed."""
        official = self.quota * self.finished_over_quota * (1 + self.undocumented)
        return official + counted * self.recovery_in_china * self.imported

    def ndpr(self, counted: Number) -> Masses:
        """NdPr of China, with a part of the imported feed, and of the others.

        Output over quota is no factor: `ndpr_of_quota` holds it already.
        """
        ore = self.ndpr_of_feed * self.feed + self.ndpr_of_us_ore * self.us_ore
        china = self.ndpr_of_quota * self.quota * (1 + self.undocumented)
        china = china + counted * self.recovery_in_china * ore
        return china, self.lynas_ndpr + self.usa_ndpr + self.ndpr_of_other_ore * (self.india + self.estonia)

    def worth(self, price_ndpr_outside: Number) -> Masses:
        """Thousand USD of China and of the others; all that is not NdPr, Dy or Tb at the price of La and Ce."""
        china, outside = self.ndpr(self.counted_ndpr)
        rest = self.finished_in_china(1.0) - china
        rest_outside = self.finished_outside - outside
        with_tb = self.price_dy + self.price_tb * self.tb_per_dy  # of a tonne of dysprosium and its terbium
        dy_outside = self.outside_dytb / (1 + self.tb_per_dy)
        return (
            china * self.price_ndpr + self.dy * with_tb + rest * self.price_lace,
            outside * price_ndpr_outside + dy_outside * with_tb + rest_outside * self.price_lace,
        )

    @property
    def own_ore(self) -> Number:
        """China's mine output with what nobody documented."""
        return self.mined * (1 + self.undocumented)

    @property
    def ore_separated_in_china(self) -> Number:
        """Ore of the closed balance that China separates."""
        return self.own_ore + self.sold + self.us_ore


@dataclass(frozen=True)
class Basis:
    """One way to count."""

    words: str  # what is counted, as a chart or table names it
    kind: str  # headline, basis, bound, mixed, what if, cross-check, superseded or mining
    formula: str  # the closed form in words
    note: str  # what a reader must know beside the number
    masses: Callable[[Flows], Masses]  # China's and the others' masses of a year
    elements: str = "all"  # a member of `quantity.ELEMENTS`
    # Elements whose recycled output is added where scrap is counted; empty where it never is.
    scrap: str = "all"
    # A member of `quantity.STAGES`; none where ore is followed from the mine to the plant.
    stage: str = "separation"

    @property
    def counted(self) -> str:
        """How it is counted, as the end of a definition."""
        return f"by {self.words if self.words.startswith('NdPr') else self.words[0].lower() + self.words[1:]}"


BASES = {
    "feed": Basis(
        "Ore put through separation",
        "headline",
        "(quota x output over quota / recovery + a part of imported feed) / (the same + ore behind the output outside China)",
        "lanthanum and cerium count on both sides, finished or not",
        lambda flows: (flows.fed_in_china(flows.counted), flows.fed_outside),
    ),
    "feed_without_imports": Basis(
        "Ore, imported feed left out",
        "bound",
        "quota x output over quota / recovery / (the same + ore behind the output outside China)",
        "lower bound of the share by ore: no imported feed counts for China",
        lambda flows: (flows.official / flows.recovery_in_china, flows.fed_outside),
    ),
    "feed_with_imports": Basis(
        "Ore, all imported feed counted",
        "bound",
        "(quota x output over quota / recovery + imported feed) / (the same + ore behind the output outside China)",
        "upper bound of the share by ore: all imported feed counts as separated in China in the year",
        lambda flows: (flows.fed_in_china(1.0), flows.fed_outside),
    ),
    "product_both": Basis(
        "Finished product on both sides",
        "basis",
        "(quota x finished over quota + a part of imported feed) / (the same + finished output outside China)",
        "what China finishes per tonne of its quota is known only as a bound; imported ore is taken as finished in full",
        lambda flows: (flows.finished_in_china(flows.counted), flows.finished_outside),
    ),
    "ndpr": Basis(
        "NdPr of quota and imports",
        "basis",
        "(NdPr per quota x quota + NdPr in imported feed) / (the same + NdPr made outside China)",
        "lanthanum and cerium do not enter; the interval leaves out the doubt between the market firms that give China's NdPr",
        lambda flows: flows.ndpr(flows.counted_ndpr),
        elements="ndpr",
        scrap="ndpr",
    ),
    "ndpr_half_imports": Basis(
        "NdPr, half of imported feed counted",
        "what if",
        "(NdPr per quota x quota + half of the NdPr in imported feed) / (the same + NdPr made outside China)",
        "what the share by NdPr would be if half of the imported feed was separated in the year",
        lambda flows: flows.ndpr(0.5),
        elements="ndpr",
        scrap="ndpr",
    ),
    "value": Basis(
        "Value at China's prices",
        "basis",
        "oxides of China x price / (the same + oxides made outside China x price), by NdPr, Dy, Tb and the rest as La and Ce",
        "a share at one list of prices, free on board China: from 2025 on prices outside China differ",
        lambda flows: flows.worth(flows.price_ndpr),
        scrap="value",
    ),
    "value_outside": Basis(
        "Value, others at the price outside",
        "basis",
        "as by value, with the NdPr of the others at the price that the United States guarantee",
        "upper bound of what the second price changes: all NdPr outside China at the guaranteed price",
        lambda flows: flows.worth(flows.price_ndpr_outside),
        scrap="value",
    ),
    "product": Basis(
        "Quota against product",
        "mixed",
        "(quota x output over quota + a part of imported feed) / (the same + finished output outside China)",
        "mixed: China by its quota, with all lanthanum and cerium, the others by what they finish, without what they reject",
        lambda flows: (
            flows.official + flows.counted * flows.recovery_in_china * flows.imported,
            flows.finished_outside,
        ),
    ),
    "quota": Basis(
        "Quota alone against product",
        "bound",
        "quota x output over quota / (the same + finished output outside China)",
        "lower bound of quota against product: imported feed and scrap stand outside the quota",
        lambda flows: (flows.official, flows.finished_outside),
    ),
    "quota_with_feed": Basis(
        "Quota and all imported feed against product",
        "bound",
        "(quota x output over quota + imported feed) / (the same + finished output outside China)",
        "upper bound of quota against product: all imported feed counts as separated in China in the year",
        lambda flows: (flows.official + flows.recovery_in_china * flows.imported, flows.finished_outside),
    ),
    "mass_balance_processed": Basis(
        "Ore balance against product",
        "superseded",
        "ore separated in China x recovery / (the same + finished output outside China)",
        "superseded: it sets China's ore against what the others finish, as quota against product does",
        lambda flows: (flows.recovery_in_china * flows.ore_separated_in_china, flows.finished_outside),
    ),
    "mass_balance_origin": Basis(
        "Mined ore that China separates",
        "cross-check",
        "ore separated in China / ore mined in the world",
        "no share of separation: ore in stock or on the way counts as not separated in China",
        lambda flows: (flows.ore_separated_in_china, flows.kept - flows.us_ore),
        scrap="",
        stage=NONE,
    ),
    "mined": Basis(
        "Ore mined",
        "mining",
        "ore mined in China / ore mined in the world",
        "China's mine output is its quota, with undocumented ore before 2022",
        lambda flows: (flows.own_ore, flows.sold + flows.kept),
        scrap="",
        stage="mine",
    ),
}


def share_pct(china: Number, outside: Number) -> Number:
    """Closed form of every share: 100 C / (C + S)."""
    return 100 * china / (china + outside)


def used(name: str) -> frozenset[str]:
    """The fields of `Flows` that a basis reads."""
    read = set()

    class Watched(Flows):
        def __getattribute__(self, field):
            read.add(field)
            return super().__getattribute__(field)

    BASES[name].masses(Watched(**{field.name: 1.0 for field in fields(Flows)}))
    return frozenset(read & {field.name for field in fields(Flows)})
