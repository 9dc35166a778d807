"""What can be known of each field by itself: its words, concepts, kind, values and the reasons to leave it empty."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rules_engine.conversion.suggest.kinds import declared_kind, look, plain, shown_kind
from rules_engine.conversion.suggest.schema import Schema, SchemaField
from rules_engine.conversion.suggest.words import canonical_words, split, thesaurus

# A word of the record's own name says little inside that record: `deal_owner` of a deal is its owner.
_OWN_OBJECT: Final = 0.3
_SYSTEM_WORD: Final = 0.15
_WEAK: Final = {
    "identifier": 0.35, "number": 0.5, "code": 0.4, "value": 0.4, "date": 0.6, "name": 0.6, "default": 0.4, "type": 0.8,
    "display": 0.4, "primary": 0.6, "main": 0.6, "current": 0.5, "amount": 0.7, "total": 0.8, "base": 0.7, "order": 0.7,
    "customer": 0.8,
}  # fmt: skip
_HEARD: Final = 0.45  # below it, a concept is not what a field is about
_PLACE: Final = frozenset({"street", "city", "postal", "region", "country", "phone", "email", "fax", "mobile"})
_NUMBERS: Final = frozenset(
    {"number", "identifier", "code", "key", "increment", "document", "external", "docnum", "reference", "display"}
)
# Reasons that hold only where nothing else is said: `date`, not `delivery date`.
_ALL_OF_IT: Final = frozenset({"own key", "own date", "own type", "status"})


@dataclass(frozen=True)
class Profile:
    """One field as the matcher sees it; weights, scores and shares are between 0 and 1."""

    field: SchemaField
    name: str  # letters and digits only
    spelled: str  # the same without names of systems
    label: str
    name_words: Mapping[str, float]
    label_words: Mapping[str, float]
    concepts: Mapping[str, float]
    dimensions: Mapping[str, str]
    kind: str
    points_to: frozenset[str]
    looks: Mapping[str, float]
    values: frozenset[str]
    picklist: frozenset[str]
    of_system: bool  # names the other schema's system
    of_object: bool  # names the other schema's record
    own: frozenset[str]  # "number", "name": what it is of its own record
    never: frozenset[str]
    filled: float

    @property
    def words(self) -> frozenset[str]:
        return frozenset(self.name_words) | frozenset(self.label_words)


@dataclass(frozen=True)
class _Around:
    """What the words of a field are read against: names of both systems and both records."""

    own_object: frozenset[str]
    other_object: frozenset[str]
    other_system: frozenset[str]
    systems: frozenset[str]
    vocabulary: frozenset[str]
    address: bool
    person: bool
    product: bool
    idle: frozenset[str]  # qualifiers that the other side never makes: a billing address where there is one address


def profiles(schema: Schema, other: Schema) -> tuple[Profile, ...]:
    around = _around(schema, other)
    return tuple(_profile(each, schema, around) for each in schema.fields)


def plain_name(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def system_words(schema: Schema) -> frozenset[str]:
    return frozenset(split(schema.system)) - thesaurus().systems


def _around(schema: Schema, other: Schema) -> _Around:
    labels = frozenset(
        word for side in (schema, other) for each in side.fields for word in split(each.label) if len(word) > 3
    )
    own, foreign = _object_words(schema), _object_words(other)
    mine, theirs = system_words(schema), system_words(other)
    names = frozenset(split(schema.object))
    return _Around(
        own_object=own,
        other_object=foreign,
        other_system=theirs - mine,
        systems=mine | theirs,
        vocabulary=frozenset(word for word in labels if word.isalpha() and len(word) < 13),
        address="address" in names,
        person=bool(names & {"partner", "contact", "lead", "person", "customer", "address", "prospect"}),
        product=bool(own & {"product"}),
        idle=frozenset() if _has_roles(other) else frozenset({"billing"}),
    )


def _has_roles(schema: Schema) -> bool:
    """Whether the fields tell a billing from a delivery address."""
    words = [frozenset(canonical_words(text)) for each in schema.fields for text in (each.name, each.label)]
    return any(each & {"billing", "shipping"} and each & {"address", "city", "street", "postal"} for each in words)


def _object_words(schema: Schema) -> frozenset[str]:
    words = canonical_words(re.sub(r"\(.*?\)", "", schema.object))
    return frozenset(words) - thesaurus().records


def _profile(field: SchemaField, schema: Schema, around: _Around) -> Profile:
    name, label = (canonical_words(text, around.vocabulary) for text in (_path(field.name), field.label))
    values = [value for record in schema.samples if (value := plain(_value_at(record, field.name))) is not None]
    looks = [look(value) for value in values]
    declared = declared_kind(field.type, field.reference, bool(field.picklist))
    kind = shown_kind(declared, looks)
    of_system = bool(around.other_system & {*name, *label})
    name_words, label_words = _weighed(name, around), _weighed(label, around)
    concepts = _concepts((name, label), around, kind)
    flat = frozenset(name) | frozenset(label)
    return Profile(
        field=field,
        name=plain_name(field.name),
        spelled="".join(word for word in split(field.name) if word not in around.systems),
        label=plain_name(field.label),
        name_words=name_words,
        label_words=label_words,
        concepts=concepts,
        dimensions=_dimensions(flat - around.idle),
        kind=kind,
        points_to=frozenset(canonical_words(field.reference)) - thesaurus().records - {"cdm", "base"},
        looks={each: looks.count(each) / len(looks) for each in looks},
        values=frozenset(text for value in values if (text := _telling(value))),
        picklist=frozenset(plain_name(text) for choice in field.picklist for text in choice) - {""},
        of_system=of_system,
        of_object=bool(around.other_object)
        and around.other_object <= flat
        and around.other_object != around.own_object,
        own=_own((name, label), around, declared),
        never=_never((name, label), kind, around, of_system),
        filled=len(values) / len(schema.samples) if schema.samples else 1.0,
    )


def _value_at(record: object, name: str) -> object:
    """The value below the name as it stands, or else at the dotted path that it is; of a list the first."""
    if isinstance(record, Mapping) and name in record:
        return record[name]
    here = record
    for part in _path(name).split("."):
        here = here[0] if isinstance(here, list) and here else here
        here = here.get(part) if isinstance(here, Mapping) else None
    return here


def _path(name: str) -> str:
    """The whole path; indices and brackets of lists are no words."""
    return re.sub(r"\[[^\]]*\]", "", name)


def _weighed(words: tuple[str, ...], around: _Around) -> dict[str, float]:
    own = around.own_object if around.own_object and around.own_object <= frozenset(words) else frozenset()
    ignored = thesaurus().ignored
    found = {}
    for word in words:
        if word in ignored:
            continue
        weight = _WEAK.get(word, 1.0)
        if word in around.systems or (word in around.idle and len(words) > 1):
            weight = _SYSTEM_WORD
        elif word in own and not own >= frozenset(words):
            weight = min(weight, _OWN_OBJECT)
        found[word] = weight
    return found


def _bare(words: tuple[str, ...], around: _Around) -> frozenset[str]:
    """Without the names of systems and, where all of it is there, of the own record."""
    known = frozenset(words) - thesaurus().ignored - around.systems
    known = (known - around.idle - {"address"}) or known if known & around.idle else known
    own = around.own_object
    return known - own if own and own <= known else known


def _own(texts: tuple[tuple[str, ...], ...], around: _Around, kind: str) -> frozenset[str]:
    """Whether the field is the number or the name of its own record."""
    found = set()
    for words in texts:
        bare = _bare(words, around) - thesaurus().records
        if words and bare <= _NUMBERS and (bare or not frozenset(words) <= around.systems):
            found.add("number")
        if bare and bare <= {"name", "title", "subject", "topic", "full"}:
            found.add("number" if kind == "identifier" else "name")
        if bare == {"identifier"} or (kind == "identifier" and found):
            found.add("key")
    return frozenset(found)


def _concepts(texts: tuple[tuple[str, ...], ...], around: _Around, kind: str) -> dict[str, float]:
    """How well each concept says what the field is: 1 for just its words, less for words beside them."""
    known = thesaurus()
    found: dict[str, float] = {}
    for text in texts:
        full = frozenset(text) - known.ignored - around.systems
        bare = _bare(text, around)
        for word in sorted(full):
            for concept, pattern, condition in known.concepts.get(word, ()):
                score = _said(pattern, condition, bare, full, around, kind)
                if score > found.get(concept, _HEARD):
                    found[concept] = score
    return found


def _said(
    pattern: frozenset[str], condition: str, bare: frozenset[str], full: frozenset[str], around: _Around, kind: str
) -> float:
    if condition and not _holds(condition, around, kind):
        return 0.0
    best = 0.0
    for words in (bare, full):
        if not words or not pattern <= words:
            continue
        rest = sum(_beside(word, pattern) for word in words - pattern)
        if not rest:
            return 1.0
        core = sum(_WEAK.get(word, 1.0) for word in pattern)
        best = max(best, 0.9 * core / (core + rest))
    return best


def _beside(word: str, pattern: frozenset[str]) -> float:
    """How much a word takes from a concept beside which it stands; whose address it is hardly matters to a city."""
    return 0.25 if word in {"billing", "shipping"} and pattern & _PLACE else _WEAK.get(word, 1.0)


def _holds(condition: str, around: _Around, kind: str) -> bool:
    match condition:
        case "address":
            return around.address or around.person
        case "person":
            return around.person
        case "product":
            return around.product
        case "text":
            return kind in {"text", "long text", "unknown"}
        case "choices":
            return kind in {"list", "choice"}
        case "number":
            return kind in {"number", "integer", "unknown"}
        case _:
            return kind == condition


def _dimensions(words: frozenset[str]) -> dict[str, str]:
    """The first value of each dimension that the words name."""
    found = {}
    for dimension, values in thesaurus().dimensions.items():
        for value, patterns in values:
            if any(pattern <= words for pattern in patterns):
                found[dimension] = value
                break
    return found


def _never(texts: tuple[tuple[str, ...], ...], kind: str, around: _Around, of_system: bool) -> frozenset[str]:
    """The reasons that the words give to leave a target empty; a reason must make up a good part of a text."""
    known = thesaurus()
    found = set()
    for words in texts:
        bare = _bare(words, around)
        if not bare:
            continue
        if words and words[0] in known.flags or kind == "boolean":
            found.add("flag")
        for reason, patterns in known.never.items():
            if any(_gives(reason, pattern, bare) for pattern in patterns):
                found.add(reason)
    return frozenset(found - {"own key", "status", "audit"} if of_system else found)


def _gives(reason: str, pattern: frozenset[str], bare: frozenset[str]) -> bool:
    if reason in _ALL_OF_IT:
        return pattern == bare
    return pattern <= bare and 3 * len(pattern) >= len(bare)


def _telling(value: object) -> str:
    """A value as text, where two fields that share it may be about the same; no flags and no small numbers."""
    text = str(value).strip().casefold()
    if isinstance(value, bool) or len(text) < 2 or re.fullmatch(r"[+-]?\d{1,3}([.,]0*)?", text):
        return ""
    return re.sub(r"(\.\d*?)0+$", r"\1", text).rstrip(".") if re.fullmatch(r"\d+\.\d+", text) else text
