"""A ruleset as its author writes it, and as it stands once published."""

from dataclasses import dataclass
from datetime import datetime

from rules_engine.model.ruleset import Step


@dataclass(frozen=True)
class Draft:
    """The three texts of a ruleset as they are edited.

    `step` is None where the text does not say it. `revision` 0 means that it is not saved in a workspace yet.
    """

    name: str
    step: Step | None
    ruleset_text: str
    mapping_text: str
    cases_text: str
    revision: int = 0
    edited_by: str = ""
    edited_at: datetime | None = None


@dataclass(frozen=True)
class Version:
    """A published version, that nothing changes: `number` counts from 1 within its ruleset, `id` is unique.

    `sha256` is over the three texts, each with its length in bytes before it, as hexadecimal digits.
    """

    id: int
    name: str
    number: int
    ruleset_text: str
    mapping_text: str
    cases_text: str
    sha256: str
    note: str
    published_by: str
    published_at: datetime
