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
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import durable_rules_engine as engine

from rules_engine.evaluation.match import considered
from rules_engine.evaluation.normal_form import Alternative, NormalForm, normal_form
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
        self._lock = threading.Lock()
        self._process = os.getpid()
        # By identity, with the ruleset held so that the identity is not used again: hashing a tree is slow.
        self._compiled: OrderedDict[int, tuple[Ruleset, _Compiled]] = OrderedDict()

    def match(self, ruleset: Ruleset, case: Case, now: datetime) -> frozenset[str]:
        """See `Matcher`. Raises Retryable where the engine failed; it is compiled anew at the next question."""
        compiled = self._get(ruleset)
        try:
            fired = compiled.fired(Scene(case, now, case.record))
        except EngineFailed:
            self._forget(ruleset)
            raise
        return frozenset(rule.id for rule in ruleset.rules if rule.id in fired and considered(rule, case, now))

    def close(self) -> None:
        """Tear everything down."""
        with self._lock:
            for _, compiled in self._compiled.values():
                compiled.close()
            self._compiled.clear()

    def _get(self, ruleset: Ruleset) -> "_Compiled":
        with self._lock:
            if self._process != os.getpid():
                # The parent's handles were copied by fork, and a lock of theirs may be held for ever: start anew.
                self._compiled, self._process = OrderedDict(), os.getpid()
            if id(ruleset) not in self._compiled:
                self._compiled[id(ruleset)] = ruleset, _Compiled(normal_form(ruleset))
            self._compiled.move_to_end(id(ruleset))
            while len(self._compiled) > self._capacity:
                self._compiled.popitem(last=False)[1][1].close()
            return self._compiled[id(ruleset)][1]

    def _forget(self, ruleset: Ruleset) -> None:
        with self._lock:
            found = self._compiled.pop(id(ruleset), None)
        if found:
            found[1].close()


class EngineFailed(Retryable):
    """durable-rules answered with an error code."""


@dataclass
class _Handle:
    """One durable ruleset: which facts it reads, and the rule that each of its durable rules stands for."""

    number: int
    facts: frozenset[str]
    rules: dict[str, str]


@dataclass
class _Compiled:
    form: NormalForm
    handles: list[_Handle] = field(init=False)
    lock: threading.Lock = field(default_factory=threading.Lock)
    closed: bool = False

    def __post_init__(self) -> None:
        self.handles = [_create(shard) for shard in _shards(self.form)]

    def fired(self, scene: Scene) -> set[str]:
        codes = self.form.codes(scene)
        with self.lock:
            if self.closed:
                raise EngineFailed("the compiled ruleset was torn down meanwhile")
            return {rule for handle in self.handles for rule in _ask(handle, codes)}

    def close(self) -> None:
        with self.lock:
            handles, self.handles, self.closed = self.handles, [], True
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
