"""What a ruleset answered about a case, with the trace of every condition: the trace is the explanation."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules_engine.model.ruleset import Condition, Mode, Step, Verdict
from rules_engine.model.values import Missing, Value


class Truth(StrEnum):
    """Kleene's three values: unknown is not false."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class Role(StrEnum):
    """What a condition does for its rule: colour means "does it help", not "is it true"."""

    HELPS = "helps"
    BLOCKS = "blocks"
    NOT_NEEDED = "not needed"


@dataclass(frozen=True)
class Trace:
    """One condition as it was judged.

    `actual` is the value seen (MISSING where no system ever sent the field), `expected` the operand resolved
    ("today - 14 days" as a date). `cause` says in words why it is unknown. `wake_at` is the next instant at
    which the truth could change by time alone. A quantifier's `children` are one trace per record, each with
    that record's id in `item`.
    """

    condition: Condition
    truth: Truth
    actual: Value | Missing = None
    expected: Value | Missing = None
    cause: str = ""
    wake_at: datetime | None = None
    item: str = ""
    children: "tuple[Trace, ...]" = ()
    role: Role = Role.NOT_NEEDED


def made_trace(
    condition: Condition,
    truth: Truth,
    actual: Value | Missing = None,
    expected: Value | Missing = None,
    cause: str = "",
    wake_at: datetime | None = None,
    item: str = "",
    children: tuple[Trace, ...] = (),
) -> Trace:
    """A `Trace` without its role, made three times faster than by its class.

    A decision holds thousands of them, and the fields of a frozen dataclass are slow to set.
    """
    made: Trace = object.__new__(Trace)
    fields = made.__dict__
    fields["condition"] = condition
    fields["truth"] = truth
    fields["actual"] = actual
    fields["expected"] = expected
    fields["cause"] = cause
    fields["wake_at"] = wake_at
    fields["item"] = item
    fields["children"] = children
    fields["role"] = Role.NOT_NEEDED
    return made


@dataclass(frozen=True)
class RuleTrace:
    """`considered` is false for a rule that is off or not in effect on that day."""

    rule: str
    title: str
    mode: Mode
    truth: Truth
    trace: Trace
    considered: bool = True


@dataclass(frozen=True)
class Decision:
    """`rule` is the id of the rule that decided, "" where none did.

    `matched` are the ids of all rules that were true, in ruleset order; `watched` those of them that only watch.
    `now` is the instant it was decided for; `wake_at` the next at which it could differ by time alone.
    `policy` names the ruleset's policy that changed what the rules wanted, "" where none did.
    """

    verdict: Verdict
    reason: str
    ruleset: str
    step: Step
    now: datetime
    rule: str = ""
    matched: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    rules: tuple[RuleTrace, ...] = ()
    wake_at: datetime | None = None
    # The two matchers differed: the verdict is then always hold.
    disagreement: tuple[str, ...] = ()
    policy: str = ""
