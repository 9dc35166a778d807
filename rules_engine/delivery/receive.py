"""An incoming webhook: verified on its raw bytes, read, kept, and answered; the work is done later."""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from rules_engine.delivery.webhooks import Rejected, verify
from rules_engine.model.run import InboundEvent
from rules_engine.model.values import Record, Value
from rules_engine.ports import Inbox

log = logging.getLogger(__name__)

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 50
MAX_TEXT = 255  # characters of what identifies an event


@dataclass(frozen=True)
class Received:
    """The HTTP status and the JSON object to answer with."""

    status: int
    body: dict[str, str]


def receive(
    inbox: Inbox,
    connection: str,
    source: str,
    headers: Mapping[str, str],
    body: bytes,
    secrets: Sequence[str],
    now: datetime,
    subject_path: str = "data.id",
) -> Received:
    """Take one message in: 202 when it is kept, 200 when it was kept before, else why it is not taken.

    `subject_path` leads to the opportunity's id in the body. A 2xx is answered only after the event is committed.
    """
    try:
        event = read_event(source, headers, body, secrets, now, subject_path)
    except Rejected as problem:
        # Nothing of the body: it may be anybody's, and long.
        log.warning("webhook for `%s` rejected with %d: %s", connection, problem.status, problem.reason)
        return Received(problem.status, {"status": "rejected", "reason": problem.reason})
    stored = inbox.accept(connection, event, now)
    if stored is None:
        return Received(200, {"status": "duplicate", "id": event.id})
    return Received(202, {"status": "accepted", "id": event.id})


def read_event(
    source: str, headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime, subject_path: str
) -> InboundEvent:
    """The message as a CloudEvent whose id is the webhook's. Raises Rejected."""
    if len(body) > MAX_BYTES:
        raise Rejected(413, f"the message has {len(body)} bytes; at most {MAX_BYTES} are taken")
    id = verify(headers, body, secrets, now)
    message = parse(body)
    data = message.get("data", {})
    if not isinstance(data, Mapping):
        raise Rejected(400, "`data` must be an object")
    return InboundEvent(
        id=id,
        source=source,
        type=_text(message, "type"),
        subject=_text(message, subject_path),
        time=_instant(message, "timestamp"),
        data=data,
    )


def parse(body: bytes) -> Record:
    """The JSON object of the body, numbers as Decimal. Raises Rejected with line and column of what is wrong."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise Rejected(400, f"the message is not UTF-8 at byte {problem.start + 1}") from None
    _refuse_deep(text)
    try:
        found = json.loads(text, parse_float=_number, parse_int=_number, parse_constant=_refuse_constant)
    except json.JSONDecodeError as problem:
        raise Rejected(400, f"the message is not JSON at line {problem.lineno}, column {problem.colno}") from None
    if not isinstance(found, dict):
        raise Rejected(400, "the message must be a JSON object")
    message: dict[str, Value] = {_storable(name): _value(each) for name, each in found.items()}
    return message


def _refuse_deep(text: str) -> None:
    """Before parsing, since the parser would follow as deep as it can. Brackets within strings do not count."""
    depth = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        elif character in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                raise Rejected(400, f"the message is nested deeper than {MAX_DEPTH} levels")
        elif character in "}]":
            depth -= 1


def _number(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        raise Rejected(400, f"the number `{digits[:40]}` is out of range") from None


def _refuse_constant(word: str) -> Decimal:
    raise Rejected(400, f"`{word}` is no JSON number")


def _value(found: Any) -> Value:
    if isinstance(found, dict):
        return {_storable(name): _value(each) for name, each in found.items()}
    if isinstance(found, list):
        return tuple(_value(each) for each in found)
    value: Value = _storable(found) if isinstance(found, str) else found
    return value


def _storable(text: str) -> str:
    """JSON's escapes can write half of a character, which no other system takes."""
    if any("\ud800" <= each <= "\udfff" for each in text):
        raise Rejected(400, "a text of the message holds half of a surrogate pair")
    return text


def _text(message: Record, path: str) -> str:
    """What identifies an event: a text, or a whole number taken as its digits."""
    value: Value = message
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, Decimal) and abs(value.adjusted()) < 30 and value == value.to_integral_value():
        value = f"{value:f}".partition(".")[0]
    if not isinstance(value, str) or not value.strip():
        raise Rejected(400, f"`{path}` is missing: it must be a text")
    if len(value) > MAX_TEXT or not value.isprintable():
        raise Rejected(400, f"`{path}` must be at most {MAX_TEXT} printable characters")
    return value


def _instant(message: Record, name: str) -> datetime:
    text = _text(message, name)
    try:
        found = datetime.fromisoformat(text)
        # An instant at the edge of the calendar may have no counterpart in UTC.
        found = found if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Rejected(400, f"`{name}` must be a date and time such as `2026-01-31T23:30:00Z`, not `{text}`") from None
    if found.tzinfo is None:
        raise Rejected(400, f"`{name}` must say its offset, such as `2026-01-31T23:30:00Z`, not `{text}`")
    return found
