"""A rule that asks one field to be two values at once is found."""

from rules_engine.analysis.never_true import never_true
from rules_engine.formats.ruleset_text import read_ruleset
from tests.formats.reading import CATALOG, RULE


def messages(condition: str) -> list[str]:
    found = list(never_true(read_ruleset(RULE + condition, CATALOG)))
    assert all(each.check == "never-true" and each.place.line == 7 for each in found)
    return [each.message for each in found]


def test_two_values_of_one_field_in_an_all_group_can_never_be() -> None:
    won, lost = "{field: opportunity.stage, is: closed_won}", "{field: opportunity.stage, is: closed_lost}"
    said = ["rule `only` can never be true: `opportunity.stage` cannot be two values at once"]
    assert messages(f"{{all: [{won}, {lost}]}}") == said
    assert messages(f"{{all: [{won}, {{all: [{won}, {lost}]}}]}}") == said
    assert messages(f"{{any: [{won}, {lost}]}}") == []
    assert messages(f"{{none: [{{all: [{won}, {lost}]}}]}}") == []
    assert messages(f"{{all: [{won}, {won}]}}") == []


def test_values_that_may_be_equal_after_all_are_not_reported() -> None:
    amounts = "{all: [{field: opportunity.amount, is: 110 USD}, {field: opportunity.amount, is: 100 EUR}]}"
    assert messages(amounts) == []
    accents = '{all: [{field: opportunity.name, is: "Zo\\u00eb"}, {field: opportunity.name, is: "Zoe\\u0308"}]}'
    assert messages(accents) == []
