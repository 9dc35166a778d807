"""A finished conversion with some of its fields given another value, in one pass over it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rules_engine.conversion.lines import LINES
from rules_engine.conversion.text_transforms import line_of_text
from rules_engine.model.conversion import Account, Change, Conversion, Disposition, Lineage, Origin
from rules_engine.model.values import Record, Value, identity, leaves


@dataclass(frozen=True)
class Edit:
    """A new value for a field: made by `change` out of the fields `of` of the same document, by their paths."""

    value: Value
    change: str
    of: tuple[str, ...] = ()
    loss: str = ""


@dataclass(frozen=True)
class Edits:
    """By field name for the document itself, by line's position and field name for its lines."""

    header: Mapping[str, Edit] = field(default_factory=dict)
    lines: Mapping[int, Mapping[str, Edit]] = field(default_factory=dict)


def rewritten(made: Conversion, edits: Edits) -> Conversion:
    """The conversion with its lineage and ledger in step: a new value leads back to the sources of what made it."""
    if not edits.header and not edits.lines:
        return made
    by_target = {each.target: each for each in made.lineage}
    document: dict[str, Value] = {**made.document, **{name: edit.value for name, edit in edits.header.items()}}
    paths = dict(edits.header)
    lines = made.document.get(LINES)
    if isinstance(lines, tuple) and edits.lines:
        document[LINES] = tuple(_line(each, edits.lines.get(at)) for at, each in enumerate(lines))
        for at, fields in edits.lines.items():
            name = identity(lines[at], at)
            paths |= {f"{LINES}[{name}].{key}": edit for key, edit in fields.items()}
    fresh = {each.target: each for path, edit in paths.items() for each in _lineages(path, edit, by_target)}
    kept = tuple(fresh.pop(each.target, each) for each in made.lineage)
    added = tuple(fresh.values())
    return replace(made, document=document, lineage=(*kept, *added), ledger=_ledger(made.ledger, added))


def _line(line: Value, fields: Mapping[str, Edit] | None) -> Value:
    if not fields or not isinstance(line, Mapping):
        return line
    return {**line, **{name: edit.value for name, edit in fields.items()}}


def _lineages(path: str, edit: Edit, by_target: Mapping[str, Lineage]) -> Iterator[Lineage]:
    """One for each leaf of the new value."""
    before = by_target.get(path)
    inputs = [by_target[each] for each in dict.fromkeys((path, *edit.of)) if each in by_target]
    sources = tuple({source.path: source for each in inputs for source in each.sources}.values())
    changes = (*(before.changes if before else ()), Change(edit.change, edit.value, edit.loss))
    for target, leaf in leaves(edit.value, path):
        yield Lineage(target, leaf, Origin.TRANSFORMED, sources, changes)


def _ledger(ledger: Sequence[Account], added: Sequence[Lineage]) -> tuple[Account, ...]:
    """Each source's account, with the new fields that it reached too."""
    reached: dict[str, list[str]] = {}
    for each in added:
        for source in each.sources:
            reached.setdefault(source.path, []).append(each.target)
    return tuple(_with_targets(each, reached.get(each.source)) for each in ledger)


def _with_targets(account: Account, targets: Sequence[str] | None) -> Account:
    if not targets:
        return account
    if account.disposition is Disposition.DROPPED:
        return replace(account, disposition=Disposition.TRANSFORMED, targets=tuple(targets), reason="")
    return replace(account, targets=(*account.targets, *targets))


def without_lines(made: Conversion, gone: Mapping[int, str], carry_over: str) -> Conversion:
    """Without the lines at these positions, each with the reason why.

    They are carried over into the record `carry_over` of the document, a text for each line; where the document has
    no such record they are dropped.
    """
    lines = made.document.get(LINES)
    if not gone or not isinstance(lines, tuple):
        return made
    names = {identity(lines[at], at): reason for at, reason in gone.items()}
    rest = tuple(each for at, each in enumerate(lines) if at not in gone)
    there = made.document.get(carry_over, {}) if carry_over else None
    room = there if isinstance(there, Mapping) else None
    left = [each for each in made.lineage if _name(each.target) not in names]
    ended = [each for each in made.lineage if _name(each.target) in names]
    document: dict[str, Value] = {**made.document, LINES: rest}
    carried = _carried(ended, carry_over, room) if room is not None else {}
    if carried and room is not None:
        document[carry_over] = _merged(room, carry_over, carried)
    homes = {path: each.target for each in carried.values() for path in (one.path for one in each.sources)}
    ledger = tuple(_ended(each, names, homes) for each in made.ledger)
    return replace(made, document=document, lineage=(*left, *carried.values()), ledger=ledger)


def _name(target: str) -> str:
    """The line that a target path lies in, "" for the document itself."""
    return target[len(LINES) + 1 :].partition("].")[0] if target.startswith(f"{LINES}[") else ""


def _carried(ended: Sequence[Lineage], carry_over: str, room: Record) -> dict[str, Lineage]:
    """For each line one text of all that stood in it."""
    found: dict[str, list[Lineage]] = {}
    for each in ended:
        found.setdefault(_name(each.target), []).append(each)
    made: dict[str, Lineage] = {}
    for name, fields in found.items():
        key = f"optional line {name}"
        if key in room:
            continue
        text = _in_words(fields)
        sources = {source.path: source for each in fields for source in each.sources}
        made[name] = Lineage(f"{carry_over}.{key}", text, Origin.CARRIED_OVER, tuple(sources.values()))
    return made


def _in_words(fields: Sequence[Lineage]) -> str:
    return "; ".join(line_of_text(each.target.rpartition("].")[2], each.value) for each in fields)


def _merged(room: Record, carry_over: str, carried: Mapping[str, Lineage]) -> Record:
    return {**room, **{each.target[len(carry_over) + 1 :]: each.value for each in carried.values()}}


def _ended(account: Account, names: Mapping[str, str], homes: Mapping[str, str]) -> Account:
    inside = {_name(each) for each in account.targets} & names.keys()
    left = tuple(each for each in account.targets if _name(each) not in names)
    if not inside or left:
        return replace(account, targets=left) if inside else account
    reason, home = names[min(inside)], homes.get(account.source)
    if home is None:
        return replace(account, disposition=Disposition.DROPPED, targets=(), reason=reason)
    return replace(account, disposition=Disposition.CARRIED_OVER, targets=(home,), reason=reason)
