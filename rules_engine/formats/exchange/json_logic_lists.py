"""What JsonLogic says with lists of values and of names: `in`, `missing`, `missing_some`."""

from decimal import Decimal
from itertools import combinations
from math import comb
from typing import Any as Raw

from rules_engine.formats.exchange.imported import several, word
from rules_engine.formats.exchange.json_logic_comparisons import (
    Found,
    Here,
    operand_of,
    say_empty,
    settled,
    wrong_count,
)
from rules_engine.formats.exchange.json_logic_guards import LISTS, TEXTS, as_path
from rules_engine.formats.literals import plain_number
from rules_engine.formats.yaml_tree import Table, Text
from rules_engine.model.ruleset import All, Any

MOST_SUBSETS = 20


def among(operator: str, parts: list[Raw], here: Here, *, opposite: bool = False) -> Found:
    if len(parts) != 2:
        wrong_count(operator, parts, 2, here)
        return None
    needle, hay = parts
    path = as_path(hay)
    if path is not None and isinstance(needle, str):
        if here.spot.field_at(path) is None:
            return None
        if opposite:
            return here.spot.comparison(path, "does_not_contain", word(needle), empty=not here.guarded)
        return settled(here.spot.comparison(path, "contains", word(needle)), path, here)
    if (path := as_path(needle)) is not None and isinstance(hay, list):
        return _in_list(path, hay, here, opposite)
    here.spot.error("no-counterpart", f'"{operator}" has a counterpart for a field in a list of values, and for a '
                    "text in a field only")  # fmt: skip
    return None


def _in_list(path: str, hay: list[Raw], here: Here, opposite: bool) -> Found:
    field = here.spot.field_at(path)
    if field is None:
        return None
    nothing = [each for each in hay if each is None or each == ""]
    if nothing and (field.type in TEXTS and len(set(map(repr, nothing))) < 2):
        say_empty(path, field, here)
    nodes = [operand_of(each, field, path, here) for each in hay if each is not None and each != ""]
    if any(isinstance(each, Table) for each in nodes):
        here.spot.error("no-counterpart", "a list of other fields has no counterpart", "compare them one by one")
    known = [each for each in nodes if isinstance(each, Text)]
    if len(known) < len(nodes):
        return None
    if not nothing:
        if opposite:
            return here.spot.comparison(path, "is_none_of", several(known), empty=not here.guarded)
        return settled(here.spot.comparison(path, "is_any_of", several(known)), path, here)
    return _among_or_empty(path, known, here, opposite)


def _among_or_empty(path: str, known: list[Text], here: Here, opposite: bool) -> Found:
    """The list holds null or "" too."""
    empty = here.spot.comparison(path, "is_not_empty" if opposite else "is_empty", None)
    if not known or empty is None:
        return empty
    found = here.spot.comparison(path, "is_none_of" if opposite else "is_any_of", several(known))
    if found is None:
        return None
    return All((empty, found)) if opposite else Any((empty, found))


def missing(operator: str, parts: list[Raw], here: Here, *, opposite: bool = False) -> Found:
    names = parts[0] if parts and isinstance(parts[0], list) else parts
    return _emptiness(operator, names, 1, here, opposite)


def missing_some(operator: str, parts: list[Raw], here: Here) -> Found:
    if len(parts) != 2 or not isinstance(parts[1], list) or not isinstance(parts[0], Decimal):
        here.spot.error("wrong-shape", f'"{operator}" takes a number and a list of fields')
        return None
    names, need = parts[1], parts[0]
    if need <= 0 or need != int(need):
        here.spot.error("no-counterpart", f'"{operator}" of {plain_number(need)} says nothing', "count from 1")
        return None
    # Fewer than `need` are there where at least this many are not; one missing is enough where all are needed.
    return _emptiness(operator, names, max(len(names) - min(int(need), len(names)) + 1, 1), here, False)


def _emptiness(operator: str, names: list[Raw], least: int, here: Here, opposite: bool) -> Found:
    """At least so many of the fields are empty; `opposite` that none is."""
    paths = [each for each in names if isinstance(each, str)]
    if len(paths) < len(names) or not paths:
        here.spot.error("no-counterpart", f'"{operator}" of what are no fixed names has no counterpart', "name fields")
        return None
    found = []
    for path in paths:
        field = here.spot.field_at(path)
        if field is None:
            return None
        if field.type in LISTS:
            here.spot.report("empty-differs", f"an empty list `{path}` is not missing in JsonLogic, and here it is "
                             "empty")  # fmt: skip
        found.append(here.spot.comparison(path, "is_not_empty" if opposite else "is_empty", None))
    known = [each for each in found if each is not None]
    if opposite:
        return All(tuple(known))
    if least == len(known):
        return All(tuple(known))
    if least == 1:
        return Any(tuple(known))
    if comb(len(known), least) > MOST_SUBSETS:
        here.spot.error("no-counterpart", f'"{operator}" of so many fields is more than a rule should say',
                        "write rules for the fields")  # fmt: skip
        return None
    return Any(tuple(All(each) for each in combinations(known, least)))
