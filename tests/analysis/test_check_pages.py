"""Each check has its page, and the page's examples do what it says."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from rules_engine.analysis.check_ruleset import check_ruleset
from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.catalog_text import read_catalog
from rules_engine.formats.mapping_text import check_mapping, read_mapping
from rules_engine.formats.record_json import read_record
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding
from tests.formats.reading import CATALOG, ROOT, RULE
from tests.formats.test_mapping_text import HEAD

PAGES = sorted((ROOT / "docs/checks").glob("*.md"))
EMITTED = re.compile(r"(?:error|Finding|report)\(\s*\"([a-z]+(?:-[a-z]+)+)\"|^CHECK = \"([a-z-]+)\"", re.MULTILINE)


def checks() -> set[str]:
    """The name of every check that the readers and the analysis can report."""
    files = [file for part in ("formats", "analysis") for file in (ROOT / "rules_engine" / part).rglob("*.py")]
    found = [EMITTED.findall(file.read_text("utf-8")) for file in files]
    words = {first or second for each in found for first, second in each}
    helpers = re.compile(r"self\._fail\(\s*\"([a-z-]+)\"")
    return words | {name for file in files for name in helpers.findall(file.read_text("utf-8"))}


def test_each_check_has_a_page_and_each_page_a_check() -> None:
    names = checks()
    assert len(names) > 30
    assert {page.stem for page in PAGES} == names


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_a_page_says_what_to_avoid_what_to_prefer_and_why(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text.startswith(f"# {page.stem}\n")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Avoid", "Prefer", "Why"]
    examples = re.findall(r"^```\w+ (\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(examples) in (0, 2)
    said = [{each.check for each in READ[kind](example)} for kind, example in examples]
    assert [page.stem in each for each in said] == [True, False][: len(examples)]
    assert said[1:] in ([], [set()])


def _ruleset(text: str) -> tuple[Finding, ...]:
    return check_ruleset(read_ruleset(text, CATALOG), CATALOG)


def _nothing(_: object) -> tuple[Finding, ...]:
    return ()


def _said(read: Callable[[str], tuple[Finding, ...]]) -> Callable[[str], tuple[Finding, ...]]:
    def findings(text: str) -> tuple[Finding, ...]:
        try:
            return read(text)
        except Unreadable as error:
            return error.findings

    return findings


READ = {
    "condition": _said(lambda text: _ruleset(RULE + text)),
    "ruleset": _said(_ruleset),
    "mapping": _said(lambda text: check_mapping(read_mapping(HEAD + text, CATALOG), CATALOG)),
    "cases": _said(lambda text: _nothing(read_cases(text, CATALOG))),
    "catalog": _said(lambda text: _nothing(read_catalog(text))),
    "record": _said(lambda text: _nothing(read_record(text, CATALOG, "case"))),
}
