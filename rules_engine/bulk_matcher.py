"""The matcher for whole histories: a ruleset is compiled once to look-up tables, and each case is a walk over them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import compress
from typing import Final

from rules_engine.evaluation.compiled.compile_program import compiled
from rules_engine.evaluation.compiled.program import Answers
from rules_engine.evaluation.match import counts
from rules_engine.evaluation.scene import Scene
from rules_engine.model.case import Case
from rules_engine.model.ruleset import Mode, Rule, Ruleset

_KEPT: Final = 8  # compiled rulesets

_ZERO_AND_ONE: Final = bytes.maketrans(b"01", b"\0\1")


@dataclass(frozen=True, eq=False)
class _Compiled:
    ruleset: Ruleset
    answers: Answers
    every: int
    names: tuple[str, ...]  # of the rules that are not off, by bit
    dated: dict[str, Rule]  # those with days of effect


@dataclass(eq=False)
class BulkMatcher:
    """The `Matcher` port, and `match_all`. It needs no lock: at worst two threads compile the same ruleset twice."""

    # By identity; the compiled one holds its ruleset, so that the identity is not used again.
    _known: dict[int, _Compiled] = field(default_factory=dict)

    def match(self, ruleset: Ruleset, case: Case, now: datetime) -> frozenset[str]:
        return _match(self._get(ruleset), case, now)

    def match_all(self, ruleset: Ruleset, cases: Iterable[tuple[Case, datetime]]) -> Iterator[frozenset[str]]:
        """The ids of the rules that are true for each case at its instant, in the order of the cases, one at a time."""
        found = self._get(ruleset)
        return (_match(found, case, now) for case, now in cases)

    def _get(self, ruleset: Ruleset) -> _Compiled:
        found = self._known.get(id(ruleset))
        if found is None:
            found = _compile(ruleset)
            if len(self._known) >= _KEPT:
                self._known = {}
            self._known[id(ruleset)] = found
        return found


def _compile(ruleset: Ruleset) -> _Compiled:
    rules = [rule for rule in ruleset.rules if rule.mode is not Mode.OFF]
    dated = {rule.id: rule for rule in rules if rule.effective_from or rule.effective_until}
    answers, every = compiled([rule.when for rule in rules]), (1 << len(rules)) - 1
    return _Compiled(ruleset, answers, every, tuple(rule.id for rule in rules), dated)


def _match(found: _Compiled, case: Case, now: datetime) -> frozenset[str]:
    scene = Scene(case, now, case.record)
    true = found.answers(case.record, scene, found.every)
    ids = frozenset(compress(found.names, f"{true:b}"[::-1].encode().translate(_ZERO_AND_ONE)))
    if found.dated:
        today = scene.today
        return frozenset(each for each in ids if each not in found.dated or counts(found.dated[each], today))
    return ids
