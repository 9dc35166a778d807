"""The integer facts that a normal form asks for, of one case."""

from collections.abc import Callable, Sequence
from typing import Final

from rules_engine.evaluation.compiled.compile_program import compiled
from rules_engine.evaluation.compiled.normal_form import Derived, NormalForm, Ranked
from rules_engine.evaluation.compiled.places import field
from rules_engine.evaluation.compiled.program import Table
from rules_engine.evaluation.scene import Scene
from rules_engine.model.ruleset import NoneOf
from rules_engine.model.values import get

Codes = Callable[[Scene], dict[str, int]]

_UNKNOWN: Final = -1


def coding(form: NormalForm) -> Codes:
    """A function from the case's scene to the facts that are known of it."""
    ranked = [(name, fact.path, _codes(fact)) for name, fact in form.facts.items() if isinstance(fact, Ranked)]
    derived = _derived([(name, fact) for name, fact in form.facts.items() if isinstance(fact, Derived)])

    def codes(scene: Scene) -> dict[str, int]:
        found = derived(scene)
        for name, path, table in ranked:
            value = get(scene.record, path)
            code = table.other(value, scene)
            if code != _UNKNOWN:
                found[name] = code
        return found

    return codes


def _codes(fact: Ranked) -> Table:
    """By place: the code of a place is one less, so that the i-th literal is 2i + 1."""
    here = field(fact.kind, fact.literals)
    assert here is not None  # noqa: S101 - every class of scalars has places
    return Table(here, range(_UNKNOWN, here.count - 1))


def _derived(facts: Sequence[tuple[str, Derived]]) -> Codes:
    """1 where the condition is true, 0 where it is false; all are asked at once, and of each its opposite too."""
    asked = [each for _, fact in facts for each in (fact.condition, NoneOf((fact.condition,)))]
    answers, every = compiled(asked), (1 << len(asked)) - 1
    names = [name for name, _ in facts]

    def codes(scene: Scene) -> dict[str, int]:
        found, true = {}, answers(scene.record, scene, every)
        for name in names:
            if true & 3:
                found[name] = true & 1
            true >>= 2
        return found

    return codes
