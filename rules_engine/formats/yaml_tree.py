"""YAML text as a tree that knows the place of every word, with limits that hostile text cannot pass."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any as Event
from typing import NoReturn, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from rules_engine.formats.yaml_problems import in_plain_words
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding, Place

MAX_CHARACTERS = 1_000_000
MAX_LEVELS = 50
MAX_NODES = 100_000
MOST_DUPLICATES = 500

# All that YAML calls not printable, and lone surrogates: tab, line feed and carriage return may stand.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Text:
    """A scalar with its own text; `plain` says that it stands without quotes."""

    text: str
    plain: bool
    place: Place


@dataclass(frozen=True)
class Items:
    items: "tuple[Node, ...]"
    place: Place


@dataclass(frozen=True)
class Table:
    """`keys` holds the place of each key."""

    entries: "Mapping[str, Node]"
    keys: Mapping[str, Place]
    place: Place


Node: TypeAlias = Text | Items | Table


def read_tree(text: str, file: str = "", *, anchors: bool = False) -> Node:
    """The tree of one YAML 1.2 document; raises Unreadable. `anchors` are for our own files only."""
    _check_characters(text, file)
    grown = _Growing(file, anchors)
    parser = YAML(typ="safe", pure=True)
    try:
        for event in parser.parse(text):
            grown.take(event)
    except YAMLError as error:
        raise Unreadable([in_plain_words(error, text, file)]) from None
    if grown.root is None:
        raise Unreadable([Finding("not-yaml", "the text is empty", Place(file, 1, 1))])
    if grown.findings:
        raise Unreadable(grown.findings)
    return grown.root


def nodes(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    below = node.items if isinstance(node, Items) else node.entries.values() if isinstance(node, Table) else ()
    for inner in below:
        yield from nodes(inner)


def _check_characters(text: str, file: str) -> None:
    if len(text) > MAX_CHARACTERS:
        message = f"the text has {len(text)} characters, and at most {MAX_CHARACTERS} are read"
        raise Unreadable([Finding("too-large", message, Place(file, 1, 1), suggestion="split it into several files")])
    if found := _CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - text.rfind("\n", 0, found.start())
        raise Unreadable([_control_character(found.group(), Place(file, line, column))])


def _control_character(character: str, place: Place) -> Finding:
    return Finding("control-character", f"the character U+{ord(character):04X} cannot be seen", place,
                   suggestion="delete it")  # fmt: skip


@dataclass
class _Open:
    """A list or mapping whose end has not come yet."""

    place: Place
    anchor: str | None
    items: list[Node] | None
    entries: dict[str, Node]
    keys: dict[str, Place]
    key: Text | None = None
    first: int = 0


class _Growing:
    """The tree as it grows from the parser's events: a stack instead of recursion, so that depth is ours to limit."""

    def __init__(self, file: str, anchors: bool) -> None:
        self.file, self.anchors = file, anchors
        self.root: Node | None = None
        self.findings: list[Finding] = []
        self._open: list[_Open] = []
        self._named: dict[str, tuple[Node, int]] = {}
        self._count = 0

    def take(self, event: Event) -> None:
        mark = event.start_mark
        place = Place(self.file, mark.line + 1, mark.column + 1)
        kind = type(event).__name__
        if kind == "DocumentStartEvent" and self.root is not None:
            raise Unreadable([Finding("not-yaml", "a second document begins here", place,
                                      suggestion="keep one document in a file")])  # fmt: skip
        if kind in ("ScalarEvent", "AliasEvent", "SequenceStartEvent", "MappingStartEvent"):
            self._refuse_marks(event, kind, place)
        if kind == "ScalarEvent":
            self._scalar(event, place)
        elif kind == "AliasEvent":
            self._alias(event, place)
        elif kind in ("SequenceStartEvent", "MappingStartEvent"):
            self._begin(event, kind, place)
        elif kind in ("SequenceEndEvent", "MappingEndEvent"):
            self._end()

    def _refuse_marks(self, event: Event, kind: str, place: Place) -> None:
        tag = getattr(event, "ctag", None)
        if tag is not None and str(tag) not in ("None", "!"):
            self._fail("plain-yaml", f"the tag `{tag}` has no meaning here", place, "write the value without it")
        if event.anchor and not self.anchors:
            mark = "*" if kind == "AliasEvent" else "&"
            self._fail("plain-yaml", f"the anchor `{mark}{event.anchor[:60]}` is not allowed", place,
                       "write the text out where it is meant")  # fmt: skip

    def _fail(self, check: str, message: str, place: Place, suggestion: str = "") -> NoReturn:
        raise Unreadable([*self.findings, Finding(check, message, place, suggestion=suggestion)])

    def _scalar(self, event: Event, place: Place) -> None:
        if found := _CONTROL.search(event.value):
            raise Unreadable([_control_character(found.group(), place)])
        # A plain scalar of a block ends before the comment; its text is the event's value.
        self._grow(1, place)
        node = Text(event.value, event.style not in ("'", '"', "|", ">"), place)
        if event.anchor:
            self._named[event.anchor] = (node, 1)
        self._add(node)

    def _alias(self, event: Event, place: Place) -> None:
        if event.anchor not in self._named:
            self._fail("not-yaml", f"`*{event.anchor[:60]}` names an anchor that does not stand above", place)
        node, size = self._named[event.anchor]
        self._grow(size, place)
        self._add(node)

    def _grow(self, by: int, place: Place) -> None:
        self._count += by
        if self._count > MAX_NODES:
            self._fail("too-large", f"the text has more than {MAX_NODES} words", place, "split it into several files")

    def _begin(self, event: Event, kind: str, place: Place) -> None:
        if len(self._open) >= MAX_LEVELS:
            self._fail("too-deep", f"this lies more than {MAX_LEVELS} levels deep", place, "nest less")
        self._grow(1, place)
        if self._open and self._open[-1].items is None and self._open[-1].key is None:
            self._fail("not-yaml", "a list or mapping cannot be a key", place, "write a word before the colon")
        items: list[Node] | None = [] if kind == "SequenceStartEvent" else None
        self._open.append(_Open(place, event.anchor, items, {}, {}, first=self._count - 1))

    def _end(self) -> None:
        done = self._open.pop()
        node: Node = (
            Table(done.entries, done.keys, done.place) if done.items is None else Items(tuple(done.items), done.place)
        )
        if done.anchor:
            self._named[done.anchor] = (node, self._count - done.first)
        self._add(node)

    def _add(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        inside = self._open[-1]
        if inside.items is not None:
            inside.items.append(node)
        elif inside.key is None:
            if not isinstance(node, Text):
                self._fail("not-yaml", "a list or mapping cannot be a key", node.place, "write a word before the colon")
            inside.key = node
        else:
            self._entry(inside, inside.key, node)
            inside.key = None

    def _entry(self, inside: _Open, key: Text, node: Node) -> None:
        if key.text in inside.entries:
            first = inside.keys[key.text]
            self.findings.append(
                Finding("duplicate-key", f"`{key.text[:60]}` stands twice, first in line {first.line}", key.place,
                        suggestion="keep one of them")  # fmt: skip
            )
            if len(self.findings) >= MOST_DUPLICATES:
                raise Unreadable(self.findings)
            return
        inside.entries[key.text] = node
        inside.keys[key.text] = key.place
