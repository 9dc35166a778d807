"""One JsonLogic expression as a condition: what each operation means under the catalog's types."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any as Raw

from rules_engine.formats.exchange.imported import MAX_LEVELS, Spot, amount, several, word
from rules_engine.formats.exchange.json_logic_comparisons import (
    Found,
    Here,
    equal,
    in_words,
    no_field,
    ordered,
    settled,
    unequal,
    wrong_count,
)
from rules_engine.formats.exchange.json_logic_guards import NUMBERS, as_path, guarded, operation
from rules_engine.formats.exchange.json_logic_lists import among, missing, missing_some
from rules_engine.formats.notes import nearest, shown
from rules_engine.model.catalog import Field, Type
from rules_engine.model.ruleset import All, Any, NoneOf, Quantified, Quantifier


def read_logic(logic: Raw, here: Here) -> Found:
    """The condition of an expression; None after a finding."""
    if here.level > MAX_LEVELS:
        here.spot.error("too-deep", f"this lies more than {MAX_LEVELS} levels deep", "nest less")
        return None
    if not here.spot.one_more():
        return None
    said = operation(logic)
    if said is None:
        _no_operation(logic, here.spot)
        return None
    operator, parts = said
    read = OPERATIONS.get(operator)
    if read is None:
        here.spot.error("no-counterpart", f'"{shown(operator)}" has no counterpart', _hint(operator))
        return None
    return read(operator, parts, here)


def _no_operation(logic: Raw, spot: Spot) -> None:
    if isinstance(logic, bool | str | Decimal) or logic is None:
        spot.error("no-counterpart", f"{in_words(logic)} is a value and no condition",
                   "leave it out, or compare a field with it")  # fmt: skip
    else:
        spot.error("wrong-shape", "an expression is an object with one operation", 'write such as `{"==": [...]}`')


def _hint(operator: str) -> str:
    found = nearest(operator, tuple(OPERATIONS))
    return found if found.startswith("did you") and operator.isalpha() and len(operator) > 3 else ""


# --- and, or, not, if ------------------------------------------------------------------------------------------


def _group(operator: str, parts: list[Raw], here: Here) -> Found:
    if not parts:
        here.spot.error("empty-group", f"`{operator}` has no conditions", "write a condition in it or delete it")
        return None
    if operator == "or" and not here.negated and (every := _every_or_empty(parts, here)) is not None:
        return every[0]
    if operator == ("or" if here.negated else "and") and guarded(operator, parts, here.spot.scope):
        return read_logic(parts[-1], here.each(operator, len(parts) - 1, guarded=True))
    found = [read_logic(each, here.each(operator, at)) for at, each in enumerate(parts)]
    known = tuple(each for each in found if each is not None)
    kind: type[All] | type[Any] = All if operator == "and" else Any
    return kind(known) if len(known) == len(parts) else None


def _every_or_empty(parts: list[Raw], here: Here) -> tuple[Found] | None:
    """`[{"!": list}, {"all": [list, where]}]`: `every` that is true of an empty list too."""
    last = operation(parts[-1])
    if len(parts) != 2 or last is None or last[0] != "all" or not guarded("or", parts, here.spot.scope):
        return None
    found = read_logic(parts[1], here.each("or", 1, guarded=True))
    return (replace(found, also_when_empty=True) if isinstance(found, Quantified) else found,)


def _not(operator: str, parts: list[Raw], here: Here) -> Found:
    if len(parts) != 1:
        wrong_count(operator, parts, 1, here)
        return None
    return _opposite(parts[0], here.each(operator, 0, flip=True, guarded=here.guarded))


def _opposite(logic: Raw, inner: Here) -> Found:
    """The condition that the expression is falsy; `inner` is where it stands, negated already."""
    path, said = as_path(logic), operation(logic)
    if path is not None:
        return _falsy(path, inner)
    name, inside = said or ("", [])
    around = replace(inner, negated=not inner.negated)
    if name in ("==", "===", "!=", "!==", "missing") or (name == "in" and len(inside) == 2):
        return _complement(name, inside, around)
    inner = replace(inner, guarded=False)
    if name == "!" and len(inside) == 1:
        return _truthy("!!", inside, inner.each("!", 0, flip=True))
    found = read_logic(logic, inner)
    return NoneOf(found.conditions) if name == "or" and isinstance(found, Any) else _none_of(found)


def _none_of(found: Found) -> Found:
    return NoneOf((found,)) if found is not None else None


def _complement(name: str, parts: list[Raw], here: Here) -> Found:
    """The falsehood of a comparison as the opposite comparison."""
    if name == "in":
        return among(name, parts, here, opposite=True)
    if name == "missing":
        return missing(name, parts, here, opposite=True)
    opposite = {"==": "!=", "===": "!==", "!=": "==", "!==": "==="}[name]
    return (equal if opposite.startswith("=") else unequal)(opposite, parts, here)


def _truthy(operator: str, parts: list[Raw], here: Here) -> Found:
    if len(parts) != 1:
        wrong_count(operator, parts, 1, here)
        return None
    path = as_path(parts[0])
    if path is None:
        inner = here.each(operator, 0)
        return read_logic(parts[0], replace(inner, guarded=False))
    field = here.spot.field_at(path)
    if field is None:
        return None
    if field.type is Type.BOOLEAN:
        return settled(here.spot.comparison(path, "is", word("true", plain=True)), path, here)
    if field.type in NUMBERS:
        zero = amount("0", field, path, here.spot)
        return settled(here.spot.comparison(path, "is_not", zero), path, here) if zero else None
    return here.spot.comparison(path, "is_not_empty", None)


def _falsy(path: str, here: Here) -> Found:
    """`!` of a field: false, 0 and nothing are falsy."""
    field = here.spot.field_at(path)
    if field is None:
        return None
    if field.type is Type.BOOLEAN:
        return here.spot.comparison(path, "is_not", word("true", plain=True), empty=True)
    if field.type in NUMBERS:
        zero = amount("0", field, path, here.spot)
        empty = here.spot.comparison(path, "is_empty", None)
        nothing = here.spot.comparison(path, "is", zero) if zero else None
        return Any((empty, nothing)) if empty and nothing else None
    return here.spot.comparison(path, "is_empty", None)


def _var(_operator: str, parts: list[Raw], here: Here) -> Found:
    logic = {"var": parts}
    if as_path(logic) is None:
        no_field(parts, here.spot)
        return None
    return _truthy("var", [logic], here)


def _if(operator: str, parts: list[Raw], here: Here) -> Found:
    """`if` by `all`, `any` and `none`: the branches are conditions, `true` or `false`."""
    if len(parts) < 2:
        wrong_count(operator, parts, 3, here)
        return None
    if here.level + len(parts) // 2 > MAX_LEVELS:
        here.spot.error("too-deep", f"`{operator}` has more than {MAX_LEVELS} branches", "write a rule a branch")
        return None
    found: Found | bool = False
    if len(parts) % 2:
        found = _branch(parts[-1], here.each(operator, len(parts) - 1))
    for at in range(len(parts) // 2 * 2 - 2, -1, -2):
        yes = _branch(parts[at + 1], here.each(operator, at + 1))
        found = _choice(parts[at], here.each(operator, at), yes, found)
    if isinstance(found, bool):
        here.spot.error("no-counterpart", f"`{operator}` is always {str(found).lower()}", "leave it out")
        return None
    return found


def _branch(logic: Raw, here: Here) -> Found | bool:
    if isinstance(logic, bool):
        return logic
    if isinstance(logic, str):
        here.spot.error("no-counterpart", f"{in_words(logic)} is a value and no condition",
                        "only an `if` that is the whole text gives verdicts")  # fmt: skip
        return None
    return read_logic(logic, here)


def _choice(test: Raw, here: Here, yes: Found | bool, no: Found | bool) -> Found | bool:
    """`test ? yes : no`; constants fall away."""
    if isinstance(yes, bool) and yes is no:
        return yes
    met = read_logic(test, here) if yes is not False else None
    unmet = _opposite(test, replace(here, negated=not here.negated)) if no is not False else None
    match yes, no:
        case (True, False):
            return met
        case (False, True):
            return unmet
        case (True, _):
            return _joined(Any, met, no)
        case (False, _):
            return _joined(All, unmet, no)
        case (_, True):
            return _joined(Any, unmet, yes)
        case (_, False):
            return _joined(All, met, yes)
        case _:
            return _joined(Any, _joined(All, met, yes), _joined(All, unmet, no))


def _joined(kind: type[All] | type[Any], first: Found | bool, last: Found | bool) -> Found:
    if first is None or last is None or isinstance(first, bool) or isinstance(last, bool):
        return None
    return kind((first, last))


# --- lists -----------------------------------------------------------------------------------------------------


_QUANTIFIERS = {"some": Quantifier.SOME, "all": Quantifier.EVERY, "none": Quantifier.NO}


def _quantified(operator: str, parts: list[Raw], here: Here) -> Found:
    if len(parts) != 2:
        wrong_count(operator, parts, 2, here)
        return None
    path = as_path(parts[0])
    if path is None:
        here.spot.error("no-counterpart", f'"{operator}" of what is no field has no counterpart', "name a list")
        return None
    field = here.spot.field_at(path)
    if field is None:
        return None
    if field.type is Type.CHOICES:
        return _some_choice(operator, path, parts[1], here)
    if field.type is not Type.RECORDS:
        here.spot.error("type-mismatch", f'"{operator}" asks about a list, and `{path}` is none', "name a list")
        return None
    quantifier = _QUANTIFIERS[operator]
    if parts[1] is True and quantifier is not Quantifier.EVERY:
        return Quantified(quantifier, path)
    return _with_where(quantifier, path, field, parts[1], here)


def _with_where(quantifier: Quantifier, path: str, field: Field, where: Raw, here: Here) -> Found:
    operator = next(each for each, name in _QUANTIFIERS.items() if name is quantifier)
    inside = here.inside(field)
    if quantifier is Quantifier.NO and (fails := _fails(where)) is not None:
        found = read_logic(fails, inside.each(operator, 1))
        return Quantified(Quantifier.EVERY, path, found, also_when_empty=True) if found else None
    found = read_logic(where, inside.each(operator, 1, flip=quantifier is Quantifier.NO))
    if found is None:
        return None
    quantified = Quantified(quantifier, path, found)
    return settled(quantified, path, here) if quantifier is Quantifier.EVERY else quantified


def _fails(where: Raw) -> Raw:
    """The expression inside `{"!": {"!!": ...}}`: no record fails it, so that every one meets it."""
    outer = operation(where)
    inner = operation(outer[1][0]) if outer and outer[0] == "!" and len(outer[1]) == 1 else None
    if inner and inner[0] == "!!" and len(inner[1]) == 1 and as_path(inner[1][0]) is None:
        return inner[1][0]
    return None


def _some_choice(operator: str, path: str, where: Raw, here: Here) -> Found:
    """`{"some": [choices, {"in": [{"var": ""}, [...]]}]}`."""
    said = operation(where)
    item = operation(said[1][0]) if said and said[0] == "in" and len(said[1]) == 2 else None
    if operator != "some" or said is None or item != ("var", [""]) or not isinstance(said[1][1], list):
        here.spot.error("no-counterpart", f'"{operator}" of a list of choices has no counterpart but '
                        '`{"some": [field, {"in": [{"var": ""}, [...]]}]}`')  # fmt: skip
        return None
    codes = [word(each) for each in said[1][1] if isinstance(each, str)]
    if len(codes) < len(said[1][1]):
        here.spot.error("type-mismatch", f"`{path}` holds codes, and those are texts")
        return None
    return settled(here.spot.comparison(path, "contains_any_of", several(codes)), path, here)


OPERATIONS: dict[str, Callable[[str, list[Raw], Here], Found]] = {
    "and": _group,
    "or": _group,
    "!": _not,
    "!!": _truthy,
    "var": _var,
    "if": _if,
    "?:": _if,
    "==": equal,
    "===": equal,
    "!=": unequal,
    "!==": unequal,
    "<": ordered,
    "<=": ordered,
    ">": ordered,
    ">=": ordered,
    "in": lambda operator, parts, here: among(operator, parts, here),
    "some": _quantified,
    "all": _quantified,
    "none": _quantified,
    "missing": lambda operator, parts, here: missing(operator, parts, here),
    "missing_some": missing_some,
}
