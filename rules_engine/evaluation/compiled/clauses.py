"""A condition as clauses, all of which must hold, each by at least one of its parts.

A part is a condition together with the truth that is wanted of it, so `none of` needs no third value: of its
conditions "false" is wanted, and what is unknown is neither.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import All, Any, Condition, NoneOf

MOST_CLAUSES: Final = 8  # of alternatives within alternatives; past it, they are one part


@dataclass(frozen=True)
class Part:
    """Holds where `condition` is `wanted`, TRUE or FALSE."""

    condition: Condition
    wanted: Truth


Clause = tuple[Part, ...]


def clauses(condition: Condition, wanted: Truth = Truth.TRUE) -> tuple[Clause, ...]:
    """No clause at all is "always", a clause without parts is "never"."""
    other = Truth.FALSE if wanted is Truth.TRUE else Truth.TRUE
    yes = wanted is Truth.TRUE
    match condition:
        case All(inner):
            return _all(inner, wanted) if yes else _one(condition, inner, wanted)
        case Any(inner):
            return _one(condition, inner, wanted) if yes else _all(inner, wanted)
        case NoneOf(inner):
            return _all(inner, other) if yes else _one(condition, inner, other, wanted)
        case _:
            return ((Part(condition, wanted),),)


def _all(inner: Sequence[Condition], wanted: Truth) -> tuple[Clause, ...]:
    return tuple(clause for each in inner for clause in clauses(each, wanted))


def _one(
    whole: Condition, inner: Sequence[Condition], wanted: Truth, of_whole: Truth | None = None
) -> tuple[Clause, ...]:
    """One of them is enough: each clause of the one together with each of the others."""
    ways = [clauses(each, wanted) for each in inner]
    count = 1
    for each in ways:
        count *= len(each)
    if count > MOST_CLAUSES:
        return ((Part(whole, of_whole or wanted),),)
    return tuple(sum(combination, ()) for combination in product(*ways))
