"""A hold without a reason leaves people guessing."""

from rules_engine.analysis.check_ruleset import check_ruleset
from rules_engine.analysis.hold_without_reason import hold_without_reason
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.ruleset import Any, Comparison, Literal
from tests.formats.reading import CATALOG, ROOT, RULE


def test_each_hold_without_a_reason_is_found() -> None:
    text = RULE.replace("then: convert", "then: hold").replace("rules:", "otherwise: hold\nrules:") + "{no: files}"
    found = list(hold_without_reason(read_ruleset(text, CATALOG)))
    assert [(each.check, each.message, each.place.line) for each in found] == [
        ("hold-without-reason", "rule `only` holds without saying why", 6),
        ("hold-without-reason", "`otherwise` holds without saying why", 1),
    ]


def test_a_hold_with_its_reason_is_fine() -> None:
    text = RULE.replace("then: convert", "then: {hold: no line}") + "{no: files}"
    assert check_ruleset(read_ruleset(text, CATALOG), CATALOG) == ()


def test_the_shipped_rulesets_have_no_findings() -> None:
    for file in sorted((ROOT / "rulesets").glob("*/ruleset.yaml")):
        assert check_ruleset(read_ruleset(file.read_text("utf-8"), CATALOG, file.name), CATALOG) == ()


def test_a_ruleset_that_was_not_read_from_text_is_checked_against_the_catalog() -> None:
    ruleset = read_ruleset(RULE + "{no: files}", CATALOG)
    rule = ruleset.rules[0]
    wrong = Any((Comparison("opportunity.amont", "is", Literal("x")),))
    broken = type(ruleset)(ruleset.name, ruleset.title, ruleset.step, (type(rule)("a", "A", wrong, rule.then),))
    assert [each.check for each in check_ruleset(broken, CATALOG)] == ["unknown-field"]
