"""A decision as plain JSON for programs: every value with its type, the digits of numbers as text."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any as Json

from rules_engine.evaluation.changes.change_words import Change
from rules_engine.evaluation.changes.smallest import Flip
from rules_engine.evaluation.sentence import NO_CATALOG, sentence, value_text
from rules_engine.model.catalog import Catalog
from rules_engine.model.decision import Decision, RuleTrace, Trace
from rules_engine.model.ruleset import Aggregate, Quantified
from rules_engine.model.values import Missing, Money, Months, Value


def explain_json(decision: Decision, catalog: Catalog = NO_CATALOG, flip: Flip | None = None) -> Json:
    """The decision with every condition; `flip` is what would give another verdict, None where nobody asked."""
    return {
        "verdict": decision.verdict.value,
        "rule": decision.rule,
        "reason": decision.reason,
        "ruleset": decision.ruleset,
        "step": decision.step.value,
        "decided_for": decision.now.isoformat(),
        "wake_at": _instant(decision.wake_at),
        "matched": list(decision.matched),
        "watched": list(decision.watched),
        "disagreement": list(decision.disagreement),
        "rules": [_rule(each, catalog) for each in decision.rules],
        "other_verdict": flip_json(flip) if flip is not None else None,
    }


def _rule(rule: RuleTrace, catalog: Catalog) -> Json:
    return {
        "rule": rule.rule,
        "title": rule.title,
        "mode": rule.mode.value,
        "considered": rule.considered,
        "truth": rule.truth.value,
        "condition": condition_json(rule.trace, catalog),
    }


def condition_json(trace: Trace, catalog: Catalog = NO_CATALOG, root: str = "case") -> Json:
    """One condition as it was judged, with those inside it; `item` names the record of a list."""
    inside = root
    if isinstance(trace.condition, Quantified | Aggregate):
        field = catalog.find(root, trace.condition.collection)
        inside = field.of if field else ""
    return {
        "kind": type(trace.condition).__name__.lower(),
        "sentence": sentence(trace.condition, catalog, root),
        "item": trace.item,
        "truth": trace.truth.value,
        "role": trace.role.value,
        "actual": value_json(trace.actual),
        "expected": value_json(trace.expected),
        "cause": trace.cause,
        "wake_at": _instant(trace.wake_at),
        "children": [condition_json(each, catalog, inside) for each in trace.children],
    }


def flip_json(flip: Flip) -> Json:
    """What would give the verdict `wanted`: the changes, or `not_found` in words."""
    return {
        "wanted": flip.wanted.value,
        "rule": flip.rule,
        "by_itself_at": _instant(flip.by_itself),
        "at": _instant(flip.at),
        "changes": [_change(each) for each in flip.changes],
        "other_ways": [[_change(each) for each in other] for other in flip.others],
        "not_found": flip.reason,
    }


def _change(change: Change) -> Json:
    return {
        "kind": change.kind,
        "path": change.path,
        "words": change.words,
        "now": value_json(change.before),
        "value": value_json(change.value),
        "operator": change.operator,
        "operand": value_json(change.operand),
        "by_hand": change.by_hand,
        "fields": {name: value_json(value) for name, value in change.values},
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def value_json(value: Value | Missing) -> Json:
    """`{"type": "money", "value": "12.50", "currency": "EUR"}`; what no system sent is of type `missing`."""
    match value:
        case Missing():
            return {"type": "missing"}
        case None:
            return {"type": "empty"}
        case bool():
            return {"type": "boolean", "value": "true" if value else "false"}
        case str():
            return {"type": "text", "value": value}
        case Decimal():
            return {"type": "number", "value": f"{value:f}"}
        case Money(amount, currency):
            return {"type": "money", "value": f"{amount:f}", "currency": currency}
        case datetime():
            return {"type": "datetime", "value": value.isoformat()}
        case date():
            return {"type": "date", "value": value.isoformat()}
        case time():
            return {"type": "time", "value": value.isoformat()}
        case timedelta() | Months():
            return {"type": "duration", "value": value_text(value)}
        case Mapping():
            return {"type": "record", "fields": {name: value_json(each) for name, each in value.items()}}
        case _:
            return {"type": "list", "values": [value_json(each) for each in value]}
