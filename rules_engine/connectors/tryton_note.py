"""The note on a sale that holds our key and all that a sale has no field for.

    Opportunity to Order: quote o2o-5f0c1b7e9a3d2c4b6a8f0e1d
    lines: ["L-1", "L-2"]
    contact_name: Jeanne Moreau

    opportunity.probability: 65

The first line is what a look-up searches for; then a line a field; then, after an empty line, what was carried over.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from rules_engine.model.values import Record

TITLE = "Opportunity to Order"
# Text fields of the payload that stand in the note, besides `note` itself.
NOTED = ("contact_name", "contact_email", "contact_phone", "remarks")


@dataclass(frozen=True)
class KeyNote:
    """`lines` are our line ids in the order of the sale's lines; `discounts` a line's price before it, and percent."""

    document: str
    key: str
    lines: tuple[str, ...] = ()
    discounts: Mapping[str, tuple[Decimal, Decimal]] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)


def search_domain(document: str, key: str) -> list[list[str]]:
    """Tryton's search for sales with such a note; wildcards of SQL's `like` in the key stand for themselves."""
    start = f"{_first_line(document, key)}\n"
    escaped = start.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return [["notes.message", "like", f"{escaped}%"]]


def key_note(document: str, key: str, payload: Record, lines: tuple[Record, ...]) -> KeyNote:
    texts = {name: str(payload[name]) for name in (*NOTED, "note") if payload.get(name) not in (None, "")}
    discounts = {
        str(line.get("id")): (price, percent)
        for line in lines
        if isinstance(price := line.get("unit_price"), Decimal) and isinstance(percent := line.get("discount"), Decimal)
    }
    return KeyNote(document, key, tuple(str(line.get("id", "")) for line in lines), discounts, texts)


def write_note(note: KeyNote) -> str:
    head = [_first_line(note.document, note.key), f"lines: {json.dumps(note.lines, ensure_ascii=False)}"]
    if note.discounts:
        plain = {line: [format(price, "f"), format(percent, "f")] for line, (price, percent) in note.discounts.items()}
        head.append(f"discounts: {json.dumps(plain, ensure_ascii=False)}")
    head += [f"{name}: {_one_line(note.texts[name])}" for name in NOTED if name in note.texts]
    return "\n".join(head) + "\n\n" + note.texts.get("note", "")


def read_note(message: str) -> KeyNote | None:
    """None for a note that is not ours, or that somebody has rewritten past recognition."""
    head, _, rest = message.replace("\r\n", "\n").partition("\n\n")
    first, *others = head.split("\n")
    words = first.removeprefix(f"{TITLE}: ").split(" ", 1)
    if not first.startswith(f"{TITLE}: ") or len(words) != 2:
        return None
    named = {name: value for name, mark, value in (each.partition(": ") for each in others) if mark}
    texts = {name: _many_lines(named[name]) for name in NOTED if name in named} | ({"note": rest} if rest else {})
    try:
        lines = tuple(str(each) for each in json.loads(named.get("lines", "[]")))
        pairs = json.loads(named.get("discounts", "{}")).items()
        discounts = {line: (Decimal(price), Decimal(percent)) for line, (price, percent) in pairs}
    except (ValueError, TypeError, AttributeError, ArithmeticError):
        lines, discounts = (), {}
    return KeyNote(words[0], words[1], lines, discounts, texts)


def _first_line(document: str, key: str) -> str:
    return f"{TITLE}: {document} {key}"


def _one_line(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")


def _many_lines(text: str) -> str:
    """The inverse of `_one_line`: two backslashes are one, a backslash and an n are a new line."""
    return "\\".join(part.replace("\\n", "\n") for part in text.split("\\\\"))
