"""The smallest changes in words, a row a behaviour; each answer is done and decided again."""

from datetime import date
from decimal import Decimal

import pytest

from rules_engine import bootstrap, folders
from rules_engine.analysis.fixtures import fixture_case
from rules_engine.evaluation.changes.smallest import smallest_changes, what_next
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.explain import explain_text, to_do
from rules_engine.evaluation.explain_json import explain_json
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.folders import full_catalog
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.case import Case, Rate
from rules_engine.model.ruleset import Verdict
from rules_engine.model.values import Money
from tests.evaluation.builders import BERLIN, NOON, berlin, happened

CATALOG = full_catalog()


def eur(amount):
    return Money(Decimal(amount), "EUR")


LINES = (
    {
        "id": "L-1",
        "kind": "product",
        "sku": "SEAT-PRO",
        "quantity": Decimal(10),
        "discount": Decimal(25),
        "net_amount": eur("7500.00"),
        "in_stock": True,
    },
    {
        "id": "L-2",
        "kind": "product",
        "sku": "SUPPORT",
        "quantity": Decimal(1),
        "discount": Decimal(15),
        "net_amount": eur("1200.00"),
        "in_stock": False,
    },
)
RECORD = {
    "opportunity": {
        "id": "D-1",
        "name": "Harbour",
        "stage": "negotiation",
        "amount": eur(8700),
        "probability": Decimal(60),
        "close_date": date(2026, 3, 20),
        "purchase_order": "",
        "created_at": berlin("2026-01-05 10:00"),
    },
    "account": {"name": "Globex", "credit_status": "on_hold", "credit_limit": eur(8000), "framework_agreement": False},
    "line_items": LINES,
    "files": ({"id": "F-1", "name": "plan.pdf", "category": "drawing"},),
    "payments": (),
    "contact": None,
}


def ruleset(*rules, policy="first", otherwise="ignore", step="opportunity-to-quote"):
    """Rules from `when` and `then` as YAML flow."""
    text = "\n".join(
        f"  - {{id: rule-{number}, title: R, when: {when}, then: {then}}}"
        for number, (when, then) in enumerate(rules, 1)
    )
    head = f"format: 1\nruleset: r\nstep: {step}\nhit_policy: {policy}\notherwise: {otherwise}\nrules:\n"
    return read_ruleset(head + text, CATALOG)


def a_case(*events, record=RECORD, previous=None, rates=()):
    return Case("1", record, events, previous, rates, BERLIN)


def flip_of(rules, case=None, now=NOON, wanted=Verdict.CONVERT):
    case = case or a_case()
    flip = smallest_changes(rules, case, now, wanted, CATALOG)
    if flip.found:
        decision = evaluate(rules, flip.case, flip.at, ReferenceMatcher())
        assert (decision.verdict, decision.rule) == (wanted, flip.rule)
    return flip


def said(when, *events, **more):
    flip = flip_of(ruleset((when, "convert")), a_case(*events, **more))
    return [each.words for each in flip.changes] if flip.found else flip.reason


WORDS = [
    # one field
    ("{field: opportunity.stage, is: closed_won}", ["set opportunity stage to Closed won (now Negotiation)"]),
    (
        "{field: opportunity.stage, is_any_of: [closed_won, proposal]}",
        ["set opportunity stage to Closed won or Proposal (now Negotiation)"],
    ),
    (
        "{field: opportunity.stage, is_none_of: [negotiation, closed_lost]}",
        ["set opportunity stage to anything but Negotiation or Closed lost (now Negotiation)"],
    ),
    (
        "{field: opportunity.amount, at_least: 10000 EUR}",
        ["raise opportunity amount to 10000 EUR or more (now 8700 EUR)"],
    ),
    (
        "{field: opportunity.amount, less_than: 5000 EUR}",
        ["lower opportunity amount to less than 5000 EUR (now 8700 EUR)"],
    ),
    (
        "{field: opportunity.amount, between: [1 EUR, 100 EUR]}",
        ["lower opportunity amount to something between 1 EUR and 100 EUR (now 8700 EUR)"],
    ),
    ("{field: opportunity.probability, more_than: 75}", ["raise opportunity probability to more than 75 % (now 60 %)"]),
    ("{field: account.framework_agreement, is: true}", ["set account framework agreement to yes (now no)"]),
    ("{field: account.framework_agreement, is_not: false}", ["set account framework agreement to yes (now no)"]),
    (
        "{field: opportunity.purchase_order, is_not_empty: true}",
        ["fill in opportunity purchase order number: any value (now empty)"],
    ),
    ("{field: account.name, is_empty: true}", ["clear account name (now Globex)"]),
    ("{field: account.name, starts_with: Acme}", ["set account name to a text that starts with Acme (now Globex)"]),
    ("{field: account.name, does_not_contain: lob}", ["set account name to a text without lob (now Globex)"]),
    (
        "{field: opportunity.purchase_order, matches: '^PO-[0-9]{4}$'}",
        ["fill in opportunity purchase order number: a text that matches ^PO-[0-9]{4}$ (now empty)"],
    ),
    (
        "{length: account.name, at_least: 10}",
        ["set account name to a text of 10 or more characters (now Globex)"],
    ),
    # what was never sent
    ("{field: opportunity.lost_reason, is: price}", ["fill in opportunity lost reason: price (now not received)"]),
    (
        "{field: contact.email, ends_with: .example}",
        ["fill in contact email: a text that ends with .example (now not received)"],
    ),
    # dates, fixed and moving
    (
        "{field: opportunity.close_date, before: 2026-03-01}",
        ["set opportunity close date to 2026-02-28 or earlier (now 2026-03-20)"],
    ),
    (
        "{field: opportunity.close_date, on_or_before: today}",
        ["set opportunity close date to 2026-03-10 or earlier (now 2026-03-20)"],
    ),
    (
        "{field: opportunity.close_date, in: next month}",
        ["set opportunity close date to something between 2026-04-01 and 2026-04-30 (now 2026-03-20)"],
    ),
    (
        "{field: opportunity.close_date, in_the_next: 5 days}",
        ["set opportunity close date to something between 2026-03-10 and 2026-03-15 (now 2026-03-20)"],
    ),
    # two fields: the one that moves less is named
    (
        "{field: opportunity.amount, at_most: {field: account.credit_limit}}",
        ["lower opportunity amount to 8000 EUR or less (now 8700 EUR)"],
    ),
    (
        "{all: [{field: opportunity.amount, is: 8700 EUR},"
        " {field: opportunity.amount, at_most: {field: account.credit_limit}}]}",
        ["raise account credit limit to 8700 EUR or more (now 8000 EUR)"],
    ),
    # groups
    (
        "{all: [{field: opportunity.stage, is: closed_won}, {field: account.credit_status, is: good}]}",
        ["set opportunity stage to Closed won (now Negotiation)", "set account credit status to Good (now On hold)"],
    ),
    (
        "{any: [{all: [{field: opportunity.stage, is: closed_won}, {field: account.credit_status, is: good}]},"
        " {field: account.framework_agreement, is: true}]}",
        ["set account framework agreement to yes (now no)"],
    ),
    (
        "{none: [{field: account.credit_status, is: on_hold}]}",
        ["set account credit status to anything but On hold (now On hold)"],
    ),
    (
        "{all: [{field: opportunity.amount, at_least: 9000 EUR}, {field: opportunity.amount, at_most: 9500 EUR}]}",
        ["raise opportunity amount to 9000 EUR (now 8700 EUR)"],
    ),
    (
        "{all: [{field: opportunity.probability, more_than: 70}, {field: opportunity.probability, less_than: 71}]}",
        ["raise opportunity probability to 70.5 % (now 60 %)"],
    ),
    # lists: each record that offends, by its name
    (
        "{every: line_items, where: {field: discount, at_most: 20}}",
        ["lower SEAT-PRO's discount to 20 % or less (now 25 %)"],
    ),
    (
        "{every: line_items, where: {field: discount, at_most: 10}}",
        ["lower SEAT-PRO's discount to 10 % or less (now 25 %)", "lower SUPPORT's discount to 10 % or less (now 15 %)"],
    ),
    ("{no: line_items, where: {field: in_stock, is: false}}", ["set SUPPORT's in stock to yes (now no)"]),
    ("{some: files, where: {field: category, is: purchase_order}}", ["add a file with category Purchase order"]),
    (
        "{some: payments, where: {all: [{field: kind, is: deposit}, {field: amount, at_least: 500 EUR}]}}",
        ["add a payment with kind Deposit, amount 500 EUR"],
    ),
    ("{no: files}", ["take out file plan.pdf"]),
    # figures over lists
    ("{count: line_items, at_least: 3}", ["add a line item"]),
    (
        "{count: files, where: {field: category, is: contract}, at_least: 2}",
        ["add a file with category Contract", "add a file with category Contract"],
    ),
    (
        "{sum: line_items.net_amount, at_least: 10000 EUR}",
        [
            "add 1300.00 EUR to the sum, such as SEAT-PRO's net amount from 7500.00 EUR to 8800.00 EUR:"
            " the sum of net amount of line items is at least 10000 EUR (now 8700.00 EUR)"
        ],
    ),
    (
        "{sum: line_items.net_amount, at_most: {field: account.credit_limit}}",
        ["raise account credit limit to 8700.00 EUR or more (now 8000 EUR)"],
    ),
    (
        "{max: line_items.discount, at_most: 20}",
        ["set SEAT-PRO's discount from 25 % to 20 %: the max of discount of line items is at most 20 (now 25)"],
    ),
    # events
    ("{happened: signature.completed}", ["record: signature completed"]),
    (
        "{happened: [signature.completed, deposit.paid], within: 14 days}",
        ["record: signature completed", "record: deposit paid"],
    ),
    ("{happened: reminder.sent, at_least: 3}", ["record: reminder sent"] * 3),
    # what no person can set
    ("{field: opportunity.id, is: D-2}", ["set opportunity crm id to D-2 (now D-1); no person can set it"]),
]


@pytest.mark.parametrize(("when", "words"), WORDS, ids=[when for when, _ in WORDS])
def test_what_to_change_is_said_in_one_line_a_change(when, words):
    assert said(when) == words


# --- which rule, and what wins over it ------------------------------------------------------------------------

STAGE = "{field: opportunity.stage, is: closed_won}"
ON_HOLD = "{field: account.credit_status, is: on_hold}"


def test_a_rule_above_that_holds_must_stop_being_true():
    flip = flip_of(ruleset((ON_HOLD, "{hold: on hold}"), (STAGE, "convert")))
    assert [each.words for each in flip.changes] == [
        "set opportunity stage to Closed won (now Negotiation)",
        "set account credit status to anything but On hold (now On hold)",
    ]
    assert flip.rule == "rule-2"


def test_a_rule_below_does_not_matter_where_the_first_decides():
    assert len(flip_of(ruleset((STAGE, "convert"), (ON_HOLD, "{hold: on hold}"))).changes) == 1


def test_where_one_rule_only_may_be_true_the_second_must_not():
    rules = ruleset(
        (STAGE, "convert"),
        ("{field: opportunity.amount, at_least: 1 EUR}", "convert"),
        (ON_HOLD, "ignore"),
        policy="unique",
    )
    flip = flip_of(rules)
    assert (flip.rule, [each.path for each in flip.changes]) == ("rule-2", ["account.credit_status"])


def test_where_all_are_collected_the_more_cautious_must_not_be_true_and_the_bolder_may():
    rules = ruleset(
        (STAGE, "convert"),
        (ON_HOLD, "{hold: on hold}"),
        ("{field: account.name, is: Globex}", "ignore"),
        policy="collect",
    )
    assert [each.path for each in flip_of(rules).changes] == ["opportunity.stage", "account.credit_status"]


def test_the_rule_that_lacks_least_is_chosen():
    rules = ruleset(
        (f"{{all: [{STAGE}, {{field: opportunity.amount, at_least: 9000 EUR}}]}}", "convert"),
        ("{field: account.framework_agreement, is: true}", "convert"),
    )
    assert flip_of(rules).rule == "rule-2"


def test_what_happens_otherwise_can_be_what_is_wanted():
    rules = ruleset((ON_HOLD, "{hold: on hold}"), otherwise="convert")
    flip = flip_of(rules)
    assert (flip.rule, [each.path for each in flip.changes]) == ("", ["account.credit_status"])


def test_two_rules_at_once_are_a_hold_where_only_one_may_be_true():
    rules = ruleset((ON_HOLD, "convert"), (STAGE, "convert"), policy="unique")
    assert [each.path for each in flip_of(rules, wanted=Verdict.HOLD).changes] == ["opportunity.stage"]


def test_of_a_conversion_it_is_said_what_would_stop_it():
    rules = ruleset(("{field: account.credit_status, is: good}", "{hold: a good one}"), (ON_HOLD, "convert"))
    flip = what_next(rules, a_case(), NOON, Verdict.CONVERT, CATALOG)
    assert (flip.wanted, flip.rule) == (Verdict.HOLD, "rule-1")
    assert to_do(flip, NOON) == ["what would hold it:", "  - set account credit status to Good (now On hold)"]


def test_a_ruleset_that_only_proposes_is_asked_for_a_proposal():
    flip = what_next(ruleset((STAGE, "propose")), a_case(), NOON, Verdict.IGNORE, CATALOG)
    assert (flip.wanted, flip.found) == (Verdict.PROPOSE, True)


def test_a_rule_that_is_not_in_effect_cannot_be_met_but_waited_for():
    text = f"format: 1\nruleset: r\nstep: opportunity-to-quote\nrules:\n  - {{id: later, title: L, when: {ON_HOLD}, then: convert, effective_from: 2026-04-01}}\n"  # noqa: E501 - one line of text
    flip = flip_of(read_ruleset(text, CATALOG))
    assert (flip.by_itself, flip.changes) == (berlin("2026-04-01 00:00"), ())


# --- time -----------------------------------------------------------------------------------------------------


def test_what_becomes_true_by_itself_need_only_be_waited_for():
    flip = flip_of(ruleset(("{field: opportunity.close_date, before: today}", "convert")))
    assert flip.by_itself == berlin("2026-03-21 00:00")
    assert to_do(flip, NOON) == [
        "to convert it:",
        "  nothing to do: by itself on 2026-03-21 00:00+01:00",
        "  or now:",
        "  - set opportunity close date to 2026-03-09 or earlier (now 2026-03-20)",
    ]


def test_silence_that_has_begun_is_waited_for_and_cannot_be_hastened():
    rules = ruleset(("{not_happened: quote.declined, since: quote.sent, for: 7 days}", "convert"))
    sent = happened("quote.sent", "2026-03-08 09:00")
    flip = flip_of(rules, a_case(sent))
    assert (flip.by_itself, flip.changes) == (berlin("2026-03-16 00:00"), ())


def test_silence_that_has_not_begun_is_begun_and_then_waited_for():
    rules = ruleset(("{not_happened: quote.declined, since: quote.sent, for: 7 days}", "convert"))
    flip = flip_of(rules)
    assert to_do(flip, NOON) == [
        "to convert it:",
        "  - record: quote sent",
        "  - then wait until 2026-03-18 00:00+01:00",
    ]


def test_what_is_awaited_has_its_last_day():
    when = "{happened: [signature.completed, deposit.paid], within: 14 days}"
    assert said(when, happened("signature.completed", "2026-03-01 09:00")) == ["record: deposit paid by 2026-03-15"]


def test_where_the_window_has_passed_both_must_happen_anew():
    when = "{happened: [signature.completed, deposit.paid], within: 2 days}"
    words = said(when, happened("signature.completed", "2026-03-01 09:00"))
    assert words == ["record: signature completed again", "record: deposit paid"]


def test_what_happened_cannot_be_undone_and_that_is_said():
    when = "{none: [{happened: quote.declined}]}"
    assert said(when, happened("quote.declined", "2026-03-01 09:00")) == (
        "nothing that could be changed gives convert: `quote.declined` happened, which cannot be undone"
    )


def test_the_next_evaluation_compares_with_what_is_there_now():
    won = {**RECORD, "opportunity": {**RECORD["opportunity"], "stage": "closed_won"}}
    assert said("{field: opportunity.stage, changed_to: closed_won}") == [
        "set opportunity stage to Closed won (now Negotiation)"
    ]
    assert said("{field: opportunity.stage, changed_to: closed_won}", record=won, previous=RECORD) == (
        "nothing that could be changed gives convert: `opportunity.stage` would have to change away and back"
    )


# --- money, empty lists, limits -------------------------------------------------------------------------------


def test_an_amount_in_another_currency_is_named_in_its_own_where_there_is_a_rate():
    rates = (Rate("EUR", "USD", Decimal("1.10"), date(2026, 1, 1)),)
    assert said("{field: opportunity.amount, at_least: 11000 USD}", rates=rates) == [
        "raise opportunity amount to 11000 USD or more (now 8700 EUR)"
    ]


def test_a_list_that_was_never_sent_gets_its_first_record():
    assert said("{some: activities, where: {field: kind, is: call}}") == ["add an activity with kind Call"]


def test_what_no_value_can_be_is_said_to_be_so():
    both = "{all: [{field: opportunity.amount, more_than: 10 EUR}, {field: opportunity.amount, less_than: 5 EUR}]}"
    assert said(both).startswith("nothing that could be changed gives convert")
    assert said("{count: files, less_than: 0}").startswith("nothing that could be changed gives convert: no count of")


def test_no_rule_that_converts_is_said_to_be_so():
    assert flip_of(ruleset((ON_HOLD, "{hold: on hold}"))).reason == "no rule in effect says convert"


def test_thirty_lines_that_offend_are_thirty_changes():
    lines = tuple({"id": f"L-{n}", "sku": f"S-{n}", "discount": Decimal(50 + n)} for n in range(30))
    flip = flip_of(
        ruleset(("{every: line_items, where: {field: discount, at_most: 20}}", "convert")),
        a_case(record={**RECORD, "line_items": lines}),
    )
    assert [each.path for each in flip.changes] == [f"line_items[L-{n}].discount" for n in range(30)]


def test_the_policies_of_an_order_are_kept_too():
    record = {**RECORD, "quote": {"id": "Q-1", "valid_until": date(2026, 3, 1)}, "orders": ()}
    rules = ruleset((STAGE, "convert"), step="quote-to-order")
    flip = flip_of(rules, a_case(record=record))
    assert [each.words for each in flip.changes] == [
        "set opportunity stage to Closed won (now Negotiation)",
        "set quote valid until to 2026-03-10 or later (now 2026-03-01)",
    ]


# --- where it is shown ----------------------------------------------------------------------------------------


def test_the_explanation_says_what_to_do():
    rules = ruleset((STAGE, "convert"))
    decision = evaluate(rules, a_case(), NOON, ReferenceMatcher(), CATALOG)
    text = explain_text(decision, CATALOG, flip_of(rules))
    assert "\nto convert it:\n  - set opportunity stage to Closed won (now Negotiation)\n" in text


def test_the_json_form_has_every_value_with_its_type():
    rules = ruleset(("{every: line_items, where: {field: discount, at_most: 20}}", "convert"))
    decision = evaluate(rules, a_case(), NOON, ReferenceMatcher(), CATALOG)
    found = explain_json(decision, CATALOG, flip_of(rules))
    assert found["other_verdict"]["changes"] == [
        {
            "kind": "set",
            "path": "line_items[L-1].discount",
            "words": "lower SEAT-PRO's discount to 20 % or less (now 25 %)",
            "now": {"type": "number", "value": "25"},
            "value": {"type": "number", "value": "20"},
            "operator": "at_most",
            "operand": {"type": "number", "value": "20"},
            "by_hand": True,
            "fields": {},
        }
    ]
    line = found["rules"][0]["condition"]["children"][0]
    assert (line["item"], line["sentence"], line["truth"]) == ("L-1", "discount is at most 20", "false")


def test_what_ships_is_answered_unless_it_cannot_be_undone():
    """Every case of every shipped ruleset that does not convert."""
    desk, asked, unanswered = bootstrap.file_desk(), 0, {}
    for draft in folders.shipped_rulesets():
        checked = desk.check(draft)
        for fixture in checked.cases:
            case = fixture_case(fixture, folders.fixture_record)
            if evaluate(checked.ruleset, case, fixture.now, ReferenceMatcher()).verdict is Verdict.CONVERT:
                continue
            asked += 1
            flip = smallest_changes(checked.ruleset, case, fixture.now, Verdict.CONVERT, desk.catalog)
            if flip.found:
                assert evaluate(checked.ruleset, flip.case, flip.at, ReferenceMatcher()).verdict is Verdict.CONVERT
            else:
                unanswered[fixture.name] = flip.reason
    print(f"\n{asked - len(unanswered)} of {asked} answered")
    assert asked >= 25
    assert all("which cannot be undone" in reason for reason in unanswered.values()), unanswered
