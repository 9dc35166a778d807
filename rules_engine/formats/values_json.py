"""Values and whole decisions, conversions and rulesets as JSON and back, without any loss."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import ModuleType
from typing import Any as Json
from typing import TypeVar

from rules_engine.model import case, catalog, conversion, decision, finding, mapping, ruleset, run
from rules_engine.model.errors import Unreadable
from rules_engine.model.values import MISSING, Missing, Money, Months, Value

_T = TypeVar("_T")
_MODULES: tuple[ModuleType, ...] = (case, catalog, conversion, decision, finding, mapping, ruleset, run)


def _named_classes() -> dict[str, type]:
    """Every dataclass and enumeration of the model by `<module>.<class>`, since some class names recur."""
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": each
        for module in _MODULES
        for name, each in vars(module).items()
        if isinstance(each, type)
        and each.__module__ == module.__name__
        and (is_dataclass(each) or issubclass(each, Enum))
    }


_CLASSES = _named_classes()
_NAMES = {each: name for name, each in _CLASSES.items()}


def encode(value: Value | Missing) -> Json:
    """The value as JSON: what JSON lacks is an object with one key that begins with `$`."""
    match value:
        case None | bool() | str():
            return value
        case Missing():
            return {"$missing": True}
        case Decimal():
            return {"$decimal": str(value)}
        case Money(amount, currency):
            return {"$money": [str(amount), currency]}
        case datetime():
            return {"$datetime": value.isoformat()}
        case date():
            return {"$date": value.isoformat()}
        case time():
            return {"$time": value.isoformat()}
        case timedelta():
            return {"$microseconds": str(value // timedelta(microseconds=1))}
        case Months(count):
            return {"$months": str(count)}
        case tuple() | list():
            return [encode(each) for each in value]
        case Mapping():
            plain = {key: encode(each) for key, each in value.items()}
            return {"$record": plain} if any(key.startswith("$") for key in plain) else plain
        case _:
            raise TypeError(f"{type(value)} is no value of the model")


def decode(data: Json) -> Value | Missing:
    """The value of such JSON; raises Unreadable where nothing of ours wrote it."""
    try:
        return _decode(data)
    except _BROKEN as problem:
        raise _unreadable(problem) from None


# What Python raises where a value lacks, is of another kind, or lies too deep.
_BROKEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def _unreadable(problem: Exception) -> Unreadable:
    what = str(problem) if isinstance(problem, TypeError | ValueError) else type(problem).__name__
    return Unreadable([finding.Finding("wrong-shape", f"this JSON was not written here: {what[:200]}")])


def _decode(data: Json) -> Value | Missing:
    if isinstance(data, list):
        return tuple(_value(each) for each in data)
    if not isinstance(data, Mapping):
        return data  # type: ignore[no-any-return]  # a text, true, false or null
    match data:
        case {"$missing": True}:
            return MISSING
        case {"$decimal": digits}:
            return Decimal(digits)
        case {"$money": [amount, currency]}:
            return Money(Decimal(amount), currency)
        case {"$datetime": text}:
            return datetime.fromisoformat(text)
        case {"$date": text}:
            return date.fromisoformat(text)
        case {"$time": text}:
            return time.fromisoformat(text)
        case {"$microseconds": count}:
            return timedelta(microseconds=int(count))
        case {"$months": count}:
            return Months(int(count))
        case {"$record": inner}:
            return {key: _value(each) for key, each in inner.items()}
        case _:
            return {key: _value(each) for key, each in data.items()}


def _value(data: Json) -> Value:
    # MISSING stands only for a whole value, never within one; a record simply lacks the key.
    return _decode(data)  # type: ignore[return-value]  # see above


def encode_dataclass(each: object) -> Json:
    """A dataclass of the model with all below it: `{"$is": "ruleset.Comparison", "field": ...}`."""
    if is_dataclass(each) and type(each) in _NAMES:
        inner = {field.name: encode_dataclass(getattr(each, field.name)) for field in fields(each)}
        return {"$is": _NAMES[type(each)], **inner}
    if isinstance(each, Enum):
        return {"$enum": [_NAMES[type(each)], each.value]}
    if isinstance(each, int) and not isinstance(each, bool):
        return each
    if isinstance(each, tuple | list):
        return [encode_dataclass(one) for one in each]
    if isinstance(each, Mapping):
        plain = {key: encode_dataclass(one) for key, one in each.items()}
        return {"$record": plain} if any(key.startswith("$") for key in plain) else plain
    return encode(each)  # type: ignore[arg-type]  # refuses what is no value


def decode_dataclass(cls: type[_T], data: Json) -> _T:
    """The dataclass of such JSON; TypeError where it is another one, Unreadable where nothing of ours wrote it."""
    try:
        found = _decoded(data)
    except _BROKEN as problem:
        raise _unreadable(problem) from None
    if not isinstance(found, cls):
        raise TypeError(f"{type(found).__name__} stands where {cls.__name__} should")
    return found


def _decoded(data: Json) -> Json:
    if isinstance(data, list):
        return tuple(_decoded(each) for each in data)
    if not isinstance(data, Mapping):
        return data
    match data:
        case {"$is": name, **inner}:
            return _CLASSES[name](**{key: _decoded(each) for key, each in inner.items()})
        case {"$enum": [name, value]}:
            return _CLASSES[name](value)
        case {"$record": plain}:
            return {key: _decoded(each) for key, each in plain.items()}
    if len(data) == 1 and next(iter(data)).startswith("$"):
        return _decode(data)
    return {key: _decoded(each) for key, each in data.items()}
