"""Every condition that differs from a condition in one place."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from rules_engine.analysis.mutation.mutant import Variant
from rules_engine.analysis.mutation.neighbours import neighbouring_spans, neighbours
from rules_engine.analysis.mutation.operands import operand_variants
from rules_engine.evaluation.sentence import sentence
from rules_engine.formats.paths import Scope
from rules_engine.formats.ruleset_writer import condition_tree
from rules_engine.formats.yaml_writer import Bare, Tree
from rules_engine.model.catalog import Field, Type
from rules_engine.model.operators import OPERATORS
from rules_engine.model.ruleset import (
    Aggregate,
    All,
    Any,
    Changed,
    ChangeKind,
    Comparison,
    Condition,
    Function,
    Happened,
    Length,
    Literal,
    NoneOf,
    NotHappened,
    Operand,
    Quantified,
    Quantifier,
    children,
)

_PAIRS = (
    ("is", "is_not"),
    ("is_any_of", "is_none_of"),
    ("is_empty", "is_not_empty"),
    ("contains", "does_not_contain"),
    ("contains_any_of", "contains_all_of"),
    ("matches", "does_not_match"),
    ("starts_with", "ends_with"),
    ("at_least", "more_than"),
    ("at_most", "less_than"),
    ("on_or_before", "before"),
    ("on_or_after", "after"),
    ("in_the_last", "in_the_next"),
)
OTHER_OPERATOR = {one: other for pair in _PAIRS for one, other in (pair, pair[::-1])}
_OTHER_FUNCTION = {
    Function.SUM: Function.AVERAGE,
    Function.AVERAGE: Function.SUM,
    Function.MIN: Function.MAX,
    Function.MAX: Function.MIN,
}
_OTHER_CHANGES = {
    ChangeKind.CHANGED_TO: (ChangeKind.CHANGED, ChangeKind.CHANGED_FROM),
    ChangeKind.CHANGED_FROM: (ChangeKind.CHANGED, ChangeKind.CHANGED_TO),
    ChangeKind.CHANGED: (),
}
_OTHER_GROUP: dict[type[All | Any | NoneOf], type[All | Any]] = {All: Any, Any: All, NoneOf: Any}
_GROUP_WORDS = {All: "all", Any: "any", NoneOf: "none"}
_TEXTS = (Type.TEXT, Type.RICH_TEXT)


def variants(condition: Condition, scope: Scope) -> Iterator[Variant]:
    """The condition itself changed, then with each condition inside it changed; `scope` is its document type."""
    yield from _own(condition, scope)
    below = _below(condition, scope)
    for position, inner in enumerate(children(condition)):
        for each in variants(inner, below):
            yield replace(each, condition=with_child(condition, position, each.condition))


def with_child(condition: Condition, position: int, child: Condition) -> Condition:
    """The condition with another one in place of `children(condition)[position]`."""
    match condition:
        case All(inner) | Any(inner) | NoneOf(inner):
            return replace(condition, conditions=(*inner[:position], child, *inner[position + 1 :]))
        case Quantified() | Aggregate():
            return replace(condition, where=child)
        case _:
            return condition


def _below(condition: Condition, scope: Scope) -> Scope:
    if not isinstance(condition, Quantified | Aggregate):
        return scope
    field = scope.catalog.find(scope.root, condition.collection)
    return Scope(scope.catalog, field.of if field else "", scope.root)


def _own(condition: Condition, scope: Scope) -> Iterator[Variant]:
    match condition:
        case All() | Any() | NoneOf():
            yield from _groups(condition, scope)
        case Comparison():
            yield from _comparisons(condition, scope.catalog.find(scope.root, condition.field))
        case Length():
            yield from _figures(condition, Field(condition.field, Type.NUMBER))
        case Quantified():
            yield from _quantified(condition, scope)
        case Aggregate():
            yield from _aggregates(condition, scope)
        case Changed():
            yield from _changes(condition, scope.catalog.find(scope.root, condition.field))
        case Happened():
            yield from _happenings(condition)
        case NotHappened(span=span):
            for each in neighbouring_spans(span):
                yield Variant(replace(condition, span=each), "window", _became(span, each), condition.place)


def _became(before: object, after: object) -> str:
    return f"`{before}` became `{after}`"


def written(operand: Operand) -> str:
    """The operand as a text has it: `5000 EUR`, `[section, text]`, `today + 7 days`."""
    tree = condition_tree(Comparison("", "is", operand))
    return _words(tree["is"] if isinstance(tree, Mapping) else tree)


def _words(tree: Tree) -> str:
    match tree:
        case Bare(text):
            return text
        case str():
            return tree
        case Mapping():
            return f"{{{', '.join(f'{key}: {_words(each)}' for key, each in tree.items())}}}"
        case _:
            return f"[{', '.join(_words(each) for each in tree)}]"


# --- groups and lists ------------------------------------------------------------------------------------------


def _groups(group: All | Any | NoneOf, scope: Scope) -> Iterator[Variant]:
    other = _OTHER_GROUP[type(group)]
    what = _became(_GROUP_WORDS[type(group)], _GROUP_WORDS[other])
    yield Variant(other(group.conditions, group.place), "group", what, group.place)
    for position, each in enumerate(group.conditions) if len(group.conditions) > 1 else ():
        rest = (*group.conditions[:position], *group.conditions[position + 1 :])
        yield Variant(replace(group, conditions=rest), "dropped condition", _dropped(each, scope), each.place)


def _dropped(condition: Condition, scope: Scope) -> str:
    return f"dropped: {sentence(condition, scope.catalog, scope.root)}"


def _quantified(condition: Quantified, scope: Scope) -> Iterator[Variant]:
    place, where = condition.place, condition.where
    for other in Quantifier:
        # `every` and `no` differ by more than one word; `every` needs a `where`.
        apart = {condition.quantifier, other} == {Quantifier.EVERY, Quantifier.NO}
        if other is condition.quantifier or apart or (other is Quantifier.EVERY and where is None):
            continue
        changed = Quantified(other, condition.collection, where, place=place)
        yield Variant(changed, "quantifier", _became(condition.quantifier.value, other.value), place)
    if condition.quantifier is Quantifier.EVERY:
        yield from _flag(condition)
    elif where is not None:
        what = _dropped_where(condition, scope)
        yield Variant(replace(condition, where=None), "dropped condition", what, where.place)


def _dropped_where(condition: Quantified | Aggregate, scope: Scope) -> str:
    return _dropped(condition.where, _below(condition, scope)) if condition.where is not None else ""


def _flag(condition: Quantified | Comparison) -> Iterator[Variant]:
    what = "`also_when_empty` was taken away" if condition.also_when_empty else "`also_when_empty` was added"
    changed = replace(condition, also_when_empty=not condition.also_when_empty)
    yield Variant(changed, "also when empty", what, condition.place)


def _aggregates(condition: Aggregate, scope: Scope) -> Iterator[Variant]:
    path = f"{condition.collection}.{condition.of}"
    known = scope.catalog.find(scope.root, path) if condition.of else Field(condition.collection, Type.NUMBER)
    yield from _figures(condition, known)
    other = _OTHER_FUNCTION.get(condition.function)
    if other is not None:
        what = _became(condition.function.value, other.value)
        yield Variant(replace(condition, function=other), "function", what, condition.place)
    if condition.where is not None:
        what = _dropped_where(condition, scope)
        yield Variant(replace(condition, where=None), "dropped condition", what, condition.where.place)


# --- comparisons -----------------------------------------------------------------------------------------------


def _figures(condition: Length | Aggregate, field: Field | None) -> Iterator[Variant]:
    """Another operator, another operand."""
    place = condition.place
    other = _other_operator(condition.operator, field)
    if other:
        yield Variant(replace(condition, operator=other), "operator", _became(condition.operator, other), place)
    for kind, operand in operand_variants(condition.operator, condition.operand, field):
        what = _became(written(condition.operand), written(operand))
        yield Variant(replace(condition, operand=operand), kind, what, place)


def _comparisons(condition: Comparison, field: Field | None) -> Iterator[Variant]:
    place = condition.place
    operator = OPERATORS[condition.operator]
    other = _other_operator(condition.operator, field)
    if other:
        empty = condition.also_when_empty and OPERATORS[other].negative
        changed = replace(condition, operator=other, also_when_empty=empty)
        yield Variant(changed, "operator", _became(condition.operator, other), place)
    for kind, operand in operand_variants(condition.operator, condition.operand, field):
        what = _became(written(condition.operand), written(operand))
        yield Variant(replace(condition, operand=operand), kind, what, place)
    if operator.negative:
        yield from _flag(condition)
    if operator.folds and field is not None and field.type in _TEXTS:
        what = "`ignore_case` was taken away" if condition.ignore_case else "`ignore_case` was added"
        yield Variant(replace(condition, ignore_case=not condition.ignore_case), "ignore case", what, place)


def _other_operator(name: str, field: Field | None) -> str:
    """The operator that is easily written in place of this one, "" where the field's type has none."""
    other = OPERATORS.get(OTHER_OPERATOR.get(name, ""))
    types = {field.type} if field is not None else OPERATORS[name].types
    fits = other is not None and types <= other.types and other.takes is OPERATORS[name].takes
    return other.name if fits and other is not None else ""


def _changes(condition: Changed, field: Field | None) -> Iterator[Variant]:
    for kind in _OTHER_CHANGES[condition.kind]:
        value = None if kind is ChangeKind.CHANGED else condition.value
        what = _became(condition.kind.value, kind.value)
        yield Variant(replace(condition, kind=kind, value=value), "operator", what, condition.place)
    if condition.kind is not ChangeKind.CHANGED:
        for each in neighbours(condition.value, field):
            what = _became(written(Literal(condition.value)), written(Literal(each)))
            yield Variant(replace(condition, value=each), "value", what, condition.place)


# --- happenings ------------------------------------------------------------------------------------------------


def _happenings(condition: Happened) -> Iterator[Variant]:
    place, events, within = condition.place, condition.events, condition.within
    for position, event in enumerate(events) if len(events) > 1 else ():
        rest = (*events[:position], *events[position + 1 :])
        yield Variant(replace(condition, events=rest), "value", f"dropped: `{event}`", place)
    if len(events) > 1:
        what = "`in_order` was taken away" if condition.in_order else "`in_order` was added"
        yield Variant(replace(condition, in_order=not condition.in_order), "order of events", what, place)
    for times in (condition.at_least - 1, condition.at_least + 1):
        if 1 <= times <= _MOST_TIMES:
            what = f"`at_least: {condition.at_least}` became `at_least: {times}`"
            yield Variant(replace(condition, at_least=times), "count", what, place)
    if within is not None:
        for span in neighbouring_spans(within):
            yield Variant(replace(condition, within=span), "window", _became(within, span), place)
        yield Variant(replace(condition, within=None), "window", f"dropped: within {within}", place)


_MOST_TIMES = 1000
