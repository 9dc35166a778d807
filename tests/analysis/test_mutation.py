"""A ruleset changed in one place at a time: which changes there are, which are noticed, and the case that lacks."""

from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules_engine import bootstrap, folders
from rules_engine.analysis.mutation.answers import Answer, Probe, answer, probe
from rules_engine.analysis.mutation.conditions import OTHER_OPERATOR
from rules_engine.analysis.mutation.equivalent import why_equivalent
from rules_engine.analysis.mutation.exclusive import exclusive
from rules_engine.analysis.mutation.mappings import mapping_mutants
from rules_engine.analysis.mutation.mutant import Fate, MappingMutant, Report, Result
from rules_engine.analysis.mutation.mutate import failing, mutate
from rules_engine.analysis.mutation.normal import normal, true_form
from rules_engine.analysis.mutation.rulesets import ruleset_mutants
from rules_engine.analysis.mutation.search import Subject
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.match import ReferenceMatcher, trace_condition
from rules_engine.evaluation.policies import at_its_rates
from rules_engine.evaluation.scene import Scene
from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.cases_writer import write_cases
from rules_engine.formats.mapping_text import read_mapping, write_mapping
from rules_engine.formats.ruleset_text import read_ruleset, write_ruleset
from rules_engine.model.case import Case
from rules_engine.model.decision import Truth
from rules_engine.model.fixture import Expectation, FixtureCase
from rules_engine.model.mapping import Mapping
from rules_engine.model.operators import OPERATORS
from rules_engine.model.ruleset import All, Any, Condition, NoneOf, Ruleset, Verdict
from tests.formats.reading import CATALOG, RICH
from tests.strategies import NOW, cases, conditions, mappings, rulesets

REFERENCE = ReferenceMatcher()
WON = "{field: opportunity.stage, is: closed_won}"
BIG = "{field: opportunity.amount, at_least: 5000 EUR}"


def ruleset(*rules: str, extra: str = "") -> Ruleset:
    """Each rule as `id | when | then`, with further keys after another bar."""
    text = f"format: 1\nruleset: r\nstep: opportunity-to-quote\n{extra}rules:\n"
    for rule in rules:
        name, when, then, *more = (part.strip() for part in rule.split("|"))
        text += f"  - {{id: {name}, when: {when}, then: {then}{''.join(f', {each}' for each in more)}}}\n"
    return read_ruleset(text, CATALOG, "ruleset.yaml")


def facts(*each: str) -> tuple[FixtureCase, ...]:
    """Cases as `name | facts | expect`, with further keys after another bar."""
    text = "format: 1\ncases:\n"
    for case in each:
        name, record, expect, *more = (part.strip() for part in case.split("|"))
        text += f"  - case: {name}\n    facts: {record}\n    expect: {{{expect}}}\n    now: 2026-03-10T12:00:00+01:00\n"
        text += "".join(f"    {one}\n" for one in more)
    return read_cases(text, CATALOG)


def subject(of: Ruleset, mapping: Mapping | None = None) -> Subject:
    return Subject(of, mapping, lambda name, zone: {}, REFERENCE, CATALOG)


def said(of: Ruleset, kind: str = "") -> list[str]:
    return [each.what for each in ruleset_mutants(of, CATALOG) if kind in ("", each.kind)]


def fates(report: Report) -> dict[str, str]:
    return {each.mutant.what: each.fate.value for each in report.results}


# --- which changes there are -----------------------------------------------------------------------------------


def test_a_rule_with_one_comparison_has_just_these_mutants() -> None:
    assert said(ruleset(f"won | {WON} | convert")) == [
        "`hit_policy: first` became `unique`",
        "`hit_policy: first` became `collect`",
        "otherwise `ignore` became `convert`",
        "mode `on` became `off`",
        "`is` became `is_not`",
        "`closed_won` became `closed_lost`",
        "`convert` became `ignore`",
    ]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (BIG, ["`at_least` became `more_than`", "`5000 EUR` became `4999.99 EUR`", "`5000 EUR` became `5000.01 EUR`"]),
        (
            "{field: opportunity.amount, less_than: 5000 JPY}",
            ["`less_than` became `at_most`", "`5000 JPY` became `4999 JPY`", "`5000 JPY` became `5001 JPY`"],
        ),
        (
            "{field: opportunity.probability, between: [10, 10.5]}",
            [
                "`[10, 10.5]` became `[9, 10.5]`",
                "`[10, 10.5]` became `[10, 10.4]`",
                "`[10, 10.5]` became `[10, 10.6]`",
            ],
        ),
        (
            "{field: opportunity.close_date, on_or_before: today + 1 day}",
            [
                "`on_or_before` became `before`",
                "`today + 1 day` became `today`",
                "`today + 1 day` became `today + 2 days`",
            ],
        ),
        (
            "{field: opportunity.close_date, before: 2026-03-01}",
            [
                "`before` became `on_or_before`",
                "`2026-03-01` became `2026-02-28`",
                "`2026-03-01` became `2026-03-02`",
            ],
        ),
        (
            "{field: opportunity.stage, is_none_of: [closed_won, closed_lost]}",
            [
                "`is_none_of` became `is_any_of`",
                "`[closed_won, closed_lost]` became `[closed_lost]`",
                "`[closed_won, closed_lost]` became `[prospecting, closed_lost]`",
                "`[closed_won, closed_lost]` became `[closed_won]`",
                "`[closed_won, closed_lost]` became `[closed_won, prospecting]`",
                "`also_when_empty` was added",
            ],
        ),
        ("{field: opportunity.name, is_empty: true}", ["`is_empty` became `is_not_empty`"]),
        ("{field: account.framework_agreement, is: true}", ["`is` became `is_not`", "`true` became `false`"]),
        (
            "{field: opportunity.name, contains: Crane}",
            ["`contains` became `does_not_contain`", "`Crane` became `Cran`", "`ignore_case` was added"],
        ),
        (
            "{field: opportunity.amount, within: {percent: 0, of: account.credit_limit}}",
            ["`{percent: 0, of: account.credit_limit}` became `{percent: 1, of: account.credit_limit}`"],
        ),
        (
            "{some: line_items, where: {field: quantity, more_than: 0}}",
            [
                "`some` became `every`",
                "`some` became `no`",
                "dropped: quantity is more than 0",
                "`more_than` became `at_least`",
                "`0` became `-1`",
                "`0` became `1`",
            ],
        ),
        ("{some: line_items}", ["`some` became `no`"]),
        (
            "{every: line_items, where: {field: in_stock, is: true}}",
            [
                "`every` became `some`",
                "`also_when_empty` was added",
                "`is` became `is_not`",
                "`true` became `false`",
            ],
        ),
        (
            "{count: files, at_least: 2}",
            ["`at_least` became `more_than`", "`2` became `1`", "`2` became `3`"],
        ),
        (
            "{happened: [deposit.paid, signature.completed], within: 14 days}",
            [
                "dropped: `deposit.paid`",
                "dropped: `signature.completed`",
                "`in_order` was added",
                "`at_least: 1` became `at_least: 2`",
                "`14 days` became `13 days`",
                "`14 days` became `15 days`",
                "dropped: within 14 days",
            ],
        ),
        (
            "{not_happened: quote.accepted, since: quote.sent, for: 1 day}",
            ["`1 day` became `2 days`"],
        ),
        (
            "{field: opportunity.stage, changed_to: closed_won}",
            [
                "`changed_to` became `changed`",
                "`changed_to` became `changed_from`",
                "`closed_won` became `closed_lost`",
            ],
        ),
        (
            f"{{all: [{WON}, {{none: [{BIG}]}}]}}",
            [
                "`all` became `any`",
                "dropped: opportunity stage is Closed won",
                "dropped: none of these: opportunity amount is at least 5000 EUR",
                "`is` became `is_not`",
                "`closed_won` became `closed_lost`",
                "`none` became `any`",
                "`at_least` became `more_than`",
                "`5000 EUR` became `4999.99 EUR`",
                "`5000 EUR` became `5000.01 EUR`",
            ],
        ),
    ],
)
def test_a_condition_is_changed_in_each_of_its_places(when: str, expected: list[str]) -> None:
    assert said(ruleset(f"rule | {when} | convert"))[4:-1] == expected


def test_rules_are_dropped_swapped_switched_off_and_moved_in_time() -> None:
    two = ruleset(f"won | {WON} | convert | effective_from: 2026-03-01", f"big | {BIG} | {{hold: too big}}")
    assert said(two, "order of rules") == ["`won` and `big` changed places"]
    assert said(two, "dropped rule") == ["dropped: rule `won`", "dropped: rule `big`"]
    assert said(two, "mode") == ["mode `on` became `off`"] * 2
    assert said(two, "days of effect") == [
        "`effective_from: 2026-03-01` became `2026-02-28`",
        "`effective_from: 2026-03-01` became `2026-03-02`",
    ]
    assert said(two, "outcome") == [
        "otherwise `ignore` became `convert`",
        "`convert` became `ignore`",
        "`hold` became `convert`",
    ]


def test_of_a_rule_that_decides_nothing_only_the_mode_is_changed() -> None:
    watching = ruleset(f"won | {WON} | convert | mode: watch")
    assert [each.what for each in ruleset_mutants(watching, CATALOG) if each.rule] == ["mode `watch` became `on`"]


def test_a_mutant_knows_the_place_in_the_text() -> None:
    found = [each for each in ruleset_mutants(ruleset(f"won | {WON} | convert"), CATALOG) if each.kind == "operator"]
    assert [str(each.place) for each in found] == ["ruleset.yaml:5:21"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rulesets(RICH, most=3, depth=2), st.data())
def test_a_mutant_differs_and_reads_back_from_its_canonical_text(drawn: Ruleset, data: st.DataObject) -> None:
    every = list(ruleset_mutants(drawn, RICH))
    texts = [write_ruleset(each.ruleset) for each in every]
    assert len(set(texts)) == len(texts)
    assert write_ruleset(drawn) not in texts
    # A text is read in milliseconds, and a ruleset has a hundred mutants.
    for at in data.draw(st.sets(st.integers(0, len(every) - 1), min_size=1, max_size=8)):
        assert read_ruleset(texts[at], RICH) == every[at].ruleset


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(mappings(CATALOG))
def test_a_mapping_without_a_part_reads_back_from_its_canonical_text(drawn: Mapping) -> None:
    for each in mapping_mutants(drawn, CATALOG):
        assert each.mapping != drawn
        assert read_mapping(write_mapping(each.mapping), CATALOG) == each.mapping


def test_each_operator_but_three_has_a_counterpart_that_is_easily_written_in_its_place() -> None:
    # Of these the operand alone is changed.
    assert set(OPERATORS) - set(OTHER_OPERATOR) == {"between", "within", "in"}
    assert set(OTHER_OPERATOR) <= set(OPERATORS)


def test_a_policy_that_the_text_states_is_put_back_to_the_usual_one() -> None:
    assert said(ruleset(f"won | {WON} | convert", extra="policies: {expiry: convert}\n"), "policy") == [
        "`expiry: convert` became `hold`"
    ]
    assert said(ruleset(f"won | {WON} | convert"), "policy") == []


# --- killed, equivalent, survived ------------------------------------------------------------------------------

SMALL = ("small | {field: opportunity.amount, less_than: 100 EUR} | {hold: too small}", f"won | {WON} | convert")
ENOUGH = (
    "won and not small | {opportunity: {stage: closed_won, amount: 100 EUR}} | verdict: convert, rule: won",
    "small | {opportunity: {stage: closed_won, amount: 99.99 EUR}} | verdict: hold, rule: small",
    "open | {opportunity: {stage: proposal, amount: 100 EUR}} | verdict: ignore",
)


def test_cases_at_the_boundary_kill_every_mutant() -> None:
    report = mutate(facts(*ENOUGH), subject(ruleset(*SMALL)))
    assert report.of(Fate.SURVIVED) == []
    assert report.score == 100
    killers = {each.mutant.what: each.by for each in report.of(Fate.KILLED)}
    assert killers["`less_than` became `at_most`"] == "won and not small"
    assert killers["`100 EUR` became `99.99 EUR`"] == "small"


def test_a_mutant_that_no_case_notices_survives_and_the_case_that_would_is_found() -> None:
    of = ruleset(*SMALL)
    few = facts("won | {opportunity: {stage: closed_won, amount: 5000 EUR}} | verdict: convert")
    report = mutate(few, subject(of))
    survived = {each.mutant.what: each.catch for each in report.of(Fate.SURVIVED)}
    assert set(survived) >= {"`less_than` became `at_most`", "`100 EUR` became `99.99 EUR`", "dropped: rule `small`"}
    assert None not in survived.values()
    again = read_cases(write_cases(report.catches), CATALOG)
    assert failing(again, subject(of)) == ()
    assert mutate((*few, *again), subject(of)).score == 100


def test_the_found_case_expects_what_the_original_answers() -> None:
    of = ruleset(*SMALL)
    report = mutate(facts("won | {opportunity: {stage: closed_won, amount: 5000 EUR}} | verdict: convert"), subject(of))
    caught = next(each for each in report.results if each.mutant.what == "`less_than` became `at_most`")
    assert caught.catch is not None
    assert caught.catch.overrides == {"opportunity.amount": of.rules[0].when.operand.value}
    assert (caught.catch.expect.verdict.value, caught.catch.expect.rule) == ("convert", "won")


def test_without_time_the_survivors_are_named_and_not_searched() -> None:
    report = mutate(facts(ENOUGH[2]), subject(ruleset(*SMALL)), in_time=lambda: False)
    assert report.of(Fate.SURVIVED)
    assert {(each.catch, each.searched) for each in report.of(Fate.SURVIVED)} == {(None, False)}


def test_cases_are_found_from_the_conditions_alone() -> None:
    report = mutate((), subject(ruleset(f"lost | {{all: [{BIG}, {WON}]}} | {{hold: why}}")))
    assert report.score == 0
    caught = {each.mutant.what for each in report.results if each.catch is not None}
    assert {"`5000 EUR` became `5000.01 EUR`", "`is` became `is_not`", "`all` became `any`"} <= caught


def test_events_are_moved_to_both_ends_of_a_window() -> None:
    of = ruleset("both | {happened: [deposit.paid, signature.completed], within: 14 days} | {hold: look}")
    few = facts(
        "both | {} | verdict: hold | events: [{type: deposit.paid, at: 2026-03-01T09:00:00Z}, "
        "{type: signature.completed, at: 2026-03-02T09:00:00Z}]"
    )
    report = mutate(few, subject(of))
    caught = {each.mutant.what for each in report.of(Fate.SURVIVED) if each.catch is not None}
    assert caught >= {"`14 days` became `15 days`", "`14 days` became `13 days`", "dropped: within 14 days"}
    assert {"`in_order` was added", "dropped: `deposit.paid`"} <= caught
    assert mutate((*few, *report.catches), subject(of)).of(Fate.SURVIVED) == []


BASE = (
    "{opportunity: {name: Crane, stage: proposal, amount: 100 EUR, probability: 50, close_date: 2026-03-20, "
    "start_date: 2026-03-01, description: A crane}, account: {credit_limit: 100 EUR, framework_agreement: true}, "
    "files: [{id: F-1, category: drawing}], "
    "line_items: [{id: L-1, kind: product, quantity: 2, net_amount: 60 EUR, in_stock: true}, "
    "{id: L-2, kind: text, quantity: 0, net_amount: 40 EUR, in_stock: true}]}"
)


@pytest.mark.parametrize(
    "when",
    [
        "{field: opportunity.amount, between: [50 EUR, 200 EUR]}",
        "{field: opportunity.amount, at_least: {field: account.credit_limit, percent: 110}}",
        "{field: opportunity.amount, within: {percent: 5, of: account.credit_limit}}",
        "{field: opportunity.close_date, on_or_before: today + 7 days}",
        "{field: opportunity.close_date, in_the_next: 14 days}",
        "{field: opportunity.close_date, in: this month}",
        "{field: opportunity.start_date, before: {field: opportunity.close_date, plus: -10 days}}",
        "{field: opportunity.name, starts_with: Cra, ignore_case: true}",
        "{field: opportunity.stage, is_none_of: [closed_lost, closed_won]}",
        "{field: opportunity.stage, changed_to: closed_won}",
        "{length: opportunity.description, at_most: 20}",
        "{sum: line_items.net_amount, where: {field: quantity, more_than: 0}, at_least: 50 EUR}",
        "{max: line_items.quantity, less_than: 10}",
        "{count: line_items, where: {field: kind, is: product}, at_least: 2}",
        "{no: files, where: {field: category, is_any_of: [contract, purchase_order]}}",
        "{every: line_items, where: {any: [{field: kind, is: text}, {field: in_stock, is: true}]}}",
        "{happened: [deposit.paid, signature.completed], in_order: true, within: 48 hours}",
        "{happened: reminder.sent, at_least: 3}",
        "{not_happened: quote.accepted, since: quote.sent, for: 7 days}",
        f"{{all: [{BIG}, {{none: [{WON}, {{field: account.framework_agreement, is: false}}]}}]}}",
    ],
)
def test_for_each_kind_of_condition_one_case_is_moved_until_all_mutants_are_caught(when: str) -> None:
    of = subject(ruleset(f"rule | {when} | {{hold: look}}"))
    verdict = "hold" if asked(of).true else "ignore"
    own = facts(f"base | {BASE} | verdict: {verdict}")
    report = mutate(own, of)
    assert [each.mutant.what for each in report.of(Fate.SURVIVED) if each.catch is None] == []
    again = read_cases(write_cases(report.catches), CATALOG)
    assert mutate((*own, *again), of).of(Fate.SURVIVED) == []


def asked(of: Subject) -> Probe:
    return probe(facts(f"base | {BASE} | verdict: hold")[0], of.ruleset, of.records, REFERENCE)


def test_a_case_in_steps_is_run_as_a_whole() -> None:
    text = """
format: 1
cases:
  - case: won at last
    facts: {opportunity: {stage: proposal, amount: 100 EUR}}
    steps:
      - {now: 2026-03-10T12:00:00+01:00, expect: {verdict: ignore}}
      - {now: 2026-03-11T12:00:00+01:00, with: {opportunity.stage: closed_won}, expect: {verdict: convert}}
"""
    steps = read_cases(text, CATALOG)
    report = mutate(steps, subject(ruleset(f"won | {WON} | convert")))
    assert fates(report)["`is` became `is_not`"] == "killed"
    assert report.score == 100


def test_cases_that_fail_already_are_named() -> None:
    wrong = facts("won | {opportunity: {stage: closed_won}} | verdict: hold")
    assert [each.fixture.name for each in failing(wrong, subject(ruleset(f"won | {WON} | convert")))] == ["won"]


def test_the_score_leaves_out_what_is_equivalent_and_never_rounds_up_to_all() -> None:
    mutant = MappingMutant("", "", ruleset(f"won | {WON} | convert").place, "", Mapping("", "", "", ()))
    killed, survived, equal = (Result(mutant, fate) for fate in (Fate.KILLED, Fate.SURVIVED, Fate.EQUIVALENT))
    assert Report(()).score == 100
    assert Report((killed, equal)).score == 100
    assert Report((killed, survived, equal)).score == 50
    assert str(Report((*[killed] * 2999, survived)).score) == "99.9"


# --- proofs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "what"),
    [
        ((f"won | {{all: [{WON}]}} | convert",), "`all` became `any`"),
        ((f"won | {WON} | convert", f"again | {{all: [{WON}, {BIG}]}} | propose"), "dropped: rule `again`"),
        ((f"won | {WON} | convert", f"again | {{all: [{WON}, {BIG}]}} | propose"), "`propose` became `convert`"),
        (("few | {count: files, more_than: 0.4} | convert",), "`0.4` became `0.5`"),
        (
            (
                f"won | {WON} | convert",
                "lost | {field: opportunity.stage, is: closed_lost} | {hold: lost}",
            ),
            "`won` and `lost` changed places",
        ),
        (
            (
                f"big | {BIG} | {{hold: big}}",
                "small | {field: opportunity.amount, less_than: 5000 EUR} | convert",
            ),
            "`hit_policy: first` became `unique`",
        ),
        ((f"big | {BIG} | {{hold: big}}", f"won | {WON} | convert"), "`hit_policy: first` became `collect`"),
        (
            (
                "stocked | {all: [{some: line_items}, {every: line_items, where: {field: in_stock, is: true}}]}"
                " | convert",
            ),
            "`also_when_empty` was added",
        ),
    ],
)
def test_what_can_make_no_difference_is_proven(rules: tuple[str, ...], what: str) -> None:
    of = ruleset(*rules)
    found = [why_equivalent(of, each.ruleset) for each in ruleset_mutants(of, CATALOG) if each.what == what]
    assert found
    assert all(found)


def test_what_is_not_proven_is_not_called_equivalent() -> None:
    of = ruleset(*SMALL)
    proven = {each.what for each in ruleset_mutants(of, CATALOG) if why_equivalent(of, each.ruleset)}
    # The one that holds stands first, so that the most cautious is the first.
    assert proven == {"`hit_policy: first` became `collect`"}


def decided(of: Ruleset, case: Case) -> tuple[Verdict, str]:
    decision = evaluate(of, case, NOW, REFERENCE)
    return decision.verdict, decision.rule


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rulesets(RICH, most=3, depth=2), st.lists(cases(RICH), min_size=3, max_size=5))
def test_no_case_refutes_a_proof(drawn: Ruleset, some: list[Case]) -> None:
    for each in ruleset_mutants(drawn, RICH):
        if why_equivalent(drawn, each.ruleset):
            for case in some:
                assert decided(each.ruleset, case) == decided(drawn, case), each.what


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rulesets(RICH, most=3, depth=1), cases(RICH))
def test_the_short_answer_is_the_whole_rulesets(drawn: Ruleset, case: Case) -> None:
    true = REFERENCE.match(drawn, at_its_rates(drawn, case), NOW)
    fixture = FixtureCase("drawn", NOW, Expectation(Verdict.IGNORE), facts=case.record)
    at = Probe(fixture, case, NOW, true, Answer(*decided(drawn, case)))
    for each in ruleset_mutants(drawn, RICH):
        found = answer(each.ruleset, drawn, at, REFERENCE)
        assert (found.verdict, found.rule) == decided(each.ruleset, case)


def judged(condition: Condition, case: Case) -> Truth:
    return trace_condition(condition, Scene(case, NOW, case.record)).truth


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions(RICH, 2), conditions(RICH, 1), st.lists(cases(RICH), min_size=2, max_size=4))
def test_normal_forms_have_the_truth_of_what_they_are_of(one: Condition, other: Condition, some: list[Case]) -> None:
    for each in (one, All((one, Any((other, one)))), NoneOf((one, NoneOf((other,)))), Any((All((other, one)), other))):
        for case in some:
            assert judged(normal(each), case) is judged(each, case)
            assert (judged(true_form(each), case) is Truth.TRUE) == (judged(each, case) is Truth.TRUE)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions(RICH, 1), conditions(RICH, 1), st.lists(cases(RICH), min_size=2, max_size=4))
def test_exclusive_conditions_are_never_true_together(one: Condition, other: Condition, some: list[Case]) -> None:
    for left, right in ((one, other), (one, NoneOf((one, other))), (All((one, other)), NoneOf((other,)))):
        if exclusive(left, right):
            for case in some:
                assert not judged(left, case) is judged(right, case) is Truth.TRUE
    assert exclusive(one, NoneOf((one, other)))


# --- mappings --------------------------------------------------------------------------------------------------

MAPPING = """
format: 1
mapping: m
from: case
to: quote
fields:
  opportunity: opportunity.id
  customer: account.id
  currency: {from: opportunity.currency, otherwise: EUR}
  title: {from: opportunity.name, through: [trim, upper_case]}
lines:
  lines:
    from: line_items
    fields: {id: id, name: name}
"""
DEAL = (
    "{opportunity: {id: D-1, name: Crane, stage: closed_won}, account: {id: A-1}, "
    "line_items: [{id: L-1, name: Arm}]}"
)


def test_each_part_of_a_mapping_is_dropped_that_the_checks_can_do_without() -> None:
    found = [each.what for each in mapping_mutants(read_mapping(MAPPING, CATALOG), CATALOG)]
    assert found == [
        "dropped: `otherwise` of field `currency`",
        "dropped: field `title`",
        "dropped: `trim` of field `title`",
        "dropped: `upper_case` of field `title`",
        "dropped: field `name`",
    ]


def test_fields_that_no_case_expects_are_found_and_one_case_grows_to_expect_them() -> None:
    of = subject(ruleset(f"won | {WON} | convert"), read_mapping(MAPPING, CATALOG))
    own = facts(f"won | {DEAL} | verdict: convert")
    report = mutate(own, of)
    lost = [each for each in report.of(Fate.SURVIVED) if isinstance(each.mutant, MappingMutant)]
    assert len(lost) == 5
    assert all(each.catch is not None for each in lost)
    grown = [each for each in report.catches if each.name == "won, field by field"]
    assert [set(each.expect.fields) for each in grown] == [{"currency", "title", "lines[L-1].name"}]
    again = mutate((*own, *read_cases(write_cases(report.catches), CATALOG)), of)
    assert [each.mutant.what for each in again.of(Fate.SURVIVED)] == []


def test_a_field_that_a_case_expects_kills() -> None:
    of = subject(ruleset(f"won | {WON} | convert"), read_mapping(MAPPING, CATALOG))
    own = facts(f"won | {DEAL} | verdict: convert, fields: {{title: CRANE, currency: EUR, 'lines[L-1].name': Arm}}")
    found = fates(mutate(own, of, in_time=lambda: False))
    assert found["dropped: field `title`"] == found["dropped: field `name`"] == "killed"
    assert found["dropped: `otherwise` of field `currency`"] == "killed"
    assert found["dropped: `trim` of field `title`"] == "survived"


# --- what ships ------------------------------------------------------------------------------------------------


@cache
def shipped() -> dict[str, Report]:
    desk = bootstrap.file_desk()
    records = cache(desk.records)
    found = {}
    for draft in folders.shipped_rulesets():
        checked = desk.check(draft)
        assert checked.ruleset is not None
        own = Subject(checked.ruleset, checked.mapping, records, REFERENCE, desk.catalog)
        found[draft.name] = mutate(checked.cases, own)
    return found


def test_every_change_of_a_shipped_ruleset_or_mapping_is_noticed_by_its_cases() -> None:
    for name, report in shipped().items():
        assert [(name, str(each.mutant.place), each.mutant.what) for each in report.of(Fate.SURVIVED)] == []
        assert report.score == 100
        assert len(report.of(Fate.KILLED)) > 60


def test_only_these_changes_of_shipped_rulesets_make_no_difference() -> None:
    found = {name: [each.mutant.what for each in report.of(Fate.EQUIVALENT)] for name, report in shipped().items()}
    collect = "`hit_policy: first` became `collect`"
    assert found == {
        "framework-or-acceptance": [collect, "`customer-on-hold` and `framework` changed places"],
        "on-acceptance": [collect],
        "on-close": [collect],
        "purchase-order-in-stock": ["`also_when_empty` was added"],
        "signature-and-deposit": [],
    }


def test_a_case_is_a_probe_with_the_rulesets_own_answer() -> None:
    of = ruleset(*SMALL)
    found = [probe(each, of, lambda name, zone: {}, REFERENCE) for each in facts(*ENOUGH)]
    assert [(each.answer.verdict.value, each.answer.rule) for each in found] == [
        ("convert", "won"),
        ("hold", "small"),
        ("ignore", ""),
    ]
