"""Published cases asked of the matchers: how many can be said here, and whether the answers are the published ones."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any as Json

from rules_engine.durable_matcher import DurableMatcher
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.formats.ruleset_text import read_ruleset, write_ruleset
from rules_engine.model.case import Case
from rules_engine.model.errors import Unreadable
from rules_engine.model.ruleset import Outcome, Rule, Ruleset, Step, Verdict
from tests.conformance.translate import Inexpressible, condition, record, walked
from tests.conformance.written import TwoTypes, catalog_for

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MATCHER = DurableMatcher(capacity=4)


@dataclass
class Report:
    """`lacking` counts the reasons why a case cannot be said, as a condition or as text; `wrong` are the ids."""

    cases: int = 0
    written: int = 0
    lacking: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        share = 100 * self.written / self.cases if self.cases else 0
        lacking = "".join(f"\n  {count:4}  {why}" for why, count in self.lacking.most_common())
        return (
            f"{self.written} of {self.cases} cases ({share:.1f} %) can be written, "
            f"{len(self.wrong)} of them answered otherwise than published, {len(self.differing)} on which the "
            f"matchers differ{lacking}"
        )


def read_cases(file: Path) -> list[Mapping[str, Json]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def report(cases: Iterable[Mapping[str, Json]]) -> Report:
    found = Report()
    for case in cases:
        found.cases += 1
        try:
            answers = ask(case)
        except (Inexpressible, TwoTypes) as why:
            found.lacking[str(why)] += 1
            continue
        except Unreadable as unreadable:
            found.lacking[unreadable.findings[0].message] += 1
            continue
        found.written += 1
        if len(set(answers)) > 1:
            found.differing.append(case["id"])
        if answers[0] is not case["matches"]:
            found.wrong.append(case["id"])
    return found


def ask(case: Mapping[str, Json]) -> tuple[bool, bool]:
    """What the reference and the production matcher say of the condition, written as text and read back.

    Raises Inexpressible, TwoTypes, or Unreadable where the text is refused.
    """
    when = condition(case["condition"])
    asked = Case("1", record(case["data"], case["types"], walked(case["condition"])))
    rule = Rule("r", "R", when, Outcome(Verdict.CONVERT))
    ruleset = Ruleset("published", "Published", Step.OPPORTUNITY_TO_QUOTE, (rule,))
    again = read_ruleset(write_ruleset(ruleset), catalog_for(when))
    if again != ruleset:
        raise AssertionError(f"{case['id']} does not read back as it was written")
    reference, production = (bool(each.match(again, asked, NOW)) for each in (ReferenceMatcher(), MATCHER))
    return reference, production
