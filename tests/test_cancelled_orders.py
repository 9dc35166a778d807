"""An order that was cancelled in the order system: the case sees it, and another one is only ever proposed."""

from dataclasses import replace

import pytest

from rules_engine import approval, pipeline
from rules_engine.connectors.sample_crm_actions import Changes
from rules_engine.model.errors import NotFound, Permanent, Retryable
from rules_engine.model.ruleset import Step
from rules_engine.model.run import ConversionState
from tests.test_amendments import amendments, wheels
from tests.test_pipeline import CASE, World


@pytest.fixture
def world(tmp_path):
    made = World(tmp_path)
    made.act("win")
    return made


def orders(world):
    return [run for run in world.conversions() if run.step is Step.QUOTE_TO_ORDER and not run.amends]


def statuses(world):
    case = pipeline.see(world.workspace, "crm", CASE).case
    return [each.get("status") for each in case.record["orders"]]


@pytest.mark.parametrize("state", ["confirmed", "shipped", "invoiced", "cancelled"])
def test_the_case_sees_what_became_of_the_order(world, state):
    if state != "confirmed":
        world.book.move("order", "O-00001", state)
    assert statuses(world) == [state]


def test_after_a_cancelled_order_another_one_is_proposed_and_never_made_by_itself(world):
    world.book.move("order", "O-00001", "cancelled")
    world.act("accept_quote")
    first, second = orders(world)
    assert (first.state, second.state) == (ConversionState.CONFIRMED, ConversionState.PROPOSED)
    assert first.key != second.key
    for action in ("sign", "pay_deposit"):
        world.act(action)
    assert len(world.book.documents("order")) == 1
    made = approval.approve(world.workspace, orders(world)[1], "Ana")
    assert (made.state, made.written.number) == (ConversionState.CONFIRMED, "O-00002")
    assert sorted(statuses(world)) == ["cancelled", "confirmed"]


def test_another_order_is_made_once_and_stands_as_the_first_did(world):
    world.book.move("order", "O-00001", "cancelled")
    world.act("accept_quote")
    approval.approve(world.workspace, orders(world)[1], "Ana")
    for action in ("accept_quote", "sign", "reopen", "win"):
        world.act(action)
    assert [run.state for run in orders(world)] == [ConversionState.CONFIRMED] * 2
    assert len(world.book.documents("order")) == 2
    world.crm.change(CASE, Changes(put=wheels(9)))
    world.act("sign")
    (run,) = amendments(world)
    assert (run.state, run.amends) == (ConversionState.PROPOSED, orders(world)[1].key)


def test_a_refused_second_order_is_not_proposed_again(world):
    world.book.move("order", "O-00001", "cancelled")
    world.act("accept_quote")
    approval.refuse(world.workspace, orders(world)[1], "Ana", "they went elsewhere")
    world.act("sign")
    assert orders(world)[1].state is ConversionState.DECLINED


def test_a_change_that_was_proposed_for_a_cancelled_order_is_withdrawn(world):
    world.crm.change(CASE, Changes(put=wheels(9)))
    world.act("sign")
    world.book.move("order", "O-00001", "cancelled")
    world.act("pay_deposit")
    of_the_order = [run for run in amendments(world) if run.step is Step.QUOTE_TO_ORDER]
    assert [run.state for run in of_the_order] == [ConversionState.DECLINED]


def test_a_system_that_does_not_know_its_order_any_more_is_not_taken_to_have_cancelled_it(world):
    def gone(document, written):
        raise NotFound("there is no such order")

    world.book.state = gone
    world.act("accept_quote")
    assert len(orders(world)) == 1


def test_while_the_order_system_does_not_answer_nothing_is_decided(world):
    def silent(document, written):
        raise Retryable("no answer")

    world.book.state = silent
    with pytest.raises(Retryable):
        world.act("accept_quote")
    assert len(orders(world)) == 1


def test_a_system_that_says_nothing_of_its_orders_keeps_the_case_as_it_was(world):
    class Plain:
        """Only what an order system must have."""

        def __init__(self, book):
            for name in ("system", "mapping", "catalog", "look_up", "find", "create", "read", "settle"):
                setattr(self, name, getattr(book, name))

    world.route_list = [replace(route, orders=Plain(world.book)) for route in world.route_list]
    world.book.move("order", "O-00001", "cancelled")
    assert statuses(world) == [None]


def test_an_order_that_stands_again_is_never_joined_by_the_one_that_was_proposed_meanwhile(world):
    world.book.move("order", "O-00001", "cancelled")
    world.act("accept_quote")
    world.book.move("order", "O-00001", "confirmed")
    with pytest.raises(Permanent, match="the order `O-00001` stands: another one beside it would be a second order"):
        approval.approve(world.workspace, orders(world)[1], "Ana")
    world.act("sign")
    assert (orders(world)[1].state, orders(world)[1].error) == (ConversionState.DECLINED, "the order stands")
    assert len(world.book.documents("order")) == 1
