"""A case put at the end of the cases of a text, whose other characters all stay as they are."""

from collections.abc import Sequence

from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.cases_writer import write_cases
from rules_engine.formats.notes import root_table
from rules_engine.formats.yaml_tree import Items, Table, read_tree
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import Permanent
from rules_engine.model.fixture import FixtureCase


def case_lines(case: FixtureCase, notes: Sequence[str] = (), indent: str = "  ") -> list[str]:
    """The case as it stands in a list of cases, each note a comment above it."""
    written = write_cases((case,)).split("\ncases:\n", 1)[1].rstrip("\n").split("\n")
    comments = [f"{indent}# {' '.join(each.split())}" for each in notes]
    return [*comments, *(f"{indent}{line.removeprefix('  ')}" if line else "" for line in written)]


def append_case(text: str, case: FixtureCase, catalog: Catalog, notes: Sequence[str] = ()) -> str:
    """The text with the case at the end of its `cases`.

    Raises Unreadable where the text is no file of cases or one of them has this name already, and Permanent where its
    list stands in brackets.
    """
    before = read_cases(text, catalog, "cases.yaml")
    table = root_table(read_tree(text, "cases.yaml"), "a file of cases")
    ending = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").split("\n")
    at, indent = _end(table, lines), _indent(table, lines)
    if not before:
        lines[table.keys["cases"].line - 1] = "cases:"
    gap = [""] if before else []
    rest = lines[at:]
    new = [*lines[:at], *gap, *case_lines(case, notes, indent), *([""] if rest and rest[0].strip() else []), *rest]
    found = ending.join(new).rstrip() + ending
    if read_cases(found, catalog, "cases.yaml") != (*before, case):
        raise Permanent("the case cannot be put at the end of `cases`: begin each case in a line of its own with `- `")
    return found


def _end(table: Table, lines: list[str]) -> int:
    """How many lines stand before the place for a further case: what follows, its comments above it, stays below."""
    start = table.keys["cases"].line
    at = min((place.line - 1 for place in table.keys.values() if place.line > start), default=len(lines))
    while at > start and (not lines[at - 1].strip() or (at < len(lines) and lines[at - 1].startswith("#"))):
        at -= 1
    return at


def _indent(table: Table, lines: list[str]) -> str:
    """What stands before the `-` of the first case."""
    node = table.entries["cases"]
    items = node.items if isinstance(node, Items) else ()
    if not items:
        return "  "
    start = lines[items[0].place.line - 1][: items[0].place.column - 1]
    if start.strip() != "-":
        raise Permanent("the cases stand in brackets: begin each case in a line of its own with `- `")
    return start[: start.index("-")]
