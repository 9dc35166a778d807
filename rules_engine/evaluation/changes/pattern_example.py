"""A text that a regular expression is likely to match: its first alternatives, each part as seldom as it may come.

Only a guess, for whoever asks the expression itself afterwards: word boundaries and flags are not looked at.
"""

from dataclasses import dataclass
from typing import Final

# What stands for a class of characters: of each, one that most classes with it hold.
_CLASSES: Final = {"d": "0", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a"}
_NOTHING: Final = "AzbB"
_TRIED: Final = "a0A -_.~"
_MOST: Final = 200


@dataclass
class _Reader:
    pattern: str
    place: int = 0

    def peek(self) -> str:
        return self.pattern[self.place : self.place + 1]

    def take(self) -> str:
        found = self.pattern[self.place]
        self.place += 1
        return found


def example(pattern: str) -> str | None:
    """None where the expression is one that this does not understand, or has no text within reason."""
    reader = _Reader(pattern)
    try:
        found = _alternatives(reader)
    except (IndexError, ValueError, StopIteration, RecursionError):
        return None
    return None if reader.peek() else found


def _alternatives(reader: _Reader) -> str:
    first = _sequence(reader)
    while reader.peek() == "|":
        reader.take()
        other = _sequence(reader)
        first = first or other
    return first


def _sequence(reader: _Reader) -> str:
    found = ""
    while reader.peek() and reader.peek() not in "|)":
        part = _one(reader)
        found += part * _least(reader)
        if len(found) > _MOST:
            raise ValueError(reader.place)
    return found


def _one(reader: _Reader) -> str:
    match reader.take():
        case "^" | "$":
            return ""
        case ".":
            return "a"
        case "[":
            return _class(reader)
        case "(":
            return _group(reader)
        case "\\":
            return _escaped(reader.take())
        case literal:
            return literal


def _escaped(character: str) -> str:
    if character in _NOTHING:
        return ""
    if character in "pPQCx":
        raise ValueError(character)
    return _CLASSES.get(character, {"n": "\n", "t": "\t"}.get(character, character))


def _group(reader: _Reader) -> str:
    if reader.peek() == "?":
        while reader.take() not in ":>":
            if reader.peek() == ")":  # flags alone: `(?i)`
                reader.take()
                return ""
    found = _alternatives(reader)
    if reader.take() != ")":
        raise ValueError(reader.place)
    return found


def _class(reader: _Reader) -> str:
    negated = reader.peek() == "^" and bool(reader.take())
    members: list[tuple[str, str]] = []
    while reader.peek() != "]" or not members:
        low = _member(reader)
        if reader.peek() == "-" and reader.pattern[reader.place + 1] != "]":
            reader.take()
            members.append((low, _member(reader)))
        else:
            members.append((low, low))
    reader.take()
    if not negated:
        return members[0][0]
    return next(each for each in _TRIED if not any(low <= each <= high for low, high in members))


def _member(reader: _Reader) -> str:
    character = reader.take()
    return _escaped(reader.take()) if character == "\\" else character


def _least(reader: _Reader) -> int:
    """How often the part before must come at least."""
    match reader.peek():
        case "?" | "*":
            count = 0
        case "+":
            count = 1
        case "{" if reader.pattern[reader.place + 1].isdigit():
            count = int(reader.pattern[reader.place + 1 : reader.pattern.index("}", reader.place)].partition(",")[0])
            reader.place = reader.pattern.index("}", reader.place)
        case _:
            return 1
    reader.take()
    if reader.peek() == "?":
        reader.take()
    return min(count, _MOST + 1)
