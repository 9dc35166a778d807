"""The smallest changes over random rulesets and cases: what is said does it, and nothing smaller would."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rules_engine.evaluation.changes.smallest import Flip, smallest_changes
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.folders import full_catalog
from rules_engine.model.case import Case, Event
from rules_engine.model.ruleset import (
    Mode,
    Outcome,
    Ruleset,
    Verdict,
)
from rules_engine.model.values import Value, get, identity, put
from tests import strategies

CATALOG = full_catalog()
NOW = strategies.NOW
COUNT: Counter[str] = Counter()
WANTED = (Verdict.CONVERT, Verdict.HOLD)


@pytest.fixture(scope="module", autouse=True)
def _report():
    yield
    print(f"\n{COUNT['found']} of {COUNT['asked']} found")


def decided(ruleset: Ruleset, case: Case, now=NOW):
    return evaluate(ruleset, case, now, ReferenceMatcher())


def looked_at(case: Case, wanted: Verdict) -> Case:
    """As the next evaluation sees it where something is to be converted."""
    return replace(case, previous=case.record) if wanted is Verdict.CONVERT else case


def with_an_answer(ruleset: Ruleset, wanted: Verdict) -> Ruleset:
    """The last rule says what is wanted, and is in effect."""
    last = ruleset.rules[-1]
    says = replace(last, then=Outcome(wanted, "as wanted"), mode=Mode.ON, effective_from=None, effective_until=None)
    return replace(ruleset, rules=(*ruleset.rules[:-1], says))


# --- what is said, done by its words --------------------------------------------------------------------------


def done(case: Case, flip: Flip) -> Case:
    """The case after somebody did what each change says, by its path alone."""
    record, events = dict(case.record), list(case.events)
    for change in flip.changes:
        match change.kind:
            case "set":
                record = _set(record, change.path, change.value)
            case "add":
                new: dict[str, Value] = {}
                for name, value in change.values:
                    new = put(new, name, value)
                record = _grown(record, change.path.rpartition("[")[0], new)
            case "happen":
                events.append(Event(change.path, NOW, f"done-{len(events)}"))
    for change in flip.changes:
        if change.kind == "remove":
            record = _shrunk(record, *re.fullmatch(r"(.+)\[(.+?)\]", change.path).groups())
    return replace(looked_at(case, flip.wanted), record=record, events=tuple(events))


def _set(record, path, value):
    found = re.fullmatch(r"([\w.]+)\[(.+?)\]\.([\w.]+)", path)
    if found is None:
        return put(record, path, value)
    items = get(record, found[1])
    return put(
        record,
        found[1],
        tuple(put(each, found[3], value) if identity(each, at) == found[2] else each for at, each in enumerate(items)),
    )


def _grown(record, path, new):
    before = get(record, path)
    return put(record, path, (*(before if isinstance(before, tuple) else ()), new))


def _shrunk(record, path, name):
    items = get(record, path)
    return put(record, path, tuple(each for at, each in enumerate(items) if identity(each, at) != name))


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(strategies.rulesets(CATALOG), strategies.cases(CATALOG), st.sampled_from(WANTED))
def test_what_is_said_gives_the_wanted_verdict_when_it_is_done(ruleset, case, wanted):
    ruleset = with_an_answer(ruleset, wanted)
    assume(decided(ruleset, looked_at(case, wanted)).verdict is not wanted)
    flip = smallest_changes(ruleset, case, NOW, wanted, CATALOG)
    COUNT["asked"] += 1
    assert flip.found is (flip.at is not None)
    if not flip.found:
        return
    COUNT["found"] += 1
    # What is added within what is added has no name yet that `done` could go by.
    assume(all(each.path.count("[") < 2 for each in flip.changes))
    decision = decided(ruleset, done(case, flip), flip.at)
    assert (decision.verdict, decision.rule) == (wanted, flip.rule)
    assert len({(each.kind, each.path) for each in flip.changes if each.kind != "happen"}) == len(
        [each for each in flip.changes if each.kind != "happen"]
    )
    assert all(each.words and "<" not in each.words.split("`")[0][:1] for each in flip.changes)
