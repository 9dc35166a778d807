"""A ruleset's cases run: what was expected, what came, and why."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from rules_engine.analysis.expectations import failures
from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.model.case import Case, Event
from rules_engine.model.catalog import Catalog
from rules_engine.model.conversion import Conversion
from rules_engine.model.decision import Decision
from rules_engine.model.errors import Problem
from rules_engine.model.finding import Severity
from rules_engine.model.fixture import FixtureCase, Moment, heard, overridden
from rules_engine.model.mapping import Mapping
from rules_engine.model.ruleset import Ruleset, Verdict
from rules_engine.model.values import Record, Value
from rules_engine.ports import Matcher

# The case's record from the name of a fixture file and the time zone to read it in; raises Problem where the file is
# missing or cannot be read.
Records: TypeAlias = Callable[[str, str], Record]


@dataclass(frozen=True)
class MomentResult:
    """One instant of a case: `failures` in words, empty where all is as expected."""

    moment: Moment
    failures: tuple[str, ...]
    decision: Decision
    conversion: Conversion | None = None


@dataclass(frozen=True)
class FixtureResult:
    """`failures` are in words, empty where all is as expected; `conversion` made the target document, if one was.

    Of a case in steps, `decision` and `conversion` are those of the first step that failed, or else of the last one;
    `moments` holds all of them. `seconds` is how long it took, None where nobody measured.
    """

    fixture: FixtureCase
    failures: tuple[str, ...]
    decision: Decision | None = None
    conversion: Conversion | None = None
    moments: tuple[MomentResult, ...] = ()
    seconds: float | None = None

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
    """Decide each moment of the case as its clock says, convert it where the decision says so, and compare."""
    done: list[MomentResult] = []
    made: dict[str, Record] = {}
    try:
        for moment, case in _sequence(fixture, records, made):
            done.append(_judge(moment, case, ruleset, mapping, matcher, catalog))
            _keep(made, done[-1], ruleset.step.target)
    except Problem as problem:
        return FixtureResult(fixture, (*_said(fixture, done), str(problem)), moments=tuple(done))
    shown = next((each for each in done if each.failures), done[-1])
    return FixtureResult(fixture, tuple(_said(fixture, done)), shown.decision, shown.conversion, tuple(done))


def fixture_case(fixture: FixtureCase, records: Records) -> Case:
    """The case as the fixture describes it at its `now`. Raises Problem where its record cannot be read.

    Of a case in steps, those after `now` have not happened yet.
    """
    found = list(_sequence(fixture, records, {}))
    past = [case for moment, case in found if moment.now <= fixture.now]
    return past[-1] if past else found[0][1]


def _judge(
    moment: Moment, case: Case, ruleset: Ruleset, mapping: Mapping | None, matcher: Matcher, catalog: Catalog
) -> MomentResult:
    decision = evaluate(ruleset, case, moment.now, matcher, catalog)
    converts = decision.verdict in (Verdict.CONVERT, Verdict.PROPOSE) and mapping is not None
    context = Context(case.zone, moment.now, catalog=catalog, rates=case.rates)
    conversion = convert(case.record, mapping, context) if converts and mapping else None
    wrong = failures(moment.expect, decision, case.record, mapping, conversion)
    return MomentResult(moment, wrong, decision, conversion)


def _said(fixture: FixtureCase, done: list[MomentResult]) -> Iterator[str]:
    """The failures, each with its step where there are several."""
    for number, each in enumerate(done, 1):
        name = f"step {number}{f' (`{each.moment.what}`)' if each.moment.what else ''}: "
        yield from (f"{name if fixture.steps else ''}{failure}" for failure in each.failures)


# --- the case at each moment -----------------------------------------------------------------------------------


def _sequence(fixture: FixtureCase, records: Records, made: dict[str, Record]) -> Iterator[tuple[Moment, Case]]:
    """Each moment with its case; what is put into `made` in between stands in the cases that follow."""
    record = _put(_read(fixture, records), fixture, fixture.overrides)
    events: list[Event] = [*fixture.events]
    before: Record | None = None
    for number, moment in enumerate(fixture.moments):
        record = _put(record, fixture, moment.overrides)
        events += moment.events
        if number == 0 or before is None:
            before = _previous(fixture, records, record)
        else:
            before = {**before, **_documents(before, made)}
        seen = {**record, **_documents(record, made)}
        yield moment, _case(fixture, seen, events, before)
        before = record


def _case(fixture: FixtureCase, record: Record, events: list[Event], before: Record | None) -> Case:
    return Case(
        fixture.name,
        record,
        heard(events),
        before,
        rates=fixture.rates,
        zone=fixture.zone,
        fiscal_start=fixture.fiscal_start,
        rates_on=fixture.rates_on,
    )


def _read(fixture: FixtureCase, records: Records) -> Record:
    record = records(fixture.record, fixture.zone) if fixture.record else fixture.facts
    for name in fixture.also:
        record = {**record, **records(name, fixture.zone)}
    return record


def _previous(fixture: FixtureCase, records: Records, record: Record) -> Record | None:
    if fixture.previous_record:
        return records(fixture.previous_record, fixture.zone)
    return None if fixture.previous is None else _put(record, fixture, fixture.previous)


def _put(record: Record, fixture: FixtureCase, overrides: Record) -> Record:
    try:
        return overridden(record, overrides)
    except KeyError as path:
        words = f"`{path.args[0]}` names a record of a list that `{fixture.record or fixture.name}` does not have"
        raise Problem(words) from None


def _keep(made: dict[str, Record], result: MomentResult, target: str) -> None:
    """What converts is converted once, and a document with errors is held: as in the pipeline."""
    conversion = result.conversion
    broken = conversion is None or any(each.severity is Severity.ERROR for each in conversion.problems)
    if conversion is not None and not broken and result.decision.verdict is Verdict.CONVERT:
        made.setdefault(target, conversion.document)


def _documents(record: Record, made: dict[str, Record]) -> Record:
    """The lists of documents with those that were made, as the pipeline has them; the quote is the primary one, too."""
    found: dict[str, Value] = {}
    for target, document in made.items():
        there = record.get(f"{target}s")
        found[f"{target}s"] = (*(there if isinstance(there, tuple) else ()), document)
        if target == "quote":
            found["quote"] = document
    return found
