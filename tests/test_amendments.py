"""What happens after a document was made: a change is proposed once, approved once, and never a second document."""

from dataclasses import replace
from decimal import Decimal

import pytest

from rules_engine import approval, pipeline
from rules_engine.connectors.sample_crm_actions import Changes
from rules_engine.model.errors import OutcomeUnknown, Permanent, Retryable
from rules_engine.model.finding import Finding
from rules_engine.model.ruleset import Revision, Step
from rules_engine.model.run import ConversionState
from tests.test_pipeline import CASE, World


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def change(world, put, action="sign"):
    """The record is changed in the CRM, and some event tells that something happened."""
    world.crm.change(CASE, Changes(put=put))
    world.act(action)


def wheels(count):
    """Another number of wheel sets, with the amounts that the record states of it."""
    line, whole = 2350 * count, 61630 + 2350 * (count - 4)
    amounts = {"Lines[L-2].Quantity": count, "Lines[L-2].NetAmount": line, "Amount": whole}
    return {path: Decimal(amount) for path, amount in amounts.items()}


def amendments(world, *states):
    found = [run for run in world.conversions() if run.amends]
    return [run for run in found if not states or run.state in states]


def proposed(world):
    (run,) = amendments(world, ConversionState.PROPOSED)
    return run


def the_order(world):
    (found,) = world.book.documents("order")
    return world.book.read("order", found)


def quantities(world):
    return {item["id"]: item["qty"] for item in the_order(world)["items"] if item.get("qty") is not None}


def test_a_changed_line_after_the_order_is_proposed_in_words_and_nothing_is_sent(world):
    world.act("win")
    before = quantities(world)
    change(world, wheels(9))
    run = proposed(world)
    assert (run.kind, run.step, run.amends) == ("amendment", Step.QUOTE_TO_ORDER, world.conversions()[1].key)
    change_of_quantity = next(each for each in run.changes if each.path == "lines[L-2].quantity")
    assert (change_of_quantity.before, change_of_quantity.after) == ("4", "9")
    assert change_of_quantity.words.startswith("quantity of line `L-2` (")
    assert change_of_quantity.words.endswith("was 4 and would be 9")
    assert quantities(world) == before
    assert [len(world.book.documents(kind)) for kind in ("quote", "order")] == [1, 1]


def test_a_change_that_does_not_add_up_is_held_with_what_is_wrong(world):
    world.act("win")
    change(world, {"Lines[L-2].Quantity": Decimal(9)})
    (run,) = amendments(world)
    assert (run.state, run.written) == (ConversionState.HELD, None)
    assert "9 × 2350.00 EUR is 21150.00 EUR, its net amount is 9400.00 EUR" in run.error
    change(world, wheels(9))
    assert [each.state for each in amendments(world)] == [ConversionState.DECLINED, ConversionState.PROPOSED]


def test_an_approved_change_is_made_in_the_order_and_stands_from_then_on(world):
    world.act("win")
    change(world, wheels(9))
    made = approval.approve(world.workspace, proposed(world), "Ana")
    assert (made.state, made.answered_by, made.written.number) == (ConversionState.CONFIRMED, "Ana", "O-00001/1")
    assert made.differences == ()
    assert quantities(world)["L-2"] == 9
    assert made.written.net_total == world.book.documents("order")[0].net_total
    world.act("pay_deposit")
    assert amendments(world, ConversionState.PROPOSED) == []
    change(world, wheels(4))
    back = proposed(world)
    approval.approve(world.workspace, back, "Ana")
    change(world, wheels(9))
    approval.approve(world.workspace, proposed(world), "Ana")
    assert quantities(world)["L-2"] == 9
    assert [each.written.number for each in amendments(world)] == ["O-00001/1", "O-00001/2", "O-00001/3"]


def test_the_same_change_is_proposed_once_however_often_it_is_heard(world):
    world.act("win")
    world.crm.change(CASE, Changes(put=wheels(9)))
    for action in ("sign", "pay_deposit", "accept_quote", "accept_quote"):
        world.act(action)
    assert len(amendments(world)) == 1


def test_a_change_that_is_taken_back_is_withdrawn_and_comes_up_again_with_the_same_change(world):
    world.act("win")
    change(world, wheels(9))
    change(world, wheels(4))
    (withdrawn,) = amendments(world)
    assert (withdrawn.state, withdrawn.error) == (
        ConversionState.DECLINED, "the record is again as the order has it",
    )  # fmt: skip
    change(world, wheels(9))
    assert proposed(world).key == withdrawn.key


def test_another_change_takes_the_place_of_the_one_that_was_proposed(world):
    world.act("win")
    change(world, wheels(9))
    first = proposed(world)
    change(world, wheels(11))
    second = proposed(world)
    assert first.key != second.key
    with pytest.raises(Permanent, match="is declined: there is nothing to approve"):
        approval.approve(world.workspace, first, "Ana")
    approval.approve(world.workspace, second, "Ana")
    assert quantities(world)["L-2"] == 11


def test_a_refused_change_is_remembered(world):
    world.act("win")
    change(world, wheels(9))
    approval.refuse(world.workspace, proposed(world), "Ana", "agreed otherwise")
    world.act("pay_deposit")
    (run,) = amendments(world)
    assert (run.state, run.answered_by, run.error) == (ConversionState.DECLINED, "Ana", "agreed otherwise")
    assert quantities(world)["L-2"] == 4


def test_a_line_that_came_and_one_that_went_are_said_as_lines(world):
    world.act("win")
    lines = world.crm.fetch(CASE)["Lines"]
    new = {**lines[1], "Id": "L-77", "Quantity": Decimal(3), "NetAmount": Decimal(7050)}
    put = {"Lines": (*lines[:1], *lines[2:]), "Amount": Decimal(59280)}
    world.crm.change(CASE, Changes(put=put, add={"Lines": new}))
    world.act("sign")
    run = proposed(world)
    went, came = (next(each for each in run.changes if each.path == path) for path in ("lines[L-2]", "lines[L-77]"))
    assert (went.after, came.before) == ("", "")
    assert went.words.endswith("would go")
    assert "would come: 3 x " in came.words
    approval.approve(world.workspace, run, "Ana")
    assert "L-77" in quantities(world)
    assert "L-2" not in quantities(world)


def test_won_reopened_and_won_again_repeats_nothing_and_proposes_what_changed_between(world):
    world.act("win")
    world.act("reopen")
    world.act("win")
    assert amendments(world) == []
    world.act("reopen")
    change(world, wheels(9), "win")
    assert proposed(world).error == ""
    assert [len(world.book.documents(kind)) for kind in ("quote", "order")] == [1, 1]
    assert len([run for run in world.conversions() if not run.amends]) == 2


def test_while_a_deal_is_reopened_the_proposal_says_that_the_rules_would_not_convert_it(world):
    world.route_list = world.route_list[:1]
    world.act("win")
    change(world, wheels(9), "reopen")
    assert proposed(world).error.startswith("the rules say ignore now: ")


def test_before_the_order_the_quote_is_amended_and_the_order_then_follows_the_amended_quote(world):
    order = world.route_list.pop()
    world.act("win")
    change(world, wheels(9))
    run = proposed(world)
    assert run.step is Step.OPPORTUNITY_TO_QUOTE
    approval.approve(world.workspace, run, "Ana")
    world.route_list.append(order)
    world.act("accept_quote")
    assert quantities(world)["L-2"] == 9
    assert amendments(world, ConversionState.PROPOSED) == []


def test_what_was_changed_between_quote_and_order_is_proposed_for_the_order(world):
    order = world.route_list.pop()
    world.act("win")
    change(world, wheels(9))
    assert proposed(world).step is Step.OPPORTUNITY_TO_QUOTE
    world.route_list.append(order)
    world.act("accept_quote")
    assert quantities(world)["L-2"] == 4
    run = proposed(world)
    assert run.step is Step.QUOTE_TO_ORDER
    assert [each.error for each in amendments(world, ConversionState.DECLINED)] == ["the order was made since"]
    approval.approve(world.workspace, run, "Ana")
    assert quantities(world)["L-2"] == 9


@pytest.mark.parametrize(
    ("policy", "state", "words"),
    [
        (Revision.HOLD, ConversionState.HELD, "the record was changed after the order was made: quantity of line"),
        (Revision.IGNORE, ConversionState.DECLINED, "the policy `revision` ignores changes after the order was made"),
    ],
)
def test_the_policy_revision_holds_or_ignores_and_says_so(world, policy, state, words):
    world.route_list = [with_policy(route, policy) for route in world.route_list]
    world.act("win")
    change(world, wheels(9))
    (run,) = amendments(world)
    assert run.state is state
    assert run.error.startswith(words)
    with pytest.raises(Permanent):
        approval.approve(world.workspace, run, "Ana")
    with pytest.raises(Permanent, match="nobody approved"):
        pipeline.again(world.workspace, run)
    assert quantities(world)["L-2"] == 4


def with_policy(route, policy):
    policies = replace(route.ruleset.policies, revision=policy)
    return replace(route, ruleset=replace(route.ruleset, policies=policies))


def test_a_new_mapping_alone_amends_nothing(world):
    world.act("win")
    order = world.route_list[1]
    fewer = tuple(each for each in order.mapping.fields if each.target != "purchase_order")
    world.route_list[1] = replace(order, mapping=replace(order.mapping, fields=fewer))
    world.act("sign")
    assert amendments(world) == []


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("shipped", "order `O-00001` is shipped: its `items` can't be changed any more"),
        ("invoiced", "order `O-00001` can't be changed: it is invoiced: write a credit note and a new order"),
        ("cancelled", "order `O-00001` can't be changed: it is cancelled"),
    ],
)
def test_the_order_book_refuses_by_the_orders_state_and_the_refusal_stands_in_its_words(world, state, words):
    world.act("win")
    change(world, wheels(9))
    world.book.move("order", "O-00001", state)
    refused = approval.approve(world.workspace, proposed(world), "Ana")
    assert (refused.state, refused.error) == (ConversionState.REFUSED, words)
    assert quantities(world)["L-2"] == 4


def test_a_reference_of_a_shipped_order_may_still_change(world):
    world.act("win")
    world.book.move("order", "O-00001", "shipped")
    change(world, {"PurchaseOrder": "PO-77"})
    made = approval.approve(world.workspace, proposed(world), "Ana")
    assert made.state is ConversionState.CONFIRMED, made.error
    assert the_order(world)["purchase_order"] == "PO-77"


def test_a_refused_amendment_is_tried_again_as_it_was_approved(world):
    world.act("win")
    change(world, wheels(9))
    world.book.move("order", "O-00001", "shipped")
    refused = approval.approve(world.workspace, proposed(world), "Ana")
    world.book.move("order", "O-00001", "confirmed")
    pipeline.again(world.workspace, refused)
    assert [run.state for run in amendments(world)] == [ConversionState.CONFIRMED]
    assert quantities(world)["L-2"] == 9


def test_an_older_change_is_not_tried_again_over_a_newer_one(world):
    world.act("win")
    change(world, wheels(9))
    world.book.move("order", "O-00001", "shipped")
    refused = approval.approve(world.workspace, proposed(world), "Ana")
    world.book.move("order", "O-00001", "confirmed")
    change(world, wheels(7))
    approval.approve(world.workspace, proposed(world), "Ana")
    with pytest.raises(Permanent, match="a later change stands"):
        pipeline.again(world.workspace, refused)
    assert quantities(world)["L-2"] == 7


def test_while_a_change_has_no_outcome_nothing_else_is_proposed_or_approved(world):
    world.act("win")
    change(world, wheels(9))
    world.faults.append(("before commit", Retryable("connection refused")))
    approval.approve(world.workspace, proposed(world), "Ana")
    change(world, wheels(4))
    assert amendments(world, ConversionState.PROPOSED) == []
    world.resume_all()
    world.act("pay_deposit")
    assert [(each.before, each.after) for each in proposed(world).changes if "quantity" in each.path] == [("9", "4")]


def test_what_was_changed_in_the_order_system_itself_is_not_taken_back(world):
    world.act("win")
    read = world.book.read

    def by_a_clerk(document, written):
        found = read(document, written)
        items = tuple({**each, "qty": Decimal(5)} if each.get("id") == "L-3" else each for each in found["items"])
        return {**found, "items": items}

    world.book.read = by_a_clerk
    change(world, wheels(9))
    (run,) = amendments(world)
    assert run.state is ConversionState.HELD
    assert "it was changed in `book` itself: `items[L-3].qty` was written as 2 and is 5" in run.error


def test_a_system_that_takes_no_changes_leaves_it_to_a_person_who_says_that_it_is_done(world):
    class Plain:
        """Only what an order system must have."""

        def __init__(self, book):
            for name in ("system", "mapping", "catalog", "look_up", "find", "create", "read", "settle"):
                setattr(self, name, getattr(book, name))

    world.route_list = [replace(route, orders=Plain(world.book)) for route in world.route_list]
    world.act("win")
    change(world, wheels(9))
    run = proposed(world)
    with pytest.raises(Permanent, match="`book` can't take a change from here: make it there"):
        approval.approve(world.workspace, run, "Ana")
    assert proposed(world) == run
    done = approval.made_by_hand(world.workspace, run, "Ana")
    assert (done.state, done.written, done.answered_by) == (ConversionState.CONFIRMED, None, "Ana")
    world.act("pay_deposit")
    assert amendments(world, ConversionState.PROPOSED) == []
    change(world, wheels(10))
    assert [(each.before, each.after) for each in proposed(world).changes if "quantity" in each.path] == [("9", "10")]


def test_an_answer_that_is_lost_after_the_change_was_made_changes_nothing_twice(world):
    world.act("win")
    change(world, wheels(9))
    world.faults.append(("after commit", OutcomeUnknown("no answer")))
    run = approval.approve(world.workspace, proposed(world), "Ana")
    assert run.state is ConversionState.UNKNOWN
    world.resume_all()
    assert [each.written.number for each in amendments(world)] == ["O-00001/1"]
    assert quantities(world)["L-2"] == 9


def test_a_change_that_never_arrived_is_made_again(world):
    world.act("win")
    change(world, wheels(9))
    world.faults.append(("before commit", Retryable("connection refused")))
    approval.approve(world.workspace, proposed(world), "Ana")
    assert quantities(world)["L-2"] == 4
    world.resume_all()
    assert [each.written.number for each in amendments(world)] == ["O-00001/1"]
    assert quantities(world)["L-2"] == 9


def test_a_proposal_that_was_answered_is_answered_once(world):
    world.act("win")
    change(world, wheels(9))
    run = proposed(world)
    approval.approve(world.workspace, run, "Ana")
    for answer in (approval.approve, approval.refuse, approval.made_by_hand):
        with pytest.raises(Permanent, match="is confirmed: there is nothing"):
            answer(world.workspace, run, "Ben")
    assert len(amendments(world)) == 1


def test_what_only_the_note_carries_over_is_no_change(world):
    world.act("win")
    change(world, {"Probability": Decimal(80), "Next_Step__c": "call them"})
    assert amendments(world) == []



def test_what_the_order_system_refused_may_be_made_there_by_hand_or_dropped(world):
    world.act("win")
    change(world, wheels(9))
    world.book.move("order", "O-00001", "invoiced")
    refused = approval.approve(world.workspace, proposed(world), "Ana")
    assert refused.state is ConversionState.REFUSED
    done = approval.made_by_hand(world.workspace, refused, "Ben")
    assert (done.state, done.answered_by) == (ConversionState.CONFIRMED, "Ben")
    world.act("pay_deposit")
    assert amendments(world, ConversionState.PROPOSED) == []


def test_a_document_is_never_changed_in_another_system_than_its_own(world):
    world.act("win")
    world.route_list = [replace(route, order_connection="elsewhere") for route in world.route_list]
    change(world, wheels(9))
    (run,) = amendments(world)
    assert (run.state, run.connection) == (ConversionState.HELD, "book")
    assert run.error == "it stands in `book`, and documents go to `elsewhere` now"


def test_a_schema_that_drifted_holds_the_change_until_it_is_set_right(world):
    world.act("win")
    drifted = Finding("drifted", "`items.qty` is gone")
    world.workspace = replace(world.workspace, drifted=lambda *_: (drifted,))
    change(world, wheels(9))
    (run,) = amendments(world)
    assert (run.state, "`items.qty` is gone" in run.error) == (ConversionState.HELD, True)
    world.workspace = replace(world.workspace, drifted=lambda *_: ())
    world.act("pay_deposit")
    assert proposed(world).key == run.key
