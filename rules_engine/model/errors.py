"""What is raised, and what to do about it: the class says so.

    Problem                       something a person or a machine must act upon
    ├── Unreadable                text that is not what it should be: correct the text
    ├── Permanent                 the outside world said no: repeating is useless
    │   ├── Refused               the other system refused this document, with its words
    │   └── NotFound              the record is not there (deleted, or never was)
    └── Retryable                 the outside world did not answer as it should: try again later
        └── OutcomeUnknown        the request went out and no answer came: look the key up before trying again

A "no" of a rule, a hold or a finding is a value and never raised.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rules_engine.model.finding import Finding


class Problem(Exception):
    """Base of all that we raise ourselves; its text is for people in sales operations."""


class Unreadable(Problem):
    """Text that cannot be understood; `findings` name each place."""

    def __init__(self, findings: "Sequence[Finding]") -> None:
        super().__init__("; ".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


class Permanent(Problem):
    """Repeating is useless until somebody changes something."""


class Refused(Permanent):
    """The other system refused the document; the text holds its own words."""


class NotFound(Permanent):
    """The record is not in the other system."""


class Retryable(Problem):
    """Try again; `after` is the number of seconds that the other system asked us to wait, if it did."""

    def __init__(self, message: str, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class OutcomeUnknown(Retryable):
    """The request may or may not have taken effect."""
