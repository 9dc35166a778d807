"""One small change to a ruleset or its mapping, and what became of it when the cases were run."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from rules_engine.model.finding import NOWHERE, Place
from rules_engine.model.fixture import FixtureCase
from rules_engine.model.mapping import Mapping
from rules_engine.model.ruleset import Condition, Ruleset


@dataclass(frozen=True)
class Variant:
    """A condition changed in one place; `what` says how in words, `place` is where the original stands."""

    condition: Condition
    kind: str
    what: str
    place: Place = NOWHERE


@dataclass(frozen=True)
class RulesetMutant:
    """`rule` is the id of the rule that changed, "" where the ruleset itself did."""

    kind: str
    what: str
    place: Place
    rule: str
    ruleset: Ruleset


@dataclass(frozen=True)
class MappingMutant:
    """`target` is the target field that changed: `title`, `lines.quantity`."""

    kind: str
    what: str
    place: Place
    target: str
    mapping: Mapping


class Fate(StrEnum):
    KILLED = "killed"  # a case fails
    SURVIVED = "survived"  # every case passes, though nothing proves that the change makes no difference
    EQUIVALENT = "equivalent"  # proven to make no difference


@dataclass(frozen=True)
class Result:
    """`by` is the case that failed, or the proof. `catch` is a case that would fail, where one was found.

    `searched` is false where the time for the search was over first.
    """

    mutant: RulesetMutant | MappingMutant
    fate: Fate
    by: str = ""
    catch: FixtureCase | None = None
    searched: bool = True


@dataclass(frozen=True)
class Report:
    results: tuple[Result, ...]

    def of(self, fate: Fate) -> Sequence[Result]:
        return [each for each in self.results if each.fate is fate]

    @property
    def score(self) -> Decimal:
        """Killed in percent of all that are not equivalent, to one decimal; 100 where there is none."""
        killed, survived = len(self.of(Fate.KILLED)), len(self.of(Fate.SURVIVED))
        # Rounded down: 100 means all of them.
        tenths = killed * 1000 // (killed + survived) if killed + survived else 1000
        return Decimal(tenths) / 10

    @property
    def catches(self) -> tuple[FixtureCase, ...]:
        """The cases that would catch the survivors, each once."""
        found = {each.catch.name: each.catch for each in self.results if each.catch is not None}
        return tuple(found.values())
