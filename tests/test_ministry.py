"""A ministry's ten questions: each has an answer from the functions of the pages, or says what is not published."""

import pytest

from rareearth import tables
from rareearth.quantity import USD_M
from rareearth.reserves import country, cover, goods, japan_ndpr, licences, plans, pooling, stress


@pytest.fixture(scope="module")
def compared():
    return plans.comparison(plans.accounted()).set_index("plan_id")


def test_1_how_many_days_of_dysprosium_does_a_country_have():
    japan, korea = (cover.answer(plans.accounted(), code, "Dy") for code in ("JPN", "KOR"))
    assert japan["stock"] == "" and japan["missing"] == "stock and use" and japan["target"] == "60 days"
    assert "over 6 months" in korea["stock"] and korea["missing"] == "use"


def test_2_what_would_60_days_cost_a_year():
    cost = japan_ndpr.yearly_cost(60, 2025).set_index("Part")["Cost"]["all"]
    assert cost.unit == USD_M and 0 < cost.low < cost.value < cost.high


def test_3_which_law_lets_whom_draw(compared):
    law = compared[compared["Legal force"] == "law"]
    assert law.loc["US-01", "Who may draw"] == "national defence"
    # Where nobody is named, the row says so.
    assert "who may draw" in law.loc["CN-05", "Not published"]


def test_4_what_arrives_first_a_stock_or_a_plant(compared):
    months = compared["Months from announcement to operation"]
    assert months["US-13"] == "" and months["JP-16"] == "0"  # a right came in force in its month
    store = tables.select("plan_treatments", plan_id="KR-08", one=True)
    assert store["treatment"] == "budget_line"  # the building of a store: money, and no month of operation


def test_5_how_long_would_the_target_last_on_imports_from_china():
    table = cover.lasting(60).set_index("Place")
    assert table["Days of imports from China"]["United States"] == "69 to 93"
    assert table["Days of imports from China"]["Japan"] == "" and table["Note"]["Japan"]


def test_6_what_did_the_last_cut_take_from_us():
    assert stress.loss_2025("USA")["import_days"].value == pytest.approx(57.4, abs=0.1)
    assert stress.loss_2025("JPN")["import_days"] is None and stress.loss_2025("JPN")["missing"]


def test_7_which_stock_would_outlast_nearly_all_cuts_like_it():
    germany = country.exposure(*country.hit_most("DEU"), 1000, 1)
    safe = stress.stock_for(germany.fitted, 95)
    assert safe.unit == "days" and 30 < safe.value < 90


def test_8_what_do_elements_under_licence_cost_us():
    newest = licences.both_sides("Yttrium oxide").iloc[-1]
    assert newest["times"].mid > 30
    assert licences.both_sides("Samarium oxide").empty  # not published on both sides within days


def test_9_would_a_common_stock_save_money():
    members = goods.members("G7")
    saved = pooling.savings(members, (0, 100), 5, 1500, 3)
    assert saved[0] > 40 and saved[100] == pytest.approx(0, abs=1e-6)


def test_10_what_does_nobody_publish(compared):
    stores = compared[compared["Kind"].str.startswith("State store") & (compared["Rare earths"] == "yes")]
    assert stores["Not published"].str.contains("form held").sum() >= len(stores) - 1
    assert set(country.not_published("IND", country.plans_of(plans.accounted(), "IND"))) >= {
        "its consumption of rare earths in tonnes",
        "stocks of firms, and its own production of magnets and scrap",
    }
