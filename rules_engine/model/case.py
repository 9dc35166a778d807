"""One opportunity with all that hangs on it, and what happened to it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from rules_engine.model.values import Record


@dataclass(frozen=True)
class Event:
    """Something that happened to the case, as conditions see it.

    `at` is when it happened (not when we heard of it), aware. `id` identifies it within its source.
    """

    type: str
    at: datetime
    id: str = ""
    data: Record = field(default_factory=dict)


@dataclass(frozen=True)
class Rate:
    """One unit of `base` buys `rate` units of `quote` from `on` until the next rate of the pair."""

    base: str
    quote: str
    rate: Decimal
    on: date


def rate_between(base: str, quote: str, rates: Iterable[Rate], on: date) -> Rate | None:
    """The newest rate of the pair on that day or before, in either direction; a direct one wins on the same day."""
    known = (each for each in rates if each.on <= on and {each.base, each.quote} == {base, quote})
    return max(known, key=lambda each: (each.on, each.base == base), default=None)


@dataclass(frozen=True)
class Case:
    """What a ruleset is asked about: a document of catalog type `case`, its events, and what it was before.

    `record` holds `opportunity`, `account`, `contact`, `line_items`, `files`, `payments`, `activities`, `quotes`,
    `quote` (the primary one) and `orders`. `previous` is the record at the last evaluation (None at the first);
    `changed` compares the two. `zone` is the IANA name of the workspace's time zone: it makes "today" a fact.
    `fiscal_start` is the month (1 to 12) with which its fiscal year begins. `rates_on` is the day whose rates compare
    money (None: today).
    """

    id: str
    record: Record
    events: tuple[Event, ...] = ()
    previous: Record | None = None
    rates: tuple[Rate, ...] = ()
    zone: str = "UTC"
    fiscal_start: int = 1
    rates_on: date | None = None


