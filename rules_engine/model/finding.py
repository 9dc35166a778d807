"""What a check tells an author: the place, what is wrong, the nearest right word."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Place:
    """Where in a text; line and column count from 1."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part)


NOWHERE = Place()


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Finding:
    """`check` is the check's kebab-case name (a page of docs/checks has the same name).

    `message` is lower case, without a final period, the author's words in backticks; `suggestion` is the
    nearest valid word or remedy, "" where there is none.
    """

    check: str
    message: str
    place: Place = NOWHERE
    severity: Severity = Severity.ERROR
    suggestion: str = ""

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place != NOWHERE else ""
        hint = f"; {self.suggestion}" if self.suggestion else ""
        return f"{where}{self.message}{hint}"
