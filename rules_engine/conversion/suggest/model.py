"""What was learned from pairs that people had made: weights of the evidence, trees, and what a score is worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules_engine.conversion.suggest.words import data

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Tree:
    """Nodes by number: up to the threshold goes left. A leaf has feature -1, and its value in place of a threshold."""

    feature: NDArray[np.int64]
    threshold: Numbers
    left: NDArray[np.int64]
    right: NDArray[np.int64]


@dataclass(frozen=True)
class Learned:
    """`evidence` adds up to a likelihood; the trees read `features`; `calibration` is slope and offset of the log-odds.

    `accept` is the confidence from which on a suggestion is a decision and not only an offer.
    """

    evidence: Mapping[str, float]
    features: tuple[str, ...]
    trees: tuple[Tree, ...]
    calibration: tuple[float, float]
    accept: float


@cache
def learned() -> Learned:
    return from_json(data("weights.json"))


def from_json(raw: Mapping[str, Any]) -> Learned:
    trees = tuple(
        Tree(
            np.array(each["feature"], dtype=np.int64),
            np.array(each["threshold"], dtype=np.float64),
            np.array(each["left"], dtype=np.int64),
            np.array(each["right"], dtype=np.int64),
        )
        for each in raw["trees"]
    )
    slope, offset = raw["calibration"]
    return Learned(raw["evidence"], tuple(raw["features"]), trees, (slope, offset), raw["accept"])


def score(trees: tuple[Tree, ...], rows: Numbers) -> Numbers:
    """The mean of the trees, for each row of features."""
    if not len(rows):
        return np.zeros(0)
    found: Numbers = np.mean([_leaf_values(tree, rows) for tree in trees], axis=0)
    return found


def _leaf_values(tree: Tree, rows: Numbers) -> Numbers:
    at = np.zeros(len(rows), dtype=np.int64)
    every = np.arange(len(rows))
    while (inner := tree.feature[at] >= 0).any():
        goes_left = rows[every, np.maximum(tree.feature[at], 0)] <= tree.threshold[at]
        at = np.where(inner, np.where(goes_left, tree.left[at], tree.right[at]), at)
    return tree.threshold[at]


def confidence(scores: Numbers, calibration: tuple[float, float]) -> Numbers:
    """How often a pair of such a score was right where the systems had not been seen in learning."""
    clipped = np.clip(scores, 1e-3, 1 - 1e-3)
    slope, offset = calibration
    return 1 / (1 + np.exp(-(slope * np.log(clipped / (1 - clipped)) + offset)))
