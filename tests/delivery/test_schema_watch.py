"""A connected system changes its schema between two calls: it is told, and what breaks by it is held."""

from dataclasses import replace

import pytest

from rules_engine import approval, pipeline
from rules_engine.analysis.schema_changes import Kind
from rules_engine.authoring import NotPublished
from rules_engine.connectors.sample_crm import webhook_body
from rules_engine.delivery.schema_watch import FRESH
from rules_engine.delivery.worker import work_once
from rules_engine.folders import read_draft, ruleset_folder
from rules_engine.model.catalog import Type
from rules_engine.model.errors import Retryable
from rules_engine.model.finding import Severity
from rules_engine.model.run import ConversionState
from rules_engine.sample_workspace import CRM, ORDERS, SLUG
from rules_engine.store.audit import entries
from tests.builtin_systems import Watch
from tests.changing_schema import Changing, field, removed
from tests.demo import new_demo

DEAL = "D-1001"
QUOTE, OPPORTUNITY = "order_book.quote", "sample_crm.opportunity"


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def product(tmp_path, watch):
    made = new_demo(tmp_path, watch)
    yield made
    made.matcher.close()


@pytest.fixture
def crm(product):
    return changing(product, CRM)


@pytest.fixture
def book(product):
    return changing(product, ORDERS)


def changing(product, name):
    made = Changing(product.connector(SLUG, name))
    product._connectors[SLUG, name] = made
    product.refresh(SLUG, name)
    return made


def win(product, deal=DEAL):
    body = webhook_body(product.sample_crm(SLUG).act(deal, "win"))
    product.receive(SLUG, CRM, product.sign(SLUG, CRM, f"msg_{deal}", body), body)
    while work_once(product.workspace(SLUG), product.work):
        pass
    return product.workspace(SLUG).runs.case(CRM, deal).conversions


def later(watch, connector, *changes):
    """The administrator works on it, and what we know of it is no longer fresh."""
    connector.changes += changes
    watch.forward(minutes=20)


def test_a_refresh_finds_nothing_where_nothing_changed(product, crm, watch):
    later(watch, crm)
    found = product.refresh(SLUG, CRM)
    assert (found.drifts, found.findings) == ((), ())


def test_a_refresh_names_what_changed_and_what_breaks_and_what_is_new(product, crm, watch):
    later(watch, crm, removed(OPPORTUNITY, "StageName"), field(OPPORTUNITY, "Region__c", type=Type.TEXT))
    found = product.refresh(SLUG, CRM)
    (broken,) = found.findings
    assert broken.severity is Severity.ERROR
    assert "the field `StageName` of `sample_crm.opportunity` in `sample-crm` was removed" in broken.message
    assert "seen first on 2026-03-03 09:20 UTC, still as before on 2026-03-03 09:00 UTC" in broken.message
    assert "the rule `won` of `on-close`" in broken.message
    assert [(each.change.kind, each.change.field) for each in found.added] == [(Kind.ADDED, "Region__c")]


def test_what_changed_stays_told_with_its_first_moment_until_it_is_undone(product, crm, watch):
    later(watch, crm, removed(OPPORTUNITY, "StageName"))
    first = product.refresh(SLUG, CRM)
    later(watch, crm)
    assert product.refresh(SLUG, CRM) == first
    crm.changes.clear()
    assert product.refresh(SLUG, CRM).findings == ()


def test_a_run_whose_target_field_was_removed_is_held_before_anything_is_sent(product, book, watch):
    later(watch, book, removed(QUOTE, "customer_name"))
    (run,) = win(product)
    assert (run.state, run.attempts, run.written) == (ConversionState.HELD, 0, None)
    assert "the field `customer_name` of `order_book.quote` in `order-book` was removed" in run.error
    assert product.order_book(SLUG).documents("quote") == ()


def test_a_run_whose_rule_lost_its_field_in_the_crm_is_held(product, crm, watch):
    later(watch, crm, field(OPPORTUNITY, "StageName", type=Type.TEXT, choices=()))
    (run,) = win(product)
    assert run.state is ConversionState.HELD
    assert "it breaks the rule `nothing-to-quote` of `on-close`, the rule `won` of `on-close`" in run.error
    assert product.order_book(SLUG).documents("quote") == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (field(QUOTE, "title", max_length=3), "takes 3 characters, and took 120"),
        (field(QUOTE, "cost_centre", type=Type.TEXT, required=True), "is new and required"),
    ],
)
def test_a_length_or_a_required_field_holds_the_document_that_runs_into_it(product, book, watch, change, words):
    later(watch, book, change)
    (run,) = win(product)
    assert run.state is ConversionState.HELD
    assert words in run.error


def test_a_change_that_this_document_does_not_run_into_lets_it_go(product, book, crm, watch):
    later(watch, book, field(QUOTE, "title", max_length=100), removed(QUOTE, "valid_until"))
    later(watch, crm, removed(OPPORTUNITY, "Campaign"), field(OPPORTUNITY, "Region__c", type=Type.TEXT))
    assert [run.state for run in win(product)] == [ConversionState.CONFIRMED] * 2


def test_when_the_change_is_undone_another_try_converts(product, book, watch):
    later(watch, book, removed(QUOTE, "customer_name"))
    (run,) = win(product)
    book.changes.clear()
    watch.forward(minutes=20)
    pipeline.again(product.workspace(SLUG), run)
    assert [each.written.number for each in product.workspace(SLUG).runs.case(CRM, DEAL).conversions] == [
        "Q-00001",
        "O-00001",
    ]


def test_a_person_who_accepts_the_schema_lets_it_go_on_and_is_named_in_the_audit(product, crm, watch):
    later(watch, crm, removed(OPPORTUNITY, "StageName"))
    product.refresh(SLUG, CRM, accept_by="Ana")
    assert product.refresh(SLUG, CRM).drifts == ()
    assert [run.state for run in win(product)] == [ConversionState.CONFIRMED] * 2
    last = entries(product.engine, product.row(SLUG).id)[0]
    assert (last.who, last.what, last.subject) == ("Ana", "accepted the schema", CRM)


def test_the_schema_is_asked_once_in_a_while_and_not_for_every_run(product, book, watch):
    before = book.asked
    win(product)
    win(product, "D-1002")
    assert book.asked == before
    watch.now += FRESH
    win(product, "D-1003")
    assert book.asked == before + 1


def test_a_system_that_does_not_answer_is_judged_by_what_was_seen_last_and_left_alone_for_a_while(product, book, watch):
    later(watch, book, removed(QUOTE, "customer_name"))
    product.refresh(SLUG, ORDERS)
    watch.now += FRESH
    book.down = Retryable("the order system is down")
    before = book.asked
    assert [run.state for run in win(product)] == [ConversionState.HELD]
    win(product, "D-1002")
    assert book.asked == before + 1
    with pytest.raises(Retryable):
        product.refresh(SLUG, ORDERS)


def test_a_draft_that_a_change_breaks_is_not_published(product, book, watch):
    later(watch, book, removed(QUOTE, "delivery_on"))
    draft = read_draft(ruleset_folder("on-close"))
    desk = product.author(SLUG)
    (finding,) = desk.check(draft).findings
    assert (finding.check, finding.severity) == ("schema-drift", Severity.ERROR)
    assert "`delivery_date` of the mapping of `on-close`" in finding.message
    refused = desk.publish(draft, "again", "Ana", watch())
    assert isinstance(refused, NotPublished)
    assert any("`delivery_on`" in reason for reason in refused.reasons)


def test_a_draft_that_does_not_use_what_changed_says_nothing_of_it(product, book, watch):
    later(watch, book, removed(QUOTE, "valid_until"))
    assert product.author(SLUG).check(read_draft(ruleset_folder("on-close"))).findings == ()


def test_a_connection_that_is_of_another_system_now_begins_anew(product, crm, watch):
    later(watch, crm)
    product.connect(SLUG, CRM, "order_book", "both")
    assert product.refresh(SLUG, CRM).drifts == ()


def proposing(product, watch):
    """The ruleset proposes from now on: a person says yes before anything is sent."""
    draft = product.rulesets(SLUG).draft("on-close")
    text = draft.ruleset_text.replace("then: convert", "then: propose")
    saved = product.rulesets(SLUG).save(replace(draft, ruleset_text=text), "Ana", watch())
    product.rulesets(SLUG).publish("on-close", saved.revision, "ask first", "Ana", watch())


def test_what_was_proposed_before_the_change_is_held_when_a_person_approves_it_afterwards(product, book, watch):
    proposing(product, watch)
    (run,) = win(product)
    assert run.state is ConversionState.PROPOSED
    later(watch, book, removed(QUOTE, "customer_name"))
    held = approval.approve(product.workspace(SLUG), run, "Ben")
    assert held.state is ConversionState.HELD
    assert "`customer_name`" in held.error
    assert product.order_book(SLUG).documents("quote") == ()
    book.changes.clear()
    watch.forward(minutes=20)
    pipeline.again(product.workspace(SLUG), held)
    assert len(product.order_book(SLUG).documents("quote")) == 1
