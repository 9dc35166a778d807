"""Any text in any style: quotes, brackets, indents, empty lines and comments as they come, the meaning kept."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random

from rules_engine.formats.editing.yaml_spans import Branch, Entry, Leaf, Spanned, read_spans
from rules_engine.formats.yaml_writer import quoted


@dataclass
class Style:
    """How one author writes; every choice is the generator's."""

    random: Random
    text: str
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def remark(self) -> str:
        return f"  # {next(self.numbers)}" if self.chance(0.2) else ""

    def above(self, indent: str) -> list[str]:
        """Empty lines and comments before a line."""
        found = [""] * self.random.choice([0, 0, 0, 1, 2])
        while self.chance(0.25):
            found += [f"{indent}# {next(self.numbers)}", *([""] if self.chance(0.2) else [])]
        return found

    def word(self, leaf: Leaf, *, within: bool = False) -> str:
        raw = self.text[leaf.start : leaf.end]
        if not leaf.is_text or not leaf.text.isprintable():
            return raw
        if self.chance(0.2):
            return "'" + leaf.text.replace("'", "''") + "'"
        if self.chance(0.1):
            return '"' + leaf.text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return quoted(leaf.text) if within else raw


def styled(canonical: str, random: Random) -> str:
    """The canonical text as some author would have written it."""
    style = Style(random, canonical)
    root = read_spans(canonical)
    assert isinstance(root, Branch)
    lines = [*style.above(""), *_block(root, "", style), *style.above("")]
    return "\n".join(lines) + ("\n" if style.chance(0.9) else "")


def _block(node: Branch, indent: str, style: Style) -> list[str]:
    lines: list[str] = []
    for each in node.entries:
        mark = f"{style.word(each.key)}:" if each.key else "-"
        lines += [*style.above(indent), *_entry(each, mark, indent, style)]
    return lines


def _entry(each: Entry, mark: str, indent: str, style: Style) -> list[str]:
    value = each.value
    if isinstance(value, Leaf):
        return [f"{indent}{mark}{' ' * style.random.choice([1, 1, 3])}{style.word(value)}{style.remark()}"]
    if not value.entries or style.chance(0.35):
        return _flow_entry(value, f"{indent}{mark}", style)
    deeper = indent + " " * style.random.choice([2, 2, 4, 3])
    if each.key and not value.is_map and style.chance(0.3):
        deeper = indent
    inner = _block(value, deeper, style)
    if each.key is None and style.chance(0.7) and not inner[0].lstrip().startswith("#") and inner[0].strip():
        gap = " " * (len(deeper) - len(indent) - 1)
        return [f"{indent}-{gap}{inner[0].lstrip()}", *inner[1:]]
    return [f"{indent}{mark}{style.remark()}", *inner]


def _flow_entry(value: Branch, head: str, style: Style) -> list[str]:
    return [f"{head} {_flow(value, style)}{style.remark()}"]


def _flow(node: Spanned, style: Style) -> str:
    if isinstance(node, Leaf):
        return style.word(node, within=True)
    inner = [f"{style.word(each.key, within=True)}: " if each.key else "" for each in node.entries]
    parts = [mark + _flow(each.value, style) for mark, each in zip(inner, node.entries, strict=True)]
    gap = style.random.choice(["", "", " "])
    joined = style.random.choice([", ", ", ", " , "]).join(parts)
    return f"{{{gap}{joined}{gap}}}" if node.is_map else f"[{gap}{joined}{gap}]"
