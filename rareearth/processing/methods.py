"""What each method counts: its words, its note and its closed form. `simulation` puts uncertain inputs into them."""

from rareearth.uncertainty import Array

METHODS = {
    "separation": ("Between A and A+", "anywhere between the quota (A) and the quota with feed (A+)"),
    "quota": ("Quota (A)", "official separation quota / (quota + separated output elsewhere)"),
    "quota_with_feed": (
        "Quota and feed (A+)",
        "(quota + imported feed) / (the same + separated output elsewhere)",
    ),
    "mass_balance_processed": (
        "Balance: processed (B)",
        "ore separated in China / (the same + output elsewhere)",
    ),
    "mass_balance_origin": ("Balance: origin (B)", "ore separated in China / ore mined in the world"),
    "mined": ("Mined", "ore mined in China / ore mined in the world"),
}
WITHOUT_SCRAP = ("mass_balance_origin", "mined")
NOTES = {
    "separation": "scrap is left out; where no quota is published it is the balance",
    "quota": "lower bound for China: imported feed and scrap stand outside the quota",
    "quota_with_feed": "upper bound: all imported feed counts as separated in China in the year",
    "mass_balance_processed": "ore in stock or on the way is in neither part; scrap is left out",
    "mass_balance_origin": "no share of processing: ore in stock or on the way counts as not separated in China",
    "mined": "China's mine output is its quota, with undocumented ore before 2022",
}


def shares_pct(
    *, quota=None, feed, china, sold, us_ore, kept, elsewhere, recovery, undocumented, between, scrap=0.0
) -> dict[str, Array | float]:
    """The closed forms of all methods, in percent; every argument in t REO, alone or as arrays of one shape.

    Args:
        quota: China's separation quota; None where none is published.
        feed: Content of imported feed other than US ore.
        china: China's documented mine output.
        sold: Mine output of the countries that sell their ore to China.
        us_ore: Content of US ore sent to China.
        kept: Mine output of the countries that keep their ore: USA, Australia, India, Russia.
        elsewhere: Separated output outside China.
        recovery: Separated output per content of the ore, 0 to 1.
        undocumented: China's undocumented over its documented output.
        between: Where the share of separation lies between its bounds A (0) and A+ (1).
        scrap: China's output from scrap, 0 where it is left out; it is in no share of mining or of origin.
    """
    own = china * (1 + undocumented)
    ore = own + sold + us_ore
    world = own + sold + kept
    found = {
        "mass_balance_processed": 100 * (recovery * ore + scrap) / (recovery * ore + scrap + elsewhere),
        "mass_balance_origin": 100 * ore / world,
        "mined": 100 * own / world,
    }
    if quota is not None:
        official = quota * (1 + undocumented) + scrap
        fed = official + recovery * (feed + us_ore)
        found["quota"] = 100 * official / (official + elsewhere)
        found["quota_with_feed"] = 100 * fed / (fed + elsewhere)
        found["separation"] = found["quota"] + between * (found["quota_with_feed"] - found["quota"])
    else:
        found["separation"] = found["mass_balance_processed"]
    return found
