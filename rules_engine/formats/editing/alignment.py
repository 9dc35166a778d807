"""Which item of a list became which of another one: by its name, as it stands, or by likeness."""

from collections import Counter
from collections.abc import Hashable, Sequence
from difflib import SequenceMatcher

LIKE = 0.3  # two conditions that share a third of their words are one condition, changed


def align(
    old: Sequence[tuple[Hashable, Hashable, "Counter[Hashable]"]],
    new: Sequence[tuple[Hashable, Hashable, "Counter[Hashable]"]],
) -> list[int | None]:
    """For each new item the position of the old one that it was, each used once; None for what is new.

    An item is (its name or None, all that it says, its words). Items of one name are one; then those that say the
    same, first those in the same order; then, from the likest down, those that are alike; at last words at the same
    place.
    """
    found: list[int | None] = [None] * len(new)
    free = set(range(len(old)))
    _by_name(old, new, found, free)
    _as_they_stand(old, new, found, free)
    _by_likeness(old, new, found, free)
    for at, item in enumerate(new):
        # A list's plain words have nothing else in common.
        if found[at] is None and at in free and not item[2] and not old[at][2]:
            found[at] = at
            free.discard(at)
    return found


Item = tuple[Hashable, Hashable, "Counter[Hashable]"]


def _by_name(old: Sequence[Item], new: Sequence[Item], found: list[int | None], free: set[int]) -> None:
    places = {item[0]: at for at, item in enumerate(old) if item[0] is not None}
    for at, item in enumerate(new):
        place = places.get(item[0]) if item[0] is not None else None
        if place in free:
            found[at] = place
            free.discard(place)


def _as_they_stand(old: Sequence[Item], new: Sequence[Item], found: list[int | None], free: set[int]) -> None:
    blocks = SequenceMatcher(None, [hash(each[1]) for each in old], [hash(each[1]) for each in new], autojunk=False)
    ordered = [(block.a + by, block.b + by) for block in blocks.get_matching_blocks() for by in range(block.size)]
    anywhere = [(a, b) for b in range(len(new)) for a in range(len(old)) if old[a][1] == new[b][1]]
    for a, b in [*ordered, *anywhere]:
        if a in free and found[b] is None and old[a][1] == new[b][1]:
            found[b] = a
            free.discard(a)


def _by_likeness(old: Sequence[Item], new: Sequence[Item], found: list[int | None], free: set[int]) -> None:
    open_ones = [at for at, place in enumerate(found) if place is None]
    ranked = sorted(
        ((likeness(old[a][2], new[b][2]), -abs(a - b), a, b) for a in free for b in open_ones), reverse=True
    )
    for score, _, a, b in ranked:
        if score >= LIKE and a in free and found[b] is None:
            found[b] = a
            free.discard(a)


def likeness(one: "Counter[Hashable]", other: "Counter[Hashable]") -> float:
    """From 0 (no word in common) to 1."""
    both = (one | other).total()
    return (one & other).total() / both if both else 0.0


def in_place(places: Sequence[int | None]) -> set[int]:
    """Of the new items those that kept their order among each other, as many as can be: the others were moved."""
    chains: list[list[int]] = []
    for at, place in enumerate(places):
        if place is None:
            continue
        before = [each for each in chains if (places[each[-1]] or 0) < place]
        best = max(before, key=len) if before else []
        chains.append([*best, at])
    longest = max(chains, key=len) if chains else []
    return set(longest)
