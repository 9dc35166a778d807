"""One comparison judged on one value: the meaning of every operator.

Three values throughout: a field that was never sent or is empty makes a comparison unknown, and so do unlike
kinds; nothing is coerced. Source of the rules: Kleene's strong three-valued logic, as in SQL and FEEL.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from rules_engine.evaluation import calendar
from rules_engine.evaluation.money import in_currency
from rules_engine.evaluation.moving import compare_moving
from rules_engine.evaluation.scene import BY_ORDER, Judged, Scene, kind, normal, order, truth
from rules_engine.formats.patterns import compiled
from rules_engine.model.decision import Truth
from rules_engine.model.operators import OPERATORS
from rules_engine.model.ruleset import (
    Comparison,
    Duration,
    FieldOperand,
    Length,
    Literal,
    Near,
    Operand,
    Period,
    RelativeDate,
    Unit,
)
from rules_engine.model.values import MISSING, Missing, Money, Value, get, is_empty


def compare_field(comparison: Comparison, scene: Scene) -> Judged:
    """Judge a comparison of a field of the scene's record."""
    actual = get(scene.record, comparison.field)
    return compare(actual, comparison, scene, f"{scene.prefix}{comparison.field}")


def compare_length(condition: Length, scene: Scene) -> Judged:
    """Judge the number of characters (code points in NFC) of a text of the scene's record; "" has none of them."""
    name = f"{scene.prefix}{condition.field}"
    text = get(scene.record, condition.field)
    comparison = Comparison(condition.field, condition.operator, condition.operand)
    if isinstance(text, str):
        return compare(Decimal(len(normal(text))), comparison, scene, f"length of {name}")
    if isinstance(text, Missing) or text is None:
        return compare(text, comparison, scene, name)
    return Judged(Truth.UNKNOWN, text, cause=f"`{name}` is {kind(text)}, not text")


def compare(actual: Value | Missing, comparison: Comparison, scene: Scene, name: str) -> Judged:
    """Judge `actual`, called `name` in a cause, by the comparison's operator and operand."""
    if isinstance(actual, Missing):
        return Judged(Truth.UNKNOWN, MISSING, cause=f"no data: `{name}`")
    if comparison.operator in ("is_empty", "is_not_empty"):
        return Judged(truth(is_empty(actual) == (comparison.operator == "is_empty")), actual)
    if is_empty(actual):
        if comparison.also_when_empty and OPERATORS[comparison.operator].negative:
            return Judged(Truth.TRUE, actual)
        return Judged(Truth.UNKNOWN, actual, cause=f"`{name}` is empty")
    if isinstance(comparison.operand, Near):
        return _near(actual, comparison.operand, scene, name)
    if isinstance(comparison.operand, Duration | Period | RelativeDate):
        return compare_moving(actual, comparison, scene, name)
    expected, cause = resolve(comparison.operand, scene)
    if isinstance(expected, Missing) or cause:
        return Judged(Truth.UNKNOWN, actual, expected, cause)
    return _fixed(comparison, actual, expected, scene, name)


# --- operands -------------------------------------------------------------------------------------------------


def resolve(operand: Operand, scene: Scene) -> tuple[Value | Missing, str]:
    """The operand's value, and why there is none ("" where there is)."""
    match operand:
        case Literal(value):
            return value, ""
        case FieldOperand(path, plus, percent):
            found = get(scene.record, path)
            if isinstance(found, Missing):
                found = get(scene.case.record, path)
            if isinstance(found, Missing):
                return MISSING, f"no data: `{path}`"
            if is_empty(found):
                return MISSING, f"`{path}` is empty"
            try:
                return _shifted(found, plus, percent, scene, path)
            except ArithmeticError:  # no number, or one beyond all numbers
                return MISSING, f"`{path}` cannot be computed with"
        case RelativeDate("now", plus):
            return calendar.shift(scene.now, plus, scene.case.zone), ""
        case RelativeDate(_, plus):
            return calendar.shift_day(scene.today, plus), ""
        case _:
            return MISSING, ""


def _shifted(
    found: Value, plus: Duration | None, percent: Decimal | None, scene: Scene, path: str
) -> tuple[Value | Missing, str]:
    match found:
        case datetime() if plus is not None:
            return calendar.shift(found, plus, scene.case.zone), ""
        case date() if plus is not None and plus.unit is not Unit.HOURS:
            return calendar.shift_day(found, plus), ""
        case Money(amount, currency) if percent is not None:
            return Money(amount * percent / 100, currency), ""
        case Decimal() if percent is not None:
            return found * percent / 100, ""
        case _ if plus is None and percent is None:
            return found, ""
        case _:
            return MISSING, f"`{path}` is {kind(found)}, which cannot be shifted so"


# --- fixed operands -------------------------------------------------------------------------------------------


def _fixed(comparison: Comparison, actual: Value, expected: Value, scene: Scene, name: str) -> Judged:
    operator, fold = comparison.operator, comparison.ignore_case
    if isinstance(actual, tuple) or operator in _TEXT or operator in _LISTS or operator in _PATTERNS:
        return _text_or_list(comparison, actual, expected, name)
    several = expected if isinstance(expected, tuple) else (expected,)
    signs = [order(_folded(actual, fold), _folded(each, fold), scene) for each in several]
    unlike = next((each for each, sign in zip(several, signs, strict=True) if sign is None), None)
    known = [sign for sign in signs if sign is not None]
    if operator in ("is_any_of", "is_none_of") and 0 in known:
        return Judged(truth(operator == "is_any_of"), actual, expected)
    if unlike is not None or not known:
        return Judged(Truth.UNKNOWN, actual, expected, _unlike(actual, unlike, name))
    match operator:
        case "is_any_of" | "is_none_of":
            return Judged(truth(operator == "is_none_of"), actual, expected)
        case "between":
            return Judged(truth(known[0] >= 0 and known[1] <= 0), actual, expected)
        case _:
            return Judged(truth(BY_ORDER[operator](known[0])), actual, expected)


_TEXT: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda text, part: part in text,
    "does_not_contain": lambda text, part: part not in text,
    "starts_with": str.startswith,
    "ends_with": str.endswith,
}


_PATTERNS = {"matches": True, "does_not_match": False}


def _folded(value: Value, fold: bool) -> Value:
    """Text without regard to capitals, where that is asked for."""
    return normal(normal(value).casefold()) if fold and isinstance(value, str) else value


_LISTS: dict[str, Callable[[list[bool]], bool]] = {
    "contains": any,
    "contains_any_of": any,
    "contains_all_of": all,
    "does_not_contain": lambda found: not any(found),
}


def _text_or_list(comparison: Comparison, actual: Value, expected: Value, name: str) -> Judged:
    operator, fold = comparison.operator, comparison.ignore_case
    wanted = expected if isinstance(expected, tuple) else (expected,)
    if isinstance(actual, tuple) and operator in _LISTS and all(isinstance(each, str) for each in (*actual, *wanted)):
        there = {normal(str(each)) for each in actual}
        answer = _LISTS[operator]([normal(str(each)) in there for each in wanted])
        return Judged(truth(answer), actual, expected)
    if isinstance(actual, str) and isinstance(expected, str) and operator in _TEXT:
        text, part = _folded(actual, fold), _folded(expected, fold)
        return Judged(truth(_TEXT[operator](normal(str(text)), normal(str(part)))), actual, expected)
    if isinstance(actual, str) and isinstance(expected, str) and operator in _PATTERNS:
        found = compiled(normal(expected), fold).search(normal(actual)) is not None
        return Judged(truth(found is _PATTERNS[operator]), actual, expected)
    return Judged(Truth.UNKNOWN, actual, expected, _unlike(actual, expected, name))


def _unlike(actual: Value, expected: Value, name: str) -> str:
    if isinstance(actual, Money) and isinstance(expected, Money):
        return f"no rate from {actual.currency} to {expected.currency} for `{name}`"
    return f"`{name}` is {kind(actual)}, and is compared with {kind(expected)}"


def _near(actual: Value, near: Near, scene: Scene, name: str) -> Judged:
    other, cause = resolve(FieldOperand(near.path), scene)
    if isinstance(other, Missing):
        return Judged(Truth.UNKNOWN, actual, MISSING, cause)
    try:
        close = _is_near(actual, other, near.percent, scene)
    except ArithmeticError:  # no number, or one beyond all numbers
        return Judged(Truth.UNKNOWN, actual, other, f"`{name}` cannot be computed with")
    if close is None:
        return Judged(Truth.UNKNOWN, actual, other, _unlike(actual, other, name))
    return Judged(truth(close), actual, other)


def _is_near(actual: Value, other: Value, percent: Decimal, scene: Scene) -> bool | None:
    """Whether the two lie within the share of the other; None for unlike kinds and currencies without a rate."""
    match actual, other:
        case Decimal(), Decimal():
            return abs(actual - other) <= abs(other) * percent / 100
        case Money(), Money(amount, currency):
            converted = in_currency(actual, currency, scene.case.rates, scene.rate_day)
            return None if converted is None else abs(converted - amount) <= abs(amount) * percent / 100
        case _:
            return None
