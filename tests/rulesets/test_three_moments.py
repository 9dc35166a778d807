"""The proof: one opportunity and one sequence of events, three customers' rulesets, three explained moments."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from rules_engine.connectors.order_book import OrderBook
from rules_engine.connectors.sample_crm import SampleCrm
from rules_engine.connectors.sample_crm_actions import changed
from rules_engine.connectors.sample_story import Story, read_story
from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.durable_matcher import DurableMatcher
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.formats.catalog_text import merge
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.case import Case
from rules_engine.model.conversion import Conversion, Disposition
from rules_engine.model.decision import Decision
from rules_engine.model.ruleset import Verdict
from rules_engine.model.values import Record, Value, leaves
from tests.builtin_systems import (
    FIXTURES,
    RULESETS,
    Watch,
    loaded,
    new_engine,
    new_workspace,
    shared_catalog,
    unaccounted,
)

SHARED = shared_catalog()
THREE = ["on-close", "signature-and-deposit", "purchase-order-in-stock"]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with new_engine(tmp_path) as engine:
        yield engine


@pytest.fixture
def clock() -> Watch:
    return Watch()


@pytest.fixture
def systems(engine: Engine, clock: Watch) -> tuple[SampleCrm, OrderBook]:
    return loaded(engine, new_workspace(engine), clock, SHARED)


@pytest.fixture
def story(systems: tuple[SampleCrm, OrderBook]) -> Story:
    return read_story(FIXTURES / "sample_crm" / "story_harbour.json", merge(SHARED, systems[0].catalog()))


def native_at(story: Story, step: int) -> Record:
    record = story.start
    for each in story.steps[: step + 1]:
        record = changed(record, each.changes)
    return record


def case_at(story: Story, step: int, crm: SampleCrm) -> Case:
    now = story.steps[step].event.at
    record = convert(native_at(story, step), crm.to_case, Context(story.zone, now)).document
    return Case(story.opportunity, record, tuple(each.event for each in story.steps[: step + 1]), zone=story.zone)


def decisions(story: Story, name: str, crm: SampleCrm) -> list[Decision]:
    """What the ruleset says after each step."""
    ruleset = read_ruleset((RULESETS / name / "ruleset.yaml").read_text("utf-8"), SHARED)
    matcher = DurableMatcher()
    return [
        evaluate(ruleset, case_at(story, step, crm), each.event.at, matcher) for step, each in enumerate(story.steps)
    ]


def first_convert(found: list[Decision]) -> int:
    return next(place for place, each in enumerate(found) if each.verdict is Verdict.CONVERT)


def converted(story: Story, name: str, systems: tuple[SampleCrm, OrderBook]) -> tuple[Conversion, Conversion]:
    """The quote and its payload at the ruleset's moment."""
    crm, book = systems
    step = first_convert(decisions(story, name, crm))
    now = story.steps[step].event.at
    mapping = read_mapping((RULESETS / name / "mapping.yaml").read_text("utf-8"), SHARED)
    quote = convert(case_at(story, step, crm).record, mapping, Context(story.zone, now, catalog=SHARED))
    native = Context(story.zone, now, book.look_up, book.catalog())
    return quote, convert(quote.document, book.mapping("quote"), native)


def test_the_story_goes_forward_over_three_weeks_and_past_a_change_of_the_clocks(story: Story) -> None:
    times = [each.event.at for each in story.steps]
    assert times == sorted(times)
    signed, won = times[0], next(each.event.at for each in story.steps if each.event.type == "opportunity.won")
    assert won.date() - signed.date() == timedelta(days=21)
    assert signed.utcoffset() != won.utcoffset()
    paid = next(each.event.at for each in story.steps if each.event.type == "deposit.paid")
    assert paid.date() - signed.date() == timedelta(days=13)
    assert {each.event.type for each in story.steps} <= SHARED.events.keys()
    assert all(each.what.endswith(".") for each in story.steps)


@pytest.mark.parametrize("name", THREE)
def test_each_ruleset_makes_the_quote_at_its_own_moment(
    story: Story, systems: tuple[SampleCrm, OrderBook], name: str
) -> None:
    found = decisions(story, name, systems[0])
    decided = found[first_convert(found)]
    assert decided.now == story.expected[name]
    assert decided.disagreement == ()


def test_the_three_moments_differ(story: Story) -> None:
    assert story.expected == {
        "signature-and-deposit": datetime.fromisoformat("2026-03-25T11:20:00+01:00"),
        "purchase-order-in-stock": datetime.fromisoformat("2026-03-30T07:45:00+02:00"),
        "on-close": datetime.fromisoformat("2026-04-02T14:10:00+02:00"),
    }


@pytest.mark.parametrize(
    ("name", "verdicts"),
    [
        ("on-close", ["ignore", "ignore", "ignore", "ignore", "convert", "convert"]),
        ("signature-and-deposit", ["ignore", "ignore", "convert", "convert", "convert", "convert"]),
        ("purchase-order-in-stock", ["ignore", "hold", "hold", "convert", "convert", "convert"]),
    ],
)
def test_each_step_is_decided_and_explained(
    story: Story, systems: tuple[SampleCrm, OrderBook], name: str, verdicts: list[str]
) -> None:
    found = decisions(story, name, systems[0])
    assert [each.verdict.value for each in found] == verdicts
    assert all(each.reason for each in found)


@pytest.mark.parametrize("name", THREE)
def test_every_quote_accounts_for_every_field_and_agrees_in_money(
    story: Story, systems: tuple[SampleCrm, OrderBook], name: str
) -> None:
    crm, book = systems
    step = first_convert(decisions(story, name, crm))
    quote, payload = converted(story, name, systems)
    assert [str(each) for each in (*quote.problems, *payload.problems)] == []
    assert unaccounted(case_at(story, step, crm).record, quote) == []
    assert unaccounted(quote.document, payload) == []
    assert [each.source for each in payload.ledger if each.disposition is Disposition.DROPPED] == []
    found = book.read("quote", book.create("quote", payload.document, name))
    assert found["net_total"] == Decimal("61630.00")


def test_the_purchase_order_is_in_the_quotes_made_after_it_came(
    story: Story, systems: tuple[SampleCrm, OrderBook]
) -> None:
    assert {converted(story, name, systems)[0].document.get("purchase_order") for name in THREE} == {"4500091177"}


def test_the_quote_becomes_an_order_on_acceptance_and_keeps_what_was_agreed(
    story: Story, systems: tuple[SampleCrm, OrderBook]
) -> None:
    crm, book = systems
    quote, payload = converted(story, "on-close", systems)
    written = book.create("quote", payload.document, "k-1")
    last = len(story.steps) - 1
    case = case_at(story, last, crm)
    agreed: dict[str, Value] = {**quote.document, "id": written.id, "number": written.number}
    case = Case(case.id, {**case.record, "quote": agreed, "quotes": (agreed,)}, case.events, zone=case.zone)
    now = story.steps[last].event.at
    for name, rule in (("on-acceptance", "accepted"), ("framework-or-acceptance", "framework")):
        ruleset = read_ruleset((RULESETS / name / "ruleset.yaml").read_text("utf-8"), SHARED)
        decision = evaluate(ruleset, case, now, DurableMatcher())
        assert (decision.verdict, decision.rule) == (Verdict.CONVERT, rule)
        mapping = read_mapping((RULESETS / name / "mapping.yaml").read_text("utf-8"), SHARED)
        order = convert(case.record, mapping, Context(story.zone, now, catalog=SHARED))
        native = convert(
            order.document, book.mapping("order"), Context(story.zone, now, book.look_up, book.catalog())
        )
        assert [str(each) for each in (*order.problems, *native.problems)] == []
        assert unaccounted(case.record, order) == []
        lost = [each.source for each in order.ledger if each.disposition is Disposition.DROPPED]
        assert [path for path in lost if path.startswith("quote.")] == []
        assert dict(leaves(order.document))["other.Competitor__c"] == "Nordkran"
        assert native.document["quotation"] == written.id
        made = book.create("order", native.document, "k-2")
        assert (made.number, made.state) == ("O-00001", "confirmed")
        assert book.read("order", made)["gross_total"] == Decimal("73339.70")


def test_the_story_can_be_played_on_the_crm_itself(
    story: Story, systems: tuple[SampleCrm, OrderBook], clock: Watch
) -> None:
    crm = systems[0]
    for each in story.steps:
        clock.now = each.event.at
        crm.change(story.opportunity, each.changes)
    last = native_at(story, len(story.steps) - 1)
    assert {**crm.fetch(story.opportunity), "LastModifiedDate": None} == {**last, "LastModifiedDate": None}
