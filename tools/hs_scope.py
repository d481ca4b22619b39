"""What the codes of the trade records cover, and where a revision of the Harmonized System changed it."""

_ALL = "H0;H1;H2;H3;H4;H5;H6;HTS;unstated"
# code, revisions, rare earths: all or part of the code, what it covers, source
_ROWS = [
    ("2846", _ALL, "all", "compounds of rare-earth metals, yttrium or scandium", "uncomtrade_cn_2846"),
    ("280530", _ALL, "all", "rare-earth metals, scandium and yttrium, mixed or not", "uncomtrade_ree_2025"),
    ("284610", _ALL, "all", "cerium compounds", "uncomtrade_ree_2025"),
    (
        "284690",
        _ALL,
        "all",
        "compounds of the other rare earths, from lanthanum to terbium",
        "uncomtrade_ree_2025",
    ),
    (
        "2805",
        _ALL,
        "part",
        "alkali and alkaline-earth metals, rare-earth metals, mercury",
        "usitc_dataweb_imports",
    ),
    ("8505", _ALL, "part", "electromagnets, permanent magnets and their parts", "usitc_dataweb_imports"),
    ("850511", _ALL, "part", "permanent magnets of metal: rare-earth and others", "baci_v202601_2024"),
    (
        "811292",
        "H0;H1;H2",
        "none",
        "gallium and others unwrought, without germanium (811230)",
        "baci_v202601_hs02_exporters",
    ),
    (
        "811292",
        "H3;H4;H5;H6;HTS;unstated",
        "none",
        "gallium, germanium, indium, niobium and others unwrought",
        "baci_v202601_2024",
    ),
    ("811010", _ALL, "none", "antimony, unwrought, and powders", "baci_v202601_2024"),
    ("250410", _ALL, "none", "natural graphite in powder or flakes", "uncomtrade_cn_monthly"),
    ("380110", _ALL, "none", "artificial graphite", "uncomtrade_cn_monthly"),
    (
        "253090",
        _ALL,
        "part",
        "mineral substances: lithium ore for the most part since 2022",
        "uncomtrade_world_2023",
    ),
    ("2612", _ALL, "part", "uranium and thorium ores", "uncomtrade_world_2023"),
    ("360690", _ALL, "part", "ferrocerium and other pyrophoric alloys", "uncomtrade_world_2023"),
]
COLUMNS = ("hs_code", "revisions", "rare_earths", "scope", "source_ids")


def hs_scope() -> list[dict[str, str]]:
    return [dict(zip(COLUMNS, row, strict=True)) for row in _ROWS]
