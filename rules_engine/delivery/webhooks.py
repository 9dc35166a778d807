"""Signatures by Standard Webhooks 1.0.0: what we receive is verified on its raw bytes, what we send is signed."""

import binascii
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from rules_engine.model.errors import Permanent

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
TOLERANCE = timedelta(minutes=5)
SECRET_BYTES = range(24, 65)
# Seconds since 1970 with at most 11 digits: enough for 5000 years, and never a number too big for a datetime.
SECONDS = re.compile(r"[0-9]{1,11}", re.ASCII)
# An id is ours to keep and show: printable ASCII without spaces, and without the point that ends it where it is signed.
MESSAGE_ID = re.compile(r"[!-\-/-~]{1,255}", re.ASCII)


class Rejected(Permanent):
    """A message that is not taken; `status` is the HTTP status of the answer, the text its reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


def verify(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: datetime, tolerance: timedelta = TOLERANCE
) -> str:
    """The message's id, where one of its signatures is right under one of the secrets.

    Header names may be in any case. Raises Rejected (400 for what is malformed, 401 for what is unsigned, forged or
    stale), and Permanent where there is no usable secret.
    """
    given = {name.lower(): value for name, value in headers.items()}
    for name in (ID, TIMESTAMP, SIGNATURE):
        if not given.get(name):
            raise Rejected(401, f"the header `{name}` is missing: send the webhook signed by Standard Webhooks 1.0.0")
    id, seconds = given[ID], given[TIMESTAMP]
    if not MESSAGE_ID.fullmatch(id):
        raise Rejected(400, f"the header `{ID}` must be 1 to 255 printable characters without a point and spaces")
    if not SECONDS.fullmatch(seconds):
        raise Rejected(400, f"the header `{TIMESTAMP}` must be in whole seconds since 1970")
    # The signature first: what is not signed learns nothing about our clock.
    if not _is_signed(id, seconds, body, given[SIGNATURE], secrets):
        raise Rejected(401, f"no signature of the header `{SIGNATURE}` fits: check the secret of this connection")
    _refuse_stale(int(seconds), now, tolerance)
    return id


def sign(id: str, at: datetime, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The three headers of a message; several secrets give several signatures, for a change of secrets."""
    if not MESSAGE_ID.fullmatch(id):
        raise Permanent(f"`{id}` can't be a message's id: it must be printable, without a point and spaces")
    seconds = str(int(at.timestamp()))
    signatures = [_signature(id, seconds, body, secret_bytes(each)) for each in secrets]
    return {ID: id, TIMESTAMP: seconds, SIGNATURE: " ".join(signatures)}


def secret_bytes(secret: str) -> bytes:
    """The key of a secret `whsec_` + base64 of 24 to 64 bytes. Raises Permanent, never with the secret in its text."""
    try:
        key = b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        raise Permanent("a webhook secret must be `whsec_` and base64") from None
    if len(key) not in SECRET_BYTES:
        raise Permanent(f"a webhook secret must be 24 to 64 bytes in base64, this one has {len(key)}")
    return key


def _is_signed(id: str, seconds: str, body: bytes, header: str, secrets: Sequence[str]) -> bool:
    expected = [_signature(id, seconds, body, secret_bytes(each)).encode() for each in secrets]
    given = [each.encode(errors="replace") for each in header.split(" ")]
    # All pairs are compared, so that the time taken does not tell which one was near.
    matches = [hmac.compare_digest(one, other) for one in expected for other in given]
    return any(matches)


def _signature(id: str, seconds: str, body: bytes, key: bytes) -> str:
    signed = b".".join((id.encode(), seconds.encode(), body))
    return f"v1,{b64encode(hmac.new(key, signed, sha256).digest()).decode()}"


def _refuse_stale(seconds: int, now: datetime, tolerance: timedelta) -> None:
    difference = now - datetime.fromtimestamp(seconds, UTC)
    if abs(difference) > tolerance:
        where = "old" if difference > timedelta() else "far in the future"
        clock = f"it says {seconds} seconds since 1970, our clock {int(now.timestamp())}"
        remedy = "send it again with the time of sending, and set both clocks by NTP"
        raise Rejected(401, f"the message is too {where} ({clock}): {remedy}")
