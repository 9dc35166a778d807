"""What a ruleset's policies make of a conversion that its rules want."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from rules_engine.evaluation import calendar
from rules_engine.model.case import Case, Event
from rules_engine.model.ruleset import TODAY, Late, Outcome, Ruleset, Step, Verdict
from rules_engine.model.values import Record, get

# What a customer does to accept a quote: the instant of it counts, not that at which we hear of it.
ACCEPTANCES = ("quote.accepted", "signature.completed")


@dataclass(frozen=True)
class Guarded:
    """`policy` names the one that objected, "" where none did; `wake_at` is when one would object by time alone."""

    outcome: Outcome
    policy: str = ""
    wake_at: datetime | None = None


def at_its_rates(ruleset: Ruleset, case: Case) -> Case:
    """The case as the ruleset compares its money; without the date that its policy names there are no rates."""
    if ruleset.policies.rates == TODAY:
        return case
    day = get(case.record, ruleset.policies.rates)
    known = isinstance(day, date) and not isinstance(day, datetime)
    return replace(case, rates_on=day) if known and isinstance(day, date) else replace(case, rates=())


def guarded(outcome: Outcome, ruleset: Ruleset, case: Case, now: datetime) -> Guarded:
    """The outcome, or what a policy makes of it; only an order that would be made or proposed is looked at."""
    if ruleset.step is not Step.QUOTE_TO_ORDER or outcome.verdict not in (Verdict.CONVERT, Verdict.PROPOSE):
        return Guarded(outcome)
    quote = case.record.get("quote")
    quote = quote if isinstance(quote, Mapping) else {}
    objections = (
        ("siblings", ruleset.policies.siblings, _ordered_already(case, quote)),
        ("expiry", ruleset.policies.expiry, _expired(case, quote, now)),
    )
    found = [
        (_sterner(outcome, Verdict(policy.value)), name, why)
        for name, policy, why in objections
        if why and policy is not Late.CONVERT
    ]
    wake = _expires(case, quote, now) if ruleset.policies.expiry is not Late.CONVERT else None
    changed = [(verdict, name, why) for verdict, name, why in found if verdict is not outcome.verdict]
    if not changed:
        return Guarded(outcome, wake_at=wake)
    verdict, name, why = next((each for each in changed if each[0] is Verdict.HOLD), changed[0])
    return Guarded(Outcome(verdict, why), name, wake)


def _sterner(outcome: Outcome, verdict: Verdict) -> Verdict:
    return Verdict.HOLD if Verdict.HOLD in (outcome.verdict, verdict) else Verdict.PROPOSE


def _ordered_already(case: Case, quote: Record) -> str:
    orders = case.record.get("orders")
    for order in orders if isinstance(orders, tuple) else ():
        if not isinstance(order, Mapping) or order.get("status") == "cancelled":
            continue
        other = order.get("quote")
        if other and quote.get("id") and other != quote["id"]:
            name = order.get("quote_number") or other
            return f"another quote of this opportunity, `{name}`, has been ordered already"
    return ""


def _last_day(quote: Record) -> date | None:
    day = quote.get("valid_until")
    return day if isinstance(day, date) and not isinstance(day, datetime) else None


def accepted_at(case: Case, quote: Record, now: datetime) -> datetime | None:
    """When this quote was first accepted: not an older one of the same deal; what follows changes nothing in time."""
    made = quote.get("quoted_on")

    def of_this(event: Event) -> bool:
        if event.data.get("quote") not in (None, "", quote.get("id")):
            return False
        return not isinstance(made, date) or calendar.today(event.at, case.zone) >= made

    return min((each.at for each in case.events if each.type in ACCEPTANCES and each.at <= now and of_this(each)),
               default=None)  # fmt: skip


def _expired(case: Case, quote: Record, now: datetime) -> str:
    """The last day is included, in the workspace's zone; an acceptance in time stays one, however late we hear."""
    last, accepted = _last_day(quote), accepted_at(case, quote, now)
    day = calendar.today(accepted or now, case.zone)
    if last is None or day <= last:
        return ""
    return f"the quote was valid until {last}, and {'was accepted on' if accepted else 'today is'} {day}"


def _expires(case: Case, quote: Record, now: datetime) -> datetime | None:
    last = _last_day(quote)
    if last is None or last >= date.max - timedelta(days=1) or accepted_at(case, quote, now):
        return None
    end = calendar.midnight(last + timedelta(days=1), case.zone)
    return end if end > now else None
