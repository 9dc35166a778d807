"""The cases that would catch a ruleset's mutants: its own moved by one thing, or two, until the answers differ."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rules_engine.analysis.fixtures import Records, run_fixture
from rules_engine.analysis.mutation.answers import Probe, answer, probe
from rules_engine.analysis.mutation.made_up import made_up
from rules_engine.analysis.mutation.moves import Move, moves
from rules_engine.analysis.mutation.mutant import RulesetMutant
from rules_engine.evaluation.match import trace_rules
from rules_engine.evaluation.policies import at_its_rates
from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.cases_writer import write_cases
from rules_engine.model.catalog import Catalog
from rules_engine.model.decision import Trace, Truth
from rules_engine.model.errors import Problem, Unreadable
from rules_engine.model.fixture import Expectation, FixtureCase
from rules_engine.model.mapping import Mapping
from rules_engine.model.ruleset import Ruleset
from rules_engine.ports import Matcher

# Whether there is still time to search.
InTime = Callable[[], bool]


@dataclass(frozen=True)
class Subject:
    """A ruleset with its mapping, and what its cases are judged with."""

    ruleset: Ruleset
    mapping: Mapping | None
    records: Records
    matcher: Matcher
    catalog: Catalog

    def passes(self, fixture: FixtureCase) -> bool:
        """Whether the case is met."""
        return run_fixture(fixture, self.ruleset, self.mapping, self.records, self.matcher, self.catalog).passed

    def stands(self, fixture: FixtureCase) -> bool:
        """Whether the case can be written, is read back as it is, and is met.

        A choice that the catalog does not have cannot be written, an order that cannot be made is not met.
        """
        try:
            again = read_cases(write_cases((fixture,)), self.catalog)
        except Unreadable:
            return False
        return again == (fixture,) and self.passes(fixture)


@dataclass(frozen=True)
class Found:
    """The case that would catch each mutant, by the mutant's place among those searched for; None for the others.

    `finished` is false where the time was over before all was tried.
    """

    catches: tuple[FixtureCase | None, ...]
    finished: bool


def search(mutants: Sequence[RulesetMutant], bases: Sequence[Probe], subject: Subject, in_time: InTime) -> Found:
    """Each case that is tried is tried on all mutants that are left; it expects the original's answer."""
    found: dict[int, FixtureCase] = {}
    left = dict(enumerate(mutants))
    finished = not left
    for each in _tried(bases, subject) if left else ():
        if not in_time():
            break
        caught = [at for at, mutant in left.items() if _differs(mutant, each, subject)]
        case = replace(each.fixture, expect=Expectation(each.answer.verdict, each.answer.rule))
        if caught and subject.stands(case):
            found |= dict.fromkeys(caught, case)
            left = {at: mutant for at, mutant in left.items() if at not in found}
        if not left:
            break
    else:
        finished = True
    return Found(tuple(found.get(at) for at in range(len(mutants))), finished or not left)


def _differs(mutant: RulesetMutant, at: Probe, subject: Subject) -> bool:
    return answer(mutant.ruleset, subject.ruleset, at, subject.matcher) != at.answer


def _tried(bases: Sequence[Probe], subject: Subject) -> Iterator[Probe]:
    """The cheapest first: one thing moved, cases made from the conditions alone, then both moved once more."""
    once = list(_moved(bases, subject))
    yield from once
    new = list(_fixed(made_up([each.fixture for each in bases[:1]], subject.ruleset, subject.catalog), subject))
    yield from new
    known = {_shape(each, subject) for each in bases}
    yield from _moved(_unlike(new, known, subject), subject)
    yield from _moved(_unlike(once, known, subject), subject)


def _moved(bases: Iterable[Probe], subject: Subject) -> Iterator[Probe]:
    for base in bases:
        found = moves(base, subject.ruleset, subject.matcher, subject.catalog)
        yield from _fixed((_by(base.fixture, each) for each in found), subject)


def _by(fixture: FixtureCase, move: Move) -> FixtureCase:
    return replace(move.change(fixture), name=f"{fixture.name}, {move.words}")


def _fixed(fixtures: Iterable[FixtureCase], subject: Subject) -> Iterator[Probe]:
    for each in fixtures:
        try:
            yield probe(each, subject.ruleset, subject.records, subject.matcher)
        except Problem:
            continue  # the move took away the record that another value of the case is for


def _unlike(probes: Sequence[Probe], known: set[tuple[Truth, ...]], subject: Subject) -> Iterator[Probe]:
    """Those that show the conditions in another constellation than all before: there is something new around them."""
    for each in probes:
        shape = _shape(each, subject)
        if shape not in known:
            known.add(shape)
            yield each


def _shape(at: Probe, subject: Subject) -> tuple[Truth, ...]:
    case = at_its_rates(subject.ruleset, at.case)
    return tuple(one for rule in trace_rules(subject.ruleset, case, at.now) for one in _truths(rule.trace))


def _truths(trace: Trace) -> Iterator[Truth]:
    yield trace.truth
    for each in trace.children:
        yield from _truths(each)
