"""What a conversion knows besides document and mapping, and what one transform answers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from rules_engine.model.case import Rate
from rules_engine.model.catalog import Catalog
from rules_engine.model.values import Value
from rules_engine.ports import LookUp


@dataclass(frozen=True)
class Context:
    """`zone` is the IANA name of the workspace's time zone, `now` the instant of the conversion, aware.

    `look_up` asks the target system; None where there is none to ask. `catalog` knows the target's document type:
    its lengths are kept, and it decides the form of what is carried over; None means nothing is known of the target.
    `rates` are the workspace's exchange rates.
    """

    zone: str
    now: datetime
    look_up: LookUp | None = None
    catalog: Catalog | None = None
    rates: Sequence[Rate] = ()


@dataclass(frozen=True)
class Done:
    """What came out of a transform; None means there is nothing to write. `loss` says in words what was lost."""

    value: Value
    loss: str = ""


@dataclass(frozen=True)
class Failed:
    """The transform cannot do its work on this value: what is wrong and the remedy, in words for a finding."""

    message: str
    remedy: str = ""


Outcome: TypeAlias = Done | Failed
Arguments: TypeAlias = Mapping[str, Value]
# The value is a tuple, one entry a source in their order and None where a source is missing, for a transform that
# takes several.
TransformFunction: TypeAlias = Callable[[Value, Arguments, Context], Outcome]
