"""Values, times and states as the pages say them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from rules_engine.formats.literals import span_text
from rules_engine.model.conversion import Disposition
from rules_engine.model.ruleset import Mode, Step, Verdict
from rules_engine.model.run import ConversionState, EventState
from rules_engine.model.values import Missing, Money, Months, Value, leaves
from web import here

STEPS = {Step.OPPORTUNITY_TO_QUOTE: "Opportunity to quote", Step.QUOTE_TO_ORDER: "Quote to order"}


@dataclass(frozen=True)
class Look:
    """How a state is shown: the word, the icon, the tone (good, bad, warn, live or "")."""

    word: str
    icon: str
    tone: str = ""


CONVERSIONS = {
    ConversionState.PLANNED: Look("Planned", "clock", "live"),
    ConversionState.SENDING: Look("Sending", "send", "live"),
    ConversionState.UNKNOWN: Look("Outcome unknown", "circle-question-mark", "warn"),
    ConversionState.CONFIRMED: Look("Confirmed", "circle-check", "good"),
    ConversionState.REFUSED: Look("Refused", "circle-x", "bad"),
    ConversionState.HELD: Look("Held", "circle-pause", "warn"),
    ConversionState.PROPOSED: Look("Waits for a yes", "handshake", "warn"),
    ConversionState.DECLINED: Look("Declined", "thumbs-down"),
}
EVENTS = {
    EventState.NEW: Look("New", "inbox", "live"),
    EventState.DONE: Look("Done", "circle-check", "good"),
    EventState.WAITING: Look("Tries again", "clock", "warn"),
    EventState.DEAD: Look("Given up", "circle-x", "bad"),
}
VERDICTS = {
    Verdict.CONVERT: Look("Convert", "circle-check", "good"),
    Verdict.HOLD: Look("Hold", "circle-pause", "warn"),
    Verdict.PROPOSE: Look("Propose", "handshake", "live"),
    Verdict.IGNORE: Look("Not yet", "circle-minus"),
}
MODES = {
    Mode.ON: Look("On", "circle-check", "good"),
    Mode.WATCH: Look("Watch: decides, does nothing", "eye", "warn"),
    Mode.OFF: Look("Off", "circle-minus"),
}
DISPOSITIONS = {
    Disposition.COPIED: ("copied", "copied as it is"),
    Disposition.TRANSFORMED: ("transformed", "transformed"),
    Disposition.CARRIED_OVER: ("carried", "carried over as a note"),
    Disposition.DEFAULTED: ("defaulted", "replaced by a default"),
    Disposition.DROPPED: ("dropped", "dropped, with the reason"),
}


def look(state: object) -> Look:
    """Of a conversion's, an event's or a decision's state, as the enumeration or as its word."""
    for table in (CONVERSIONS, EVENTS, VERDICTS, MODES):
        for each, found in table.items():
            if each is state or (type(state) is str and each.value == state):
                return found
    return Look(str(state), "circle")


def step_name(step: object) -> str:
    return STEPS[Step(str(step))]


def instant(at: datetime) -> datetime:
    return at.astimezone(here.zone())


def moment(at: datetime) -> str:
    """`3 Mar 2026, 09:00`, in the workspace's time zone."""
    local = instant(at)
    return f"{local.day} {local:%b %Y, %H:%M}"


def clock_time(at: datetime) -> str:
    """`09:00:05` where it is today, else as `moment`."""
    local = instant(at)
    return f"{local:%H:%M:%S}" if local.date() == instant(here.now()).date() else moment(at)


def money(amount: Value | Missing, currency: Value | Missing = "") -> str:
    """`61,630.00 EUR`; an amount without a currency stands alone."""
    if isinstance(amount, Money):
        return money(amount.amount, amount.currency)
    if not isinstance(amount, Decimal):
        return ""
    return f"{amount:,f} {currency or ''}".strip()


def shown(value: Any) -> str:
    """A value as a person reads it; text as it stands, never as markup."""
    match value:
        case Missing():
            return "not received"
        case None:
            return "empty"
        case "":
            return "empty text"
        case bool():
            return "yes" if value else "no"
        case Money():
            return money(value)
        case Decimal():
            return f"{value:f}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M %Z}".strip()
        case date() | time():
            return value.isoformat()
        case timedelta() | Months():
            return span_text(value)
        case tuple() | list():
            return ", ".join(shown(each) for each in value) or "none"
        case Mapping():
            return ", ".join(f"{name}: {shown(each)}" for name, each in value.items()) or "none"
        case _:
            return str(value)


def as_json(value: Any) -> str:
    """Kept JSON for reading."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def heard(kind: str) -> str:
    """An event's kind in words: the catalog's label, else its name with spaces."""
    known = here.catalog().events.get(kind)
    words = known.label if known else kind.replace(".", " ").replace("_", " ")
    return words[:1].upper() + words[1:]


def trigger(name: str) -> str:
    """What made us look: `event:7` is event 7."""
    kind, _, rest = name.partition(":")
    match kind:
        case "event":
            return f"event {rest}"
        case "timer":
            return f"the time: {moment(datetime.fromisoformat(rest))}" if rest else "the time"
        case "conversion":
            return f"conversion {rest} was confirmed"
        case _:
            return name


def since(at: datetime) -> str:
    """`12 minutes ago`, roughly."""
    seconds = (here.now() - at.astimezone(UTC)).total_seconds()
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        count = int(seconds // size)
        if count >= 1:
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


def ticks(text: str) -> list[tuple[bool, str]]:
    """A message cut at its backticks: (whether it is a word of theirs, the text)."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return [(False, text)]
    return [(place % 2 == 1, part) for place, part in enumerate(parts) if part]


FILTERS = {
    "look": look,
    "step_name": step_name,
    "moment": moment,
    "clock_time": clock_time,
    "money": money,
    "shown": shown,
    "as_json": as_json,
    "heard": heard,
    "trigger": trigger,
    "since": since,
    "ticks": ticks,
    "flat": leaves,
}
