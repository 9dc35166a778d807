"""Every transform by name: pure functions from a value to a value or to what is wrong with it."""

import re
from collections.abc import Mapping
from datetime import UTC, timedelta, timezone
from datetime import date as Date
from datetime import datetime as DateTime
from decimal import Decimal
from zoneinfo import ZoneInfo

from rules_engine.conversion.context import Arguments, Context, Done, Failed, Outcome, TransformFunction
from rules_engine.conversion.currencies import MINOR_UNITS
from rules_engine.conversion.text_transforms import (
    address_lines,
    html_to_text,
    join,
    lower_case,
    record_text,
    text,
    trim,
    truncate,
    upper_case,
)
from rules_engine.conversion.wording import MOST_DIGITS, kind_of, plain, shown
from rules_engine.model.errors import Permanent
from rules_engine.model.values import Money, Value, is_empty

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*", re.DOTALL)


def first(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    """The first source that is not null, empty text or an empty list; 0 and false count."""
    sources = value if isinstance(value, tuple) else (value,)
    return Done(next((source for source in sources if not is_empty(source)), None))


def number(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    """Text of digits with a point; no thousands separator and no exponent, which read otherwise elsewhere."""
    if isinstance(value, Decimal) and value.is_finite():
        return Done(value)
    if isinstance(value, Money):
        return Failed(f"{shown(value)} is money, not a number", "use `amount`")
    if not isinstance(value, str):
        return Failed(f"{shown(value)} is not a number", "a number is written as `1234.50`")
    if value == "":
        return Done(None)
    if len(value) > MOST_DIGITS or not _NUMBER.fullmatch(value):
        return Failed(f"{shown(value)} is not a number", "a number is written as `1234.50`")
    return Done(Decimal(value))


def date(value: Value, _arguments: Arguments, context: Context) -> Outcome:
    """A date stays the date it is; a date and time gives its day in the workspace's zone, and the time is lost."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        return _parsed_date(value)
    if isinstance(value, Date) and not isinstance(value, DateTime):
        return Done(value)
    moment = datetime(value, {}, context)
    if isinstance(moment, Failed):
        return Failed(f"{shown(value)} is not a date", "a date is written as `2026-03-31`")
    if not isinstance(moment.value, DateTime):
        return Done(None)
    try:
        local = moment.value.astimezone(ZoneInfo(context.zone))
    except OverflowError:
        return Failed(f"{shown(value)} is not a date in {context.zone}", "leave the field empty for no date")
    at_midnight = local.time() == local.time().min
    return Done(local.date(), "" if at_midnight else f"the time {local.time().isoformat()}")


def _parsed_date(value: str) -> Outcome:
    try:
        return Done(Date.fromisoformat(value))
    except ValueError:
        return Failed(f"there is no day {shown(value)}", "a date is written as `2026-03-31`")


def datetime(value: Value, _arguments: Arguments, context: Context) -> Outcome:
    """The offset that the text has is kept; a wall-clock time that a change of clocks skips or repeats is said so."""
    if value == "":
        return Done(None)
    remedy = "a date and time is written as `2026-03-31T14:30:00+02:00`"
    if isinstance(value, str) and _DATETIME.fullmatch(value):
        try:
            moment = DateTime.fromisoformat(value)
        except ValueError:
            return Failed(f"{shown(value)} is not a date and time", remedy)
        return Done(moment) if moment.tzinfo else _in_zone(moment, context.zone)
    if isinstance(value, DateTime):
        return Done(value) if value.tzinfo else _in_zone(value, context.zone)
    return Failed(f"{shown(value)} is not a date and time", remedy)


def _in_zone(wall: DateTime, zone: str) -> Outcome:
    """With a fixed offset: Python calls a repeated time of a named zone unequal to the same instant elsewhere."""
    moment = wall.replace(tzinfo=ZoneInfo(zone), fold=0)
    try:
        back = moment.astimezone(UTC).astimezone(ZoneInfo(zone))
        repeated = moment.utcoffset() != moment.replace(fold=1).utcoffset()
    except OverflowError:
        return Failed(f"{shown(wall)} is too far away to be a time in {zone}", "leave the field empty for no time")
    fixed = back.replace(tzinfo=timezone(back.utcoffset() or timedelta(0)), fold=0)
    time = wall.time().isoformat()
    if fixed.replace(tzinfo=None) != wall:
        return Done(fixed, f"{time} does not exist that day in {zone}; {fixed.time().isoformat()} is meant")
    return Done(fixed, f"{time} happens twice that day in {zone}; the first is meant" if repeated else "")


def money(value: Value, _arguments: Arguments, context: Context) -> Outcome:
    """An amount (a number, or text as `number` reads it) and an ISO 4217 code, in that order; or money as it is."""
    sources = value if isinstance(value, tuple) else (value,)
    if len(sources) == 1 and isinstance(sources[0], Money):
        return Done(sources[0])
    if len(sources) != 2:
        return Failed("`money` needs an amount and a currency", "write `from: [amount, currency]`")
    amount, code = sources
    if is_empty(amount):
        return Done(None)
    read = number(amount, {}, context)
    if isinstance(read, Failed) or not isinstance(read.value, Decimal):
        return Failed(f"{shown(amount)} is not an amount", "an amount is written as `1234.50`")
    if not isinstance(code, str) or code == "":
        return Failed(f"the amount {shown(amount)} has no currency", "fill the currency in, or give it a default")
    if code.upper() not in MINOR_UNITS:
        return Failed(f"{shown(code)} is not a currency", "use a code of ISO 4217 such as `EUR`")
    return Done(Money(read.value, code.upper()))


def amount(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    return Done(value.amount) if isinstance(value, Money) else Failed(f"{shown(value)} is not money", "use `number`")


def currency(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    if isinstance(value, Money):
        return Done(value.currency)
    return Failed(f"{shown(value)} is not money", "take the currency from its own field")


def map_value(value: Value, arguments: Arguments, _context: Context) -> Outcome:
    """`values` by the value's plain text (`true`, `30`), each item of a list by itself; no `other` is `stop`."""
    values = arguments.get("values")
    if not isinstance(values, Mapping):
        return Failed("`map` has no values", "write `map: {theirs: ours}`")
    if not isinstance(value, tuple):
        return _mapped(value, values, arguments.get("other", "stop"))
    mapped: list[Value] = []
    losses: list[str] = []
    for item in value:
        outcome = _mapped(item, values, arguments.get("other", "stop"))
        if isinstance(outcome, Failed):
            return outcome
        mapped.append(outcome.value)
        losses.append(outcome.loss)
    return Done(tuple(mapped), "; ".join(loss for loss in losses if loss))


def _mapped(value: Value, values: Mapping[str, Value], other: Value) -> Outcome:
    key = plain(value) if isinstance(value, str | bool | Decimal) else None
    if key is None:
        return Failed(f"`map` cannot choose by {kind_of(value)}", "map text, a number or yes and no")
    if key in values:
        return Done(values[key])
    if key == "":
        return Done(None)
    known = ", ".join(f"`{name}`" for name in list(values)[:8])
    return _otherwise(value, other, f"the map has nothing for {shown(value)}", f"add it to {known} or set `other`")


def _otherwise(value: Value, other: Value, message: str, remedy: str) -> Outcome:
    """`stop` fails, `pass` lets the value through, `{use: x}` puts x in its place and records the loss."""
    if other == "pass":
        return Done(value)
    if isinstance(other, Mapping) and "use" in other:
        return Done(other["use"], f"{shown(value)} replaced")
    return Failed(message, remedy)


def look_up(value: Value, arguments: Arguments, context: Context) -> Outcome:
    """The id of the one record that matches. Several matches fail; raises Retryable where the system is silent."""
    kind, by = arguments.get("in"), arguments.get("by")
    if not isinstance(kind, str) or not isinstance(by, str):
        return Failed("`look_up` does not say where to look", "write `look_up: {in: customer, by: number}`")
    if context.look_up is None:
        return Failed(f"there is no system here to look {kind} up in", "look it up in the mapping to the order system")
    if value == "":
        return Done(None)
    if not isinstance(value, str | Decimal):
        return Failed(f"cannot look {kind_of(value)} up as the {by} of a {kind}", "look up by text or a number")
    try:
        found = context.look_up(kind, by, value)
    except Permanent as no:
        return Failed(f"no single {kind} has the {by} {shown(value)}: {no}", f"correct the {kind} there")
    if found is not None:
        return Done(found)
    missing = f"no {kind} has the {by} {shown(value)}"
    return _otherwise(value, arguments.get("other", "stop"), missing, f"create the {kind} there or correct the {by}")


TRANSFORMS: dict[str, TransformFunction] = {
    "trim": trim,
    "upper_case": upper_case,
    "lower_case": lower_case,
    "truncate": truncate,
    "join": join,
    "first": first,
    "text": text,
    "number": number,
    "date": date,
    "datetime": datetime,
    "money": money,
    "amount": amount,
    "currency": currency,
    "map": map_value,
    "html_to_text": html_to_text,
    "address_lines": address_lines,
    "look_up": look_up,
    "record_text": record_text,
}
