"""A supplier's part by both reports, and goods in tonnes of oxide and element: closed forms and published values."""

import pandas as pd
import pytest

from rareearth import contents
from rareearth.errors import Refused
from rareearth.trade import mirror


def report(reporter, partner, flow, code, usd, year=2024, source="file:1"):
    return {
        "reporter_iso3": reporter,
        "partner_iso3": partner,
        "flow": flow,
        "hs_code": code,
        "value_usd": usd,
        "year": year,
        "month": None,
        "value_basis": "fob",
        "source_id": source,
        "source_row": 2,
    }


def test_a_part_by_both_reports():
    flows = pd.DataFrame(
        [
            report("USA", "CHN", "import", "2846", 40.0),
            report("CHN", "USA", "export", "2846", 60.0),
            # Half of a heading is not the heading.
            report("USA", "CHN", "import", "284690", 9.0, 2023),
            report("CHN", "USA", "export", "2846", 9.0, 2023),
            # Six-digit codes stand in for a heading that is missing.
            report("USA", "CHN", "import", "284610", 10.0, 2022),
            report("USA", "CHN", "import", "284690", 20.0, 2022),
            report("CHN", "USA", "export", "2846", 30.0, 2022),
        ]
    )
    totals = pd.DataFrame(
        [
            report("USA", "WLD", "import", "2846", 100.0),
            report("USA", "WLD", "import", "284690", 90.0, 2023),
            report("USA", "WLD", "import", "284610", 20.0, 2022),
            report("USA", "WLD", "import", "284690", 40.0, 2022),
        ]
    )
    found = mirror.supplier_shares(flows, totals, "USA", "CHN", "2846").set_index("year")
    assert list(found.index) == [2022, 2024]
    assert found.loc[2024, ["by_importer_pct", "by_supplier_pct"]].tolist() == [40.0, 50.0]
    assert found.loc[2022, ["by_importer_pct", "by_supplier_pct"]].tolist() == [50.0, 50.0]
    one = mirror.supplier_share(found.reset_index(), "USA", "CHN", "2846", 2024)
    assert (one.low, one.value, one.high) == (40.0, 40.0, 50.0)
    with pytest.raises(Refused, match="no year in which both USA and MYS report"):
        mirror.supplier_shares(flows, totals, "USA", "MYS", "2846")


def test_china_in_us_imports_by_both_sides(flows, totals):
    """The sums that the client's records print: US and Chinese report of 2024, USD, and the world."""
    found = mirror.supplier_shares(flows, totals, "USA", "CHN", "2846").set_index("year")
    assert list(found.index) == [2020, 2021, 2022, 2023, 2024, 2025]
    amounts = found.loc[2024, ["world_usd", "by_importer_usd", "by_supplier_usd"]].tolist()
    assert amounts == [170_469_283, 116_100_303, 106_253_098]
    # The USA books its concentrate as a compound, China as an ore: the two reports cannot agree.
    other = mirror.supplier_shares(flows, totals, "CHN", "USA", "2846").set_index("year")
    assert (other["by_supplier_pct"] > 3 * other["by_importer_pct"]).all()


def test_goods_are_converted_or_counted():
    goods = pd.DataFrame(
        [
            ("CHN", "MMR", "import", "2846", 2024, 100.0, "a-1", "uncomtrade_cn_2846"),
            ("CHN", "JPN", "import", "2846", 2024, 50.0, "a-2", "uncomtrade_cn_2846"),
            ("CHN", "JPN", "import", "28461010", 2024, 10.0, "a-3", "uncomtrade_cn_2846"),
        ],
        columns=contents.GOODS,
    )
    found = contents.contents(goods)
    assert [one.mid for one in contents.known(found["oxide"])] == [60.0, 10.0]
    assert "no factor" in found.loc[1, "oxide"]
    assert found.loc[2, "element"].mid == pytest.approx(10 / 1.2284)
    heading = contents.by_code(found).set_index("Goods").loc["China's imports of 2846, 2024"]
    assert heading[["Mass, t", "With a factor, t"]].tolist() == [150, 100.0]
    assert contents.by_code(found)["Element, t"].tolist() == ["a mixture", "8"]
    assert contents.by_code(found)["Oxide, t REO"].tolist() == ["60 (51 to 101)", "10"]


def test_magnets_of_china_in_2024(flows):
    """BACI's mass times 0.445 is near the 58,152 t that China's customs printed; the content is 29 to 32.5 %."""
    found = contents.of_magnets(flows)
    assert found.low / 0.29 == pytest.approx(found.high / 0.325)
    assert found.low / 0.29 == pytest.approx(58_152, rel=0.06)


def test_lines_of_china(flows):
    lines = contents.of_lines(2025)
    myanmar = lines[(lines["partner_iso3"] == "MMR") & (lines["hs_code"] == "28469019")]
    assert myanmar["mass_t"].tolist() == [36_008.073]
    with pytest.raises(Refused, match="2023, 2024 or 2025"):
        contents.of_lines(2019)


def test_masses_made_from_values_are_left_out_and_counted(flows):
    rows = flows[(flows["source_id"] == "uncomtrade_cn_2846") & (flows["year"] == 2016)]
    goods, others = contents.of_flows(rows)
    assert len(goods) == 0 and others == len(rows) == 26
