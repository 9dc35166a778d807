"""What a record's change means for a document that stands already: the differences, by line id, in data and words."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256

from rules_engine.model.catalog import Catalog
from rules_engine.model.run import Change
from rules_engine.model.values import Record, Value, identity, leaves

_LINE = re.compile(r"^(?P<list>[^.\[]+)\[(?P<line>[^\]]*)\](?:\.(?P<field>.+))?$")
# A place in the document says where a line stands, not what was agreed; it goes along with what is sent.
_SILENT = frozenset({"position"})


def changes(
    before: Record, after: Record, document_type: str, catalog: Catalog, besides: Collection[str] = ()
) -> tuple[Change, ...]:
    """What differs, in document order; a line that came or went is one change. `besides` are fields to pass over."""
    was, now = _leaves(before, besides), _leaves(after, besides)
    lines_before, lines_after = _lines(before, besides), _lines(after, besides)
    whole = {**_gone(lines_before, lines_after), **_come(lines_before, lines_after)}
    single = {
        path: _field_change(path, was.get(path), now.get(path), document_type, catalog, lines_before | lines_after)
        for path in dict.fromkeys((*was, *now))
        if was.get(path) != now.get(path) and _line_of(path) not in whole and not _is_silent(path)
    }
    return (*single.values(), *whole.values())


def amendment_key(base: str, found: Sequence[Change]) -> str:
    """The name of these changes of what stands under the key `base`: the same ones have the same name."""
    parts = (base, *(part for each in found for part in (each.path, each.before, each.after)))
    return f"o2o-{sha256(chr(31).join(parts).encode()).hexdigest()[:24]}"


def changed_fields(before: Record, after: Record) -> dict[str, Value]:
    """The fields of a native payload that differ, whole (a list with all its records), None where one is gone."""
    names = dict.fromkeys((*before, *after))
    return {name: after.get(name) for name in names if before.get(name) != after.get(name)}


def in_words(found: Sequence[Change], most: int = 5) -> str:
    """`quantity of line `L-2` was 4 and would be 5; ...`."""
    said = [each.words for each in found[:most]]
    return "; ".join([*said, *([f"and {len(found) - most} more"] if len(found) > most else [])])


# --- lines -----------------------------------------------------------------------------------------------------


def _lines(document: Record, besides: Collection[str]) -> dict[str, Record]:
    """Every record of a list by its path, such as `lines[L-2]`."""
    return {
        f"{name}[{identity(each, place)}]": each
        for name, value in document.items()
        if isinstance(value, tuple) and name not in besides
        for place, each in enumerate(value)
        if isinstance(each, Mapping)
    }


def _gone(before: Mapping[str, Record], after: Mapping[str, Record]) -> dict[str, Change]:
    lost = {path: _line_text(line) for path, line in before.items() if path not in after}
    return {path: Change(path, text, "", f"{_name(path, before)} would go") for path, text in lost.items()}


def _come(before: Mapping[str, Record], after: Mapping[str, Record]) -> dict[str, Change]:
    new = {path: _line_text(line) for path, line in after.items() if path not in before}
    return {
        path: Change(path, "", text, f"{_name(path, after)} would come: {text}") for path, text in new.items()
    }


def _line_text(line: Record) -> str:
    """`4 x DRV-200 at 1200.00 EUR`, with what of it there is."""
    quantity, price = line.get("quantity"), line.get("unit_price")
    article = line.get("sku") or line.get("name") or line.get("note") or line.get("id") or "line"
    many = f"{_text(quantity)} x " if quantity is not None else ""
    return f"{many}{article}{f' at {_text(price)}' if price is not None else ''}"


def _name(path: str, lines: Mapping[str, Record]) -> str:
    found = _LINE.match(path)
    named = lines.get(path, {}).get("name")
    return f"line `{found['line'] if found else path}`{f' ({named})' if named else ''}"


# --- fields ----------------------------------------------------------------------------------------------------


def _leaves(document: Record, besides: Collection[str]) -> dict[str, Value]:
    return dict(leaves({name: value for name, value in document.items() if name not in besides}))


def _line_of(path: str) -> str:
    found = _LINE.match(path)
    return f"{found['list']}[{found['line']}]" if found else ""


def _is_silent(path: str) -> bool:
    found = _LINE.match(path)
    return found is not None and found["field"] in _SILENT


def _field_change(
    path: str, was: Value, now: Value, document_type: str, catalog: Catalog, lines: Mapping[str, Record]
) -> Change:
    known = catalog.find(document_type, path)
    last = re.sub(r"\[[^\]]*\]", "", path).rpartition(".")[2].replace("_", " ")
    label = known.label.lower() if known and known.label else last
    line = _line_of(path)
    what = f"{label} of {_name(line, lines)}" if line else label
    before, after = _text(was), _text(now)
    return Change(path, before, after, f"{what} {' and '.join(_moves(before, after))}")


def _moves(before: str, after: str) -> Iterator[str]:
    yield f"was {before}" if before else "was empty"
    yield f"would be {after}" if after else "would be empty"


def _text(value: Value) -> str:
    """As people read it; numbers of one size read alike, whatever their digits."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
        case date():
            return value.isoformat()
        case tuple():
            return ", ".join(_text(each) for each in value)
        case _:
            return str(value)
