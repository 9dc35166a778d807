"""When two conditions are the same, so that they are judged once."""

from dataclasses import fields, is_dataclass

from rules_engine.model.ruleset import Condition


def likeness(condition: Condition) -> object:
    """A key that is equal for conditions that say the same, wherever they are written.

    Equality of the conditions themselves would not do: in Python `True == 1`, and here they are unlike kinds.
    """
    return _key(condition)


def _key(value: object) -> object:
    if is_dataclass(value):
        inside = (_key(getattr(value, each.name)) for each in fields(value) if each.compare)
        return (type(value), *inside)
    if isinstance(value, tuple):
        return tuple(_key(each) for each in value)
    return type(value), value
