"""A text laid out canonically, with its comments: what a formatter does."""

import re
from collections import defaultdict
from collections.abc import Sequence

from rules_engine.formats.editing.alignment import align
from rules_engine.formats.editing.entry_slots import described
from rules_engine.formats.editing.yaml_blocks import Chunk, chunks
from rules_engine.formats.editing.yaml_spans import (
    Branch,
    Comment,
    Entry,
    Spanned,
    comments,
    end_of_line,
    read_spans,
    start_of_line,
)


def woven(old: str, canonical: str) -> str:
    """The canonical text with every comment of `old`, each at what it was said of, or at what holds that.

    The line ends are the old text's; empty lines are the canonical ones, and those between two comments.
    """
    root = read_spans(old)
    return _Weave(old, canonical, comments(old, root)).text(root, read_spans(canonical))


class _Weave:
    """Gathers for each line of the canonical text the comments above, behind and below it."""

    def __init__(self, old: str, canonical: str, found: Sequence[Comment]) -> None:
        self.old, self.canonical = old, canonical
        self.comments = list(found)
        self.indents = [line[: len(line) - len(line.lstrip(" "))] for line in canonical.split("\n")]
        self.above: dict[int, list[str]] = defaultdict(list)
        self.behind: dict[int, str] = {}
        self.below: dict[int, list[str]] = defaultdict(list)

    def text(self, old: Spanned, now: Spanned) -> str:
        head, foot = self._ends(old)
        self.comments = [each for each in self.comments if each not in head and each not in foot]
        if isinstance(old, Branch) and isinstance(now, Branch):
            self._branch(old, now, len(self.old), 0)
        # What found no place of its own.
        rest = [each.text for each in self.comments]
        lines = self.canonical.removesuffix("\n").split("\n")
        body: list[str] = []
        for number, line in enumerate(lines):
            said = self.behind.get(number)
            body += [*self.above[number], f"{line}  {said}" if said else line, *self.below[number]]
        top = self._grouped(head, "") + ([""] if head and self._apart(head[-1]) else [])
        bottom = ([""] if foot and self._apart_above(foot[0]) else []) + self._grouped(foot, "")
        found = "\n".join([*top, *rest, *body, *bottom]) + "\n"
        line_end = re.search(r"\r\n|\r|\n", self.old)
        mark = "\ufeff" if self.old.startswith("\ufeff") else ""
        return mark + (found.replace("\n", line_end.group()) if line_end else found)

    def _ends(self, old: Spanned) -> tuple[list[Comment], list[Comment]]:
        """The comments before the first entry, and those after the last one's own."""
        if not isinstance(old, Branch) or not old.entries:
            return [], []
        first = start_of_line(self.old, old.entries[0].start) if not old.flow else old.start
        last = old.end if old.flow else chunks(self.old, old, len(self.old))[-1].end
        return [each for each in self.comments if each.start < first], [
            each for each in self.comments if each.start >= last
        ]

    def _branch(self, old: Branch, now: Branch, limit: int, line: int) -> None:
        """`line` is that of the canonical entry that takes what finds no nearer one."""
        if old.flow or now.flow or not old.entries:
            self._take(old.start, old.end, line)
            return
        twins = self._twins(old, now)
        own = chunks(self.old, old, limit)
        for at, (each, chunk) in enumerate(zip(old.entries, own, strict=True)):
            twin = twins[at] or next((one for one in twins[at + 1 :] if one), None)
            if twin is None:
                self._take(chunk.lead, chunk.end, line)
            elif twins[at] is None:
                self._take(chunk.lead, chunk.end, self._line(twin))
            else:
                self._entry(each, twin, chunk, now)

    def _twins(self, old: Branch, now: Branch) -> list[Entry | None]:
        if old.is_map and now.is_map:
            return [now.entry(each.name) for each in old.entries]
        places = align([described(each.value) for each in old.entries], [described(each.value) for each in now.entries])
        found: list[Entry | None] = [None] * len(old.entries)
        for entry, place in zip(now.entries, places, strict=True):
            if place is not None:
                found[place] = entry
        return found

    def _entry(self, old: Entry, now: Entry, chunk: Chunk, inside: Branch) -> None:
        line = self._line(now)
        self._take(chunk.lead, chunk.start, line)
        head = end_of_line(self.old, old.start)
        first_line = [each for each in self.comments if chunk.start <= each.start < head]
        if first_line and line not in self.behind:
            self.behind[line] = first_line[0].text
            self.comments.remove(first_line[0])
        if isinstance(old.value, Branch) and isinstance(now.value, Branch):
            self._branch(old.value, now.value, chunk.end, line)
        self._take(chunk.start, chunk.stop, line)
        left = [each for each in self.comments if chunk.stop <= each.start < chunk.end]
        last = self.canonical.count("\n", 0, max(now.value.end, now.start))
        self.below[last] += self._grouped(left, " " * (inside.column + 2))
        self.comments = [each for each in self.comments if each not in left]

    def _take(self, start: int, end: int, line: int) -> None:
        """Put the comments of that stretch above the line, as deep as it."""
        found = [each for each in self.comments if start <= each.start < end]
        self.above[line] += self._grouped(found, self.indents[line])
        self.comments = [each for each in self.comments if each not in found]

    def _grouped(self, found: Sequence[Comment], indent: str) -> list[str]:
        """The comments as lines; an empty one between two that stood apart."""
        lines: list[str] = []
        for at, each in enumerate(found):
            if at and self._apart_above(each):
                lines.append("")
            lines.append(f"{indent}{each.text}")
        return lines

    def _apart_above(self, comment: Comment) -> bool:
        before = self.old[: start_of_line(self.old, comment.start)]
        return comment.alone and re.search(r"(?>\r\n|\r|\n)[ \t]*(?>\r\n|\r|\n)\Z", before) is not None

    def _apart(self, comment: Comment) -> bool:
        after = self.old[end_of_line(self.old, comment.start) :]
        return re.match(r"(?>\r\n|\r|\n)[ \t]*[\r\n]", after) is not None

    def _line(self, entry: Entry) -> int:
        return self.canonical.count("\n", 0, entry.start)
