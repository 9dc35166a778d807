"""A target document with the lineage of every field, and the ledger that accounts for every source field."""

from dataclasses import dataclass, field
from enum import StrEnum

from rules_engine.model.finding import Finding
from rules_engine.model.values import Record, Value


class Disposition(StrEnum):
    """What became of a populated source field."""

    COPIED = "copied"
    TRANSFORMED = "transformed"
    DEFAULTED = "defaulted"  # it was empty or unusable, and the mapping's default took its place
    CARRIED_OVER = "carried over"
    DROPPED = "dropped"


class Origin(StrEnum):
    """Where a target value comes from."""

    COPIED = "copied"
    TRANSFORMED = "transformed"
    DEFAULTED = "defaulted"
    FIXED = "fixed"  # the mapping's own value
    CARRIED_OVER = "carried over"


@dataclass(frozen=True)
class SourceValue:
    """A value at a path of the source document, e.g. `line_items[L-2].quantity`."""

    path: str
    value: Value


@dataclass(frozen=True)
class Change:
    """One transform on the way: what came out of it. `loss` says in words what was lost, "" for nothing."""

    transform: str
    after: Value
    loss: str = ""


@dataclass(frozen=True)
class Lineage:
    """One target field: its value, the transforms on the way, the source values."""

    target: str
    value: Value
    origin: Origin
    sources: tuple[SourceValue, ...] = ()
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Account:
    """One populated source field and what became of it; `reason` is never empty for a dropped one."""

    source: str
    value: Value
    disposition: Disposition
    targets: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Conversion:
    """`problems` that are errors mean the document must not be sent. `ledger` covers 100 % of populated fields."""

    document: Record
    lineage: tuple[Lineage, ...]
    ledger: tuple[Account, ...]
    problems: tuple[Finding, ...] = field(default=())

    @property
    def coverage(self) -> tuple[int, int]:
        """How many populated source fields reached the target (in any form), and how many there are."""
        reached = sum(each.disposition is not Disposition.DROPPED for each in self.ledger)
        return reached, len(self.ledger)
