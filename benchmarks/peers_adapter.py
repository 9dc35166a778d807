"""The bulk matcher behind a harness that compares engines on rules in the neutral-v1 format.

The harness wants two functions: `evaluate(ruleset_json, docs)`, the ids of the rules that are true of each document,
and `compile_ruleset(ruleset_json)`, the same for one document at a time. neutral-v1 is
`{"format": "neutral-v1", "rules": [{"id": ..., "when": C}, ...]}`, where C is one of

    {"all": [C, ...]}   {"any": [C, ...]}   {"not": C}
    {"field": PATH, "op": OP, "type": T, "value": V}
    {"items": PATH, "quant": "any" | "all" | "none", "where": C}

T is number, string, boolean or date (ISO). Documents are plain JSON, so the values that the rules name are converted
to ours at each question: numbers to decimals, ISO texts to dates. That is part of what is timed.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any as Json

from rules_engine.bulk_matcher import BulkMatcher
from rules_engine.model.case import Case
from rules_engine.model.ruleset import (
    All,
    Any,
    Comparison,
    Condition,
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
from rules_engine.model.values import Record, Scalar, Value

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
MOST_REMEMBERED = 100_000

_SAME = {"eq": "is", "ne": "is_not", "in": "is_any_of", "not_in": "is_none_of", "between": "between"}
_NUMBER = {"lt": "less_than", "le": "at_most", "gt": "more_than", "ge": "at_least"}
_DATE = {"lt": "before", "le": "on_or_before", "gt": "after", "ge": "on_or_after"}
_TEXT = {"contains": "contains", "starts_with": "starts_with"}
_OPERATORS = {
    "number": {**_SAME, **_NUMBER},
    "date": {**_SAME, **_DATE},
    "string": {**_SAME, **_TEXT},
    "boolean": _SAME,
}
_QUANTIFIERS = {"any": Quantifier.SOME, "all": Quantifier.EVERY, "none": Quantifier.NO}


def evaluate(ruleset_json: Mapping[str, Json], docs: Sequence[Mapping[str, Json]]) -> list[list[str]]:
    """The ids of the rules that are true of each document, in ruleset order."""
    asked, to_case, in_order = _compiled(ruleset_json)
    answers = BulkMatcher().match_all(asked, ((to_case(each), NOW) for each in docs))
    return [in_order(each) for each in answers]


def compile_ruleset(ruleset_json: Mapping[str, Json]) -> Callable[[Mapping[str, Json]], list[str]]:
    """`evaluate` for one document at a time."""
    asked, to_case, in_order = _compiled(ruleset_json)
    match = BulkMatcher().match

    def decide(document: Mapping[str, Json]) -> list[str]:
        return in_order(match(asked, to_case(document), NOW))

    return decide


def _compiled(
    ruleset_json: Mapping[str, Json],
) -> tuple[Ruleset, Callable[[Mapping[str, Json]], Case], Callable[[frozenset[str]], list[str]]]:
    order = {each["id"]: place for place, each in enumerate(ruleset_json["rules"])}
    conditions = [each["when"] for each in ruleset_json["rules"]]
    read = reader(conditions)
    return (
        ruleset(ruleset_json),
        lambda document: Case("", read(document)),
        lambda ids: sorted(ids, key=order.__getitem__),
    )


# --- rules ----------------------------------------------------------------------------------------------------


def ruleset(ruleset_json: Mapping[str, Json]) -> Ruleset:
    """The rules as ours; all that are true are reported."""
    rules = tuple(
        Rule(each["id"], each["id"], condition(each["when"]), Outcome(Verdict.CONVERT))
        for each in ruleset_json["rules"]
    )
    return Ruleset("peers", "Peers", Step.OPPORTUNITY_TO_QUOTE, rules, HitPolicy.COLLECT)


def condition(neutral: Mapping[str, Json]) -> Condition:
    match neutral:
        case {"all": inner}:
            return All(tuple(condition(each) for each in inner))
        case {"any": inner}:
            return Any(tuple(condition(each) for each in inner))
        case {"not": inner}:
            return NoneOf((condition(inner),))
        case {"items": path, "quant": quantifier, "where": where}:
            # Like Python's, its "all" holds for an empty list.
            return Quantified(_QUANTIFIERS[quantifier], path, condition(where), quantifier == "all")
        case {"field": path, "op": operator, "type": kind, "value": list(several)}:
            values = tuple(scalar(kind, each) for each in several)
            return Comparison(path, _OPERATORS[kind][operator], Literal(values))
        case {"field": path, "op": operator, "type": kind, "value": one}:
            return Comparison(path, _OPERATORS[kind][operator], Literal(scalar(kind, one)))
        case _:
            raise ValueError(f"no neutral-v1 condition: {neutral}")


def scalar(kind: str, value: Json) -> Scalar:
    match kind:
        case "number":
            return Decimal(str(value))
        case "date":
            return date.fromisoformat(value)
        case _:
            return value  # type: ignore[no-any-return]  # texts and booleans are the same in JSON


# --- documents ------------------------------------------------------------------------------------------------


class Remembered(dict[Json, Scalar]):
    """Each value converted once; begins anew when it is full."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def __missing__(self, value: Json) -> Scalar:
        if len(self) >= MOST_REMEMBERED:
            self.clear()
        found = self[value] = Decimal(str(value)) if self.kind == "number" else date.fromisoformat(value)
        return found


def reader(conditions: Sequence[Mapping[str, Json]]) -> Callable[[Mapping[str, Json]], Record]:
    """From a document to a record; what no rule names stays as it is."""
    typed: dict[str, Remembered] = {}
    lists: dict[str, list[Mapping[str, Json]]] = {}
    for each in (inner for outer in conditions for inner in _leaves(outer)):
        if "items" in each:
            lists.setdefault(each["items"], []).append(each["where"])
        elif each["type"] in ("number", "date"):
            typed.setdefault(each["field"], Remembered(each["type"]))
    inside = [(name, reader(wheres)) for name, wheres in lists.items()]
    converted = tuple(typed.items())

    def read(document: Mapping[str, Json]) -> Record:
        found: dict[str, Value] = {**document}
        for name, values in converted:
            found[name] = values[found[name]]
        for name, item in inside:
            found[name] = tuple([item(each) for each in document[name]])
        return found

    return read


def _leaves(neutral: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    groups = [each for name in ("all", "any") for each in neutral.get(name, ())]
    groups += [neutral["not"]] if "not" in neutral else []
    return [leaf for each in groups for leaf in _leaves(each)] if groups else [neutral]
