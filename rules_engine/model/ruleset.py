"""A ruleset as pure data: ordered rules for one step, each with a condition tree and an outcome."""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as option
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from rules_engine.model.finding import NOWHERE, Place
from rules_engine.model.values import Scalar


class Step(StrEnum):
    """The two conversions that rulesets decide upon."""

    OPPORTUNITY_TO_QUOTE = "opportunity-to-quote"
    QUOTE_TO_ORDER = "quote-to-order"

    @property
    def target(self) -> str:
        """The document type that the step makes: `quote` or `order`."""
        return self.value.rpartition("-")[2]


class Unit(StrEnum):
    HOURS = "hours"  # exact: 14 days are 14 calendar days in the workspace's zone, 336 hours are 336 hours
    DAYS = "days"
    WEEKS = "weeks"
    MONTHS = "months"  # clamped: 31 January + 1 month is 28 or 29 February
    YEARS = "years"


@dataclass(frozen=True)
class Duration:
    """`count` may be negative in offsets."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        unit = self.unit.value if abs(self.count) != 1 else self.unit.value[:-1]
        return f"{self.count} {unit}"


# --- operands: the right-hand side of a comparison -------------------------------------------------------------


@dataclass(frozen=True)
class Literal:
    """A fixed value, or several for `is_any_of`, `is_none_of` and `between`."""

    value: Scalar | tuple[Scalar, ...]


@dataclass(frozen=True)
class FieldOperand:
    """Another field of the same record, shifted by a duration or taken at a percentage (110 = 110 % of it)."""

    path: str
    plus: Duration | None = None
    percent: Decimal | None = None


@dataclass(frozen=True)
class RelativeDate:
    """`today` (a date in the workspace's zone) or `now`, shifted."""

    anchor: str  # "today" or "now"
    plus: Duration | None = None


@dataclass(frozen=True)
class Period:
    """`this`, `last` or `next` `week` (from Monday), `month`, `quarter`, `year`, `fiscal quarter` or `fiscal year`.

    A fiscal year begins on the first day of the workspace's month for it (`Case.fiscal_start`).
    """

    which: str
    unit: str


@dataclass(frozen=True)
class Near:
    """`within` a percentage of another field: |field - other| <= percent % of |other|."""

    percent: Decimal
    path: str


Operand: TypeAlias = Literal | FieldOperand | RelativeDate | Period | Near | Duration | None


# --- conditions ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class All:
    conditions: "tuple[Condition, ...]"
    place: Place = option(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Any:
    conditions: "tuple[Condition, ...]"
    place: Place = option(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class NoneOf:
    conditions: "tuple[Condition, ...]"
    place: Place = option(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Comparison:
    """`operator` is a name of `evaluation.operators.OPERATORS`, e.g. `at_least`.

    `also_when_empty` makes a negative operator true on an empty value; it is off unless the author says so.
    `ignore_case` compares text without regard to capitals (Unicode case folding).
    """

    field: str
    operator: str
    operand: Operand = None
    also_when_empty: bool = False
    ignore_case: bool = False
    place: Place = option(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Length:
    """The number of characters of a text field, compared as a number; "" has 0, a field that was sent as null none."""

    field: str
    operator: str
    operand: Operand
    place: Place = option(default=NOWHERE, compare=False)


class Quantifier(StrEnum):
    EVERY = "every"
    SOME = "some"
    NO = "no"


@dataclass(frozen=True)
class Quantified:
    """`every`, `some` or `no` record of a list matches `where` (None: any record does).

    Fields inside `where` are those of the list's records. `also_when_empty` makes `every` true on an empty list.
    """

    quantifier: Quantifier
    collection: str
    where: "Condition | None" = None
    also_when_empty: bool = False
    place: Place = option(default=NOWHERE, compare=False)


class Function(StrEnum):
    COUNT = "count"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    AVERAGE = "average"


@dataclass(frozen=True)
class Aggregate:
    """A figure over the records of a list that match `where`, compared; `of` is the record's field (not for count).

    "At least 2 files" is `count` with `at_least`; "exactly 1" is `count` with `is`.
    """

    function: Function
    collection: str
    of: str
    operator: str
    operand: Operand
    where: "Condition | None" = None
    place: Place = option(default=NOWHERE, compare=False)


class ChangeKind(StrEnum):
    CHANGED = "changed"
    CHANGED_TO = "changed_to"
    CHANGED_FROM = "changed_from"


@dataclass(frozen=True)
class Changed:
    """The field differs from the last evaluation (and is now, or was, the value)."""

    field: str
    kind: ChangeKind
    value: Scalar = None
    place: Place = option(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Happened:
    """All the named events happened, each at least `at_least` times, in any order or in the order written.

    With `within`, first to last lie within that duration: in days or longer, calendar days in the workspace's
    zone with the last day included; in hours, exact.
    """

    events: tuple[str, ...]
    in_order: bool = False
    within: Duration | None = None
    at_least: int = 1
    place: Place = option(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class NotHappened:
    """`event` did not follow the latest `since` event for the whole of `span`: false before it has passed."""

    event: str
    since: str
    span: Duration
    place: Place = option(default=NOWHERE, compare=False)


Condition: TypeAlias = (
    All | Any | NoneOf | Comparison | Length | Quantified | Aggregate | Changed | Happened | NotHappened
)


def children(condition: Condition) -> "tuple[Condition, ...]":
    """The conditions directly inside a group, quantifier or aggregate."""
    match condition:
        case All(inner) | Any(inner) | NoneOf(inner):
            return inner
        case Quantified(where=where) | Aggregate(where=where):
            return (where,) if where is not None else ()
        case _:
            return ()


def walk(condition: Condition) -> "Iterator[Condition]":
    """The condition and all inside it, outermost first."""
    yield condition
    for inner in children(condition):
        yield from walk(inner)


# --- rules -----------------------------------------------------------------------------------------------------


class Verdict(StrEnum):
    CONVERT = "convert"
    HOLD = "hold"  # a person must look: the reason says why
    PROPOSE = "propose"  # ready, a person approves
    IGNORE = "ignore"  # nothing to do now


class Mode(StrEnum):
    ON = "on"
    WATCH = "watch"  # decides and logs, does nothing
    OFF = "off"


class HitPolicy(StrEnum):
    FIRST = "first"  # the first rule that is true decides
    UNIQUE = "unique"  # two true rules are a hold
    COLLECT = "collect"  # all true rules are reported; the most cautious verdict decides


@dataclass(frozen=True)
class Outcome:
    """`reason` is required for hold; for the others it explains, and may be empty."""

    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True)
class Rule:
    """`id` is kebab-case and unique in its ruleset. Effective days are inclusive, in the workspace's zone."""

    id: str
    title: str
    when: Condition
    then: Outcome
    mode: Mode = Mode.ON
    effective_from: date | None = None
    effective_until: date | None = None
    place: Place = option(default=NOWHERE, compare=False)


class Late(StrEnum):
    """What becomes of a conversion that a policy objects to."""

    HOLD = "hold"
    PROPOSE = "propose"
    CONVERT = "convert"


class Rounding(StrEnum):
    """How a document's amounts are rounded to the minor unit of its currency.

    `half up` goes away from zero, `half even` to the even digit; tax is rounded once for each group of category and
    rate (EN 16931), or on each line.
    """

    HALF_UP_PER_DOCUMENT = "half up per document"
    HALF_UP_PER_LINE = "half up per line"
    HALF_EVEN_PER_DOCUMENT = "half even per document"
    HALF_EVEN_PER_LINE = "half even per line"


class Price(StrEnum):
    """Which price a line is converted at."""

    LOCK = "lock"  # its unit price, whatever its list price says
    ALERT = "alert"  # its unit price, held where that is not the list price
    REPRICE = "reprice"  # its list price


class Quantities(StrEnum):
    """What becomes of a product line with a quantity of zero, or a negative one (a return)."""

    HOLD = "hold"
    ALLOW = "allow"


class Revision(StrEnum):
    """What becomes of a change of the record after the document was made."""

    PROPOSE = "propose"
    HOLD = "hold"
    IGNORE = "ignore"


class Amount(StrEnum):
    """What the amount of an opportunity is to its lines."""

    SUM = "sum"  # a difference holds the conversion
    ESTIMATE = "estimate"  # a difference is noted


TODAY = "today"


@dataclass(frozen=True)
class Policies:
    """What holds for every rule that converts, beside its own conditions.

    `expiry`: the quote was accepted after its last valid day, or is not accepted and that day is over.
    `siblings`: another quote of the same opportunity has been ordered already. `rates`: the day whose exchange rates
    compare money, `today` or the path of a date of the case. `tolerance`: by how much, in the document's currency, a
    stated amount may differ from the computed one before the conversion is held. `revision`: the record was changed
    after the document was made.
    """

    expiry: Late = Late.HOLD
    siblings: Late = Late.HOLD
    rates: str = TODAY
    rounding: Rounding = Rounding.HALF_UP_PER_DOCUMENT
    tolerance: Decimal = Decimal(0)
    price: Price = Price.LOCK
    quantities: Quantities = Quantities.HOLD
    amount: Amount = Amount.SUM
    revision: Revision = Revision.PROPOSE


@dataclass(frozen=True)
class Ruleset:
    name: str
    title: str
    step: Step
    rules: tuple[Rule, ...]
    hit_policy: HitPolicy = HitPolicy.FIRST
    otherwise: Outcome = Outcome(Verdict.IGNORE)
    description: str = ""
    policies: Policies = Policies()
    place: Place = option(default=NOWHERE, compare=False)
