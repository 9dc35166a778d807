"""The case that would catch a mapping's mutant: a target field that no case expects, on values that show it."""

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import chain

from rules_engine.analysis.mutation.answers import Probe, probe
from rules_engine.analysis.mutation.moves import with_value
from rules_engine.analysis.mutation.mutant import MappingMutant
from rules_engine.analysis.mutation.search import InTime, Subject
from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.model.catalog import Field, Type
from rules_engine.model.errors import Problem
from rules_engine.model.fixture import FixtureCase
from rules_engine.model.mapping import FieldMapping, Mapping
from rules_engine.model.ruleset import Verdict
from rules_engine.model.values import Money, Scalar, Value, get, identity, leaves

CONVERTING = (Verdict.CONVERT, Verdict.PROPOSE)


def catch_mapping(
    mutant: MappingMutant, grown: tuple[Probe, ...], bases: tuple[Probe, ...], subject: Subject, in_time: InTime
) -> FixtureCase | None:
    """A case that expects what the original mapping makes where the mutant makes something else.

    `grown` are cases found for other mutants: such a one is given one more expected field where that will do, so that
    one case grows to catch many. What it expects already stays.
    """
    kept = {id(each) for each in grown}
    converting = [each for each in (*grown, *bases) if each.answer.verdict in CONVERTING]
    filled = ((one, base) for base in converting for one in _filled(base, mutant.target, subject))
    for each, base in chain(((one, one) for one in converting), filled):
        if not in_time() or subject.mapping is None:
            return None
        found = _difference(each, subject.mapping, mutant, subject, kept=id(base) in kept)
        if found is not None and subject.stands(found):
            return found
    return None


def _difference(
    at: Probe, mapping: Mapping, mutant: MappingMutant, subject: Subject, *, kept: bool
) -> FixtureCase | None:
    context = Context(at.case.zone, at.now, catalog=subject.catalog, rates=at.case.rates)
    made, other = (dict(leaves(convert(at.case.record, each, context).document)) for each in (mapping, mutant.mapping))
    expected = at.fixture.expect.fields
    differing = [path for path, value in made.items() if other.get(path) != value and not (kept and path in expected)]
    # What the field itself is to hold says more than what was carried over in its place.
    path = min(differing, key=lambda each: not _bare(each).startswith(mutant.target), default=None)
    if path is None:
        return None
    return replace(at.fixture, expect=replace(at.fixture.expect, fields={**expected, path: made[path]}))


def _bare(path: str) -> str:
    """The path without the names of records in brackets."""
    head, _, rest = path.partition("[")
    return f"{head}{_bare(rest.partition(']')[2])}" if rest else head


def _filled(base: Probe, target: str, subject: Subject) -> Iterator[Probe]:
    """The base with other values in the field's sources: filled, emptied, in another spelling."""
    for path, known in _sources(base, target, subject):
        for value in _samples(known, subject):
            try:
                fixture = with_value(base.fixture, path, value)
                found = probe(fixture, subject.ruleset, subject.records, subject.matcher)
            except Problem:
                continue
            if found.answer == base.answer:
                yield found


def _sources(base: Probe, target: str, subject: Subject) -> Iterator[tuple[str, Field | None]]:
    """(path in the case, its field) of each source of the target field, once a record where it is one of lines."""
    mapping = subject.mapping
    if mapping is None:
        return
    for field in mapping.fields:
        if field.target == target:
            yield from ((path, subject.catalog.find("case", path)) for path in field.sources)
    for lines in mapping.lines:
        items = get(base.case.record, lines.source)
        names = [identity(each, at) for at, each in enumerate(items)] if isinstance(items, tuple) else []
        for field in lines.fields:
            if f"{lines.target}.{field.target}" == target:
                yield from _of_lines(field, lines.source, names, subject)


def _of_lines(
    field: FieldMapping, source: str, names: list[str], subject: Subject
) -> Iterator[tuple[str, Field | None]]:
    for path in field.sources:
        if path.startswith("^."):
            yield path[2:], subject.catalog.find("case", path[2:])
            continue
        known = subject.catalog.find("case", f"{source}.{path}")
        yield from ((f"{source}[{name}].{path}", known) for name in names)


_SAMPLES: Dict[Type, tuple[Scalar, ...]] = {
    Type.NUMBER: (Decimal(7),),
    Type.PERCENT: (Decimal(7),),
    Type.MONEY: (Money(Decimal(7), "EUR"),),
    Type.BOOLEAN: (True, False),
    Type.DATE: (date(2026, 7, 1),),
    Type.DATETIME: (datetime.fromisoformat("2026-07-01T09:00:00+02:00"),),
}
_TEXTS = ("Another Text", " Another Text ", "Another text " * 40, "")


def _samples(known: Field | None, subject: Subject) -> Iterator[Value]:
    yield None
    if known is None or known.type in (Type.TEXT, Type.RICH_TEXT, Type.REFERENCE):
        yield from _TEXTS
    elif known.type is Type.RECORD:
        inner = subject.catalog.types.get(known.of)
        texts = [name for name, each in inner.fields.items() if each.type is Type.TEXT] if inner else []
        yield {name: "Another Text" for name in texts[:1] or ["Note"]}
    elif known.choices:
        yield from (each.code for each in known.choices)
    else:
        yield from _SAMPLES.get(known.type, ())
