"""Documents of the trade records and of the country table, as rows of the register of sources."""

ACCESSED = "2026-11-23"
_UN = "United Nations Statistics Division, UN Comtrade"
_UN_TERMS = (
    "cited extract of UN Comtrade under the UN's policy on use and re-dissemination; cite UN Comtrade; the "
    "full records are fetched from the publisher with the user's own key"
)
_BACI_TERMS = "Etalab Open Licence 2.0 (BACI)"
_US_TERMS = "US Government work, public domain"
_SAME = "partner2Code=0, motCode=0, customsCode=C00"
# id, title, publisher, published on, address, kind, licence, note
_ROWS = [
    (
        "uncomtrade_ree_2025",
        "Trade in HS 280530, 284610 and 284690 by partner, annual 2025: imports of 13 reporters, exports of 10",
        _UN,
        "2026",
        "https://comtradeplus.un.org/",
        "official",
        _UN_TERMS,
        f"query: C/A/HS, period=2025, cmdCode=280530,284610,284690, {_SAME}, flowCode=M for 156, 392, 842, "
        "410, 276, 528, 251, 233, 764, 699, 826, 380, 40 and X for 156, 458, 842, 392, 764, 233, 251, 276, "
        "36, 699 (India: without 284690); read as cached responses in github.com/priyank1205/terraenergy, "
        "re-keyed from its pages; partners add to World in every group",
    ),
    (
        "uncomtrade_world_2023",
        "Trade in HS 280530, 284610 and 284690 with partner World, annual 2023, all reporters",
        _UN,
        "2024",
        "https://comtradeplus.un.org/",
        "official",
        _UN_TERMS,
        f"query: C/A/HS, period=2023, cmdCode=280530,284610,284690, partnerCode=0, {_SAME}, flowCode=M,X, all "
        "reporters; read in github.com/hpham210/critical-minerals-risk-index, whose header stands one column "
        "beside its data",
    ),
    (
        "uncomtrade_cn_2846",
        "China's imports of HS 2846 by origin, annual 1993 to 2024",
        _UN,
        "2026-07",
        "https://comtradeplus.un.org/",
        "official",
        _UN_TERMS,
        f"query: C/A/HS, period=1993 to 2024, reporterCode=156, cmdCode=2846, flowCode=M, all partners, {_SAME}; read "
        "as frozen responses in github.com/therealjameswilson/critical-minerals-records-stage-v3; flags of estimated "
        "weights kept",
    ),
    (
        "uncomtrade_us_cn_2020_2024",
        "Trade of the USA and China in HS 2846 and 280530 with each other and the world, annual 2020 to 2024",
        _UN,
        "2025",
        "https://comtradeplus.un.org/",
        "official",
        _UN_TERMS,
        "query: C/A/HS, period=2020 to 2024, reporterCode=156,842, partnerCode=0,156,842, cmdCode=2846,280530, "
        f"flowCode=M,X, {_SAME}; made with the official client and read in github.com/Redliana/cmm-data (Pacific "
        "Northwest National Laboratory)",
    ),
    (
        "uncomtrade_cn_monthly",
        "China's monthly exports of HS 250410, 380110 and 811292 by partner, 2017 to 2024",
        _UN,
        "2025",
        "https://comtradeplus.un.org/",
        "official",
        _UN_TERMS,
        "query: C/M/HS, period=201701 to 202412, reporterCode=156, flowCode=X, "
        f"cmdCode=250410,380110,811292, {_SAME}; read as a table summed by partner name, 33 to 39 partners, "
        "in github.com/qennis/ChinaCriticalMineralComtrade; quantities of 2017 are imputed from values",
    ),
    (
        "baci_v202601_2024",
        "BACI HS17 V202601: flows of 2024 in HS 850511, 811292 and 811010, value and quantity",
        "CEPII",
        "2026-01",
        "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
        "academic",
        _BACI_TERMS,
        "read in github.com/Varcolacus/critical-materials-atlas; cite Gaulier and Zignago (2010), CEPII "
        "working paper 2010-23; newest year is provisional",
    ),
    (
        "baci_v202601_hs02_exporters",
        "BACI HS02 V202601: exporters of HS 850511, 811292 and 811010, sums over main partners",
        "CEPII",
        "2026-01",
        "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
        "academic",
        _BACI_TERMS,
        "sums made here over a series of github.com/Varcolacus/critical-materials-atlas that keeps main "
        "partners only (98 % of the value of magnets in 2024): lower bounds; 811292 holds no germanium "
        "before the revision of 2007",
    ),
    (
        "baci_v202601_hs17_exporters",
        "BACI HS17 V202601: exporters of HS 850511, 811292 and 811010, sums over main partners",
        "CEPII",
        "2026-01",
        "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
        "academic",
        _BACI_TERMS,
        "as baci_v202601_hs02_exporters, from the files in the revision of 2017",
    ),
    (
        "usitc_dataweb_imports",
        "US imports for consumption of HTS 2805, 2846 and 8505, 18 partners, 1993 to 2025",
        "USITC DataWeb (US Census data)",
        "2026-07-10",
        "https://dataweb.usitc.gov/",
        "official",
        _US_TERMS,
        "customs value and first unit of quantity; frozen workbook in "
        "github.com/therealjameswilson/critical-minerals-records-stage-v3",
    ),
    (
        "usitc_dataweb_exports",
        "US domestic exports of HTS 2805, 2846 and 8505, 18 partners, 1993 to 2025",
        "USITC DataWeb (US Census data)",
        "2026-07-10",
        "https://dataweb.usitc.gov/",
        "official",
        _US_TERMS,
        "FAS value and first unit of quantity; frozen workbook in "
        "github.com/therealjameswilson/critical-minerals-records-stage-v3",
    ),
    (
        "baci_country_codes_v202601",
        "BACI V202601: country codes",
        "CEPII",
        "2026-01",
        "https://www.cepii.fr/CEPII/en/bdd_modele/bdd_modele_item.asp?id=37",
        "academic",
        _BACI_TERMS,
        "numbers are Comtrade's; 490, Other Asia nes, is Taiwan",
    ),
    (
        "uncomtrade_country_codes",
        "UN Comtrade: codes of reporters, partners and areas not elsewhere specified",
        _UN,
        "2026",
        "https://comtradeplus.un.org/",
        "official",
        "facts cited only",
        "list of areas nes as kept in github.com/harvard-growth-lab/comtrade-mirroring",
    ),
    (
        "wits_country_codes",
        "World Integrated Trade Solution: codes and names of countries",
        "World Bank, WITS",
        "2025",
        "https://wits.worldbank.org/wits/wits/witshelp/content/codes/country_codes.htm",
        "official",
        "facts cited only",
        "names and codes as WITS downloads and the list of WITS print them",
    ),
    (
        "census_schedule_c",
        "Schedule C: country codes and names of US foreign trade statistics",
        "US Census Bureau",
        "2021-01-27",
        "https://www.census.gov/foreign-trade/schedules/c/country.txt",
        "official",
        _US_TERMS,
        "list by code, produced 27 January 2021",
    ),
    (
        "itc_trade_map_areas",
        "Trade Map: names of countries and areas",
        "International Trade Centre",
        "2025",
        "https://www.trademap.org/",
        "official",
        "facts cited only",
        "names of areas as the site lists them, with Comtrade's numbers",
    ),
    (
        "eurostat_geonomenclature",
        "Nomenclature of countries and territories for the external trade statistics of the EU (Comext)",
        "Eurostat",
        "2025",
        "https://ec.europa.eu/eurostat/web/international-trade-in-goods/information-data",
        "official",
        "facts cited only",
        "codes QP to QZ, XC, XI, XL, XS and XU, and the labels of data sets DS-045409 and DS-059341",
    ),
    (
        "user_files",
        "Trade files of the user, added by USER_DATA",
        "the user",
        "",
        "",
        "assumption",
        "terms of their publishers",
        "each row says which file it is from by the first 12 digits of its sha256",
    ),
    (
        "iso_3166",
        "ISO 3166-1 and 3166-3: codes of countries and of former countries",
        "International Organization for Standardization",
        "2020",
        "https://www.iso.org/iso-3166-country-codes.html",
        "official",
        "facts cited only",
        "",
    ),
]
_COLUMNS = ("source_id", "title", "publisher", "published_on", "url", "kind", "licence", "note")


def record_sources() -> dict[str, dict[str, str]]:
    """Source id to its row."""
    rows = [dict(zip(_COLUMNS, row, strict=True)) for row in _ROWS]
    return {row["source_id"]: {**row, "accessed_on": ACCESSED, "same_as": ""} for row in rows}
