"""Every page: its console blocks print what it says, its excerpts stand in their files, its links lead somewhere."""

import difflib
import re
from pathlib import Path

import pytest

from tests.docs.console import ROOT, blocks, is_excerpt, pages, refreshed

LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)\)")
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in pages()}
WITH_CONSOLE = [name for name, text in TEXTS.items() if any(each.language == "console" for each in blocks(text))]


@pytest.mark.parametrize("name", WITH_CONSOLE)
def test_what_the_console_blocks_show_is_what_the_commands_print(name):
    from rules_engine.cli import main

    now = refreshed(TEXTS[name], main)
    difference = difflib.unified_diff(TEXTS[name].splitlines(), now.splitlines(), name, "now", lineterm="", n=1)
    assert now == TEXTS[name], "run `python -m tests.docs --write`\n" + "\n".join(difference)


@pytest.mark.parametrize("name", TEXTS)
def test_excerpts_stand_in_their_files(name):
    excerpts = [each for each in blocks(TEXTS[name]) if each.source]
    assert [f"{name}:{each.first + 1} {each.source}" for each in excerpts if not is_excerpt(each)] == []


def without_blocks(text: str) -> str:
    lines = text.split("\n")
    for block in blocks(text):
        lines[block.first : block.last] = [""] * (block.last - block.first)
    return "\n".join(lines)


def links(text: str) -> list[tuple[str, str]]:
    """(path, anchor) of each link that is no address on the web; "" is the page itself."""
    prose = re.sub(r"`[^`\n]*`", "", without_blocks(text))
    split = [link["target"].partition("#") for link in LINK.finditer(prose)]
    return [(path, anchor) for path, _, anchor in split if not re.match(r"[a-z]+:", path)]


def anchors(text: str) -> set[str]:
    """Headings as the forges write them: lower case, spaces to hyphens, punctuation gone."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).strip().replace(" ", "-") for each in headings}


def leads_to(name: str, target: str) -> Path:
    return ((ROOT / name).parent / target).resolve() if target else ROOT / name


def is_dead(path: Path, anchor: str) -> bool:
    return not path.exists() or bool(anchor) and anchor not in anchors(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_leads_to_a_file_and_a_heading_that_are_there(name):
    found = links(TEXTS[name])
    assert [target for target, anchor in found if is_dead(leads_to(name, target), anchor)] == []


def reached_from(name: str) -> set[str]:
    """The pages that the page links to; a link to a folder reaches every page in it."""
    paths = [leads_to(name, target) for target, _ in links(TEXTS[name])]
    return {
        page for page in TEXTS if any((ROOT / page) == path or (ROOT / page).is_relative_to(path) for path in paths)
    }


def test_every_page_of_docs_is_reached_from_the_index():
    known: set[str] = set()
    waiting = {"docs/index.md"}
    while waiting:
        known |= waiting
        waiting = set().union(*(reached_from(name) for name in waiting)) - known
    assert {each for each in TEXTS if each.startswith("docs/")} - known == set()
