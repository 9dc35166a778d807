"""Names and labels taken apart into words that mean the same in every system."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# What systems put before or after names of customers' own fields.
_PREFIX = re.compile(
    r"^(x_studio_|x_|cust(body|item|col|entity|record)\d*_?|hs_|z?cf_|new_|cr[0-9a-f]{3,5}_|udf_|u_)", re.IGNORECASE
)
_SUFFIX = re.compile(r"(__c|__r|__pc|_c)$", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|(?<=[a-zA-Z])(?=\d)")
_NOT_PLURAL = {"address", "series", "terms", "was", "has", "its", "ups", "gps"}
_LONGEST_PHRASE = 5


@dataclass(frozen=True)
class Thesaurus:
    """`rewrite` takes phrases to phrases; `vocabulary` are the words that names written as one are parted into."""

    rewrite: Mapping[tuple[str, ...], tuple[str, ...]]
    ignored: frozenset[str]
    flags: frozenset[str]
    near: Mapping[tuple[str, str], float]
    concepts: Mapping[str, tuple[tuple[str, frozenset[str], str], ...]]  # by a word: concept, words, kind or ""
    concept_names: tuple[str, ...]
    stands_for: Mapping[tuple[str, str], float]
    dimensions: Mapping[str, tuple[tuple[str, tuple[frozenset[str], ...]], ...]]
    never: Mapping[str, tuple[frozenset[str], ...]]
    systems: frozenset[str]  # words that many systems share in their own names
    records: frozenset[str]  # words that say nothing of a record type
    vocabulary: frozenset[str]


def data(name: str) -> Any:
    """A data file of this package."""
    return json.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))


def phrases(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


@cache
def thesaurus() -> Thesaurus:
    raw = data("thesaurus.json")
    rewrite = {
        tuple(map(_singular, phrase.split())): tuple(canonical.split())
        for canonical, all_phrases in raw["rewrite"].items()
        for phrase in phrases(all_phrases)
    }
    # A phrase that is itself the canonical one is kept whole, so that no shorter rule takes it apart.
    rewrite |= {tuple(map(_singular, canonical.split())): tuple(canonical.split()) for canonical in raw["rewrite"]}
    ignored = frozenset(phrases(raw["ignored words"]))

    def canonical(text: str) -> frozenset[str]:
        return frozenset(_rewritten(tuple(_singular(word) for word in text.split()), rewrite)) - ignored or frozenset(
            text.split()
        )

    return Thesaurus(
        rewrite=rewrite,
        ignored=ignored,
        flags=frozenset(phrases(raw["flag words"])),
        near=_pairs(raw["near"]),
        concepts=_by_a_word(
            (concept, canonical(text), kind)
            for concept, listed in raw["concepts"].items()
            for phrase in phrases(listed)
            for text, _, kind in [phrase.partition("@")]
        ),
        concept_names=tuple(raw["concepts"]),
        stands_for=_pairs(raw["stands for"], symmetric=False),
        dimensions={
            dimension: tuple((value, tuple(map(canonical, phrases(listed)))) for value, listed in values.items())
            for dimension, values in raw["dimensions"].items()
        },
        never={kind: tuple(map(canonical, phrases(listed))) for kind, listed in raw["never copied"].items()},
        systems=frozenset(phrases(raw["common words of systems"])),
        records=frozenset(phrases(raw["common words of records"])),
        vocabulary=frozenset(word for key in (*rewrite, *rewrite.values()) for word in key if word.isalpha())
        | frozenset(word for concept in raw["concepts"].values() for word in re.findall("[a-z]+", concept))
        | frozenset(phrases(raw["plain words"])),
    )


def split(text: str) -> tuple[str, ...]:
    """Words in small letters; `No.`, `%` and `#` are words, and what systems add to names is taken off."""
    text = _SUFFIX.sub("", _PREFIX.sub("", text.strip())) or text
    text = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    text = text.replace("%", " percent ").replace("#", " number ").replace("'s", " ")
    text = re.sub(r"(?<=[a-z])id(name|type)$", r" id \1", text)
    parted = [part for piece in re.split(r"[^A-Za-z0-9]+", text) for part in _CAMEL.split(piece)]
    return tuple(word for part in parted if (word := part.lower()))


def canonical_words(text: str, more: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """The words of a name or label in the thesaurus's vocabulary; `more` are words that the schemas use."""
    known = thesaurus()
    words: list[str] = []
    for word in split(text):
        words += parted(word, known.vocabulary | more if more else known.vocabulary)
    return _rewritten(tuple(map(_singular, words)), known.rewrite)


@cache
def parted(word: str, vocabulary: frozenset[str]) -> tuple[str, ...]:
    """`estimatedclosedate` as estimated, close, date: the fewest known words that make it up, or the word itself."""
    if len(word) < 6 or word in vocabulary or _singular(word) in vocabulary or not word.isalpha():
        return (word,)
    best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 16), end):
            before, piece = best[start], word[start:end]
            if before is None or not _is_piece(piece, vocabulary, end == len(word)):
                continue
            here = best[end]
            if here is None or len(before) + 1 < len(here):
                best[end] = (*before, piece)
    found = best[-1]
    return found if found is not None and len(found) <= 6 else (word,)


def _is_piece(piece: str, vocabulary: frozenset[str], last: bool) -> bool:
    if len(piece) < 3:
        return piece in {"id", "no"} and last or piece in {"on", "by", "to", "of"}
    return piece in vocabulary or _singular(piece) in vocabulary


@cache
def _singular(word: str) -> str:
    if len(word) <= 3 or word in _NOT_PLURAL or not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1]


def _rewritten(words: tuple[str, ...], rewrite: Mapping[tuple[str, ...], tuple[str, ...]]) -> tuple[str, ...]:
    """The longest phrase first, from the left; what comes out is not rewritten again."""
    out: list[str] = []
    at = 0
    while at < len(words):
        for length in range(min(_LONGEST_PHRASE, len(words) - at), 0, -1):
            found = rewrite.get(words[at : at + length])
            if found is not None:
                out += found
                at += length
                break
        else:
            out.append(words[at])
            at += 1
    return tuple(dict.fromkeys(out))


def _by_a_word(
    patterns: Iterable[tuple[str, frozenset[str], str]],
) -> dict[str, tuple[tuple[str, frozenset[str], str], ...]]:
    """Each pattern below one of its words: a text without that word need not look at it."""
    found: dict[str, list[tuple[str, frozenset[str], str]]] = {}
    for pattern in dict.fromkeys(patterns):
        found.setdefault(max(pattern[1], key=lambda word: (len(word), word)), []).append(pattern)
    return {word: tuple(listed) for word, listed in found.items()}


def _pairs(raw: Mapping[str, str], symmetric: bool = True) -> dict[tuple[str, str], float]:
    found: dict[tuple[str, str], float] = {}
    for one, listed in raw.items():
        for entry in phrases(listed):
            other, _, weight = entry.rpartition(" ")
            found[one, other] = float(weight)
            if symmetric:
                found[other, one] = float(weight)
    return found
