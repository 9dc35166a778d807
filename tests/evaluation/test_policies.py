"""Policies: what holds for every rule that converts, beside its own conditions."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.model.case import Case, Event, Rate
from rules_engine.model.ruleset import (
    Comparison,
    Late,
    Literal,
    Outcome,
    Policies,
    Rule,
    Ruleset,
    Step,
    Verdict,
)
from rules_engine.model.values import Money

BERLIN = "Europe/Berlin"
LAST = date(2026, 4, 30)
# In Berlin it is two hours later: the quote's last day ends at 22:00 UTC.
IN_TIME, TOO_LATE = datetime(2026, 4, 30, 21, 59, tzinfo=UTC), datetime(2026, 4, 30, 22, 0, tzinfo=UTC)
RULE = Rule("open", "Open", Comparison("quote.status", "is", Literal("sent")), Outcome(Verdict.CONVERT))
ORDERING = Ruleset("r", "R", Step.QUOTE_TO_ORDER, (RULE,))


def case(accepted: datetime | None = None, orders=(), **quote) -> Case:
    record = {"quote": {"id": "Q-1", "status": "sent", "valid_until": LAST, **quote}, "orders": orders}
    events = (Event("quote.accepted", accepted, "e1"),) if accepted else ()
    return Case("C", record, events, zone=BERLIN)


DEFAULT = Policies()


def decide(asked: Case, now: datetime, policies: Policies = DEFAULT, ruleset: Ruleset = ORDERING):
    return evaluate(replace(ruleset, policies=policies), asked, now, ReferenceMatcher())


@pytest.mark.parametrize(
    ("accepted", "now", "verdict"),
    [
        (IN_TIME, IN_TIME, Verdict.CONVERT),
        (TOO_LATE, TOO_LATE, Verdict.HOLD),
        # The event of an acceptance in time reaches us a week later.
        (IN_TIME, datetime(2026, 5, 7, tzinfo=UTC), Verdict.CONVERT),
        (None, IN_TIME, Verdict.CONVERT),
        (None, TOO_LATE, Verdict.HOLD),
    ],
)
def test_the_instant_of_acceptance_decides_whether_a_quote_has_expired(accepted, now, verdict):
    decision = decide(case(accepted), now)
    assert decision.verdict is verdict
    assert decision.policy == ("" if verdict is Verdict.CONVERT else "expiry")


def test_an_expired_quote_is_held_with_both_days_in_the_reason():
    decision = decide(case(TOO_LATE), TOO_LATE)
    assert decision.reason == "the quote was valid until 2026-04-30, and was accepted on 2026-05-01"
    assert decision.rule == "open"


def test_a_quote_not_yet_accepted_is_looked_at_again_when_its_last_day_is_over():
    assert decide(case(), IN_TIME).wake_at == TOO_LATE
    assert decide(case(IN_TIME), IN_TIME).wake_at is None


@pytest.mark.parametrize(("policy", "verdict"), [(Late.PROPOSE, Verdict.PROPOSE), (Late.CONVERT, Verdict.CONVERT)])
def test_an_expired_quote_is_proposed_or_converted_where_the_policy_says_so(policy, verdict):
    assert decide(case(TOO_LATE), TOO_LATE, Policies(expiry=policy)).verdict is verdict


def test_a_quote_without_a_last_day_never_expires():
    assert decide(case(TOO_LATE, valid_until=None), TOO_LATE).verdict is Verdict.CONVERT


def test_a_second_quote_of_an_opportunity_is_not_ordered_beside_the_first():
    ordered = ({"id": "SO-1", "quote": "Q-0", "quote_number": "Q2026-7"},)
    decision = decide(case(IN_TIME, ordered), IN_TIME)
    assert (decision.verdict, decision.policy) == (Verdict.HOLD, "siblings")
    assert decision.reason == "another quote of this opportunity, `Q2026-7`, has been ordered already"
    assert decide(case(IN_TIME, ordered), IN_TIME, Policies(siblings=Late.CONVERT)).verdict is Verdict.CONVERT


def test_a_cancelled_order_of_another_quote_and_the_own_order_stand_in_no_way():
    harmless = ({"id": "SO-1", "quote": "Q-0", "status": "cancelled"}, {"id": "SO-2", "quote": "Q-1"})
    assert decide(case(IN_TIME, harmless), IN_TIME).verdict is Verdict.CONVERT


def test_a_hold_is_sterner_than_a_proposal():
    ordered = ({"id": "SO-1", "quote": "Q-0"},)
    policies = Policies(expiry=Late.PROPOSE, siblings=Late.HOLD)
    assert decide(case(TOO_LATE, ordered), TOO_LATE, policies).policy == "siblings"


RATES = (
    Rate("USD", "EUR", Decimal("0.80"), date(2026, 1, 1)),
    Rate("USD", "EUR", Decimal("1.25"), date(2026, 3, 1)),
)
AT_LEAST = Comparison("opportunity.amount", "at_least", Literal(Money(Decimal(100), "EUR")))
BIG = Rule("big", "Big", AT_LEAST, Outcome(Verdict.CONVERT))
QUOTING = Ruleset("r", "R", Step.OPPORTUNITY_TO_QUOTE, (BIG,))


def in_dollars(close_date) -> Case:
    record = {"opportunity": {"amount": Money(Decimal(100), "USD"), "close_date": close_date}}
    return Case("C", record, rates=RATES)


def test_money_is_compared_at_the_rates_of_the_day_that_the_policy_names():
    now = datetime(2026, 4, 1, tzinfo=UTC)
    at_close = Policies(rates="opportunity.close_date")
    assert decide(in_dollars(date(2026, 2, 1)), now, ruleset=QUOTING).verdict is Verdict.CONVERT
    assert decide(in_dollars(date(2026, 2, 1)), now, at_close, QUOTING).verdict is Verdict.IGNORE
    assert decide(in_dollars(date(2026, 3, 1)), now, at_close, QUOTING).verdict is Verdict.CONVERT


def test_without_that_day_the_comparison_is_unknown_and_says_so():
    decision = decide(
        in_dollars(None), datetime(2026, 4, 1, tzinfo=UTC), Policies(rates="opportunity.close_date"), QUOTING
    )
    assert decision.verdict is Verdict.IGNORE
    assert decision.rules[0].trace.cause == "no rate from USD to EUR for `opportunity.amount`"


def test_a_rate_that_begins_tomorrow_wakes_the_decision():
    decision = decide(in_dollars(None), datetime(2026, 2, 27, 12, tzinfo=UTC), ruleset=QUOTING)
    assert decision.wake_at == datetime(2026, 3, 1, tzinfo=UTC)


def test_the_acceptance_of_an_older_quote_says_nothing_of_this_one():
    older = Event("quote.accepted", datetime(2026, 2, 2, tzinfo=UTC), "e1", {"quote": "Q-0"})
    before = Event("quote.accepted", datetime(2026, 2, 2, tzinfo=UTC), "e1")
    for event, more in ((older, {}), (before, {"quoted_on": date(2026, 3, 1)})):
        asked = replace(case(**more), events=(event,))
        assert decide(asked, TOO_LATE).policy == "expiry"


def test_a_quote_accepted_in_time_stays_so_when_it_is_signed_later():
    asked = case(IN_TIME)
    signed = replace(asked, events=(*asked.events, Event("signature.completed", TOO_LATE, "e2")))
    assert decide(signed, datetime(2026, 5, 20, tzinfo=UTC)).verdict is Verdict.CONVERT
