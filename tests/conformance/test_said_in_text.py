"""What the translation says can also be written in a ruleset's text: what the reader refuses is counted apart."""

from collections import Counter

import pytest

from rules_engine.formats.ruleset_text import read_ruleset, write_ruleset
from rules_engine.model.errors import Unreadable
from rules_engine.model.ruleset import Outcome, Rule, Ruleset, Step, Verdict
from tests.conformance.test_published_cases import FILE, cases
from tests.conformance.translate import Inexpressible, condition
from tests.conformance.written import catalog_for

# Why a condition that the matchers understand is no valid text, by the words of the finding.
REFUSED = {
    "is not for": "order is for amounts and days, not for text or yes and no",
    "is compared with nothing": "nothing is compared with an empty text: `is_empty` is there for that",
    "is a number, and here stands": "no number of more than 28 digits",
}

pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the published cases are not beside this project")


def refusals(case) -> set[str]:
    """The reasons why the case cannot be written, none where it reads back as it was. Raises Inexpressible."""
    when = condition(case["condition"])
    ruleset = Ruleset("p", "P", Step.OPPORTUNITY_TO_QUOTE, (Rule("r", "R", when, Outcome(Verdict.CONVERT)),))
    try:
        again = read_ruleset(write_ruleset(ruleset), catalog_for(when))
    except Unreadable as error:
        return {_reason(each.message) for each in error.findings}
    assert again == ruleset, case["id"]
    return set()


def _reason(message: str) -> str:
    return next((why for words, why in REFUSED.items() if words in message), message)


def test_what_is_said_reads_back_as_it_was_or_is_refused_for_a_known_reason(capsys):
    count, refused, unlisted = Counter(), Counter(), []
    for case in cases():
        try:
            reasons = refusals(case)
        except Inexpressible:
            continue
        kind = "portable" if case["portable"] else "other"
        count[kind, "refused" if reasons else "written"] += 1
        refused.update(reasons)
        unlisted += [(case["id"], each) for each in reasons - set(REFUSED.values())]
    with capsys.disabled():
        print(f"\n[conformance] written as text: {dict(count)}; refused: {dict(refused)}")
    assert unlisted == []
    assert set(refused) == set(REFUSED.values())
    assert count["portable", "written"] >= 373
