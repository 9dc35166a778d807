"""An author's text brought to say something else: what did not change keeps its characters and its comments."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

from rules_engine.formats.editing.alignment import align
from rules_engine.formats.editing.entry_slots import Path, Slot, branches, described, in_order, place_for, renamed
from rules_engine.formats.editing.yaml_blocks import Chunk, mid_line
from rules_engine.formats.editing.yaml_blocks import chunks as chunks_of
from rules_engine.formats.editing.yaml_spans import (
    Branch,
    Comment,
    Entry,
    Leaf,
    Spanned,
    comments,
    end_of_line,
    read_spans,
    same,
    start_of_line,
)
from rules_engine.formats.yaml_writer import WIDTH, quoted

Edit: TypeAlias = tuple[int, int, str]
_BLANK_LINES = re.compile(r"\A(?:[ \t]*(?>\r\n|\r|\n))+")
_UNSAFE_IN_BRACKETS = re.compile(r"[,\[\]{}]")


@dataclass(frozen=True)
class Merging:
    """`was` and `now` are canonical texts of what the author's text `old` says and of what it is to say.

    Keys that the canonical text has and the author's has not (a title that follows from the name) are left out,
    except at and below the paths `explicit`; parts at the paths `whole` are written anew, their comments above them.
    """

    old: str
    was: str
    now: str
    explicit: frozenset[Path] = field(default=frozenset())
    whole: frozenset[Path] = field(default=frozenset())


def merged(merging: Merging) -> str | None:
    """The text; None where that can only be done by writing all of it anew."""
    old = read_spans(merging.old)
    merge = _Merge(merging, comments(merging.old, old))
    edits = merge.node(old, read_spans(merging.was), read_spans(merging.now), (), len(merging.old))
    return None if edits is None else _patched(merging.old, 0, len(merging.old), edits)


def _patched(text: str, start: int, end: int, edits: Sequence[Edit]) -> str:
    """The characters from `start` to `end` with the edits that lie within."""
    found, at = [], start
    for first, last, new in sorted(edits, key=lambda each: each[:2]):
        if first < start or last > end:
            continue
        found += [text[at:first], new]
        at = last
    return "".join([*found, text[at:end]])


class _Merge:
    """One walk through three trees at once, which gathers edits of the author's text; None is "not in place"."""

    def __init__(self, merging: Merging, found: Sequence[Comment]) -> None:
        self.text, self.now_text = merging.old, merging.now
        self.explicit, self.whole = merging.explicit, merging.whole
        self.comments = found
        line = re.search(r"\r\n|\r|\n", merging.old)
        self.eol = line.group() if line else "\n"
        # Comments of what stands within something new now, such as a condition that has become part of a group.
        self.inherited: dict[Entry | None, list[str]] = {}

    def node(self, old: Spanned, was: Spanned | None, now: Spanned, path: Path, limit: int) -> list[Edit] | None:
        """The edits of one value; `limit` is where the part of the text ends that belongs to it."""
        if same(was, now):
            return []
        if path and path in self.whole:
            return None
        if isinstance(old, Leaf) and isinstance(now, Leaf):
            return self._leaf(old, now)
        if not isinstance(old, Branch) or not isinstance(now, Branch) or not isinstance(was, Branch):
            return None
        if not old.is_map == was.is_map == now.is_map or not now.entries or not old.entries:
            return None
        if old.is_map:
            return self._map(old, was, now, path, limit)
        return self._list(old, was, now, path, limit) if len(old.entries) == len(was.entries) else None

    def _leaf(self, old: Leaf, now: Leaf) -> list[Edit] | None:
        if self._comments_between(old.start, old.end):
            return None
        gap = " " if old.start == old.end and self.text[old.start - 1 : old.start] not in (" ", "\t") else ""
        return [(old.start, old.end, gap + self._flow(now))]

    # --- mappings ----------------------------------------------------------------------------------------------

    def _map(self, old: Branch, was: Branch, now: Branch, path: Path, limit: int) -> list[Edit] | None:
        names_now = renamed(old, was, now)
        called = {each.name: names_now.get(each.name, each.name) for each in old.entries}
        before = {names_now.get(each.name, each.name): each.value for each in was.entries}
        # A default that the author wrote out stays.
        kept = [
            each
            for each in old.entries
            if now.entry(called[each.name])
            or (called[each.name] not in before and not self._fully((*path, called[each.name])))
        ]
        names = {called[each.name] for each in kept}
        if not names & {each.name for each in now.entries}:
            return None
        added = [
            each
            for each in now.entries
            if each.name not in names
            and (self._fully((*path, each.name)) or not same(before.get(each.name), each.value))
        ]
        slots: list[Slot] = [(each, now.entry(called[each.name])) for each in kept]
        slots = in_order(slots, [names_now.get(each.name, each.name) for each in was.entries], now)
        for each in added:
            slots.insert(place_for(each, slots, now), (None, each))
        return self._entries(old, [(a, before.get(b.name) if b else None, b) for a, b in slots], path, limit, now)

    def _fully(self, path: Path) -> bool:
        return any(path[: len(each)] == each for each in self.explicit)

    # --- lists -------------------------------------------------------------------------------------------------

    def _list(self, old: Branch, was: Branch, now: Branch, path: Path, limit: int) -> list[Edit] | None:
        places = align([described(each.value) for each in was.entries], [described(each.value) for each in now.entries])
        slots = [
            (None, None, each) if place is None else (old.entries[place], was.entries[place].value, each)
            for place, each in zip(places, now.entries, strict=True)
        ]
        return self._entries(old, slots, path, limit, now)

    # --- both --------------------------------------------------------------------------------------------------

    def _entries(
        self,
        old: Branch,
        slots: "Sequence[tuple[Entry | None, Spanned | None, Entry | None]]",
        path: Path,
        limit: int,
        now: Branch,
    ) -> list[Edit] | None:
        """Edits that make the entries those of `slots`: (the author's, what it said, what it is to say)."""
        chunks = {} if old.flow else dict(zip(old.entries, chunks_of(self.text, old, limit), strict=True))
        edits: list[Edit] = []
        for at, (mine, was, to_be) in enumerate(slots):
            if mine is not None and to_be is not None:
                step = to_be.name if now.is_map else at
                inner = self._entry(mine, was, to_be, old, now, (*path, step), chunks)
                if inner is None:
                    return None
                edits += inner
        if [mine.start if mine else -1 for mine, _, _ in slots] == [each.start for each in old.entries]:
            return edits
        shown = [(mine, to_be) for mine, _, to_be in slots]
        self._wrapped(old, shown, chunks)
        return self._brackets(old, shown, edits) if old.flow else self._block(old, now, shown, edits, chunks)

    def _entry(
        self, mine: Entry, was: Spanned | None, to_be: Entry, old: Branch, now: Branch, path: Path,
        chunks: "dict[Entry, Chunk]",
    ) -> list[Edit] | None:  # fmt: skip
        limit = chunks[mine].end if mine in chunks else mine.value.end
        edits = self.node(mine.value, was, to_be.value, path, limit)
        if edits is None or (not old.flow and edits and self._too_long(mine, edits, to_be)):
            return self._anew(mine, to_be, old, now)
        if mine.key is not None and to_be.key is not None and mine.key.text != to_be.key.text:
            edits = [*edits, (mine.key.start, mine.key.end, self._flow(to_be.key))]
        return edits

    def _too_long(self, mine: Entry, edits: Sequence[Edit], to_be: Entry) -> bool:
        """Brackets that no longer fit into their line, where the canonical text has none."""
        if not isinstance(mine.value, Branch) or not mine.value.flow:
            return False
        if isinstance(to_be.value, Branch) and to_be.value.flow and mine.key is not None:
            return False
        start = start_of_line(self.text, mine.start)
        before = self.text[start : mine.value.end]
        after = _patched(self.text, start, mine.value.end, edits)
        return _longest(after) > max(WIDTH, _longest(before)) and not self._comments_between(start, mine.value.end)

    def _anew(self, mine: Entry, to_be: Entry, old: Branch, now: Branch) -> list[Edit] | None:
        """The entry in canonical style; remarks from within it stand above it then."""
        inside = self._comments_between(mine.start, mine.value.end)
        if old.flow:
            return None if inside else [(mine.start, mine.value.end, self._one_line(to_be))]
        behind = self._comments_between(mine.value.end, end_of_line(self.text, mine.value.end))
        head_end = end_of_line(self.text, mine.start)
        above = [each.text for each in (*inside, *behind) if each.start >= head_end]
        if above and mid_line(self.text, mine):
            return None
        lines = self._lines(to_be, now, old.column)
        at_head = [each.text for each in (*inside, *behind) if each.start < head_end]
        lines[0] = "  ".join([lines[0], *at_head])
        indent = " " * old.column
        stop = behind[-1].start + len(behind[-1].text) if behind else mine.value.end
        prefix = "".join(f"{each}{self.eol}{indent}" for each in above)
        return [(mine.start, stop, prefix + self.eol.join(lines))]

    def _wrapped(self, old: Branch, slots: Sequence[Slot], chunks: "dict[Entry, Chunk]") -> None:
        used = {mine.start for mine, _ in slots if mine is not None}
        gone = [each for each in old.entries if each.start not in used and each in chunks]
        for to_be in [to_be for mine, to_be in slots if mine is None and to_be is not None]:
            within = {described(each)[1] for each in branches(to_be.value)}
            for each in [each for each in gone if described(each.value)[1] in within]:
                chunk = chunks[each]
                found = [comment.text for comment in self._comments_between(chunk.lead, chunk.end)]
                self.inherited.setdefault(to_be, []).extend(found)
                gone.remove(each)

    def _block(
        self,
        old: Branch,
        now: Branch,
        slots: Sequence[Slot],
        edits: Sequence[Edit],
        chunks: "dict[Entry, Chunk]",
    ) -> list[Edit] | None:
        """The whole block with its entries in a new order; empty lines stay where they were, comments go along."""
        listed = [chunks[each] for each in old.entries]
        first_blanks, blanks = self._blanks(listed, now)
        within_line = mid_line(self.text, old.entries[0])
        parts = []
        for at, (mine, to_be) in enumerate(slots):
            lead, body = self._own_lines(mine, to_be, old, now, edits, chunks)
            if at == 0 and within_line:
                if lead.strip():
                    return None
                parts.append(body)
                continue
            if mine is None or at == 0 or mine is old.entries[0]:
                lead = self.eol * (blanks if at else first_blanks) + _BLANK_LINES.sub("", lead)
            parts.append(f"{lead}{' ' * old.column}{body}")
        start, stop = listed[0].lead, listed[-1].end
        whole = "".join(parts)
        ended = self.text[start:stop].endswith(("\n", "\r"))
        return [(start, stop, whole if ended else whole.removesuffix(self.eol))]

    def _own_lines(
        self, mine: Entry | None, to_be: Entry | None, old: Branch, now: Branch, edits: Sequence[Edit],
        chunks: "dict[Entry, Chunk]",
    ) -> tuple[str, str]:  # fmt: skip
        """The lines above an entry that belong to it, and its own from its first character."""
        if mine is None:
            above = "".join(f"{' ' * old.column}{each}{self.eol}" for each in self.inherited.get(to_be, ()))
            return above, self.eol.join([*self._lines(to_be, now, old.column), ""]) if to_be is not None else ""
        chunk = chunks[mine]
        lead = self.text[chunk.lead : max(chunk.lead, start_of_line(self.text, chunk.start))]
        body = _patched(self.text, chunk.start, chunk.end, edits)
        return lead, body if body.endswith(("\n", "\r")) else body + self.eol

    def _blanks(self, chunks: Sequence[Chunk], now: Branch) -> tuple[int, int]:
        """How many empty lines stand before the first entry, and before each other one."""
        counts = [self._empty_lines(each) for each in chunks]
        if len(counts) > 1:
            return counts[0], Counter(counts[1:]).most_common(1)[0][0]
        if len(now.entries) < 2 or now.flow:
            return counts[0], 0
        between = self.now_text[now.entries[0].value.end : now.entries[1].start]
        return counts[0], max(0, between.count("\n") - 1)

    def _empty_lines(self, chunk: Chunk) -> int:
        lead = self.text[chunk.lead : chunk.start]
        head = lead[: len(lead) - len(lead.lstrip(" \t\r\n"))]
        return head.replace("\r\n", "\n").replace("\r", "\n").count("\n")

    def _brackets(self, old: Branch, slots: Sequence[Slot], edits: Sequence[Edit]) -> list[Edit] | None:
        if self._comments_between(old.start, old.end):
            return None
        gaps = [self.text[a.value.end : b.start] for a, b in pairwise(old.entries)]
        joiner = gaps[0] if gaps else ", "
        parts: list[str] = []
        for mine, to_be in slots:
            if mine is not None:
                parts.append(_patched(self.text, mine.start, mine.value.end, edits))
            elif to_be is not None:
                parts.append(self._one_line(to_be))
        return [(old.entries[0].start, old.entries[-1].value.end, joiner.join(parts))]

    def _comments_between(self, start: int, end: int) -> list[Comment]:
        return [each for each in self.comments if start <= each.start < end]

    # --- canonical text at the author's place ------------------------------------------------------------------

    def _lines(self, entry: Entry, inside: Branch, column: int) -> list[str]:
        """The entry's lines, the first without its indent."""
        if inside.flow:
            return [self._one_line(entry)] if inside.is_map else [f"- {self._one_line(entry)}"]
        own = self.now_text[entry.start : max(entry.value.end, entry.start)].split("\n")
        shift = column - inside.column
        return [own[0], *(" " * (len(line) - len(line.lstrip()) + shift) + line.lstrip() for line in own[1:])]

    def _one_line(self, entry: Entry) -> str:
        value = self._flow(entry.value)
        return f"{self._flow(entry.key)}: {value}" if entry.key is not None else value

    def _flow(self, node: Spanned) -> str:
        """The node so that it can stand anywhere, also within brackets."""
        if isinstance(node, Leaf):
            raw = self.now_text[node.start : node.end]
            return quoted(node.text) if not node.style and _UNSAFE_IN_BRACKETS.search(raw) else raw
        inner = ", ".join(self._one_line(each) for each in node.entries)
        return f"{{{inner}}}" if node.is_map else f"[{inner}]"


def _longest(text: str) -> int:
    return max(len(line) for line in text.splitlines())
