"""The production matcher beside the reference: threads, forks, many rules, tear-down."""

import os
import resource
import threading
from decimal import Decimal as D

import pytest

from rules_engine.durable_matcher import DurableMatcher
from rules_engine.evaluation.compiled.normal_form import MOST_ALTERNATIVES, normal_form
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.model.errors import Retryable
from rules_engine.model.ruleset import (
    All,
    Any,
    Comparison,
    Literal,
    Mode,
    NoneOf,
    Outcome,
    Rule,
    Ruleset,
    Step,
    Verdict,
)
from rules_engine.model.values import Money
from tests.evaluation.builders import NOON, a_case


def at_least(number, field="f"):
    return Comparison(field, "at_least", Literal(D(number)))


def ruleset(*conditions, **more):
    rules = tuple(Rule(f"rule-{n}", "", each, Outcome(Verdict.CONVERT), **more) for n, each in enumerate(conditions))
    return Ruleset("r", "R", Step.OPPORTUNITY_TO_QUOTE, rules)


@pytest.fixture
def matcher():
    made = DurableMatcher()
    yield made
    made.close()


@pytest.mark.parametrize(
    "value", ["4.999999999999999999999", "5", "5.000000000000000000001", "1e40", "-1e40", "9007199254740993"]
)
def test_numbers_beyond_doubles_are_exact(matcher, value):
    rules = ruleset(at_least(5), at_least("9007199254740992"), Comparison("f", "is", Literal(D("9007199254740993"))))
    case = a_case({"f": D(value)})
    assert matcher.match(rules, case, NOON) == ReferenceMatcher().match(rules, case, NOON)


@pytest.mark.parametrize(
    "value", ["true", True, D(5), "5", None, (), {}, "liquid", "costarring", 'a"b', "emoji 🎉", "x" * 70000]
)
def test_values_that_confuse_engines_do_not_confuse_this_one(matcher, value):
    literals = ("true", True, D(5), "5", "liquid", 'a"b', "emoji 🎉", "x" * 70000)
    rules = ruleset(*(Comparison("f", op, Literal(each)) for each in literals for op in ("is", "is_not")))
    case = a_case({"f": value})
    assert matcher.match(rules, case, NOON) == ReferenceMatcher().match(rules, case, NOON)


def test_a_thousand_rules_on_one_field_are_answered(matcher):
    rules = ruleset(*(at_least(n) for n in range(1000)))
    assert len(matcher.match(rules, a_case({"f": D("499.5")}), NOON)) == 500


def test_a_rule_with_two_hundred_conditions_is_answered(matcher):
    rules = ruleset(All(tuple(at_least(n, f"f{n}") for n in range(200))))
    whole = {f"f{n}": D(n) for n in range(200)}
    assert matcher.match(rules, a_case(whole), NOON) == {"rule-0"}
    assert not matcher.match(rules, a_case({**whole, "f7": D(0)}), NOON)


def test_alternatives_stay_few_however_wide_the_choice():
    wide = All(tuple(Any(tuple(at_least(n, f"f{m}{n}") for n in range(5))) for m in range(5)))
    assert all(len(ways) <= MOST_ALTERNATIVES for ways in normal_form(ruleset(wide)).rules.values())


def test_unknown_is_neither_true_nor_false_in_both_engines(matcher):
    rules = ruleset(at_least(5), NoneOf((at_least(5),)), NoneOf((NoneOf((at_least(5),)),)))
    assert matcher.match(rules, a_case({}), NOON) == frozenset()


def test_rules_that_are_off_do_not_match(matcher):
    assert not matcher.match(ruleset(at_least(5), mode=Mode.OFF), a_case({"f": D(5)}), NOON)


def test_money_is_compared_in_each_currency_of_the_rules(matcher):
    euros, dollars = (Comparison("f", "more_than", Literal(Money(D(5), currency))) for currency in ("EUR", "USD"))
    assert matcher.match(ruleset(euros, dollars), a_case({"f": Money(D(6), "USD")}), NOON) == {"rule-1"}


def test_many_threads_get_the_answers_that_one_gets(matcher):
    rules = [ruleset(*(at_least(n + m) for n in range(60))) for m in range(3)]
    wrong = []

    def ask(seed):
        for n in range(150):
            case = a_case({"f": D((seed * 37 + n) % 70)})
            which = rules[n % 3]
            if matcher.match(which, case, NOON) != ReferenceMatcher().match(which, case, NOON):
                wrong.append((seed, n))

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong


def test_a_forked_process_compiles_for_itself(matcher):
    rules, case = ruleset(at_least(5)), a_case({"f": D(5)})
    assert matcher.match(rules, case, NOON)
    child = os.fork()
    if child == 0:
        os._exit(0 if matcher.match(rules, case, NOON) == {"rule-0"} else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_process_forked_while_the_lock_is_held_is_answered(matcher):
    rules, case = ruleset(at_least(5)), a_case({"f": D(5)})
    assert matcher.match(rules, case, NOON)
    with matcher._lock:  # as a thread of the parent that is compiling at this moment
        child = os.fork()
        if child == 0:
            os._exit(0 if matcher.match(rules, case, NOON) == {"rule-0"} else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_eight_threads_are_answered_while_rulesets_are_torn_down():
    matcher = DurableMatcher(capacity=2)
    rules = [ruleset(*(at_least(n + m) for n in range(20))) for m in range(6)]
    wrong = []

    def ask(seed):
        try:
            for n in range(200):
                which = (seed + n) % 6
                case = a_case({"f": D((seed * 37 + n) % 30)})
                if matcher.match(rules[which], case, NOON) != ReferenceMatcher().match(rules[which], case, NOON):
                    wrong.append((seed, n))
                if n % 50 == 0:
                    matcher.close()
        except Exception as problem:  # a thread's own would only be printed
            wrong.append(problem)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not wrong
    matcher.close()


def test_an_engine_that_fails_is_compiled_anew_at_the_next_question(matcher):
    rules, case = ruleset(at_least(5)), a_case({"f": D(5)})
    assert matcher.match(rules, case, NOON)
    matcher._compiled[id(rules)].handles[0].number = 999_999  # there is no such ruleset in the engine
    with pytest.raises(Retryable):
        matcher.match(rules, case, NOON)
    assert matcher.match(rules, case, NOON) == {"rule-0"}


def test_values_that_python_takes_for_equal_are_kept_apart(matcher):
    rules = ruleset(*(Comparison("f", "is", Literal(each)) for each in (True, D(1), "1", False, D(0))))
    for value in (True, D(1), "1", False, D("0.0")):
        assert matcher.match(rules, a_case({"f": value}), NOON) == ReferenceMatcher().match(
            rules, a_case({"f": value}), NOON
        )


def test_republishing_a_thousand_times_leaves_memory_flat():
    matcher = DurableMatcher(capacity=4)
    case = a_case({"f": D(5)})

    def republish(times):
        for n in range(times):
            assert matcher.match(ruleset(*(at_least(n % 7 + m) for m in range(20))), case, NOON) is not None

    republish(200)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    republish(1000)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    matcher.close()
    # In KiB; a leak of the compiled trees alone would be over 400,000.
    assert grown < 20_000
