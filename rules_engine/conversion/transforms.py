"""Every transform by name: pure functions from a value to a value or to what is wrong with it."""

from collections.abc import Mapping
from decimal import Decimal

from rules_engine.conversion.context import Arguments, Context, Done, Failed, Outcome, TransformFunction
from rules_engine.conversion.currencies import MINOR_UNITS
from rules_engine.conversion.figure_transforms import in_currency, number, price_per, quantity_in, round_to
from rules_engine.conversion.person_transforms import email, phone, split_name, title_case
from rules_engine.conversion.template_transform import template
from rules_engine.conversion.text_transforms import (
    address_from_lines,
    address_lines,
    html_to_text,
    join,
    lower_case,
    record_text,
    safe_html,
    text,
    text_to_html,
    trim,
    truncate,
    upper_case,
)
from rules_engine.conversion.time_transforms import date, datetime, duration, in_zone, time_of_day
from rules_engine.conversion.wording import kind_of, plain, shown
from rules_engine.model.errors import Permanent
from rules_engine.model.values import Money, Value, is_empty


def first(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    """The first source that is not null, empty text or an empty list; 0 and false count."""
    sources = value if isinstance(value, tuple) else (value,)
    return Done(next((source for source in sources if not is_empty(source)), None))


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
    "title_case": title_case,
    "split_name": split_name,
    "email": email,
    "phone": phone,
    "truncate": truncate,
    "join": join,
    "first": first,
    "text": text,
    "number": number,
    "round": round_to,
    "quantity_in": quantity_in,
    "price_per": price_per,
    "date": date,
    "datetime": datetime,
    "in_zone": in_zone,
    "time": time_of_day,
    "duration": duration,
    "money": money,
    "amount": amount,
    "currency": currency,
    "map": map_value,
    "in_currency": in_currency,
    "safe_html": safe_html,
    "text_to_html": text_to_html,
    "html_to_text": html_to_text,
    "address_lines": address_lines,
    "address_from_lines": address_from_lines,
    "template": template,
    "look_up": look_up,
    "record_text": record_text,
}
