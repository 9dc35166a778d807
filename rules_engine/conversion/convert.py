"""The one conversion: native record to case, case to quote or order, quote or order to native payload."""

from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Dict
from dataclasses import dataclass, field, replace

from rules_engine.conversion.carry_over import CarriedOver, Rest, carry_over, label
from rules_engine.conversion.context import Context
from rules_engine.conversion.fill import Scope
from rules_engine.conversion.ledger import drop_reason, ledger
from rules_engine.conversion.parts import Part, part, without
from rules_engine.conversion.wording import kind_of
from rules_engine.model.catalog import Type
from rules_engine.model.conversion import Conversion, SourceValue
from rules_engine.model.finding import Finding
from rules_engine.model.mapping import LinesMapping, Mapping
from rules_engine.model.values import Missing, Record, Value, get, identity, leaves, put


@dataclass(frozen=True)
class _Line:
    """A line in the making: which lines mapping made it, and what its source is called in the source document."""

    mapping: LinesMapping
    path: str
    source: Value
    part: Part


@dataclass(frozen=True)
class _Lines:
    """All lines of all lines mappings; `empty` is what each target list holds where it gets no line."""

    lines: tuple[_Line, ...] = ()
    empty: Dict[str, Value] = field(default_factory=dict)
    problems: tuple[Finding, ...] = ()
    reasons: Dict[str, str] = field(default_factory=dict)


def convert(document: Record, mapping: Mapping, context: Context) -> Conversion:
    """The target document, where every leaf of it comes from, and what became of every leaf of `document`.

    Bad data is a finding in `problems`, never an exception; a look-up's Retryable passes through. A null source
    leaves its target out, except in a case, which remembers that the system sent a null. A source list's lines keep
    their order; two lines mappings to one target list follow one another.
    """
    lines = _lines(document, mapping, context)
    header = part(mapping.fields, Scope(document, mapping.target_type), context)
    for target in lines.empty:
        header = without(header, target)
    rest, reasons = _rest(document, mapping, (header, *(line.part for line in lines.lines)))
    lines, kept = _with_own_rest(lines, rest, mapping, context)
    left = [each for each in rest if each.path not in kept]
    carried = _with_rest(_assembled(header, lines), left, mapping, context)
    problems = (*header.problems, *lines.problems, *(each for line in lines.lines for each in line.part.problems))
    accounts = ledger(
        document, carried.part.lineage, kept | carried.sources, {**reasons, **lines.reasons, **carried.reasons}
    )
    return Conversion(carried.part.record, carried.part.lineage, accounts, problems)


def _lines(document: Record, mapping: Mapping, context: Context) -> _Lines:
    made = _Lines()
    for each in mapping.lines:
        source = get(document, each.source)
        if isinstance(source, Missing):
            continue
        if source is None:
            keep = {each.target: None} if mapping.target_type == "case" else {}
            made = replace(made, empty={**made.empty, **keep})
        elif isinstance(source, tuple) and all(isinstance(item, Dict) for item in source):
            made = replace(
                made,
                lines=(*made.lines, *_each_line(document, source, each, mapping, context)),
                empty={**made.empty, each.target: ()},
                problems=(*made.problems, *_repeated(source, each)),
            )
        else:
            made = replace(
                made,
                problems=(*made.problems, _no_list(source, each)),
                reasons={**made.reasons, **{path: "not a list of records" for path, _ in leaves(source, each.source)}},
            )
    return made


def _each_line(
    document: Record, source: Sequence[Value], lines: LinesMapping, mapping: Mapping, context: Context
) -> Iterator[_Line]:
    for position, item in enumerate(source):
        if isinstance(item, Dict):
            path = f"{lines.source}[{identity(item, position)}]"
            scope = Scope(item, mapping.target_type, path, document, lines.target)
            yield _Line(lines, path, item, part(lines.fields, scope, context))


def _repeated(source: Sequence[Value], lines: LinesMapping) -> Iterator[Finding]:
    """A line is known by its id alone: two with the same one could not be told apart later."""
    names = Counter(identity(item, position) for position, item in enumerate(source))
    for name in (name for name, times in names.items() if times > 1):
        message = f"{names[name]} lines of `{lines.source}` have the id `{name}`"
        yield Finding("repeated-line-id", message, lines.place, suggestion="give each line an id of its own")


def _no_list(source: Value, lines: LinesMapping) -> Finding:
    message = f"`{lines.target}` cannot be filled: `{lines.source}` is {kind_of(source)}, not a list of records"
    return Finding("unconvertible-value", message, lines.place, suggestion="map it as a field instead")


def _rest(document: Record, mapping: Mapping, parts: Sequence[Part]) -> tuple[tuple[SourceValue, ...], dict[str, str]]:
    """The source leaves that reached nothing, free to be carried over; and why each of the others did not."""
    used = {path for each in parts for path in each.used}
    failed = {path: reason for each in parts for path, reason in each.failed.items()}
    reasons = {path: reason for each in parts for path, reason in each.passed_over.items()}
    rest: list[SourceValue] = []
    for path, value in leaves(document):
        if path in used:
            continue
        reason = failed.get(path) or drop_reason(path, mapping.drops)
        if reason:
            reasons[path] = reason
        else:
            rest.append(SourceValue(path, value))
    return tuple(rest), reasons


def _with_own_rest(
    lines: _Lines, rest: Sequence[SourceValue], mapping: Mapping, context: Context
) -> tuple[_Lines, frozenset[str]]:
    """What is left over of a line, into the line's own field where its catalog has one; and the paths of those."""
    left = {each.path: each for each in rest}
    made: list[_Line] = []
    kept: set[str] = set()
    for line in lines.lines:
        own = _own_rest(line, left, mapping, context)
        found = carry_over(line.part, mapping.carry_over, own, None)
        made.append(replace(line, part=found.part))
        kept |= found.sources
        for path in found.sources:
            del left[path]
    return replace(lines, lines=tuple(made)), frozenset(kept)


def _with_rest(whole: Part, rest: Sequence[SourceValue], mapping: Mapping, context: Context) -> CarriedOver:
    if not mapping.carry_over:
        return CarriedOver(whole)
    known = context.catalog.find(mapping.target_type, mapping.carry_over) if context.catalog else None
    return carry_over(whole, mapping.carry_over, [Rest(label(each.path), each) for each in rest], known)


def _own_rest(line: _Line, left: Dict[str, SourceValue], mapping: Mapping, context: Context) -> list[Rest]:
    if context.catalog is None or not mapping.carry_over:
        return []
    own = context.catalog.find(mapping.target_type, f"{line.mapping.target}.{mapping.carry_over}")
    if own is None or own.type is not Type.RECORD:
        return []
    paths = (path for path, _ in leaves(line.source, line.path))
    return [Rest(label(path[len(line.path) + 1 :]), left[path]) for path in paths if path in left]


def _assembled(header: Part, lines: _Lines) -> Part:
    record = header.record
    lineage = list(header.lineage)
    for target, empty in lines.empty.items():
        own = [line.part for line in lines.lines if line.mapping.target == target]
        record = put(record, target, tuple(each.record for each in own) or empty)
        for position, each in enumerate(own):
            name = f"{target}[{identity(each.record, position)}]"
            lineage += [replace(one, target=f"{name}.{one.target}") for one in each.lineage]
    return replace(header, record=record, lineage=tuple(lineage))


__all__ = ["Context", "convert"]
