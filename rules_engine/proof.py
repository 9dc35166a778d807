"""Proves a ruleset before it is published: a disposable process asks the production matcher about its boundary cases.

The matcher is native code that can crash, hang or eat memory. In a process of its own, with limits, that costs a
refusal with its reason and nothing else.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import IO, Any, Final

from rules_engine.analysis.boundary.boundary_cases import boundary_cases
from rules_engine.analysis.not_proved import Answer, Question, differences, failure
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.formats.values_json import decode_dataclass, encode_dataclass
from rules_engine.model.case import Case
from rules_engine.model.catalog import Catalog
from rules_engine.model.finding import Finding
from rules_engine.model.ruleset import Ruleset, walk
from rules_engine.ports import Matcher

# Conditions judged in one proof: what bounds its time for a ruleset of thousands of conditions.
MOST_JUDGED: Final = 200_000
FEWEST_CASES: Final = 20
_REFERENCE: Final = ReferenceMatcher()
_OUT_OF_MEMORY: Final = 71
_MOST_WRITTEN: Final = 64_000_000  # bytes
_MOST_KEPT: Final = 256
# What a Python needs of the environment to start; nothing else of it, secrets least of all, reaches the process.
_PASSED_ON: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONTZPATH", "SYSTEMROOT")


@dataclass(frozen=True)
class SubprocessProver:
    """The `Prover` port. `matcher` is `module:class`; `seconds` bounds the clock and the processor of each process."""

    matcher: str = "rules_engine.durable_matcher:DurableMatcher"
    seconds: int = 20
    megabytes: int = 1_024
    cases: int = 1_000
    # The sha256 of each ruleset that was proved already: publishing asks twice.
    _proved: dict[str, None] = field(default_factory=dict)

    def prove(self, ruleset: Ruleset, catalog: Catalog, now: datetime) -> tuple[Finding, ...]:
        """See `Prover`."""
        known = sha256(json.dumps(encode_dataclass(ruleset)).encode()).hexdigest()
        if known in self._proved:
            return ()
        limit = max(FEWEST_CASES, min(self.cases, MOST_JUDGED // max(_weight(ruleset), 1)))
        try:
            questions = list(boundary_cases(ruleset, catalog, now, limit))
            expected = [_REFERENCE.match(ruleset, *each) for each in questions]
        except Exception as problem:
            # The reference is total, and an author whose rule shows that it is not gets a reason like any other.
            return (failure(ruleset, "", f"cannot be compared, as the reference fails ({problem!r:.200})"),)
        findings = tuple(self._compared(ruleset, catalog, questions, expected))
        if not findings:
            self._proved[known] = None
            while len(self._proved) > _MOST_KEPT:
                self._proved.pop(next(iter(self._proved)), None)
        return findings

    def _compared(
        self, ruleset: Ruleset, catalog: Catalog, questions: Sequence[Question], expected: Sequence[Answer]
    ) -> Iterator[Finding]:
        ended = self._ask(ruleset, questions, alone=False)
        if ended.what:
            # Once more, a rule at a time, to say which one it is.
            again = self._ask(ruleset, questions, alone=True)
            yield failure(ruleset, again.rule if again.what else "", again.what or ended.what)
            return
        yield from differences(ruleset, catalog, questions, expected, ended.answers)

    def _ask(self, ruleset: Ruleset, questions: Sequence[Question], *, alone: bool) -> "_Ended":
        """Start a process, let it answer, and say how it ended."""
        asked = {
            "matcher": self.matcher,
            "seconds": self.seconds,
            "bytes": self.megabytes * 1_048_576,
            "alone": alone,
            "ruleset": encode_dataclass(ruleset),
            "questions": [encode_dataclass(each) for each in questions],
        }
        with tempfile.TemporaryFile() as into, tempfile.TemporaryFile() as out:
            into.write(json.dumps(asked).encode())
            into.seek(0)
            code = self._run(into, out)
            out.seek(0)
            return _ended(code, out.read(_MOST_WRITTEN).decode(errors="replace"), len(questions), alone, self)

    def _run(self, into: IO[bytes], out: IO[bytes]) -> int | None:
        """The exit code, None where the time was up. Files and no pipes: nothing can block, or fill our memory."""
        process = subprocess.Popen(
            [sys.executable, "-P", "-B", "-m", "rules_engine.proof"],
            stdin=into,
            stdout=out,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        try:
            return process.wait(self.seconds + 1)
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()
            process.wait()


def _weight(ruleset: Ruleset) -> int:
    """How many comparisons it takes to judge the ruleset once: a list of literals is as many as it has."""
    conditions = [each for rule in ruleset.rules for each in walk(rule.when)]
    literals = [getattr(getattr(each, "operand", None), "value", None) for each in conditions]
    return len(conditions) + sum(len(each) for each in literals if isinstance(each, tuple))


@dataclass(frozen=True)
class _Ended:
    """`what` says in words how a process failed, "" where it answered all; `rule` is what it was asked last."""

    answers: tuple[Answer, ...] = ()
    what: str = ""
    rule: str = ""


def _environment() -> dict[str, str]:
    root = Path(__file__).resolve().parent.parent
    kept = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {**kept, "PYTHONPATH": str(root), "PYTHONUTF8": "1"}


def _ended(code: int | None, written: str, wanted: int, alone: bool, limits: SubprocessProver) -> _Ended:
    lines = [each for line in written.splitlines() if (each := _line(line)) is not None]
    rule = next((str(each["rule"]) for each in reversed(lines) if "rule" in each), "")
    answers = tuple(frozenset(map(str, each["answer"])) for each in lines if "answer" in each)
    said = next((str(each["failed"]) for each in lines if "failed" in each), "")
    what = said or _in_words(code, limits)
    if not what and not alone and len(answers) != wanted:
        what = f"answered {len(answers)} of {wanted} questions"
    return _Ended(answers, what, rule)


def _line(line: str) -> Mapping[str, Any] | None:
    """A line of the answer; None for one that was cut off, or that the matcher itself printed."""
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _in_words(code: int | None, limits: SubprocessProver) -> str:
    if code is None or code == -getattr(signal, "SIGXCPU", 0):
        return f"did not answer within {limits.seconds} seconds"
    if code == _OUT_OF_MEMORY:
        return f"needed more than {limits.megabytes} MB of memory"
    if code < 0:
        return f"crashed (signal {-code}, {_signal(-code)})"
    return f"ended with code {code}" if code else ""


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "unknown"


# --- in the disposable process ------------------------------------------------------------------------------------


def answer() -> int:
    """Read the questions from standard input and write a line for each answer; the exit code says how it went."""
    asked = json.load(sys.stdin)
    _limit(int(asked["seconds"]), int(asked["bytes"]))
    try:
        _answer(asked)
    except MemoryError:
        return _OUT_OF_MEMORY
    except Exception as problem:
        # Whatever a matcher raises is the answer "it failed": this process exists to find that out.
        _say({"failed": f"failed ({str(problem)[:200] or type(problem).__name__})"})
    return 0


def _answer(asked: Mapping[str, Any]) -> None:
    ruleset = decode_dataclass(Ruleset, asked["ruleset"])
    questions = [(decode_dataclass(Case, case), decode_dataclass(datetime, now)) for case, now in asked["questions"]]
    module, _, name = str(asked["matcher"]).partition(":")
    matcher: Matcher = getattr(import_module(module), name)()
    if not asked["alone"]:
        for case, now in questions:
            _say({"answer": sorted(matcher.match(ruleset, case, now))})
        return
    for rule in ruleset.rules:
        _say({"rule": rule.id})
        one = replace(ruleset, rules=(rule,))
        for case, now in questions:
            matcher.match(one, case, now)


def _say(line: Mapping[str, object]) -> None:
    # Past Python's buffers, which a crash would take with it.
    os.write(1, f"{json.dumps(line)}\n".encode())


def _limit(seconds: int, size: int) -> None:
    """Bound processor time, memory, files and core dumps, where the system can."""
    try:
        import resource
    except ImportError:  # not a POSIX system: the clock alone bounds it
        return
    limits = {"CPU": seconds, "AS": size, "FSIZE": _MOST_WRITTEN, "CORE": 0, "NOFILE": 64}
    for name, most in limits.items():
        with suppress(ValueError, OSError, AttributeError):
            # At the softer limit of processor time comes SIGXCPU, which says what it was; at the harder one SIGKILL.
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most + 1 if name == "CPU" else most))


if __name__ == "__main__":
    sys.exit(answer())
