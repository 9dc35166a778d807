"""Signatures of Standard Webhooks 1.0.0: the golden vector, another implementation, forgeries."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from rules_engine.delivery.webhooks import Rejected, secret_bytes, sign, verify
from rules_engine.model.errors import Permanent

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
OTHER = "whsec_" + b64encode(b"another secret of 32 bytes......").decode()
BODY = b'{"type":"deal.won","timestamp":"2026-01-31T23:30:00Z","data":{"id":"D-1","amount":"15.42"}}'
NOW = datetime.fromtimestamp(1769902200, UTC)
GOLDEN = {
    "webhook-id": "msg_1",
    "webhook-timestamp": "1769902200",
    "webhook-signature": "v1,Hu8/Zhp3AZEX7R4bneJkz7r/8pyrLJFz+DJ3Vf1FHiE=",
}


def rejection(headers: dict[str, str], body: bytes = BODY, now: datetime = NOW) -> Rejected:
    with pytest.raises(Rejected) as caught:
        verify(headers, body, [SECRET], now)
    return caught.value


def test_the_golden_vector_is_verified_and_signed() -> None:
    assert verify(GOLDEN, BODY, [SECRET], NOW) == "msg_1"
    assert sign("msg_1", NOW, BODY, [SECRET]) == GOLDEN


def test_header_names_may_be_in_any_case() -> None:
    assert verify({name.title(): value for name, value in GOLDEN.items()}, BODY, [SECRET], NOW) == "msg_1"


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_header_is_named(name: str, value: str | None) -> None:
    headers = {each: text for each, text in GOLDEN.items() if each != name}
    problem = rejection(headers if value is None else {**headers, name: value})
    assert problem.status == 401
    assert f"`{name}` is missing" in problem.reason


@pytest.mark.parametrize("id", ["msg.1", "msg 1", "mäg", "x" * 256, "a\nb"])
def test_an_id_that_is_none_is_malformed(id: str) -> None:
    assert rejection({**GOLDEN, "webhook-id": id}).status == 400


@pytest.mark.parametrize("seconds", ["now", "1769902200.0", "-1769902200", "1" * 12, " 1769902200", "١٧٦٩٩٠٢٢٠٠"])
def test_a_timestamp_that_is_none_is_malformed(seconds: str) -> None:
    assert rejection({**GOLDEN, "webhook-timestamp": seconds}).status == 400


@pytest.mark.parametrize("away", [timedelta(minutes=5), -timedelta(minutes=5)])
def test_five_minutes_are_tolerated_and_no_more(away: timedelta) -> None:
    assert verify(GOLDEN, BODY, [SECRET], NOW + away) == "msg_1"
    beyond = NOW + away + (timedelta(seconds=1) if away > timedelta() else -timedelta(seconds=1))
    problem = rejection(GOLDEN, now=beyond)
    assert problem.status == 401
    assert "send it again with the time of sending" in problem.reason


def test_a_forged_message_is_told_nothing_of_our_clock() -> None:
    forged = {**GOLDEN, "webhook-signature": "v1,AAAA"}
    assert "clock" not in rejection(forged, now=NOW + timedelta(days=1)).reason


@pytest.mark.parametrize(
    "signature",
    [
        "v1,AAAA",
        "v2,Hu8/Zhp3AZEX7R4bneJkz7r/8pyrLJFz+DJ3Vf1FHiE=",
        "Hu8/Zhp3AZEX7R4bneJkz7r/8pyrLJFz+DJ3Vf1FHiE=",
        "v1a,Hu8/Zhp3AZEX7R4bneJkz7r/8pyrLJFz+DJ3Vf1FHiE=",
        "v1,Hu8/Zhp3AZEX7R4bneJkz7r/8pyrLJFz+DJ3Vf1FHiE",
        "v1,ü",
        "v1,",
        ",",
    ],
)
def test_a_signature_that_does_not_fit_is_refused(signature: str) -> None:
    problem = rejection({**GOLDEN, "webhook-signature": signature})
    assert problem.status == 401
    assert "check the secret" in problem.reason


def test_one_of_several_signatures_and_one_of_several_secrets_suffice() -> None:
    both = sign("msg_1", NOW, BODY, [OTHER, SECRET])
    assert both["webhook-signature"].count("v1,") == 2
    assert verify(both, BODY, [SECRET], NOW) == "msg_1"
    assert verify(GOLDEN, BODY, [OTHER, SECRET], NOW) == "msg_1"
    assert verify({**GOLDEN, "webhook-signature": "v1a,x " + GOLDEN["webhook-signature"]}, BODY, [SECRET], NOW)
    for secrets in ([OTHER], []):
        with pytest.raises(Rejected):
            verify(GOLDEN, BODY, secrets, NOW)


@pytest.mark.parametrize("length", [23, 65])
def test_a_secret_has_24_to_64_bytes(length: int) -> None:
    assert len(secret_bytes("whsec_" + b64encode(b"x" * 24).decode())) == 24
    assert len(secret_bytes("whsec_" + b64encode(b"x" * 64).decode())) == 64
    with pytest.raises(Permanent, match=f"this one has {length}"):
        secret_bytes("whsec_" + b64encode(b"x" * length).decode())


def test_a_secret_that_is_no_base64_is_not_repeated() -> None:
    with pytest.raises(Permanent) as caught:
        secret_bytes("whsec_hunter2!hunter2!")
    assert "hunter2" not in str(caught.value)


def test_an_id_with_a_point_is_not_signed() -> None:
    with pytest.raises(Permanent, match=r"`a\.b`"):
        sign("a.b", NOW, BODY, [SECRET])


IDS = st.from_regex(r"[A-Za-z0-9_-]{1,40}", fullmatch=True)


@given(st.binary(max_size=200), st.binary(min_size=24, max_size=64), IDS)
def test_another_implementation_agrees_both_ways(body: bytes, key: bytes, id: str) -> None:
    secret = "whsec_" + b64encode(key).decode()
    now = datetime.now(UTC).replace(microsecond=0)
    theirs = Webhook(secret)
    text = body.decode("latin-1")
    raw = text.encode()
    assert sign(id, now, raw, [secret])["webhook-signature"] == theirs.sign(id, now, text)
    assert verify({**GOLDEN, **sign(id, now, raw, [secret])}, raw, [secret], now) == id


@given(st.data())
def test_one_bit_flipped_anywhere_is_refused(data: st.DataObject) -> None:
    parts = [BODY, GOLDEN["webhook-id"].encode(), GOLDEN["webhook-timestamp"].encode(), secret_bytes(SECRET)]
    which = data.draw(st.integers(0, len(parts) - 1))
    bit = data.draw(st.integers(0, len(parts[which]) * 8 - 1))
    parts[which] = flip(parts[which], bit)
    body, id, seconds, key = parts
    headers = {**GOLDEN, "webhook-id": id.decode("latin-1"), "webhook-timestamp": seconds.decode("latin-1")}
    with pytest.raises(Rejected):
        verify(headers, body, ["whsec_" + b64encode(key).decode()], NOW)


def flip(raw: bytes, bit: int) -> bytes:
    changed = bytearray(raw)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)
