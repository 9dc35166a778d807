"""What speaks for and against each pair of fields, as numbers between 0 and 1, all pairs at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz
from rapidfuzz.process import cdist

from rules_engine.conversion.suggest.kinds import KINDS, LOOKS, fit
from rules_engine.conversion.suggest.profile import Profile, plain_name
from rules_engine.conversion.suggest.schema import Schema
from rules_engine.conversion.suggest.words import thesaurus

Matrix = NDArray[np.float64]  # sources x targets


@dataclass(frozen=True)
class Pairing:
    """Both sides' profiles; `same_system` when one product holds both records."""

    sources: tuple[Profile, ...]
    targets: tuple[Profile, ...]
    same_system: bool
    alike: float  # share of target names that the source has, too


def pairing(sources: tuple[Profile, ...], targets: tuple[Profile, ...], source: Schema, target: Schema) -> Pairing:
    names = {each.name for each in sources}
    alike = sum(each.name in names for each in targets) / max(1, min(len(sources), len(targets)))
    same = plain_name(source.system) == plain_name(target.system) if source.system and target.system else alike > 0.5
    return Pairing(sources, targets, same, alike)


def evidence(pair: Pairing) -> dict[str, Matrix]:
    """Each kind of evidence by its name; the names are those of the weights."""
    sources, targets = pair.sources, pair.targets
    found: dict[str, Matrix] = {}
    same_name = _outer(sources, targets, lambda each: each.name)
    same_label = _outer(sources, targets, lambda each: each.label)
    found["same name"] = same_name
    found["same label"] = same_label * (1 - same_name)
    found["same name, same system"] = same_name * pair.same_system
    words = _words(sources, targets)
    found |= words
    found["spelling"] = np.maximum(
        _spelled([each.spelled for each in sources], [each.spelled for each in targets]),
        _spelled([each.label for each in sources], [each.label for each in targets]),
    )
    found |= _concepts(sources, targets)
    found |= _dimensions(sources, targets)
    found |= _kinds(sources, targets)
    found |= _references(sources, targets)
    found |= _own_identity(sources, targets)
    found["part of it"] = parts_of(sources, targets)
    found |= _samples(sources, targets)
    return found


def _spelled(left: Sequence[str], right: Sequence[str]) -> Matrix:
    """0 up to half of the letters alike, 1 for the same."""
    alike: Matrix = cdist(left, right, scorer=fuzz.ratio, dtype=np.float64)
    return np.clip(alike / 50 - 1, 0, 1)


def _outer(sources: Sequence[Profile], targets: Sequence[Profile], key: Callable[[Profile], str]) -> Matrix:
    left, right = np.array([key(each) for each in sources]), np.array([key(each) for each in targets])
    same: Matrix = ((left[:, None] == right[None, :]) & (left[:, None] != "")).astype(np.float64)
    return same


def _words(sources: Sequence[Profile], targets: Sequence[Profile]) -> dict[str, Matrix]:
    """Shared words weighed by how rare they are in the two schemas: alike, and the one inside the other."""
    index = {word: at for at, word in enumerate(sorted(set().union(*(p.words for p in (*sources, *targets)))))}
    if not index:
        nothing = np.zeros((len(sources), len(targets)))
        names = ("words", "words of both", "all words of the target", "all words of the source")
        return dict.fromkeys(names, nothing)
    counts = np.zeros(len(index))
    for each in (*sources, *targets):
        counts[[index[word] for word in each.words]] += 1
    rarity = np.log(1 + (len(sources) + len(targets)) / counts)
    rarity /= rarity.max()
    near = np.eye(len(index))
    for (one, other), weight in thesaurus().near.items():
        if one in index and other in index:
            near[index[one], index[other]] = max(weight, near[index[one], index[other]])
    shape = (len(sources), len(targets))
    best, total, into_target, into_source = (np.zeros(shape) for _ in range(4))
    for mine in _TEXTS:
        left = _incidence([mine(each) for each in sources], index)
        for theirs in _TEXTS:
            right = _incidence([theirs(each) for each in targets], index)
            score, of_target, of_source = _alike(left * rarity, right * rarity, _reach(left, near), _reach(right, near))
            best, total = np.maximum(best, score), total + score / 4
            into_target, into_source = np.maximum(into_target, of_target), np.maximum(into_source, of_source)
    return {
        "words": best,
        "words of both": total,
        "all words of the target": into_target,
        "all words of the source": into_source,
    }


_TEXTS: Final[tuple[Callable[[Profile], Mapping[str, float]], ...]] = (
    lambda each: each.name_words,
    lambda each: each.label_words,
)


def _alike(left: Matrix, right: Matrix, left_reach: Matrix, right_reach: Matrix) -> tuple[Matrix, Matrix, Matrix]:
    """Shares of the words' weight that the other side has, too: of both, of the target's, of the source's."""
    of_source, of_target = left @ right_reach.T, left_reach @ right.T
    source, target = left.sum(1)[:, None], right.sum(1)[None, :]
    return (
        _share(of_source + of_target, source + target),
        _share(of_target, target + 0 * source),
        _share(of_source, source + 0 * target),
    )


def _share(part: Matrix, whole: Matrix) -> Matrix:
    return np.clip(np.divide(part, whole, out=np.zeros_like(part), where=whole > 0), 0, 1)


def _reach(weights: Matrix, near: Matrix) -> Matrix:
    """For each field and word, how near the field's nearest word is to it."""
    return np.stack([near[row > 0].max(0, initial=0) for row in weights])


def _incidence(fields: Sequence[Mapping[str, float]], index: Mapping[str, int]) -> Matrix:
    found = np.zeros((len(fields), len(index)))
    for at, words in enumerate(fields):
        for word, weight in words.items():
            found[at, index[word]] = weight
    return found


def _concepts(sources: Sequence[Profile], targets: Sequence[Profile]) -> dict[str, Matrix]:
    """The best concept that both are, and the best pair of concepts of which the one stands for the other."""
    known = thesaurus()
    index = {concept: at for at, concept in enumerate(known.concept_names)}
    left = _incidence([each.concepts for each in sources], index)
    right = _incidence([each.concepts for each in targets], index)
    same, instead = np.zeros((len(sources), len(targets))), np.zeros((len(sources), len(targets)))
    for at in index.values():
        np.maximum(same, np.minimum.outer(left[:, at], right[:, at]), out=same)
    for (one, other), weight in known.stands_for.items():
        np.maximum(instead, weight * np.multiply.outer(left[:, index[one]], right[:, index[other]]), out=instead)
    return {
        "same concept": same,
        "same concept, nothing else said": (same >= 0.99).astype(np.float64),
        "stands for it": np.maximum(instead - 0.5 * same, 0),
    }


def _dimensions(sources: Sequence[Profile], targets: Sequence[Profile]) -> dict[str, Matrix]:
    """Billing against shipping, with tax against without, estimated against actual: said alike, unlike, by one."""
    shape = (len(sources), len(targets))
    agree, unlike, extra_source, extra_target = (np.zeros(shape) for _ in range(4))
    for dimension, values in thesaurus().dimensions.items():
        index = {value: at for at, (value, _) in enumerate(values, 1)}
        left = np.array([index.get(each.dimensions.get(dimension, ""), 0) for each in sources])[:, None]
        right = np.array([index.get(each.dimensions.get(dimension, ""), 0) for each in targets])[None, :]
        agree += (left == right) & (left > 0)
        unlike += (left != right) & (left > 0) & (right > 0)
        extra_source += (left > 0) & (right == 0)
        extra_target += (left == 0) & (right > 0)
    return {
        "same qualifier": np.minimum(agree, 2) / 2,
        "contrary qualifier": np.minimum(unlike, 2) / 2,
        "qualifier of the source alone": np.minimum(extra_source, 3) / 3,
        "qualifier of the target alone": np.minimum(extra_target, 3) / 3,
    }


def _kinds(sources: Sequence[Profile], targets: Sequence[Profile]) -> dict[str, Matrix]:
    table = np.array([[fit(one, other) for other in KINDS] for one in KINDS])
    left = np.array([KINDS.index(each.kind) for each in sources])
    right = np.array([KINDS.index(each.kind) for each in targets])
    fits = table[left[:, None], right[None, :]]
    return {
        "kinds fit": fits,
        "kinds do not fit": (fits <= 0.2).astype(np.float64),
        "same kind": (left[:, None] == right[None, :]).astype(np.float64),
    }


def _references(sources: Sequence[Profile], targets: Sequence[Profile]) -> dict[str, Matrix]:
    """Both point to the same type of record, or the source's words name the type that the target points to."""
    near = thesaurus().near

    def akin(one: frozenset[str], other: frozenset[str]) -> float:
        if not one or not other:
            return 0.0
        return max(1.0 if a == b else near.get((a, b), 0.0) for a in one for b in other)

    points = {each.points_to for each in (*sources, *targets)}
    pairs = {(one, other): akin(one, other) for one in points for other in points}
    same = np.array([[pairs[s.points_to, t.points_to] for t in targets] for s in sources])
    both = np.array([[bool(s.points_to and t.points_to) for t in targets] for s in sources])
    unlike = both & (same < 0.4)
    named = np.array([[not s.points_to and bool(t.points_to & s.words) for t in targets] for s in sources])
    return {
        "points to the same": same,
        "points elsewhere": unlike.astype(np.float64),
        "names what it points to": named.astype(np.float64),
    }


def _own_identity(sources: Sequence[Profile], targets: Sequence[Profile]) -> dict[str, Matrix]:
    """The source's own number or name, where the target asks for what came from elsewhere."""
    number = _column(sources, lambda each: "number" in each.own)
    key = _column(sources, lambda each: "key" in each.own)
    name = _column(sources, lambda each: "name" in each.own)
    external = _row(targets, lambda each: each.of_system)
    document = _row(targets, lambda each: each.of_object and not each.of_system)
    foreign = _row(targets, lambda each: bool({"origin", "external identifier"} & set(each.concepts)))
    target_number = _row(targets, lambda each: "number" in each.own)
    return {
        "own number into a field for its system": number * external * target_number,
        "own number into a field for its record": number * document,
        "own number into a field of origin": number * foreign,
        "own number into own number": number * target_number * (1 - external),
        "own key into a field for its system": key * external * target_number,
        "own name into own name": name * _row(targets, lambda each: "name" in each.own),
        "a field of the other system": np.ones_like(number) * external,
    }


def parts_of(sources: Sequence[Profile], targets: Sequence[Profile]) -> Matrix:
    """A first and a last name make up the name of a person, where the source has no such name itself."""
    whole = _row(targets, is_full_name)
    found = np.zeros((len(sources), len(targets)))
    for parts in name_parts(sources):
        for at in parts:
            found[at] = whole[0]
    return found


def name_parts(sources: Sequence[Profile]) -> list[list[int]]:
    """The fields that hold a first, middle and last name of one person, in that order, by their common rest."""
    by_rest: dict[frozenset[str], dict[str, int]] = {}
    for at, each in enumerate(sources):
        part = each.dimensions.get("name part")
        if part:
            rest = each.words - {"first", "middle", "last", "name"}
            by_rest.setdefault(rest, {}).setdefault(part, at)
    return [
        [parts[part] for part in ("first", "middle", "last") if part in parts]
        for parts in by_rest.values()
        if {"first", "last"} <= parts.keys()
    ]


def is_full_name(target: Profile) -> bool:
    named = max((target.concepts.get(each, 0.0) for each in ("person name", "contact", "customer name")), default=0.0)
    return named > 0.6 and "name part" not in target.dimensions and target.kind in {"text", "unknown", "long text"}


def _column(fields: Sequence[Profile], holds: Callable[[Profile], bool]) -> Matrix:
    return np.array([[float(holds(each))] for each in fields])


def _row(fields: Sequence[Profile], holds: Callable[[Profile], bool]) -> Matrix:
    return _column(fields, holds).T


def _samples(sources: Sequence[Profile], targets: Sequence[Profile]) -> dict[str, Matrix]:
    """How alike the values look, whether they have some in common, and what the lists of choices share."""
    left = _incidence([each.looks for each in sources], _LOOK_INDEX)
    right = _incidence([each.looks for each in targets], _LOOK_INDEX)
    known = (left.sum(1) > 0)[:, None] & (right.sum(1) > 0)[None, :]
    alike = np.sqrt(left) @ np.sqrt(right).T
    found = {
        "values look alike": alike * known,
        "values look unlike": (known & (alike < 0.05)).astype(np.float64),
    }
    found["values in common"] = _in_common([each.values for each in sources], [each.values for each in targets])
    found["choices in common"] = _in_common([each.picklist for each in sources], [each.picklist for each in targets])
    return found


def _in_common(left: Sequence[frozenset[str]], right: Sequence[frozenset[str]]) -> Matrix:
    index = {value: at for at, value in enumerate(sorted(frozenset().union(*left) & frozenset().union(*right)))}
    a, b = (_incidence([dict.fromkeys(each & index.keys(), 1.0) for each in side], index) for side in (left, right))
    mine, theirs = (np.array([max(2.0, len(each)) for each in side]) for side in (left, right))
    found: Matrix = np.clip(a @ b.T / np.minimum(mine[:, None], theirs[None, :]), 0, 1)
    return found


_LOOK_INDEX: Final = {name: at for at, name in enumerate(LOOKS)}
