"""Whether memory stays flat: rulesets published again and again, and very many decisions, in one process.

    python -m benchmarks.memory [SHARE]

Prints the resident memory at ten points of each task, and ends with 1 where it grew by more than 20 MiB after the first
point. SHARE (0.1) does that part of the work.
"""

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import peers_adapter
from benchmarks.peers_adapter import NOW
from benchmarks.workload import workload
from rules_engine.bulk_matcher import BulkMatcher
from rules_engine.durable_matcher import DurableMatcher
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.model.case import Case
from rules_engine.model.ruleset import Ruleset

POINTS = 10
MOST_GROWN = 20.0  # MiB
THREADS = 8


def main(share: float) -> int:
    tasks: list[tuple[str, int, Callable[[int], None]]] = [
        ("rulesets published anew", 1_000, Republished()),
        ("decisions with their trace", 100_000, Decided()),
        (f"decisions in {THREADS} threads, rulesets torn down meanwhile", 16_000, _threads),
        ("cases of one history", 100_000, _history),
    ]
    print(f"{'resident MiB after each tenth':60}{'grown':>8}")
    grown = [_curve(name, max(POINTS, int(count * share)), do) for name, count, do in tasks]
    return 1 if max(grown) > MOST_GROWN else 0


def _curve(name: str, count: int, do: Callable[[int], None]) -> float:
    """MiB that the task grew by after its first tenth."""
    curve = []
    for _ in range(POINTS):
        do(count // POINTS)
        gc.collect()
        curve.append(resident())
    grown = max(curve) - curve[0]
    print(f"{count} {name}\n  {' '.join(f'{each:.0f}' for each in curve):58}{grown:8.1f}")
    return grown


def resident() -> float:
    """MiB of this process that are in memory."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def _rules(count: int, seed: int) -> Ruleset:
    return peers_adapter.ruleset(workload(count, 0, seed)[0])


def _cases(count: int) -> Iterator[Case]:
    ruleset, documents = workload(60, min(count, 500))
    read = peers_adapter.reader([each["when"] for each in ruleset["rules"]])
    cases = [Case(str(number), read(each)) for number, each in enumerate(documents)]
    return (cases[number % len(cases)] for number in range(count))


class Republished:
    """Each ruleset is compiled, asked once and forgotten: teardown is most of the work."""

    def __init__(self) -> None:
        self.matcher = DurableMatcher(capacity=4)
        self.published = 0

    def __call__(self, count: int) -> None:
        case = next(_cases(1))
        for _ in range(count):
            self.published += 1
            self.matcher.match(_rules(20, self.published), case, NOW)


class Decided:
    def __init__(self) -> None:
        self.matcher = DurableMatcher()
        self.ruleset = _rules(3, 1)

    def __call__(self, count: int) -> None:
        for case in _cases(count):
            evaluate(self.ruleset, case, NOW, self.matcher)


def _threads(count: int) -> None:
    matcher = DurableMatcher(capacity=2)
    rulesets = [_rules(10, seed) for seed in range(6)]

    def ask(first: int) -> None:
        for number, case in enumerate(_cases(count // THREADS)):
            matcher.match(rulesets[(first + number // 20) % len(rulesets)], case, NOW)

    threads = [threading.Thread(target=ask, args=(each,)) for each in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    matcher.close()


def _history(count: int) -> None:
    ruleset = _rules(100, 7)
    for _ in BulkMatcher().match_all(ruleset, ((case, NOW) for case in _cases(count))):
        pass


if __name__ == "__main__":
    raise SystemExit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
