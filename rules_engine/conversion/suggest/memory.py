"""What people of this workspace said before: confirmed and refused pairs, and targets that they fill by hand."""

from collections.abc import Mapping
from dataclasses import dataclass

from rules_engine.conversion.suggest.profile import plain_name
from rules_engine.conversion.suggest.schema import Schema, unreadable


@dataclass(frozen=True)
class Said:
    """A pair that somebody confirmed or refused; systems and records are "" where the pair is meant everywhere."""

    source: tuple[str, ...]
    target: str
    source_system: str = ""
    source_object: str = ""
    target_system: str = ""
    target_object: str = ""

    def about(self, source: Schema, target: Schema) -> bool:
        """Whether it was said of these two records, or of no record in particular."""
        said = (self.source_system, self.source_object, self.target_system, self.target_object)
        asked = (source.system, source.object, target.system, target.object)
        pairs = zip(said, asked, strict=True)
        return all(not one or not other or plain_name(one) == plain_name(other) for one, other in pairs)


@dataclass(frozen=True)
class Memory:
    """`taken` are targets with a manual choice: nothing is ever suggested for them."""

    confirmed: tuple[Said, ...] = ()
    refused: tuple[Said, ...] = ()
    taken: frozenset[str] = frozenset()


NOTHING_SAID = Memory()


def read_said(data: object) -> tuple[Said, ...]:
    """A list of `{"source": name or names, "target": name}` with systems and objects where known. Raises Unreadable."""
    if not isinstance(data, list):
        raise unreadable("what was said before is a list of pairs, each with `source` and `target`")
    return tuple(_said(each) for each in data)


def _said(data: object) -> Said:
    if not isinstance(data, Mapping) or not data.get("source") or not isinstance(data.get("target"), str):
        raise unreadable("a pair has a `source`, one name or a list of names, and a `target`")
    source = data["source"]
    names = (source,) if isinstance(source, str) else tuple(str(each) for each in source)
    rest = ("source_system", "source_object", "target_system", "target_object")
    return Said(names, data["target"], *(str(data.get(each) or "") for each in rest))
