"""What makes a conversion the same conversion: its key, and the hash of its payload."""

from hashlib import sha256

from rules_engine.model.ruleset import Step
from rules_engine.model.values import Record, leaves


def conversion_key(
    workspace: str, step: Step, connection: str, source: str, revision: str = "1", split: str = ""
) -> str:
    """The key that stands in the order system's document: `o2o-` and 24 hexadecimal digits.

    The ruleset's version is no part of it on purpose: publishing must never make an order again.
    """
    parts = (workspace, step.value, connection, source, revision, split)
    return f"o2o-{sha256(chr(31).join(parts).encode()).hexdigest()[:24]}"


def payload_hash(payload: Record) -> str:
    """sha256 over every leaf with its path and kind; the order of fields does not matter, that of lines does."""
    lines = sorted(f"{path}\x1f{type(value).__name__}\x1f{value}" for path, value in leaves(payload))
    return sha256("\x1e".join(lines).encode()).hexdigest()
