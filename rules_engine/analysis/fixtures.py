"""A ruleset's cases run: what was expected, what came, and why."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.sentence import value_text
from rules_engine.model.case import Case
from rules_engine.model.catalog import Catalog
from rules_engine.model.conversion import Conversion
from rules_engine.model.decision import Decision
from rules_engine.model.errors import Problem
from rules_engine.model.finding import Severity
from rules_engine.model.fixture import FixtureCase, overridden
from rules_engine.model.mapping import Mapping
from rules_engine.model.ruleset import Ruleset, Verdict
from rules_engine.model.values import MISSING, Missing, Record, Value, leaves
from rules_engine.ports import Matcher

# The case's record from the name of a fixture file and the time zone to read it in; raises Problem where the file is
# missing or cannot be read.
Records: TypeAlias = Callable[[str, str], Record]


@dataclass(frozen=True)
class FixtureResult:
    """`failures` are in words, empty where all is as expected; `conversion` made the target document, if one was."""

    fixture: FixtureCase
    failures: tuple[str, ...]
    decision: Decision | None = None
    conversion: Conversion | None = None

    @property
    def passed(self) -> bool:
        return not self.failures


def run_fixture(
    fixture: FixtureCase,
    ruleset: Ruleset,
    mapping: Mapping | None,
    records: Records,
    matcher: Matcher,
    catalog: Catalog,
) -> FixtureResult:
    """Decide the case as its clock says, convert it where the decision says so, and compare."""
    try:
        case = fixture_case(fixture, records)
    except Problem as problem:
        return FixtureResult(fixture, (str(problem),))
    decision = evaluate(ruleset, case, fixture.now, matcher, catalog)
    converts = decision.verdict in (Verdict.CONVERT, Verdict.PROPOSE) and mapping is not None
    context = Context(fixture.zone, fixture.now, catalog=catalog)
    conversion = convert(case.record, mapping, context) if converts and mapping else None
    failures = (*_verdict_failures(fixture, decision), *_field_failures(fixture, conversion))
    return FixtureResult(fixture, failures, decision, conversion)


def fixture_case(fixture: FixtureCase, records: Records) -> Case:
    """The case as the fixture describes it. Raises Problem where its record cannot be read."""
    record = records(fixture.record, fixture.zone) if fixture.record else fixture.facts
    for name in fixture.also:
        record = {**record, **records(name, fixture.zone)}
    try:
        now = overridden(record, fixture.overrides)
        before = None if fixture.previous is None else overridden(now, fixture.previous)
    except KeyError as path:
        raise Problem(f"`{path.args[0]}` names a record of a list that `{fixture.record}` does not have") from None
    return Case(fixture.name, now, fixture.events, before, zone=fixture.zone)


def _verdict_failures(fixture: FixtureCase, decision: Decision) -> Iterator[str]:
    expect = fixture.expect
    because = f", because `{decision.rule}` matched first" if decision.rule else f": {decision.reason}"
    if decision.verdict is not expect.verdict:
        yield f"expected {expect.verdict.value}, got {decision.verdict.value}{because}"
    elif expect.rule and decision.rule != expect.rule:
        yield f"expected rule `{expect.rule}` to decide, got {f'`{decision.rule}`' if decision.rule else 'none'}"
    if expect.reason and expect.reason.lower() not in decision.reason.lower():
        yield f"expected a reason with `{expect.reason}`, got `{decision.reason}`"


def _field_failures(fixture: FixtureCase, conversion: Conversion | None) -> Iterator[str]:
    if not fixture.expect.fields and conversion is None:
        return
    if conversion is None:
        yield "expected fields of the target document, and none was made"
        return
    for problem in conversion.problems:
        if problem.severity is Severity.ERROR:
            yield f"the conversion would be held: {problem}"
    found = {path.removeprefix("."): value for path, value in leaves(conversion.document)}
    for path, expected in fixture.expect.fields.items():
        got: Value | Missing = found.get(path, MISSING)
        if got != expected:
            yield f"expected `{path}` to be {value_text(expected)}, got {value_text(got)}"
