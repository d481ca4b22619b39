"""Every printed value that can be computed again from figures that are here, id by id; the others with the reason."""

import re

import pytest

from rareearth import tables
from rareearth.processing import minerals, validation
from rareearth.suppliers import concentration
from tests.builders import TARGETS

AGENCY = {
    "CH": "China",
    "CN": "China",
    "MY": "Myanmar",
    "MA": "Malaysia",
    "AU": "Australia",
    "UN": "United States",
    "RE": "Rest of world",
    "TOT": "World",
}
STAGES = {"MIN": "mine", "REF": "separation"}
# Ids that no figure here can reach, with the reason.
LEFT_OUT = {
    r"WMD-\d{4}-HHI": "World Mining Data's countries are not among the figures, only China and the world",
    r"MCS25-TRAP|MCS-REV-AU24": "a guard for readers of the file and a revision, no value of its own",
    r"MCS26-RES-.*": "reserves: no share is made from them",
    r"NIR-HREE-25": "printed as a bound for heavy elements without its figures",
    r"NIR-MCS25-202[123]": "the consumption that MCS2025 prints for these years is not among the figures",
    r"IEA-N1-2035": "a range; it is tested below",
}


def tonnes(stage, year):
    table = tables.load("processing_by_country")
    rows = table[
        table["source_ids"].map(lambda ids: ids[0] == "iea_cmd_2025")
        & (table["stage"] == stage)
        & (table["reference_year"] == year)
        & (table["unit"] == "kt")
    ]
    return rows.set_index("entity")["value"]


def of_agency(name):
    _, stage, year, what = name.split("-")
    rows = tonnes(STAGES[stage], 2024 if year == "24" else int(year))
    if what == "CNSH":
        return 100 * rows["China"] / rows["World"], 0.05
    if what == "TOP3":
        return concentration(rows.drop(["World", "Rest of world"]).to_dict(), rows["Rest of world"]).top(3)[1], 0.01
    return rows[AGENCY[what]], 5e-4


def of_survey(name):
    edition, year, what = name.split("-")
    table = tables.load("mine_production")
    rows = table[(table["edition"] == f"MCS20{edition[3:]}") & (table["reference_year"] == 2000 + int(year))]
    rows = rows.drop_duplicates("entity").set_index("entity")["value"]
    if what in ("CNSH", "USSH"):
        return 100 * rows[{"CN": "China", "US": "United States"}[what[:2]]] / rows[
            [n for n in rows.index if "World" in n][0]
        ], 0.05
    start = {"WORT": "World", "BUR": "Burma", "OTH": "Other"}.get(what, what.title())
    return rows[next(entity for entity in rows.index if entity.startswith(start))], 0


def value(name):
    if re.fullmatch(r"IEA-(MIN|REF)-\d+-\w+", name):
        return of_agency(name)
    if re.fullmatch(r"MCS2[56]-2[45]-\w+", name):
        return of_survey(name)
    if match := re.fullmatch(r"NIR-MCS(\d\d)-(\d{4})", name):
        table = validation.net_import_reliance()
        row = table[table["What"].str.endswith(f"MCS20{match[1]}") & (table["Year"] == int(match[2]))]
        return row.iloc[0]["Computed, %"], 1.0
    if name == "IEA-N1-24-REF-D":
        refined = tonnes("separation", 2024)
        table = tables.load("demand")
        rows = table[(table["reference_year"] == 2024) & (table["unit_published"] == "kt Pr+Nd+Tb+Dy")]
        rows = rows[rows["material"] == "magnet rare earths"]
        return 100 * (refined["World"] - refined["China"]) / float(rows["value"].iloc[0]), 0.05
    raise LookupError(name)


NAMES = [name for name in TARGETS if re.match(r"IEA-(MIN|REF|N1)|MCS2|NIR|WMD-\d", name)]
COMPUTED = [name for name in NAMES if not any(re.fullmatch(pattern, name) for pattern in LEFT_OUT)]


@pytest.mark.parametrize("name", COMPUTED)
def test_a_printed_value_is_computed_again(name):
    found, tolerance = value(name)
    printed = TARGETS[name]["value"]
    if printed.startswith(">"):
        assert found >= float(printed[1:])
    else:
        assert found == pytest.approx(float(printed), abs=tolerance)


def test_the_families_are_all_accounted_for(capsys):
    left = {name: reason for name in NAMES for pattern, reason in LEFT_OUT.items() if re.fullmatch(pattern, name)}
    with capsys.disabled():
        print(f"\nprinted values: {len(COMPUTED)} computed again, {len(left)} left out with a reason")
    assert len(COMPUTED) + len(left) == len(NAMES) and len(COMPUTED) >= 60
    assert 35 <= minerals.rare_earth_n_minus_1()["Cover, %"].max() <= 40
