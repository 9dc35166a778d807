"""Cases that others published, asked of both matchers: every one that can be said here gets their answer."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from rules_engine.durable_matcher import DurableMatcher
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.model.case import Case
from rules_engine.model.ruleset import Outcome, Rule, Ruleset, Step, Verdict
from tests.conformance.translate import Inexpressible, condition, record, walked
from tests.conftest import ROOT

FILE = ROOT.parent / "shared" / "conformance" / "cases.jsonl"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
# Where we mean something else on purpose, and why.
DELIBERATE = {
    "dmn-tck/1110-feel-contains-function/008_cf1311586a/feel-contains-function_008_cf1311586a": (
        "an empty text is empty here, and a comparison with an empty value is unknown"
    ),
}

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the published cases are not beside this project")


def cases():
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()] if FILE.exists() else []


def answers(case) -> tuple[bool, bool]:
    """What the reference and the production matcher say. Raises Inexpressible."""
    rule = Rule("r", "R", condition(case["condition"]), Outcome(Verdict.CONVERT))
    ruleset = Ruleset("published", "Published", Step.OPPORTUNITY_TO_QUOTE, (rule,))
    asked = Case("1", record(case["data"], case["types"], walked(case["condition"])))
    return tuple(bool(matcher.match(ruleset, asked, NOW)) for matcher in (ReferenceMatcher(), MATCHER))


MATCHER = DurableMatcher(capacity=4)


def test_every_portable_case_that_can_be_said_gets_the_answer_of_its_suite(capsys):
    wrong, count, lacking = [], Counter(), Counter()
    for case in cases():
        if not case["portable"]:
            continue
        count["portable"] += 1
        try:
            found = answers(case)
        except Inexpressible as why:
            lacking[str(why)] += 1
            continue
        count["said"] += 1
        if found != (case["matches"], case["matches"]) and case["id"] not in DELIBERATE:
            wrong.append((case["id"], found, case["matches"]))
    with capsys.disabled():
        print(
            f"\n[conformance] {count['said']} of {count['portable']} portable cases can be said; not: {dict(lacking)}"
        )
    assert wrong == []
    assert count["said"] >= 440


def test_no_case_of_any_kind_makes_the_two_matchers_differ():
    differing = []
    for case in cases():
        try:
            reference, production = answers(case)
        except Inexpressible:
            continue
        if reference is not production:
            differing.append(case["id"])
    assert differing == []


def test_a_deliberate_difference_is_still_one():
    known = {case["id"]: case for case in cases()}
    assert [each for each in DELIBERATE if answers(known[each])[0] is known[each]["matches"]] == []
