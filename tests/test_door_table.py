"""Every door into the program has a check and a test that holds it, as docs/doors.md says."""

import pytest

from tools import door_table


@pytest.mark.fault(173)
def test_every_door_has_a_check_that_a_test_holds():
    assert door_table.problems(door_table.found(), door_table.listed(), door_table.every_test()) == []


def test_the_committed_table_is_current():
    fresh = door_table.text(door_table.listed())
    assert door_table.TABLE.read_text(encoding="utf-8") == fresh, "run python -m tools.door_table"


def test_a_new_door_and_a_lost_test_are_named():
    entry = {"doors": ["a", "c"], "checked": "x", "tests": ["test_x::test_y"]}
    said = door_table.problems({"Kind": {"a", "b"}}, {"Kind": [entry]}, set())
    assert said == ["Kind: b has no check", "Kind: c is no door", "Kind: there is no test test_x::test_y"]
