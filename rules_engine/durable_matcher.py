"""The production matcher: durable-rules as a stateless kernel, in the one file that knows it.

durable-rules 2.0.28 is exact and safe only within bounds, which this file keeps: the raw driver without a Host;
one fact a question, asserted and retracted; a discriminator (`k`) first, then a guard of its own for each rule
(`z` below its number: bounds the pending matches), then tests of integers; fields named by us; at most 50 rules
and 200 fields a handle; one lock a handle; and a session that has fired once before it is deleted.
"""

import itertools
import json
import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import durable_rules_engine as engine

from rules_engine.evaluation.compiled.coding import Codes, coding
from rules_engine.evaluation.compiled.normal_form import Alternative, NormalForm, normal_form
from rules_engine.evaluation.match import counts
from rules_engine.evaluation.scene import Scene
from rules_engine.model.case import Case
from rules_engine.model.errors import Retryable
from rules_engine.model.ruleset import Ruleset

_RULES_A_HANDLE: Final = 50
_FIELDS_A_HANDLE: Final = 200
_OPERATORS: Final = {"==": "$eq", "!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_NAMES: Final = itertools.count()
_FACT_ID: Final = '{"id":"x"}'
_STORED, _NOTHING_MATCHES = 0, 1


class DurableMatcher:
    """The `Matcher` port. Compiled rulesets are kept, the least recently used are torn down past `capacity`."""

    def __init__(self, capacity: int = 64) -> None:
        self._capacity = capacity
        self._start_anew()
        _MATCHERS.add(self)

    def match(self, ruleset: Ruleset, case: Case, now: datetime) -> frozenset[str]:
        """See `Matcher`. Raises Retryable where the engine failed; it is compiled anew at the next question."""
        scene = Scene(case, now, case.record)
        with self._borrowed(ruleset) as compiled:
            fired, today = compiled.fired(scene), scene.today
        return frozenset(rule.id for rule in ruleset.rules if rule.id in fired and counts(rule, today))

    def close(self) -> None:
        """Tear down all that nobody is asking at this moment; what is being asked goes when it has answered."""
        with self._lock:
            for compiled in self._compiled.values():
                compiled.retire()
            self._compiled.clear()

    @contextmanager
    def _borrowed(self, ruleset: Ruleset) -> Iterator["Compiled"]:
        """The compiled ruleset, which is not torn down while it is borrowed; one that failed is not lent again."""
        with self._lock:
            compiled = self._get(ruleset)
            compiled.users += 1
        try:
            yield compiled
        except EngineFailed:
            with self._lock:
                if self._compiled.get(id(ruleset)) is compiled:
                    del self._compiled[id(ruleset)]
                compiled.retired = True
            raise
        finally:
            with self._lock:
                compiled.users -= 1
                if compiled.retired:
                    compiled.retire()

    def _get(self, ruleset: Ruleset) -> "Compiled":
        # By identity; the compiled one holds its ruleset, so that the identity is not used again. To hash is slow.
        if id(ruleset) not in self._compiled:
            self._compiled[id(ruleset)] = Compiled(ruleset, normal_form(ruleset))
        self._compiled.move_to_end(id(ruleset))
        while len(self._compiled) > self._capacity:
            self._compiled.popitem(last=False)[1].retire()
        return self._compiled[id(ruleset)]

    def _start_anew(self) -> None:
        self._lock = threading.Lock()
        self._compiled: OrderedDict[int, Compiled] = OrderedDict()


_MATCHERS: weakref.WeakSet[DurableMatcher] = weakref.WeakSet()


def _after_fork() -> None:
    """In a forked process: a lock of the parent's may have been copied while it was held, for ever."""
    for matcher in list(_MATCHERS):
        matcher._start_anew()


os.register_at_fork(after_in_child=_after_fork)


class EngineFailed(Retryable):
    """durable-rules answered with an error code."""


@dataclass
class _Handle:
    """One durable ruleset: which facts it reads, and the rule that each of its durable rules stands for."""

    number: int
    facts: frozenset[str]
    rules: dict[str, str]


@dataclass(eq=False)
class Compiled:
    """One ruleset in the engine. `users` are asking it now; once `retired` it is torn down when they have done."""

    ruleset: Ruleset
    form: NormalForm
    codes: Codes = field(init=False)
    handles: list[_Handle] = field(init=False)
    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0
    retired: bool = False

    def __post_init__(self) -> None:
        self.codes = coding(self.form)
        self.handles = [_create(shard) for shard in _shards(self.form)]

    def fired(self, scene: Scene) -> set[str]:
        return self.ask(self.codes(scene))

    def ask(self, codes: dict[str, int]) -> set[str]:
        """The engine alone, of which the facts are known: the ids of the rules that are true."""
        with self.lock:
            return {rule for handle in self.handles for rule in _ask(handle, codes)}

    def retire(self) -> None:
        """Tear down, now or when the last user has done; the matcher's lock is held."""
        self.retired = True
        if not self.users:
            handles, self.handles = self.handles, []
            for handle in handles:
                _delete(handle)


def _shards(form: NormalForm) -> Iterator[list[tuple[str, Alternative]]]:
    """The (rule, alternative) pairs in portions that one handle bears."""
    shard: list[tuple[str, Alternative]] = []
    fields: set[str] = set()
    for rule, alternatives in form.rules.items():
        for alternative in alternatives:
            more = {test.fact for test in alternative}
            if shard and (len(shard) == _RULES_A_HANDLE or len(fields | more) > _FIELDS_A_HANDLE):
                yield shard
                shard, fields = [], set()
            shard.append((rule, alternative))
            fields |= more
    if shard:
        yield shard


def _create(shard: list[tuple[str, Alternative]]) -> _Handle:
    names = {f"r{number}": rule for number, (rule, _) in enumerate(shard)}
    rules = {f"r{number}": _rule(number, alternative) for number, (_, alternative) in enumerate(shard)}
    rules["prime"] = {"all": [{"m": {"$and": [{"k": 2}, {"$lt": {"z": 1}}]}}]}
    facts = frozenset(test.fact for _, alternative in shard for test in alternative)
    number = engine.create_ruleset(f"o2o-{os.getpid()}-{next(_NAMES)}", json.dumps(rules))
    return _Handle(number, facts, names)


def _rule(number: int, alternative: Alternative) -> dict[str, Any]:
    tests = [{_OPERATORS[test.operator]: {test.fact: test.code}} for test in alternative]
    return {"all": [{"m": {"$and": [{"k": 1}, {"$lt": {"z": number + 1}}, *tests]}}]}


def _ask(handle: _Handle, codes: dict[str, int]) -> set[str]:
    document = {"id": "x", "k": 1, "z": 0, **{name: code for name, code in codes.items() if name in handle.facts}}
    return {handle.rules[name] for name in _run(handle.number, json.dumps(document))}


def _run(number: int, document: str) -> set[str]:
    """The names of the durable rules that fire; the fact is gone afterwards."""
    fired: set[str] = set()
    try:
        code, offset = engine.assert_fact(number, document)
        if code == _NOTHING_MATCHES:
            return fired
        if code != _STORED:
            raise EngineFailed(f"the rules engine answered with code {code}")
        started = engine.start_action_for_state(number, offset)
        message = started[1] if started else None
        while message:
            # '{"r7":{"m":{...}}}': only the name is wanted, and parsing the whole would cost more than matching.
            fired.add(message.split('"', 2)[1])
            message = engine.complete_and_start_action(number, offset)
        engine.retract_fact(number, _FACT_ID)
    except engine.error as problem:
        raise EngineFailed(f"the rules engine failed: {problem}") from problem
    return fired


def _delete(handle: _Handle) -> None:
    """A session must have fired once before it may be deleted, else durable-rules frees what it never made."""
    with suppress(EngineFailed, engine.error):
        _run(handle.number, '{"id":"x","k":2,"z":0}')
        engine.delete_state(handle.number, None)
    with suppress(engine.error):
        engine.delete_ruleset(handle.number)
