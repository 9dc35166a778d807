"""What sort of value a field holds: by its declared type, and by how its sample values look."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

KINDS: Final = (
    "text", "long text", "number", "integer", "money", "percent", "boolean", "date", "datetime",
    "choice", "reference", "identifier", "binary", "list", "unknown",
)  # fmt: skip

# The first that matches the declared type, in small letters, names the kind.
_DECLARED: Final = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in (
        (r"^(text editor|html|memo|small text|long ?text|rich[ _]?text|text ?area|text|markdown)$", "long text"),
        (r"^(date[ -]?time|timestamp|date and time|datetime.*)$", "datetime"),
        (r"^date$", "date"),
        (r"^(bool|boolean|check|checkbox|yes/?no|flag)$", "boolean"),
        (r"(\[\]|^array|many2many|one2many|multi|^table|^list|^records|^choices)", "list"),
        (r"^(attach|attach image|image|file|blob|binary|mediaset|media|code|json|object|geolocation)$", "binary"),
        (r"^(link|many2one|lookup|reference|owner|customer|dynamic link|foreign ?key|record|relation)", "reference"),
        (r"^(uniqueidentifier|guid|uuid|id)$", "identifier"),
        (r"^(select|picklist|selection|enum|option|choice|state|status|dropdown|entityname|radio)", "choice"),
        (r"^(currency|money|monetary|amount)", "money"),
        (r"^percent", "percent"),
        (r"^(int|integer|long|bigint|smallint|short|autonumber)", "integer"),
        (r"^(float|decimal|double|number|numeric|real)", "number"),
        (r"^(time|duration|dateformula)", "text"),
        (r"^(string|char|data|varchar|text|code|phone|email|url|autocomplete|read only|nvarchar)", "text"),
    )
)

# How good a source kind is for a target kind: 1 the same, 0 impossible. What is not listed is 0.1.
_FITS: Final = {
    "text": "text 1, long text 0.8, choice 0.5, reference 0.6, identifier 0.6, integer 0.3, number 0.4, "
    "money 0.4, percent 0.3, date 0.4, datetime 0.5, list 0.3, binary 0.2",
    "long text": "long text 1, text 0.7, choice 0.2, reference 0.2",
    "number": "number 1, money 0.95, percent 0.7, integer 0.7, text 0.4",
    "integer": "integer 1, number 0.85, money 0.6, percent 0.6, identifier 0.7, reference 0.6, "
    "text 0.6, boolean 0.4, choice 0.3, date 0.1, datetime 0.2, list 0.2",
    "money": "money 1, number 0.95, integer 0.5, text 0.3, percent 0.2",
    "percent": "percent 1, number 0.85, integer 0.6, money 0.3, text 0.3",
    "boolean": "boolean 1, integer 0.4, choice 0.4, text 0.3",
    "date": "date 1, datetime 0.9, text 0.4",
    "datetime": "datetime 1, date 0.9, text 0.5",
    "choice": "choice 1, text 0.7, reference 0.5, boolean 0.2, integer 0.3, list 0.4, long text 0.3",
    "reference": "reference 1, text 0.7, identifier 0.6, integer 0.5, choice 0.5, list 0.5, long text 0.3",
    "identifier": "identifier 1, text 0.8, integer 0.6, reference 0.6, number 0.3",
    "binary": "binary 1, text 0.3, long text 0.3",
    "list": "list 1, text 0.5, long text 0.5, reference 0.5, choice 0.4",
}  # fmt: skip

LOOKS: Final = (
    "e-mail address", "web address", "date", "date and time", "whole number", "decimal number", "yes or no",
    "three-letter code", "two-letter code", "phone number", "unique identifier", "code", "long text", "words", "word",
)  # fmt: skip

_LOOK: Final = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), look)
    for pattern, look in (
        (r"[^@\s]+@[^@\s]+\.[a-z]{2,}", "e-mail address"),
        (r"(https?://|www\.)\S+", "web address"),
        (r"\d{4}-\d\d-\d\d", "date"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", "date and time"),
        (r"[+-]?\d{1,9}", "whole number"),
        (r"1[0-9]{12}", "date and time"),
        (r"[+-]?\d+[.,]\d+", "decimal number"),
        (r"true|false|yes|no", "yes or no"),
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "unique identifier"),
        (r"\+[\d ()/.-]{7,}|\(?\d{3}\)?[ /.-]\d{3}[ .-]?\d{4}|0\d+[ /-][\d ]{5,}", "phone number"),
    )
)


def declared_kind(declared: str, reference: str, picklist: bool) -> str:
    """The kind that a system's own word for a type names; `unknown` where it is none that we know."""
    word, sized = re.subn(r"\[\d+\]|\(\d+(,\s*\d+)?\)", "", declared.strip().lower())
    word = "string" if sized and word in {"text", "code"} else word
    found = next((kind for pattern, kind in _DECLARED if pattern.search(word)), "unknown")
    if reference and (found in {"text", "integer", "unknown", "identifier"} or (found == "choice" and not picklist)):
        return "reference"
    return "choice" if picklist and found in {"text", "integer", "unknown"} else found


def fit(source: str, target: str) -> float:
    return _FIT.get((source, target), 0.6 if "unknown" in (source, target) else 0.1)


def look(value: object) -> str:
    """The entry of LOOKS that a sample value looks like."""
    if isinstance(value, bool):
        return "yes or no"
    if isinstance(value, int) and abs(value) < 10**10:
        return "whole number"
    if isinstance(value, float | Decimal):
        return "decimal number"
    if isinstance(value, datetime):
        return "date and time"
    if isinstance(value, date):
        return "date"
    text = str(value).strip()
    found = next((name for pattern, name in _LOOK if pattern.fullmatch(text)), None)
    return found or _look_of_words(text)


def _look_of_words(text: str) -> str:
    if re.fullmatch(r"[A-Z]{3}", text):
        return "three-letter code"
    if re.fullmatch(r"[A-Z]{2}", text):
        return "two-letter code"
    if len(text) > 60 or text.startswith("<"):
        return "long text"
    if re.fullmatch(r"[\w./#-]*\d[\w./#-]*", text):
        return "code"
    return "words" if " " in text else "word"


def plain(value: object) -> object:
    """What a sample value shows: the name of an `[id, name]` reference, the first of a list, None for nothing."""
    if isinstance(value, list | tuple):
        return plain(value[-1]) if value else None
    if isinstance(value, dict):
        return next((plain(value[key]) for key in ("name", "label", "value", "id") if value.get(key)), None)
    return None if value == "" else value


def shown_kind(kind: str, looks: Sequence[str]) -> str:
    """The kind by the values, where the declared type says little: text that always holds a date, say."""
    if not looks or kind not in {"text", "unknown", "integer"}:
        return kind
    only = set(looks)
    for look_name, shown in _SHOWN.items():
        if only == {look_name}:
            return shown
    if only <= {"whole number", "decimal number"}:
        return "number"
    return "text" if kind == "unknown" else kind


def as_number(value: object) -> Decimal | None:
    try:
        return None if isinstance(value, bool) else Decimal(str(value))
    except InvalidOperation:
        return None


_FIT: Final = {
    (source, entry.rpartition(" ")[0]): float(entry.rpartition(" ")[2])
    for source, listed in _FITS.items()
    for entry in listed.split(", ")
}
_SHOWN: Final = {
    "date": "date", "date and time": "datetime", "yes or no": "boolean", "decimal number": "number",
    "long text": "long text",
}  # fmt: skip
