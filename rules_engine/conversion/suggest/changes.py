"""What must become of a value on its way: the transforms of a mapping, as its `through` has them."""

from collections.abc import Sequence
from typing import Any

from rapidfuzz import fuzz

from rules_engine.conversion.suggest.profile import Profile, plain_name
from rules_engine.conversion.suggest.schema import SchemaField
from rules_engine.conversion.suggest.words import canonical_words, thesaurus

Through = list[Any]  # a name, or {name: arguments}, in the order in which they apply


def through(sources: Sequence[Profile], target: Profile, same_system: bool) -> Through:
    """The transforms from these sources to the target; an empty list where the value goes as it is."""
    if len(sources) > 1:
        return _of_several(sources, target)
    source = sources[0]
    if source.field.type == "money" and target.kind in {"number", "integer", "percent"}:
        return ["amount"]
    if source.field.type == "money" and target.concepts.get("currency", 0.0) >= 0.9:
        return ["currency"]
    if source.field.picklist and target.field.picklist:
        values = value_map(source.field, target.field)
        as_it_is = all(code == to for code, to in values.items()) and len(values) == len(source.field.picklist)
        return [] if as_it_is or not values else [{"map": {"values": values, "other": "stop"}}]
    if target.kind == "reference" and not same_system:
        return [{"look_up": {"in": target.field.reference or plain_name(target.field.label), "by": _by(source)}}]
    return _of_kinds(source, target)


def _of_several(sources: Sequence[Profile], target: Profile) -> Through:
    if target.field.type == "money":
        return ["money"]
    lines = any(each.concepts.get("city", 0.0) >= 0.6 for each in sources)
    return [{"join": {"with": "\n" if lines else " "}}]


def _by(source: Profile) -> str:
    """What to look a record up by: what the source holds of it."""
    if source.concepts.get("email", 0.0) >= 0.6 or "e-mail address" in source.looks:
        return "email"
    if max(source.concepts.get("currency", 0.0), source.concepts.get("country", 0.0)) >= 0.6:
        return "code"
    if source.kind in {"reference", "identifier", "integer"} or "identifier" in source.words:
        return "id"
    if {"code", "number"} & source.words or {"three-letter code", "two-letter code", "code"} & source.looks.keys():
        return "code"
    return "name"


def _of_kinds(source: Profile, target: Profile) -> Through:
    is_html = source.field.type.lower() in {"html", "text editor", "rich text", "rich_text"}
    takes_html = target.field.type.lower() in {"html", "text editor", "rich text", "rich_text"}
    if is_html and not takes_html and target.kind in {"text", "long text"}:
        return ["html_to_text"]
    match source.kind, target.kind:
        case "datetime" | "text", "date":
            return ["date"]
        case "text", "datetime":
            return ["datetime"]
        case _, "datetime" if source.kind == "datetime" and source.field.type.lower() in {"string", "text", "char"}:
            return ["datetime"]
        case "number" | "integer" | "date" | "datetime" | "boolean" | "percent", "text" | "long text":
            return ["text"]
        case "number", "number" | "money" | "percent" | "integer" if _is_text(source):
            return ["number"]
        case "text", "number" | "money" | "percent" | "integer":
            return ["number"]
    return []


def _is_text(source: Profile) -> bool:
    return source.field.type.lower() in {"string", "text", "char", "data"}


def value_map(source: SchemaField, target: SchemaField) -> dict[str, str]:
    """The target's code for each of the source's codes that means the same; what has no equal is left out."""
    found = {}
    for code, label in source.picklist:
        best, to = max(((_alike((code, label), choice), choice[0]) for choice in target.picklist), default=(0.0, ""))
        if best >= 0.8:
            found[code] = to
    return found


def _alike(one: tuple[str, str], other: tuple[str, str]) -> float:
    if {plain_name(text) for text in one} & {plain_name(text) for text in other}:
        return 1.0
    mine, theirs = set(canonical_words(one[1])), set(canonical_words(other[1]))
    near = max((thesaurus().near.get((a, b), 0.0) for a in mine for b in theirs), default=0.0)
    shared = 2 * len(mine & theirs) / max(1, len(mine) + len(theirs))
    spelled = fuzz.ratio(plain_name(one[1]), plain_name(other[1])) / 105
    return max(shared, near if len(mine) == len(theirs) == 1 else 0.0, spelled)
