"""Other engines on the same rules: generated Python, which is the measure, and zen-engine where it is installed."""

from collections.abc import Callable, Mapping
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from json import dumps
from typing import Any as Json

Decide = Callable[[Mapping[str, Json]], list[str]]

_PYTHON = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "in": "in", "not_in": "not in"}


def generated_python(ruleset: Mapping[str, Json]) -> Decide:
    """One function of all rules on plain values: no types, no empty values, no explanation."""
    names: dict[str, Json] = {}
    lines = ["def decide(d):", " found = []"]
    for each in ruleset["rules"]:
        lines.append(f" if {_python(each['when'], 'd', names)}: found.append({each['id']!r})")
    exec("\n".join([*lines, " return found"]), names)  # noqa: S102 - our own workload
    return names["decide"]  # type: ignore[no-any-return]  # defined by the first line


def _python(when: Mapping[str, Json], here: str, names: dict[str, Json]) -> str:
    match when:
        case {"all": inner}:
            return f"({' and '.join(_python(each, here, names) for each in inner)})"
        case {"any": inner}:
            return f"({' or '.join(_python(each, here, names) for each in inner)})"
        case {"items": path, "where": where}:
            return f"any([1 for i in {here}[{path!r}] if {_python(where, 'i', names)}])"
        case {"op": "between", "field": field, "value": [low, high]}:
            return f"{low!r} <= {here}[{field!r}] <= {high!r}"
        case {"op": "contains", "field": field, "value": value}:
            return f"{value!r} in {here}[{field!r}]"
        case {"op": "starts_with", "field": field, "value": value}:
            return f"{here}[{field!r}].startswith({value!r})"
        case {"op": operator, "field": field, "value": value}:
            name = f"k{len(names)}"
            names[name] = frozenset(value) if isinstance(value, list) else value
            return f"{here}[{field!r}] {_PYTHON[operator]} {name}"
        case _:
            raise ValueError(when)


def zen(ruleset: Mapping[str, Json]) -> Decide | None:
    """All rules as one array expression, its fastest form; None where the package is not installed.

    It has no order of texts, so dates are compared by the day's number, which must stand in `<field>_day`.
    """
    if find_spec("zen") is None:
        return None
    ids = [each["id"] for each in ruleset["rules"]]
    source = f"[{', '.join(_zen(each['when'], '') for each in ruleset['rules'])}]"
    compiled = import_module("zen").compile_expression(source)
    return lambda document: [name for name, true in zip(ids, compiled.evaluate(document), strict=True) if true]


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def _zen(when: Mapping[str, Json], here: str) -> str:
    match when:
        case {"all": inner}:
            return f"({' and '.join(_zen(each, here) for each in inner)})"
        case {"any": inner}:
            return f"({' or '.join(_zen(each, here) for each in inner)})"
        case {"items": path, "where": where}:
            return f"some({path}, {_zen(where, '#.')})"
        case {"type": "date", "field": field, "op": operator, "value": value}:
            days = [day(each) for each in value] if isinstance(value, list) else day(value)
            return _zen({"field": f"{field}_day", "op": operator, "type": "number", "value": days}, here)
        case {"op": "between", "field": field, "value": [low, high]}:
            return f"{here}{field} in [{dumps(low)}..{dumps(high)}]"
        case {"op": "contains", "field": field, "value": value}:
            return f"contains({here}{field}, {dumps(value)})"
        case {"op": "starts_with", "field": field, "value": value}:
            return f"startsWith({here}{field}, {dumps(value)})"
        case {"op": operator, "field": field, "value": value}:
            return f"{here}{field} {_PYTHON[operator]} {dumps(value)}"
        case _:
            raise ValueError(when)
