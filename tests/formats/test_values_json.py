"""All of the model goes to JSON and back without loss, and never through a float."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules_engine.formats.values_json import decode, decode_dataclass, encode, encode_dataclass
from rules_engine.model import run
from rules_engine.model.case import Case
from rules_engine.model.conversion import Account, Conversion, Disposition, Lineage, Origin, SourceValue
from rules_engine.model.conversion import Change as ConversionChange
from rules_engine.model.decision import Decision, Role, RuleTrace, Trace, Truth
from rules_engine.model.finding import Finding, Place, Severity
from rules_engine.model.ruleset import Condition, Mode, Ruleset, Step, Verdict
from rules_engine.model.values import MISSING, Money, Value
from tests.formats.reading import CATALOG
from tests.strategies import NOW, cases, conditions, rulesets

_OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_NUMBERS = st.decimals(allow_nan=False, allow_infinity=False)
_SCALARS = st.one_of(
    st.none(), st.booleans(), st.text(max_size=8), _NUMBERS, st.dates(), st.datetimes(timezones=_OFFSETS),
    st.builds(Money, _NUMBERS, st.sampled_from(["EUR", "JPY"])),
)  # fmt: skip
_KEYS = st.sampled_from(["$decimal", "$money", "$is", "$record", "$", "a", "b.c"]) | st.text(max_size=4)
VALUES: st.SearchStrategy[Value] = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_any_value_comes_back_the_same(value: Value) -> None:
    assert decode(json.loads(json.dumps(encode(value)))) == value


def test_kinds_and_digits_are_kept() -> None:
    value = {"a": Decimal("1.50"), "b": Money(Decimal("15.420"), "EUR"), "c": date(2026, 3, 31), "d": True}
    data = encode(value)
    assert data["a"] == {"$decimal": "1.50"}
    assert data["b"] == {"$money": ["15.420", "EUR"]}
    assert (data["c"], data["d"]) == ({"$date": "2026-03-31"}, True)
    assert repr(decode(data)) == repr(value)
    assert decode(encode(MISSING)) is MISSING
    assert encode(datetime(2026, 3, 31, 9, tzinfo=UTC)) == {"$datetime": "2026-03-31T09:00:00+00:00"}


def test_a_float_is_refused() -> None:
    with pytest.raises(TypeError, match="float"):
        encode({"a": 0.1})  # type: ignore[dict-item]  # what is tested


def again(each: object) -> object:
    return decode_dataclass(type(each), json.loads(json.dumps(encode_dataclass(each))))


@settings(max_examples=60)
@given(rulesets(CATALOG, most=2))
def test_a_ruleset_comes_back_the_same(ruleset: Ruleset) -> None:
    assert again(ruleset) == ruleset


@settings(max_examples=40)
@given(cases(CATALOG), conditions(CATALOG, 1), VALUES)
def test_a_decision_with_its_trace_and_the_case_come_back_the_same(case: Case, when: Condition, value: Value) -> None:
    child = Trace(when, Truth.UNKNOWN, MISSING, value, "no data", NOW, "L-1", (), Role.BLOCKS)
    trace = RuleTrace("a", "A", Mode.WATCH, Truth.TRUE, Trace(when, Truth.TRUE, value, MISSING, children=(child,)))
    decision = Decision(Verdict.HOLD, "why", "r", Step.QUOTE_TO_ORDER, NOW, "a", ("a",), ("a",), (trace,), NOW)
    assert again(decision) == decision
    assert again(case) == case


def test_a_conversion_in_a_run_comes_back_the_same() -> None:
    place = Place("m.yaml", 3, 4)
    conversion = Conversion(
        {"lines": ({"id": "L-1", "quantity": Decimal("0")},)},
        (Lineage("title", "X", Origin.TRANSFORMED, (SourceValue("a", "x"),), (ConversionChange("upper_case", "X"),)),),
        (Account("a", "x", Disposition.TRANSFORMED, ("title",)), Account("b", False, Disposition.DROPPED, (), "why")),
        (Finding("c", "m", place, Severity.WARNING, "s"),),
    )
    whole = run.ConversionRun(
        key="k",
        step=Step.OPPORTUNITY_TO_QUOTE,
        case_id="C-1",
        crm_connection="crm",
        opportunity="D-1",
        connection="book",
        decision=7,
        stages=(run.Stage("case", "quote", conversion),),
        payload={"a": ()},
        payload_hash="h",
        state=run.ConversionState.UNKNOWN,
        fence=2,
        sent_at=NOW,
        written=run.Written("1", "Q-1"),
        differences=(run.Difference("a", "1", "2"),),
    )
    found = again(whole)
    assert found == whole
    assert isinstance(found, run.ConversionRun)
    assert found.stages[0].conversion.problems[0].place == place


def test_two_classes_of_one_name_are_told_apart() -> None:
    changed = run.Changed("D-1", NOW, "v1")
    assert again(changed) == changed
    assert encode_dataclass(changed)["$is"] == "run.Changed"


def test_another_class_than_asked_for_is_refused() -> None:
    with pytest.raises(TypeError, match="Place stands where Finding should"):
        decode_dataclass(Finding, encode_dataclass(Place("a", 1, 2)))
