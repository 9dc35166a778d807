"""The smallest changes against every set of one or two changes, in a world small enough to try them all."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import combinations, product

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rules_engine.evaluation.changes.smallest import smallest_changes
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.folders import full_catalog
from rules_engine.model.case import Case
from rules_engine.model.ruleset import (
    All,
    Any,
    Comparison,
    HitPolicy,
    Literal,
    NoneOf,
    Outcome,
    Quantified,
    Quantifier,
    Rule,
    Ruleset,
    Step,
    Verdict,
)
from rules_engine.model.values import MISSING, Missing, Value, put
from tests.evaluation.builders import BERLIN, NOON

CATALOG = full_catalog()
COUNT: Counter[str] = Counter()
NUMBERS = tuple(Decimal(each) for each in (10, 20, 30))
# Every value that any of the literals below can tell apart from another.
BETWEEN = tuple(Decimal(each) for each in (5, 10, 15, 20, 25, 30, 35))
SLOTS: dict[str, tuple[Value, ...]] = {
    "opportunity.stage": ("negotiation", "closed_won", "closed_lost"),
    "opportunity.probability": BETWEEN,
    "account.framework_agreement": (True, False),
    "account.credit_status": ("good", "review", "on_hold"),
}
LINES = ("L-1", "L-2")
WANTED = st.sampled_from([Verdict.CONVERT, Verdict.HOLD])


@pytest.fixture(scope="module", autouse=True)
def _report():
    yield
    print(f"\n{COUNT['found']} of {COUNT['asked']} found, {COUNT['tried']} smaller sets of changes tried")


def comparisons() -> st.SearchStrategy[Comparison]:
    flags = st.sampled_from(["account.framework_agreement"])
    return st.one_of(
        *(
            st.builds(
                Comparison, st.just(name), st.sampled_from(["is", "is_not"]), st.sampled_from(SLOTS[name]).map(Literal)
            )
            for name in ("opportunity.stage", "account.credit_status")
        ),
        st.builds(Comparison, flags, st.just("is"), st.booleans().map(Literal)),
        figures("opportunity.probability"),
    )


def figures(name: str) -> st.SearchStrategy[Comparison]:
    names = st.sampled_from(["at_least", "at_most", "more_than", "less_than"])
    return st.builds(Comparison, st.just(name), names, st.sampled_from(NUMBERS).map(Literal))


def conditions(depth: int = 2):
    lines = st.builds(Quantified, st.sampled_from(Quantifier), st.just("line_items"), figures("discount"))
    leaf = comparisons() | lines
    if not depth:
        return leaf
    inner = st.lists(conditions(depth - 1), min_size=1, max_size=3).map(tuple)
    return leaf | st.builds(All, inner) | st.builds(Any, inner) | st.builds(NoneOf, inner)


@st.composite
def rulesets(draw):
    found = [
        Rule(f"rule-{number}", "R", when, Outcome(draw(st.sampled_from(Verdict)), "because"))
        for number, when in enumerate(draw(st.lists(conditions(), min_size=1, max_size=3)), 1)
    ]
    otherwise = Outcome(draw(st.sampled_from([Verdict.IGNORE, Verdict.PROPOSE])))
    return Ruleset("r", "R", Step.OPPORTUNITY_TO_QUOTE, tuple(found), draw(st.sampled_from(HitPolicy)), otherwise)


@st.composite
def cases(draw):
    record: dict[str, Value] = {}
    for name, values in SLOTS.items():
        value = draw(st.sampled_from([*values, None, MISSING]))
        record = record if isinstance(value, Missing) else put(record, name, value)
    lines = tuple({"id": name, "discount": draw(st.sampled_from(BETWEEN))} for name in LINES)
    return Case("1", {**record, "line_items": lines[: draw(st.integers(0, 2))]}, zone=BERLIN)


def changed(record, slot, value):
    if slot not in LINES:
        return put(record, slot, value)
    lines = tuple({**each, "discount": value} if each["id"] == slot else each for each in record["line_items"])
    return {**record, "line_items": lines}


def smaller(case: Case, count: int) -> Iterator[Case]:
    """Every set of so many changes of values, and of so many with one line taken out or put in."""
    slots = {**SLOTS, **{each["id"]: BETWEEN for each in case.record["line_items"]}}
    records = [case.record]
    if count:
        lines = case.record["line_items"]
        grown = [(*lines, {"id": "L-9", "discount": each}) for each in BETWEEN]
        shrunk = [tuple(each for each in lines if each is not gone) for gone in lines]
        records += [{**case.record, "line_items": each} for each in (*grown, *shrunk)]
    for at, record in enumerate(records):
        left = count - (at > 0)
        there = {name: values for name, values in slots.items()
                 if name not in LINES or any(each["id"] == name for each in record["line_items"])}  # fmt: skip
        for chosen in combinations(there, left):
            for values in product(*(there[name] for name in chosen)):
                found = record
                for name, value in zip(chosen, values, strict=True):
                    found = changed(found, name, value)
                yield replace(case, record=found)


@settings(max_examples=120, suppress_health_check=list(HealthCheck))
@given(rulesets(), cases(), WANTED)
def test_no_set_of_fewer_changes_gives_the_verdict(ruleset, case, wanted):
    def decided(each: Case) -> Verdict:
        return evaluate(ruleset, each, NOON, ReferenceMatcher()).verdict

    case = replace(case, previous=case.record)
    assume(decided(case) is not wanted)
    flip = smallest_changes(ruleset, case, NOON, wanted, CATALOG)
    COUNT["asked"] += 1
    COUNT["found"] += flip.found
    if flip.found:
        assert decided(flip.case) is wanted
    for count in range(min(2, len(flip.changes) - 1) + 1 if flip.found else 3):
        for each in smaller(case, count):
            COUNT["tried"] += 1
            assert decided(each) is not wanted, (count, each.record, flip)
