"""Codes of countries against ISO, Comtrade's special codes, and named factors."""

import csv

import pycountry
import pytest

from rareearth import countries
from rareearth.errors import Refused
from rareearth.paths import RAW

FORMER = {country.alpha_3 for country in pycountry.historic_countries if hasattr(country, "alpha_3")}


def test_every_code_of_a_country_is_in_iso():
    # Kosovo has a code that users of ISO 3166 agreed on.
    codes = {area.iso3 for area in countries.areas().values() if area.kind == "country"}
    assert codes - {country.alpha_3 for country in pycountry.countries} - FORMER == {"XKX"}
    assert len(codes) > 240


def test_every_country_of_iso_is_known_by_its_codes():
    for country in pycountry.countries:
        assert countries.iso3(country.alpha_3) == country.alpha_3
        assert countries.iso3(country.alpha_2) == country.alpha_3
        assert countries.iso3(country.name) == country.alpha_3


@pytest.mark.parametrize(
    ("published", "code"),
    [
        ("842", "USA"),
        ("841", "USA"),
        ("840", "USA"),
        ("251", "FRA"),
        ("757", "CHE"),
        ("699", "IND"),
        ("579", "NOR"),
        ("490", "TWN"),
        ("S19", "TWN"),
        ("Other Asia, nes", "TWN"),
        ("0", "WLD"),
        ("W00", "WLD"),
        ("97", "EUU"),
        ("EU27", "EUU"),
        ("899", "X899"),
        ("837", "X837"),
        ("492", "X492"),
        ("NA", "NAM"),
        ("NO", "NOR"),
        ("036", "AUS"),
        ("Tu\u0308rkiye", "TUR"),
        ("myanmar (burma)", "MMR"),
        ("58", "BEL"),
        ("891", "SCG"),
        ("344", "HKG"),
        ("381", "ITA"),
        ("380", "ITA"),
        ("717", "X717"),
        ("EU-28", "EUU"),
        # Codes and names as their publishers write them: DataWeb, WITS, Census, Trade Map, Eurostat.
        ("Côte d`Ivoire", "CIV"),
        ("COTE D'IVOIRE", "CIV"),
        ("Czechia (Czech Republic)", "CZE"),
        ("São Tomé and Príncipe", "STP"),
        ("Curacao", "CUW"),
        ("ST KITTS AND NEVIS", "KNA"),
        (" World", "WLD"),
        ("Korea, Rep.", "KOR"),
        ("ROM", "ROU"),
        ("ZAR", "COD"),
        ("5700", "CHN"),
        ("CONGO (BRAZZAVILLE)", "COG"),
        ("Taipei, Chinese", "TWN"),
        ("Korea, Democratic People's Republic of", "PRK"),
        ("Area Nes", "X899"),
        ("EL", "GRC"),
        ("EU27_2020", "EUU"),
        ("Germany (incl. German Democratic Republic 'DD' from 1991)", "DEU"),
        ("European Union (AT-01/1995, BE-01/1958)", "EUU"),
        ("Extra-EU (= 'WORLD' - 'EU_INTRA')", "EUX"),
        ("QS", "XQS"),
    ],
)
def test_codes_as_trade_statistics_use_them(published, code):
    assert countries.iso3(published) == code


# Codes of former states and areas in the lists of UN Comtrade and BACI of 1988 to 2026.
FORMER_CODES = "230 457 459 461 532 536 588 582 590 592 647 658 698 720 835 836 866 868 886 80 396 488 872 849".split()


@pytest.mark.parametrize("code", FORMER_CODES)
def test_codes_of_former_states_are_known(code):
    assert countries.known(code) is not None


def test_names_have_their_accents():
    names = {code: countries.name(code) for code in ("CIV", "CUW", "TUR", "BLM", "MCO", "EUU")}
    assert list(names.values()) == [
        "Côte d'Ivoire",
        "Curaçao",
        "Türkiye",
        "Saint Barthélemy",
        "Monaco",
        "European Union",
    ]
    assert not any("Ã" in word for word in countries.areas())


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(Refused, match="'Chna' is no country.*did you mean 'China'"):
        countries.iso3("Chna")
    with pytest.raises(Refused, match="'' is no country"):
        countries.iso3("")


def test_two_spellings_of_one_word_are_one_area():
    folded = {}
    for published, area in countries.areas().items():
        assert folded.setdefault(countries._fold(published), area) == area


def test_published_names_of_trade_figures_have_codes_or_a_reason():
    with (RAW / "trade" / "trade_published.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            for side in ("reporter", "partner"):
                if row[f"{side}_iso3"]:
                    assert countries.iso3(row[side]) == row[f"{side}_iso3"]
                else:
                    assert row["iso3_note"].count(row[side])
