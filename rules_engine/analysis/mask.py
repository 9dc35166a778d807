"""Personal data masked so that a case stays what it was for the rules: the same text always becomes the same text.

Letters become letters and digits digits, of the same length and case, word by word and under a key: who has the key's
file knows no more than that two words were equal. E-mail addresses and links stay such, and lead nowhere (`.example`).
"""

import hmac
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from string import ascii_lowercase

from rules_engine.model.catalog import Catalog, Field, Type
from rules_engine.model.values import Record, Value

# Texts of the catalog that are codes or say nothing about a person or a customer, in whatever record they stand.
CODES = frozenset({
    "id", "number", "currency", "language", "country", "unit", "sku", "tax_code", "source", "campaign", "role",
    "payment_term_name", "sha256", "opportunity_number", "customer_number", "quote_number", "purchase_order",
})  # fmt: skip
_FREE_TEXT = (Type.TEXT, Type.RICH_TEXT)
_PARTS = re.compile(
    r"(?P<comment><!--.*?-->)"
    # Only what is known to be markup is kept: `<Mustermann>` and `<anna@x.example>` are no tags.
    r"|(?P<tag></?(?:a|b|blockquote|br|code|div|em|h[1-6]|hr|i|img|li|ol|p|pre|span|strong|sub|sup|table|tbody|td|th"
    r"|thead|tr|u|ul)(?:\s[^<>]*)?/?>)"
    r"|(?P<entity>&(?:amp|lt|gt|quot|apos|nbsp|szlig|[A-Za-z](?:uml|acute|grave|circ|tilde|cedil|ring));)"
    r"|(?P<link>https?://[^\s<>\"]+)|(?P<mail>[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<country_calling>\+\d{1,2})"
    r"|(?P<ending>(?<=\w)\.(?:pdf|docx?|xlsx?|csv|png|jpe?g|txt|zip|eml|msg|dwg|xml|json)$)"
    r"|(?P<word>[^\W\d_]+)|(?P<digits>\d+)",
    re.DOTALL,
)
_MAIL = re.compile(r"\s*[^@\s]+@[^@\s]+\.[^@\s]+\s*")
# The country of a tax id is no secret, and rules ask for it.
_TAX_ID = re.compile(r"(?P<country>[A-Z]{2})(?P<rest>[A-Z0-9][A-Z0-9 .-]*\d[A-Z0-9]*)")
_TRIES = 300


@dataclass
class Masker:
    """Masks texts under a key of at least 16 bytes; two texts that differ stay different, wherever there is room."""

    key: bytes
    _masks: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    _taken: set[str] = field(default_factory=set, repr=False)

    def text(self, value: str) -> str:
        """A text with every word and number in it masked; white space, signs and markup stay where they are."""
        whole = unicodedata.normalize("NFC", value)
        tax_id = _TAX_ID.fullmatch(whole)
        if tax_id:
            return tax_id["country"] + _PARTS.sub(self._part, tax_id["rest"])
        return _PARTS.sub(self._part, whole)

    def _part(self, found: "re.Match[str]") -> str:
        part = found.group()
        match found.lastgroup:
            case "word":
                return self._word(part)
            case "digits":
                return self._run("digits", part)
            case "mail":
                local, _, domain = part.rpartition("@")
                return f"{_PARTS.sub(self._part, local)}@{self._domain(domain)}"
            case "link":
                scheme, _, rest = part.partition("://")
                host, slash, path = rest.partition("/")
                return f"{scheme}://{self._domain(host)}{slash}{_PARTS.sub(self._part, path)}"
            case "tag":
                return re.sub(r"^(</?\w+).*?(/?>)$", r"\1\2", part, flags=re.DOTALL)  # attributes hold links
            case "comment":
                return ""
            case _:
                return part

    def _domain(self, domain: str) -> str:
        """As many labels, the last of them `example`, which nobody can own."""
        labels = domain.split(".")
        return ".".join([*(_PARTS.sub(self._part, each) for each in labels[:-1]), "example"])

    def _word(self, word: str) -> str:
        """In the case of the original, letter by letter; the same word in another case is the same word."""
        mask = self._run("letters", word)
        return "".join(new.upper() if old.isupper() else new for old, new in zip(word, mask, strict=True))

    def _run(self, kind: str, text: str) -> str:
        folded = text.casefold()
        known = self._masks.get((f"{kind}{len(text)}", folded))
        if known is None:
            made = (self._made(kind, folded, len(text), number) for number in range(_TRIES))
            mine = self._made(kind, folded, len(text), _TRIES)
            known = next((each for each in made if each not in self._taken and each != folded), mine)
            self._masks[f"{kind}{len(text)}", folded] = known
            self._taken.add(known)
        return known

    def _made(self, kind: str, folded: str, length: int, number: int) -> str:
        stream = b""
        while len(stream) < length:
            message = f"{kind}\0{folded}\0{number}\0{len(stream)}".encode()
            stream += hmac.digest(self.key, message, sha256)
        if kind == "letters":
            return "".join(ascii_lowercase[byte % 26] for byte in stream[:length])
        # A leading zero stays one, and no other number gets one.
        first = "0" if folded.startswith("0") else str(1 + stream[0] % 9)
        return first + "".join(str(byte % 10) for byte in stream[1:length])


@dataclass(frozen=True)
class Masked:
    """`paths` counts the values that were masked, by the path of their field (`line_items.note`)."""

    record: Record
    paths: Counter[str]


def mask_record(record: Record, catalog: Catalog, masker: Masker, keep: frozenset[str] = frozenset()) -> Masked:
    """The case's record with every text masked that can say something about a person or a customer.

    Amounts, dates, choices, references and codes stay; so do the fields in `keep`.
    """
    paths: Counter[str] = Counter()
    return Masked(_record(record, "case", "", _Work(catalog, masker, keep, paths)), paths)


def mask_data(data: Record, masker: Masker) -> Record:
    """An event's data with every text masked but its ids."""
    return _record(data, "", "", _Work(Catalog({}), masker, frozenset(), Counter()))


@dataclass(frozen=True)
class _Work:
    catalog: Catalog
    masker: Masker
    keep: frozenset[str]
    paths: Counter[str]


def _record(record: Record, kind: str, path: str, work: _Work) -> dict[str, Value]:
    fields = work.catalog.types[kind].fields if kind in work.catalog.types else {}
    # What is ordered is named after the product; a line without one can hold anything.
    product = isinstance(record.get("sku"), str) and bool(record.get("sku"))
    found: dict[str, Value] = {}
    for name, value in record.items():
        # What was carried over stands under its path in the case: `account.credit_status`.
        field = fields.get(name) or work.catalog.find("case", name)
        here = f"{path}.{name}" if path else name
        kept = name == "name" and product
        found[name] = value if kept else _value(value, name.rpartition(".")[2], field, here, work)
    return found


def _value(value: Value, name: str, field: Field | None, path: str, work: _Work) -> Value:
    match value:
        case Mapping():
            return _record(value, field.of if field else "", path, work)
        case tuple():
            return tuple(_value(each, name, field, path, work) for each in value)
        case str() if value and path not in work.keep and _is_personal(value, name, field):
            work.paths[path] += 1
            return work.masker.text(value)
        case _:
            return value


def _is_personal(value: str, name: str, field: Field | None) -> bool:
    """A code that is somebody's e-mail address is no code."""
    if _MAIL.fullmatch(value):
        return True
    # A `number` that no catalog knows may be that of a bank account.
    known = name in CODES and (field is not None or name != "number")
    return not known and (field is None or field.type in _FREE_TEXT)
