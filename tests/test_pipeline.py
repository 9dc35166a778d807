"""An accepted event becomes a quote and an order, once, whatever the other systems do."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from rules_engine import pipeline
from rules_engine.connectors.order_book import OrderBook
from rules_engine.connectors.sample_crm import SampleCrm
from rules_engine.connectors.sample_crm_actions import Changes
from rules_engine.connectors.sample_data import load_sample_data
from rules_engine.conversion.compose import compose
from rules_engine.durable_matcher import DurableMatcher
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.folders import full_catalog, read_draft, ruleset_folder, shared_catalog
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.errors import NotFound, OutcomeUnknown, Refused, Retryable
from rules_engine.model.ruleset import Step
from rules_engine.model.run import ConversionState, InboundEvent
from rules_engine.model.values import Money, leaves
from rules_engine.ports import Route, Workspace
from rules_engine.shipped import shipped
from rules_engine.store.inbox import TableInbox
from rules_engine.store.rulesets import Rulesets
from rules_engine.store.runs import TableRuns
from tests.databases import START, new_sqlite_engine, new_workspace

CASE = "D-1001"  # a framework customer of good standing: the order follows the quote at once


@dataclass
class World:
    """One workspace with the sample CRM and the order book, and a clock that tests move."""

    folder: Path
    at: datetime = START
    faults: list[tuple[str, Exception]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.engine = new_sqlite_engine(self.folder)
        self.id = new_workspace(self.engine, "demo")
        self.crm = SampleCrm(self.engine, self.id, self.clock, shared_catalog())
        self.book = OrderBook(self.engine, self.id, shared_catalog(), faults=self.fault)
        load_sample_data(self.crm, self.book, shipped("fixtures"))
        self.inbox, self.runs = TableInbox(self.engine, self.id), TableRuns(self.engine, self.id, self.clock)
        self.route_list = [self.a_route(Step.OPPORTUNITY_TO_QUOTE, "on-close")]
        self.route_list.append(self.a_route(Step.QUOTE_TO_ORDER, "framework-or-acceptance"))
        self.workspace = Workspace(
            "demo",
            "Europe/Berlin",
            full_catalog(),
            self.clock,
            DurableMatcher(),
            self.inbox,
            self.runs,
            Connected(self),
        )

    def clock(self) -> datetime:
        return self.at

    def fault(self, moment: str) -> None:
        if self.faults and self.faults[0][0] == moment:
            raise self.faults.pop(0)[1]

    def a_route(self, step: Step, name: str) -> Route:
        draft = replace(read_draft(ruleset_folder(name)), step=step)
        rulesets = Rulesets(self.engine, self.id)
        saved = rulesets.save(draft, "ana", self.at)
        version = rulesets.publish(name, saved.revision, "first", "ana", self.at)
        ruleset = read_ruleset(version.ruleset_text, full_catalog())
        return Route(
            step, ruleset, read_mapping(version.mapping_text, full_catalog()), 1, version.id, "book", self.book
        )

    def act(self, action: str, opportunity: str = CASE):
        event = self.crm.act(opportunity, action)
        self.at += timedelta(minutes=1)
        inbound = InboundEvent(event.id, "/demo/crm", event.type, opportunity, event.at, event.data)
        stored = self.inbox.accept("crm", inbound, self.at)
        assert stored
        pipeline.on_event(self.workspace, stored)

    def conversions(self, opportunity: str = CASE):
        return self.runs.case("crm", opportunity).conversions

    def resume_all(self, later: timedelta = timedelta(minutes=5)):
        self.at += later
        for run in self.runs.open_conversions(self.at):
            pipeline.resume(self.workspace, run)

    def documents(self, kind: str):
        return [
            run for each in self.conversions() if each.step.target == kind for run in self.book.find(kind, each.key)
        ]


@dataclass
class Connected:
    """The `Connections` port over a world."""

    world: World

    def crm(self, name):
        return self.world.crm

    def orders(self, name):
        return self.world.route_list[0].orders

    def routes(self, name):
        return self.world.route_list


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_a_won_deal_of_a_framework_customer_becomes_a_quote_and_an_order(world):
    world.act("win")
    quote, order = world.conversions()
    assert (quote.step, quote.state, quote.written.number) == (
        Step.OPPORTUNITY_TO_QUOTE,
        ConversionState.CONFIRMED,
        "Q-00001",
    )
    assert (order.step, order.state, order.written.number) == (
        Step.QUOTE_TO_ORDER,
        ConversionState.CONFIRMED,
        "O-00001",
    )
    assert quote.differences == order.differences == ()


def test_an_open_deal_converts_nothing_and_the_no_is_kept_with_its_reason(world):
    world.act("sign")
    assert world.conversions() == ()


def test_hearing_the_same_news_again_changes_nothing(world):
    for action in ("win", "sign", "pay_deposit", "reopen", "win"):
        world.act(action)
    assert len(world.conversions()) == 2
    assert [len(world.documents(kind)) for kind in ("quote", "order")] == [1, 1]


def test_a_customer_without_a_framework_is_ordered_for_when_the_quote_is_accepted(world):
    accounts = {record["Id"]: record["Account"] for record in world.crm.opportunities()}
    other = next(
        deal
        for deal, account in accounts.items()
        if not account.get("FrameworkAgreement") and account.get("CreditStatus") == "Good"
    )
    world.act("win", other)
    assert [run.step for run in world.conversions(other)] == [Step.OPPORTUNITY_TO_QUOTE]
    world.act("accept_quote", other)
    assert [run.state for run in world.conversions(other)] == [ConversionState.CONFIRMED] * 2


def test_an_answer_that_is_lost_after_the_commit_makes_no_second_document(world):
    world.faults.append(("after commit", OutcomeUnknown("the connection closed before an answer came")))
    world.act("win")
    assert [run.state for run in world.conversions()] == [ConversionState.UNKNOWN]
    world.resume_all()
    assert [run.state for run in world.conversions()] == [ConversionState.CONFIRMED] * 2
    assert [len(world.documents(kind)) for kind in ("quote", "order")] == [1, 1]


def test_a_request_that_never_arrived_is_made_again(world):
    world.faults.append(("before commit", Retryable("connection refused")))
    world.act("win")
    world.resume_all()
    assert [run.written.number for run in world.conversions()] == ["Q-00001", "O-00001"]


def test_nothing_is_looked_up_or_sent_before_the_settling_time_has_passed(world):
    world.faults.append(("after commit", OutcomeUnknown("no answer")))
    world.act("win")
    (run,) = world.conversions()

    class Slow:
        settle = timedelta(seconds=30)

        def __getattr__(self, name):
            raise AssertionError(f"`{name}` was called too early")

    world.at = run.sent_at + timedelta(seconds=29)
    later = pipeline.send(world.workspace, Slow(), run)
    assert (later.state, later.available_at) == (ConversionState.UNKNOWN, run.sent_at + timedelta(seconds=30))


def test_two_documents_with_our_key_are_never_joined_by_a_third(world):
    world.faults.append(("after commit", OutcomeUnknown("no answer")))
    world.act("win")
    (run,) = world.conversions()

    class Doubled:
        settle = timedelta(0)

        def find(self, document, key):
            found = world.book.find(document, key)
            return [*found, *found]

    later = pipeline.send(world.workspace, Doubled(), run)
    assert later.state is ConversionState.UNKNOWN
    assert later.available_at > world.at
    assert later.error == "the order system holds 2 documents with this key: Q-00001, Q-00001; keep one of them"


def test_a_refusal_is_kept_in_the_order_systems_words_and_tried_again_under_the_same_key(world):
    world.faults.append(("before commit", Refused("product `DRV-200` is not active")))
    world.act("win")
    (refused,) = world.conversions()
    assert (refused.state, refused.error) == (ConversionState.REFUSED, "product `DRV-200` is not active")
    world.act("sign")
    first, second = world.conversions()
    assert first.key == refused.key
    assert [first.state, second.state] == [ConversionState.CONFIRMED] * 2


def test_two_engines_that_disagree_hold_the_case(world):
    class Sleepy(ReferenceMatcher):
        def match(self, ruleset, case, now):
            return frozenset()

    world.workspace = replace(world.workspace, matcher=Sleepy())
    world.act("win")
    assert world.conversions() == ()


def test_an_opportunity_that_the_crm_does_not_know_is_an_error_and_makes_no_case_up(world):
    with pytest.raises(NotFound):
        pipeline.take_through(world.workspace, "crm", "D-none", "event:1")


def test_every_populated_field_of_the_crm_is_accounted_for_from_end_to_end(world):
    world.act("win")
    for run in world.conversions():
        _, ledger = compose([stage.conversion for stage in run.stages])
        assert sorted(each.source for each in ledger) == sorted(path for path, _ in leaves(world.crm.fetch(CASE)))
        assert all(each.reason for each in ledger if each.disposition.value == "dropped")


class Beside:
    """The order book with one method replaced."""

    def __init__(self, book, **methods):
        self.book, self.methods = book, methods

    def __getattr__(self, name):
        return self.methods.get(name) or getattr(self.book, name)


def with_orders(world, **methods):
    world.route_list = [replace(route, orders=Beside(world.book, **methods)) for route in world.route_list]


def test_a_total_that_differs_by_a_cent_is_shown(world):
    def a_cent_more(document, payload, key):
        written = world.book.create(document, payload, key)
        return replace(written, net_total=Money(written.net_total.amount + Decimal("0.01"), "EUR"))

    with_orders(world, create=a_cent_more)
    world.act("win")
    assert [(each.path, each.written, each.found) for each in world.conversions()[0].differences] == [
        ("net total", "61630.00 EUR", "61630.01 EUR")
    ]


def test_a_value_that_the_order_system_changed_is_shown(world):
    def with_its_own_terms(document, written):
        return {**world.book.read(document, written), "terms": "prepayment"}

    with_orders(world, read=with_its_own_terms)
    world.act("win")
    assert [(each.path, each.found) for each in world.conversions()[0].differences] == [("terms", "prepayment")]


def test_what_is_written_stays_written_when_it_cannot_be_read_back(world):
    def gone(document, written):
        raise NotFound("the document is locked")

    with_orders(world, read=gone)
    world.act("win")
    (quote, order) = world.conversions()
    assert (quote.state, quote.written.number) == (ConversionState.CONFIRMED, "Q-00001")
    assert quote.error == "it is written, but could not be read back: the document is locked"


def test_a_held_conversion_is_planned_anew_with_the_mapping_of_today_under_the_same_key(world):
    world.act("win", "D-1003")
    (held,) = world.conversions("D-1003")
    assert held.state is ConversionState.HELD
    assert "`lines.quantity` of line" in held.error
    lacking = [line["Id"] for line in world.crm.fetch("D-1003")["Lines"] if line["Quantity"] is None]
    world.crm.change("D-1003", Changes(put={f"Lines[{line}].Quantity": Decimal(3) for line in lacking}))
    pipeline.again(world.workspace, held)
    first = world.conversions("D-1003")[0]
    assert (first.key, first.state) == (held.key, ConversionState.CONFIRMED)


def test_another_try_of_a_record_that_cannot_be_read_in_full_stays_held(world):
    world.crm.change(CASE, Changes(put={"StageName": "Closed Won", "Amount": "a lot"}))
    world.act("sign")
    assert world.conversions() == ()
    world.crm.change(CASE, Changes(put={"Amount": Decimal(61630), "Lines[L-2].Quantity": None}))
    world.act("pay_deposit")
    (held,) = world.conversions()
    world.crm.change(CASE, Changes(put={"Lines[L-2].Quantity": Decimal(4), "Amount": "a lot"}))
    pipeline.again(world.workspace, held)
    assert [run.state for run in world.conversions()] == [ConversionState.HELD]
    assert world.book.documents("quote") == ()


def test_orders_without_a_quote_are_held_each_under_a_key_of_its_own(world):
    world.route_list = world.route_list[1:]
    for opportunity in (CASE, "D-1005"):
        world.act("win", opportunity)
        world.act("accept_quote", opportunity)
    runs = [run for opportunity in (CASE, "D-1005") for run in world.conversions(opportunity)]
    assert [run.state for run in runs] == [ConversionState.HELD] * 2
    assert len({run.key for run in runs}) == 2


def test_what_may_stand_in_one_order_system_is_never_sent_to_another(world):
    world.faults.append(("after commit", OutcomeUnknown("no answer")))
    world.act("win")
    (run,) = world.conversions()
    world.runs.outcome(replace(run, state=ConversionState.HELD, error="given up"))
    world.route_list = [replace(route, order_connection="elsewhere") for route in world.route_list]
    world.act("sign")
    (held,) = world.conversions()
    assert (held.state, held.connection) == (ConversionState.HELD, "book")
    assert held.error.startswith("it may stand in `book`")
    assert len(world.book.documents("quote")) == 1


def test_a_document_is_known_to_be_written_before_it_is_read_back(world):
    def broken(document, written):
        raise ValueError("a bug of our own")

    with_orders(world, read=broken)
    with pytest.raises(ValueError, match="a bug of our own"):
        world.act("win")
    assert [(run.state, run.written.number) for run in world.conversions()] == [(ConversionState.CONFIRMED, "Q-00001")]
