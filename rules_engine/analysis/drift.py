"""Schema drift: what a change of a connected system's schema breaks, before anything is sent by it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rules_engine.analysis.drift_uses import (
    Entry,
    always_writes,
    asked,
    behind,
    below,
    entries,
    made_of,
    steps,
    writes,
)
from rules_engine.analysis.schema_changes import Drift, Kind, SchemaChange
from rules_engine.model.catalog import Catalog, Type
from rules_engine.model.finding import Finding, Severity
from rules_engine.model.mapping import Mapping as FieldMappings
from rules_engine.model.ruleset import Ruleset
from rules_engine.model.values import Missing, Record, Value, is_empty

CHECK = "schema-drift"
_GONE = (Kind.REMOVED, Kind.RETYPED)
# What a system that is only read may change without harm to us.
_OF_TARGETS = (Kind.REQUIRED, Kind.SHORTENED)


@dataclass(frozen=True)
class Use:
    """Something that hangs on a changed field; what it `breaks` may convert nothing until somebody looked."""

    words: str
    breaks: bool


Uses = Mapping[SchemaChange, tuple[Use, ...]]


@dataclass(frozen=True)
class Part:
    """A published or drafted ruleset with its mapping, under the name that people know."""

    name: str
    ruleset: Ruleset
    mapping: FieldMappings


def crm_uses(changes: Iterable[SchemaChange], known: Catalog, to_case: FieldMappings, part: Part) -> Uses:
    """What of the way to the case, of the rules and of the mapping reads the changed fields of a CRM.

    `known` is the connector's own catalog, in which `to_case` was written.
    """
    return {
        each: tuple(_of_crm(each, known, to_case, part))
        for each in changes
        if each.kind not in (*_OF_TARGETS, Kind.ADDED) and each.document_type in _within(known, to_case.source_type)
    }


def order_uses(changes: Iterable[SchemaChange], known: Catalog, native: FieldMappings, part: Part) -> Uses:
    """What of the way to the order system and of the mapping fills the changed fields.

    A change breaks only what the ruleset's mapping really fills, or a newly required field that nothing fills.
    """
    return {
        each: tuple(_of_orders(each, known, native, part))
        for each in changes
        if each.kind is not Kind.ADDED and each.document_type in _within(known, native.target_type)
    }


def together(uses: Iterable[Uses]) -> dict[SchemaChange, tuple[Use, ...]]:
    """The uses of several routes, each said once."""
    found: dict[SchemaChange, tuple[Use, ...]] = {}
    for each in uses:
        for change, said in each.items():
            found[change] = tuple(dict.fromkeys((*found.get(change, ()), *said)))
    return found


def findings(connection: str, drifts: Iterable[Drift], uses: Uses) -> tuple[Finding, ...]:
    """One finding a change that any of `uses` knows of: an error where it breaks something, else a warning."""
    return tuple(_finding(connection, each, uses[each.change]) for each in drifts if each.change in uses)


def unsendable(connection: str, drifts: Sequence[Drift], known: Catalog, root: str, payload: Record) -> list[Finding]:
    """An error for each change that this very payload, of the document type `root`, runs into."""
    by_type: dict[str, list[Drift]] = {}
    for each in drifts:
        by_type.setdefault(each.change.document_type, []).append(each)
    hit = dict.fromkeys(_hit(by_type, known, root, payload))
    return [_finding(connection, each, (Use("what would be sent", True),)) for each in hit]


# --- what hangs on a change ------------------------------------------------------------------------------------


def _of_crm(change: SchemaChange, known: Catalog, to_case: FieldMappings, part: Part) -> Iterator[Use]:
    if change.kind is Kind.CHOICE_REMOVED:
        yield from _of_choice(change, known, to_case, part)
        return
    yield from (
        Use(f"`{each.target}` of the case", each.field.required)
        for each in entries(to_case)
        if any(_touches(change, known, to_case.source_type, path) for path in each.sources)
    )

    def reads(path: str, *, whole: bool) -> bool:
        natives = behind(path, to_case, whole=whole)
        return any(_touches(change, known, to_case.source_type, each) for each in natives)

    for rule, paths in asked(part.ruleset):
        if any(reads(each.path, whole=False) for each in paths):
            yield Use(f"the rule `{rule.id}` of `{part.name}`", True)
    for entry in entries(part.mapping):
        if any(reads(each, whole=True) for each in entry.sources):
            yield Use(f"`{entry.target}` of the mapping of `{part.name}`", True)


def _of_choice(change: SchemaChange, known: Catalog, to_case: FieldMappings, part: Part) -> Iterator[Use]:
    """Rules that ask for what only this choice could become; nothing wrong is sent for lack of it."""
    here = (change.document_type, change.field)
    field = known.types[here[0]].fields.get(here[1])
    others = [each.code for each in field.choices if each.code != change.before] if field else []
    for entry in entries(to_case):
        if not any(steps(known, to_case.source_type, path)[-1:] == (here,) for path in entry.sources):
            continue
        value = made_of(change.before, entry.field)
        if any(made_of(each, entry.field) == value for each in others):
            continue
        for rule, paths in asked(part.ruleset):
            if any(each.path == entry.target and value in each.literals for each in paths):
                yield Use(f"the rule `{rule.id}` of `{part.name}`, which asks for `{value}`", False)


def _of_orders(change: SchemaChange, known: Catalog, native: FieldMappings, part: Part) -> Iterator[Use]:
    filled = tuple(entries(part.mapping))
    fills = [each for each in entries(native) if _touches(change, known, native.target_type, each.target)]
    match change.kind:
        case Kind.REQUIRED:
            if not any(_is_filled(each, filled) for each in fills):
                yield Use(f"the mapping of `{part.name}`, which fills no `{change.field}`", True)
            return
        case Kind.CHOICE_REMOVED:
            for each in fills:
                if writes(change.before, each.field):
                    always = always_writes(change.before, each.field)
                    yield Use(f"`{each.target}` of the {part.mapping.target_type}", always)
            return
    breaks = change.kind in _GONE
    for each in fills:
        if _is_filled(each, filled):
            yield Use(f"`{each.target}` of the {part.mapping.target_type}", breaks)
        for source in each.sources:
            yield from (
                Use(f"`{one.target}` of the mapping of `{part.name}`", breaks)
                for one in filled
                if below(one.target, source) or below(source, one.target)
            )
    if native.carry_over and (change.document_type, change.field) == (native.target_type, native.carry_over):
        yield Use("what is carried over", breaks)


def _is_filled(entry: Entry, filled: Iterable[Entry]) -> bool:
    """Whether anything can arrive in the field: a value of its own, or one that the ruleset's mapping makes."""
    own = entry.field
    if not (isinstance(own.value, Missing) and isinstance(own.default, Missing)):
        return True
    targets = [each.target for each in filled]
    return any(below(target, source) or below(source, target) for source in entry.sources for target in targets)


def _touches(change: SchemaChange, known: Catalog, root: str, path: str) -> bool:
    return (change.document_type, change.field) in steps(known, root, path)


def _within(known: Catalog, root: str) -> frozenset[str]:
    """The document types that a document of the type `root` holds, itself among them."""
    found: set[str] = set()
    open_ones = [root]
    while open_ones:
        here = open_ones.pop()
        kind = known.types.get(here)
        if here not in found and kind is not None:
            found.add(here)
            open_ones += [each.of for each in kind.fields.values() if each.type in (Type.RECORD, Type.RECORDS)]
    return frozenset(found)


# --- what a payload runs into ----------------------------------------------------------------------------------


def _hit(by_type: Mapping[str, list[Drift]], known: Catalog, root: str, record: Record) -> Iterator[Drift]:
    for each in by_type.get(root, ()):
        if _runs_into(each.change, record.get(each.change.field)):
            yield each
    kind = known.types.get(root)
    for name, value in record.items():
        field = kind.fields.get(name) if kind else None
        for inner in value if isinstance(value, tuple) else (value,):
            if field and field.of and isinstance(inner, Mapping):
                yield from _hit(by_type, known, field.of, inner)


def _runs_into(change: SchemaChange, value: Value) -> bool:
    match change.kind:
        case Kind.REQUIRED:
            return is_empty(value)
        case Kind.REMOVED | Kind.RETYPED:
            return not is_empty(value)
        case Kind.CHOICE_REMOVED:
            return change.before in (value if isinstance(value, tuple) else (value,))
        case Kind.SHORTENED:
            return isinstance(value, str) and len(value) > int(change.after)
        case Kind.ADDED:
            return False


# --- in words --------------------------------------------------------------------------------------------------


def said(connection: str, change: SchemaChange) -> str:
    """What changed, with the field and the connection: no word of when, nor of what it breaks."""
    field = f"`{change.field}` of `{change.document_type}` in `{connection}`"
    match change.kind:
        case Kind.REMOVED:
            return f"the field {field} was removed"
        case Kind.RETYPED:
            return f"the field {field} was {change.before} and is {change.after}"
        case Kind.CHOICE_REMOVED:
            return f"the choice `{change.before}` of {field} was removed"
        case Kind.REQUIRED if not change.before:
            return f"the field {field} is new and required"
        case Kind.REQUIRED:
            return f"the field {field} is required now"
        case Kind.SHORTENED:
            before = f", and took {change.before}" if change.before else ", and had no limit"
            return f"the field {field} takes {change.after} characters{before}"
        case Kind.ADDED:
            return f"the field {field} is new"


def _finding(connection: str, drift: Drift, uses: Sequence[Use]) -> Finding:
    since = f"seen first on {_moment(drift.noticed)}, still as before on {_moment(drift.until)}"
    broken = [each.words for each in uses if each.breaks]
    touched = [each.words for each in uses if not each.breaks]
    parts = [f"{said(connection, drift.change)} ({since})"]
    if broken:
        parts.append(f"it breaks {', '.join(broken)}")
    if touched:
        parts.append(f"it touches {', '.join(touched)}")
    if not uses:
        parts.append("no rule and no mapping uses it")
    severity = Severity.ERROR if broken else Severity.WARNING
    return Finding(CHECK, "; ".join(parts), severity=severity, suggestion=_remedy(connection, drift.change, broken))


def _remedy(connection: str, change: SchemaChange, broken: Sequence[str]) -> str:
    if not broken:
        return ""
    accept = f"or accept it with `o2o refresh {connection} --accept`"
    if change.kind is Kind.REQUIRED:
        return f"fill it in the mapping, {accept}"
    return f"correct these or undo it in the system, {accept}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def only_errors(found: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(each for each in found if each.severity is Severity.ERROR)


