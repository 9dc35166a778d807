"""What a change of a connected system breaks of the rules and mappings that ship."""

from datetime import UTC, datetime

import pytest

from rules_engine.analysis.drift import Part, crm_uses, findings, order_uses, together, unsendable
from rules_engine.analysis.schema_changes import Drift, Kind, SchemaChange, schema_changes
from rules_engine.folders import full_catalog, read_draft, ruleset_folder, systems
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.catalog import Type
from rules_engine.model.finding import Severity
from tests.changing_schema import field, removed, without_choice

CRM, BOOK = systems()["sample_crm"], systems()["order_book"]
BEFORE, AFTER = datetime(2026, 3, 3, 9, tzinfo=UTC), datetime(2026, 3, 4, 8, 30, tzinfo=UTC)
OPPORTUNITY, LINE, ACCOUNT = "sample_crm.opportunity", "sample_crm.line", "sample_crm.account"
QUOTE, ITEM = "order_book.quote", "order_book.item"
OWN = """format: 1
mapping: own
from: case
to: quote
fields:
  opportunity: {from: opportunity.id, required: true}
  customer: {from: account.id, required: true}
  currency: opportunity.currency
"""


def part(name="on-close", ruleset="", mapping=""):
    draft = read_draft(ruleset_folder(name))
    return Part(
        name,
        read_ruleset(ruleset or draft.ruleset_text, full_catalog()),
        read_mapping(mapping or draft.mapping_text, full_catalog()),
    )


def with_rule(when):
    head = "format: 1\nruleset: own\nstep: opportunity-to-quote\n"
    return part(ruleset=f"{head}rules:\n  - id: own\n    when: {when}\n    then: convert\n")


def of_crm(change, by=None):
    changes = schema_changes(CRM.catalog, change(CRM.catalog))
    return said("crm", changes, crm_uses(changes, CRM.catalog, CRM.to_case, by or part()))


def of_book(change, by=None):
    changes = schema_changes(BOOK.catalog, change(BOOK.catalog))
    return said("book", changes, order_uses(changes, BOOK.catalog, BOOK.mappings["quote"], by or part()))


def said(connection, changes, uses):
    return findings(connection, [Drift(each, BEFORE, AFTER) for each in changes], uses)


def words(found):
    return [(each.severity, each.message) for each in found]


def test_a_removed_field_names_the_connection_the_moments_and_every_rule_and_mapped_field():
    ((severity, message),) = words(of_crm(removed(OPPORTUNITY, "StageName")))
    assert severity is Severity.ERROR
    assert message == (
        "the field `StageName` of `sample_crm.opportunity` in `crm` was removed (seen first on 2026-03-04 08:30 UTC,"
        " still as before on 2026-03-03 09:00 UTC); it breaks the rule `nothing-to-quote` of `on-close`, the rule `won`"
        " of `on-close`; it touches `opportunity.stage` of the case"
    )


def test_a_retyped_field_says_what_it_was_and_is():
    (found,) = of_crm(field(OPPORTUNITY, "Amount", type=Type.TEXT))
    assert "was number and is text" in found.message
    assert "it breaks `expected_amount` of the mapping of `on-close`" in found.message


def test_a_field_of_an_account_below_the_opportunity_is_followed_through_the_case():
    (found,) = of_crm(removed("sample_crm.address", "City"))
    assert "breaks `billing_address` of the mapping of `on-close`, `shipping_address` of" in found.message


def test_a_field_of_a_line_breaks_the_rule_that_counts_lines_by_it():
    (found,) = of_crm(removed(LINE, "Quantity"))
    assert "it breaks the rule `nothing-to-quote` of `on-close`, `lines.quantity` of the mapping" in found.message


def test_a_custom_field_that_is_carried_over_breaks_the_mapping_that_names_it():
    named = part(mapping=f"{OWN}  description: other.Delivery_Window__c\n")
    (found,) = of_crm(removed(OPPORTUNITY, "Delivery_Window__c"), named)
    assert "it breaks `description` of the mapping of `on-close`" in found.message


@pytest.mark.parametrize(
    ("when", "change"),
    [
        ("{field: opportunity.amount, at_least: {field: account.credit_limit}}", removed(ACCOUNT, "CreditLimit")),
        ("{field: opportunity.probability, changed: true}", removed(OPPORTUNITY, "Probability")),
        ("{sum: line_items.net_amount, more_than: 5 EUR}", removed(LINE, "NetAmount")),
        ("{some: files, where: {field: category, is: signed_quote}}", removed("sample_crm.file", "Category")),
        ("{some: files}", removed(OPPORTUNITY, "Files")),
        ("{length: opportunity.name, at_least: 3}", removed(OPPORTUNITY, "Name")),
    ],
)
def test_whatever_a_condition_reads_is_seen(when, change):
    (found,) = of_crm(change, with_rule(when))
    assert "the rule `own` of `on-close`" in found.message
    assert found.severity is Severity.ERROR


def test_a_rule_that_is_off_is_not_broken():
    off = "{field: account.framework_agreement, is: true}\n    mode: off"
    (found,) = of_crm(removed(ACCOUNT, "FrameworkAgreement"), with_rule(off))
    assert (found.severity, "rule" in found.message.split(";")[1]) == (Severity.WARNING, False)


def test_a_removed_field_that_nothing_asks_for_is_only_told():
    (found,) = of_crm(removed(OPPORTUNITY, "Competitor__c"))
    assert words([found]) == [(Severity.WARNING, found.message)]
    assert found.message.endswith("; no rule and no mapping uses it")
    assert found.suggestion == ""


def test_a_removed_choice_of_the_crm_names_the_rules_that_can_be_true_no_more():
    (found,) = of_crm(without_choice(OPPORTUNITY, "StageName", "Closed Won"))
    assert "the choice `Closed Won` of `StageName`" in found.message
    assert "the rule `won` of `on-close`, which asks for `closed_won`" in found.message
    assert found.severity is Severity.WARNING
    (other,) = of_crm(without_choice(OPPORTUNITY, "StageName", "Proposal"))
    assert "no rule and no mapping" in other.message


def test_what_a_crm_requires_or_shortens_harms_nothing_that_is_read():
    assert of_crm(field(OPPORTUNITY, "Name", required=True, max_length=10)) == ()


def test_a_removed_target_field_names_what_fills_it():
    (found,) = of_book(removed(QUOTE, "delivery_on"))
    assert found.severity is Severity.ERROR
    assert "breaks `delivery_on` of the quote, `delivery_date` of the mapping of `on-close`" in found.message


def test_a_target_field_that_the_mapping_does_not_fill_breaks_nothing():
    (found,) = of_book(removed(QUOTE, "delivery_on"), part(mapping=OWN))
    assert found.severity is Severity.WARNING
    (required,) = of_book(field(QUOTE, "terms", required=True), part(mapping=OWN))
    assert "is required now" in required.message
    assert "breaks the mapping of `on-close`, which fills no `terms`" in required.message
    assert "fill it in the mapping" in required.suggestion


def test_a_newly_required_field_that_is_filled_already_breaks_nothing():
    (found,) = of_book(field(QUOTE, "title", required=True))
    assert found.severity is Severity.WARNING


def test_a_new_field_that_is_required_at_once_breaks_the_mapping():
    (found,) = of_book(field(ITEM, "hs_code", type=Type.TEXT, required=True))
    assert "`hs_code` of `order_book.item` in `book` is new and required" in found.message
    assert found.severity is Severity.ERROR


def test_a_shortened_length_and_a_removed_choice_of_a_target_touch_what_may_write_it():
    (short,) = of_book(field(QUOTE, "title", max_length=20))
    assert "takes 20 characters, and took 120" in short.message
    assert "it touches `title` of the quote, `title` of the mapping of `on-close`" in short.message
    (choice,) = of_book(without_choice(ITEM, "type", "remark"))
    assert "it touches `items.type` of the quote" in choice.message
    assert {short.severity, choice.severity} == {Severity.WARNING}


def test_two_rulesets_that_a_change_breaks_are_both_named_in_one_finding():
    changes = schema_changes(CRM.catalog, removed(ACCOUNT, "CreditStatus")(CRM.catalog))
    both = [with_rule("{field: account.credit_status, is: good}"), part("framework-or-acceptance")]
    (found,) = said("crm", changes, together(crm_uses(changes, CRM.catalog, CRM.to_case, each) for each in both))
    assert "the rule `own`" in found.message
    assert "the rule `customer-on-hold` of `framework-or-acceptance`" in found.message


PAYLOAD = {"title": "Twenty-one characters", "items": ({"id": "1", "type": "remark"}, {"id": "2", "type": "article"})}


@pytest.mark.parametrize(
    ("kind", "document_type", "name", "before", "after", "is_hit"),
    [
        (Kind.REMOVED, QUOTE, "title", "text", "", True),
        (Kind.REMOVED, QUOTE, "terms", "text", "", False),
        (Kind.RETYPED, QUOTE, "title", "text", "number", True),
        (Kind.REQUIRED, QUOTE, "terms", "text", "text", True),
        (Kind.REQUIRED, QUOTE, "title", "text", "text", False),
        (Kind.REQUIRED, ITEM, "title", "text", "text", True),
        (Kind.SHORTENED, QUOTE, "title", "120", "20", True),
        (Kind.SHORTENED, QUOTE, "title", "120", "21", False),
        (Kind.CHOICE_REMOVED, ITEM, "type", "remark", "", True),
        (Kind.CHOICE_REMOVED, ITEM, "type", "heading", "", False),
        (Kind.ADDED, QUOTE, "title", "", "text", False),
        (Kind.REMOVED, "order_book.order", "title", "text", "", False),
    ],
)
def test_a_payload_runs_into_what_it_holds_and_into_nothing_else(kind, document_type, name, before, after, is_hit):
    drifted = [Drift(SchemaChange(kind, document_type, name, before, after), BEFORE, AFTER)]
    found = unsendable("book", drifted, BOOK.catalog, QUOTE, PAYLOAD)
    assert [each.severity for each in found] == [Severity.ERROR] * is_hit
