"""What JsonLogic means, after its reference implementation (json-logic-js 2.0.5, MIT): the other side of the tests."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from math import prod

NOT_A_NUMBER = Decimal("nan")


def truthy(value) -> bool:
    """Empty lists are falsy in JsonLogic, other than in JavaScript; "0" is truthy."""
    return value != [] if isinstance(value, list) else value not in (None, False, 0, "")


def evaluate(logic, data):
    if isinstance(logic, list):
        return [evaluate(each, data) for each in logic]
    if not isinstance(logic, Mapping) or len(logic) != 1:
        return logic
    operator, parts = next(iter(logic.items()))
    parts = parts if isinstance(parts, list) else [parts]
    if operator in LAZY:
        return LAZY[operator](parts, data)
    return EAGER[operator]([evaluate(each, data) for each in parts], data)


def _if(parts, data):
    for at in range(0, len(parts) - 1, 2):
        if truthy(evaluate(parts[at], data)):
            return evaluate(parts[at + 1], data)
    return evaluate(parts[-1], data) if len(parts) % 2 else None


def _chain(stop_at):
    def found(parts, data):
        value = None
        for each in parts:
            value = evaluate(each, data)
            if truthy(value) is stop_at:
                return value
        return value

    return found


def _items(parts, data):
    found = evaluate(parts[0], data)
    return [truthy(evaluate(parts[1], each)) for each in found] if isinstance(found, list) else []


LAZY = {
    "if": _if,
    "?:": _if,
    "and": _chain(False),
    "or": _chain(True),
    "some": lambda parts, data: any(_items(parts, data)),
    "all": lambda parts, data: all(_items(parts, data)) and bool(_items(parts, data)),
    "none": lambda parts, data: not any(_items(parts, data)),
}


def _var(parts, data):
    path, default = (parts + [None, None])[:2] if parts else (None, None)
    if path in ("", None):
        return data
    for name in str(path).split("."):
        if not isinstance(data, Mapping) or name not in data:
            return default
        data = data[name]
    return data


def number(value):
    match value:
        case None | False | "":
            return Decimal(0)
        case True:
            return Decimal(1)
        case Decimal():
            return value
        case str():
            try:
                return Decimal(value.strip())
            except InvalidOperation:
                return NOT_A_NUMBER
    return NOT_A_NUMBER


def less(left, right) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.encode("utf-16-be") < right.encode("utf-16-be")
    left, right = number(left), number(right)
    return not left.is_nan() and not right.is_nan() and left < right


def at_most(left, right) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return left.encode("utf-16-be") <= right.encode("utf-16-be")
    left, right = number(left), number(right)
    return not left.is_nan() and not right.is_nan() and left <= right


def same(left, right) -> bool:
    return _kind(left) == _kind(right) and _kind(left) != "object" and left == right


def alike(left, right) -> bool:
    if _kind(left) == _kind(right):
        return same(left, right)
    return None not in (left, right) and number(left) == number(right)


def _kind(value) -> str:
    kinds = {bool: "boolean", str: "string", Decimal: "number", type(None): "null"}
    return kinds.get(type(value), "object")


def _in(parts, _):
    needle, hay = parts
    if isinstance(hay, str):
        return isinstance(needle, str) and needle in hay
    return isinstance(hay, list) and any(same(needle, each) for each in hay)


def _missing(parts, data):
    names = parts[0] if parts and isinstance(parts[0], list) else parts
    return [each for each in names if _var([each], data) in (None, "")]


def _missing_some(parts, data):
    gone = _missing([parts[1]], data)
    return [] if len(parts[1]) - len(gone) >= parts[0] else gone


EAGER = {
    "var": _var,
    "!": lambda parts, _: not truthy(parts[0]),
    "!!": lambda parts, _: truthy(parts[0]),
    "==": lambda parts, _: alike(*parts),
    "!=": lambda parts, _: not alike(*parts),
    "===": lambda parts, _: same(*parts),
    "!==": lambda parts, _: not same(*parts),
    "<": lambda parts, _: all(less(*pair) for pair in zip(parts, parts[1:], strict=False)),
    "<=": lambda parts, _: all(at_most(*pair) for pair in zip(parts, parts[1:], strict=False)),
    ">": lambda parts, _: less(parts[1], parts[0]),
    ">=": lambda parts, _: at_most(parts[1], parts[0]),
    "in": _in,
    "missing": _missing,
    "missing_some": _missing_some,
    "*": lambda parts, _: prod(map(number, parts)),
    "/": lambda parts, _: number(parts[0]) / number(parts[1]),
}
