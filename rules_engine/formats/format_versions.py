"""The editions of the text formats: older texts are read for ever, one small step from each edition to the next.

A published version is immutable, and so its text stays in the edition in which it was written. Readers see every
text as one of the current edition: `MIGRATIONS[n]` says for each kind of text (`ruleset`, `mapping`, `cases`,
`catalog`, `connector`) how its tree of edition n becomes one of n + 1; a kind that is not named stays as it is.

A step sees a tree before it is checked: what it does not know, it leaves as it is, for the reader to say. It keeps the
places of the nodes that it moves, so that findings still point into the author's text.
"""

from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from typing import TypeAlias

from rules_engine.formats.literals import is_plain_text
from rules_engine.formats.yaml_tree import Items, Node, Table, Text
from rules_engine.formats.yaml_writer import Bare, Tree

Step: TypeAlias = Callable[[Table], Table]
MIGRATIONS: dict[int, dict[str, Step]] = {}


def current() -> int:
    """The edition that is written today."""
    return 1 + len(MIGRATIONS)


def edition(table: Table) -> int | None:
    """The edition that a text says it is written in; None where it does not say one that there could be."""
    node = table.entries.get("format")
    if not isinstance(node, Text) or not node.text.isascii() or not node.text.isdigit() or len(node.text) > 6:
        return None
    return int(node.text) or None


def upgraded(table: Table, kind: str) -> Table:
    """The tree in the current edition; as it is where it says none, or one that is newer."""
    here = edition(table)
    if here is None or here >= current():
        return table
    for number in range(here, current()):
        step = MIGRATIONS[number].get(kind)
        table = step(table) if step else table
    said = table.entries["format"]
    return replace(table, entries={**table.entries, "format": Text(str(current()), True, said.place)})


def what_is_wrong(node: Node) -> tuple[str, str] | None:
    """(what is wrong with the value of `format`, the remedy), None where it is the current edition."""
    if isinstance(node, Text) and node.text == str(current()):
        return None
    reads = "format 1" if current() == 1 else f"the formats 1 to {current()}"
    if isinstance(node, Text) and node.text.isascii() and node.text.isdigit() and int(node.text[:9]) > current():
        message = f"the text is written in format {node.text[:9]}, and this version of the product{_product()} reads"
        return f"{message} {reads}", f"install a newer version of the product, or write the text in format {current()}"
    return "", f"write `format: {current()}`"


def _product() -> str:
    try:
        return f", {version('opportunity-to-order')},"
    except PackageNotFoundError:
        return ""


def plain(node: Node) -> Tree:
    """The tree of a text as one that can be written."""
    match node:
        case Text(text, bare):
            return Bare(text) if bare and not is_plain_text(text) else text
        case Items(items):
            return [plain(each) for each in items]
        case Table(entries):
            return {key: plain(each) for key, each in entries.items()}
