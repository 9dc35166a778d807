"""Published conditions in the neutral form (neutral-v1) as conditions of ours; what has no counterpart says why."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any as Json

from rules_engine.formats import literals
from rules_engine.formats.patterns import compiled
from rules_engine.model.ruleset import (
    Aggregate,
    All,
    Any,
    Comparison,
    Condition,
    FieldOperand,
    Function,
    Length,
    Literal,
    NoneOf,
    Quantified,
    Quantifier,
)
from rules_engine.model.values import Value

DAYS = ("date", "datetime")
CALENDAR = (*DAYS, "time")
TYPED = (*CALENDAR, "duration")
ORDER = ("lt", "le", "gt", "ge", "between")
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
    if kind == "any" and operator in ("eq", "ne") and neutral["value"] is None:
        # Nearly the same: an empty text and an empty list are empty here too.
        return Comparison(field, "is_empty" if operator == "eq" else "is_not_empty")
    if neutral.get("fn"):
        return _figure(neutral, field)
    if kind == "context" or (kind == "list" and operator != "list_contains"):
        raise Inexpressible("no comparison of whole lists and records")
    if operator == "is_true":
        return Comparison(field, "is", Literal(True))
    if operator == "list_contains":
        return Quantified(Quantifier.SOME, field, Comparison("value", "is", _literal(neutral["value"], kind)))
    if operator == "matches":
        return _matches(field, neutral)
    if operator == "between":
        return _between(field, neutral, kind)
    if operator not in OPERATORS:
        raise Inexpressible(f"no operator for {operator}")
    if (kind == "boolean" or isinstance(neutral.get("value"), bool)) and operator in ORDER:
        raise Inexpressible("yes and no have no order")
    if kind == "boolean" and operator in ("in", "not_in"):
        one_of = tuple(Comparison(field, "is", Literal(each)) for each in neutral["value"])
        return Any(one_of) if operator == "in" else NoneOf(one_of)
    ours = OF_DAYS.get(operator, OPERATORS[operator]) if kind in CALENDAR else OPERATORS[operator]
    if "value_field" in neutral:
        return Comparison(field, ours, FieldOperand(neutral["value_field"].removeprefix("@.")))
    if kind == "string" or isinstance(neutral["value"], str):
        return _text(field, operator, neutral["value"], kind)
    return Comparison(field, ours, _literal(neutral["value"], kind))


def _text(field: str, operator: str, raw: Json, kind: str | None, fold: bool = False) -> Condition:
    """A comparison of text as others mean it: there an empty text is a text like any other, here it is empty.

    So each says beside what it means of a text with characters what it means of one without.
    """
    if kind not in (None, "any", "string"):
        ours = OF_DAYS.get(operator, OPERATORS[operator]) if kind in CALENDAR else OPERATORS[operator]
        return Comparison(field, ours, _literal(raw, kind))
    several = raw if isinstance(raw, list) else [raw]
    if not all(isinstance(each, str) for each in several):
        return Comparison(field, OPERATORS[operator], _literal(raw, kind))
    filled = [each for each in several if each]
    of_empty = _of_empty(operator, several)
    if not filled:
        return _of_nothing(field, operator)
    operand = Literal(tuple(filled)) if isinstance(raw, list) else Literal(filled[0])
    comparison = Comparison(field, OPERATORS[operator], operand, ignore_case=fold)
    if of_empty:
        return Any((Length(field, "is", Literal(Decimal(0))), comparison))
    return All((Length(field, "at_least", Literal(Decimal(1))), comparison))


def _of_empty(operator: str, values: list[str]) -> bool:
    """What the comparison says of an empty text."""
    match operator:
        case "in" | "not_in":
            return ("" in values) is (operator == "in")
        case "eq" | "contains" | "starts_with" | "ends_with" | "ge":
            return values[0] == ""
        case "ne" | "lt":
            return values[0] != ""
        case _:  # le: always; gt: never
            return operator == "le"


def _of_nothing(field: str, operator: str) -> Condition:
    """A comparison with the empty text: it is about the length."""
    figure = {"eq": "is", "in": "is", "le": "is", "ne": "is_not", "not_in": "is_not", "gt": "more_than",
              "lt": "less_than"}.get(operator, "at_least")  # fmt: skip
    return Length(field, figure, Literal(Decimal(0)))


def _matches(field: str, neutral: Mapping[str, Json]) -> Condition:
    pattern, flags = neutral.get("value"), neutral.get("flags") or ""
    if not isinstance(pattern, str) or not pattern:
        raise Inexpressible("no pattern that is null, empty or a list")
    if "-[" in pattern or "x" in flags or set(flags) - set("ims"):
        raise Inexpressible("a pattern is RE2's: nothing is taken away from a class of characters, spaces count")
    others = "".join(each for each in flags if each in "ms")
    pattern = f"(?{others}){pattern}" if others else pattern
    try:
        found = compiled(pattern, "i" in flags)
    except ValueError:
        raise Inexpressible("a pattern is RE2's: no reference back, no blocks of Unicode by name") from None
    comparison = Comparison(field, "matches", Literal(pattern), ignore_case="i" in flags)
    empty = Length(field, "is", Literal(Decimal(0)))
    full = Length(field, "at_least", Literal(Decimal(1)))
    return Any((empty, comparison)) if found.search("") else All((full, comparison))


def _figure(neutral: Mapping[str, Json], field: str) -> Condition:
    name, operator = neutral["fn"], neutral["op"]
    if operator == "between":
        low, high = neutral["value"]
        opening, closing = neutral.get("bounds", "[]")
        ends = (("ge" if opening == "[" else "gt", low), ("le" if closing == "]" else "lt", high))
        return All(tuple(_figure({**neutral, "op": each, "value": bound}, field) for each, bound in ends))
    if name in ("lower", "upper"):
        raw = neutral.get("value")
        if not isinstance(raw, str) or operator not in ("eq", "ne", "contains", "starts_with", "ends_with"):
            raise Inexpressible(f"no function {name} with {operator}")
        if raw != (raw.lower() if name == "lower" else raw.upper()):
            raise Inexpressible("capitals are ignored or not, and no text is compared with one in other capitals")
        return _text(field, operator, raw, "string", fold=True)
    if operator not in OPERATORS or "value_field" in neutral:
        raise Inexpressible(f"no operator {operator} for a figure")
    if name == "length":
        return Length(field, OPERATORS[operator], _literal(neutral["value"], "number"))
    if name not in FUNCTIONS:
        raise Inexpressible(f"no function {name} in a condition")
    function = FUNCTIONS[name]
    of = "" if function is Function.COUNT else "value"
    return Aggregate(function, field, of, OPERATORS[operator], _literal(neutral["value"], "number"))


def _between(field: str, neutral: Mapping[str, Json], kind: str | None) -> Condition:
    opening, closing = neutral.get("bounds", "[]")
    low, high = ("ge" if opening == "[" else "gt"), ("le" if closing == "]" else "lt")
    first, last = neutral["value"]
    if (opening, closing) == ("[", "]") and kind not in ("string", None, "any"):
        pair = _literal(neutral["value"], kind)
        ordered = isinstance(pair.value, tuple) and type(pair.value[0]) is type(pair.value[1])
        if ordered and pair.value[0] <= pair.value[1]:
            return Comparison(field, "between", pair)
    return All(tuple(_leaf({**neutral, "op": each, "value": bound}) for each, bound in ((low, first), (high, last))))


def _literal(raw: Json, kind: str | None) -> Literal:
    found = value(raw, kind)
    several = found if isinstance(found, tuple) else (found,)
    scalars = [each for each in several if each is None or not isinstance(each, tuple | Mapping)]
    if None in scalars or "" in scalars or len(scalars) < len(several):
        raise Inexpressible("no literal that is null, a list or a record")
    return Literal(tuple(scalars) if isinstance(found, tuple) else scalars[0])


def value(raw: Json, kind: str | None = None) -> Value:
    """Numbers as Decimal, dates as what they are declared to be."""
    match raw:
        case None | bool():
            return raw
        case int() | float():
            return Decimal(str(raw))
        case str() if kind in TYPED:
            return _moment(raw, kind)
        case str():
            return raw
        case list():
            return tuple(value(each, kind) for each in raw)
        case _:
            return {name: value(each) for name, each in raw.items()}


def _moment(text: str, kind: str | None) -> Value:
    if kind == "duration":
        return _read(literals.span, text, "no duration of years with days")
    if kind == "time":
        return _read(literals.clock, text, "no time of day with an offset")
    try:
        if kind == "date":
            return date.fromisoformat(text)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Inexpressible("no date outside of the years 1 to 9999, and no zone by name") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _read(read: Callable[[str], Value], text: str, lacking: str) -> Value:
    found = read(text)
    if found is None:
        raise Inexpressible(lacking)
    return found


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
