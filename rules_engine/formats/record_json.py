"""A record's JSON typed by the catalog: money, dates and numbers as what they are, never through a float."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any as Raw

from rules_engine.formats import literals
from rules_engine.formats.notes import add, nearest, shown
from rules_engine.formats.typed_values import KINDS
from rules_engine.model.catalog import Catalog, Field, Type
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding, Place
from rules_engine.model.values import Money, Months, Record, Value

MAX_CHARACTERS = 10_000_000
MAX_LEVELS = 50
_UNFIT = re.compile("[\0\ud800-\udfff]")
MAX_RECORDS = 10_000  # in one list


def read_record(raw: str | bytes | Mapping[str, Raw], catalog: Catalog, document_type: str, file: str = "") -> Record:
    """The record of a JSON object; raises Unreadable with the JSON path of each wrong value.

    Money is `{"amount": "12.00", "currency": "EUR"}` or `"12.00 EUR"`, a number a JSON number or its digits as
    text, a date and time has its offset. Keys that the catalog does not know are kept as they are. An already
    parsed object may hold no float: parse with `parse_float=Decimal`.
    """
    data = read_json(raw, file) if isinstance(raw, str | bytes) else raw
    findings: list[Finding] = []
    if not isinstance(data, Mapping):
        message = f"a record is an object, and here stands {_shown(data)}"
        raise Unreadable([Finding("wrong-shape", message, Place(file))])
    try:
        record = _record(data, document_type, catalog, "", _Report(file, findings))
    except RecursionError:  # a type that holds its own kind
        raise Unreadable([_too_deep(file)]) from None
    if findings:
        raise Unreadable(findings)
    return record


def read_json(raw: str | bytes, file: str = "") -> Raw:
    """Any JSON, its numbers as Decimal; raises Unreadable with line and column."""
    if len(raw) > MAX_CHARACTERS:
        message = f"more than {MAX_CHARACTERS} characters are not read"
        raise Unreadable([Finding("too-large", message, Place(file, 1, 1))])
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
        return json.loads(
            text, parse_float=_number, parse_int=_number, parse_constant=_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        place = Place(file, error.lineno, error.colno)
        raise Unreadable([Finding("not-json", f"this is not JSON ({_lower(error.msg)})", place)]) from None
    except UnicodeDecodeError:
        raise Unreadable([Finding("not-json", "the text is not UTF-8", Place(file, 1, 1))]) from None
    except RecursionError:
        raise Unreadable([_too_deep(file)]) from None
    except ValueError as error:
        raise Unreadable([Finding("not-json", str(error), Place(file, 1, 1))]) from None


def _too_deep(file: str) -> Finding:
    return Finding("too-deep", f"the record lies more than {MAX_LEVELS} levels deep", Place(file, 1, 1))


def _number(text: str) -> Decimal:
    try:
        found = Decimal(text) if len(text) <= 60 else None
    except InvalidOperation:  # an exponent beyond Decimal's own
        found = None
    if found is None or abs(found.adjusted()) > 40:
        raise ValueError(f"the number `{shown(text)}` is out of all proportion")
    return found


def _object(pairs: list[tuple[str, Raw]]) -> dict[str, Raw]:
    """Of a name that stands twice every reader keeps another value: nothing may hang on which."""
    found: dict[str, Raw] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"`{shown(name)}` stands twice in one object")
        found[name] = value
    return found


def _constant(text: str) -> Decimal:
    raise ValueError(f"`{text}` is no number")


def _lower(message: str) -> str:
    return message[:1].lower() + message[1:]


class _Report:
    """Findings about values at JSON paths."""

    def __init__(self, file: str, findings: list[Finding]) -> None:
        self.place, self.findings = Place(file), findings

    def __call__(self, check: str, path: str, message: str, suggestion: str = "") -> None:
        at = f"`{path if len(path) <= 300 else shown(path)}` " if path else "the record "
        add(self.findings, Finding(check, f"{at}{message}", self.place, suggestion=suggestion))


def _record(data: Mapping[str, Raw], kind: str, catalog: Catalog, path: str, report: _Report) -> dict[str, Value]:
    fields = catalog.types[kind].fields if kind in catalog.types else {}
    found: dict[str, Value] = {}
    for key, value in data.items():
        at = f"{path}.{key}" if path else key
        _check_characters(key, at, report)
        field = fields.get(key)
        found[key] = _typed(value, field, catalog, at, report) if field else plain(value, at, report)
    return found


def plain(value: Raw, path: str, report: "Callable[..., None]", level: int = 0) -> Value:
    """A value that the catalog does not know, as JSON has it."""
    if level > MAX_LEVELS:
        report("too-deep", path, f"lies more than {MAX_LEVELS} levels deep")
        return None
    match value:
        case str():
            _check_characters(value, path, report)
            return value
        case None | bool() | Decimal():
            return value
        case int():
            return Decimal(value)
        case list() | tuple():
            return tuple(plain(each, f"{path}[{at}]", report, level + 1) for at, each in enumerate(value))
        case Mapping():
            for key in value:
                _check_characters(str(key), path, report)
            return {str(key): plain(each, f"{path}.{key}", report, level + 1) for key, each in value.items()}
        case float():
            report("type-mismatch", path, "is a binary fraction, which loses digits", "read the JSON exactly")
            return None
        case _:
            return value  # type: ignore[no-any-return]  # a typed value already: Money, date, datetime


def _check_characters(text: str, path: str, report: "Callable[..., None]") -> None:
    """JSON's escapes can write what no other system takes: half of a character, or the end of a text within it."""
    if not text.isprintable() and (found := _UNFIT.search(text)):
        where = path.encode("utf-8", "replace").decode().replace("\0", "?")
        report("control-character", where, f"holds the character U+{ord(found.group()):04X}", "delete it")


def _typed(value: Raw, field: Field, catalog: Catalog, path: str, report: _Report) -> Value:
    """The value as its field's type has it; an empty text stands for nothing in any type."""
    if value is None or value == "":
        return value  # type: ignore[no-any-return]  # None or ""
    if isinstance(value, str):
        _check_characters(value, path, report)
    if field.type is Type.RECORD and isinstance(value, Mapping):
        return _record(value, field.of, catalog, path, report)
    if field.type is Type.RECORDS and isinstance(value, list | tuple):
        return _records(value, field, catalog, path, report)
    if field.type is Type.CHOICES and isinstance(value, list | tuple):
        return tuple(_choice(each, field, f"{path}[{at}]", report) for at, each in enumerate(value))
    if field.type is Type.CHOICE:
        return _choice(value, field, path, report)
    if _is_typed(value, field.type):
        return value  # type: ignore[no-any-return]  # a date or a date and time
    found = _SCALARS[field.type](value) if field.type in _SCALARS else None
    if found is None:
        report("type-mismatch", path, f"is {KINDS[field.type]}, and here stands {_shown(value)}", _remedy(field, value))
    return found


def _is_typed(value: Raw, kind: Type) -> bool:
    """Whether a connector has made the value what it is already."""
    if isinstance(value, datetime):
        return kind is Type.DATETIME and value.tzinfo is not None
    if isinstance(value, time):
        return kind is Type.TIME and value.tzinfo is None
    return (isinstance(value, date) and kind is Type.DATE) or (
        isinstance(value, timedelta | Months) and kind is Type.DURATION
    )


def _records(items: list[Raw] | tuple[Raw, ...], field: Field, catalog: Catalog, path: str, report: _Report) -> Value:
    if len(items) > MAX_RECORDS:
        report("too-large", path, f"has {len(items)} records, and at most {MAX_RECORDS} are read")
        return None
    found: list[Value] = []
    for at, each in enumerate(items):
        here = f"{path}[{at}]"
        if isinstance(each, Mapping):
            found.append(_record(each, field.of, catalog, here, report))
        else:
            report("type-mismatch", here, f"is a record, and here stands {_shown(each)}")
    return tuple(found)


def _choice(value: Raw, field: Field, path: str, report: _Report) -> Value:
    codes = [choice.code for choice in field.choices]
    if isinstance(value, str) and (value in codes or not codes):
        return value
    if isinstance(value, str):
        report("unknown-choice", path, f"has no choice `{shown(value)}`", nearest(value, codes, "the choices are"))
    else:
        report("type-mismatch", path, f"is a choice, and here stands {_shown(value)}", "write its code as text")
    return None


def _text(value: Raw) -> Value:
    return value if isinstance(value, str) else None


def _figure(value: Raw) -> Decimal | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal | int):
        found = Decimal(value)
        return found if found.is_finite() else None
    return literals.number(value) if isinstance(value, str) else None


def _money(value: Raw) -> Money | None:
    if isinstance(value, Money):
        return value
    if isinstance(value, str):
        return literals.money(value)
    if isinstance(value, Mapping) and set(value) == {"amount", "currency"}:
        amount, currency = _figure(value["amount"]), value["currency"]
        return literals.money(f"{amount:f} {currency}") if amount is not None else None
    return None


def _by_text(parse: Callable[[str], Value]) -> Callable[[Raw], Value]:
    return lambda value: parse(value) if isinstance(value, str) else None


def _percent(value: Raw) -> Decimal | None:
    return literals.percent(value) if isinstance(value, str) else _figure(value)


_SCALARS: dict[Type, Callable[[Raw], Value]] = {
    Type.TEXT: _text,
    Type.RICH_TEXT: _text,
    Type.REFERENCE: _text,
    Type.NUMBER: _figure,
    Type.PERCENT: _percent,
    Type.MONEY: _money,
    Type.BOOLEAN: lambda value: value if isinstance(value, bool) else None,
    Type.DATE: _by_text(literals.day),
    Type.DATETIME: _by_text(literals.instant),
    Type.TIME: _by_text(literals.clock),
    Type.DURATION: _by_text(literals.span),
}

_REMEDIES = {
    Type.MONEY: 'write `{"amount": "12.00", "currency": "EUR"}` or `"12.00 EUR"`',
    Type.DATE: 'write `"2026-03-31"`',
    Type.DATETIME: 'write `"2026-03-31T09:00:00+02:00"`, with the offset',
    Type.TIME: 'write `"09:30"`',
    Type.DURATION: 'write `"14 days"`, `"6 months"` or `"PT1H30M"`',
    Type.BOOLEAN: "write `true` or `false`",
    Type.NUMBER: 'write a number, or its digits as text: `"12.50"`',
    Type.PERCENT: "write `20` for 20 %",
}


def _remedy(field: Field, value: Raw) -> str:
    if field.type in (Type.TEXT, Type.RICH_TEXT, Type.REFERENCE) and isinstance(value, int | Decimal):
        return f'write `"{value}"`'
    return _REMEDIES.get(field.type, "")


def _shown(value: Raw) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return f"`{str(value).lower()}`"
        case str():
            return f'the text `"{shown(value)}"`'
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
        case _:
            return f"`{shown(str(value))}`"
