"""XML text as a tree that knows the line of every element, with limits that hostile text cannot pass."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from xml.parsers import expat

from rules_engine.formats.notes import shown
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding, Place

MAX_BYTES = 1_000_000
MAX_LEVELS = 50
MAX_ELEMENTS = 50_000


@dataclass(frozen=True)
class Element:
    """`name` is without its prefix, `namespace` the address that the prefix stands for ("" where there is none)."""

    name: str
    namespace: str
    attributes: Mapping[str, str]
    children: "tuple[Element, ...]"
    text: str
    place: Place

    def each(self, name: str) -> "Iterator[Element]":
        """The children of that name in this element's own namespace."""
        return (child for child in self.children if (child.name, child.namespace) == (name, self.namespace))

    def first(self, name: str) -> "Element | None":
        return next(self.each(name), None)

    def said(self, name: str) -> str:
        """The text of the first such child, "" where there is none."""
        child = self.first(name)
        return child.text.strip() if child is not None else ""


def read_xml(data: bytes, file: str = "") -> Element:
    """The root element; raises Unreadable.

    A DOCTYPE is refused before anything in it is read, so that no entity is ever defined, fetched or expanded.
    """
    if len(data) > MAX_BYTES:
        message = f"the text has {len(data)} bytes, and at most {MAX_BYTES} are read"
        raise Unreadable([Finding("too-large", message, Place(file, 1, 1), suggestion="split it into several files")])
    grown = _Growing(file)
    try:
        grown.parser.Parse(data, True)
    except expat.ExpatError as error:
        words = shown(expat.ErrorString(error.code)) or "not well-formed"
        raise Unreadable([
            Finding("not-xml", f"this is not XML ({words})", Place(file, error.lineno, error.offset + 1))
        ]) from None  # fmt: skip
    except (LookupError, ValueError):
        message = "the text says an encoding that is not known"
        raise Unreadable([Finding("not-xml", message, Place(file, 1, 1), suggestion="save it as UTF-8")]) from None
    if grown.root is None:
        raise Unreadable([Finding("not-xml", "the text is empty", Place(file, 1, 1))])
    return grown.root


@dataclass
class _Open:
    """An element whose end has not come yet."""

    name: str
    namespace: str
    attributes: Mapping[str, str]
    children: list[Element]
    text: list[str]
    place: Place


class _Growing:
    """The tree as it grows from the parser's events."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Element | None = None
        self._open: list[_Open] = []
        self._count = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    @property
    def _here(self) -> Place:
        return Place(self.file, self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)

    def _doctype(self, *_: object) -> None:
        message = "a DOCTYPE can define entities that grow without end or read files, and is not read"
        raise Unreadable([Finding("plain-xml", message, self._here, suggestion="delete the DOCTYPE")])

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS:
            message = f"the text has more than {MAX_ELEMENTS} elements"
            raise Unreadable([Finding("too-large", message, self._here, suggestion="split it into several files")])
        if len(self._open) >= MAX_LEVELS:
            message = f"this lies more than {MAX_LEVELS} levels deep"
            raise Unreadable([Finding("too-deep", message, self._here, suggestion="nest less")])
        namespace, _, local = name.rpartition(" ")
        self._open.append(_Open(local, namespace, attributes, [], [], self._here))

    def _text(self, text: str) -> None:
        self._open[-1].text.append(text)

    def _end(self, _: str) -> None:
        done = self._open.pop()
        element = Element(
            done.name, done.namespace, done.attributes, tuple(done.children), "".join(done.text), done.place
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
