"""The table of country names and codes as they are published, each with its ISO 3166-1 alpha-3 code.

Countries come from the code table of BACI, which uses Comtrade's numbers, and from ISO 3166. What these lack stands
here, and in country_names.txt the words of other publishers.
"""

import csv
from pathlib import Path

import pycountry

BACI, COMTRADE, ISO = "baci_country_codes_v202601", "uncomtrade_country_codes", "iso_3166"
# Comtrade's numbers that BACI's table lacks or names otherwise: code -> alpha-3, alpha-2, name
_MORE = {
    "10": ("ATA", "AQ", "Antarctica"),
    "74": ("BVT", "BV", "Bouvet Island"),
    "234": ("FRO", "FO", "Faroe Islands"),
    "239": ("SGS", "GS", "South Georgia and the South Sandwich Islands"),
    "254": ("GUF", "GF", "French Guiana"),
    "312": ("GLP", "GP", "Guadeloupe"),
    "334": ("HMD", "HM", "Heard Island and McDonald Islands"),
    "336": ("VAT", "VA", "Holy See"),
    "438": ("LIE", "LI", "Liechtenstein"),
    "474": ("MTQ", "MQ", "Martinique"),
    "581": ("UMI", "UM", "United States Minor Outlying Islands"),
    "630": ("PRI", "PR", "Puerto Rico"),
    "638": ("REU", "RE", "Réunion"),
    "732": ("ESH", "EH", "Western Sahara"),
    "744": ("SJM", "SJ", "Svalbard and Jan Mayen"),
    "890": ("YUG", "YU", "Yugoslavia"),
    "850": ("VIR", "VI", "United States Virgin Islands"),
}
# Numbers of ISO that Comtrade does not use, and older ones of Comtrade that it does not use any more.
_OTHER_NUMBERS = {
    "250": "FRA",
    "356": "IND",
    "578": "NOR",
    "756": "CHE",
    "840": "USA",
    "158": "TWN",
    "841": "USA",
}
# Two-letter codes that BACI's table lacks, gives to two former states, or spells like a missing value.
_SHORT = {"TW": "TWN", "CS": "SCG", "AN": "ANT", "NA": "NAM", "MC": "MCO", "AX": "ALA"}
_WORDS = Path(__file__).parent / "country_names.txt"
_ISO_NUMBERS = ("250", "356", "578", "756", "840", "158")
# "Areas not elsewhere specified": trade whose partner is not named. Never a country; 490 is Taiwan and not here.
_NES = {
    "129": "Caribbean, nes",
    "221": "Eastern Europe, nes",
    "290": "Northern Africa, nes",
    "471": "CACM, nes",
    "472": "Africa CAMEU region, nes",
    "473": "LAIA, nes",
    "492": "Europe EU, nes",
    "527": "Oceania, nes",
    "568": "Other Europe, nes",
    "577": "Other Africa, nes",
    "636": "Rest of America, nes",
    "637": "North America and Central America, nes",
    "697": "Europe EFTA, nes",
    "837": "Bunkers",
    "838": "Free Zones",
    "839": "Special Categories",
    "879": "Western Asia, nes",
    "899": "Areas, nes",
}
_GROUPS = {
    "97": ("EUU", ["97", "EUR", "EU27", "European Union", "EUU"]),
    "975": ("G975", ["975", "ASEAN"]),
    "711": ("G711", ["711", "ZA1", "Southern African Customs Union (...1999)"]),
}
# Names in the tables of other publishers.
_NAMES = {
    "Bolivia": "BOL",
    "Bosnia and Herzegovina": "BIH",
    "Brunei": "BRN",
    "Burma": "MMR",
    "Cape Verde": "CPV",
    "China (re-imports)": "CHN",
    "Chinese Taipei": "TWN",
    "Congo (Kinshasa)": "COD",
    "Czech Republic": "CZE",
    "DPR Korea": "PRK",
    "DR Congo": "COD",
    "Democratic Republic of Congo": "COD",
    "Democratic Republic of the Congo": "COD",
    "Hong Kong": "HKG",
    "Iran": "IRN",
    "Laos": "LAO",
    "Macau": "MAC",
    "Moldova": "MDA",
    "Myanmar (Burma)": "MMR",
    "North Korea": "PRK",
    "Rep. of Congo": "COG",
    "Republic of the Congo": "COG",
    "Russia": "RUS",
    "South Korea": "KOR",
    "Korea, South": "KOR",
    "Syria": "SYR",
    "Taiwan": "TWN",
    "Taiwan (Other Asia nes)": "TWN",
    "Tanzania": "TZA",
    "Turkey": "TUR",
    "Türkiye": "TUR",
    "UAE": "ARE",
    "UK": "GBR",
    "United Kingdom": "GBR",
    "United States": "USA",
    "United States of America": "USA",
    "Venezuela": "VEN",
    "Vietnam": "VNM",
    "Viet Nam": "VNM",
}

# Names that a reader knows better than the one in BACI's table.
_SHOWN = {
    "ANT": "Netherlands Antilles",
    "BOL": "Bolivia",
    "BRN": "Brunei",
    "COD": "DR Congo",
    "CSK": "Czechoslovakia",
    "CZE": "Czechia",
    "DDR": "East Germany",
    "DOM": "Dominican Republic",
    "EUU": "European Union",
    "HKG": "Hong Kong",
    "IRN": "Iran",
    "KOR": "South Korea",
    "LAO": "Laos",
    "MAC": "Macao",
    "MDA": "Moldova",
    "PRK": "North Korea",
    "RUS": "Russia",
    "SCG": "Serbia and Montenegro",
    "SUN": "Soviet Union",
    "SYR": "Syria",
    "TUR": "Türkiye",
    "TWN": "Taiwan",
    "TZA": "Tanzania",
    "USA": "United States",
    "VEN": "Venezuela",
    "VNM": "Vietnam",
    "WLD": "World",
    "XKX": "Kosovo",
    "EUI": "Intra-EU",
    "EUX": "Extra-EU",
    "EZI": "Intra-euro area",
    "EZX": "Extra-euro area",
    "EZA": "Euro area",
}


def _more_words() -> list[tuple[str, str, str, list[str]]]:
    """Source, code, kind and words of the lines of country_names.txt."""
    lines = [line for line in _WORDS.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    parts = [line.split("|") for line in lines]
    return [(source, iso3, kind, words.split(";")) for source, iso3, kind, words in parts]


def country_codes(folder: Path) -> list[dict[str, str]]:
    """Rows published, iso3, kind, comtrade_code, source_ids; sorted, each published word once."""
    found: dict[str, dict[str, str]] = {}
    number: dict[str, str] = {}
    shown: dict[str, str] = dict(_SHOWN)

    def add(published: str, iso3: str, kind: str, source: str) -> None:
        published = published.strip()
        row = {"published": published, "iso3": iso3, "kind": kind, "source_ids": source}
        known = found.setdefault(published, row)
        if known["iso3"] != iso3:
            raise SystemExit(f"{published!r} is {known['iso3']} and {iso3}")

    with (folder / "trade_native" / "baci_country_codes_V202601.csv").open(encoding="utf-8") as stream:
        listed = list(csv.DictReader(stream))
    for row in listed:
        code, iso3 = row["country_code"], row["country_iso3"]
        # The file was read as Windows-1252 once, and written as UTF-8 again.
        name = row["country_name"].encode("cp1252").decode("utf-8")
        if code in _NES or code in _GROUPS:
            continue
        if iso3 == "S19":
            add("S19", "TWN", "country", BACI)
            iso3 = "TWN"
        if "(..." not in name:
            shown.setdefault(iso3, name)
        # Of the numbers of one country the one that is not marked as former is today's.
        if "(..." not in name or iso3 not in number:
            number[iso3] = code
        for published in dict.fromkeys((code, name, name.split(" (...")[0], iso3)):
            add(published, iso3, "country", BACI)
        if row["country_iso2"] not in ("", "N/A") and "(..." not in name:
            add(row["country_iso2"], iso3, "country", BACI)
    for published, iso3 in _SHORT.items():
        add(published, iso3, "country", ISO)
    for code, (iso3, iso2, name) in _MORE.items():
        number[iso3] = code
        shown.setdefault(iso3, name)
        for published in (code, name, iso3, iso2):
            add(published, iso3, "country", COMTRADE)
    for code, iso3 in _OTHER_NUMBERS.items():
        add(code, iso3, "country", ISO if code in _ISO_NUMBERS else COMTRADE)
    for name, iso3 in _NAMES.items():
        add(name, iso3, "country", ISO)
    number["WLD"] = "0"
    for published in ("0", "W00", "WLD", "World"):
        add(published, "WLD", "world", COMTRADE)
    for code, (iso3, words) in _GROUPS.items():
        number[iso3] = code
        shown.setdefault(iso3, words[-1])
        for published in words:
            add(published, iso3, "group", COMTRADE)
    for code, name in _NES.items():
        number["X" + code] = code
        shown["X" + code] = name
        for published in (code, name):
            add(published, "X" + code, "nes", COMTRADE)
    for country in pycountry.countries:
        named = [getattr(country, name, "") for name in ("name", "common_name", "official_name")]
        shown.setdefault(country.alpha_3, named[1] or named[0])
        for published in filter(None, (*named, country.alpha_3, country.alpha_2)):
            add(published, country.alpha_3, "country", ISO)
    for source, iso3, kind, words in _more_words():
        shown.setdefault(iso3, next((word for word in words if word != word.upper()), words[0]))
        if kind == "nes" and words[0].isdigit():
            number.setdefault(iso3, words[0])
        for published in words:
            add(published, iso3, kind, source)
    rows = [
        {
            **row,
            "name": shown[row["iso3"]],
            "comtrade_code": number.get(row["iso3"], ""),
        }
        for row in found.values()
    ]
    return sorted(rows, key=lambda row: row["published"])
