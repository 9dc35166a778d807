"""The source fields with no target field of their own: into a record under their names, or lines of a note."""

import html
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import chain, count

from rules_engine.conversion.parts import Part
from rules_engine.conversion.text_transforms import line_of_text
from rules_engine.model.catalog import Field, Type
from rules_engine.model.conversion import Change, Lineage, Origin, SourceValue
from rules_engine.model.values import MISSING, Value, get, leaves, put

# The name of the change in the lineage of a text to which carried-over fields were appended.
APPENDED = "carry_over"
_CARRIED_BEFORE = re.compile(r"(^|\]\.)other\.")


@dataclass(frozen=True)
class Rest:
    """One source field left over: the name it is carried over under, its path in the source document, its value."""

    name: str
    source: SourceValue


@dataclass(frozen=True)
class CarriedOver:
    """The part with what was carried over, the paths of those sources, and why the others found no room."""

    part: Part
    sources: frozenset[str] = frozenset()
    reasons: Mapping[str, str] = field(default_factory=dict)


def label(path: str) -> str:
    """The name a source field is carried over under: `other.Region` was carried over before and stays `Region`."""
    return _CARRIED_BEFORE.sub(r"\1", path, count=1)


def is_carried(path: str) -> bool:
    """Whether a path lies in a record of carried-over fields."""
    return _CARRIED_BEFORE.search(path) is not None


def carry_over(part: Part, target: str, rest: Sequence[Rest], known: Field | None) -> CarriedOver:
    """`rest` into the field `target` of `part`: as text where the catalog says text, otherwise as a flat record."""
    if not rest:
        return CarriedOver(part)
    if known and known.type in (Type.TEXT, Type.RICH_TEXT):
        return _into_text(part, target, rest, known)
    return _into_record(part, target, rest)


def _into_record(part: Part, target: str, rest: Sequence[Rest]) -> CarriedOver:
    there = get(part.record, target)
    if there is not MISSING and there is not None and not isinstance(there, Mapping):
        return CarriedOver(part, reasons={each.source.path: f"`{target}` is not a record" for each in rest})
    record: dict[str, Value] = dict(there) if isinstance(there, Mapping) else {}
    # A name with dots must not look like the path of a leaf that is there.
    taken = {path for path, _ in leaves(record)} | record.keys()
    lineage: list[Lineage] = []
    for each in rest:
        name = _free_name(each, taken)
        taken.add(name)
        record[name] = each.source.value
        path = f"{target}.{name}"
        lineage.append(Lineage(path, each.source.value, Origin.CARRIED_OVER, (each.source,)))
    made = replace(part, record=put(part.record, target, record), lineage=(*part.lineage, *lineage))
    return CarriedOver(made, frozenset(each.source.path for each in rest))


def _free_name(rest: Rest, taken: Set[str]) -> str:
    """Its name, or its whole path where that is taken, or that with a number."""
    numbered = (f"{rest.source.path} ({number})" for number in count(2))
    return next(name for name in chain((rest.name, rest.source.path), numbered) if name not in taken)


def _into_text(part: Part, target: str, rest: Sequence[Rest], known: Field) -> CarriedOver:
    """Lines below the mapped text, a blank line between; what no longer fits is not begun."""
    there = get(part.record, target)
    if there is not MISSING and there is not None and not isinstance(there, str):
        return CarriedOver(part, reasons={each.source.path: f"`{target}` is not text" for each in rest})
    before = there if isinstance(there, str) else ""
    rich = known.type is Type.RICH_TEXT
    kept: list[Rest] = []
    lines: list[str] = []
    reasons: dict[str, str] = {}
    size = len(_appended(before, [], rich))
    for each in rest:
        line = line_of_text(each.name, each.source.value)
        line = html.escape(line, quote=False) if rich else line
        more = len(line) + (len(_BREAK) if rich else 1) * bool(lines)
        if known.max_length is not None and size + more > known.max_length:
            reasons[each.source.path] = f"no room left in `{target}`, which holds {known.max_length} characters"
            continue
        size += more
        kept.append(each)
        lines.append(line)
    if not kept:
        return CarriedOver(part, reasons=reasons)
    made = _with_text(part, target, _appended(before, lines, rich), [each.source for each in kept])
    return CarriedOver(made, frozenset(each.source.path for each in kept), reasons)


_BREAK = "<br>\n"


def _appended(before: str, lines: Sequence[str], rich: bool) -> str:
    block = f"<p>{_BREAK.join(lines)}</p>" if rich else "\n".join(lines)
    return f"{before}\n\n{block}" if before else block


def _with_text(part: Part, target: str, text: str, sources: Sequence[SourceValue]) -> Part:
    change = Change(APPENDED, text)
    mapped = next((each for each in part.lineage if each.target == target), None)
    grown = (
        replace(mapped, value=text, sources=(*mapped.sources, *sources), changes=(*mapped.changes, change))
        if mapped
        else Lineage(target, text, Origin.CARRIED_OVER, tuple(sources), (change,))
    )
    others = tuple(each for each in part.lineage if each is not mapped)
    return replace(part, record=put(part.record, target, text), lineage=(*others, grown))
