"""Values and transforms as the tables and the documentation write them."""

import json
import re
from datetime import date, datetime
from decimal import Decimal

from ruamel.yaml import YAML

from rules_engine.model.mapping import Transform
from rules_engine.model.transforms import TRANSFORMS
from rules_engine.model.values import Money, Value

# Money and dates between the items of a list, outside of any text.
_IN_A_LIST = re.compile(r"(-?[0-9.]+ [A-Z]{3}|\d{4}-\d{2}-\d{2})(?=[,\]])(?=[^\"]*(?:\"[^\"]*\"[^\"]*)*$)")


def value_of(written: str) -> Value:
    """JSON, with numbers as decimals; besides `15.42 EUR`, `2026-03-31`, `2026-03-31T14:30:00Z` and `nothing`."""
    if written == "nothing":
        return None
    if money := re.fullmatch(r"(-?[0-9.]+) ([A-Z]{3})", written):
        return Money(Decimal(money[1]), money[2])
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
        return date.fromisoformat(written)
    if re.match(r"\d{4}-\d{2}-\d{2}T", written):
        return datetime.fromisoformat(written)
    return frozen(json.loads(_IN_A_LIST.sub(r'{"$": "\1"}', written), parse_int=Decimal, parse_float=Decimal))


def frozen(value: object) -> Value:
    match value:
        case list():
            return tuple(frozen(item) for item in value)
        case {"$": str(inner)}:
            return value_of(inner)
        case dict():
            return {str(name): frozen(inner) for name, inner in value.items()}
        case bool() | str() | Decimal() | None:
            return value
        case int() | float():
            return Decimal(str(value))
    raise TypeError(value)


def transform_of(name: str, arguments: str) -> Transform:
    """Arguments in YAML; without their names they are the main one."""
    if arguments == "":
        return Transform(name)
    given = frozen(YAML(typ="safe").load(arguments))
    spec = TRANSFORMS[name]
    if isinstance(given, dict) and (not spec.main or any(key in spec.arguments for key in given)):
        return Transform(name, given)
    return Transform(name, {spec.main: given})


def written_transform(text: str) -> Transform:
    """`trim`, or `{truncate: 5}` as a mapping has it."""
    loaded = YAML(typ="safe").load(text)
    if isinstance(loaded, str):
        return Transform(loaded)
    ((name, _),) = loaded.items()
    return transform_of(name, text.partition(":")[2].strip().removesuffix("}").strip())
