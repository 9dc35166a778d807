"""A kept decision beside the same question asked again: what differs, down to each condition's truth."""

from collections.abc import Iterator
from itertools import zip_longest

from rules_engine.evaluation.sentence import NO_CATALOG, sentence
from rules_engine.model.catalog import Catalog
from rules_engine.model.decision import Decision, RuleTrace, Trace


def differences(kept: Decision, again: Decision, catalog: Catalog = NO_CATALOG) -> tuple[str, ...]:
    """In words, verdict and rule first; empty where both are the same.

    The reason's wording is left out: it speaks with the labels that the catalog has today.
    """
    return tuple(_whole(kept, again)) + tuple(
        words
        for was, now in zip_longest(kept.rules, again.rules)
        for words in _rule(was, now, catalog)
    )  # fmt: skip


def _whole(kept: Decision, again: Decision) -> Iterator[str]:
    if kept.verdict is not again.verdict:
        yield f"the verdict was {kept.verdict.value} and is {again.verdict.value}"
    if kept.rule != again.rule:
        yield f"{_decided(kept.rule)} decided, and now {_decided(again.rule)}"
    if kept.matched != again.matched:
        yield f"the true rules were {_named(kept.matched)} and are {_named(again.matched)}"
    if kept.disagreement != again.disagreement:
        yield f"the engines disagreed about {_named(kept.disagreement)}, and now about {_named(again.disagreement)}"
    if kept.wake_at != again.wake_at:
        yield f"it could change by time alone on {kept.wake_at}, and now on {again.wake_at}"


def _decided(rule: str) -> str:
    return f"`{rule}`" if rule else "no rule"


def _named(rules: tuple[str, ...]) -> str:
    return ", ".join(f"`{each}`" for each in rules) or "none"


def _rule(was: RuleTrace | None, now: RuleTrace | None, catalog: Catalog) -> Iterator[str]:
    if was is None or now is None or was.rule != now.rule:
        yield f"rule `{was.rule if was else ''}` stands where `{now.rule if now else ''}` does now"
        return
    if was.considered is not now.considered:
        yield f"rule `{was.rule}` {'counted' if was.considered else 'did not count'} and now it is otherwise"
    yield from _condition(was.trace, now.trace, was.rule, "case", catalog)


def _condition(was: Trace, now: Trace, rule: str, root: str, catalog: Catalog) -> Iterator[str]:
    if was.truth is not now.truth:
        item = f" of `{was.item}`" if was.item else ""
        words = sentence(was.condition, catalog, root)
        yield f"rule `{rule}`: {words}{item} was {was.truth.value} and is {now.truth.value}"
    if len(was.children) != len(now.children):
        yield f"rule `{rule}`: {len(was.children)} parts were judged, and now {len(now.children)}"
        return
    field = catalog.find(root, getattr(was.condition, "collection", ""))
    for one, other in zip(was.children, now.children, strict=True):
        yield from _condition(one, other, rule, field.of if field else root, catalog)
