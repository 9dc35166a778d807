"""The few likeliest sources of each target, with all that a person would weigh before saying yes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from rules_engine.conversion.suggest.evidence import Matrix, Pairing
from rules_engine.conversion.suggest.kinds import KINDS
from rules_engine.conversion.suggest.words import thesaurus

MOST: Final = 5  # candidates a target

Row = NDArray[np.float64]


@dataclass(frozen=True)
class Candidate:
    """A source for a target, by their positions; `rank` counts from 0."""

    source: int
    target: int
    rank: int


@dataclass(frozen=True)
class Ranking:
    """All evidence with the likelihood that it adds up to; a higher likelihood is a better source for the target."""

    pair: Pairing
    evidence: Mapping[str, Matrix]
    likelihood: Matrix


def ranking(pair: Pairing, evidence: Mapping[str, Matrix], weights: Mapping[str, float]) -> Ranking:
    """The evidence added up; what a source is of itself counts, too."""
    every = {**evidence, **_of_sources(pair)}
    total = np.zeros((len(pair.sources), len(pair.targets)))
    for name, weight in weights.items():
        total = total + weight * every[name]
    return Ranking(pair, every, total)


def reasons_to_stay_empty() -> tuple[str, ...]:
    return (*sorted(thesaurus().never), "flag")


def _of_sources(pair: Pairing) -> dict[str, Matrix]:
    every = np.ones((1, len(pair.targets)))
    return {
        f"source {reason}": np.array([[float(reason in each.never)] for each in pair.sources]) @ every
        for reason in reasons_to_stay_empty()
    }


def candidates(ranked: Ranking) -> list[Candidate]:
    order = np.argsort(-ranked.likelihood, axis=0, kind="stable")[:MOST]
    return [
        Candidate(int(source), target, rank)
        for target in range(order.shape[1])
        for rank, source in enumerate(order[:, target])
    ]


def features(ranked: Ranking, chosen: list[Candidate]) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Names, and a row a candidate."""
    standing = _standing(ranked)
    evidence = list(ranked.evidence.items())
    targets = [_of_target(ranked.pair, at) for at in range(len(ranked.pair.targets))]
    sources = [_of_source(ranked.pair, at) for at in range(len(ranked.pair.sources))]
    around = _of_pairing(ranked.pair)
    names: tuple[str, ...] = ()
    rows = []
    for each in chosen:
        at = (each.source, each.target)
        row = {name: float(matrix[at]) for name, matrix in standing.items()}
        row["best of the target"] = float(each.rank == 0)
        row |= {f"pair: {name}": float(matrix[at]) for name, matrix in evidence}
        row |= targets[each.target] | sources[each.source] | around
        row["same name, other system"] = row["pair: same name"] * (not ranked.pair.same_system)
        names = names or tuple(row)
        rows.append(list(row.values()))
    return names, np.array(rows, dtype=np.float64).reshape(len(rows), len(names))


def _standing(ranked: Ranking) -> dict[str, Matrix]:
    """How the pair stands among all pairs of its target, and among all pairs of its source."""
    total = ranked.likelihood
    of_target = np.exp(total - logsumexp(total, axis=0, keepdims=True))
    of_source = np.exp(total - logsumexp(total, axis=1, keepdims=True))
    return {
        "likelihood": total / 5,
        "share of the target": of_target,
        "share of the source": of_source,
        "share of both": of_target * of_source,
        "lead within the target": np.clip((total - _rival(total, 0)) / 3, -2, 2),
        "lead within the source": np.clip((total - _rival(total, 1)) / 3, -2, 2),
    }


def _rival(total: Matrix, axis: int) -> Matrix:
    """The best other pair along the axis; 5 less than the best where there is no other."""
    ordered = np.sort(total, axis=axis)
    best = np.take(ordered, [-1], axis)
    second = np.take(ordered, [-2], axis) if total.shape[axis] > 1 else best - 5
    return np.where(total < best, best, second)


def _of_target(pair: Pairing, at: int) -> dict[str, float]:
    target = pair.targets[at]
    found = {}
    for reason in reasons_to_stay_empty():
        held = float(reason in target.never)
        found[f"target {reason}"] = held
        found[f"target {reason}, same system"] = held * pair.same_system
    found |= {f"target is {kind}": float(target.kind == kind) for kind in KINDS if kind != "unknown"}
    return found | {
        "target required": float(target.field.required),
        "target read-only": float(target.field.read_only),
        "target concept": max(target.concepts.values(), default=0.0),
        "target qualifiers": len(target.dimensions) / 3,
        "target filled": target.filled,
        "target own number": float("number" in target.own),
        "target own key": float("key" in target.own),
        "target own name": float("name" in target.own),
    }


def _of_source(pair: Pairing, at: int) -> dict[str, float]:
    source = pair.sources[at]
    return {
        "source concept": max(source.concepts.values(), default=0.0),
        "source filled": source.filled,
        "source own number": float("number" in source.own),
        "source own key": float("key" in source.own),
    }


def _of_pairing(pair: Pairing) -> dict[str, float]:
    return {
        "same system": float(pair.same_system),
        "names alike": pair.alike,
        "number of sources": float(np.log(max(1, len(pair.sources)))) / 4,
        "number of targets": float(np.log(max(1, len(pair.targets)))) / 4,
    }
