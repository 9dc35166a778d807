"""A form's edit written into the author's own text: comments, order, quotes and empty lines stay as they were."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.cases_writer import write_cases
from rules_engine.formats.editing.entry_slots import Path
from rules_engine.formats.editing.text_layout import woven
from rules_engine.formats.editing.text_merge import Merging, merged
from rules_engine.formats.editing.yaml_spans import Branch, Spanned, comments, read_spans, same
from rules_engine.formats.mapping_text import read_mapping, write_mapping
from rules_engine.formats.ruleset_text import read_ruleset, write_ruleset
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import Unreadable
from rules_engine.model.fixture import FixtureCase
from rules_engine.model.mapping import Mapping
from rules_engine.model.ruleset import Ruleset

Said: TypeAlias = Ruleset | Mapping | tuple[FixtureCase, ...]
Canonical: TypeAlias = Callable[[str], str]


@dataclass(frozen=True)
class Edited:
    """`gone` are the comments that went with what was removed; `rewritten` says that all of it is canonical now."""

    text: str
    gone: tuple[str, ...] = ()
    rewritten: bool = False


def apply(old: str, new: Said, catalog: Catalog) -> str:
    """The text `old` so that it says `new`; raises Unreadable where `old` cannot be read."""
    return edit(old, new, catalog).text


def edit(old: str, new: Said, catalog: Catalog) -> Edited:
    """As `apply`, with what an author must be told of."""
    match new:
        case Ruleset():
            return edited(old, write_ruleset(new), lambda text: write_ruleset(read_ruleset(text, catalog)))
        case Mapping():
            return edited(old, write_mapping(new), lambda text: write_mapping(read_mapping(text, catalog)))
        case _:
            name = ruleset_named(old)
            return edited(old, write_cases(new, name), lambda text: write_cases(read_cases(text, catalog), name))


def ruleset_named(cases: str) -> str:
    """The ruleset that a text of cases says it is of, "" where it does not say."""
    root = read_spans(cases)
    entry = root.entry("ruleset") if isinstance(root, Branch) else None
    return getattr(entry.value, "text", "") if entry else ""


def edited(old: str, now: str, canonical: Canonical) -> Edited:
    """`old` so that it says what the canonical text `now` does.

    `canonical` makes the canonical text of any text, or raises Unreadable. Each attempt is read again; what it does
    not say rightly is written out more fully in the next one.
    """
    merging = Merging(old, canonical(old), now)
    wanted = _said(now, canonical)
    attempts: list[tuple[bool, bool]] = [(False, False), (True, False), (True, True)]
    doubtful: frozenset[Path] = frozenset()
    for explicit, whole in attempts:
        found = merged(
            Merging(old, merging.was, now, doubtful if explicit else frozenset(), doubtful if whole else frozenset())
        )
        if found is None:
            break
        said = _said(found, canonical)
        if said == wanted:
            return Edited(found, _gone(old, found))
        doubtful = _changed(said or merging.was, now)
    text = woven(old, now)
    return Edited(text, _gone(old, text), rewritten=True)


def _said(text: str, canonical: Canonical) -> str | None:
    try:
        return canonical(text)
    except Unreadable:
        return None


def _changed(said: str, now: str) -> frozenset[Path]:
    """The paths, two steps deep, at which two canonical texts differ."""
    return frozenset(_differing(read_spans(said), read_spans(now), ()))


def _differing(said: Spanned | None, now: Spanned, path: Path) -> list[Path]:
    if same(said, now):
        return []
    if len(path) == 2 or not isinstance(now, Branch) or not isinstance(said, Branch) or said.is_map != now.is_map:
        return [path]
    found: list[Path] = []
    for at, each in enumerate(now.entries):
        theirs = said.entry(each.name) if now.is_map else said.entries[at] if at < len(said.entries) else None
        found += _differing(theirs.value if theirs else None, each.value, (*path, each.name if now.is_map else at))
    return found or [path]


def _gone(old: str, new: str) -> tuple[str, ...]:
    """The comments of `old` that `new` has not."""
    before = [each.text for each in comments(old, read_spans(old))]
    lost = Counter(before) - Counter(each.text for each in comments(new, read_spans(new)))
    return tuple(lost.elements())


def formatted(text: str, part: str, catalog: Catalog, file: str = "") -> str:
    """The text in canonical layout with all its comments; `part` is `ruleset`, `mapping` or `cases`.

    Raises Unreadable. Formatting twice is formatting once.
    """
    match part:
        case "ruleset":
            return woven(text, write_ruleset(read_ruleset(text, catalog, file)))
        case "mapping":
            return woven(text, write_mapping(read_mapping(text, catalog, file)))
        case "cases":
            return woven(text, write_cases(read_cases(text, catalog, file), ruleset_named(text)))
        case _:
            raise ValueError(part)
