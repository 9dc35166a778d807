"""How long a decision takes, on the same rules and opportunities for every engine, in one run.

    python -m benchmarks.rules [RULES ...]

Prints, for 10, 100 and 1000 rules, the microseconds of processor time that a decision takes and its ratio to a
function of generated Python over plain values: that is what no engine with types, unknown values and explanations
can be, and so the machine's own measure. All engines take turns on short slices, so that whatever else the machine does
slows all alike; every answer is compared with the reference. zen-engine is asked too where it is installed.
"""

import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from time import process_time
from typing import Any as Json

from benchmarks import peers, peers_adapter
from benchmarks.peers_adapter import NOW
from benchmarks.workload import DATES, Document, workload
from rules_engine.bulk_matcher import BulkMatcher
from rules_engine.durable_matcher import Compiled, DurableMatcher
from rules_engine.evaluation.compiled.normal_form import normal_form
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.match import matched, trace_rules
from rules_engine.evaluation.scene import Scene
from rules_engine.model.case import Case
from rules_engine.model.ruleset import Ruleset

SIZES = (10, 100, 1000)
DOCUMENTS = 2_000
SLICE = 0.05  # seconds of processor time that an engine has in each of its turns
TURNS = 10
MEASURE = "generated Python, plain values"
KERNEL = "durable-rules alone, its facts known"


@dataclass
class Engine:
    """`ask` is given one of `inputs` and answers with ids; seconds and questions are what it has used up to now."""

    name: str
    ask: Callable[[Json], Iterable[str]]
    inputs: Sequence[object]
    seconds: float = 0.0
    questions: int = 0
    coming: Iterator[object] = field(init=False)

    def __post_init__(self) -> None:
        self.coming = cycle(self.inputs)

    @property
    def each(self) -> float:
        return self.seconds / self.questions


def main(sizes: Sequence[int]) -> None:
    for size in sizes:
        ruleset, documents = workload(size, DOCUMENTS)
        engines = _engines(ruleset, documents)
        expected = _expected(ruleset, documents)
        for each in engines:
            _check(each, expected, size)
        gc.collect()
        gc.freeze()
        for _ in range(TURNS):
            for each in engines:
                _turn(each)
        _print(size, engines, sum(map(len, expected)) / len(expected))


def _engines(ruleset: dict[str, Json], documents: Sequence[Document]) -> list[Engine]:
    ours: Ruleset = peers_adapter.ruleset(ruleset)
    read = peers_adapter.reader([each["when"] for each in ruleset["rules"]])
    cases = [Case(str(number), read(each)) for number, each in enumerate(documents)]
    found = [Engine(MEASURE, peers.generated_python(ruleset), documents)]
    if zen := peers.zen(ruleset):
        with_days = [each | {f"{name}_day": peers.day(each[name]) for name in DATES} for each in documents]
        found.append(Engine("zen-engine, one array expression", zen, with_days))
    bulk, durable = BulkMatcher(), DurableMatcher()
    alone = Compiled(ours, normal_form(ours))
    facts = [alone.codes(Scene(case, NOW, case.record)) for case in cases]
    return [
        *found,
        Engine("bulk matcher", lambda case: bulk.match(ours, case, NOW), cases),
        Engine("bulk matcher, JSON to values too", peers_adapter.compile_ruleset(ruleset), documents),
        Engine(KERNEL, alone.ask, facts),
        Engine("durable-rules with its facts", lambda case: durable.match(ours, case, NOW), cases),
        Engine("reference, whole trace", lambda case: matched(trace_rules(ours, case, NOW)), cases),
        Engine("evaluate: both, roles, reason", lambda case: evaluate(ours, case, NOW, durable).matched, cases),
    ]


def _expected(ruleset: dict[str, Json], documents: Sequence[Document]) -> list[set[str]]:
    decide = peers.generated_python(ruleset)
    return [set(decide(each)) for each in documents]


def _check(engine: Engine, expected: Sequence[set[str]], many: int) -> None:
    """Every engine's answers to the first documents, which also warms it."""
    first = max(5, 2000 // many)
    for answer, given in list(zip(expected, engine.inputs, strict=True))[:first]:
        if set(engine.ask(given)) != answer:
            raise SystemExit(f"{engine.name}: another answer than {MEASURE}")


def _turn(engine: Engine) -> None:
    ask, coming = engine.ask, engine.coming
    start = now = process_time()
    questions = 0
    while now - start < SLICE:
        for _ in range(10):
            ask(next(coming))
        questions += 10
        now = process_time()
    engine.seconds += now - start
    engine.questions += questions


def _print(size: int, engines: Sequence[Engine], true: float) -> None:
    measure = next(each.each for each in engines if each.name == MEASURE)
    kernel = next(each.each for each in engines if each.name == KERNEL)
    print(f"\n{size} rules, {true:.1f} of them true of an opportunity")
    print(f"{'':36}{'us a decision':>14}{'x generated':>13}{'x kernel':>10}")
    for each in engines:
        print(f"{each.name:36}{each.each * 1e6:14.1f}{each.each / measure:13.2f}{each.each / kernel:10.2f}")


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or SIZES)
