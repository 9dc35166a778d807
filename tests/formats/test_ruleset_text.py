"""A ruleset's text: what each form means, and what is said about a wrong one, with line, column and remedy."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from rules_engine.formats.ruleset_text import read_ruleset, write_ruleset
from rules_engine.model.finding import Finding, Place
from rules_engine.model.ruleset import (
    Aggregate,
    All,
    Changed,
    ChangeKind,
    Comparison,
    Condition,
    Duration,
    FieldOperand,
    Function,
    Happened,
    HitPolicy,
    Length,
    Literal,
    Mode,
    Near,
    NotHappened,
    Outcome,
    Period,
    Quantified,
    Quantifier,
    RelativeDate,
    Step,
    Unit,
    Verdict,
)
from rules_engine.model.values import Money
from tests.formats.reading import CATALOG, ROOT, RULE, findings

LINE, COLUMN = 7, 11  # where a condition written after RULE begins


def condition(text: str) -> Condition:
    return read_ruleset(RULE + text, CATALOG).rules[0].when


def one(text: str) -> Finding:
    found = findings(lambda: read_ruleset(RULE + text, CATALOG, "sample.yaml"))
    assert len(found) == 1, found
    return found[0]


def field(path: str, operator: str, operand: object = None, empty: bool = False) -> Comparison:
    return Comparison(path, operator, operand, empty)  # type: ignore[arg-type]  # any operand


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "{field: opportunity.amount, at_least: 5000 EUR}",
            field("opportunity.amount", "at_least", Literal(Money(Decimal(5000), "EUR"))),
        ),
        (
            "{field: opportunity.amount, at_least: {amount: 5000.10, currency: EUR}}",
            field("opportunity.amount", "at_least", Literal(Money(Decimal("5000.10"), "EUR"))),
        ),
        ("{field: opportunity.probability, more_than: 20 %}",
         field("opportunity.probability", "more_than", Literal(Decimal(20)))),
        ("{field: opportunity.name, is: '5'}", field("opportunity.name", "is", Literal("5"))),
        ("{field: account.framework_agreement, is: true}", field("account.framework_agreement", "is", Literal(True))),
        ("{field: opportunity.close_date, before: 2026-03-31}",
         field("opportunity.close_date", "before", Literal(date(2026, 3, 31)))),
        ("{field: opportunity.created_at, after: '2026-03-31T09:00:00Z'}",
         field("opportunity.created_at", "after", Literal(datetime(2026, 3, 31, 9, tzinfo=UTC)))),
        ("{field: opportunity.created_at, after: 2026-03-31}",
         field("opportunity.created_at", "after", Literal(date(2026, 3, 31)))),
        ("{field: opportunity.close_date, on_or_before: today}",
         field("opportunity.close_date", "on_or_before", RelativeDate("today"))),
        ("{field: opportunity.close_date, on_or_before: today - 1 month}",
         field("opportunity.close_date", "on_or_before", RelativeDate("today", Duration(-1, Unit.MONTHS)))),
        ("{field: opportunity.created_at, after: now - 4 hours}",
         field("opportunity.created_at", "after", RelativeDate("now", Duration(-4, Unit.HOURS)))),
        ("{field: opportunity.close_date, in_the_next: 14 days}",
         field("opportunity.close_date", "in_the_next", Duration(14, Unit.DAYS))),
        ("{field: opportunity.close_date, in: this quarter}",
         field("opportunity.close_date", "in", Period("this", "quarter"))),
        ("{field: opportunity.amount, within: {percent: 5, of: account.credit_limit}}",
         field("opportunity.amount", "within", Near(Decimal(5), "account.credit_limit"))),
        ("{field: opportunity.close_date, after: {field: opportunity.start_date, plus: 5 days}}",
         field("opportunity.close_date", "after", FieldOperand("opportunity.start_date", Duration(5, Unit.DAYS)))),
        ("{field: opportunity.amount, at_most: {field: account.credit_limit, percent: 110}}",
         field("opportunity.amount", "at_most", FieldOperand("account.credit_limit", percent=Decimal(110)))),
        ("{field: opportunity.amount, between: [10 EUR, 20 EUR]}",
         field("opportunity.amount", "between", Literal((Money(Decimal(10), "EUR"), Money(Decimal(20), "EUR"))))),
        ("{field: opportunity.stage, is_none_of: [closed_lost], also_when_empty: true}",
         field("opportunity.stage", "is_none_of", Literal(("closed_lost",)), True)),
        ("{field: opportunity.stage, is_empty: true}", field("opportunity.stage", "is_empty")),
        ("{field: opportunity.name, contains: crane, ignore_case: true}",
         replace(field("opportunity.name", "contains", Literal("crane")), ignore_case=True)),
        ("{field: opportunity.name, matches: '^[A-Z]'}", field("opportunity.name", "matches", Literal("^[A-Z]"))),
        ("{field: account.number, between: [A1, B1]}", field("account.number", "between", Literal(("A1", "B1")))),
        ("{length: opportunity.name, at_most: 80}", Length("opportunity.name", "at_most", Literal(Decimal(80)))),
        ("{field: opportunity.close_date, in: last fiscal quarter}",
         field("opportunity.close_date", "in", Period("last", "fiscal quarter"))),
        ("{every: line_items, where: {field: quantity, more_than: 0}, also_when_empty: true}",
         Quantified(Quantifier.EVERY, "line_items", field("quantity", "more_than", Literal(Decimal(0))), True)),
        ("{no: files}", Quantified(Quantifier.NO, "files")),
        ("{some: line_items, where: {field: net_amount, more_than: {field: opportunity.amount}}}",
         Quantified(Quantifier.SOME, "line_items",
                    field("net_amount", "more_than", FieldOperand("opportunity.amount")))),
        ("{count: files, where: {field: category, is: drawing}, at_least: 2}",
         Aggregate(Function.COUNT, "files", "", "at_least", Literal(Decimal(2)),
                   field("category", "is", Literal("drawing")))),
        ("{sum: quote.lines.net_amount, at_most: {field: account.credit_limit}}",
         Aggregate(Function.SUM, "quote.lines", "net_amount", "at_most", FieldOperand("account.credit_limit"))),
        ("{max: payments.received_on, on_or_before: today}",
         Aggregate(Function.MAX, "payments", "received_on", "on_or_before", RelativeDate("today"))),
        ("{field: opportunity.stage, changed: true}", Changed("opportunity.stage", ChangeKind.CHANGED)),
        ("{field: opportunity.stage, changed_to: closed_won}",
         Changed("opportunity.stage", ChangeKind.CHANGED_TO, "closed_won")),
        ("{happened: [signature.completed, deposit.paid], in_order: true, within: 14 days, at_least: 2}",
         Happened(("signature.completed", "deposit.paid"), True, Duration(14, Unit.DAYS), 2)),
        ("{not_happened: quote.accepted, since: quote.sent, for: 7 days}",
         NotHappened("quote.accepted", "quote.sent", Duration(7, Unit.DAYS))),
    ],
)  # fmt: skip
def test_each_form_of_a_condition_means_what_it_says(text: str, meant: Condition) -> None:
    assert condition(text) == meant


def test_a_number_is_read_from_its_own_digits() -> None:
    found = condition("{count: line_items, at_least: 0.100000000000000005551115123}")
    assert isinstance(found, Aggregate)
    assert found.operand == Literal(Decimal("0.100000000000000005551115123"))


def test_a_rule_says_its_mode_its_days_and_its_outcome() -> None:
    text = """\
format: 1
ruleset: sample
title: A sample
step: quote-to-order
hit_policy: unique
otherwise: {hold: nobody decided}
rules:
  - {id: only, mode: watch, effective_from: 2026-01-01, effective_until: 2026-12-31, then: {propose: big},
     when: {happened: quote.accepted}}
"""
    ruleset = read_ruleset(text, CATALOG)
    rule = ruleset.rules[0]
    assert (ruleset.name, ruleset.step, ruleset.hit_policy) == ("sample", Step.QUOTE_TO_ORDER, HitPolicy.UNIQUE)
    assert ruleset.otherwise == Outcome(Verdict.HOLD, "nobody decided")
    assert (rule.mode, rule.then, rule.title) == (Mode.WATCH, Outcome(Verdict.PROPOSE, "big"), "Only")
    assert (rule.effective_from, rule.effective_until) == (date(2026, 1, 1), date(2026, 12, 31))


def test_each_shipped_ruleset_reads_and_is_written_back_equal() -> None:
    files = sorted((ROOT / "rulesets").glob("*/ruleset.yaml"))
    assert len(files) >= 5
    for file in files:
        ruleset = read_ruleset(file.read_text("utf-8"), CATALOG, file.name)
        assert read_ruleset(write_ruleset(ruleset), CATALOG) == ruleset


def test_conditions_keep_their_place() -> None:
    found = read_ruleset(RULE + "{all: [{no: files}]}", CATALOG, "sample.yaml").rules[0]
    assert found.place == Place("sample.yaml", 5, 5)
    assert isinstance(found.when, All)
    assert found.when.conditions[0].place == Place("sample.yaml", LINE, COLUMN + len("{all: ["))


@pytest.mark.parametrize(
    ("text", "word", "check", "says", "suggestion"),
    [
        ("{field: opportunity.amont, at_least: 5 EUR}", "opportunity.amont", "unknown-field",
         "case has no field `opportunity.amont`", "did you mean `opportunity.amount`?"),
        ("{field: amount, at_least: 5 EUR}", "amount", "unknown-field",
         "case has no field `amount`", "did you mean `opportunity.amount`?"),
        ("{some: files, where: {field: categry, is: drawing}}", "categry", "unknown-field",
         "file has no field `categry`", "did you mean `category`?"),
        ("{some: files, where: {field: opportunity.stage, is: closed_won}}", "opportunity.stage", "unknown-field",
         "file has no field `opportunity.stage`", "inside `where` stand the fields of file only"),
        ("{field: opportunity.amount.net, is: 5 EUR}", "opportunity.amount.net", "unknown-field",
         "`opportunity.amount` holds no further fields", "write `opportunity.amount`"),
        ("{field: line_items.quantity, more_than: 0}", "line_items.quantity", "field-of-list",
         "`line_items` is a list, so `line_items.quantity` is not one value",
         "write `some: line_items` with `where: {field: quantity, ...}`"),
        ("{field: opportunity.amount, atleast: 5 EUR}", "atleast", "unknown-operator",
         "`atleast` is no operator for `opportunity.amount`, which is money", "did you mean `at_least`?"),
        ("{field: account.framework_agreement, at_least: 1}", "at_least", "type-mismatch",
         "`at_least` is not for `account.framework_agreement`, which is true or false",
         "use `is`, `is_not`, `is_empty`, `is_not_empty`"),
        ("{field: opportunity.amount, at_least: 5000}", "5000}", "type-mismatch",
         "`opportunity.amount` is money, and here stands the text `5000`", "say the currency, such as `5000 EUR`"),
        ("{field: opportunity.amount, at_least: lots}", "lots", "type-mismatch",
         "`opportunity.amount` is money, and here stands the text `lots`",
         "write an amount and a currency such as `5000 EUR`"),
        ("{field: opportunity.name, is: 5}", "5}", "type-mismatch",
         "`opportunity.name` is text, and here stands the text `5`", 'put it in quotes: `"5"`'),
        ("{count: files, at_least: '2'}", "'2'", "type-mismatch",
         "`count` is a number, and here stands the text `2`", "write a number such as `1234.50`, without quotes"),
        ("{field: opportunity.close_date, before: now}", "now", "type-mismatch",
         "`opportunity.close_date` is a date without a time, and `now` is an instant", "write `today`"),
        ("{field: opportunity.close_date, before: today + 3 hours}", "today", "type-mismatch",
         "`today` is a day, and hours are counted from `now`", "count in days, or write `now`"),
        ("{field: opportunity.close_date, before: today + 3}", "today", "type-mismatch",
         "`today + 3` is no date", "write such as `today + 7 days`, `today - 1 month` or `now - 4 hours`"),
        ("{field: opportunity.close_date, before: 2026-02-30}", "2026", "type-mismatch",
         "`opportunity.close_date` is a date, and here stands the text `2026-02-30`",
         "write a date such as `2026-03-31`"),
        ("{field: opportunity.created_at, before: 2026-02-03T10:00:00}", "2026", "type-mismatch",
         "`opportunity.created_at` is a date and time, and here stands the text `2026-02-03T10:00:00`",
         "write a date and time with its offset, such as `2026-03-31T09:00:00+02:00`"),
        ("{field: opportunity.amount, at_least: {field: opportunity.close_date}}", "opportunity.close_date",
         "type-mismatch", "`opportunity.amount` is money and `opportunity.close_date` is a date",
         "compare it with another field that is money"),
        ("{field: opportunity.name, is: ''}", "''", "type-mismatch",
         "`opportunity.name` is compared with nothing", "write `is_empty: true` instead"),
        ("{field: opportunity.name, is_empty: false}", "false", "type-mismatch",
         "`is_empty` takes no value, and here stands the text `false`", "write `is_not_empty: true`"),
        ("{field: opportunity.stage, is: Closed won}", "Closed", "unknown-choice",
         "`Closed won` is no choice of `opportunity.stage`", "did you mean `closed_won`?"),
        ("{field: opportunity.amount, between: [20 EUR, 10 EUR]}", "[20", "empty-range",
         "`between` from 20 EUR to 10 EUR holds nothing", "write the lower value first"),
        ("{happened: signature.complete}", "signature", "unknown-event",
         "there is no event `signature.complete`", "did you mean `signature.completed`?"),
        ("{happened: [deposit.paid, deposit.paid]}", "deposit.paid]", "unknown-event",
         "`deposit.paid` is named twice", "write `at_least: 2` instead"),
        ("{not_happened: quote.accepted, since: quote.sent}", "{not", "missing-key",
         "`not_happened` lacks `for`", "write `for: ...`"),
        ("{every: line_items}", "{every", "missing-key",
         "`every: line_items` does not say what every one of them must be", "write `where: ...`"),
        ("{every: account, where: {field: name, is: x}}", "account", "type-mismatch",
         "`every` asks about a list, and `account` is a record",
         "lists are: `line_items`, `files`, `payments`, `activities`, `quote.lines`, `quotes`, `orders`"),
        ("{sum: line_items.sku, at_least: 5}", "line_items", "type-mismatch",
         "`sum` is not for `line_items.sku`, which is text", "use a field of amounts"),
        ("{field: opportunity.amount, is: 5 EUR, is_not: 6 EUR}", "is_not", "unknown-key",
         "`is` and `is_not` stand in one condition", "write two conditions in an `all` group"),
        ("{field: opportunity.stage, is: proposal, ignore_case: true}", "ignore", "unknown-key",
         "`ignore_case` has no meaning for `opportunity.stage`, which is a choice",
         "it goes with a field of text and `is`, `is_not`, `is_any_of`, `is_none_of`, `contains`, `does_not_contain`, "
         "`starts_with`, `ends_with`, `matches`, `does_not_match`"),
        ("{field: opportunity.name, matches: '['}", "'[", "bad-pattern",
         "`[` is no pattern: missing ]: [", "write a regular expression in the syntax of RE2"),
        ("{length: opportunity.amount, at_most: 5}", "opportunity.amount", "type-mismatch",
         "`length` counts the characters of text, and `opportunity.amount` is money", ""),
        ("{field: opportunity.amount, is: 5 EUR, also_when_empty: true}", "also", "unknown-key",
         "`also_when_empty` has no meaning for `is`",
         "it goes with `is_not`, `is_none_of`, `does_not_contain`, `does_not_match`"),
        ("{some: files, where: {field: name, changed: true}}", "changed", "unknown-operator",
         "`changed` compares the whole case, and has no meaning inside `where`", ""),
        ("{all: []}", "all", "empty-group", "the group `all` has no conditions",
         "write a condition in it or delete it: a rule with no conditions can't be published"),
        ("", None, "empty-group", "a rule with no conditions can't be published", "write `when:` and a condition"),
    ],
)  # fmt: skip
def test_a_wrong_condition_is_named_with_its_place_and_remedy(
    text: str, word: str | None, check: str, says: str, suggestion: str
) -> None:
    column = COLUMN + text.rindex(word) if word is not None else RULE.splitlines()[-1].index("when") + 1
    assert one(text) == Finding(check, says, Place("sample.yaml", LINE, column), suggestion=suggestion)


@pytest.mark.parametrize(
    ("line", "text", "check", "message"),
    [
        (1, "format: 0", "unknown-format", "the format is 1, and here stands the text `0`"),
        (2, "ruleset: My Rules", "bad-name",
         "`My Rules` is no name: small letters, digits and single hyphens make one"),
        (3, "step: opportunity-to-order", "unknown-word", "`opportunity-to-order` is no step"),
        (4, "ruls:", "unknown-key", "a ruleset has no key `ruls`"),
        (6, "    then: conver", "unknown-word", "`conver` is no verdict"),
        (6, "    then: [convert]", "wrong-shape",
         "an outcome is a verdict with or without its reason, and here stands a list"),
    ],
)  # fmt: skip
def test_a_wrong_word_of_the_ruleset_is_named(line: int, text: str, check: str, message: str) -> None:
    lines = (RULE + "{no: files}").splitlines()
    lines[line - 1] = text
    found = findings(lambda: read_ruleset("\n".join(lines), CATALOG))
    assert (check, message, line) in [(each.check, each.message, each.place.line) for each in found]


def test_two_rules_of_one_id_are_refused_at_the_second() -> None:
    text = RULE + "{no: files}\n  - {id: only, then: convert, when: {no: files}}\n"
    assert findings(lambda: read_ruleset(text, CATALOG)) == (
        Finding("duplicate-rule", "two rules are called `only`, the first in line 5", Place("", 8, 10),
                suggestion="give each rule its own id"),
    )  # fmt: skip


def test_all_findings_come_at_once_from_top_to_bottom() -> None:
    text = RULE + "\n      all:\n        - {field: opportunity.amont, at_least: 5}\n        - {happened: signed}\n"
    found = findings(lambda: read_ruleset(text, CATALOG))
    assert [(each.check, each.place.line) for each in found] == [("unknown-field", 9), ("unknown-event", 10)]


def test_more_conditions_than_can_be_meant_are_refused() -> None:
    text = RULE + "\n      all:\n" + "        - {no: files}\n" * 5000
    found = findings(lambda: read_ruleset(text, CATALOG))
    assert [(each.check, each.message) for each in found] == [
        ("too-large", "the ruleset has more than 5000 conditions")
    ]
