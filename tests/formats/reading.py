"""What the tests of the formats share: the shipped catalog, and findings as comparable lines."""

from collections.abc import Callable
from pathlib import Path

import pytest

from rules_engine.formats.catalog_text import read_catalog
from rules_engine.model.catalog import Choice, Field, Type
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding
from tests.strategies import with_clocks

ROOT = Path(__file__).parents[2]
CATALOG = read_catalog((ROOT / "rulesets/catalog.yaml").read_text("utf-8"), "catalog.yaml")
# The shipped catalog has no list of choices, and customers' do.
_TAGS = Field("Tags__c", Type.CHOICES, "Tags", tuple(Choice(code, code.title()) for code in ("hot", "cold", "5")))
RICH = with_clocks(CATALOG).with_fields("opportunity", {"Tags__c": _TAGS})

RULE = """\
format: 1
ruleset: sample
step: opportunity-to-quote
rules:
  - id: only
    then: convert
    when: """


def findings(read: Callable[[], object]) -> tuple[Finding, ...]:
    """All that the reader refuses the text for."""
    with pytest.raises(Unreadable) as raised:
        read()
    return raised.value.findings
