"""From conditions to the look-up tables of a `Program`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rules_engine.evaluation.compiled import places
from rules_engine.evaluation.compiled.alike import likeness
from rules_engine.evaluation.compiled.clauses import Clause, Part, clauses
from rules_engine.evaluation.compiled.normal_form import Kind, rank_key
from rules_engine.evaluation.compiled.program import Answers, Asked, OverList, Program, Rest, Table, TextTable
from rules_engine.evaluation.compiled.truth_only import Judge, judge
from rules_engine.evaluation.scene import Scene
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import All, Condition, Quantified, Quantifier, walk
from rules_engine.model.values import Scalar

MOST_LAYERS: Final = 6  # clauses of one condition that have bits for their alternatives
MOST_TEXTS: Final = 32  # conditions on one field that each new text of it is asked


def compiled(conditions: Sequence[Condition]) -> Answers:
    """The function whose answer has the n-th bit where the n-th condition is true."""
    tables = _Tables(_literals(conditions), _crowded(conditions))
    return tables.program([clauses(each) for each in conditions]).answers()


def _literals(conditions: Iterable[Condition]) -> Mapping[Kind, Sequence[Scalar]]:
    """All literals by kind, in order; those inside lists too, which does no harm where a path recurs."""
    found: dict[Kind, dict[object, Scalar]] = {}
    for each in (inner for condition in conditions for inner in walk(condition)):
        if known := places.kind_of(each):
            found.setdefault(known[0], {}).update({rank_key(value): value for value in known[1]})
    return {kind: [known[key] for key in sorted(known)] for kind, known in found.items()}  # type: ignore[type-var]  # one kind, so ordered


def _crowded(conditions: Iterable[Condition]) -> frozenset[str]:
    """The fields of which so many texts are asked that a new one is better judged only where it matters."""
    asked: dict[str, set[object]] = {}
    for each in (inner for condition in conditions for inner in walk(condition)):
        known = places.kind_of(each)
        if known and known[0][1] == places.TEXT:
            asked.setdefault(known[0][0], set()).add(likeness(each))
    return frozenset(path for path, found in asked.items() if len(found) > MOST_TEXTS)


@dataclass(frozen=True, eq=False)
class _Tables:
    literals: Mapping[Kind, Sequence[Scalar]]
    crowded: frozenset[str]
    fields: dict[Kind, places.Field | None] = field(default_factory=dict)
    judges: dict[object, Judge] = field(default_factory=dict)

    def program(self, asked: Sequence[Sequence[Clause]]) -> Program:
        made = _Unfinished(len(asked))
        for number, each in enumerate(asked):
            for clause in each:
                self._put(made, number, clause)
        return Program(
            count=made.count,
            tables=self._tables(made),
            layers=made.layers,
            lists=[self._over_list(path, found, made.count) for path, found in made.lists.items()],
            rest=made.rest,
            asked=sum(1 << number for number in made.rest),
        )

    def _put(self, made: "_Unfinished", number: int, clause: Clause) -> None:
        tabled = [part for part in clause if self._field(part.condition)]
        if len(clause) == 1 and tabled:
            made.part(clause[0], 1 << number, fails=True)
        elif len(clause) == 1 and isinstance(clause[0].condition, Quantified):
            made.lists.setdefault(clause[0].condition.collection, {}).setdefault(number, []).append(clause[0])
        else:
            self._put_alternatives(made, number, clause, tabled)

    def _put_alternatives(self, made: "_Unfinished", number: int, clause: Clause, tabled: Sequence[Part]) -> None:
        layer = made.next_layer(number) if len(tabled) > 0 or not clause else 0
        if not layer:
            tabled = []
        for part in tabled:
            made.part(part, 1 << (layer * made.count + number), fails=False)
        judged = tuple((self._judge(part.condition), part.wanted) for part in clause if part not in tabled)
        if judged or not layer:
            made.rest.setdefault(number, []).append(Rest(layer, judged))
        else:
            made.layers[layer - 1] |= 1 << number

    def _field(self, condition: Condition) -> places.Field | None:
        known = places.kind_of(condition)
        if known is None:
            return None
        kind = known[0]
        if kind[1] == places.TEXT and kind[0] in self.crowded:
            return None
        if kind not in self.fields:
            self.fields[kind] = places.field(kind, self.literals[kind])
        return self.fields[kind]

    def _judge(self, condition: Condition) -> Judge:
        key = likeness(condition)
        if key not in self.judges:
            # Tables answer for a list faster than the reference, which judges every record of it.
            through = isinstance(condition, Quantified)
            self.judges[key] = self._through_tables(condition) if through else judge(condition)
        return self.judges[key]

    def _through_tables(self, condition: Condition) -> Judge:
        answers = self.program([clauses(condition), clauses(condition, Truth.FALSE)]).answers()

        def truth(scene: Scene) -> Truth:
            found = answers(scene.record, scene, 3)
            return Truth.TRUE if found & 1 else Truth.FALSE if found & 2 else Truth.UNKNOWN

        return truth

    def _tables(self, made: "_Unfinished") -> Sequence[tuple[str, Sequence[Table]]]:
        found: dict[str, list[Table]] = {}
        for kind, parts in made.parts.items():
            here = self.fields[kind]
            if here is not None:
                text = here.kind == places.TEXT
                table = _text_table(here, parts) if text else Table(here, _bits(here, self.literals[kind], parts))
                found.setdefault(here.path.rpartition(".")[0], []).append(table)
        return list(found.items())

    def _over_list(self, collection: str, asked: Mapping[int, Sequence[Part]], count: int) -> OverList:
        depth = max(map(len, asked.values()))
        some, each, each_of_none = [0] * depth, [0] * depth, [0] * depth
        inside: list[Sequence[Clause]] = [()] * (depth * count)
        for number, parts in asked.items():
            for layer, part in enumerate(parts):
                one, wanted, of_none = _asked(part)
                (some if one else each)[layer] |= 1 << number
                each_of_none[layer] |= of_none << number
                condition = part.condition.where if isinstance(part.condition, Quantified) else None
                inside[layer * count + number] = clauses(condition or All(()), wanted)
        everyone = sum(1 << number for number in asked)
        return OverList(collection, self.program(inside).answers(), some, each, each_of_none, everyone)


def _bits(here: places.Field, literals: Sequence[Scalar], parts: "Sequence[_Bit]") -> Sequence[int]:
    found = [0] * here.count
    for part, bit, fails in parts:
        truth = places.answer(part.condition, literals)
        for place in range(here.count):
            if (truth(place) is part.wanted) is not fails:
                found[place] |= bit
    return found


def _text_table(here: places.Field, parts: "Sequence[_Bit]") -> Table:
    bits: dict[object, tuple[Condition, dict[str, int]]] = {}
    for part, bit, fails in parts:
        _, found = bits.setdefault(likeness(part.condition), (part.condition, {each: 0 for each in Truth}))
        for truth in Truth:
            if (truth is part.wanted) is not fails:
                found[truth] |= bit
    truths = (Truth.TRUE, Truth.FALSE, Truth.UNKNOWN)
    return TextTable(here, [Asked(condition, *(found[each] for each in truths)) for condition, found in bits.values()])


def _asked(part: Part) -> tuple[bool, Truth, bool]:
    """Whether one record is enough, what is wanted of it, and whether an empty list satisfies."""
    condition = part.condition
    assert isinstance(condition, Quantified)  # noqa: S101 - only such parts come here
    yes = part.wanted is Truth.TRUE
    match condition.quantifier:
        case Quantifier.EVERY if yes:
            return False, Truth.TRUE, condition.also_when_empty
        case Quantifier.EVERY:
            return True, Truth.FALSE, False
        case Quantifier.SOME:
            return yes, part.wanted, not yes
        case Quantifier.NO:
            return not yes, Truth.FALSE if yes else Truth.TRUE, yes


_Bit = tuple[Part, int, bool]


@dataclass(eq=False)
class _Unfinished:
    """A program in the making."""

    count: int
    parts: dict[Kind, list[_Bit]] = field(default_factory=dict)
    layers: list[int] = field(default_factory=list)
    used: dict[int, int] = field(default_factory=dict)
    lists: dict[str, dict[int, list[Part]]] = field(default_factory=dict)
    rest: dict[int, list[Rest]] = field(default_factory=dict)

    def part(self, part: Part, bit: int, *, fails: bool) -> None:
        """`fails`: the bit says that the part does not hold; else, that it does."""
        known = places.kind_of(part.condition)
        assert known is not None  # noqa: S101 - only parts with a field come here
        self.parts.setdefault(known[0], []).append((part, bit, fails))

    def next_layer(self, number: int) -> int:
        """From 1; 0 where the condition has used all that there are."""
        used = self.used.get(number, 0)
        if used == MOST_LAYERS:
            return 0
        self.used[number] = used + 1
        if used == len(self.layers):
            self.layers.append(0)
        return used + 1
