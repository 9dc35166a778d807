"""What an incoming webhook is answered, and that only what is good leaves a trace."""

import json
import logging
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules_engine.delivery.receive import MAX_BYTES, MAX_DEPTH, Received, parse, receive
from rules_engine.delivery.webhooks import Rejected, sign
from rules_engine.model.run import InboundEvent, StoredEvent

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
NOW = datetime(2026, 1, 31, 23, 31, tzinfo=UTC)
GOOD: dict[str, Any] = {"type": "opportunity.won", "timestamp": "2026-01-31T23:30:00Z", "data": {"id": "D-1"}}


class ListInbox:
    """An inbox in a list, as strict about identity as the real one."""

    def __init__(self) -> None:
        self.kept: list[StoredEvent] = []

    def accept(self, connection: str, event: InboundEvent, received_at: datetime) -> StoredEvent | None:
        if any((each.event.source, each.event.id) == (event.source, event.id) for each in self.kept):
            return None
        self.kept.append(StoredEvent(len(self.kept) + 1, connection, event, received_at))
        return self.kept[-1]

    def due(self, now: datetime, limit: int = 100) -> list[StoredEvent]:
        raise NotImplementedError

    def done(self, number: int) -> None:
        raise NotImplementedError

    def failed(self, number: int, error: str, retry_at: datetime | None) -> None:
        raise NotImplementedError


@pytest.fixture
def inbox() -> ListInbox:
    return ListInbox()


def send(inbox: ListInbox, message: Any = None, id: str = "msg_1", now: datetime = NOW, **named: Any) -> Received:
    body = message if isinstance(message, bytes) else json.dumps(GOOD if message is None else message).encode()
    headers = sign(id, NOW, body, [SECRET])
    return receive(inbox, "crm", "/connections/crm", headers, body, [SECRET], now, **named)


def test_a_new_message_is_kept_as_a_cloud_event(inbox: ListInbox) -> None:
    message = {**GOOD, "data": {"id": "D-1", "amount": 15.42, "lines": [{"quantity": 0}], "won": True, "note": None}}
    assert send(inbox, message) == Received(202, {"status": "accepted", "id": "msg_1"})
    (kept,) = inbox.kept
    assert kept.event == InboundEvent(
        id="msg_1",
        source="/connections/crm",
        type="opportunity.won",
        subject="D-1",
        time=datetime(2026, 1, 31, 23, 30, tzinfo=UTC),
        data={
            "id": "D-1",
            "amount": Decimal("15.42"),
            "lines": ({"quantity": Decimal("0")},),
            "won": True,
            "note": None,
        },
    )
    assert (kept.connection, kept.received_at) == ("crm", NOW)


def test_the_same_message_again_is_a_duplicate(inbox: ListInbox) -> None:
    send(inbox)
    assert send(inbox) == Received(200, {"status": "duplicate", "id": "msg_1"})
    assert send(inbox, id="msg_2").status == 202
    assert len(inbox.kept) == 2


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({**GOOD, "type": None}, "`type` is missing"),
        ({**GOOD, "type": ["x"]}, "`type` is missing"),
        ({**GOOD, "type": "x" * 256}, "`type` must be at most 255"),
        ({**GOOD, "type": "a\u0000b"}, "`type` must be at most 255 printable"),
        ({**GOOD, "timestamp": ""}, "`timestamp` is missing"),
        ({**GOOD, "timestamp": "yesterday"}, "not `yesterday`"),
        ({**GOOD, "timestamp": "2026-01-31T23:30:00"}, "must say its offset"),
        ({**GOOD, "timestamp": "0001-01-01T00:00:00+14:00"}, "must be a date and time"),
        ({**GOOD, "data": {}}, "`data.id` is missing"),
        ({**GOOD, "data": {"id": " "}}, "`data.id` is missing"),
        ({**GOOD, "data": {"id": 1.5}}, "`data.id` is missing"),
        ({**GOOD, "data": {"id": True}}, "`data.id` is missing"),
        ({**GOOD, "data": []}, "`data` must be an object"),
        ([GOOD], "must be a JSON object"),
        (b'{\n  "type": "a",\n  "data": }', "not JSON at line 3, column 11"),
        (b"", "not JSON at line 1, column 1"),
        (b'{"a": "\xff"}', "not UTF-8 at byte 8"),
        (b'{"a": NaN}', "`NaN` is no JSON number"),
        (b'{"a": 1e99999999999999999999}', "out of range"),
        (b'{"a": "\\ud800"}', "half of a surrogate pair"),
        (b'{"\\udc00": 1}', "half of a surrogate pair"),
        (b"[" * 100_000, f"nested deeper than {MAX_DEPTH}"),
        (b'{"a":' * 100_000, f"nested deeper than {MAX_DEPTH}"),
    ],
)
def test_a_message_that_cannot_be_used_is_refused_with_the_place(inbox: ListInbox, message: Any, words: str) -> None:
    answer = send(inbox, message)
    assert answer.status == 400
    assert words in answer.body["reason"]
    assert inbox.kept == []


def test_a_missing_key_is_named_for_each_key(inbox: ListInbox) -> None:
    for key in GOOD:
        answer = send(inbox, {name: value for name, value in GOOD.items() if name != key})
        assert answer.status == 400
        assert f"`{'data.id' if key == 'data' else key}` is missing" in answer.body["reason"]


def test_the_subject_is_where_the_connection_says(inbox: ListInbox) -> None:
    message = {**GOOD, "data": {"object": {"key": 4711}}}
    assert send(inbox, message, subject_path="data.object.key").status == 202
    assert inbox.kept[0].event.subject == "4711"


def test_a_message_that_is_too_long_is_not_even_verified(inbox: ListInbox) -> None:
    exact = json.dumps({**GOOD, "pad": ""}).encode()
    padded = exact.replace(b'"pad": ""', b'"pad": "' + b"x" * (MAX_BYTES - len(exact)) + b'"')
    assert len(padded) == MAX_BYTES
    assert send(inbox, padded).status == 202
    assert send(inbox, padded + b" ", id="msg_2").status == 413
    assert len(inbox.kept) == 1


def test_an_unsigned_a_forged_and_a_stale_message_leave_one_line_in_the_log_and_nothing_else(
    inbox: ListInbox, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps(GOOD).encode()
    headers = sign("msg_1", NOW, body, [SECRET])
    calls: list[tuple[dict[str, str], bytes, datetime]] = [
        ({}, body, NOW),
        (headers, body + b" ", NOW),
        (headers, body, NOW + timedelta(minutes=6)),
    ]
    with caplog.at_level(logging.WARNING):
        answers = [receive(inbox, "crm", "/crm", given, raw, [SECRET], now) for given, raw, now in calls]
    assert [each.status for each in answers] == [401, 401, 401]
    assert "send it again" in answers[2].body["reason"]
    assert inbox.kept == []
    assert len(caplog.records) == 3
    assert SECRET not in caplog.text
    assert "D-1" not in caplog.text


def test_brackets_within_strings_are_no_depth(inbox: ListInbox) -> None:
    assert send(inbox, {**GOOD, "note": '[{"' * 100 + "\\"}).status == 202


def test_deep_is_allowed_up_to_the_bound() -> None:
    parse(b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH)
    with pytest.raises(Rejected):
        parse(b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1))


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_answered(body: bytes) -> None:
    inbox = ListInbox()
    assert send(inbox, body).status == 400
    assert inbox.kept == []


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=20,
)


@given(ANY_JSON)
def test_any_json_as_data_is_kept_or_refused(data: Any) -> None:
    inbox = ListInbox()
    answer = send(inbox, {**GOOD, "data": {"id": "D-1", "more": data}})
    assert answer.status in (202, 400)
    assert len(inbox.kept) == (answer.status == 202)
