"""Transforms of how people are named and reached."""

import re

import phonenumbers

from rules_engine.conversion.context import Arguments, Context, Done, Failed, Outcome
from rules_engine.conversion.text_transforms import not_text
from rules_engine.conversion.wording import shown
from rules_engine.model.values import Value

# Words that belong to the family name behind them, in the languages where they are small.
_PARTICLES = frozenset(
    ("af", "al", "av", "bin", "da", "das", "de", "degli", "dei", "del", "della", "den", "der", "di", "do", "dos", "du")
    + ("el", "ibn", "la", "le", "ter", "ten", "van", "vom", "von", "zu", "zum", "zur")
)
_SUFFIXES = frozenset(("jr", "jr.", "sr", "sr.", "ii", "iii", "iv", "phd", "ph.d.", "md", "m.d.", "esq", "esq."))
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"]{1,64}@[^\s@<>()\[\],;:\"]{1,255}")
_EXTENSION = re.compile(r"\b(?:ext|extension|x)\.?\s*\d+\s*$", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
MOST_CHARACTERS = 10_000


def title_case(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    """The first letter of each word large, the others small; an apostrophe begins no word."""
    if not isinstance(value, str):
        return not_text("title_case", value)
    return Done(_WORD.sub(lambda word: word[0][:1].upper() + word[0][1:].lower(), value))


def split_name(value: Value, arguments: Arguments, _context: Context) -> Outcome:
    """`given` or `family`. `Berg, Anna` says it itself; else the last word with its particles and suffix is the family.

    Where a name has one word, it is the family's. A name is not always so made: what was split is said as a loss.
    """
    part = arguments.get("part")
    if part not in ("given", "family"):
        return Failed(f"`split_name` has no part {shown(part)}", "write `{split_name: given}` or `family`")
    if not isinstance(value, str):
        return not_text("split_name", value)
    given, family = _parts(value)
    found = given if part == "given" else family
    return Done(found or None, f"split from {shown(value)}" if found and given and family else "")


def _parts(name: str) -> tuple[str, str]:
    if name.count(",") == 1 and name.rpartition(",")[2].strip().lower() not in _SUFFIXES:
        family, _, given = name.partition(",")
        return " ".join(given.split()), " ".join(family.split())
    words = name.split()
    start = len(words) - 1
    while start > 1 and words[start].lower() in _SUFFIXES:
        start -= 1
    while start > 1 and words[start - 1].lower() in _PARTICLES:
        start -= 1
    start = max(start, 0)
    return " ".join(words[:start]), " ".join(words[start:])


def email(value: Value, _arguments: Arguments, _context: Context) -> Outcome:
    """The address in `Anna Berg <anna@hafen.example>`, its domain in small letters; of several the first."""
    if not isinstance(value, str):
        return not_text("email", value)
    if value.strip() == "":
        return Done(None)
    found = _ADDRESS.findall(value[:MOST_CHARACTERS])
    if not found:
        return Failed(f"{shown(value)} is no e-mail address", "an address is written as `anna@hafen.example`")
    name, _, domain = found[0].rpartition("@")
    domain = domain.rstrip(".").lower()
    if "." not in domain or ".." in domain or domain.startswith((".", "-")):
        return Failed(f"{shown(found[0])} has no complete domain", "an address is written as `anna@hafen.example`")
    others = f"{len(found) - 1} more addresses" if len(found) > 2 else "1 more address"
    return Done(f"{name}@{domain}", others if len(found) > 1 else "")


def phone(value: Value, arguments: Arguments, _context: Context) -> Outcome:
    """E.164 (ITU-T): `+49401234567`. A number without a country code is one of `region`, a code of ISO 3166."""
    region = arguments.get("region")
    if region is not None and (not isinstance(region, str) or region.upper() not in phonenumbers.SUPPORTED_REGIONS):
        return Failed(f"`phone` knows no region {shown(region)}", "write a code of ISO 3166 such as `DE`")
    if not isinstance(value, str):
        return not_text("phone", value)
    if value.strip() == "":
        return Done(None)
    number = _EXTENSION.sub("", value)
    if any(each.isalpha() for each in number):
        return Failed(f"{shown(value)} holds letters beside the number", "keep the number alone in its field")
    remedy = "write it with its country code such as `+49 40 123456`" + ("" if region else ", or give a `region`")
    try:
        found = phonenumbers.parse(value[:MOST_CHARACTERS], str(region).upper() if region else None)
    except phonenumbers.NumberParseException:
        return Failed(f"{shown(value)} is no phone number", remedy)
    if not phonenumbers.is_possible_number(found):
        return Failed(f"{shown(value)} is no possible phone number", remedy)
    written = phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)
    return Done(written, f"the extension {found.extension}" if found.extension else "")
