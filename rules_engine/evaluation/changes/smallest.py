"""The smallest set of changes to a case that gives another verdict, each answer verified by the reference."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import heappop, heappush
from itertools import combinations, count
from typing import Final, TypeAlias

from rules_engine.evaluation import calendar
from rules_engine.evaluation.changes.altered import Altered, Atom
from rules_engine.evaluation.changes.asked import asked_of
from rules_engine.evaluation.changes.change_range import Holds
from rules_engine.evaluation.changes.change_words import Change, in_words
from rules_engine.evaluation.changes.moves import (
    NOT_TRUE,
    NOTHING,
    TRUE,
    Aim,
    Cost,
    Here,
    Memory,
    Need,
    Target,
    plus,
)
from rules_engine.evaluation.changes.needs import group, need
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.hit_policy import CAUTION
from rules_engine.evaluation.match import ReferenceMatcher, considered
from rules_engine.evaluation.policies import accepted_at, at_its_rates
from rules_engine.evaluation.scene import Scene
from rules_engine.evaluation.sentence import NO_CATALOG
from rules_engine.model.case import Case
from rules_engine.model.catalog import Catalog
from rules_engine.model.decision import Decision
from rules_engine.model.ruleset import (
    All,
    Any,
    Comparison,
    Condition,
    FieldOperand,
    HitPolicy,
    Literal,
    Mode,
    NotHappened,
    Quantified,
    Quantifier,
    Rule,
    Ruleset,
    Step,
    Verdict,
    walk,
)

# The search looks at so many altered cases, tries so many values in them, and so many instants at which time tells.
MOST_TRIES: Final = 400
MOST_VALUES: Final = 3_000
LATER_TRIES: Final = 40
OTHER_TRIES: Final = 25
MOST_OTHERS: Final = 2
MOST_WAKES: Final = 4


@dataclass(frozen=True)
class Flip:
    """What gives the wanted verdict. `changes` are what a person does, none where time alone is enough.

    `at` is the instant at which it has been verified to come; `by_itself` the one at which it comes if nothing is
    changed (None: not within the next changes that time makes). `reason` says why nothing was found, "" where
    something was. `case` is the case with the changes in it, and `rule` decides it.
    """

    wanted: Verdict
    changes: tuple[Change, ...] = ()
    rule: str = ""
    at: datetime | None = None
    by_itself: datetime | None = None
    reason: str = ""
    # Other ways with as many changes.
    others: tuple[tuple[Change, ...], ...] = ()
    case: Case | None = field(default=None, compare=False, repr=False)
    cost: Cost = NOTHING

    @property
    def found(self) -> bool:
        return not self.reason


def smallest_changes(
    ruleset: Ruleset, case: Case, now: datetime, wanted: Verdict = Verdict.CONVERT, catalog: Catalog = NO_CATALOG
) -> Flip:
    """The fewest changes to the case, among equals the smallest, that make the ruleset say `wanted`.

    To get something done the next evaluation counts: `changed` compares it with this one's record. What would have
    stopped a conversion is asked of this evaluation itself. Where nothing at `now` helps, later instants are tried.
    """
    base = replace(case, previous=case.record) if wanted in (Verdict.CONVERT, Verdict.PROPOSE) else case
    by_itself = _by_itself(ruleset, base, now, wanted)
    found = _search(ruleset, Altered(base, now, now), wanted, catalog, MOST_TRIES)
    if not found.found and by_itself is not None:
        found = Flip(wanted, rule=_decided(ruleset, base, by_itself).rule, at=by_itself, case=base)
    later = iter(_later(ruleset, base, now) if not found.found else ())
    while not found.found and (instant := next(later, None)):
        after = _search(ruleset, Altered(base, instant, now), wanted, catalog, LATER_TRIES)
        found = after if after.found else found
    return replace(found, by_itself=by_itself)


def what_next(ruleset: Ruleset, case: Case, now: datetime, verdict: Verdict, catalog: Catalog = NO_CATALOG) -> Flip:
    """What a person asks who sees this verdict: how to get it converted, and of a conversion what would stop it."""
    if verdict is Verdict.CONVERT:
        ways = [smallest_changes(ruleset, case, now, each, catalog) for each in (Verdict.HOLD, Verdict.IGNORE)]
        return min(ways, key=lambda each: (not each.found, not each.changes, each.cost))
    said = {ruleset.otherwise.verdict, *(each.then.verdict for each in ruleset.rules)}
    # A ruleset that only ever proposes never converts by itself.
    wanted = Verdict.PROPOSE if Verdict.CONVERT not in said and verdict is not Verdict.PROPOSE else Verdict.CONVERT
    return smallest_changes(ruleset, case, now, wanted, catalog)


# --- time -----------------------------------------------------------------------------------------------------


def _by_itself(ruleset: Ruleset, case: Case, now: datetime, wanted: Verdict) -> datetime | None:
    for at in _wakes(ruleset, case, now):
        if _decided(ruleset, case, at).verdict is wanted:
            return at
    return None


def _wakes(ruleset: Ruleset, case: Case, now: datetime) -> Iterator[datetime]:
    """The next instants at which time alone could change the decision."""
    at: datetime | None = now
    for _ in range(MOST_WAKES):
        at = _decided(ruleset, case, at).wake_at if at else None
        if at is None:
            return
        yield at


def _later(ruleset: Ruleset, case: Case, now: datetime) -> list[datetime]:
    """When something changes by itself, also after an event that would happen now and be followed by silence."""
    silences = [each for rule in ruleset.rules for each in walk(rule.when) if isinstance(each, NotHappened)]
    ends = [calendar.last_moment_within(now, each.span, case.zone) for each in silences]
    return sorted({*_wakes(ruleset, case, now), *ends})[:MOST_WAKES]


def _decided(ruleset: Ruleset, case: Case, at: datetime) -> Decision:
    return evaluate(ruleset, case, at, ReferenceMatcher())


# --- what is needed of which rule -----------------------------------------------------------------------------

Goal: TypeAlias = tuple[tuple[Condition, Target], ...]


def _goals(ruleset: Ruleset, case: Case, now: datetime, wanted: Verdict) -> list[Goal]:
    """For each way to the verdict, what each rule must be: the deciding one true, those that win over it not."""
    rules = [each for each in ruleset.rules if each.mode is Mode.ON and considered(each, case, now)]
    goals: list[Goal] = []
    for place, rule in enumerate(rules):
        if rule.then.verdict is wanted:
            against = [each for each in _stronger(ruleset.hit_policy, rules, place) if each.then.verdict is not wanted
                       or ruleset.hit_policy is HitPolicy.UNIQUE]  # fmt: skip
            goals.append(((rule.when, TRUE), *((each.when, NOT_TRUE) for each in against)))
    if ruleset.hit_policy is HitPolicy.UNIQUE and wanted is Verdict.HOLD:
        goals += [((one.when, TRUE), (other.when, TRUE)) for one, other in combinations(rules, 2)]
    if ruleset.otherwise.verdict is wanted:
        goals.append(tuple((each.when, NOT_TRUE) for each in rules))
    return goals


def _stronger(policy: HitPolicy, rules: Sequence[Rule], place: int) -> Sequence[Rule]:
    """The rules that decide instead of this one where they are true as well."""
    match policy:
        case HitPolicy.FIRST:
            return rules[:place]
        case HitPolicy.UNIQUE:
            return [*rules[:place], *rules[place + 1 :]]
        case HitPolicy.COLLECT:
            own = CAUTION.index(rules[place].then.verdict)
            return [each for each in rules if CAUTION.index(each.then.verdict) < own]


def _lacking(goal: Goal, here: Here) -> Need | None:
    return group([need(condition, target, here) for condition, target in goal], every=True)


def _for_its_policies(goal: Goal, start: Altered) -> Goal:
    """What the policies ask of an order besides: the quote was in time, and none of its siblings was ordered."""
    quote = start.base.record.get("quote")
    accepted = accepted_at(start.base, quote if isinstance(quote, Mapping) else {}, start.now)
    day = calendar.today(accepted or start.now, start.base.zone)
    in_time = Any((Comparison("quote.valid_until", "on_or_after", Literal(day)),
                   Comparison("quote.valid_until", "is_empty")))  # fmt: skip
    sibling = All((Comparison("quote", "is_not", FieldOperand("quote.id")),
                   Comparison("status", "is_not", Literal("cancelled"), also_when_empty=True)))  # fmt: skip
    return (*goal, (in_time, TRUE), (Quantified(Quantifier.SOME, "orders", sibling), NOT_TRUE))


# --- the search -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Node:
    goal: Goal
    cost: Cost = NOTHING
    steps: tuple[tuple[Atom, Aim], ...] = ()
    # Whether what the policies ask is part of the goal.
    guarded: bool = False

    @property
    def atoms(self) -> tuple[Atom, ...]:
        return tuple(atom for atom, _ in self.steps)


def _search(ruleset: Ruleset, start: Altered, wanted: Verdict, catalog: Catalog, tries: int) -> Flip:
    """Best first by the changes made and at least still to make, so that the first that is found is the smallest."""
    goals = _goals(ruleset, start.base, start.now, wanted)
    asked, memory = asked_of(ruleset, start, catalog), Memory()
    order, seen, because = count(), set[tuple[Goal, frozenset[Atom]]](), ""
    queue = [(NOTHING, next(order), _Node(each), False) for each in goals]
    found: list[Flip] = []
    while queue and tries and memory.tried < MOST_VALUES:
        tries -= 1
        lower, _, node, weighed = heappop(queue)
        if found and (lower[:2] > found[0].cost[:2] or len(found) > MOST_OTHERS):
            break
        state = replace(start, atoms=node.atoms)
        scene = Scene(at_its_rates(ruleset, state.case), start.now, state.case.record)
        lacking = _lacking(node.goal, Here(state, scene, catalog, asked, memory=memory))
        if lacking is None:
            way = _verified(ruleset, node, state, wanted, catalog)
            if way is None and not node.guarded and ruleset.step is Step.QUOTE_TO_ORDER:
                guarded = replace(node, goal=_for_its_policies(node.goal, state), guarded=True)
                heappush(queue, (node.cost, next(order), guarded, False))
            elif way is not None:
                # What needs as many changes, all of other things, is worth a short look.
                found += [way] if all(_subject(way).isdisjoint(_subject(each)) for each in found) else []
                tries = min(tries, OTHER_TRIES)
        elif not lacking.possible:
            because = because or lacking.because
        elif not weighed and plus(node.cost, lacking.lower) > lower:
            heappush(queue, (plus(node.cost, lacking.lower), next(order), node, True))
        else:
            for after in _steps_on(node, lacking, seen):
                heappush(queue, (max(lower, after.cost), next(order), after, False))
    if found:
        return replace(found[0], others=tuple(each.changes for each in found[1:]))
    if queue:
        bounds = f"{MOST_TRIES} tries and {MOST_VALUES} values"
        return Flip(wanted, reason=f"no way to {wanted.value} was found within {bounds}")
    why = f": {because}" if because else ""
    nothing = f"nothing that could be changed gives {wanted.value}{why}"
    return Flip(wanted, reason=nothing if goals else f"no rule in effect says {wanted.value}")


def _verified(ruleset: Ruleset, node: _Node, state: Altered, wanted: Verdict, catalog: Catalog) -> Flip | None:
    """The way in words, where the reference says of the changed case what is wanted."""
    decision = _decided(ruleset, state.case, state.now)
    if decision.verdict is not wanted:
        return None
    changes = in_words(node.steps, state, catalog, _holds(ruleset, state, wanted))
    return Flip(wanted, changes, decision.rule, state.now, case=state.case, cost=node.cost)


def _subject(way: Flip) -> frozenset[tuple[str, str]]:
    """What a way changes, whatever to."""
    return frozenset((each.kind, each.path) for each in way.changes)


def _steps_on(node: _Node, lacking: Need, seen: set[tuple[Goal, frozenset[Atom]]]) -> Iterator[_Node]:
    for move in lacking.moves:
        steps = (*node.steps, *((atom, move.aim) for atom in move.atoms))
        key = (node.goal, frozenset(atom for atom, _ in steps))
        if key not in seen:
            seen.add(key)
            yield replace(node, cost=plus(node.cost, move.cost), steps=steps)


def _holds(ruleset: Ruleset, state: Altered, wanted: Verdict) -> Holds:
    def holds(one: Atom, other: Atom) -> bool:
        atoms = tuple(other if each == one else each for each in state.atoms)
        return _decided(ruleset, replace(state, atoms=atoms).case, state.now).verdict is wanted

    return holds
