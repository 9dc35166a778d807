"""Says where the production matcher, asked apart, answered otherwise than a ruleset means, or did not answer."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rules_engine.evaluation.sentence import label, value_text
from rules_engine.model.case import Case
from rules_engine.model.catalog import Catalog
from rules_engine.model.finding import Finding
from rules_engine.model.ruleset import Aggregate, Happened, NotHappened, Quantified, Rule, Ruleset, walk
from rules_engine.model.values import MISSING, Missing, get

CHECK = "not-proved"
MOST_FACTS = 6
_REMEDY = "write the rule in another way, and report this: while it lasts, such a case would be held"

Question = tuple[Case, datetime]
Answer = frozenset[str]


def differences(
    ruleset: Ruleset, catalog: Catalog, questions: Sequence[Question], expected: Sequence[Answer], got: Sequence[Answer]
) -> Iterator[Finding]:
    """One error for each rule that was answered otherwise, with the first case that shows it."""
    for rule in ruleset.rules:
        for question, right, said in zip(questions, expected, got, strict=True):
            if (rule.id in right) is not (rule.id in said):
                yield _difference(rule, catalog, question, rule.id in right)
                break


def _difference(rule: Rule, catalog: Catalog, question: Question, right: bool) -> Finding:
    is_true, is_not = "true", "not true"
    meant, said = (is_true, is_not) if right else (is_not, is_true)
    return Finding(
        CHECK,
        f"rule `{rule.id}` is {meant}, and the production matcher says {said}, for {in_words(rule, catalog, question)}",
        rule.place,
        suggestion=_REMEDY,
    )


def failure(ruleset: Ruleset, rule: str, what: str) -> Finding:
    """The error of a matcher that `what`: "crashed (signal 11)". `rule` is "" where it is not known which."""
    found = next((each for each in ruleset.rules if each.id == rule), None)
    if found is None:
        return Finding(CHECK, f"the production matcher {what} on these rules together", ruleset.place,
                       suggestion="split the ruleset, and report this")  # fmt: skip
    return Finding(CHECK, f"the production matcher {what} on rule `{rule}`", found.place, suggestion=_REMEDY)


def in_words(rule: Rule, catalog: Catalog, question: Question) -> str:
    """What the rule sees of a case, in one line."""
    case, now = question
    facts = list(dict.fromkeys(_facts(rule, catalog, case)))
    more = [f"{len(facts) - MOST_FACTS} more"] if len(facts) > MOST_FACTS else []
    at = now.isoformat(" ", "microseconds" if now.microsecond else "seconds")
    return "; ".join([*facts[:MOST_FACTS], *more, f"at {at}"])


def _facts(rule: Rule, catalog: Catalog, case: Case) -> Iterator[str]:
    for condition in walk(rule.when):
        if isinstance(condition, Quantified | Aggregate):
            found = get(case.record, condition.collection)
            records = f"{len(found)} records" if isinstance(found, tuple) else value_text(found)
            yield f"{label(condition.collection, catalog)}: {records}"
        elif isinstance(condition, Happened | NotHappened):
            heard = sorted(case.events, key=lambda event: event.at)
            yield f"events: {', '.join(f'{each.type} {each.at.isoformat()}' for each in heard[:4]) or 'none'}"
        else:
            path = getattr(condition, "field", "")
            value = get(case.record, path) if path else MISSING
            # A field of a list's records is not one of the case, and its list is named already.
            if path and (not isinstance(value, Missing) or catalog.find("case", path)):
                yield f"{label(path, catalog)} {value_text(value, catalog, 'case', path)[:80]}"
