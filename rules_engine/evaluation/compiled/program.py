"""Many conditions compiled to look-up tables: a record's answers to all of them are the bits of one integer.

The n-th condition has the n-th bit. A field's table says, for each value, which conditions fail for it and, in layers
of as many bits above, which alternatives it satisfies. So the cost of a record is a look-up for each field, however
many conditions there are. Lists are answered in the same way record by record. What no table can answer is judged,
and only where nothing else has decided already.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from rules_engine.evaluation.compiled.places import Field
from rules_engine.evaluation.compiled.truth_only import Judge
from rules_engine.evaluation.match import trace_condition
from rules_engine.evaluation.scene import Scene
from rules_engine.model.case import Case
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import Condition
from rules_engine.model.values import MISSING, Missing, Money, Record, Value, get, is_empty, put

MOST_REMEMBERED: Final = 2_000  # values of one field; to place another costs little more than to remember it

Answers = Callable[[Record, Scene, int], int]


class Table(dict[object, int]):
    """The bits of each value of one field; found by its place when it is first seen, and then remembered."""

    def __init__(self, field: Field, bits: Sequence[int]) -> None:
        super().__init__()
        self.field, self.bits, self.currency, self.place_of = field, bits, field.currency, field.place_of

    def __missing__(self, value: object) -> int:
        # Only for what needs no scene, see `Field.alone`; of money, for amounts in the field's currency.
        found = self.bits[self.place_of(value)]
        if len(self) < MOST_REMEMBERED:
            self[value] = found
        return found

    def other(self, value: Value | Missing, scene: Scene) -> int:
        """The bits of any value."""
        if isinstance(value, Money) and value.currency == self.currency and value.amount.is_finite():
            return self[value.amount]
        return self.bits[self.field.place(value, scene)]


@dataclass(frozen=True, eq=False)
class Asked:
    """A condition of one text, and the bits that its answer sets."""

    condition: Condition
    true: int
    false: int
    unknown: int

    def bits(self, scene: Scene) -> int:
        truth = trace_condition(self.condition, scene).truth
        return self.true if truth is Truth.TRUE else self.false if truth is Truth.FALSE else self.unknown


class TextTable(Table):
    """The bits of each text, as the reference answers what is asked of it: it may contain, match, ignore capitals."""

    def __init__(self, field: Field, asked: Sequence[Asked]) -> None:
        super().__init__(field, ())
        self.asked = asked

    def __missing__(self, value: object) -> int:
        # Against literals nothing counts but the value: a text, a list of texts, or that there is none.
        found = self._judged(Scene(_NO_CASE, _NO_TIME, self._record(value)))  # type: ignore[arg-type]  # see above
        if len(self) < MOST_REMEMBERED:
            self[value] = found
        return found

    def other(self, value: Value | Missing, scene: Scene) -> int:
        if value is None or value is MISSING or (isinstance(value, tuple) and all(type(each) is str for each in value)):
            return self[value]
        return self._judged(Scene(scene.case, scene.now, self._record(value)))

    def _judged(self, scene: Scene) -> int:
        found = 0
        for each in self.asked:
            found |= each.bits(scene)
        return found

    def _record(self, value: Value | Missing) -> Record:
        return {} if isinstance(value, Missing) else put({}, self.field.path, value)


_NO_CASE: Final = Case("", {})
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Rest:
    """A clause with parts that no table answers; `layer` is where its other parts have their bits, 0 for none."""

    layer: int
    parts: tuple[tuple[Judge, Truth], ...]


@dataclass(frozen=True, eq=False)
class OverList:
    """What is asked of the records of a list: some of them or each of them must satisfy `inside`.

    In each layer condition n asks with bit n; the answer of `inside` for layer l is in its bits from l * count on.
    """

    collection: str
    inside: Answers
    some: Sequence[int]
    each: Sequence[int]
    each_of_none: Sequence[int]  # those of `each` that hold for an empty list
    asked: int  # all conditions that ask anything of the list


@dataclass(frozen=True, eq=False)
class Program:
    """`count` conditions with the tables of their fields, by the record that the field is in ("" is the record itself).

    `layers` are the conditions with a clause in that layer that the tables answer wholly.
    """

    count: int
    tables: Sequence[tuple[str, Sequence[Table]]]
    layers: Sequence[int]
    lists: Sequence[OverList]
    rest: Mapping[int, Sequence[Rest]]
    asked: int  # the conditions with a rest

    def answers(self) -> Answers:
        """The conditions that are true of a record, among those wanted; the scene is that of the record's case.

        Generated, as the walk over the tables is all that most records cost. The text holds nothing but the names
        below and numbers: what a customer wrote is bound as a value.
        """
        names: dict[str, object] = {"MISSING": MISSING, "inner": _inner, "further": self._further}
        lines = ["def answers(record, scene, wanted):", " found = 0"]
        for number, (parent, tables) in enumerate(self.tables):
            names[f"parent{number}"] = parent
            lines.append(f" get = inner(record, parent{number}).get" if parent else " get = record.get")
            for at, table in enumerate(tables):
                own = f"{number}_{at}"
                names |= {f"name{own}": table.field.path.rpartition(".")[2], f"table{own}": table}
                names |= {f"alone{own}": table.field.alone, f"other{own}": table.other}
                # A signalling NaN cannot be a key.
                safe = " and value.is_finite()" if table.field.alone is Decimal else ""
                lines.append(f" value = get(name{own}, MISSING)")
                test = f"value.__class__ is alone{own}{safe}"
                lines.append(f" found |= table{own}[value] if {test} else other{own}(value, scene)")
        lines.append(" alive = wanted & ~found")
        for layer, asked in enumerate(self.layers, 1):
            names[f"asked{layer}"] = ~asked
            lines.append(f" alive &= asked{layer} | found >> {layer * self.count}")
        ends = "further(record, scene, found, alive) if alive else 0" if self.lists or self.rest else "alive"
        exec("\n".join([*lines, f" return {ends}"]), names)  # noqa: S102 - see above: no text of anybody else
        return names["answers"]  # type: ignore[return-value]  # defined by the first line

    def _further(self, record: Record, scene: Scene, found: int, alive: int) -> int:
        for over in self.lists:
            if alive & over.asked:
                alive = _through_list(over, record, scene, alive, self.count)
        todo = alive & self.asked
        inside = scene if record is scene.record or not todo else Scene(scene.case, scene.now, record)
        while todo:
            bit = todo & -todo
            todo ^= bit
            number = bit.bit_length() - 1
            if not self._rest_holds(self.rest[number], number, found, inside):
                alive ^= bit
        return alive

    def _rest_holds(self, clauses: Sequence[Rest], number: int, found: int, scene: Scene) -> bool:
        for clause in clauses:
            if clause.layer and found >> (clause.layer * self.count + number) & 1:
                continue
            for judge, wanted in clause.parts:
                if judge(scene) is wanted:
                    break
            else:
                return False
        return True


def _through_list(over: OverList, record: Record, scene: Scene, alive: int, count: int) -> int:
    """Those of `alive` that the list does not rule out."""
    items = _items(_at(record, over.collection))
    if items is None:
        return alive & ~over.asked
    some = each = 0
    for layer, (one, all_of) in enumerate(zip(over.some, over.each, strict=True)):
        some |= (one & alive) << layer * count
        each |= (all_of & alive) << layer * count
    lacking, holding = some, each
    inside = over.inside
    for item in items:
        if not lacking | holding:
            break
        answer = inside(item, scene, lacking | holding)
        lacking &= ~answer
        holding &= answer
    for layer, (one, all_of) in enumerate(zip(over.some, over.each, strict=True)):
        alive &= ~(one & lacking >> layer * count)
        alive &= ~all_of | (holding >> layer * count if items else over.each_of_none[layer])
    return alive


def _at(record: Record, path: str) -> Value | Missing:
    return get(record, path) if "." in path else record.get(path, MISSING)


def _inner(record: Record, path: str) -> Record:
    found = _at(record, path)
    return found if isinstance(found, Mapping) else {}


def _items(found: Value | Missing) -> Sequence[Record] | None:
    """The records, None where the reference sees no list."""
    if isinstance(found, Missing):
        return None
    if is_empty(found):
        return ()
    if not isinstance(found, tuple):
        return None
    return found if all(map(_is_record, found)) else None  # type: ignore[return-value]  # all are records


def _is_record(value: Value) -> bool:
    # Asking for the very class is several times faster than asking for the protocol.
    return value.__class__ is dict or isinstance(value, Mapping)
