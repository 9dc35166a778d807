"""Texts and records made to break their reader: each ends soon, with a finding that says what is too much."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import httpx
import pytest

from rules_engine.analysis.check_ruleset import check_ruleset
from rules_engine.connectors.http import problem, read_json
from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.durable_matcher import DurableMatcher
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.folders import full_catalog, shipped_rulesets
from rules_engine.formats.catalog_text import read_catalog
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.record_json import MAX_RECORDS, read_record
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.case import Case, Event, Rate
from rules_engine.model.errors import Permanent
from rules_engine.model.ruleset import Verdict
from rules_engine.model.values import Money
from tests.formats.reading import RULE, findings
from tests.fuzz.targets import TARGETS
from tests.strategies import NOW

CATALOG = full_catalog()
HEAD = RULE.partition("  - id:")[0]
LEAF = "{field: opportunity.amount, at_least: 5 EUR}"
MAPPING = "format: 1\nmapping: m\nfrom: case\nto: quote\nfields:\n"
CASES = "format: 1\nruleset: sample\ncases:\n"
A_CASE = "  - {case: c, now: 2026-03-31T09:00:00Z, facts: {}, expect: {verdict: convert}, "


def rule(condition: str) -> str:
    return RULE + condition


def ruleset(text: str):
    return read_ruleset(text, CATALOG, "a.yaml")


def many(number: int, text: str) -> str:
    return "".join(text % {"n": each} for each in range(number))


DOCUMENTS = "format: 1\ndocuments:\n"
ANCHORS = (
    "a0: &a0 {x: 1}\n"
    + many(900, "b%(n)d: &b%(n)d {x: *a0, y: *a0}\n")
    + f"c: &c [{', '.join(f'*b{n}' for n in range(900))}]\n"
    + f"d: [{'*c, ' * 90}]\n"
)

# --- too much -----------------------------------------------------------------------------------------------------

TOO_MUCH = {
    "conditions": ("ruleset", rule("{all: [" + ", ".join([LEAF] * 5_001) + "]}"), "too-large"),
    "levels": ("ruleset", rule("{all: [" * 30 + LEAF + "]}" * 30), "too-deep"),
    "characters": ("ruleset", rule(f"{{field: opportunity.name, is: {'x' * 1_000_000}}}"), "too-large"),
    "words": ("ruleset", rule(f"{{field: opportunity.name, is_any_of: [{'a, ' * 100_000}]}}"), "too-large"),
    "wrong rules": ("ruleset", HEAD + "  - x\n" * 30_000, "too-large"),
    "unknown keys": ("ruleset", many(20_000, "key%(n)d: x\n"), "too-large"),
    "unknown events": ("ruleset", rule(f"{{happened: [{', '.join(f'e{n}' for n in range(20_000))}]}}"), "too-large"),
    "unknown choices": ("ruleset", rule(f"{{field: opportunity.stage, is_any_of: [{'x, ' * 20_000}]}}"), "too-large"),
    "keys that stand twice": ("ruleset", "a: 1\n" * 20_000, "duplicate-key"),
    "digits": ("ruleset", rule(f"{{field: opportunity.amount, at_least: {'9' * 10_000} EUR}}"), "type-mismatch"),
    "digits of a count": ("ruleset", rule(f"{{happened: deposit.paid, at_least: {'9' * 10_000}}}"), "type-mismatch"),
    "digits of a span": ("ruleset", rule(f"{{happened: deposit.paid, within: {'9' * 9_000} days}}"), "type-mismatch"),
    "length of a field": ("ruleset", rule(f"{{field: {'a.' * 200_000}b, is: 1}}"), "unknown-field"),
    "a pattern's length": ("ruleset", rule(f"{{field: opportunity.name, matches: '{'a' * 100_000}'}}"), "bad-pattern"),
    "a pattern's repetitions": ("ruleset", rule("{field: opportunity.name, matches: '(a{999}){999}'}"), "bad-pattern"),
    "mapped fields": ("mapping", MAPPING + many(9_000, "  f%(n)d: x.y%(n)d\n"), "too-large"),
    "transforms": ("mapping", f"{MAPPING}  title: {{from: x, through: [{'trimm, ' * 20_000}]}}\n", "too-large"),
    "wrong cases": ("cases", CASES + "  - x\n" * 30_000, "too-large"),
    "zones": ("cases", CASES + many(4_000, "  - {case: c%(n)d, zone: Erope/Berlin}\n"), "too-large"),
    "brackets in a path": ("cases", f'{CASES}{A_CASE}with: {{? "{"[" * 300_000}" : 1}}}}\n', "unknown-field"),
    "types": ("catalog", f"{DOCUMENTS}  t: {{fields: {{{many(20_000, 'f%(n)d: txt, ')}}}}}\n", "too-large"),
    "no types": ("catalog", DOCUMENTS + many(5_000, "  t%(n)d: {fields: {a: record of x%(n)d}}\n"), "too-large"),
    "anchors in anchors": ("connector", ANCHORS, "too-large"),
    "an anchor in itself": ("catalog", "format: 1\ndocuments: &a\n  t: *a\n", "not-yaml"),
    "lines": ("record", json.dumps({"line_items": [{"id": str(n)} for n in range(MAX_RECORDS + 1)]}), "too-large"),
    "wrong values": ("record", json.dumps({"line_items": [{"id": n} for n in range(10_000)]}), "too-large"),
    "objects in objects": ("record", '{"a":' * 900 + "1" + "}" * 900, "too-deep"),
    "brackets": ("record", "[" * 1_000_000, "too-deep"),
    "bytes": ("record", '{"a":"' + "x" * 10_000_000 + '"}', "too-large"),
    "a name that stands twice": ("record", '{"opportunity": {"id": "1", "id": "2"}}', "not-json"),
    "half a character": ("record", '{"opportunity": {"name": "a\\ud800b"}}', "control-character"),
    "half a character in a name": ("record", '{"x": {"\\udc00": 1}}', "control-character"),
    "the end of a text": ("record", '{"x": ["a\\u0000b"]}', "control-character"),
    "an exponent": ("record", '{"x": 1e999999999999}', "not-json"),
    "an exponent's digits": ("record", '{"x": 1e9999999999999999999999}', "not-json"),
}  # fmt: skip


@pytest.mark.parametrize("what", TOO_MUCH)
def test_too_much_of_anything_is_a_finding(what):
    target, text, check = TOO_MUCH[what]
    found = findings(lambda: TARGETS[target](text))
    assert check in {each.check for each in found}
    assert len(found) <= 510
    assert all(len(each.message) < 1_000 for each in found)


def test_a_record_that_holds_its_own_kind_has_a_bottom():
    catalog = read_catalog("format: 1\ndocuments:\n  part: {fields: {part: record of part}}\n")
    (found,) = findings(lambda: read_record('{"part":' * 900 + "1" + "}" * 900, catalog, "part", "r"))
    assert found.check == "too-deep"


@pytest.mark.parametrize(
    "body", [b"[" * 200_000, b'{"x": 1.5e99999999999999999999}', b"9" * 10_000, b'{"a": 1', b"\xff", b"[NaN"], ids=len
)
def test_an_answer_of_another_system_that_cannot_be_read_is_told(body):
    answer = httpx.Response(200, content=body, request=httpx.Request("GET", "https://crm.example/deals"))
    with pytest.raises(Permanent, match="answered with no JSON"):
        read_json(answer)


@pytest.mark.parametrize("page", ["<script " * 200_000, "<" * 1_000_000, "<style><" * 100_000, "[" * 1_000_000])
def test_the_words_of_a_page_without_end_are_found(page):
    request = httpx.Request("GET", "https://crm.example/deals")
    kind = "text/html" if page[0] == "<" else "application/json"
    answer = httpx.Response(500, content=page, headers={"content-type": kind}, request=request)
    assert len(str(problem(answer, writes=False))) < 1_000


def test_a_catalog_whose_types_hold_one_another_a_hundredfold_is_read_and_asked():
    text = "format: 1\ndocuments:\n  case: {fields: {" + many(100, "f%(n)d: record of case, ") + "amount: money}}\n"
    circle = read_catalog(text)
    (found,) = findings(lambda: read_ruleset(rule("{field: amunt, at_least: 5 EUR}"), circle))
    assert found.check == "unknown-field"


def test_thousands_of_rules_are_checked():
    text = HEAD + many(4_900, "  - {id: r%(n)d, then: convert, when: {field: opportunity.name, is: a%(n)d}}\n")
    assert check_ruleset(ruleset(text), CATALOG) == ()


def test_deep_groups_of_two_kinds_are_compared_once():
    deep = (f"{{{word}: [" * 20 + LEAF.replace("5", bound) + "]}" * 20 for word, bound in (("any", "5"), ("all", "4")))
    text = HEAD + "".join(f"  - {{id: r{n}, then: convert, when: {each}}}\n" for n, each in enumerate(deep))
    assert check_ruleset(ruleset(text), CATALOG) == ()


# --- what cannot be seen ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("condition", "hint"),
    [
        ("{field: opportunity.\u0430mount, at_least: 5 EUR}", "(`\u0430` is U+0430, cyrillic small letter a)"),
        ("{field: opportunity.amo\u200bunt, at_least: 5 EUR}", "(`\u200b` is U+200B, zero width space)"),
        ("{field: opportunity.stage, is: \u0441losed_won}", "(`\u0441` is U+0441, cyrillic small letter es)"),
        ("{happened: deposit\uff0epaid}", "(`\uff0e` is U+FF0E, fullwidth full stop)"),
    ],
)
def test_a_letter_that_only_looks_like_the_right_one_is_named(condition, hint):
    (found,) = findings(lambda: ruleset(rule(condition)))
    assert found.suggestion.startswith("did you mean `")
    assert found.suggestion.endswith(hint)


def test_letters_of_the_authors_language_are_no_suspects():
    (found,) = findings(lambda: ruleset(rule("{field: opportunity.st\u00e4ge, is: closed_won}")))
    assert found.suggestion == "did you mean `opportunity.stage`?"


# --- evaluation ---------------------------------------------------------------------------------------------------

EDGES = [
    *(datetime(2026, 3, 28, 22, 30, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]
DATES = {
    "opportunity.close_date": [
        *("{before: today}", "{in_the_last: 3 months}", "{in: next quarter}", "{in: this week}"),
        *("{on_or_before: today + 100 years}", "{in: last fiscal year}", "{is_not: today}"),
        "{between: [0001-01-01, 9999-12-31]}",
    ],
    "opportunity.created_at": [
        *("{after: now - 4 hours}", "{before: now + 100 years}", "{is: today}", "{in_the_last: 100 years}"),
        *("{after: {field: opportunity.created_at, plus: 3 days}}", "{in: this month}"),
    ],
}
ENDS = [date.min, date.max, *EDGES[1:], "text", Decimal(5), True, {"a": 1}, ("a",), None]


@pytest.mark.parametrize("now", EDGES, ids=lambda each: str(each.year))
@pytest.mark.parametrize(
    ("path", "comparison"), [(path, each) for path, several in DATES.items() for each in several], ids=lambda each: each
)
def test_the_ends_of_the_calendar_are_days_like_others(path, comparison, now):
    text = rule(f"{{field: {path}, {comparison[1:]}")
    for value in ENDS:
        for zone in ("Pacific/Auckland", "America/New_York"):
            record = {"opportunity": {"created_at": value, "close_date": value}}
            decision = evaluate(ruleset(text), Case("1", record, zone=zone), now, ReferenceMatcher(), CATALOG)
            assert decision.verdict in (Verdict.CONVERT, Verdict.IGNORE)


@pytest.mark.parametrize(
    "condition",
    [
        "{happened: [deposit.paid, signature.completed], within: 14 days}",
        "{happened: [deposit.paid, signature.completed], within: 876600 hours, in_order: true}",
        "{not_happened: deposit.paid, since: signature.completed, for: 100 years}",
        "{not_happened: deposit.paid, since: signature.completed, for: 876600 hours}",
    ],
)
@pytest.mark.parametrize("now", EDGES, ids=lambda each: str(each.year))
def test_happenings_at_the_ends_of_the_calendar_are_judged(condition, now):
    events = tuple(Event(name, at) for name in ("deposit.paid", "signature.completed") for at in EDGES)
    case = Case("1", {}, events, zone="Europe/Berlin")
    assert evaluate(ruleset(rule(condition)), case, now, ReferenceMatcher(), CATALOG).verdict in Verdict


@pytest.mark.parametrize("days", ["0001-01-01", "9999-12-31"])
def test_a_rule_may_be_in_effect_to_the_ends_of_the_calendar(days):
    effect = f"then: convert\n    effective_from: {days}\n    effective_until: {days}"
    text = rule(LEAF).replace("then: convert", effect)
    case = Case("1", {}, zone="Pacific/Auckland")
    assert evaluate(ruleset(text), case, NOW, ReferenceMatcher(), CATALOG).verdict is Verdict.IGNORE


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_days_with_an_hour_too_few_or_too_many_count_as_a_day(day, hours):
    start = datetime.fromisoformat(f"{day}T00:00:00").astimezone(UTC)
    case = Case("1", {"opportunity": {"close_date": date.fromisoformat(day)}}, zone="Europe/Berlin")
    text = rule("{field: opportunity.close_date, is: today}")
    true = sum(
        bool(ReferenceMatcher().match(ruleset(text), case, start + timedelta(hours=each))) for each in range(-12, 40)
    )
    assert true == hours


NUMBERS = [Decimal(each) for each in ("NaN", "sNaN", "Infinity", "-Infinity", "1e999999", "1e-999999", "9e40")]


@pytest.mark.parametrize("number", NUMBERS, ids=str)
def test_a_figure_of_what_is_no_number_is_unknown_and_no_crash(number):
    line = {"id": "1", "quantity": number, "net_amount": Money(number, "EUR")}
    case = Case("1", {"line_items": (line, {**line, "id": "2", "quantity": number.copy_negate()}, line)})
    for function in ("sum", "min", "max", "average"):
        text = rule(f"{{{function}: line_items.quantity, at_least: 5}}")
        assert evaluate(ruleset(text), case, NOW, ReferenceMatcher(), CATALOG).verdict in Verdict
    mapping = next(each for each in shipped_rulesets() if each.name == "on-close").mapping_text
    context = Context("Europe/Berlin", NOW, catalog=CATALOG)
    assert convert(case.record, read_mapping(mapping, CATALOG), context).problems


def test_a_rate_of_nothing_is_no_rate():
    rates = (Rate("EUR", "USD", Decimal(0), date(2020, 1, 1)),)
    case = Case("1", {"opportunity": {"amount": Money(Decimal(9), "USD")}}, rates=rates)
    assert ReferenceMatcher().match(ruleset(rule(LEAF)), case, NOW) == frozenset()


LARGE = {
    "opportunity": {"stage": "closed_won", "name": "x" * 1_000_000},
    "files": ({"category": "purchase_order"},),
    "line_items": tuple(
        {"id": str(n), "quantity": Decimal(1), "in_stock": True, "net_amount": Money(Decimal(1), "EUR")}
        for n in range(MAX_RECORDS)
    ),
}


@pytest.mark.parametrize("name", ["on-close", "purchase-order-in-stock", "framework-or-acceptance"])
def test_a_deal_with_as_many_lines_as_are_read_is_decided(name):
    draft = next(each for each in shipped_rulesets() if each.name == name)
    matcher = DurableMatcher()
    decision = evaluate(ruleset(draft.ruleset_text), Case("1", LARGE), NOW, matcher, CATALOG)
    matcher.close()
    assert not decision.disagreement


@pytest.mark.parametrize("order", ["", ", in_order: true"])
def test_a_hundred_thousand_events_are_looked_through_once(order):
    events = tuple(Event("signature.completed", NOW - timedelta(seconds=n), str(n)) for n in range(100_000))
    condition = f"{{happened: [signature.completed, deposit.paid], within: 14 days, at_least: 1000{order}}}"
    assert ReferenceMatcher().match(ruleset(rule(condition)), Case("1", {}, events), NOW) == frozenset()
    paid = tuple(Event("deposit.paid", NOW, f"p{n}") for n in range(1_000))
    assert ReferenceMatcher().match(ruleset(rule(condition)), Case("1", {}, (*events, *paid)), NOW) == {"only"}
