"""How good field suggestions are on pairs of schemas that people had mapped, judged by systems they were not made from.

    python -m benchmarks.suggestions [FOLDER] [--ablation]

A target field counts once: right where its accepted source is one that people chose, wrong where it is another and
not one judged plausible. Recall@3 asks only whether a right source is among the first three offers. Traps are pairs
that look alike and that the systems' own code leaves uncopied.
"""

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.suggestions_training import (
    EXPECTED,
    TREES,
    Task,
    learned_apart,
    no_system_in_common,
    not_the_same_pair,
    not_the_source_system,
    ranked_by,
    read_tasks,
)
from rules_engine.conversion.suggest.assign import assign
from rules_engine.conversion.suggest.candidates import ranking
from rules_engine.conversion.suggest.model import Learned, confidence, learned
from rules_engine.conversion.suggest.profile import plain_name
from rules_engine.conversion.suggest.schema import Schema, SchemaField, read_schema
from rules_engine.conversion.suggest.suggest import suggest

FOLDER = Path(__file__).parents[2] / "shared" / "mapping" / "tasks"

INGREDIENTS = {
    "thesaurus: concepts": ("same concept", "same concept, nothing else said", "stands for it"),
    "words of names and labels": ("words", "words of both", "all words of the target", "all words of the source"),
    "spelling, same name and label": ("same name", "same label", "same name, same system", "spelling"),
    "qualifiers (billing, tax, estimated ...)": (
        "same qualifier", "contrary qualifier", "qualifier of the source alone", "qualifier of the target alone",
    ),
    "kinds of values": ("kinds fit", "kinds do not fit", "same kind"),
    "references": ("points to the same", "points elsewhere", "names what it points to"),
    "own numbers and names": (
        "own number into a field for its system", "own key into a field for its system",
        "own number into a field for its record", "own number into a field of origin",
        "own number into own number", "own name into own name",
    ),
    "sample values and choices": ("values look alike", "values look unlike", "values in common", "choices in common"),
}  # fmt: skip


@dataclass
class Count:
    right: int = 0
    wrong: int = 0
    found: int = 0
    among_three: int = 0
    wanted: int = 0
    traps: int = 0
    all_traps: int = 0

    def add(self, other: "Count") -> None:
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def figures(self) -> tuple[float, float, float, float]:
        """Precision, recall, F1, recall@3."""
        precision = self.right / max(1, self.right + self.wrong)
        recall = self.found / max(1, self.wanted)
        both = 2 * precision * recall / max(1e-9, precision + recall)
        return precision, recall, both, self.among_three / max(1, self.wanted)


@dataclass(frozen=True)
class Answer:
    """The ranked sources of each target, and what was decided."""

    ranked: Mapping[str, list[tuple[str, ...]]] = field(default_factory=dict)
    decided: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def judge(raw: Mapping[str, Any], answer: Answer) -> Count:
    chosen: dict[str, list[set[str]]] = {}
    wanted = set()
    for entry in raw["truth"]:
        chosen.setdefault(entry["target"], []).append(set(entry["source"]))
        if not entry.get("optional"):
            wanted.add(entry["target"])
    plausible, traps = _pairs(raw.get("ignore", ())), _pairs(raw.get("not_copied", ()))
    count = Count(wanted=len(wanted), all_traps=len(traps))
    for target, source in answer.decided.items():
        pairs = {(each, target) for each in source}
        if _hits(source, chosen.get(target, ())):
            count.right += 1
            count.found += target in wanted
        elif not pairs & plausible:
            count.wrong += 1
            count.traps += bool(pairs & traps)
    for target in wanted:
        count.among_three += any(_hits(each, chosen[target]) for each in answer.ranked.get(target, [])[:3])
    return count


def _hits(source: Iterable[str], chosen: Iterable[set[str]]) -> bool:
    return any(each & set(source) for each in chosen)


def _pairs(entries: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(name, entry["target"]) for entry in entries for name in entry["source"]}


def suggested(task: Task, by: Learned) -> Answer:
    found = suggest(read_schema(task.raw["source"]), read_schema(task.raw["target"]), by=by)
    ranked: dict[str, list[tuple[str, ...]]] = {}
    for each in found:
        ranked.setdefault(each.target, []).append(each.source)
    return Answer(ranked, {each.target: each.source for each in found if each.accept})


def same_name(task: Task) -> Answer:
    sources = {plain_name(each.field.name): each.field.name for each in task.pair.sources}
    pairs = {each.field.name: sources.get(plain_name(each.field.name)) for each in task.pair.targets}
    found = {target: (source,) for target, source in pairs.items() if source}
    return Answer({target: [source] for target, source in found.items()}, found)


def by_expectation(task: Task) -> Answer:
    """What was expected before anything was learned: each target's likeliest source, where names speak for it."""
    total = ranking(task.pair, task.evidence, EXPECTED).likelihood
    ranked, decided = {}, {}
    for at, target in enumerate(task.pair.targets):
        order = np.argsort(-total[:, at], kind="stable")[:5]
        ranked[target.field.name] = [(task.pair.sources[each].field.name,) for each in order]
        if task.evidence["words"][order[0], at] >= 0.8 or task.evidence["same concept"][order[0], at] >= 0.9:
            decided[target.field.name] = ranked[target.field.name][0]
    return Answer(ranked, decided)


def line(name: str, tasks: Sequence[Task], answer: Callable[[Task], Answer]) -> str:
    between, every = Count(), Count()
    for task in tasks:
        count = judge(task.raw, answer(task))
        every.add(count)
        if len(task.systems) > 1:
            between.add(count)
    columns = "  ".join(f"{each:.3f}" for each in (*between.figures, *every.figures))
    return f"{name:46}  {columns}  {every.traps}/{every.all_traps}"


def cross_validated(tasks: Sequence[Task], apart: Callable[[Task, Task], bool], trees: int) -> Callable[[Task], Answer]:
    """Each task by what was learned without its like; calibration and threshold are the shipped ones."""
    shipped = learned()
    found = learned_apart(tasks, apart, trees)
    return lambda task: suggested(
        task, replace(found[task.name], calibration=shipped.calibration, accept=shipped.accept)
    )


def without(tasks: Sequence[Task], names: Iterable[str]) -> list[Task]:
    gone = set(names)
    return [
        replace(task, evidence={name: matrix * (name not in gone) for name, matrix in task.evidence.items()})
        for task in tasks
    ]


def speed(fields: int = 300) -> float:
    """Seconds of processor time for two schemas of so many fields, the reading of the package's data not counted."""
    words = ("order", "customer", "delivery", "billing", "tax", "unit", "price", "quantity", "discount", "date", "note",
             "reference", "city", "country")  # fmt: skip
    names = [f"{words[at % 14]}_{words[(at * 5 + 3) % 14]}_{at}" for at in range(fields)]
    samples = tuple({name: f"value {at + row}" for at, name in enumerate(names)} for row in range(5))
    sides = [
        Schema(tuple(SchemaField(name, name.replace("_", " "), "string") for name in names), system, "order", samples)
        for system in ("one", "two")
    ]
    suggest(read_schema(["a"]), read_schema(["b"]))
    start = time.process_time()
    suggest(*sides)
    return time.process_time() - start


def main(folder: Path, ablation: bool) -> None:
    print(f"two schemas of 300 fields: {speed():.2f} s of processor time")
    if not folder.is_dir():
        print(f"skipped: no pairs of schemas at {folder}")
        return
    tasks = read_tasks(folder)
    print(f"{len(tasks)} pairs of schemas        between systems: P, R, F1, recall@3; all: the same; traps")
    print(line("the same name", tasks, same_name))
    print(line("expected weights, nothing learned", tasks, by_expectation))
    for name, apart in (
        ("learned without both systems of the pair", no_system_in_common),
        ("learned without the pair's source system", not_the_source_system),
        ("learned without the pair", not_the_same_pair),
    ):
        print(line(name, tasks, cross_validated(tasks, apart, TREES)), flush=True)
    print(line("as shipped (has seen these pairs)", tasks, lambda task: suggested(task, learned())))
    if ablation:
        print("learned without the pair's source system and without one ingredient, 40 trees:")
        for name, gone in (("nothing left out", ()), *INGREDIENTS.items()):
            less = without(tasks, gone)
            print(line(f"  {name}", less, _ablated(less)), flush=True)


def _ablated(tasks: Sequence[Task]) -> Callable[[Task], Answer]:
    """Judged on scores of the reduced evidence, by the same assignment."""
    found = learned_apart(tasks, not_the_source_system, 40)
    shipped = learned()

    def answer(task: Task) -> Answer:
        _, chosen, scored = ranked_by(task, found[task.name])
        sure = confidence(scored, shipped.calibration)
        best = assign({(each.source, each.target): float(sure[at]) for at, each in enumerate(chosen)}, shipped.accept)
        names = [each.field.name for each in task.pair.sources], [each.field.name for each in task.pair.targets]
        ranked: dict[str, list[tuple[str, ...]]] = {}
        for at in np.argsort(-sure, kind="stable"):
            ranked.setdefault(names[1][chosen[at].target], []).append((names[0][chosen[at].source],))
        return Answer(ranked, {names[1][target]: (names[0][source],) for target, source in best.items()})

    return answer


if __name__ == "__main__":
    given = [each for each in sys.argv[1:] if not each.startswith("--")]
    main(Path(given[0]) if given else FOLDER, "--ablation" in sys.argv[1:])
