"""Cases that others published, asked of both matchers: every one that can be said here gets their answer."""

import pytest

from tests.conformance.report import read_cases, report
from tests.conftest import ROOT

FILE = ROOT.parent / "shared" / "conformance" / "cases.jsonl"
# What our conditions do not say, and why.
LACKING = {
    "no comparison of whole lists and records",  # a rule asks about their fields and records
    "a pattern is RE2's: no reference back, no blocks of Unicode by name",
    "a pattern is RE2's: nothing is taken away from a class of characters, spaces count",
    "no field of the whole inside a where",
    "yes and no have no order",
    "no time of day with an offset",
    "no pattern that is null, empty or a list",
}

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the published cases are not beside this project")


@pytest.fixture(scope="module")
def cases():
    return read_cases(FILE)


def test_every_portable_case_that_can_be_said_gets_the_answer_of_its_suite(cases, capsys):
    found = report(each for each in cases if each["portable"])
    with capsys.disabled():
        print(f"\n[conformance] portable: {found}")
    assert found.wrong == []
    assert set(found.lacking) == LACKING
    assert found.written >= 0.92 * found.cases


def test_no_case_of_any_kind_makes_the_two_matchers_differ(cases):
    assert report(cases).differing == []
