"""The values that documents hold: never a float, never a coercion."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final, TypeAlias


@dataclass(frozen=True)
class Money:
    """An amount in the major unit of an ISO 4217 currency (`Money(Decimal("15.42"), "EUR")` is fifteen euros 42)."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


@dataclass(frozen=True, order=True)
class Months:
    """A span of calendar months (12 are a year): it has no number of days, so it is never compared with a timedelta."""

    count: int

    def __str__(self) -> str:
        return f"{self.count} month{'' if abs(self.count) == 1 else 's'}"


class Missing:
    """The one value `MISSING`: a field that no system ever sent. It is not null, not empty and not false."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()

Scalar: TypeAlias = str | bool | Decimal | Money | date | datetime | time | timedelta | Months | None
# A list of scalars is a choices field; a list of records is a collection such as the line items.
Value: TypeAlias = Scalar | Mapping[str, "Value"] | tuple["Value", ...]
Record: TypeAlias = Mapping[str, "Value"]


def is_empty(value: Value) -> bool:
    """Whether the system sent nothing: null, "" or an empty list. 0 and false are values."""
    return value is None or value == "" or value == ()


def get(record: Record, path: str) -> "Value | Missing":
    """The value at a dotted path, or MISSING where the path ends early (also below a null record)."""
    found: Value = record
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return MISSING
        found = found[name]
    return found


def put(record: Record, path: str, value: Value) -> dict[str, Value]:
    """A copy of `record` with `value` at a dotted path; records on the way are made where they lack."""
    name, _, rest = path.partition(".")
    if not rest:
        return {**record, name: value}
    inner = record.get(name)
    return {**record, name: put(inner if isinstance(inner, Mapping) else {}, rest, value)}


def without(record: Record, path: str) -> Record:
    """A copy of the record that lacks the field at a dotted path."""
    name, _, rest = path.partition(".")
    inner = record.get(name)
    if rest and isinstance(inner, Mapping):
        return {**record, name: without(inner, rest)}
    return record if rest else {key: value for key, value in record.items() if key != name}


def leaves(value: Value, path: str = "") -> Iterator[tuple[str, Value]]:
    """Every populated leaf as (path, value), in document order.

    Records of a list are named by their `id` (`line_items[L-2].quantity`), by position where they have none
    (`files[#0].name`). A list of plain values is one leaf. Null and empty lists are not populated; 0, "" and
    false are.
    """
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, tuple):
        if value and all(isinstance(item, Mapping) for item in value):
            for position, item in enumerate(value):
                yield from leaves(item, f"{path}[{identity(item, position)}]")
        elif value:
            yield path, value
    elif value is not None:
        yield path, value


def identity(item: Value, position: int) -> str:
    """A list's record as paths name it: its `id` (some systems write `Id`), else `#` and its position from 0."""
    own = item.get("id", item.get("Id")) if isinstance(item, Mapping) else None
    return str(own) if own not in (None, "") else f"#{position}"
