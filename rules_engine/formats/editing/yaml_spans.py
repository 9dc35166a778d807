"""YAML text as a tree that knows from which to which character each part stands, and where the comments are."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any as Event
from typing import TypeAlias

from ruamel.yaml import YAML

from rules_engine.formats.literals import is_plain_text


@dataclass(frozen=True)
class Leaf:
    """A scalar; `style` is "" where it stands without quotes, else one of `"`, `'`, `|`, `>`."""

    text: str
    style: str
    start: int
    end: int

    @property
    def is_text(self) -> bool:
        """Whether YAML reads it as text rather than as a number, true, false or null."""
        return bool(self.style) or is_plain_text(self.text)


@dataclass(frozen=True)
class Entry:
    """`key: value` or one item of a list; `start` is that of the key, of the dash, or of the item in brackets."""

    start: int
    key: Leaf | None
    value: "Spanned"

    @property
    def name(self) -> str:
        return self.key.text if self.key else ""


@dataclass(frozen=True)
class Branch:
    """A mapping or list; `column` is where its entries begin, counted from 0, in block style."""

    is_map: bool
    flow: bool
    start: int
    end: int
    column: int
    entries: tuple[Entry, ...]

    def entry(self, name: str) -> Entry | None:
        return next((each for each in self.entries if each.key and each.key.text == name), None)


Spanned: TypeAlias = Leaf | Branch


@dataclass(frozen=True)
class Comment:
    """From the `#` to the end of its line; `alone` where nothing but white space stands before it."""

    start: int
    text: str
    alone: bool


@dataclass
class _Growing:
    is_map: bool
    flow: bool
    start: int
    column: int
    entries: list[Entry] = field(default_factory=list)
    key: Leaf | None = None
    begun: int = 0  # where the dash of the item that grows now stands


def read_spans(text: str) -> Spanned:
    """The tree of a text that `read_tree` has read without a finding: no anchors, no tags, one document."""
    # The events of a list in block style do not say where its dashes are; the tokens do, in the same order.
    dashes = iter(
        [token.start_mark.index for token in YAML(typ="safe", pure=True).scan(text)
         if type(token).__name__ == "BlockEntryToken"]
    )  # fmt: skip
    root: list[Spanned] = []
    growing: list[_Growing] = []
    for event in YAML(typ="safe", pure=True).parse(text):
        kind = type(event).__name__
        if kind in ("ScalarEvent", "SequenceStartEvent", "MappingStartEvent"):
            _begin_item(growing, event, dashes)
        if kind == "ScalarEvent":
            _add(growing, root, _leaf(event, text))
        elif kind in ("SequenceStartEvent", "MappingStartEvent"):
            mark = event.start_mark
            growing.append(_Growing(kind == "MappingStartEvent", bool(event.flow_style), mark.index, mark.column))
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            _add(growing, root, _branch(growing.pop(), event))
    return root[0]


def _begin_item(growing: list[_Growing], event: Event, dashes: Iterator[int]) -> None:
    if growing and not growing[-1].is_map:
        growing[-1].begun = event.start_mark.index if growing[-1].flow else next(dashes)


def _leaf(event: Event, text: str) -> Leaf:
    start, end, style = event.start_mark.index, event.end_mark.index, event.style or ""
    if style in ("|", ">"):
        return Leaf(event.value, style, start, _end_of_block(text, start, end))
    return Leaf(event.value, style, start, end)


def _end_of_block(text: str, start: int, end: int) -> int:
    """Where the last line of a block scalar ends; with `|+` the empty lines after it belong to it."""
    header = re.match(r"[|>][-+0-9]*", text[start:end])
    kept = header is not None and "+" in header.group()
    return end if kept else start + len(text[start:end].rstrip(" \t\r\n"))


def _branch(grown: _Growing, event: Event) -> Branch:
    entries = tuple(grown.entries)
    end = event.end_mark.index if grown.flow or not entries else max(entries[-1].start + 1, entries[-1].value.end)
    return Branch(grown.is_map, grown.flow, grown.start, end, grown.column, entries)


def _add(growing: list[_Growing], root: list[Spanned], node: Spanned) -> None:
    if not growing:
        root.append(node)
        return
    inside = growing[-1]
    if not inside.is_map:
        inside.entries.append(Entry(inside.begun, None, node))
    elif inside.key is None and isinstance(node, Leaf):
        inside.key = node
    else:
        inside.entries.append(Entry(inside.key.start if inside.key else node.start, inside.key, node))
        inside.key = None


def leaves(node: Spanned) -> Iterator[Leaf]:
    """Keys and scalars in the order in which they stand."""
    if isinstance(node, Leaf):
        yield node
        return
    for each in node.entries:
        if each.key is not None:
            yield each.key
        yield from leaves(each.value)


def comments(text: str, root: Spanned) -> tuple[Comment, ...]:
    """Every comment: a `#` that stands outside of all scalars."""
    found: list[Comment] = []
    at = 0
    for leaf in leaves(root):
        found += _comments_in(text, at, leaf.start)
        if leaf.style in ("|", ">"):
            header = end_of_line(text, leaf.start)
            found += _comments_in(text, leaf.start, min(header, leaf.end))
        at = max(at, leaf.end)
    return (*found, *_comments_in(text, at, len(text)))


def _comments_in(text: str, start: int, end: int) -> list[Comment]:
    found = []
    for hit in re.finditer(r"#[^\r\n]*", text[start:end]):
        at = start + hit.start()
        alone = not text[start_of_line(text, at) : at].strip(" \t\ufeff")
        found.append(Comment(at, hit.group().rstrip(), alone))
    return found


def start_of_line(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def end_of_line(text: str, at: int) -> int:
    """Where the line's text ends, before its line end."""
    found = re.compile(r"[\r\n]").search(text, at)
    return found.start() if found else len(text)


def next_line(text: str, at: int) -> int:
    """Where the line after the one of `at` begins."""
    found = re.compile(r"\r\n|\r|\n").search(text, at)
    return found.end() if found else len(text)


def same(one: Spanned | None, other: Spanned | None) -> bool:
    """Whether two parts say the same, however they are written."""
    if isinstance(one, Leaf) and isinstance(other, Leaf):
        return one.text == other.text and one.is_text == other.is_text
    if isinstance(one, Branch) and isinstance(other, Branch):
        return (
            one.is_map == other.is_map
            and len(one.entries) == len(other.entries)
            and all(
                a.name == b.name and same(a.value, b.value) for a, b in zip(one.entries, other.entries, strict=True)
            )
        )
    return one is None and other is None
