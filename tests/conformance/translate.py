"""Published conditions in the neutral form (neutral-v1) as conditions of ours; what has no counterpart says why."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any as Json

from rules_engine.model.ruleset import (
    Aggregate,
    All,
    Any,
    Comparison,
    Condition,
    FieldOperand,
    Function,
    Literal,
    NoneOf,
    Quantified,
    Quantifier,
)
from rules_engine.model.values import Value

DAYS = ("date", "datetime")
OPERATORS = {
    "eq": "is",
    "ne": "is_not",
    "lt": "less_than",
    "le": "at_most",
    "gt": "more_than",
    "ge": "at_least",
    "in": "is_any_of",
    "not_in": "is_none_of",
    "contains": "contains",
    "starts_with": "starts_with",
    "ends_with": "ends_with",
}
OF_DAYS = {"lt": "before", "le": "on_or_before", "gt": "after", "ge": "on_or_after"}
QUANTIFIERS = {"any": Quantifier.SOME, "all": Quantifier.EVERY, "none": Quantifier.NO}
FUNCTIONS = {
    "count": Function.COUNT,
    "sum": Function.SUM,
    "min": Function.MIN,
    "max": Function.MAX,
    "avg": Function.AVERAGE,
}


class Inexpressible(Exception):
    """Our language has no such condition; the text says what it lacks."""


def condition(neutral: Mapping[str, Json]) -> Condition:
    """Raises Inexpressible."""
    match neutral:
        case {"all": inner}:
            return All(tuple(condition(each) for each in inner))
        case {"any": inner}:
            return Any(tuple(condition(each) for each in inner))
        case {"not": inner}:
            return NoneOf((condition(inner),))
        case {"items": path, "quant": quantifier, "where": where} if quantifier in QUANTIFIERS:
            # A list without records: most suites say that `all` is true of it.
            return Quantified(QUANTIFIERS[quantifier], path, _where(where), also_when_empty=quantifier == "all")
        case {"items": path, "quant": "one", "where": where}:
            return Aggregate(Function.COUNT, path, "", "is", Literal(Decimal(1)), _where(where))
        case {"items": path, "where": where}:
            number = Literal(Decimal(str(neutral["value"])))
            return Aggregate(Function.COUNT, path, "", OPERATORS[neutral["op"]], number, _where(where))
        case _:
            return _leaf(neutral)


def _where(neutral: Mapping[str, Json]) -> Condition:
    if not all(each.startswith("@") for each in _fields(neutral)):
        raise Inexpressible("no field of the whole inside a where")
    return condition(neutral)


def _fields(neutral: Json) -> list[str]:
    if isinstance(neutral, list):
        return [name for each in neutral for name in _fields(each)]
    if not isinstance(neutral, Mapping):
        return []
    own = [neutral[key] for key in ("items", "field") if key in neutral]
    return own + [name for each in ("all", "any", "not") for name in _fields(neutral.get(each))]


def _leaf(neutral: Mapping[str, Json]) -> Condition:
    field, kind, operator = neutral["field"], neutral.get("type"), neutral["op"]
    field = "value" if field == "@" else field.removeprefix("@.")
    if operator in ("is_null", "not_null"):
        return Comparison(field, "is_empty" if operator == "is_null" else "is_not_empty")
    if neutral.get("type") == "any" and operator in ("eq", "ne") and neutral["value"] is None:
        # Nearly the same: an empty text and an empty list are empty here too.
        return Comparison(field, "is_empty" if operator == "eq" else "is_not_empty")
    if neutral.get("fn"):
        return _figure(neutral, field)
    if kind in ("time", "duration", "context") or (kind == "list" and operator != "list_contains"):
        raise Inexpressible(f"no values of the type {kind}")
    if operator == "is_true":
        return Comparison(field, "is", Literal(True))
    if operator == "list_contains":
        return Quantified(Quantifier.SOME, field, Comparison("value", "is", _literal(neutral["value"], kind)))
    if operator == "between":
        return _between(field, neutral, kind)
    if operator not in OPERATORS:
        raise Inexpressible(f"no operator for {operator}")
    ours = OF_DAYS.get(operator, OPERATORS[operator]) if kind in DAYS else OPERATORS[operator]
    if "value_field" in neutral:
        return Comparison(field, ours, FieldOperand(neutral["value_field"]))
    return Comparison(field, ours, _literal(neutral["value"], kind))


def _figure(neutral: Mapping[str, Json], field: str) -> Condition:
    if neutral["fn"] not in FUNCTIONS:
        raise Inexpressible(f"no function {neutral['fn']} in a condition")
    function = FUNCTIONS[neutral["fn"]]
    of = "" if function is Function.COUNT else "value"
    return Aggregate(function, field, of, OPERATORS[neutral["op"]], _literal(neutral["value"], "number"))


def _between(field: str, neutral: Mapping[str, Json], kind: str | None) -> Condition:
    names = OF_DAYS if kind in DAYS else OPERATORS
    opening, closing = neutral.get("bounds", "[]")
    low, high = ("ge" if opening == "[" else "gt"), ("le" if closing == "]" else "lt")
    ends = [_literal(each, kind) for each in neutral["value"]]
    if (opening, closing) == ("[", "]") and kind in ("number", *DAYS):
        return Comparison(field, "between", _literal(neutral["value"], kind))
    return All((Comparison(field, names[low], ends[0]), Comparison(field, names[high], ends[1])))


def _literal(raw: Json, kind: str | None) -> Literal:
    found = value(raw, kind)
    several = found if isinstance(found, tuple) else (found,)
    scalars = [each for each in several if each is None or not isinstance(each, tuple | Mapping)]
    if None in scalars or len(scalars) < len(several):
        raise Inexpressible("no literal that is null, a list or a record")
    return Literal(tuple(scalars) if isinstance(found, tuple) else scalars[0])


def value(raw: Json, kind: str | None = None) -> Value:
    """Numbers as Decimal, dates as what they are declared to be."""
    match raw:
        case None | bool():
            return raw
        case int() | float():
            return Decimal(str(raw))
        case str() if kind in DAYS:
            return _moment(raw, kind)
        case str():
            return raw
        case list():
            return tuple(value(each, kind) for each in raw)
        case _:
            return {name: value(each) for name, each in raw.items()}


def _moment(text: str, kind: str | None) -> Value:
    try:
        if kind == "date":
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Inexpressible("no date outside of the years 1 to 9999, and no zone by name") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def record(data: Mapping[str, Json], types: Mapping[str, str], lists: frozenset[str]) -> dict[str, Value]:
    """The data as a record of ours; lists of plain values that are walked become records with a `value`."""
    found = {name: value(raw, types.get(name)) for name, raw in data.items()}
    for name in lists:
        items = found.get(name)
        if isinstance(items, tuple):
            found[name] = tuple(each if isinstance(each, Mapping) else {"value": each} for each in items)
    return found


def walked(neutral: Json) -> frozenset[str]:
    """The lists that a condition walks over."""
    if isinstance(neutral, list):
        return frozenset().union(*(walked(each) for each in neutral))
    if not isinstance(neutral, Mapping):
        return frozenset()
    over = neutral.get("fn") in FUNCTIONS or neutral.get("op") == "list_contains"
    own = {neutral["items"]} if "items" in neutral else {neutral["field"]} if over else set()
    return frozenset(own).union(*(walked(each) for each in neutral.values()))
