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
    NEAR = "near"  # `{percent: 5, of: other.field}`


@dataclass(frozen=True)
class Operator:
    """`negative` operators can carry "also when empty"; `phrase` is the sentence's verb ("is at least")."""

    name: str
    types: frozenset[Type]
    takes: Takes
    phrase: str
    negative: bool = False


_TEXT = frozenset({Type.TEXT, Type.RICH_TEXT})
_CODE = frozenset({Type.CHOICE, Type.REFERENCE})
_AMOUNT = frozenset({Type.NUMBER, Type.MONEY, Type.PERCENT})
_DAY = frozenset({Type.DATE, Type.DATETIME})
_LIST = frozenset({Type.CHOICES})
_SINGLE = _TEXT | _CODE | _AMOUNT | _DAY
_ANY = _SINGLE | _LIST | {Type.BOOLEAN, Type.RECORD, Type.RECORDS}

OPERATORS: dict[str, Operator] = {
    each.name: each
    for each in (
        Operator("is", _SINGLE | {Type.BOOLEAN}, Takes.VALUE, "is"),
        Operator("is_not", _SINGLE | {Type.BOOLEAN}, Takes.VALUE, "is not", negative=True),
        Operator("is_any_of", _SINGLE, Takes.LIST, "is any of"),
        Operator("is_none_of", _SINGLE, Takes.LIST, "is none of", negative=True),
        Operator("is_empty", _ANY, Takes.NOTHING, "is empty"),
        Operator("is_not_empty", _ANY, Takes.NOTHING, "is not empty"),
        Operator("contains", _TEXT | _LIST, Takes.VALUE, "contains"),
        Operator("does_not_contain", _TEXT | _LIST, Takes.VALUE, "does not contain", negative=True),
        Operator("contains_any_of", _LIST, Takes.LIST, "contains any of"),
        Operator("contains_all_of", _LIST, Takes.LIST, "contains all of"),
        Operator("starts_with", _TEXT, Takes.VALUE, "starts with"),
        Operator("ends_with", _TEXT, Takes.VALUE, "ends with"),
        Operator("at_least", _AMOUNT, Takes.VALUE, "is at least"),
        Operator("more_than", _AMOUNT, Takes.VALUE, "is more than"),
        Operator("at_most", _AMOUNT, Takes.VALUE, "is at most"),
        Operator("less_than", _AMOUNT, Takes.VALUE, "is less than"),
        Operator("between", _AMOUNT | _DAY, Takes.PAIR, "is between"),
        Operator("within", _AMOUNT, Takes.NEAR, "is within"),
        Operator("on_or_before", _DAY, Takes.VALUE, "is on or before"),
        Operator("on_or_after", _DAY, Takes.VALUE, "is on or after"),
        Operator("before", _DAY, Takes.VALUE, "is before"),
        Operator("after", _DAY, Takes.VALUE, "is after"),
        Operator("in_the_last", _DAY, Takes.DURATION, "is in the last"),
        Operator("in_the_next", _DAY, Takes.DURATION, "is in the next"),
        Operator("in", _DAY, Takes.PERIOD, "is in"),
    )
}
