import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules_engine.conversion.context import Context, Done, Failed
from rules_engine.conversion.graphemes import cut
from rules_engine.conversion.transforms import TRANSFORMS
from rules_engine.model import transforms as table
from rules_engine.model.case import Rate
from rules_engine.model.errors import Refused, Retryable
from rules_engine.model.values import Money, Value
from tests.conversion.written_values import transform_of, value_of

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
ROWS = list(
    csv.DictReader((Path(__file__).parents[1] / "tables" / "transforms.csv").read_text(encoding="utf-8").splitlines())
)


def look_up(document_type: str, by: str, value: Value) -> Value | None:
    if value == "twice":
        raise Refused("two of them")
    return {("customer", "number", "C-1042"): "17"}.get((document_type, by, str(value)))


RATES = (
    Rate("USD", "EUR", Decimal("0.92"), date(2026, 3, 1)),
    Rate("USD", "EUR", Decimal("0.80"), date(2026, 3, 31)),
    Rate("EUR", "JPY", Decimal(161), date(2026, 1, 1)),
)
CONTEXT = Context("Europe/Berlin", NOW, look_up, rates=RATES)


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['transform']}: {row['behaviour']}" for row in ROWS])
def test_every_row_of_the_table_holds(row):
    transform = transform_of(row["transform"], row["arguments"])
    outcome = TRANSFORMS[transform.name](value_of(row["value"]), transform.arguments, CONTEXT)
    if row["refused"]:
        assert isinstance(outcome, Failed), outcome
        assert row["refused"] in outcome.message
        assert outcome.remedy
    else:
        assert outcome == Done(value_of(row["gives"]), row["loss"])
        assert type(outcome.value) is type(value_of(row["gives"]))
        assert str(outcome.value) == str(value_of(row["gives"])), "the decimals are a part of the value"


def test_every_transform_of_the_model_has_a_function_and_no_other():
    assert TRANSFORMS.keys() == table.TRANSFORMS.keys()


def test_every_transform_has_a_row_that_works_and_a_row_that_refuses():
    works = {row["transform"] for row in ROWS if not row["refused"]}
    refuses = {row["transform"] for row in ROWS if row["refused"]}
    assert works == TRANSFORMS.keys()
    # `first` takes whatever there is.
    assert refuses == TRANSFORMS.keys() - {"first"}


ARGUMENTS = {
    "truncate": {"length": Decimal(5)},
    "map": {"values": {"a": "b"}},
    "look_up": {"in": "customer", "by": "number"},
    "split_name": {"part": "given"},
    "round": {"decimals": Decimal(2)},
    "quantity_in": {"to": "C62"},
    "price_per": {"to": "C62"},
    "in_zone": {"zone": "UTC"},
    "in_currency": {"to": "EUR"},
    "template": {"text": "{{ value }}"},
}
BAD = [
    "", None, True, Decimal("NaN"), Decimal("Infinity"), Decimal("1E+999999"), Money(Decimal("NaN"), "EUR"),
    date.min, date.max,
    datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), datetime.fromisoformat("2026-01-01T00:00"), (),
    ("a",), ({},), {}, {"a": {"b": None}}, {"street": ("a",)}, "😀" * 3,
    "\u202eabc\u202c", "\ud800", "\x00", "<", "&#",
    "<!--", "<![CDATA[", "</", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00", "2026-03-31T14:30:00+99:00",
]  # fmt: skip


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("value", BAD, ids=[ascii(value)[:40] for value in BAD])
def test_no_bad_value_raises(name, value):
    for arguments in (ARGUMENTS.get(name, {}), {}):
        for given_value in (value, (value,), (value, value)):
            outcome = TRANSFORMS[name](given_value, arguments, CONTEXT)
            assert isinstance(outcome, Done | Failed)
            if isinstance(outcome, Failed):
                assert outcome.message


BIG = ["a" * 1_000_000, "<" * 1_000_000, "<a " * 333_000, "&" * 1_000_000, "e" + "\u0301" * 1_000_000, "<b>" * 333_000]


@pytest.mark.parametrize("name", TRANSFORMS)
@pytest.mark.parametrize("text", BIG, ids=lambda text: ascii(text[:6]))
def test_a_megabyte_of_text_is_no_trouble(name, text):
    outcome = TRANSFORMS[name](text, ARGUMENTS.get(name, {}), CONTEXT)
    assert isinstance(outcome, Done | Failed)
    if isinstance(outcome, Failed):
        assert len(outcome.message) < 300, "a message shows only the beginning of a value"


values = st.recursive(
    st.none()
    | st.text(max_size=8)
    | st.booleans()
    | st.decimals(allow_nan=True)
    | st.dates()
    | st.datetimes(timezones=st.just(UTC))
    | st.builds(Money, st.decimals(), st.sampled_from(["EUR", "???", "eur"])),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


some_arguments = st.dictionaries(
    st.sampled_from(sorted({name for each in table.TRANSFORMS.values() for name in each.arguments})), values, max_size=2
)


@given(st.sampled_from(sorted(TRANSFORMS)), values, some_arguments)
def test_every_transform_answers_to_anything(name, value, arguments):
    assert isinstance(TRANSFORMS[name](value, arguments, CONTEXT), Done | Failed)


def test_the_retry_of_a_look_up_passes_through():
    def silent(_type: str, _by: str, _value: Value) -> Value | None:
        raise Retryable("the order system does not answer")

    with pytest.raises(Retryable):
        TRANSFORMS["look_up"]("C-1", ARGUMENTS["look_up"], Context("UTC", NOW, silent))


def test_without_a_system_nothing_can_be_looked_up():
    outcome = TRANSFORMS["look_up"]("C-1", ARGUMENTS["look_up"], Context("UTC", NOW))
    assert isinstance(outcome, Failed)
    assert "there is no system here to look customer up in" in outcome.message


def test_a_date_is_the_same_in_every_zone():
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"):
        assert TRANSFORMS["date"]("2026-03-31", {}, Context(zone, NOW)) == Done(date(2026, 3, 31))
        assert TRANSFORMS["date"](date(2026, 3, 31), {}, Context(zone, NOW)) == Done(date(2026, 3, 31))


@given(st.text(max_size=30), st.integers(0, 30))
@example("e\u0301" * 5, 3)
@example("👩🏽‍🚀👩🏽‍🚀", 5)
def test_a_cut_is_a_beginning_and_cutting_again_changes_nothing(text, length):
    kept = cut(text, length)
    assert text.startswith(kept)
    assert len(kept) <= length
    assert cut(kept, length) == kept


CLUSTERS = [
    "a", "é", "e\u0301", "👨‍👩‍👧", "👍🏽", "🇩🇪", "\r\n", "각", "\u1100\u1161\u11a8", "❤️", "नि", "שׁ",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
]  # fmt: skip


@given(st.lists(st.sampled_from(CLUSTERS), max_size=8), st.integers(0, 40))
def test_a_cut_never_goes_through_a_grapheme(clusters, length):
    kept = cut("".join(clusters), length)
    beginnings = ["".join(clusters[:count]) for count in range(len(clusters) + 1)]
    fitting = [beginning for beginning in beginnings if len(beginning) <= length]
    assert kept == fitting[-1]


def test_a_template_sees_fields_and_never_methods():
    fill = TRANSFORMS["template"]
    lists = {"text": "{{ value | first }} {{ value | last }}"}
    assert fill((("a", "b", "c"),), lists, CONTEXT) == Done("a c")
    record = {"items": "six", "title": "Crane"}
    assert fill((record,), {"text": "{{ value.items }} {{ value.title }}"}, CONTEXT) == Done("six Crane")
    assert isinstance(fill(("Crane",), {"text": "{{ value.title }}"}, CONTEXT), Failed)
    long = {"text": "{{ values | join(value) }}"}
    assert isinstance(fill(("x" * 500,) * 99, long, CONTEXT), Failed)
