"""A proposed document waits for a person: sent by a yes under its own key, remembered by a no."""

import threading
from dataclasses import replace
from decimal import Decimal

import pytest

from rules_engine import approval, pipeline
from rules_engine.connectors.sample_crm_actions import Changes
from rules_engine.model.errors import OutcomeUnknown, Permanent, Problem, Refused
from rules_engine.model.ruleset import Mode, Outcome, Step, Verdict
from rules_engine.model.run import ConversionState
from rules_engine.store.audit import entries
from tests.test_pipeline import CASE, World

PO = {"PurchaseOrder": "PO-1"}


@pytest.fixture
def world(tmp_path):
    """Each quote of a deal that is won is proposed, the order then follows by itself."""
    made = World(tmp_path)
    made.route_list[0] = saying(made.route_list[0], Verdict.PROPOSE)
    return made


def saying(route, verdict):
    rules = tuple(
        replace(each, then=Outcome(verdict, "sales management approves")) if each.id == "won" else each
        for each in route.ruleset.rules
    )
    assert any(each.then.verdict is verdict and each.mode is Mode.ON for each in rules)
    return replace(route, ruleset=replace(route.ruleset, rules=rules))


def test_a_proposed_document_is_planned_in_full_and_not_sent(world):
    world.act("win")
    (run,) = world.conversions()
    assert (run.state, run.proposed, run.sent_at, run.answered_by) == (ConversionState.PROPOSED, True, None, "")
    assert run.payload["items"]
    assert world.book.documents("quote") == ()
    world.resume_all()
    assert world.book.documents("quote") == ()


def test_a_yes_sends_it_under_its_own_key_and_the_deal_goes_on(world):
    world.act("win")
    (run,) = world.conversions()
    made = approval.approve(world.workspace, run, "Ana")
    assert (made.key, made.state, made.answered_by) == (run.key, ConversionState.CONFIRMED, "Ana")
    assert [(each.step, each.state) for each in world.conversions()] == [
        (Step.OPPORTUNITY_TO_QUOTE, ConversionState.CONFIRMED),
        (Step.QUOTE_TO_ORDER, ConversionState.CONFIRMED),
    ]
    (entry,) = entries(world.engine, world.id)[:1]
    assert (entry.who, entry.what, entry.before, entry.after["state"]) == (
        "Ana", "approved", {"state": "proposed"}, "planned",
    )  # fmt: skip


def test_two_people_who_say_yes_make_one_document(world):
    world.act("win")
    (run,) = world.conversions()
    approval.approve(world.workspace, run, "Ana")
    with pytest.raises(Permanent, match="is confirmed: there is nothing to approve"):
        approval.approve(world.workspace, run, "Ben")
    assert len(world.documents("quote")) == 1


def test_many_who_say_yes_at_the_same_moment_make_one_document(world):
    world.act("win")
    (run,) = world.conversions()
    said: list[str] = []

    def say_yes(who):
        try:
            said.append(approval.approve(world.workspace, run, who).state.value)
        except Problem as problem:
            said.append(type(problem).__name__)

    threads = [threading.Thread(target=say_yes, args=(f"person {number}",)) for number in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    world.resume_all()
    assert len(said) == 5
    assert said.count("Permanent") == 4
    assert [len(world.documents(kind)) for kind in ("quote", "order")] == [1, 1]
    assert [each.state for each in world.conversions()] == [ConversionState.CONFIRMED] * 2


def test_a_no_is_remembered_while_the_document_would_be_the_same(world):
    world.act("win")
    approval.refuse(world.workspace, world.conversions()[0], "Ana", "the customer is broke")
    world.act("sign")
    world.act("pay_deposit")
    (run,) = world.conversions()
    assert (run.state, run.answered_by, run.error) == (ConversionState.DECLINED, "Ana", "the customer is broke")
    with pytest.raises(Permanent, match="is declined"):
        approval.approve(world.workspace, run, "Ben")


def test_another_document_is_proposed_anew_after_a_no(world):
    world.act("win")
    approval.refuse(world.workspace, world.conversions()[0], "Ana")
    world.crm.change(CASE, Changes(put=PO))
    world.act("sign")
    (run,) = world.conversions()
    assert (run.state, run.answered_by, run.document["purchase_order"]) == (ConversionState.PROPOSED, "", "PO-1")


def test_only_what_was_seen_is_approved(world):
    world.act("win")
    (seen,) = world.conversions()
    world.crm.change(CASE, Changes(put=PO))
    world.act("sign")
    with pytest.raises(Permanent, match="has changed since it was shown"):
        approval.approve(world.workspace, seen, "Ana")
    assert world.book.documents("quote") == ()


def test_a_proposal_that_the_rules_do_not_make_any_more_is_withdrawn_and_comes_again(world):
    world.act("win")
    world.act("reopen")
    (run,) = world.conversions()
    assert (run.state, run.answered_by) == (ConversionState.DECLINED, "")
    assert "opportunity stage" in run.error
    world.act("win")
    (run,) = world.conversions()
    assert run.state is ConversionState.PROPOSED


@pytest.mark.parametrize("refused", [False, True])
def test_rules_that_ask_nobody_any_more_convert_what_was_proposed(world, refused):
    world.act("win")
    if refused:
        approval.refuse(world.workspace, world.conversions()[0], "Ana")
    world.route_list[0] = saying(world.route_list[0], Verdict.CONVERT)
    world.act("sign")
    assert [each.state for each in world.conversions()] == [ConversionState.CONFIRMED] * 2


def test_a_proposal_that_is_not_complete_is_held_and_proposed_when_it_is(world):
    world.act("win", "D-1003")
    (held,) = world.conversions("D-1003")
    assert held.state is ConversionState.HELD
    lacking = [line["Id"] for line in world.crm.fetch("D-1003")["Lines"] if line["Quantity"] is None]
    world.crm.change("D-1003", Changes(put={f"Lines[{line}].Quantity": Decimal(3) for line in lacking}))
    pipeline.again(world.workspace, held)
    assert [each.state for each in world.conversions("D-1003")] == [ConversionState.PROPOSED]
    assert world.book.documents("quote") == ()


def test_what_was_approved_and_refused_by_the_order_system_is_tried_again_without_asking_twice(world):
    world.faults.append(("before commit", Refused("product `DRV-200` is not active")))
    world.act("win")
    refused = approval.approve(world.workspace, world.conversions()[0], "Ana")
    assert (refused.state, refused.answered_by) == (ConversionState.REFUSED, "Ana")
    pipeline.again(world.workspace, refused)
    assert [each.state for each in world.conversions()] == [ConversionState.CONFIRMED] * 2


def test_an_answer_that_is_lost_after_a_yes_makes_no_second_document(world):
    world.act("win")
    world.faults.append(("after commit", OutcomeUnknown("no answer")))
    run = approval.approve(world.workspace, world.conversions()[0], "Ana")
    assert run.state is ConversionState.UNKNOWN
    world.resume_all()
    assert [each.state for each in world.conversions()] == [ConversionState.CONFIRMED] * 2
    assert len(world.documents("quote")) == 1


def test_an_order_is_not_made_by_hand(world):
    world.act("win")
    with pytest.raises(Permanent, match="only a change is made by hand"):
        approval.made_by_hand(world.workspace, world.conversions()[0], "Ana")
