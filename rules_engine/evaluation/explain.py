"""A decision in words: why it matched, what blocked, and the whole tree for who wants to see it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

from rules_engine.evaluation.role import blockers
from rules_engine.evaluation.sentence import NO_CATALOG, event_label, label, operand_text, sentence, value_text
from rules_engine.model.catalog import Catalog
from rules_engine.model.decision import Decision, Role, RuleTrace, Trace, Truth
from rules_engine.model.operators import OPERATORS
from rules_engine.model.ruleset import (
    Aggregate,
    Changed,
    Comparison,
    Happened,
    Length,
    Mode,
    NoneOf,
    NotHappened,
    Quantified,
    Ruleset,
    Verdict,
)
from rules_engine.model.values import MISSING

if TYPE_CHECKING:
    from rules_engine.evaluation.changes.smallest import Flip

_MARKS = {Role.HELPS: "✓", Role.BLOCKS: "✗", Role.NOT_NEEDED: "·"}


def evidence(rule: RuleTrace, catalog: Catalog = NO_CATALOG) -> str:
    """Why a rule is true: the conditions that carry it."""
    helping = [sentence(each.condition, catalog) for each in _carriers(rule.trace)]
    return f"rule `{rule.rule}` matches: {'; '.join(helping) or sentence(rule.trace.condition, catalog)}"


def _carriers(trace: Trace) -> Iterator[Trace]:
    inner = (
        []
        if isinstance(trace.condition, Quantified | Aggregate)
        else [each for each in trace.children if each.role is Role.HELPS]
    )
    if not inner or isinstance(trace.condition, NoneOf):
        yield trace
        return
    for each in inner:
        yield from _carriers(each)


def why_not(ruleset: Ruleset, traces: Sequence[RuleTrace], catalog: Catalog = NO_CATALOG) -> str:
    """Why nothing matched: the first obstacle of the rule that would convert and lacks least."""
    candidates = [
        (list(blockers(trace.trace)), trace)
        for rule, trace in zip(ruleset.rules, traces, strict=True)
        if trace.considered and rule.mode is Mode.ON and rule.then.verdict in (Verdict.CONVERT, Verdict.PROPOSE)
    ]
    if not candidates:
        return "no rule matches"
    obstacles, nearest = min(candidates, key=lambda each: len(each[0]))
    more = f" (and {len(obstacles) - 1} more)" if len(obstacles) > 1 else ""
    return (
        f"no rule matches; `{nearest.rule}` lacks: {obstacle(obstacles[0], catalog)}{more}"
        if obstacles
        else "no rule matches"
    )


def obstacle(trace: Trace, catalog: Catalog = NO_CATALOG) -> str:
    """One blocking condition as "what is needed (what is there)"."""
    return f"{sentence(trace.condition, catalog)} ({seen(trace, catalog)})"


def seen(trace: Trace, catalog: Catalog = NO_CATALOG) -> str:
    """What the condition saw: "now negotiation", "no data: `account.credit_status`", "2 of 3"."""
    if trace.truth is Truth.UNKNOWN and trace.cause:
        return trace.cause
    match trace.condition:
        case Comparison(field=field):
            return f"now {value_text(trace.actual, catalog, 'case', field)}"
        case Length():
            return f"now {value_text(trace.actual)}"
        case Quantified():
            yes = sum(each.truth is Truth.TRUE for each in trace.children)
            return f"{yes} of {len(trace.children)}" if trace.children else f"there are {value_text(trace.actual)}"
        case Happened():
            return _events_seen(trace, catalog)
        case NotHappened():
            return "the time has not passed, or it did happen"
        case Aggregate():
            return f"now {value_text(trace.actual)}"
        case Changed():
            return f"was {value_text(trace.expected)}, now {value_text(trace.actual)}"
        case _:
            return trace.truth.value


def _events_seen(trace: Trace, catalog: Catalog) -> str:
    events = trace.actual if isinstance(trace.actual, tuple) else ()
    said = [
        f"{event_label(str(each.get('type')), catalog)} on {value_text(each.get('at', MISSING))}"
        for each in events
        if isinstance(each, Mapping)
    ]
    return ", ".join(said) or "none of it happened yet"


def explain_text(decision: Decision, catalog: Catalog = NO_CATALOG, flip: "Flip | None" = None) -> str:
    """The whole decision as text for a terminal or an e-mail; `flip` is what would give another verdict."""
    head = f"{decision.verdict.value.upper()}{f' by `{decision.rule}`' if decision.rule else ''}: {decision.reason}"
    lines = [
        head,
        f"ruleset {decision.ruleset}, {decision.step.value}, decided for {decision.now.isoformat(' ', 'minutes')}",
    ]
    if decision.wake_at:
        lines.append(f"could change by time alone on {decision.wake_at.isoformat(' ', 'minutes')}")
    if flip is not None:
        lines += ["", *to_do(flip, decision.now)]
    for rule in decision.rules:
        state = (
            rule.truth.value
            if rule.considered
            else f"{rule.truth.value}, does not count ({rule.mode.value} or not in effect)"
        )
        lines += ["", f"{rule.rule}: {rule.title} [{state}{', only watches' if rule.mode is Mode.WATCH else ''}]"]
        lines += tree(rule.trace, catalog)
    return "\n".join(lines)


_TO: Final = {
    Verdict.CONVERT: "to convert it",
    Verdict.PROPOSE: "to have it proposed",
    Verdict.HOLD: "what would hold it",
    Verdict.IGNORE: "what would leave it alone",
}


def to_do(flip: "Flip", now: datetime) -> list[str]:
    """The heading and a line for each change; `now` is the instant for which it was decided."""
    head = f"{_TO[flip.wanted]}:"
    if not flip.found:
        return [head, f"  {flip.reason}"]
    lines = [f"  - {each.words}" for each in flip.changes]
    lines += [f"  or: {'; '.join(each.words for each in other)}" for other in flip.others]
    waits = flip.by_itself.isoformat(" ", "minutes") if flip.by_itself else ""
    if waits:
        alone = f"  nothing to do: by itself on {waits}"
        return [head, alone, *(["  or now:", *lines] if lines else [])]
    if flip.at and flip.at > now:
        lines.append(f"  - then wait until {flip.at.isoformat(' ', 'minutes')}")
    return [head, *(lines or ["  the rules say so already: what the reason names stands in the way"])]


def tree(trace: Trace, catalog: Catalog = NO_CATALOG, depth: int = 1, root: str = "case") -> list[str]:
    """The trace as indented lines: a mark, the condition, what it saw."""
    item = f"{trace.item}: " if trace.item else ""
    inner_root = root
    if isinstance(trace.condition, Quantified | Aggregate):
        field = catalog.find(root, trace.condition.collection)
        inner_root = field.of if field else ""
    words = item + headline(trace, catalog, root)
    line = f"{'  ' * depth}{_MARKS[trace.role]} {words}"
    return [line, *(text for each in trace.children for text in tree(each, catalog, depth + 1, inner_root))]


def headline(trace: Trace, catalog: Catalog = NO_CATALOG, root: str = "case") -> str:
    """The condition on one line, with what it saw; a group says how many of its parts are true."""
    condition = trace.condition
    match condition:
        case Comparison(field=field, operator=operator, operand=operand):
            end = operand_text(operand, catalog, root, field)
            resolved = ""
            if (
                operand is not None
                and trace.expected not in (None, MISSING)
                and value_text(trace.expected, catalog, root, field) != end
            ):
                resolved = f" [{value_text(trace.expected, catalog, root, field)}]"
            also = " ignoring capitals" if condition.ignore_case else ""
            also += " (also when empty)" if condition.also_when_empty else ""
            return (
                f"{label(field, catalog, root)} {OPERATORS[operator].phrase} {end}".rstrip()
                + f"{resolved}{also} ({seen(trace, catalog)})"
            )
        case Length() | Quantified() | Aggregate() | Happened() | NotHappened() | Changed():
            return f"{sentence(condition, catalog, root)} ({seen(trace, catalog)})"
        case _:
            true = sum(each.truth is Truth.TRUE for each in trace.children)
            name = {"All": "all of", "Any": "any of", "NoneOf": "none of"}[type(condition).__name__]
            return f"{name} these ({true} of {len(trace.children)} true)"
