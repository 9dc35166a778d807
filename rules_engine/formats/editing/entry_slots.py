"""How the entries of an author's mapping or list answer to those of a new one: renamed, in which order, how alike."""

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TypeAlias

from rules_engine.formats.editing.alignment import LIKE, likeness
from rules_engine.formats.editing.yaml_spans import Branch, Entry, Leaf, Spanned, same

Path: TypeAlias = tuple[str | int, ...]
# (the author's entry, what it is to say); one of them is None for what goes or comes.
Slot: TypeAlias = tuple[Entry | None, Entry | None]
# The keys by which an item of a list is known, whatever else of it changes.
_NAMES = ("id", "case")


def described(node: Spanned) -> tuple[Hashable, Hashable, "Counter[Hashable]"]:
    """The node as `align` compares it: its name, all that it says, its words."""
    if isinstance(node, Leaf):
        return (None, (node.text, node.is_text), Counter())
    name = next((each.value.text for key in _NAMES if (each := node.entry(key)) and isinstance(each.value, Leaf)), None)
    return (name, tuple(_words(node, ())), Counter(_words(node, (), by_place=False)))


def _words(node: Spanned, path: Path, *, by_place: bool = True) -> list[Hashable]:
    if isinstance(node, Leaf):
        return [(path, node.text, node.is_text)]
    found: list[Hashable] = [(path, node.is_map)] if by_place or not node.entries else []
    for at, each in enumerate(node.entries):
        step = each.name if node.is_map else at if by_place else "*"
        found += _words(each.value, (*path, step), by_place=by_place)
    return found


def branches(node: Spanned) -> list[Branch]:
    """The branches below a node."""
    below = [each.value for each in node.entries if isinstance(each.value, Branch)] if isinstance(node, Branch) else []
    return [*below, *(inner for each in below for inner in branches(each))]


def renamed(old: Branch, was: Branch, now: Branch) -> dict[str, str]:
    """Old name to new name: one key for another one, or a key whose value is the same."""
    gone = [each for each in was.entries if not now.entry(each.name) and old.entry(each.name)]
    come = [each for each in now.entries if not was.entry(each.name) and not old.entry(each.name)]
    if len(gone) == len(come) == 1 and _one_for_another(gone[0], come[0], was, now):
        return {gone[0].name: come[0].name}
    found: dict[str, str] = {}
    for each in come:
        twin = next((one for one in gone if one.name not in found and same(one.value, each.value)), None)
        if twin is not None:
            found[twin.name] = each.name
    return found


def _one_for_another(gone: Entry, come: Entry, was: Branch, now: Branch) -> bool:
    """`all` for `any`, `at_least` for `more_than`, but not `mode` for `effective_from`."""
    alone = len(was.entries) == len(now.entries) == 1
    alike = likeness(described(gone.value)[2], described(come.value)[2]) >= LIKE
    return alone or alike or was.entry("field") is not None


def in_order(slots: list[Slot], was: Sequence[str], now: Branch) -> list[Slot]:
    """The author's order; where the order itself has changed, and so has a meaning, the new one."""
    wanted = [each.name for each in now.entries]
    here = {to_be.name for _, to_be in slots if to_be is not None}
    if [name for name in was if name in here] == [name for name in wanted if name in here and name in was]:
        return slots
    return sorted(slots, key=lambda slot: wanted.index(slot[1].name) if slot[1] is not None else -1)


def place_for(each: Entry, slots: Sequence[Slot], now: Branch) -> int:
    """After the nearest entry before it in the canonical text."""
    names = [entry.name for entry in now.entries]
    here = [to_be.name if to_be is not None else "" for _, to_be in slots]
    for name in reversed(names[: names.index(each.name)]):
        if name in here:
            return here.index(name) + 1
    return 0 if each.name in names[:1] else _first_known(names, here)


def _first_known(names: Sequence[str], here: Sequence[str]) -> int:
    """Before the entry that follows it, or at the end."""
    return next((at for at, name in enumerate(here) if name in names), len(here))
