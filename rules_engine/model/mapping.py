"""A mapping says for every field and line of a target document where it comes from: data that says everything."""

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field

from rules_engine.model.finding import NOWHERE, Place
from rules_engine.model.values import MISSING, Missing, Value


@dataclass(frozen=True)
class Transform:
    """A named transform of `conversion.transforms.TRANSFORMS` with its arguments."""

    name: str
    arguments: Dict[str, Value] = field(default_factory=dict)
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class FieldMapping:
    """One target field.

    `sources` are paths in the source document: inside a lines mapping they are those of the line; a leading
    `^.` means the document that holds the lines. With no source, `value` is written as it stands. Several
    sources go to the first transform together. `default` is used where every source is missing or empty;
    `required` turns a missing value into a problem that stops the conversion.
    """

    target: str
    sources: tuple[str, ...] = ()
    value: Value | Missing = MISSING
    transforms: tuple[Transform, ...] = ()
    default: Value | Missing = MISSING
    required: bool = False
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class LinesMapping:
    """A list of target records, one for each record of the source list, in the same order."""

    target: str
    source: str
    fields: tuple[FieldMapping, ...]
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Drop:
    """A source field left behind on purpose; `reason` is required. A path covers all below it."""

    source: str
    reason: str
    place: Place = field(default=NOWHERE, compare=False)


@dataclass(frozen=True)
class Mapping:
    """From one document type to another.

    `carry_over` names the target field that takes every populated source field with no target of its own, as
    structured text; "" means such fields are dropped with the reason "no target field". Where the target's
    catalog type is `record`, they are carried over as a record instead.
    """

    name: str
    source_type: str
    target_type: str
    fields: tuple[FieldMapping, ...]
    lines: tuple[LinesMapping, ...] = ()
    drops: tuple[Drop, ...] = ()
    carry_over: str = ""
    place: Place = field(default=NOWHERE, compare=False)
