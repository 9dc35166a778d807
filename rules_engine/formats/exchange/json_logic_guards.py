"""How JsonLogic says that a field has a value: the guards that keep its two truth values and our three apart.

`{"and": [{"!!": x}, {"==": [x, "a"]}]}` is true where `x is a` is true; `{"or": [{"!": x}, {"==": [x, "a"]}]}` is
true where `x is a` is not false. Reader and writer share what counts as such a pair.
"""

from decimal import Decimal
from typing import Any as Raw

from rules_engine.formats.exchange.exported import kind_of
from rules_engine.formats.paths import Scope
from rules_engine.model.catalog import Type

NUMBERS = (Type.NUMBER, Type.PERCENT, Type.MONEY)
TEXTS = (Type.TEXT, Type.RICH_TEXT)
LISTS = (Type.CHOICES, Type.RECORDS)
_WITH_ZERO = (*NUMBERS, Type.BOOLEAN)  # 0 and false are values, and falsy
_COMPARED = ("==", "===", "!=", "!==", "<", "<=", ">", ">=")
_NULL_TESTS = {True: ("!=", "!=="), False: ("==", "===")}


def operation(logic: Raw) -> tuple[str, list[Raw]] | None:
    """An expression's operation and what it is applied to; `{"!": x}` is short for `{"!": [x]}`."""
    if not isinstance(logic, dict) or len(logic) != 1:
        return None
    operator, parts = next(iter(logic.items()))
    return str(operator), parts if isinstance(parts, list) else [parts]


def as_path(logic: Raw) -> str | None:
    """The field that `{"var": "a.b"}` names."""
    said = operation(logic)
    if said is None or said[0] != "var" or len(said[1]) not in (1, 2) or said[1][1:] not in ([], [None]):
        return None
    path = said[1][0]
    return path if isinstance(path, str) and path else None


def as_share(logic: Raw) -> tuple[str, Decimal] | None:
    """`{"*": [field, 1.1]}` and `{"/": [{"*": [field, 110]}, 100]}`: the field and the percentage."""
    said = operation(logic)
    if said is None or len(said[1]) != 2:
        return None
    operator, (left, right) = said
    if operator == "/" and right == Decimal(100) and not isinstance(right, bool):
        inner = operation(left)
        found = _multiplied(inner[1]) if inner and inner[0] == "*" else None
        return (found[0], found[1].normalize()) if found else None
    found = _multiplied([left, right]) if operator == "*" else None
    return (found[0], (found[1] * 100).normalize()) if found else None


def _multiplied(parts: list[Raw]) -> tuple[str, Decimal] | None:
    """A field and a number, in any order."""
    if len(parts) != 2:
        return None
    left, right = parts
    path, factor = (as_path(left), right) if as_path(left) is not None else (as_path(right), left)
    return (path, factor) if path is not None and isinstance(factor, Decimal) else None


def there(path: str, kind: Type, *, has_value: bool) -> dict[str, Raw]:
    """The test that the field has a value, or that it has none."""
    if kind in _WITH_ZERO:
        return {_NULL_TESTS[has_value][1]: [{"var": path}, None]}
    return {"!!" if has_value else "!": [{"var": path}]}


def tested(logic: Raw, scope: Scope, *, has_value: bool) -> str | None:
    """The field that such a test is about."""
    said = operation(logic)
    if said is None:
        return None
    operator, parts = said
    bare = as_path(logic) if has_value else None
    path = bare if bare is not None else as_path(parts[0]) if parts else None
    kind = kind_of(path, scope) if path is not None else None
    if kind in _WITH_ZERO:
        return path if operator in _NULL_TESTS[has_value] and parts[1:] == [None] else None
    short = bare is not None or (operator == ("!!" if has_value else "!") and len(parts) == 1)
    return path if short else None


def guarded(operator: str, parts: list[Raw], scope: Scope) -> bool:
    """Whether the last part is a comparison and those before it say just that its fields have values.

    In an `or` they say that one of them has none.
    """
    guards = [tested(each, scope, has_value=operator == "and") for each in parts[:-1]]
    if not guards or None in guards or len(set(guards)) < len(guards):
        return False
    return set(guards) == set(_compared(parts[-1]))


def _compared(logic: Raw) -> list[str]:
    """The fields of one comparison with a value or with each other; none for anything else."""
    said = operation(logic)
    if said is None:
        return []
    operator, parts = said
    if operator == "!" and len(parts) == 1 and (inner := operation(parts[0])) is not None and inner[0] == "in":
        return _compared(parts[0])
    if operator == "all":
        path = as_path(parts[0]) if parts else None
        return [path] if path is not None else []
    if operator not in (*_COMPARED, "in") or any(_is_nothing(each) for each in parts):
        return []
    shares = [as_share(each) for each in parts]
    paths = [as_path(each) if share is None else share[0] for each, share in zip(parts, shares, strict=True)]
    return [each for each in paths if each is not None]


def _is_nothing(part: Raw) -> bool:
    return part is None or part == "" or (isinstance(part, list) and (None in part or "" in part))
