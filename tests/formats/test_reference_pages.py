"""The examples of the reference pages are read as they stand, and no key is left out."""

import re
from pathlib import Path

import pytest

from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.catalog_text import read_catalog
from rules_engine.formats.connector_text import read_connector
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.catalog import Type
from rules_engine.model.operators import OPERATORS
from tests.formats.reading import CATALOG, ROOT, RULE

PAGES = {name: ROOT / f"docs/reference/{name}.md" for name in ("ruleset", "mapping", "cases", "catalog")}


def examples(page: Path) -> list[tuple[str, str]]:
    return re.findall(r"^```yaml (\w+)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def as_conditions(text: str) -> int:
    """Each of the listed conditions on its own."""
    found = [each for each in re.split(r"^- ", text, flags=re.MULTILINE) if each]
    for each in found:
        read_ruleset(RULE + "\n      " + each.replace("\n  ", "\n      "), CATALOG)
    return len(found)


READ = {
    "ruleset": lambda text: len(read_ruleset(text, CATALOG).rules),
    "conditions": as_conditions,
    "mapping": lambda text: len(read_mapping(text, CATALOG).fields),
    "cases": lambda text: len(read_cases(text, CATALOG)),
    "catalog": lambda text: len(read_catalog(text).types),
    "connector": lambda text: len(read_connector(text, CATALOG).mappings),
}


@pytest.mark.parametrize("name", PAGES)
def test_each_example_reads(name: str) -> None:
    found = examples(PAGES[name])
    assert name in {kind for kind, _ in found}
    assert all(READ[kind](text) > 0 for kind, text in found)


def test_each_operator_and_each_type_stands_in_its_page_and_in_an_example() -> None:
    ruleset, catalog = (PAGES[name].read_text("utf-8") for name in ("ruleset", "catalog"))
    assert [name for name in OPERATORS if f"`{name}`" not in ruleset] == []
    assert [each for each in Type if f"`{each}`" not in catalog] == []
