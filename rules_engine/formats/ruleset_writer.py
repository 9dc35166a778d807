"""A ruleset as canonical text: the same tree always gives the same characters."""

from dataclasses import fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from rules_engine.formats.format_versions import current
from rules_engine.formats.literals import clock_text, plain_number, span_text
from rules_engine.formats.yaml_writer import Bare, Tree, write_tree
from rules_engine.model.ruleset import (
    Aggregate,
    All,
    Any,
    Changed,
    ChangeKind,
    Comparison,
    Condition,
    Duration,
    FieldOperand,
    Happened,
    HitPolicy,
    Length,
    Literal,
    Mode,
    Near,
    NoneOf,
    NotHappened,
    Operand,
    Outcome,
    Period,
    Policies,
    Quantified,
    RelativeDate,
    Rule,
    Ruleset,
    Verdict,
)
from rules_engine.model.values import Money, Months, Scalar

_TRUE = Bare("true")


def write_ruleset(ruleset: Ruleset) -> str:
    """The text that `read_ruleset` reads back as an equal ruleset; what is default is left out."""
    tree: dict[str, Tree] = {"format": Bare(str(current())), "ruleset": ruleset.name, "title": ruleset.title}
    if ruleset.description:
        tree["description"] = ruleset.description
    tree["step"] = ruleset.step.value
    if ruleset.hit_policy is not HitPolicy.FIRST:
        tree["hit_policy"] = ruleset.hit_policy.value
    if ruleset.policies != Policies():
        tree["policies"] = _policies(ruleset.policies)
    if ruleset.otherwise != Outcome(Verdict.IGNORE):
        tree["otherwise"] = _outcome(ruleset.otherwise)
    tree["rules"] = [_rule(each) for each in ruleset.rules]
    return write_tree(tree, blank_before=frozenset({"rules"}))


def _policies(policies: Policies) -> Tree:
    """Those that are not the default."""
    default = Policies()
    said = {each.name: getattr(policies, each.name) for each in fields(Policies)}
    return {
        name: Bare(plain_number(value)) if isinstance(value, Decimal) else str(value)
        for name, value in said.items()
        if value != getattr(default, name)
    }


def _rule(rule: Rule) -> Tree:
    tree: dict[str, Tree] = {"id": rule.id, "title": rule.title}
    if rule.mode is not Mode.ON:
        tree["mode"] = rule.mode.value
    for key, day in (("effective_from", rule.effective_from), ("effective_until", rule.effective_until)):
        if day is not None:
            tree[key] = Bare(day.isoformat())
    return {**tree, "when": condition_tree(rule.when), "then": _outcome(rule.then)}


def _outcome(outcome: Outcome) -> Tree:
    return {outcome.verdict.value: outcome.reason} if outcome.reason else outcome.verdict.value


def condition_tree(condition: Condition) -> Tree:
    """The condition as a plain tree."""
    match condition:
        case All(inner):
            return {"all": [condition_tree(each) for each in inner]}
        case Any(inner):
            return {"any": [condition_tree(each) for each in inner]}
        case NoneOf(inner):
            return {"none": [condition_tree(each) for each in inner]}
        case Comparison(path, operator, operand, also_when_empty, ignore_case):
            empty: dict[str, Tree] = {"also_when_empty": _TRUE} if also_when_empty else {}
            fold: dict[str, Tree] = {"ignore_case": _TRUE} if ignore_case else {}
            return {"field": path, operator: _operand(operand), **empty, **fold}
        case Length(path, operator, operand):
            return {"length": path, operator: _operand(operand)}
        case Quantified(quantifier, collection, where, also_when_empty):
            empty = {"also_when_empty": _TRUE} if also_when_empty else {}
            return {quantifier.value: collection, **_where(where), **empty}
        case Aggregate(function, collection, of, operator, operand, where):
            path = f"{collection}.{of}" if of else collection
            return {function.value: path, **_where(where), operator: _operand(operand)}
        case Changed(path, kind, value):
            return {"field": path, kind.value: _TRUE if kind is ChangeKind.CHANGED else scalar_tree(value)}
        case Happened():
            return _happened(condition)
        case NotHappened(event, since, span):
            return {"not_happened": event, "since": since, "for": Bare(str(span))}


def _where(where: Condition | None) -> dict[str, Tree]:
    return {} if where is None else {"where": condition_tree(where)}


def _happened(condition: Happened) -> Tree:
    tree: dict[str, Tree] = {"happened": condition.events[0] if len(condition.events) == 1 else condition.events}
    if condition.in_order:
        tree["in_order"] = _TRUE
    if condition.within is not None:
        tree["within"] = Bare(str(condition.within))
    if condition.at_least != 1:
        tree["at_least"] = Bare(str(condition.at_least))
    return tree


def _operand(operand: Operand) -> Tree:
    match operand:
        case None:
            return _TRUE
        case Literal(value):
            return [scalar_tree(each) for each in value] if isinstance(value, tuple) else scalar_tree(value)
        case FieldOperand(path, plus, percent):
            shift: dict[str, Tree] = {"plus": Bare(str(plus))} if plus is not None else {}
            share: dict[str, Tree] = {"percent": Bare(plain_number(percent))} if percent is not None else {}
            return {"field": path, **shift, **share}
        case RelativeDate(anchor, plus):
            return Bare(anchor if plus is None else f"{anchor} {_signed(plus)}")
        case Period(which, unit):
            return Bare(f"{which} {unit}")
        case Near(percent, path):
            return {"percent": Bare(plain_number(percent)), "of": path}
        case Duration():
            return Bare(str(operand))


def _signed(plus: Duration) -> str:
    sign = "-" if plus.count < 0 else "+"
    return f"{sign} {Duration(abs(plus.count), plus.unit)}"


def scalar_tree(value: Scalar) -> Tree:
    """One value as a word of YAML."""
    match value:
        case None:
            return Bare("null")
        case bool():
            return Bare("true" if value else "false")
        case str():
            return value
        case Decimal():
            return Bare(plain_number(value))
        case Money(amount, currency):
            return Bare(f"{plain_number(amount)} {currency}")
        case datetime() | date():
            return Bare(value.isoformat())
        case time():
            return Bare(clock_text(value))
        case timedelta() | Months():
            return Bare(span_text(value))
