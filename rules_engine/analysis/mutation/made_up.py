"""Cases made from a ruleset's conditions alone: written out, and laid over a case that there is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from rules_engine.analysis.boundary.boundary_cases import boundary_cases
from rules_engine.analysis.mutation.moves import with_value
from rules_engine.model.case import Case
from rules_engine.model.catalog import Catalog
from rules_engine.model.fixture import Expectation, FixtureCase
from rules_engine.model.ruleset import Ruleset, Verdict
from rules_engine.model.values import Record, Value

_ANY_DAY = datetime(2026, 3, 10, 11, tzinfo=UTC)
_MOST = 400


def made_up(like: Sequence[FixtureCase], ruleset: Ruleset, catalog: Catalog) -> Iterator[FixtureCase]:
    """Cases at the edges of the conditions; laid over one of `like`, they convert where that one does.

    What they expect is still to be asked.
    """
    start = like[0].now if like else _ANY_DAY
    for case, now in boundary_cases(ruleset, catalog, start, _MOST):
        yield from (_laid_over(each, case, now) for each in like)
        yield _bare(case, now)


def _bare(case: Case, now: datetime) -> FixtureCase:
    expect = Expectation(Verdict.IGNORE)
    return FixtureCase(
        case.id, now, expect, facts=case.record, previous=case.previous, events=case.events, zone=case.zone,
        rates=case.rates,
    )  # fmt: skip


def _laid_over(fixture: FixtureCase, case: Case, now: datetime) -> FixtureCase:
    for path, value in _parts(case.record):
        fixture = with_value(fixture, path, value)
    before = None if case.previous is None else dict(_parts(case.previous))
    name = f"{fixture.name}, as {case.id}"
    return replace(fixture, name=name, events=case.events, previous=before, now=now, rates=case.rates)


def _parts(record: Record, prefix: str = "") -> Iterator[tuple[str, Value]]:
    """Every value by its path; a list is one value."""
    for name, value in record.items():
        if isinstance(value, Mapping) and value:
            yield from _parts(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
