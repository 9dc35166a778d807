"""Rules and conditions as plain English, with the catalog's labels where there is one."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from rules_engine.formats.literals import clock_text, span_text
from rules_engine.model.catalog import Catalog, Type
from rules_engine.model.operators import OPERATORS, Takes
from rules_engine.model.ruleset import (
    Aggregate,
    All,
    Any,
    Changed,
    Comparison,
    Condition,
    Duration,
    FieldOperand,
    Happened,
    Length,
    Literal,
    Near,
    NoneOf,
    NotHappened,
    Operand,
    Outcome,
    Period,
    Quantified,
    Quantifier,
    RelativeDate,
    Rule,
    Step,
    Verdict,
)
from rules_engine.model.values import Missing, Money, Months, Value

NO_CATALOG = Catalog({})


def rule_sentence(rule: Rule, step: Step, catalog: Catalog = NO_CATALOG) -> str:
    """`If the opportunity's stage is Closed won, create a quote.`"""
    return f"If {sentence(rule.when, catalog)}, {outcome_words(rule.then, step)}."


def outcome_words(outcome: Outcome, step: Step) -> str:
    match outcome.verdict:
        case Verdict.CONVERT:
            return f"create {'an' if step.target == 'order' else 'a'} {step.target}"
        case Verdict.PROPOSE:
            return f"propose {'an' if step.target == 'order' else 'a'} {step.target} for approval"
        case Verdict.HOLD:
            return f"hold it: {outcome.reason}"
        case Verdict.IGNORE:
            return "do nothing yet"


def sentence(condition: Condition, catalog: Catalog = NO_CATALOG, root: str = "case") -> str:
    """The condition in one clause; `root` is the document type that its fields belong to."""
    match condition:
        case All(inner):
            return _joined(inner, "and", catalog, root)
        case Any(inner):
            return (
                f"either {_joined(inner, 'or', catalog, root)}"
                if len(inner) > 1
                else _joined(inner, "or", catalog, root)
            )
        case NoneOf(inner):
            return f"none of these: {_joined(inner, 'or', catalog, root)}"
        case Comparison():
            return _comparison(condition, catalog, root)
        case Length(field, operator, operand):
            end = operand_text(operand, catalog, root)
            return f"the length of {label(field, catalog, root)} {OPERATORS[operator].phrase} {end}"
        case Changed(field, kind, value):
            verb = kind.value.replace("_", " ")
            end = f" {value_text(value, catalog, root, field)}" if kind.value != "changed" else ""
            return f"{label(field, catalog, root)} {verb}{end}"
        case Quantified():
            return _quantified(condition, catalog, root)
        case Aggregate():
            return _aggregate(condition, catalog, root)
        case Happened():
            return _happened(condition, catalog)
        case NotHappened(event, since, span):
            return f"no {event_label(event, catalog)} within {span} of {event_label(since, catalog)}"


def label(path: str, catalog: Catalog = NO_CATALOG, root: str = "case") -> str:
    """`opportunity.stage` as "opportunity stage"; the catalog's label of the last field where it has one."""
    owner, _, name = path.rpartition(".")
    field = catalog.find(root, path)
    words = (
        field.label.lower() if field and field.label and not field.label.isupper() else field.label if field else name
    )
    return f"{owner.replace('.', ' ')} {words}".strip().replace("_", " ")


def event_label(event: str, catalog: Catalog = NO_CATALOG) -> str:
    known = catalog.events.get(event)
    return known.label.lower() if known else event.replace(".", " ").replace("_", " ")


def _joined(inner: tuple[Condition, ...], word: str, catalog: Catalog, root: str) -> str:
    texts = [sentence(each, catalog, root) for each in inner]
    nested = [
        f"({text})" if isinstance(each, All | Any) and len(inner) > 1 else text
        for each, text in zip(inner, texts, strict=True)
    ]
    return f" {word} ".join(nested)


def _comparison(condition: Comparison, catalog: Catalog, root: str) -> str:
    operator = OPERATORS[condition.operator]
    operand = operand_text(condition.operand, catalog, root, condition.field)
    also = ", also when empty," if condition.also_when_empty else ""
    also = f"{' ignoring capitals' if condition.ignore_case else ''}{also}"
    text = f"{label(condition.field, catalog, root)} {operator.phrase}"
    return f"{text}{f' {operand}' if operator.takes is not Takes.NOTHING else ''}{also}"


def _quantified(condition: Quantified, catalog: Catalog, root: str) -> str:
    field = catalog.find(root, condition.collection)
    kind = catalog.types.get(field.of) if field else None
    singular = kind.label.lower() if kind else condition.collection.removesuffix("s").replace("_", " ")
    plural = (kind.plural or f"{kind.label.lower()}s") if kind else condition.collection.replace("_", " ")
    inner = sentence(condition.where, catalog, field.of if field else "") if condition.where is not None else ""
    article = "an" if singular[:1] in "aeiou" else "a"
    match condition.quantifier:
        case Quantifier.EVERY:
            also = ", also when there is none," if condition.also_when_empty else ""
            return f"for every {singular}{also} {inner}"
        case Quantifier.SOME:
            return f"there is {article} {singular}{f' whose {inner}' if inner else ''}"
        case Quantifier.NO:
            return f"there is no {singular} whose {inner}" if inner else f"there are no {plural}"


def _aggregate(condition: Aggregate, catalog: Catalog, root: str) -> str:
    field = catalog.find(root, condition.collection)
    inner_root = field.of if field else ""
    where = f" whose {sentence(condition.where, catalog, inner_root)}" if condition.where is not None else ""
    phrase = OPERATORS[condition.operator].phrase
    of = f"{label(condition.of, catalog, inner_root)} of " if condition.of else ""
    operand = operand_text(condition.operand, catalog, root, f"{condition.collection}.{condition.of}")
    return f"the {condition.function.value} of {of}{condition.collection.replace('_', ' ')}{where} {phrase} {operand}"


def _happened(condition: Happened, catalog: Catalog) -> str:
    names = [event_label(each, catalog) for each in condition.events]
    times = f", at least {condition.at_least} times," if condition.at_least > 1 else ""
    ordered = ", in this order" if condition.in_order and len(names) > 1 else ""
    within = f", within {condition.within}" if condition.within else ""
    return f"{' and '.join(names)} happened{times}{ordered}{within}"


def operand_text(operand: Operand, catalog: Catalog = NO_CATALOG, root: str = "case", field: str = "") -> str:
    match operand:
        case None:
            return ""
        case Literal(value) if isinstance(value, tuple):
            return ", ".join(value_text(each, catalog, root, field) for each in value)
        case Literal(value):
            return value_text(value, catalog, root, field)
        case FieldOperand(path, plus, percent):
            shifted = f" plus {plus}" if plus else ""
            return f"{f'{percent:f} % of ' if percent is not None else ''}{label(path, catalog, root)}{shifted}"
        case RelativeDate(anchor, plus):
            return (
                anchor
                if plus is None
                else f"{anchor} {'+' if plus.count >= 0 else '-'} {Duration(abs(plus.count), plus.unit)}"
            )
        case Period(which, unit):
            return f"{which} {unit}"
        case Near(percent, path):
            return f"{percent:f} % of {label(path, catalog, root)}"
        case Duration():
            return str(operand)


def value_text(value: Value | Missing, catalog: Catalog = NO_CATALOG, root: str = "case", field: str = "") -> str:
    """A value as a person reads it; a choice by its label, where the catalog knows it."""
    match value:
        case Missing():
            return "not received"
        case None | "" | ():
            return "empty"
        case bool():
            return "yes" if value else "no"
        case str():
            known = catalog.find(root, field)
            choices = known.choices if known and known.type in (Type.CHOICE, Type.CHOICES) else ()
            return next((each.label for each in choices if each.code == value), value)
        case Decimal():
            return f"{value:f}"
        case Money(amount, currency):
            return f"{amount:f} {currency}"
        case datetime():
            return value.isoformat(" ", "minutes")
        case date():
            return value.isoformat()
        case time():
            return clock_text(value)
        case timedelta() | Months():
            return span_text(value)
        case tuple():
            return ", ".join(value_text(each, catalog, root, field) for each in value)
        case _:
            return ", ".join(f"{name} {value_text(each)}" for name, each in value.items())
