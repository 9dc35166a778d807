"""A case is run as the pipeline would take it through: its events, its steps, and what is said where it fails."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules_engine.analysis.fixtures import FixtureResult, fixture_case, run_fixture
from rules_engine.durable_matcher import DurableMatcher
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.folders import fixture_record
from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.case import Event
from rules_engine.model.errors import NotFound
from rules_engine.model.fixture import heard
from rules_engine.model.run import InboundEvent
from rules_engine.store.inbox import TableInbox
from rules_engine.store.runs import TableRuns
from tests.databases import START, new_sqlite_engine, new_workspace
from tests.formats.reading import CATALOG

RULESET = """\
format: 1
ruleset: sample
title: Sample
step: opportunity-to-quote
rules:
  - id: on-hold
    title: Credit hold
    when: {field: account.credit_status, is: on_hold}
    then: {hold: the customer is on credit hold}
  - id: twice-reminded
    title: Reminded twice
    when: {happened: reminder.sent, at_least: 2}
    then: {hold: reminded twice}
  - id: reopened
    title: Just reopened
    when: {field: opportunity.stage, changed_from: closed_lost}
    then: {hold: it was lost before}
  - id: signed-then-paid
    title: Signed, then paid
    when: {happened: [signature.completed, deposit.paid], in_order: true, within: 14 days}
    then: convert
"""
MAPPING = """\
format: 1
mapping: sample
from: case
to: quote
fields:
  opportunity: {value: D-1}
  customer: {value: A-1}
  title: {from: opportunity.name, through: [trim]}
  currency: {value: EUR}
  reference: opportunity.reference
  description: {from: opportunity.description, otherwise: as discussed}
  contact_name: contact.name
lines:
  lines:
    from: line_items
    fields: {id: id, quantity: quantity, sku: sku}
"""
FACTS = """\
    facts:
      opportunity: {name: " Harbour ", reference: null, stage: negotiation}
      account: {credit_status: good}
      line_items: [{id: L-1, quantity: 2, sku: null}]
"""
HEAD = "format: 1\nruleset: sample\ncases:\n  - case: one\n"


def read(text: str):
    (found,) = read_cases(HEAD + text, CATALOG)
    return found


def run(text: str) -> FixtureResult:
    ruleset, mapping = read_ruleset(RULESET, CATALOG), read_mapping(MAPPING, CATALOG)
    return run_fixture(read(text), ruleset, mapping, fixture_record, DurableMatcher(), CATALOG)


def events(*lines: str) -> str:
    return "    events:\n" + "".join(f"      - {{{line}}}\n" for line in lines)


SIGNED = "type: signature.completed, at: 2026-03-03T09:00:00Z, id: s"
PAID = "type: deposit.paid, at: 2026-03-10T09:00:00Z, id: p"
CONVERTS = "    now: 2026-03-11T09:00:00Z\n    expect: {verdict: convert, rule: signed-then-paid}\n"


# --- events as they come ---------------------------------------------------------------------------------------


def test_the_same_event_twice_is_one_event():
    reminder = "type: reminder.sent, at: 2026-03-03T09:00:00Z, id: r1"
    waits = "    now: 2026-03-11T09:00:00Z\n    expect: {verdict: ignore}\n"
    assert run(FACTS + events(reminder, reminder) + waits).failures == ()
    twice = run(FACTS + events(reminder, reminder.replace("r1", "r2")) + waits)
    assert twice.failures == ("expected ignore, got hold, because `twice-reminded` matched first",)


def test_of_two_events_with_one_id_the_first_that_came_counts():
    later = SIGNED.replace("03-03", "01-03")
    found = fixture_case(read(FACTS + events(SIGNED, later) + CONVERTS), fixture_record)
    assert [each.at.month for each in found.events] == [3]


def test_events_count_in_order_of_happening_whatever_the_order_in_which_they_came():
    assert run(FACTS + events(PAID, SIGNED) + CONVERTS).failures == ()


def test_an_event_that_names_an_id_never_swallows_one_without():
    first = "type: reminder.sent, at: 2026-03-03T09:00:00Z"
    found = fixture_case(read(FACTS + events(first, f"{first}, id: e1") + CONVERTS), fixture_record).events
    assert len(found) == len({each.id for each in found}) == 2


TYPES = ("reminder.sent", "deposit.paid", "signature.completed")
HEARD = st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 5), st.sampled_from(TYPES)), max_size=8)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    engine = new_sqlite_engine(tmp_path_factory.mktemp("inbox"))
    workspace = new_workspace(engine, "north")
    yield TableInbox(engine, workspace), TableRuns(engine, workspace, lambda: START)
    engine.dispose()


EXAMPLES = count()


@settings(max_examples=25)
@given(HEARD)
def test_a_case_hears_its_events_as_the_inbox_does(tables, came):
    """The pipeline's own: accepted by source and id, then read back as a case."""
    inbox, runs = tables
    source = f"/source/{next(EXAMPLES)}"
    each = [Event(name, START + timedelta(hours=hours), id) for id, hours, name in came]
    for event in each:
        inbox.accept("crm", InboundEvent(event.id, source, event.type, source, event.at), START)
    assert heard(each) == tuple(stored.as_case_event for stored in runs.case("crm", source).events)


# --- steps -----------------------------------------------------------------------------------------------------

STEPS = FACTS + """\
    steps:
      - step: lost
        with: {opportunity.stage: closed_lost}
        now: 2026-03-01T09:00:00Z
        expect: {verdict: ignore}
      - step: reopened
        with: {opportunity.stage: negotiation}
        now: 2026-03-02T09:00:00Z
        expect: {verdict: hold, rule: reopened, reason: lost before}
      - step: the deposit arrives first
        events: [{type: deposit.paid, at: 2026-03-10T09:00:00Z, id: p}]
        now: 2026-03-10T10:00:00Z
        expect: {verdict: ignore}
      - step: the signature comes late
        events:
          - {type: signature.completed, at: 2026-03-09T09:00:00Z, id: s}
          - {type: deposit.paid, at: 2026-03-10T09:00:00Z, id: p}
        now: 2026-03-11T09:00:00Z
        expect: {verdict: convert, rule: signed-then-paid, fields: {title: Harbour}}
"""


def test_each_step_is_expected_by_itself_with_the_step_before_as_its_past():
    result = run(STEPS)
    assert result.failures == ()
    assert [each.decision.rule for each in result.moments] == ["", "reopened", "", "signed-then-paid"]
    assert result.decision.rule == "signed-then-paid"


def test_a_step_that_fails_is_named_with_what_came_and_its_decision_is_the_one_shown():
    result = run(STEPS.replace("expect: {verdict: hold, rule: reopened", "expect: {verdict: convert, rule: reopened"))
    assert result.failures == (
        "step 2 (`reopened`): expected convert, got hold, because `reopened` matched first",
    )
    assert result.decision.rule == "reopened"


def test_what_a_step_converts_stands_in_the_case_of_the_next_as_in_the_pipeline():
    more = STEPS + "      - {step: afterwards, now: 2026-03-12T09:00:00Z, expect: {verdict: hold, rule: quoted}}\n"
    quoted = RULESET.replace("rules:\n", """rules:
  - id: quoted
    title: There is a quote
    when: {field: quote.title, is: Harbour}
    then: {hold: quoted already}
""")
    ruleset, mapping = read_ruleset(quoted, CATALOG), read_mapping(MAPPING, CATALOG)
    result = run_fixture(read(more), ruleset, mapping, fixture_record, ReferenceMatcher(), CATALOG)
    assert result.failures == ()


def test_a_case_in_steps_is_explained_as_it_ends_or_as_it_was_at_an_instant():
    case = read(STEPS)
    assert len(fixture_case(case, fixture_record).events) == 2
    early = fixture_case(replace(case, now=datetime(2026, 3, 2, 12, tzinfo=UTC)), fixture_record)
    assert (early.events, early.record["opportunity"]["stage"]) == ((), "negotiation")
    assert early.previous["opportunity"]["stage"] == "closed_lost"


# --- both sides ------------------------------------------------------------------------------------------------


def wrong(fields: str) -> tuple[str, ...]:
    expect = CONVERTS.replace("paid}", f"paid, fields: {fields}}}")
    return run(FACTS + events(SIGNED, PAID) + expect).failures


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("{title: Haven}", "expected `title` to be Haven, got Harbour, made from `opportunity.name` by `trim`"),
        ("{currency: USD}", "expected `currency` to be USD, got EUR, which the mapping writes itself"),
        ("{description: x}", "expected `description` to be x, got as discussed, the mapping's default"),
        ("{reference: x}", "expected `reference` to be x, got nothing: its source `opportunity.reference` is empty"),
        ("{contact_name: x}",
         "expected `contact_name` to be x, got nothing: its source `contact.name` was not received"),
        ("{tax_id: x}", "expected `tax_id` to be x, got nothing: the mapping has no line for it"),
        ('{"lines[L-1].quantity": 3}',
         "expected `lines[L-1].quantity` to be 3, got 2, copied from `line_items[L-1].quantity`"),
        ('{"lines[L-1].sku": A}',
         "expected `lines[L-1].sku` to be A, got nothing: its source `line_items[L-1].sku` is empty"),
        ("{lines: []}", "expected `lines[L-1].id` to be nothing, got L-1, copied from `line_items[L-1].id`"),
    ],
)  # fmt: skip
def test_a_field_says_what_was_expected_what_came_and_where_that_came_from(fields, said):
    found = wrong(fields)
    assert found[0].startswith(said), found


def test_an_empty_value_expects_that_nothing_is_there():
    assert wrong("{reference: null, tax_id: null}") == ()
    assert wrong('{"lines[L-1]": {id: L-1, quantity: 2}}') == ()


def test_fields_of_a_document_that_is_not_made_say_why():
    expect = "    now: 2026-03-04T09:00:00Z\n    expect: {verdict: ignore, fields: {title: x}}\n"
    assert run(FACTS + expect).failures == ("expected a quote with `title`, got none, because the verdict is ignore",)


def test_another_rule_and_another_reason_are_said_on_both_sides():
    held = FACTS.replace("credit_status: good", "credit_status: on_hold")
    at = "    now: 2026-03-04T09:00:00Z\n    expect: "
    assert run(held + at + "{verdict: hold, rule: reopened}").failures == (
        "expected rule `reopened` to decide, got `on-hold`",
    )
    assert run(held + at + "{verdict: hold, reason: late}").failures == (
        "expected a reason with `late`, got `the customer is on credit hold`",
    )


def test_a_file_that_is_not_there_fails_the_case_and_not_the_run():
    case = "    record: sample_crm/opportunity_harbor.json\n" + CONVERTS
    (failure,) = run(case).failures
    assert "did you mean `sample_crm/opportunity_harbour.json`?" in failure
    with pytest.raises(NotFound):
        fixture_case(read(case), fixture_record)


# --- what the workspace has ------------------------------------------------------------------------------------


def test_a_case_brings_its_rates_and_its_fiscal_year():
    case = read(
        FACTS
        + "    rates: [{base: EUR, quote: USD, rate: 1.0850, on: 2026-03-01}]\n    rates_on: 2026-03-02\n"
        + "    fiscal_start: 4\n"
        + CONVERTS
    )
    found = fixture_case(case, fixture_record)
    assert (str(found.rates[0].rate), found.rates_on.isoformat(), found.fiscal_start) == ("1.0850", "2026-03-02", 4)
