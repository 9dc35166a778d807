"""Records as they are kept in a column, and back."""

from collections.abc import Mapping
from typing import Any

from rules_engine.formats.values_json import decode
from rules_engine.model.values import Record


def kept_record(data: Any) -> Record:
    """The record of such JSON; TypeError where it is no record, which only somebody else can have written."""
    found = decode(data)
    if not isinstance(found, Mapping):
        raise TypeError(f"{type(found).__name__} is kept where a record should be")
    return found
