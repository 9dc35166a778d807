"""How the weights of field suggestions are learned: evidence by logistic choice, acceptance by randomised trees.

    python -m benchmarks.suggestions_training FOLDER

FOLDER holds pairs of schemas with the pairs of fields that people made (`source`, `target`, `truth`, `ignore`); the
result is written over rules_engine/conversion/suggest/weights.json.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logsumexp

from rules_engine.conversion import suggest
from rules_engine.conversion.suggest.candidates import Candidate, Ranking, candidates, features, ranking
from rules_engine.conversion.suggest.evidence import Matrix, Pairing, evidence, pairing
from rules_engine.conversion.suggest.model import Learned, Tree, confidence
from rules_engine.conversion.suggest.profile import profiles
from rules_engine.conversion.suggest.schema import read_schema
from rules_engine.conversion.suggest.suggest import scores

# What is expected before anything is seen; learning starts here and is drawn back to it.
EXPECTED = {
    "same name": 1.0, "same label": 0.7, "same name, same system": 1.0, "words": 1.0, "words of both": 1.0,
    "all words of the target": 1.2, "all words of the source": 1.0, "spelling": 0.8, "same concept": 1.5,
    "same concept, nothing else said": 1.0, "stands for it": 2.0, "same qualifier": 0.5, "contrary qualifier": -1.5,
    "qualifier of the source alone": -0.6, "qualifier of the target alone": -0.6, "kinds fit": 1.0,
    "kinds do not fit": -1.0, "same kind": 0.0, "points to the same": 0.8, "points elsewhere": -0.8,
    "names what it points to": 0.8, "own number into a field for its system": 1.5,
    "own key into a field for its system": 1.0, "own number into a field for its record": 1.5,
    "own number into a field of origin": 0.8, "own number into own number": 0.4, "own name into own name": 0.4,
    "a field of the other system": 0.0, "values look alike": 0.5, "values look unlike": -0.7, "values in common": 1.0,
    "choices in common": 2.0, "part of it": 3.0, "source flag": -0.5, "source audit": -0.5, "source technical": -0.8,
    "source progress": -0.3,
}  # fmt: skip

DRAWN_BACK = 2.0
TREES = 80
LEAST_LEAF = 5.0
DEEPEST = 12
TRIED = 40  # features at each node
ACCEPTED_SCORE = 0.32  # where right and wrong decisions balanced best in pairs whose source system was left out
SAME_SYSTEM_COUNTS = 0.5  # of a pair between systems, which is the harder question

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """A pair of schemas with what people made of it; `right` and `plausible` are sources x targets."""

    name: str
    raw: Mapping[str, Any]
    pair: Pairing
    evidence: Mapping[str, Matrix]
    right: NDArray[np.bool_]
    plausible: NDArray[np.bool_]

    @property
    def systems(self) -> frozenset[str]:
        return frozenset((self.raw["source"]["system"], self.raw["target"]["system"]))

    @property
    def counts(self) -> float:
        return SAME_SYSTEM_COUNTS if len(self.systems) == 1 else 1.0


def read_tasks(folder: Path) -> list[Task]:
    return [read_task(json.loads(path.read_text(encoding="utf-8"))) for path in sorted(folder.glob("*.json"))]


def read_task(raw: Mapping[str, Any]) -> Task:
    source, target = read_schema(raw["source"]), read_schema(raw["target"])
    pair = pairing(profiles(source, target), profiles(target, source), source, target)
    rows = {each.field.name: at for at, each in enumerate(pair.sources)}
    columns = {each.field.name: at for at, each in enumerate(pair.targets)}

    def marked(entries: Iterable[Mapping[str, Any]]) -> NDArray[np.bool_]:
        found = np.zeros((len(rows), len(columns)), dtype=bool)
        for entry in entries:
            for name in entry["source"]:
                if name in rows and entry["target"] in columns:
                    found[rows[name], columns[entry["target"]]] = True
        return found

    return Task(raw["task"], raw, pair, evidence(pair), marked(raw["truth"]), marked(raw.get("ignore", ())))


def learn(tasks: Sequence[Task], trees: int = TREES, seed: int = 0) -> Learned:
    """From nothing but these tasks; the score is not calibrated yet."""
    weights = learn_evidence(tasks)
    names, rows, right, counts = rows_of(tasks, weights)
    known = right >= 0
    random = np.random.default_rng(seed)
    grown = tuple(grow(rows[known], right[known], counts[known], random) for _ in range(trees))
    return Learned(weights, names, grown, (1.0, 0.0), 0.3)


def learn_evidence(tasks: Sequence[Task]) -> dict[str, float]:
    """Weights under which the right source is the likeliest among all sources of its target."""
    names = list(ranking(tasks[0].pair, tasks[0].evidence, {}).evidence)
    start = np.array([EXPECTED.get(name, 0.0) for name in names])
    choices: list[tuple[Numbers, NDArray[np.bool_], float]] = []
    for task in tasks:
        every = ranking(task.pair, task.evidence, {}).evidence
        stacked = np.stack([every[name] for name in names], axis=-1)
        choices += [(stacked[:, at], task.right[:, at], task.counts) for at in np.flatnonzero(task.right.any(axis=0))]

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        total = 0.5 * DRAWN_BACK * float(((weights - start) ** 2).sum())
        slope = DRAWN_BACK * (weights - start)
        for rows, right, counts in choices:
            likelihood = rows @ weights
            shares = np.exp(likelihood - logsumexp(likelihood))
            among = np.where(right, shares, 0) / shares[right].sum()
            total -= counts * float(np.log(shares[right].sum()))
            slope = slope + counts * (rows.T @ (shares - among))
        return total, slope

    found = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return {name: round(float(weight), 4) for name, weight in zip(names, found, strict=True)}


def rows_of(tasks: Sequence[Task], weights: Mapping[str, float]) -> tuple[tuple[str, ...], Numbers, Numbers, Numbers]:
    """Names of features, a row a candidate, 1 right, 0 wrong or -1 plausible, and how much the candidate counts."""
    names: tuple[str, ...] = ()
    rows, right, counts = [], [], []
    for task in tasks:
        ranked = ranking(task.pair, task.evidence, weights)
        chosen = candidates(ranked)
        names, found = features(ranked, chosen)
        rows.append(found)
        right.append(labels(task, chosen))
        counts.append(np.full(len(chosen), task.counts))
    return names, np.concatenate(rows), np.concatenate(right), np.concatenate(counts)


def labels(task: Task, chosen: Sequence[Candidate]) -> Numbers:
    return np.array(
        [
            1.0 if task.right[at] else -1.0 if task.plausible[at] else 0.0
            for at in ((each.source, each.target) for each in chosen)
        ]
    )


def grow(rows: Numbers, right: Numbers, counts: Numbers, random: np.random.Generator) -> Tree:
    """An extremely randomised tree: at each node the best of some features, each cut at a random place."""
    feature: list[int] = []
    threshold: list[float] = []
    left: list[int] = []
    side: list[int] = []

    def node(at: NDArray[np.int64], depth: int) -> int:
        number = len(feature)
        weight = counts[at].sum()
        value = float((counts[at] * right[at]).sum() / weight)
        feature.append(-1), threshold.append(round(value, 4)), left.append(-1), side.append(-1)
        if depth == DEEPEST or weight < 2 * LEAST_LEAF or value in (0.0, 1.0):
            return number
        cut = _cut(rows[at], right[at], counts[at], random)
        if cut is None:
            return number
        feature[number], threshold[number] = cut
        goes_left = rows[at, cut[0]] <= cut[1]
        left[number], side[number] = node(at[goes_left], depth + 1), node(at[~goes_left], depth + 1)
        return number

    node(np.arange(len(rows)), 0)
    return Tree(np.array(feature), np.array(threshold), np.array(left), np.array(side))


def _cut(rows: Numbers, right: Numbers, counts: Numbers, random: np.random.Generator) -> tuple[int, float] | None:
    """The feature and the place that part right from wrong best, or None where none leaves enough on both sides."""
    least, most = rows.min(axis=0), rows.max(axis=0)
    usable = np.flatnonzero(most > least)
    if not len(usable):
        return None
    tried = random.permutation(usable)[:TRIED]
    places = np.round(least[tried] + random.random(len(tried)) * (most[tried] - least[tried]), 4)
    below = rows[:, tried] <= places
    of_left, right_left = counts @ below, (counts * right) @ below
    of_right, right_right = counts.sum() - of_left, (counts * right).sum() - right_left
    enough = (of_left >= LEAST_LEAF) & (of_right >= LEAST_LEAF)
    if not enough.any():
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = right_left**2 / of_left + right_right**2 / of_right
    best = int(np.argmax(np.where(enough, gain, -1)))
    return int(tried[best]), float(places[best])


def left_out(tasks: Sequence[Task], apart: Callable[[Task, Task], bool]) -> dict[str, list[Task]]:
    """For each task by name, the tasks it may be judged by: those that `apart` says it has nothing in common with."""
    return {task.name: [other for other in tasks if apart(task, other)] for task in tasks}


def no_system_in_common(task: Task, other: Task) -> bool:
    return not task.systems & other.systems


def not_the_source_system(task: Task, other: Task) -> bool:
    return task.raw["source"]["system"] not in other.systems


def not_the_same_pair(task: Task, other: Task) -> bool:
    return task.name != other.name


def learned_apart(tasks: Sequence[Task], apart: Callable[[Task, Task], bool], trees: int = TREES) -> dict[str, Learned]:
    """For each task by name what was learned without its like; the same set of tasks is learned from once."""
    kept: dict[tuple[str, ...], Learned] = {}
    found = {}
    for name, others in left_out(tasks, apart).items():
        key = tuple(other.name for other in others)
        if key not in kept:
            kept[key] = learn(others, trees)
        found[name] = kept[key]
    return found


def ranked_by(task: Task, by: Learned) -> tuple[Ranking, list[Candidate], Numbers]:
    """The candidates of a task with their scores."""
    ranked = ranking(task.pair, task.evidence, by.evidence)
    chosen = candidates(ranked)
    return ranked, chosen, scores(ranked, chosen, by)


def calibrate(tasks: Sequence[Task], apart: Mapping[str, Learned]) -> tuple[float, float]:
    """Slope and offset of the log-odds, on scores of tasks whose source system had not been seen.

    A pair that those who prepared the tasks judged plausible is half right: nobody copies it, a person may.
    """
    scores, shares = [], []
    for task in tasks:
        _, chosen, found = ranked_by(task, apart[task.name])
        scores.append(found)
        right = labels(task, chosen)
        shares.append(np.where(right < 0, 0.5, right))
    x, y = np.concatenate(scores), np.concatenate(shares)

    def loss(parameters: Numbers) -> float:
        said = np.clip(confidence(x, (float(parameters[0]), float(parameters[1]))), 1e-6, 1 - 1e-6)
        return -float((y * np.log(said) + (1 - y) * np.log(1 - said)).sum())

    slope, offset = minimize(loss, np.array([1.0, 0.0]), method="Nelder-Mead").x
    return round(float(slope), 4), round(float(offset), 4)


def learn_all(tasks: Sequence[Task]) -> Learned:
    """What ships: learned from all tasks, calibrated on tasks whose source system was left out."""
    calibration = calibrate(tasks, learned_apart(tasks, not_the_source_system))
    accept = float(confidence(np.array([ACCEPTED_SCORE]), calibration)[0])
    return replace(learn(tasks), calibration=calibration, accept=round(accept, 3))


def to_json(found: Learned, made: str) -> dict[str, Any]:
    return {
        "made": made,
        "evidence": dict(found.evidence),
        "features": list(found.features),
        "calibration": list(found.calibration),
        "accept": found.accept,
        "trees": [
            {
                "feature": each.feature.tolist(),
                "threshold": each.threshold.tolist(),
                "left": each.left.tolist(),
                "right": each.right.tolist(),
            }
            for each in found.trees
        ],
    }


def main(folder: Path) -> None:
    tasks = read_tasks(folder)
    made = (
        f"python -m benchmarks.suggestions_training: {len(tasks)} pairs of schemas, "
        f"{sum(int(task.right.any(axis=0).sum()) for task in tasks)} filled targets, {TREES} trees"
    )
    text = json.dumps(to_json(learn_all(tasks), made), separators=(",", ":"), ensure_ascii=False)
    written = Path(suggest.__file__).with_name("weights.json")
    lines = text.replace('{"feature"', '\n{"feature"').replace('"trees"', '\n"trees"')
    written.write_text(lines + "\n", encoding="utf-8")
    print(f"{written.name}: {written.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
