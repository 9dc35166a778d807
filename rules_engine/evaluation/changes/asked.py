"""What a ruleset asks of each field, gathered from all its conditions."""

from collections.abc import Iterator

from rules_engine.evaluation.changes.altered import Altered
from rules_engine.evaluation.changes.leaf_moves import expected_of
from rules_engine.evaluation.changes.moves import Asked, FieldKey
from rules_engine.evaluation.scene import Scene
from rules_engine.model.catalog import Catalog
from rules_engine.model.ruleset import (
    Aggregate,
    Changed,
    Comparison,
    Condition,
    FieldOperand,
    Length,
    Near,
    Quantified,
    Ruleset,
    children,
)
from rules_engine.model.values import Missing, Value


def asked_of(ruleset: Ruleset, start: Altered, catalog: Catalog) -> Asked:
    """What each field, by the document type it belongs to, is asked anywhere in the ruleset."""
    values: dict[FieldKey, dict[str, Value]] = {}
    conditions: dict[FieldKey, dict[Condition, None]] = {}
    pairs: list[tuple[FieldKey, FieldKey]] = []
    scene = Scene(start.case, start.now, start.case.record)
    for condition, root in (each for rule in ruleset.rules for each in _with_roots(rule.when, "case", catalog)):
        for name, value in _compared(condition, scene):
            values.setdefault((root, name), {}).setdefault(repr(value), value)
        if isinstance(condition, Comparison | Length | Changed):
            conditions.setdefault((root, condition.field), {})[condition] = None
        pairs += _pairs(condition, root, catalog)
    for left, right in pairs:
        values[left] = values[right] = {**values.get(left, {}), **values.get(right, {})}
    return Asked(
        {key: tuple(each.values()) for key, each in values.items()},
        {key: tuple(each) for key, each in conditions.items()},
        frozenset(each for pair in pairs for each in pair),
    )


def _pairs(condition: Condition, root: str, catalog: Catalog) -> Iterator[tuple[FieldKey, FieldKey]]:
    """The fields whose values hang together: both sides of a comparison, or the values of a figure."""
    operand = getattr(condition, "operand", None)
    path = operand.path if isinstance(operand, FieldOperand | Near) else ""
    right = ("case" if catalog.find(root, path) is None else root, path)
    match condition:
        case Comparison(field=name) | Length(field=name) if path:
            yield (root, name), right
        case Aggregate(collection=collection, of=name) if name:
            known = catalog.find(root, collection)
            figure = (known.of if known else "", name)
            yield figure, right if path else figure


def _with_roots(condition: Condition, root: str, catalog: Catalog) -> Iterator[tuple[Condition, str]]:
    yield condition, root
    if isinstance(condition, Quantified | Aggregate):
        known = catalog.find(root, condition.collection)
        root = known.of if known else ""
    for each in children(condition):
        yield from _with_roots(each, root, catalog)


def _compared(condition: Condition, scene: Scene) -> Iterator[tuple[str, Value]]:
    match condition:
        case Comparison(field=name):
            value = expected_of(condition, scene)
            if not isinstance(value, Missing) and value is not None:
                yield name, value
        case Length():
            return
        case Changed(field=name, value=value) if value is not None:
            yield name, value
