"""JSON Schemas of rulesets, mappings and cases, so that editors complete and check them.

They are made from the catalog and the tables of operators and transforms, and so never lag behind. A schema
cannot say all that the readers check (such as the nearest field); what it refuses, they refuse too.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any as Json

from rules_engine.formats.format_versions import current
from rules_engine.formats.ruleset_text import NO_CONDITIONS
from rules_engine.model.catalog import Catalog, Type
from rules_engine.model.operators import OPERATORS, Operator, Takes
from rules_engine.model.ruleset import (
    TODAY,
    Amount,
    ChangeKind,
    Function,
    HitPolicy,
    Late,
    Mode,
    Price,
    Quantifier,
    Quantities,
    Revision,
    Rounding,
    Step,
    Verdict,
)
from rules_engine.model.transforms import TRANSFORMS, TransformSpec

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAME = {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"}
_TEXT = {"type": "string", "minLength": 1}
_TRUE = {"const": True}
_NUMBER = "[-+]?(\\d+(\\.\\d+)?|\\.\\d+)"
_DURATION = {"type": "string", "pattern": "^[-+]?\\d{1,6} (hour|day|week|month|year)s?$"}
_DAY = {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"}
_CURRENCY = {"type": "string", "pattern": "^[A-Z]{3}$"}
_INSTANT = {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}.*(Z|[-+]\\d{2}:?\\d{2})$"}
_CLOCK = {"type": "string", "pattern": "^\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,6})?)?$"}
_SPAN = {"type": "string", "pattern": "^-?(\\d{1,9} (second|minute|hour|day|week|month|year)s?|P[0-9YMDTHS.]+)$"}
_RELATIVE = {"type": "string", "pattern": "^(today|now)( ?[-+] ?\\d{1,6} (hour|day|week|month|year)s?)?$"}
_PERIOD = {"type": "string", "pattern": "^(this|last|next) (week|month|quarter|year|fiscal quarter|fiscal year)$"}
_PERCENT = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": f"^{_NUMBER} ?%?$"}]}
_MONEY = {
    "anyOf": [
        {"type": "string", "pattern": f"^{_NUMBER} [A-Z]{{3}}$"},
        {
            "type": "object",
            "properties": {"amount": {"type": ["number", "string"]}, "currency": {"pattern": "^[A-Z]{3}$"}},
            "required": ["amount", "currency"],
            "additionalProperties": False,
        },
    ]
}
_AMOUNTS = (Type.NUMBER, Type.MONEY, Type.PERCENT)
_DAYS = (Type.DATE, Type.DATETIME)
_TEXTS = (Type.TEXT, Type.RICH_TEXT)
_EXTREMES = (*_DAYS, Type.TIME, Type.DURATION)
_VALUES: dict[Type, Json] = {
    Type.NUMBER: {"type": "number"},
    Type.PERCENT: _PERCENT,
    Type.MONEY: _MONEY,
    Type.BOOLEAN: {"type": "boolean"},
    Type.DATE: _DAY,
    Type.DATETIME: {"anyOf": [_INSTANT, _DAY]},
    Type.TIME: _CLOCK,
    Type.DURATION: _SPAN,
    Type.CHOICE: {"type": ["string", "number", "boolean"]},
    Type.CHOICES: {"type": ["string", "number", "boolean"]},
}


def ruleset_schema(catalog: Catalog) -> dict[str, Json]:
    """The schema of a ruleset over this catalog."""
    rule = _object(
        {
            "id": _NAME,
            "title": _TEXT,
            "mode": _words(Mode),
            "effective_from": _DAY,
            "effective_until": _DAY,
            "when": {"$ref": "#/$defs/case", "description": NO_CONDITIONS},
            "then": {"$ref": "#/$defs/outcome"},
        },
        "id", "when", "then",
    )  # fmt: skip
    properties = {
        "format": {"const": current()},
        "ruleset": _NAME,
        "title": _TEXT,
        "description": _TEXT,
        "step": _words(Step),
        "hit_policy": _words(HitPolicy),
        "policies": _policies(catalog),
        "otherwise": {"$ref": "#/$defs/outcome"},
        "rules": {"type": "array", "items": rule, "minItems": 1},
    }
    definitions = {name: _condition(catalog, name) for name in ("case", *_listed_types(catalog))}
    return _document("Ruleset", _object(properties, "format", "ruleset", "step", "rules"),
                     {**definitions, "outcome": _outcome()})  # fmt: skip


def mapping_schema(catalog: Catalog) -> dict[str, Json]:
    """The schema of a mapping between document types of this catalog."""
    types = {"enum": list(catalog.types)}
    properties = {
        "format": {"const": current()},
        "mapping": _TEXT,
        "from": types,
        "to": types,
        "fields": {"$ref": "#/$defs/fields"},
        "lines": {
            "type": "object",
            "additionalProperties": _object({"from": _TEXT, "fields": {"$ref": "#/$defs/fields"}}, "from", "fields"),
        },
        "drop": {"type": "object", "additionalProperties": _TEXT},
        "carry_over": _TEXT,
    }
    table = {**_object(properties, "format", "mapping", "from", "to"),
             "allOf": [_targets(catalog, name) for name in catalog.types]}  # fmt: skip
    field = {"anyOf": [_TEXT, _field_mapping()]}
    return _document("Mapping", table, {"fields": {"type": "object", "additionalProperties": field}})


def cases_schema(catalog: Catalog) -> dict[str, Json]:
    """The schema of a ruleset's cases."""
    events = {"enum": list(catalog.events)} if catalog.events else _TEXT
    event = _object({"type": events, "at": _INSTANT, "id": _TEXT, "data": {"type": "object"}}, "type", "at")
    expect = _object(
        {"verdict": _words(Verdict), "rule": _NAME, "reason": _TEXT, "fields": {"type": "object"}}, "verdict"
    )
    happens = {"type": "array", "items": event}
    step = _object({"step": _TEXT, "with": {"type": "object"}, "events": happens, "now": _INSTANT, "expect": expect},
                   "now", "expect")  # fmt: skip
    rate = _object({"base": _CURRENCY, "quote": _CURRENCY, "rate": {"type": "number"}, "on": _DAY},
                   "base", "quote", "rate", "on")  # fmt: skip
    case = _object(
        {
            "case": _TEXT,
            "record": _TEXT,
            "also": {"type": "array", "items": _TEXT},
            "facts": {"type": "object", "propertyNames": {"enum": list(catalog.types["case"].fields)}},
            "with": {"type": "object"},
            "previous": {"anyOf": [{"type": "object"}, _TEXT]},
            "events": happens,
            "now": _INSTANT,
            "zone": _TEXT,
            "rates": {"type": "array", "items": rate},
            "rates_on": _DAY,
            "fiscal_start": {"type": "integer", "minimum": 1, "maximum": 12},
            "steps": {"type": "array", "items": step, "minItems": 1},
            "expect": expect,
        },
        "case",
    )  # fmt: skip
    source = {"oneOf": [{"required": ["record"]}, {"required": ["facts"]}]}
    moments = {"oneOf": [{"required": ["now", "expect"]}, {"required": ["steps"]}]}
    alone = {"dependentSchemas": {"steps": {"not": {"anyOf": [{"required": ["now"]}, {"required": ["expect"]}]}}}}
    either = {"allOf": [source, moments, alone]}
    properties = {
        "format": {"const": current()},
        "ruleset": _NAME,
        "cases": {"type": "array", "items": {**case, **either}},
    }
    return _document("Cases", _object(properties, "format", "cases"), {})


# --- parts -----------------------------------------------------------------------------------------------------


def _document(title: str, schema: dict[str, Json], definitions: dict[str, Json]) -> dict[str, Json]:
    return {"$schema": DIALECT, "title": title, **schema, "$defs": definitions}


def _object(properties: dict[str, Json], *required: str) -> dict[str, Json]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _policies(catalog: Catalog) -> dict[str, Json]:
    dates = [path for path, field in catalog.paths("case") if field.type is Type.DATE]
    properties = {
        "expiry": _words(Late),
        "siblings": _words(Late),
        "rates": {"enum": [TODAY, *dates]},
        "rounding": _words(Rounding),
        "tolerance": {"type": "number", "minimum": 0},
        "price": _words(Price),
        "quantities": _words(Quantities),
        "amount": _words(Amount),
        "revision": _words(Revision),
    }
    return {**_object(properties), "minProperties": 1}


def _words(words: type[StrEnum]) -> dict[str, Json]:
    return {"enum": [each.value for each in words]}


def _outcome() -> dict[str, Json]:
    verdicts = [each.value for each in Verdict]
    said = {
        "type": "object",
        "properties": {word: _TEXT for word in verdicts},
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
    }
    return {"anyOf": [{"enum": verdicts}, said]}


def _targets(catalog: Catalog, name: str) -> dict[str, Json]:
    """For one target type: only its fields may be filled."""
    paths = [path for path, _ in catalog.paths(name, depth=3)]
    free = [path for path, field in catalog.paths(name, depth=3) if field.of == "other"]
    names: list[Json] = [{"enum": paths}, *({"pattern": f"^{path}\\."} for path in free)]
    then = {"fields": {"propertyNames": {"anyOf": names}}} if paths else {}
    return {"if": {"properties": {"to": {"const": name}}}, "then": {"properties": then}}


def _field_mapping() -> dict[str, Json]:
    properties: dict[str, Json] = {
        "from": {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]},
        "value": True,
        "through": {"type": "array", "items": {"anyOf": _transforms()}},
        "otherwise": True,
        "required": {"type": "boolean"},
    }
    return {**_object(properties), "oneOf": [{"required": ["from"]}, {"required": ["value"]}]}


def _transforms() -> list[Json]:
    bare = [name for name, each in TRANSFORMS.items() if not any(each.arguments.values())]
    given = [_object({name: _arguments(each)}, name) for name, each in TRANSFORMS.items() if each.arguments]
    return [{"enum": bare}, *given]


def _arguments(spec: TransformSpec) -> dict[str, Json]:
    named = _object(dict.fromkeys(spec.arguments, True), *(name for name, must in spec.arguments.items() if must))
    if not spec.main:
        return named
    # `{map: {Won: closed_won}}`: a mapping of any keys may itself be the main argument.
    return {"anyOf": [named, {"type": ["string", "number"]}, *([{"type": "object"}] if spec.name == "map" else [])]}


# --- conditions ------------------------------------------------------------------------------------------------


def _listed_types(catalog: Catalog) -> list[str]:
    """Document types whose records stand in lists somewhere below the case."""
    found = [field.of for _, field in catalog.paths("case", into_lists=True) if field.type is Type.RECORDS]
    return list(dict.fromkeys(found))


def _condition(catalog: Catalog, root: str) -> dict[str, Json]:
    here = {"$ref": f"#/$defs/{root}"}
    group = {"type": "array", "items": here, "minItems": 1}
    found = [_object({word: group}, word) for word in ("all", "any", "none")]
    found += _comparisons(catalog, root)
    for path, field in catalog.paths(root):
        if field.type is Type.RECORDS:
            found += _list_conditions(catalog, path, field.of)
    if root == "case":
        found += _happenings(catalog)
    return {"anyOf": found}


def _comparisons(catalog: Catalog, root: str) -> list[dict[str, Json]]:
    by_type: dict[Type, list[str]] = {}
    for path, field in catalog.paths(root):
        by_type.setdefault(field.type, []).append(path)
    found: list[dict[str, Json]] = []
    for kind, paths in by_type.items():
        operators = {name: _operand(each, kind) for name, each in OPERATORS.items() if kind in each.types}
        changes = {each.value: _TRUE if each is ChangeKind.CHANGED else _VALUES.get(kind, _TEXT) for each in ChangeKind}
        flags = ("also_when_empty", *(("ignore_case",) if kind in _TEXTS else ()))
        keys = {"field": {"enum": paths}, **dict.fromkeys(flags, {"type": "boolean"}), **operators}
        extra = changes if root == "case" else {}
        one = {"oneOf": [{"required": [name]} for name in (*operators, *extra)]}
        found.append({**_object({**keys, **extra}, "field"), **one})
        if kind in _TEXTS:
            found.append(_of_amounts({"length": {"enum": paths}}, Type.NUMBER))
    return found


def _operand(operator: Operator, kind: Type) -> Json:
    value = _VALUES.get(kind, _TEXT)
    match operator.takes:
        case Takes.NOTHING:
            return _TRUE
        case Takes.LIST:
            return {"type": "array", "items": value, "minItems": 1}
        case Takes.PAIR:
            return {"type": "array", "items": value, "minItems": 2, "maxItems": 2}
        case Takes.DURATION:
            return _DURATION
        case Takes.PERIOD:
            return _PERIOD
        case Takes.PATTERN:
            return _TEXT
        case Takes.NEAR:
            return _object({"percent": _PERCENT, "of": _TEXT}, "percent", "of")
        case Takes.VALUE:
            return {"anyOf": [value, *([_RELATIVE] if kind in _DAYS else []), _other_field(kind)]}


def _other_field(kind: Type) -> dict[str, Json]:
    properties: dict[str, Json] = {"field": _TEXT}
    if kind in _DAYS:
        properties["plus"] = _DURATION
    if kind in _AMOUNTS:
        properties["percent"] = _PERCENT
    return _object(properties, "field")


def _list_conditions(catalog: Catalog, path: str, of: str) -> list[dict[str, Json]]:
    where = {"$ref": f"#/$defs/{of}"}
    found = [
        _object({each.value: {"const": path}, "where": where,
                 **({"also_when_empty": {"type": "boolean"}} if each is Quantifier.EVERY else {})},
                each.value, *(("where",) if each is Quantifier.EVERY else ()))
        for each in Quantifier
    ]  # fmt: skip
    found.append(_figure([Function.COUNT], [path], Type.NUMBER, where))
    by_type: dict[Type, list[str]] = {}
    for rest, field in catalog.paths(of):
        if field.type in (*_AMOUNTS, *_EXTREMES):
            by_type.setdefault(field.type, []).append(f"{path}.{rest}")
    for kind, paths in by_type.items():
        functions = (Function.MIN, Function.MAX) if kind in _EXTREMES else tuple(Function)[1:]
        found.append(_figure(functions, paths, kind, where))
    return found


def _figure(functions: Sequence[Function], paths: list[str], kind: Type, where: Json) -> dict[str, Json]:
    """One of the functions over one of the paths, compared."""
    named: dict[str, Json] = {each.value: {"enum": paths} for each in functions}
    found = _of_amounts({**named, "where": where}, kind)
    one = {"oneOf": [{"required": [name]} for name in named]}
    return {**found, "required": [], "allOf": [one]} if len(named) > 1 else found


def _of_amounts(keys: dict[str, Json], kind: Type) -> dict[str, Json]:
    """A figure (its first key) compared: what has no value is no figure."""
    operators = {
        name: _operand(each, kind)
        for name, each in OPERATORS.items()
        if kind in each.types and each.takes is not Takes.NOTHING
    }
    one = {"oneOf": [{"required": [name]} for name in operators]}
    return {**_object({**keys, **operators}, next(iter(keys))), **one}


def _happenings(catalog: Catalog) -> list[dict[str, Json]]:
    event = {"enum": list(catalog.events)}
    happened = {
        "happened": {"anyOf": [event, {"type": "array", "items": event, "minItems": 1, "uniqueItems": True}]},
        "in_order": {"type": "boolean"},
        "within": _DURATION,
        "at_least": {"type": "integer", "minimum": 1, "maximum": 1000},
    }
    silence = {"not_happened": event, "since": event, "for": _DURATION}
    return [_object(happened, "happened"), _object(silence, *silence)]
