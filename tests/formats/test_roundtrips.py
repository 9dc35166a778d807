"""What is written reads back as it was: rulesets and mappings as text, all of the model as JSON."""

from hypothesis import HealthCheck, given, settings

from rules_engine.formats.mapping_text import check_mapping, read_mapping, write_mapping
from rules_engine.formats.ruleset_text import read_ruleset, write_ruleset
from rules_engine.model.finding import Severity
from rules_engine.model.mapping import Mapping
from rules_engine.model.ruleset import Ruleset
from tests.formats.reading import CATALOG, RICH
from tests.strategies import mappings, rulesets


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rulesets(RICH))
def test_a_written_ruleset_reads_back_equal(ruleset: Ruleset) -> None:
    text = write_ruleset(ruleset)
    again = read_ruleset(text, RICH)
    assert again == ruleset, text
    assert write_ruleset(again) == text


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mappings(CATALOG))
def test_a_written_mapping_reads_back_equal(mapping: Mapping) -> None:
    text = write_mapping(mapping)
    again = read_mapping(text, CATALOG)
    assert again == mapping, text
    assert write_mapping(again) == text
    assert [each for each in check_mapping(mapping, CATALOG) if each.severity is Severity.ERROR] == []
