"""A frozen evaluation is decided as it was, on masked data, or says what it had to keep."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings

from rules_engine.analysis.freeze import Frozen, Published, freeze
from rules_engine.analysis.mask import Masker
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.case import Case, Event, Rate
from rules_engine.model.errors import Permanent
from rules_engine.model.fixture import Expectation, FixtureCase
from rules_engine.model.ruleset import Ruleset, Verdict
from rules_engine.model.values import Money, get
from rules_engine.shipped import shipped
from tests.formats.reading import CATALOG, RICH
from tests.strategies import cases, rulesets

NOW = datetime(2026, 3, 4, 9, tzinfo=UTC)
MAPPING = read_mapping((shipped("rulesets") / "on-close/mapping.yaml").read_text("utf-8"), CATALOG)
BLANK = FixtureCase("frozen", NOW, Expectation(Verdict.IGNORE), record="./x.json", previous_record="./x.before.json")
RECORD = {
    "opportunity": {"name": "Crane for Li", "stage": "closed_won", "description": "urgent: call Li"},
    "account": {"name": "Hafen Nord", "tax_id": "DE811234567"},
    "contact": {"name": "Hafen Nord", "email": "li@hafen.de", "phone": "+49 40 12345"},
    "line_items": ({"id": "L-1", "sku": "", "name": "assembly", "note": "for Li"},
                   {"id": "L-2", "sku": "", "name": "crane", "note": "for Wu"}),
}  # fmt: skip


WORDS = {
    "account.name": "Hafen Nord",
    "opportunity.description": "urgent: call Li",
    "contact.email": "li@hafen.de",
    "line_items.note": "for Wu",
}


def a_ruleset(when: str) -> Ruleset:
    return read_ruleset(
        f"format: 1\nruleset: sample\nstep: opportunity-to-quote\nrules:\n"
        f"  - {{id: a, then: {{hold: look at it}}, when: {when}}}\n",
        CATALOG,
    )


def frozen(when: str, previous=None, *events: Event) -> Frozen:
    ruleset = a_ruleset(when)
    case = Case("7", RECORD, events, previous, zone="Europe/Berlin")
    decision = evaluate(ruleset, case, NOW, ReferenceMatcher(), CATALOG)
    masker = Masker(b"k" * 32)
    return freeze(case, decision, Published(ruleset, MAPPING), ReferenceMatcher(), CATALOG, masker, BLANK)


@pytest.mark.parametrize(
    "when",
    [
        "{field: contact.name, is: {field: account.name}}",
        "{field: contact.name, is_not: {field: account.name}}",
        "{field: contact.email, contains: '@'}",
        "{field: account.tax_id, starts_with: DE}",
        "{field: contact.phone, starts_with: '+49'}",
        "{length: account.name, at_least: 10}",
        "{some: line_items, where: {field: note, is_not_empty: true}}",
        "{field: opportunity.stage, is: closed_won}",
    ],
)
def test_conditions_over_shape_and_equality_need_nothing_kept(when):
    found = frozen(when)
    assert found.kept == {}
    assert found.fixture.expect.verdict is (Verdict.IGNORE if "is_not: {" in when else Verdict.HOLD)
    assert get(found.record, "contact.name") == get(found.record, "account.name") != "Hafen Nord"


@pytest.mark.parametrize(
    ("when", "path"),
    [
        ("{field: account.name, is: Hafen Nord}", "account.name"),
        ("{field: opportunity.description, contains: urgent}", "opportunity.description"),
        ("{field: contact.email, ends_with: '@hafen.de'}", "contact.email"),
        ("{some: line_items, where: {field: note, is: for Wu}}", "line_items.note"),
        ("{none: [{all: [{field: account.name, is_not: Hafen Nord}]}]}", "account.name"),
    ],
)
def test_what_a_condition_reads_word_for_word_is_kept_and_said(when, path):
    found = frozen(when)
    assert list(found.kept) == [path]
    assert found.kept[path].startswith("`a` reads it: ")
    assert path not in found.masked
    assert f"'{WORDS[path]}'" in str(found.record)
    assert found.fixture.expect == Expectation(Verdict.HOLD, "a", "look at it")
    assert "811234567" not in str(found.record)


def test_a_change_stays_a_change_and_no_change_none():
    before = {**RECORD, "opportunity": {**RECORD["opportunity"], "name": "Crane"}}
    found = frozen("{field: opportunity.name, changed: true}", before)
    assert (found.fixture.expect.verdict, found.kept, found.fixture.previous_record) == (
        Verdict.HOLD, {}, "./x.before.json",
    )  # fmt: skip
    same = frozen("{field: opportunity.name, changed: true}", RECORD)
    assert (same.fixture.expect.verdict, same.previous) == (Verdict.IGNORE, same.record)


def test_a_case_that_was_never_evaluated_has_no_file_of_before():
    assert frozen("{field: opportunity.stage, is: closed_won}").fixture.previous_record == ""


def test_events_of_two_senders_with_one_id_stay_two():
    events = [Event("reminder.sent", NOW, "1", {"to": "li@hafen.de"}), Event("reminder.sent", NOW, "1")]
    found = frozen("{happened: reminder.sent, at_least: 2}", None, *events)
    assert found.fixture.expect.verdict is Verdict.HOLD
    assert [each.id for each in found.fixture.events] == ["1", "1~2"]
    assert "hafen" not in str(found.fixture.events)


def test_what_converts_expects_its_figures():
    won = (shipped("rulesets") / "on-close/ruleset.yaml").read_text("utf-8")
    ruleset = read_ruleset(won, CATALOG)
    line = {"id": "L-1", "kind": "product", "sku": "A", "name": "Crane", "quantity": Decimal(2)}
    case = Case("7", {**RECORD, "line_items": (line,)}, zone="Europe/Berlin")
    decision = evaluate(ruleset, case, NOW, ReferenceMatcher(), CATALOG)
    found = freeze(case, decision, Published(ruleset, MAPPING), ReferenceMatcher(), CATALOG, Masker(b"k" * 32), BLANK)
    assert found.fixture.expect.verdict is Verdict.CONVERT
    assert found.fixture.expect.fields["lines[L-1].quantity"] == 2


def test_a_decision_that_cannot_be_had_again_is_not_frozen():
    case = Case("7", RECORD)
    decision = evaluate(a_ruleset("{field: account.name, is: Wu}"), case, NOW, ReferenceMatcher(), CATALOG)
    other = Published(a_ruleset("{field: account.name, is: Hafen Nord}"), MAPPING)
    with pytest.raises(Permanent, match="decided ignore then and decides hold by `a` of the same values now"):
        freeze(case, decision, other, ReferenceMatcher(), CATALOG, Masker(b"k" * 32), BLANK)


@pytest.mark.parametrize(("amount", "verdict", "rates"), [(1000, "hold", 1), (850, "ignore", 1)])
def test_of_a_workspace_s_rates_those_stay_that_the_decision_needs(amount, verdict, rates):
    ruleset = a_ruleset("{field: opportunity.amount, at_least: 1000 USD}")
    start = date(2025, 1, 1)
    days = [start + timedelta(days=7 * week) for week in range(70)]
    known = tuple(Rate("EUR", quote, Decimal("1.10"), day) for day in days for quote in ("USD", "CHF", "JPY"))
    case = Case("7", {"opportunity": {"amount": Money(Decimal(amount), "EUR")}}, rates=known)
    decision = evaluate(ruleset, case, NOW, ReferenceMatcher(), CATALOG)
    masker = Masker(b"k" * 32)
    found = freeze(case, decision, Published(ruleset, MAPPING), ReferenceMatcher(), CATALOG, masker, BLANK)
    assert (found.fixture.expect.verdict.value, len(found.fixture.rates)) == (verdict, rates)
    assert found.fixture.rates[0].quote == "USD"


@settings(max_examples=100)
@given(rulesets(RICH, most=3), cases(RICH))
def test_whatever_was_decided_is_decided_again_on_masked_data(ruleset: Ruleset, case: Case):
    """Over every kind of condition: those that read a text word for word get it back."""
    decision = evaluate(ruleset, case, NOW, ReferenceMatcher(), RICH)
    assume(not decision.disagreement)
    published = Published(ruleset, MAPPING)
    found = freeze(case, decision, published, ReferenceMatcher(), RICH, Masker(b"k" * 32), BLANK)
    again = Case("", found.record, found.fixture.events, found.previous, found.fixture.rates, found.fixture.zone,
                 found.fixture.fiscal_start, found.fixture.rates_on)  # fmt: skip
    seen = evaluate(ruleset, again, NOW, ReferenceMatcher(), RICH)
    assert (seen.verdict, seen.rule) == (decision.verdict, decision.rule)
    assert [each.truth for each in seen.rules] == [each.truth for each in decision.rules]
