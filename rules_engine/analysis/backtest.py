"""A ruleset asked what it would have decided of cases that were decided already."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import tee

from rules_engine.evaluation.hit_policy import decide
from rules_engine.evaluation.policies import at_its_rates, guarded
from rules_engine.model.case import Case
from rules_engine.model.ruleset import Mode, Ruleset, Verdict
from rules_engine.ports import HistoryMatcher

# So many differences are listed; all are counted.
MOST_LISTED = 1_000


@dataclass(frozen=True)
class Past:
    """One evaluation as it was: what it saw, when, and what it said. `deal` is the opportunity's id in its CRM."""

    number: int
    deal: str
    case: Case
    now: datetime
    verdict: Verdict
    rule: str


@dataclass(frozen=True)
class Otherwise:
    """A past evaluation that the ruleset would have decided otherwise."""

    past: Past
    verdict: Verdict
    rule: str


@dataclass
class Backtest:
    """`moves` counts (then, now) verdicts; `otherwise` lists the first `MOST_LISTED` that differ."""

    evaluations: int = 0
    moves: Counter[tuple[Verdict, Verdict]] = field(default_factory=Counter)
    otherwise: list[Otherwise] = field(default_factory=list)

    @property
    def differing(self) -> int:
        return sum(count for (then, now), count in self.moves.items() if then is not now)


def backtest(ruleset: Ruleset, history: Iterable[Past], matcher: HistoryMatcher) -> Backtest:
    """Each past evaluation decided again by this ruleset, with its policies, on the values and at the clock of then."""
    found = Backtest()
    one, other = tee(history)
    answers = matcher.match_all(ruleset, _asked(ruleset, one))
    for past, true_ids in zip(other, answers, strict=True):
        verdict, rule = _decided(ruleset, past, true_ids)
        found.evaluations += 1
        found.moves[past.verdict, verdict] += 1
        if verdict is not past.verdict and len(found.otherwise) < MOST_LISTED:
            found.otherwise.append(Otherwise(past, verdict, rule))
    return found


def _asked(ruleset: Ruleset, history: Iterable[Past]) -> Iterator[tuple[Case, datetime]]:
    return ((at_its_rates(ruleset, past.case), past.now) for past in history)


def _decided(ruleset: Ruleset, past: Past, true_ids: frozenset[str]) -> tuple[Verdict, str]:
    true_rules = [rule for rule in ruleset.rules if rule.id in true_ids and rule.mode is Mode.ON]
    outcome, rule = decide(ruleset, true_rules)
    return guarded(outcome, ruleset, past.case, past.now).outcome.verdict, rule
