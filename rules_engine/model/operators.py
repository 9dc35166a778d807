"""Every operator of a comparison: for which types, with what operand, and how a sentence says it.

The meaning stands in `evaluation.comparison`; this table is what text, form and documentation share.
"""

from dataclasses import dataclass
from enum import StrEnum

from rules_engine.model.catalog import Type


class Takes(StrEnum):
    """What stands on the right-hand side."""

    NOTHING = "nothing"  # written `is_empty: true`
    VALUE = "value"  # a literal, another field, or (dates) a relative date
    LIST = "list"  # literals
    PAIR = "pair"  # two literals or relative dates, both included
    DURATION = "duration"  # `14 days`
    PERIOD = "period"  # `this month`
    PATTERN = "pattern"  # a regular expression (RE2) as text
    NEAR = "near"  # `{percent: 5, of: other.field}`


@dataclass(frozen=True)
class Operator:
    """`negative` operators can carry "also when empty"; `phrase` is the sentence's verb ("is at least").

    `folds` operators can carry `ignore_case` where the field is text.
    """

    name: str
    types: frozenset[Type]
    takes: Takes
    phrase: str
    negative: bool = False
    folds: bool = False


_TEXT = frozenset({Type.TEXT, Type.RICH_TEXT})
_CODE = frozenset({Type.CHOICE, Type.REFERENCE})
_AMOUNT = frozenset({Type.NUMBER, Type.MONEY, Type.PERCENT})
_DAY = frozenset({Type.DATE, Type.DATETIME})
_CLOCK = frozenset({Type.TIME})
_SPAN = frozenset({Type.DURATION})
_LIST = frozenset({Type.CHOICES})
_SINGLE = _TEXT | _CODE | _AMOUNT | _DAY | _CLOCK | _SPAN
# What has more and less; text by the code points of its characters, so capitals come before small letters.
_ORDERED = _AMOUNT | _SPAN | {Type.TEXT}
_ANY = _SINGLE | _LIST | {Type.BOOLEAN, Type.RECORD, Type.RECORDS}

OPERATORS: dict[str, Operator] = {
    each.name: each
    for each in (
        Operator("is", _SINGLE | {Type.BOOLEAN}, Takes.VALUE, "is", folds=True),
        Operator("is_not", _SINGLE | {Type.BOOLEAN}, Takes.VALUE, "is not", negative=True, folds=True),
        Operator("is_any_of", _SINGLE, Takes.LIST, "is any of", folds=True),
        Operator("is_none_of", _SINGLE, Takes.LIST, "is none of", negative=True, folds=True),
        Operator("is_empty", _ANY, Takes.NOTHING, "is empty"),
        Operator("is_not_empty", _ANY, Takes.NOTHING, "is not empty"),
        Operator("contains", _TEXT | _LIST, Takes.VALUE, "contains", folds=True),
        Operator("does_not_contain", _TEXT | _LIST, Takes.VALUE, "does not contain", negative=True, folds=True),
        Operator("contains_any_of", _LIST, Takes.LIST, "contains any of"),
        Operator("contains_all_of", _LIST, Takes.LIST, "contains all of"),
        Operator("starts_with", _TEXT, Takes.VALUE, "starts with", folds=True),
        Operator("ends_with", _TEXT, Takes.VALUE, "ends with", folds=True),
        Operator("matches", _TEXT, Takes.PATTERN, "matches", folds=True),
        Operator("does_not_match", _TEXT, Takes.PATTERN, "does not match", negative=True, folds=True),
        Operator("at_least", _ORDERED, Takes.VALUE, "is at least"),
        Operator("more_than", _ORDERED, Takes.VALUE, "is more than"),
        Operator("at_most", _ORDERED, Takes.VALUE, "is at most"),
        Operator("less_than", _ORDERED, Takes.VALUE, "is less than"),
        Operator("between", _ORDERED | _DAY | _CLOCK, Takes.PAIR, "is between"),
        Operator("within", _AMOUNT, Takes.NEAR, "is within"),
        Operator("on_or_before", _DAY | _CLOCK, Takes.VALUE, "is on or before"),
        Operator("on_or_after", _DAY | _CLOCK, Takes.VALUE, "is on or after"),
        Operator("before", _DAY | _CLOCK, Takes.VALUE, "is before"),
        Operator("after", _DAY | _CLOCK, Takes.VALUE, "is after"),
        Operator("in_the_last", _DAY, Takes.DURATION, "is in the last"),
        Operator("in_the_next", _DAY, Takes.DURATION, "is in the next"),
        Operator("in", _DAY, Takes.PERIOD, "is in"),
    )
}
