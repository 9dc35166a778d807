"""What JsonLogic says of fields and values as comparisons of ours, no expression inside another."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any as Raw

from rules_engine.formats.exchange.imported import Spot, amount, operator_for, several, word
from rules_engine.formats.exchange.json_logic_guards import LISTS, NUMBERS, TEXTS, as_path, as_share, operation
from rules_engine.formats.literals import plain_number, relative_date
from rules_engine.formats.notes import shown
from rules_engine.formats.yaml_tree import Node, Table, Text
from rules_engine.model.catalog import Field, Type
from rules_engine.model.finding import NOWHERE
from rules_engine.model.ruleset import All, Condition


@dataclass(frozen=True)
class Here:
    """Where an expression stands; `negated` under an odd number of `!`, `guarded` where its fields are known to be
    there."""

    spot: Spot
    negated: bool = False
    guarded: bool = False
    level: int = 0

    def into(self, path: str, *, flip: bool = False, guarded: bool = False) -> "Here":
        here = self.spot.path
        dot = "." if here and not path.startswith("[") else ""
        spot = replace(self.spot, path=f"{here}{dot}{path}")
        return Here(spot, self.negated != flip, guarded, self.level + 1)

    def each(self, operator: str, at: int, *, flip: bool = False, guarded: bool = False) -> "Here":
        return self.into(f"{operator}[{at}]", flip=flip, guarded=guarded)

    def inside(self, collection: Field) -> "Here":
        return replace(self, spot=replace(self.spot, scope=self.spot.scope.inside(collection)))


Found = Condition | None


# --- comparisons -----------------------------------------------------------------------------------------------


def equal(operator: str, parts: list[Raw], here: Here) -> Found:
    sides = _sides(operator, parts, here)
    if sides is None:
        return None
    path, field, other, _ = sides
    if other is None or other == "":
        say_empty(path, field, here)
        return here.spot.comparison(path, "is_empty", None)
    node = operand_of(other, field, path, here)
    if node is None:
        return None
    found = here.spot.comparison(path, "is", node)
    return _between_fields(found, path, here) if isinstance(node, Table) else settled(found, path, here)


def unequal(operator: str, parts: list[Raw], here: Here) -> Found:
    sides = _sides(operator, parts, here)
    if sides is None:
        return None
    path, field, other, _ = sides
    if other is None or other == "":
        say_empty(path, field, here)
        return here.spot.comparison(path, "is_not_empty", None)
    node = operand_of(other, field, path, here)
    if node is None:
        return None
    if isinstance(node, Table):
        return _between_fields(here.spot.comparison(path, "is_not", node), path, here)
    return here.spot.comparison(path, "is_not", node, empty=not here.guarded)


def say_empty(path: str, field: Field, here: Here) -> None:
    if field.type in TEXTS:
        here.spot.report("empty-differs", f'null and "" are two values in JsonLogic, and here `{path}` is empty with '
                         "either")  # fmt: skip


def settled(found: Found, path: str, here: Here) -> Found:
    """A comparison that JsonLogic finds false of an empty field: under `!` false has to be said."""
    if found is None or not here.negated or here.guarded:
        return found
    there = here.spot.comparison(path, "is_not_empty", None)
    return All((found, there)) if there else None


def _between_fields(found: Found, path: str, here: Here) -> Found:
    if found is not None and not here.guarded:
        here.spot.report("empty-differs", f"JsonLogic compares `{path}` and another field also where one of them is "
                         "empty, and here that is unknown")  # fmt: skip
    return found


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ORDERS = {
    "<": ("less_than", "before"),
    "<=": ("at_most", "on_or_before"),
    ">": ("more_than", "after"),
    ">=": ("at_least", "on_or_after"),
}
_HOLDS: dict[str, Callable[[Decimal], bool]] = {
    "<": lambda bound: bound > 0,
    "<=": lambda bound: bound >= 0,
    ">": lambda bound: bound < 0,
    ">=": lambda bound: bound <= 0,
}


def ordered(operator: str, parts: list[Raw], here: Here) -> Found:
    if len(parts) == 3 and operator in ("<", "<="):
        return _ordered_three(operator, parts, here)
    sides = _sides(operator, parts, here)
    if sides is None:
        return None
    path, field, other, mirrored = sides
    said = _MIRRORED[operator] if mirrored else operator
    node = operand_of(other, field, path, here) if _is_ordered(operator, field, path, here) else None
    if node is None:
        return None
    found = here.spot.comparison(path, operator_for(field.type, *_ORDERS[said]), node)
    if found is None:
        return None
    if isinstance(node, Table):
        return _between_fields(found, path, here)
    if field.type in TEXTS and said in ("<", "<="):
        _say_before_all(path, here)
        return found
    if field.type not in NUMBERS:
        return settled(found, path, here)
    if isinstance(other, Decimal):
        _say_zero(path, _HOLDS[said](other), here)
    return found


def _is_ordered(operator: str, field: Field, path: str, here: Here) -> bool:
    if field.type is Type.DURATION:
        here.spot.error("no-counterpart", f'"{operator}" of durations has no counterpart: JsonLogic orders `{path}` '
                        "as text")  # fmt: skip
    return field.type is not Type.DURATION


def _say_before_all(path: str, here: Here) -> None:
    if not here.guarded:
        here.spot.report("empty-differs", f'"" comes before every other text in JsonLogic, and here an empty `{path}` '
                         "is unknown")  # fmt: skip


def _say_zero(path: str, holds: bool, here: Here) -> None:
    """An empty number counts as 0 in JsonLogic: warn where that would make the rule fire."""
    if holds is not here.negated and not here.guarded:
        here.spot.report("empty-differs", f"an empty `{path}` counts as 0 in JsonLogic, and the comparison "
                         f"{'holds' if holds else 'fails'}; here it is unknown")  # fmt: skip


def _ordered_three(operator: str, parts: list[Raw], here: Here) -> Found:
    """`low < field < high`; with `<=` both ends are included."""
    path = as_path(parts[1])
    field = here.spot.field_at(path) if path is not None else None
    if path is None:
        here.spot.error("no-counterpart", f'"{operator}" of three has a counterpart with a field in the middle only')
    if path is None or field is None or not _is_ordered(operator, field, path, here):
        return None
    ends = [operand_of(each, field, path, here) for each in (parts[0], parts[2])]
    low, high = ends
    if low is None or high is None:
        return None
    if operator == "<=" and isinstance(low, Text) and isinstance(high, Text):
        found = here.spot.comparison(path, "between", several([low, high]))
    else:
        found = _two_ends(path, field, operator, low, high, here)
    if found is not None and (isinstance(low, Table) or isinstance(high, Table)):
        return _between_fields(found, path, here)
    if found is not None and field.type in NUMBERS:
        around = all(isinstance(each, Decimal) for each in (parts[0], parts[2]))
        _say_zero(path, around and _HOLDS[_MIRRORED[operator]](parts[0]) and _HOLDS[operator](parts[2]), here)
        return found
    return settled(found, path, here)


def _two_ends(path: str, field: Field, operator: str, low: Node, high: Node, here: Here) -> Found:
    above, below = (operator_for(field.type, *_ORDERS[each]) for each in (_MIRRORED[operator], operator))
    first, last = here.spot.comparison(path, above, low), here.spot.comparison(path, below, high)
    return All((first, last)) if first and last else None


def _sides(operator: str, parts: list[Raw], here: Here) -> tuple[str, Field, Raw, bool] | None:
    """The field, what it is compared with, and whether it stood on the right."""
    if len(parts) != 2:
        wrong_count(operator, parts, 2, here)
        return None
    paths = [as_path(each) for each in parts]
    at = 0 if paths[0] is not None else 1
    path = paths[at]
    if path is None:
        found = next((each for each in map(operation, parts) if each is not None), None)
        word_ = f'"{shown(found[0])}" in a comparison' if found else "a comparison without a field"
        if found and found[0] == "var":
            no_field(found[1], here.spot)
        else:
            here.spot.error("no-counterpart", f"{word_} has no counterpart", "compare a field")
        return None
    field = here.spot.field_at(path)
    if field is None:
        return None
    if field.type in (*LISTS, Type.RECORD):
        here.spot.error("type-mismatch", f'`{path}` is no single value, and "{operator}" compares those',
                        'write `some`, `all`, `none`, or `{"in": [value, field]}`')  # fmt: skip
        return None
    return path, field, parts[1 - at], at == 1


def operand_of(other: Raw, field: Field, path: str, here: Here) -> Node | None:
    """The value or field compared with; None after a finding."""
    spot = here.spot
    another = as_path(other)
    if another is not None:
        return _other_field({"field": word(another)})
    share = as_share(other)
    if share is not None:
        return _other_field({"field": word(share[0]), "percent": word(plain_number(share[1]), plain=True)})
    match other:
        case bool():
            return word(str(other).lower(), plain=True)
        case Decimal():
            return amount(plain_number(other), field, path, spot)
        case str() if field.type in (Type.DATE, Type.DATETIME, Type.TIME, Type.DURATION):
            return _moment(other, field, path, spot)
        case str() if field.type in NUMBERS and field.type is not Type.MONEY:
            spot.error("type-mismatch", f"`{path}` is a number, and here stands the text {in_words(other)}",
                       "write the number without quotes")  # fmt: skip
            return None
        case str():
            return word(other)
        case None:
            spot.error("no-counterpart", f"`{path}` is ordered against null", 'test for it with `{"==": [..., null]}`')
            return None
    said = operation(other)
    name = f'"{shown(said[0])}" in a comparison' if said else "a list or record in a comparison"
    if said and said[0] == "var":
        no_field(said[1], spot)
    else:
        spot.error("no-counterpart", f"{name} has no counterpart", "compare with a value, a field or a share of one")
    return None


def _other_field(entries: dict[str, Node]) -> Table:
    return Table(entries, dict.fromkeys(entries, NOWHERE), NOWHERE)


def _moment(text: str, field: Field, path: str, spot: Spot) -> Node | None:
    if relative_date(text) is not None:
        spot.error("type-mismatch", f"{in_words(text)} is only a text in JsonLogic, and no date", "write the date")
        return None
    if field.type is not Type.DATE:
        spot.report("compared-as-text", f"JsonLogic compares `{path}` as text, and here it is compared as a time")
    return word(text)


# --- shapes ----------------------------------------------------------------------------------------------------


def wrong_count(operator: str, parts: list[Raw], least: int, here: Here) -> None:
    here.spot.error("wrong-shape", f'"{operator}" takes {least} values, and here stand {len(parts)}')


def no_field(parts: list[Raw], spot: Spot) -> None:
    if len(parts) == 2:
        spot.error("no-counterpart", '"var" with a default has no counterpart', "test whether the field is empty")
    elif parts in ([], [""]):
        spot.error("no-counterpart", '"var" of the whole record has no counterpart', "name a field")
    else:
        spot.error("no-counterpart", '"var" of what is no fixed name has no counterpart', "name a field")


def in_words(value: Raw) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return f"`{str(value).lower()}`"
        case str():
            return f'`"{shown(value)}"`'
        case Decimal():
            return f"`{shown(plain_number(value))}`"
        case _:
            return "a list or an object"
