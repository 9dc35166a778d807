"""Which lines of a text belong to which entry of a block: its own, the comments above it, the remarks below it."""

from collections.abc import Sequence
from dataclasses import dataclass

from rules_engine.formats.editing.yaml_spans import Branch, Entry, Leaf, next_line, start_of_line


@dataclass(frozen=True)
class Chunk:
    """An entry in block style with the lines above and below that are its own."""

    lead: int
    start: int
    stop: int  # after the line end of its last line
    end: int  # after the remarks that stand deeper than it


def chunks(text: str, block: Branch, limit: int) -> list[Chunk]:
    """The chunk of each entry; `limit` is where the part of the text ends that belongs to the block."""
    stops = [_stop(text, each) for each in block.entries]
    following = [start_of_line(text, each.start) for each in block.entries[1:]]
    ends = [_own_until(text, stop, until, block.column) for stop, until in zip(stops, [*following, limit], strict=True)]
    leads = [_first_lead(text, block.entries[0]), *ends[:-1]]
    starts: Sequence[int] = [each.start for each in block.entries]
    return [Chunk(*each) for each in zip(leads, starts, stops, ends, strict=True)]


def mid_line(text: str, entry: Entry) -> bool:
    """Whether something stands before it in its line, such as the dash of the item that it begins."""
    return bool(text[start_of_line(text, entry.start) : entry.start].strip("\ufeff "))


def _first_lead(text: str, first: Entry) -> int:
    if mid_line(text, first):
        return first.start
    # Up to the line of the key or dash that holds the block; what stands at the top of a text stays there.
    line = found = start_of_line(text, first.start)
    while found:
        above = start_of_line(text, found - 2 if text[found - 2 : found] == "\r\n" else found - 1)
        said = text[above:found].strip()
        if said and not said.startswith("#"):
            return found
        found = above
    return line


def _stop(text: str, entry: Entry) -> int:
    end = max(entry.value.end, entry.start)
    if isinstance(entry.value, Leaf) and entry.value.style in ("|", ">") and text[end - 1] in "\r\n":
        return end
    return next_line(text, end)


def _own_until(text: str, start: int, end: int, column: int) -> int:
    """Remarks after an entry that stand deeper than it are its own, up to the first that does not."""
    own, at = start, start
    while at < end:
        stop = min(next_line(text, at), end)
        line = text[at:stop]
        said = line.strip()
        if said and (not said.startswith("#") or len(line) - len(line.lstrip(" ")) <= column):
            break
        own, at = (stop if said else own), stop
    return own
