"""Imports by origin: sums, unnamed areas, and what a chart of exporters marks."""

import pandas as pd
import pytest

from rareearth import suppliers


def rows(*cells, importer="DEU"):
    columns = ["partner_iso3", "value_usd", "mass_kg", "hs_code", "source_row"]
    frame = pd.DataFrame(cells, columns=columns)
    return frame.assign(reporter_iso3=importer, year=2024, month=pd.NA, flow="import", source_id="invented")


FLOWS = rows(("CHN", 60.0, 3000.0, "280530", 1), ("MYS", 25.0, 1000.0, "280530", 2), ("CHN", 5.0, None, "284690", 3))
TOTALS = rows(("WLD", 100.0, None, "280530", 4), ("X899", 15.0, None, "280530", 5))


def test_codes_are_summed_by_origin_and_a_missing_mass_counts_as_none():
    found = suppliers.by_origin(FLOWS, "DEU", "compounds")
    assert found.value_usd == {"CHN": 65.0, "MYS": 25.0} and found.mass_t == {"CHN": 3.0, "MYS": 1.0}
    assert (found.total_usd, found.total_t, found.year, found.source_id) == (90.0, 4.0, 2024, "invented")
    assert suppliers.by_origin(FLOWS.head(0), "DEU", "compounds") is None


def test_areas_without_a_name_are_in_the_whole_and_the_world_is_not():
    found = suppliers.of_code(FLOWS, TOTALS, "DEU", "280530", 2024, "invented")
    assert found.unnamed_usd == 15.0 and found.total_usd == 100.0
    assert found.concentration.shares_pct == pytest.approx({"CHN": 60, "MYS": 25})
    top, hhi = suppliers.top_share(found), suppliers.hhi(found)
    assert (top.value, top.high) == pytest.approx((60, 75))
    assert (hhi.low, hhi.high) == pytest.approx((0.36 + 0.0625, 0.36 + 0.0625 + 0.0225))
    with pytest.raises(LookupError, match="no imports of 280530 by FRA"):
        suppliers.of_code(FLOWS, TOTALS, "FRA", "280530", 2024, "invented")


def test_events_are_those_of_the_years_of_a_chart():
    assert list(suppliers.control_events(2002, 2024)) == [2010, 2014, 2023]
    assert suppliers.control_events(2025, 2025) == {2025: "2025: licences on seven elements"}
