"""What a condition can lack: moves, each of one or more changes, what they cost, and where it all stands."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from rules_engine.evaluation.changes.altered import Add, Altered, Atom, Happen, Path, Put, at
from rules_engine.evaluation.match import negation
from rules_engine.evaluation.scene import Scene
from rules_engine.model.catalog import Catalog, Field
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import Condition
from rules_engine.model.values import Missing, Record, Value

# Which truths will do: a rule that converts must be true, one that holds must only not be.
Target: TypeAlias = frozenset[Truth]
TRUE: Final[Target] = frozenset({Truth.TRUE})
FALSE: Final[Target] = frozenset({Truth.FALSE})
NOT_TRUE: Final[Target] = frozenset({Truth.FALSE, Truth.UNKNOWN})

# Changes that no person can make, changes, and how far they move: compared in this order.
Cost: TypeAlias = tuple[int, int, float]
NOTHING: Final[Cost] = (0, 0, 0.0)
NEVER: Final[Cost] = (10**6, 0, 0.0)
ADD: Final[Cost] = (0, 1, 2.5)
REMOVE: Final[Cost] = (0, 1, 6.0)
EVENT: Final[Cost] = (0, 1, 1.0)


@dataclass(frozen=True)
class Aim:
    """Why a change is made: for which condition below which document type, to be what; `figure` is an aggregate's."""

    condition: Condition
    target: Target
    root: str
    expected: Value | Missing = None
    figure: Value | Missing = None


@dataclass(frozen=True)
class Move:
    atoms: tuple[Atom, ...]
    cost: Cost
    aim: Aim


@dataclass(frozen=True)
class Need:
    """`touches` are the slots of which at least one must change; `because` says why it can never be, if so."""

    lower: Cost
    moves: tuple[Move, ...] = ()
    touches: frozenset[Path] = frozenset()
    because: str = ""

    @property
    def possible(self) -> bool:
        return self.lower < NEVER


# A field by the document type that it belongs to.
FieldKey: TypeAlias = tuple[str, str]


@dataclass(frozen=True)
class Asked:
    """What a ruleset asks of each field: the values it is compared with, and the conditions that do so.

    `linked` are the fields that stand in a comparison with another one, or in a figure over a list.
    """

    anchors: Mapping[FieldKey, tuple[Value, ...]]
    conditions: Mapping[FieldKey, tuple[Condition, ...]]
    linked: frozenset[FieldKey]


@dataclass
class Memory:
    """Needs that were found before, by what they hang on, and how many values were tried for them."""

    needs: "dict[object, Need | None]" = field(default_factory=dict)
    tried: int = 0


@dataclass(frozen=True)
class Here:
    """Where a condition stands: the altered case, the record of its fields, and that record's path and type."""

    state: Altered
    scene: Scene
    catalog: Catalog
    asked: Asked
    path: Path = ()
    root: str = "case"
    memory: "Memory" = field(default_factory=lambda: Memory(), compare=False)

    def field(self, name: str) -> Field | None:
        return self.catalog.find(self.root, name)

    def free(self, atom: Atom) -> bool:
        """Whether the change is about something that none before it was about."""
        return isinstance(atom, Happen) or not any(
            atom.path[: len(each)] == each or each[: len(atom.path)] == atom.path
            for each in self.state.touched
            if each not in self.state.added
        )

    @property
    def is_new(self) -> bool:
        return any(self.path[: len(each)] == each for each in self.state.added)


def impossible(because: str) -> Need:
    return Need(NEVER, because=because)


def plus(left: Cost, right: Cost) -> Cost:
    return left[0] + right[0], left[1] + right[1], left[2] + right[2]


def opposite(target: Target) -> Target:
    return frozenset(negation(each) for each in target)


def needed(moves: Iterable[Move], here: Here, touches: Iterable[Path], because: str, least: Cost = NOTHING) -> Need:
    """A need of these moves, the cheapest first; those about what was changed already do not count."""
    free = sorted((each for each in moves if all(map(here.free, each.atoms))), key=lambda each: each.cost)
    if not free:
        return impossible(because)
    return Need(max(free[0].cost, least), tuple(free), frozenset(touches))


def any_of(needs: Sequence[Need]) -> Need:
    open_ones = [each for each in needs if each.possible]
    if not open_ones:
        return impossible(next((each.because for each in needs), "there is nothing that could be true"))
    moves = {each.atoms: each for one in open_ones for each in one.moves}
    touches = frozenset[Path]().union(*(each.touches for each in open_ones))
    return Need(min(each.lower for each in open_ones), tuple(moves.values()), touches)


# --- lists ----------------------------------------------------------------------------------------------------


def items_of(collection: str, here: Here) -> list[tuple[Path, Record]] | None:
    """The records of a list that are there now with their paths; None where something else stands there."""
    path = (*here.path, *collection.split("."))
    found = at(here.state.case.record, _now(path, here.state))
    if isinstance(found, Missing) or found is None or found == "":
        return []
    if not isinstance(found, tuple):
        return None
    records = [each for each in found if isinstance(each, Mapping)]
    positions = here.state.live(path)
    if len(records) != len(found) or len(positions) != len(found):
        return None
    return [((*path, position), record) for position, record in zip(positions, records, strict=True)]


def _now(path: Path, state: Altered) -> Path:
    """The path with the positions that its records have after others were taken out."""
    found: Path = ()
    for place, step in enumerate(path):
        if isinstance(step, int):
            gone = sum(path[:place] == each[:-1] and str(each[-1]).isdigit() and int(each[-1]) < step
                       for each in state.removed)  # fmt: skip
            step -= gone
        found = (*found, step)
    return found


def within(collection: str, path: Path, record: Record, here: Here) -> Here:
    field = here.field(collection)
    return replace(here, scene=replace(here.scene, record=record), path=path, root=field.of if field else "")


def added(collection: str, here: Here, aim: Aim) -> Move:
    path = (*here.path, *collection.split("."))
    return Move((Add((*path, here.state.size(path))),), ADD, aim)


def emptied(collection: str, here: Here, aim: Aim) -> Move:
    """The list was never sent: it is said to be empty."""
    return Move((Put((*here.path, *collection.split(".")), ()),), (0, 1, 1.0), aim)
