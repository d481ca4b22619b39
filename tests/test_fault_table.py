"""The table of faults is that of the marks, and no case is without a test or a reason."""

import pytest

from tools import fault_table


def test_every_case_has_a_test_or_a_reason_and_never_both():
    listed = fault_table.catalogue()
    numbers = [n for first, last in listed["sections"].values() for n in range(first, last + 1)]
    assert numbers == list(listed["cases"]) == list(range(1, len(numbers) + 1))
    assert fault_table.problems(listed, fault_table.proofs()) == []


def test_the_committed_table_is_the_one_of_the_marks():
    fresh = fault_table.text(fault_table.catalogue(), fault_table.proofs())
    assert fault_table.TABLE.read_text(encoding="utf-8") == fresh, "run python tools/fault_table.py"


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ({1: ["a"]}, ["2: neither a test nor a reason"]),
        ({1: ["a"], 2: ["a"], 3: ["a"]}, ["3: a test and a reason"]),
        ({1: ["a"], 2: ["a"], 9: ["a"]}, ["9: not in tests/faults.yml"]),
    ],
)
def test_a_hole_or_a_contradiction_is_named(tests, said):
    listed = {"cases": {1: "x", 2: "x", 3: "x"}, "left_out": [{"cases": [3], "reason": "r"}]}
    assert fault_table.problems(listed, tests) == said


def test_marks_are_found_on_tests_and_on_their_parameters(tmp_path):
    (tmp_path / "test_x.py").write_text(
        "@pytest.mark.fault(1)\n@pytest.mark.parametrize('a', [pytest.param(1, marks=fault(2))])\ndef test_a(a): ...\n"
        "def helper(): fault(3)\n"
    )
    assert fault_table.proofs(tmp_path) == {1: ["test_x::test_a"], 2: ["test_x::test_a"]}
