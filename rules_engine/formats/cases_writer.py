"""A ruleset's cases as canonical text: the same cases always give the same characters."""

from collections.abc import Mapping, Sequence

from rules_engine.formats.format_versions import current
from rules_engine.formats.mapping_writer import value_tree
from rules_engine.formats.ruleset_writer import scalar_tree
from rules_engine.formats.yaml_writer import Bare, Tree, write_tree
from rules_engine.model.case import Event
from rules_engine.model.fixture import Expectation, FixtureCase, Moment
from rules_engine.model.values import Value


def write_cases(cases: Sequence[FixtureCase], ruleset: str = "") -> str:
    """The text that `read_cases` reads back as equal cases; `ruleset` is the name of the one that they are of."""
    tree: dict[str, Tree] = {"format": Bare(str(current()))}
    if ruleset:
        tree["ruleset"] = ruleset
    tree["cases"] = [_case(each) for each in cases]
    return write_tree(tree, blank_before=frozenset({"cases"}))


def _case(case: FixtureCase) -> Tree:
    tree: dict[str, Tree] = {"case": case.name}
    if case.record:
        tree["record"] = case.record
    else:
        tree["facts"] = _values(case.facts)
    if case.also:
        tree["also"] = list(case.also)
    if case.overrides:
        tree["with"] = _values(case.overrides)
    if case.previous_record or case.previous is not None:
        tree["previous"] = case.previous_record or _values(case.previous or {})
    events = [*case.events, *(event for step in case.steps for event in step.events)]
    named = [event for number, event in enumerate(events, 1) if _is_named(event, number, events)]
    if case.events:
        tree["events"] = [_event(each, named) for each in case.events]
    tree |= _workspace(case)
    if case.steps:
        return {**tree, "steps": [_step(each, named) for each in case.steps]}
    return {**tree, "now": Bare(case.now.isoformat()), "expect": _expectation(case.expect)}


def _workspace(case: FixtureCase) -> dict[str, Tree]:
    tree: dict[str, Tree] = {}
    if case.zone != "UTC":
        tree["zone"] = case.zone
    if case.rates:
        tree["rates"] = [
            {"base": each.base, "quote": each.quote, "rate": scalar_tree(each.rate), "on": scalar_tree(each.on)}
            for each in case.rates
        ]
    if case.rates_on is not None:
        tree["rates_on"] = scalar_tree(case.rates_on)
    if case.fiscal_start != 1:
        tree["fiscal_start"] = Bare(str(case.fiscal_start))
    return tree


def _step(step: Moment, named: Sequence[Event]) -> Tree:
    tree: dict[str, Tree] = {"step": step.what} if step.what else {}
    if step.overrides:
        tree["with"] = _values(step.overrides)
    if step.events:
        tree["events"] = [_event(each, named) for each in step.events]
    return {**tree, "now": Bare(step.now.isoformat()), "expect": _expectation(step.expect)}


def _is_named(event: Event, number: int, events: Sequence[Event]) -> bool:
    """Whether its id must be written: one without gets its number in the case, if no other has that as its id."""
    return event.id != f"e{number}" or sum(each.id == event.id for each in events) > 1


def _event(event: Event, named: Sequence[Event]) -> Tree:
    tree: dict[str, Tree] = {"type": event.type, "at": Bare(event.at.isoformat())}
    if any(each is event for each in named):
        tree["id"] = event.id
    if event.data:
        tree["data"] = _values(event.data)
    return tree


def _expectation(expect: Expectation) -> Tree:
    tree: dict[str, Tree] = {"verdict": expect.verdict.value}
    if expect.rule:
        tree["rule"] = expect.rule
    if expect.reason:
        tree["reason"] = expect.reason
    if expect.fields:
        tree["fields"] = _values(expect.fields)
    return tree


def _values(values: Mapping[str, Value]) -> Tree:
    return {name: value_tree(each) for name, each in values.items()}
