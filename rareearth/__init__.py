"""Rare-earth processing shares and reserve plans, from figures with sources to briefings.

    import rareearth as re

    re.share(2024)                                        # China's share of separation, with its interval
    re.imports("Japan", "850511", 2024, partner="China")  # who buys what from whom
    re.table("china_quotas", edition="latest")            # any table of figures, with its sources

The functions are in `rareearth.api`. A part is imported when it is first named, so that ``import rareearth`` costs nothing.
"""

from rareearth.packages import lazy

lazy(
    __name__,
    parts=(
        "tables",
        "quantity",
        "conversion",
        "countries",
        "uncertainty",
        "suppliers",
        "contents",
        "trade",
        "processing",
        "reserves",
        "charts",
        "show",
        "api",
    ),
    functions={"api": ("share", "shares", "scenario", "hhi", "quotas", "imports", "cover", "plans", "events", "table")},
)
