"""Any text is read, or refused with what is wrong and where: no reader crashes."""

import json
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules_engine.formats.values_json import decode, decode_dataclass
from rules_engine.model.case import Case
from rules_engine.model.errors import Unreadable
from tests.fuzz import guided
from tests.fuzz.targets import TARGETS, WORDS, read_or_refused, seeds

SEEDS = {target: list(seeds(target)) for target in TARGETS}
PART = re.compile(r"\n|[ \t]+|[\w.$-]+|.", re.DOTALL)


def parts(text: str) -> list[str]:
    """Words, white space and single marks."""
    return PART.findall(text)


@st.composite
def bent(draw: st.DrawFn, target: str) -> str:
    """A text that ships, shortened to where it is quick to read, with some of its parts changed."""
    whole = parts(draw(st.sampled_from(SEEDS[target])))
    start = draw(st.integers(0, max(0, len(whole) - 400))) if draw(st.booleans()) else 0
    found = whole[start : start + 400] if start else whole[:800]
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(found) - 1)))
        words = draw(st.lists(st.sampled_from(WORDS) | st.sampled_from(whole) | st.text(max_size=3), max_size=3))
        found[at : at + draw(st.integers(0, 3))] = words
    return "".join(found)


@pytest.mark.parametrize("target", TARGETS)
def test_a_text_that_ships_with_parts_changed_is_read_or_refused(target):
    @settings(max_examples=60, suppress_health_check=list(HealthCheck))
    @given(bent(target) | st.text(max_size=60))
    def check(text):
        read_or_refused(target, text)

    check()


def test_each_reader_can_be_fuzzed_by_its_coverage():
    assert set(guided.NAMES) == set(TARGETS)


@pytest.mark.parametrize("target", TARGETS)
def test_what_ships_is_read(target):
    assert SEEDS[target]
    assert all(read_or_refused(target, text) for text in SEEDS[target])


KEYS = ("$decimal", "$money", "$date", "$datetime", "$time", "$months", "$microseconds", "$record", "$is", "$enum",
        "$missing", "id", "record", "events")  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(WORDS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
)


@settings(max_examples=200)
@given(JSON)
def test_any_json_is_a_value_or_refused(data):
    read_or_refused("canonical", json.dumps(data))


@pytest.mark.parametrize(
    "data",
    [
        {"$decimal": "x"},
        {"$decimal": ["x"]},
        {"$money": ["x", "EUR"]},
        {"$datetime": "x"},
        {"$datetime": 1},
        {"$date": None},
        {"$months": "x"},
        {"$record": 1},
        {"$is": "nope"},
        {"$is": "case.Case"},
        {"$is": "ruleset.Rule", "x": 1},
        {"$enum": ["ruleset.Verdict", "nope"]},
    ],
)
def test_json_that_nothing_of_ours_wrote_is_refused(data):
    with pytest.raises(Unreadable, match="this JSON was not written here"):
        decode_dataclass(Case, data)


def test_json_without_bottom_is_refused():
    data: object = 1
    for _ in range(5_000):
        data = {"a": data}
    for read in (decode, lambda deep: decode_dataclass(Case, deep)):
        with pytest.raises(Unreadable, match="not written here"):
            read(data)
