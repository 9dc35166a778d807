"""Every mutant of a ruleset and its mapping run over its cases, and for those that survive the case that lacks."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from rules_engine.analysis.fixtures import FixtureResult, run_fixture
from rules_engine.analysis.mutation.answers import Probe, answer, probe
from rules_engine.analysis.mutation.equivalent import why_equivalent
from rules_engine.analysis.mutation.mapping_search import CONVERTING, catch_mapping
from rules_engine.analysis.mutation.mappings import mapping_mutants
from rules_engine.analysis.mutation.mutant import Fate, MappingMutant, Report, Result, RulesetMutant
from rules_engine.analysis.mutation.rulesets import ruleset_mutants
from rules_engine.analysis.mutation.search import InTime, Subject, search
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.model.fixture import FixtureCase


def failing(cases: tuple[FixtureCase, ...], subject: Subject) -> tuple[FixtureResult, ...]:
    """The cases that the ruleset does not meet as it stands: with one of them nothing can be said of mutants."""
    results = (
        run_fixture(each, subject.ruleset, subject.mapping, subject.records, subject.matcher, subject.catalog)
        for each in cases
    )
    return tuple(each for each in results if not each.passed)


def mutate(cases: tuple[FixtureCase, ...], subject: Subject, in_time: InTime = lambda: True) -> Report:
    """What became of each mutant, in the order of the texts. Every case must be met by the ruleset itself.

    `in_time` bounds the search for further cases alone; the mutants are always run.
    """
    bases = tuple(_probe(_at_the_end(each), subject) for each in cases)
    sequences = tuple(each for each in cases if each.steps)
    singles = tuple(each for each in bases if each.fixture.name not in {one.name for one in sequences})
    results = [
        *(_ruleset_fate(each, singles, sequences, subject) for each in _ruleset_mutants(subject)),
        *(_mapping_fate(each, singles, sequences, subject) for each in _mapping_mutants(subject)),
    ]
    return Report(tuple(_searched(results, bases, subject, in_time)))


def _ruleset_mutants(subject: Subject) -> Iterator[RulesetMutant]:
    return ruleset_mutants(subject.ruleset, subject.catalog)


def _mapping_mutants(subject: Subject) -> tuple[MappingMutant, ...]:
    return tuple(mapping_mutants(subject.mapping, subject.catalog)) if subject.mapping is not None else ()


def _probe(fixture: FixtureCase, subject: Subject) -> Probe:
    return probe(fixture, subject.ruleset, subject.records, subject.matcher)


def _at_the_end(fixture: FixtureCase) -> FixtureCase:
    """A case in steps as one instant: all that was changed and happened, without what was made in between."""
    overrides, events = dict(fixture.overrides), fixture.events
    for step in fixture.steps:
        overrides.update(step.overrides)
        events += step.events
    return replace(fixture, overrides=overrides, events=events, steps=())


# --- killed, equivalent, or not --------------------------------------------------------------------------------


def _ruleset_fate(
    mutant: RulesetMutant, singles: tuple[Probe, ...], sequences: tuple[FixtureCase, ...], subject: Subject
) -> Result:
    """The mapping is the same, so that the fields are those expected wherever verdict and rule are.

    In a case in steps, what was converted before counts: it is run as a whole.
    """
    changed = replace(subject, ruleset=mutant.ruleset)
    killers = chain(
        (each.fixture.name for each in singles if _kills(each, mutant, subject)),
        (each.name for each in sequences if not changed.passes(each)),
    )
    killer = next(killers, "")
    if killer:
        return Result(mutant, Fate.KILLED, killer)
    proof = why_equivalent(subject.ruleset, mutant.ruleset)
    return Result(mutant, Fate.EQUIVALENT if proof else Fate.SURVIVED, proof)


def _kills(at: Probe, mutant: RulesetMutant, subject: Subject) -> bool:
    expect = at.fixture.expect
    if not answer(mutant.ruleset, subject.ruleset, at, subject.matcher).meets(expect):
        return True
    if not expect.reason:
        return False
    reason = evaluate(mutant.ruleset, at.case, at.now, subject.matcher, subject.catalog).reason
    return expect.reason.lower() not in reason.lower()


def _mapping_fate(
    mutant: MappingMutant, singles: tuple[Probe, ...], sequences: tuple[FixtureCase, ...], subject: Subject
) -> Result:
    """Where nothing is converted, no mapping is used; cases that expect most fields are asked first."""
    changed = replace(subject, mapping=mutant.mapping)
    converting = [each.fixture for each in singles if each.answer.verdict in CONVERTING]
    converting.sort(key=lambda each: -len(each.expect.fields))
    killer = next((each.name for each in (*converting, *sequences) if not changed.passes(each)), "")
    return Result(mutant, Fate.KILLED if killer else Fate.SURVIVED, killer)


# --- what would catch the survivors ----------------------------------------------------------------------------


def _searched(results: list[Result], bases: tuple[Probe, ...], subject: Subject, in_time: InTime) -> Iterator[Result]:
    """The survivors with a case that would catch them, where one is found."""
    survived = [each for each in results if each.fate is Fate.SURVIVED]
    # What is lost in the mapping is quickly found, and comes first.
    fields = iter(tuple(_fields_searched(survived, bases, subject, in_time)))
    mutants = [each.mutant for each in survived if isinstance(each.mutant, RulesetMutant)]
    found = search(mutants, bases, subject, in_time)
    rules = iter(found.catches)
    for each in results:
        if each.fate is not Fate.SURVIVED:
            yield each
        elif isinstance(each.mutant, MappingMutant):
            yield next(fields)
        else:
            catching = next(rules)
            yield replace(each, catch=catching, searched=found.finished or catching is not None)


def _fields_searched(
    survived: list[Result], bases: tuple[Probe, ...], subject: Subject, in_time: InTime
) -> Iterator[Result]:
    """A case found for one mutant is tried on the next, so that it grows to catch many."""
    grown: tuple[Probe, ...] = ()
    for each in survived:
        if isinstance(each.mutant, MappingMutant):
            catching = _named(catch_mapping(each.mutant, grown, bases, subject, in_time), grown)
            grown = _grown(grown, _probe(catching, subject)) if catching is not None else grown
            yield replace(each, catch=catching, searched=catching is not None or in_time())


def _grown(grown: tuple[Probe, ...], latest: Probe) -> tuple[Probe, ...]:
    """The case that grew takes the place of what it grew from."""
    names = [each.fixture.name for each in grown]
    if latest.fixture.name not in names:
        return (*grown, latest)
    return tuple(latest if name == latest.fixture.name else each for name, each in zip(names, grown, strict=True))


def _named(fixture: FixtureCase | None, grown: tuple[Probe, ...]) -> FixtureCase | None:
    """A case that grew from one of the ruleset's own has a name of its own."""
    names = [each.fixture.name for each in grown]
    if fixture is None or fixture.name in names:
        return fixture
    name = f"{fixture.name}, field by field"
    return replace(fixture, name=f"{name} {len(names) + 1}" if name in names else name)
