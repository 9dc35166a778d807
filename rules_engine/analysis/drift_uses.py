"""Which rules and which parts of mappings hang on a field of a connected system."""

from collections.abc import Iterator
from collections.abc import Mapping as Dict
from dataclasses import dataclass

from rules_engine.model.catalog import Catalog
from rules_engine.model.mapping import FieldMapping, Mapping
from rules_engine.model.ruleset import (
    TODAY,
    Aggregate,
    Changed,
    Comparison,
    Condition,
    FieldOperand,
    Length,
    Literal,
    Mode,
    Near,
    Quantified,
    Rule,
    Ruleset,
    children,
)
from rules_engine.model.values import Missing, Record, Value

OUTER = "^."


@dataclass(frozen=True)
class Entry:
    """One filled field with the paths of its document and of its source, lists passed over: `lines.qty`."""

    target: str
    sources: tuple[str, ...]
    field: FieldMapping


@dataclass(frozen=True)
class Asked:
    """A path that a condition reads; `literals` are the fixed values that it compares with."""

    path: str
    literals: tuple[object, ...] = ()


def entries(mapping: Mapping) -> Iterator[Entry]:
    """Every field that the mapping fills, those of lines with their list in front."""
    for each in mapping.fields:
        yield Entry(each.target, each.sources, each)
    for lines in mapping.lines:
        for each in lines.fields:
            sources = tuple(
                path.removeprefix(OUTER) if path.startswith(OUTER) else f"{lines.source}.{path}"
                for path in each.sources
            )
            yield Entry(f"{lines.target}.{each.target}", sources, each)


def steps(catalog: Catalog, root: str, path: str) -> tuple[tuple[str, str], ...]:
    """(document type, field) of each name of a path, as far as the catalog knows them."""
    found: list[tuple[str, str]] = []
    here = root
    for name in path.split("."):
        kind = catalog.types.get(here)
        if kind is None:
            break
        found.append((here, name))
        field = kind.fields.get(name)
        here = field.of if field else ""
    return tuple(found)


def asked(ruleset: Ruleset) -> Iterator[tuple[Rule, tuple[Asked, ...]]]:
    """What each rule that is on reads; the day of the exchange rates is read by all."""
    rates = () if ruleset.policies.rates == TODAY else (Asked(ruleset.policies.rates),)
    for rule in ruleset.rules:
        if rule.mode is Mode.ON:
            yield rule, (*_of_condition(rule.when, ""), *rates)


def _of_condition(condition: Condition, before: str) -> Iterator[Asked]:
    match condition:
        case Comparison(field=field, operand=operand) | Length(field=field, operand=operand):
            yield Asked(before + field, _literals(operand))
            yield from _of_operand(operand, before)
        case Changed(field=field, value=value):
            yield Asked(before + field, () if value is None else (value,))
        case Quantified(collection=collection) | Aggregate(collection=collection):
            yield Asked(before + collection)
            before = f"{before}{collection}."
            if isinstance(condition, Aggregate):
                if condition.of:
                    yield Asked(before + condition.of)
                yield from _of_operand(condition.operand, "")
    for inner in children(condition):
        yield from _of_condition(inner, before)


def _of_operand(operand: object, before: str) -> Iterator[Asked]:
    if isinstance(operand, FieldOperand | Near):
        yield Asked(before + operand.path)


def _literals(operand: object) -> tuple[object, ...]:
    if not isinstance(operand, Literal):
        return ()
    return operand.value if isinstance(operand.value, tuple) else (operand.value,)


def below(path: str, whole: str) -> bool:
    """Whether `path` is `whole` or a part of it."""
    return path == whole or path.startswith(f"{whole}.")


def behind(path: str, mapping: Mapping, *, whole: bool = False) -> tuple[str, ...]:
    """The source paths that a path of the mapping's document comes from; with `whole` those of its parts as well.

    What the mapping carries over has the source's own names: `other.Colour` comes from `Colour`, and that of a line
    from the same field of the line it was made of.
    """
    found = [
        source
        for each in entries(mapping)
        if below(path, each.target) or (whole and below(each.target, path))
        for source in each.sources
    ]
    found += [lines.source for lines in mapping.lines if path == lines.target or below(path, lines.target)]
    if mapping.carry_over and path.startswith(f"{mapping.carry_over}."):
        found.append(path.removeprefix(f"{mapping.carry_over}."))
    for lines in mapping.lines:
        free = f"{lines.target}.{mapping.carry_over}."
        if mapping.carry_over and path.startswith(free):
            found.append(f"{lines.source}.{path.removeprefix(free)}")
    return tuple(dict.fromkeys(found))


def made_of(code: str, field: FieldMapping) -> Value:
    """What the mapping writes for a choice: what its value map says, else the choice itself."""
    return next((values.get(code, code) for values in _maps(field)), code)


def writes(code: str, field: FieldMapping) -> bool:
    """Whether the mapping names a choice as what it may write."""
    mapped = [value for values in _maps(field) for value in values.values()]
    return code in mapped or field.default == code or always_writes(code, field)


def always_writes(code: str, field: FieldMapping) -> bool:
    return not field.sources and not isinstance(field.value, Missing) and field.value == code


def _maps(field: FieldMapping) -> Iterator[Record]:
    for each in field.transforms:
        values = each.arguments.get("values")
        if each.name == "map" and isinstance(values, Dict):
            yield values
