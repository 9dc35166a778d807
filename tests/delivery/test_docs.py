"""The page about webhooks says what the code does."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

from rules_engine.delivery.attempts import FIRST_WAIT, LONGEST_WAIT, MAX_ATTEMPTS
from rules_engine.delivery.receive import MAX_BYTES, MAX_DEPTH, MAX_TEXT, read_event
from rules_engine.delivery.sweep import LOOK_BACK
from rules_engine.delivery.webhooks import ID, SIGNATURE, TIMESTAMP, TOLERANCE, sign, verify
from rules_engine.delivery.worker import SWEEP_EVERY

PAGE = (Path(__file__).parents[2] / "docs/reference/webhooks.md").read_text()
MINUTE = 60


def test_the_page_names_headers_and_bounds() -> None:
    for header in (ID, TIMESTAMP, SIGNATURE):
        assert f"| `{header}` |" in PAGE
    for words in (
        f"{MAX_BYTES:,} bytes and {MAX_DEPTH} levels",
        f"at most {MAX_TEXT} characters",
        f"may differ by {TOLERANCE.seconds // MINUTE} minutes",
        f"after {FIRST_WAIT.seconds} s,",
        f"at most {LONGEST_WAIT.seconds // MINUTE // MINUTE} hours apart and {MAX_ATTEMPTS} times",
        f"every {SWEEP_EVERY.seconds // MINUTE} minutes each CRM",
        f"{LOOK_BACK.seconds // MINUTE} minutes more",
    ):
        assert words in PAGE


def test_the_example_of_a_signature_is_right() -> None:
    given = dict(re.findall(r"^(secret|webhook-\w+|body) +(.+)$", PAGE, re.MULTILINE))
    at = datetime.fromtimestamp(int(given[TIMESTAMP]), UTC)
    assert f"`{at:%Y-%m-%dT%H:%M:%SZ}` by both clocks" in PAGE
    assert verify(given, given["body"].encode(), [given["secret"]], at) == given[ID]


def test_the_example_of_a_message_is_taken() -> None:
    (example,) = re.findall(r"```json\n(.+?)\n```", PAGE, re.DOTALL)
    at = datetime(2026, 1, 31, 23, 31, tzinfo=UTC)
    secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
    headers = sign("msg_1", at, example.encode(), [secret])
    event = read_event("/crm", headers, example.encode(), [secret], at, "data.id")
    assert (event.type, event.subject) == (json.loads(example)["type"], "D-1")
