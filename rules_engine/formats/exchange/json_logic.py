"""JsonLogic as a ruleset: its operations as conditions of the catalog's types, and by name what has no counterpart.

Source of the operations' meaning: the reference implementation, json-logic-js 2.0.5 (MIT). JsonLogic knows true and
false alone. A condition is translated so that it is true exactly where the expression is truthy; under a `!`, so
that it is false exactly where the expression is falsy. Where an empty value would tell the two apart, the
translation says it (`also_when_empty`, `is_not_empty`), or a warning does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any as Raw

from rules_engine.formats.exchange.imported import (
    MAX_BYTES,
    MAX_RULES,
    Imported,
    Spot,
    Wanted,
    finished,
    free_name,
    held_for,
    is_name,
    outcome,
    title_of,
)
from rules_engine.formats.exchange.json_logic_comparisons import Here
from rules_engine.formats.exchange.json_logic_conditions import read_logic
from rules_engine.formats.notes import Notes, nearest, shown
from rules_engine.formats.paths import Scope
from rules_engine.formats.record_json import read_json
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding, Place
from rules_engine.model.ruleset import Outcome, Rule, Ruleset, Verdict

_KEYS = ("id", "title", "if", "then")
OTHERWISE = Outcome(Verdict.IGNORE)


def read_json_logic(raw: str | bytes, catalog: Catalog, wanted: Wanted, file: str = "") -> Imported:
    """The ruleset of a JsonLogic text; raises Unreadable with everything that has no counterpart.

    A list is a rule an entry; an entry is a bare expression, or `{"id", "title", "if": expression, "then": verdict}`.
    `{"if": [condition, verdict, ..., verdict]}` as a whole is a rule a branch.
    """
    if len(raw) > MAX_BYTES:
        message = f"the text has {len(raw)} characters, and at most {MAX_BYTES} are read"
        raise Unreadable([Finding("too-large", message, Place(file, 1, 1), suggestion="split it into several files")])
    notes = Notes()
    spot = Spot(Scope(catalog, "case"), notes, wanted, "", Place(file))
    reading = _Reading(spot, {})
    rules, otherwise = reading.whole(read_json(raw, file))
    if not rules and not notes.findings:
        spot.error("missing-key", "the text holds no rules", "write at least one rule")
    ruleset = Ruleset(wanted.name, title_of("", wanted.name), wanted.step, tuple(rules), otherwise=otherwise)
    return finished(ruleset, catalog, notes)


@dataclass(frozen=True)
class _Reading:
    """The entries of one text; `taken` are the ids given so far."""

    spot: Spot
    taken: dict[str, int]

    def whole(self, data: Raw) -> tuple[list[Rule], Outcome]:
        if isinstance(data, list):
            return self.entries(data)
        if isinstance(data, Mapping) and _chooses(data):
            return self.branches(data)
        rule = self.entry(data, "", 1)
        return [rule] if isinstance(rule, Rule) else [], OTHERWISE

    def entries(self, data: list[Raw]) -> tuple[list[Rule], Outcome]:
        """A last entry whose `if` is `true` says what happens otherwise."""
        if len(data) > MAX_RULES:
            self.spot.error("too-large", f"the text has more than {MAX_RULES} rules", "split it into several rulesets")
            return [], OTHERWISE
        last = data[-1] if data else None
        always = isinstance(last, Mapping) and last.get("if") is True and "then" in last
        rules = [self.entry(each, f"rules[{at}]", at + 1) for at, each in enumerate(data[:-1] if always else data)]
        found = [each for each in rules if each is not None]
        if not always or not isinstance(last, Mapping):
            return found, OTHERWISE
        then = self.then(last["then"], self.at(f"rules[{len(data) - 1}].then"))
        return found, held_for(then, "no rule is true") if then else OTHERWISE

    def branches(self, data: Mapping[str, Raw]) -> tuple[list[Rule], Outcome]:
        """`if` as a chain of conditions and verdicts: the first that is true decides."""
        operator, parts = next(iter(data.items()))
        rules = []
        for at in range(0, len(parts) - 1, 2):
            rules.append(self.rule("", "", (parts[at], f"{operator}[{at}]"), (parts[at + 1], f"{operator}[{at + 1}]"),
                                   at // 2 + 1))  # fmt: skip
        otherwise: Outcome | None = OTHERWISE
        if len(parts) % 2:
            otherwise = self.then(parts[-1], self.at(f"{operator}[{len(parts) - 1}]"))
        found = [each for each in rules if each is not None]
        return found, held_for(otherwise, "no rule is true") if otherwise else OTHERWISE

    def entry(self, data: Raw, path: str, number: int) -> Rule | None:
        if not isinstance(data, Mapping) or "then" not in data:
            return self.rule("", "", (data, path), None, number)
        self.check_keys(data, path)
        said, title = (self.text(data, key, path) for key in ("id", "title"))
        if "if" not in data:
            self.at(path).error("missing-key", "the rule lacks `if`", "write its condition")
            return None
        return self.rule(said, title, (data["if"], _in(path, "if")), (data["then"], _in(path, "then")), number)

    def rule(
        self, said: str, title: str, logic: tuple[Raw, str], then: tuple[Raw, str] | None, number: int
    ) -> Rule | None:
        name = free_name(said, f"rule-{number}", self.taken)
        when = read_logic(logic[0], Here(self.at(logic[1])))
        found = self.then(then[0], self.at(then[1])) if then else self.spot.wanted.then
        spoken = title or ("" if is_name(said) else said)
        if when is None or found is None:
            return None
        return Rule(name, title_of(spoken, name), when, held_for(found, f"rule `{name}` holds"))

    def then(self, said: Raw, spot: Spot) -> Outcome | None:
        """`"convert"`, `"hold: the reason"` or `{"hold": "the reason"}`."""
        match said:
            case str():
                known = said.strip() in spot.wanted.verdicts
                word, _, reason = (said, "", "") if known else said.partition(":")
                return outcome(word, reason, spot)
            case {**one} if len(one) == 1 and isinstance(next(iter(one.values())), str):
                return outcome(str(next(iter(one))), str(next(iter(one.values()))), spot)
        spot.error("wrong-shape", "a verdict is a text", 'write such as `"convert"` or `{"hold": "the reason"}`')
        return None

    def check_keys(self, data: Mapping[str, Raw], path: str) -> None:
        for key in data:
            if key not in _KEYS:
                self.at(path).error("unknown-key", f"a rule has no key `{shown(key)}`", nearest(key, _KEYS))

    def text(self, data: Mapping[str, Raw], key: str, path: str) -> str:
        said = data.get(key, "")
        if isinstance(said, str):
            return said
        self.at(_in(path, key)).error("wrong-shape", f"`{key}` is a text")
        return ""

    def at(self, path: str) -> Spot:
        return replace(self.spot, path=path)


def _in(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _chooses(data: Mapping[str, Raw]) -> bool:
    """Whether the whole is one `if` whose branches are verdicts rather than conditions."""
    if len(data) != 1 or next(iter(data)) not in ("if", "?:"):
        return False
    parts = next(iter(data.values()))
    if not isinstance(parts, list) or len(parts) < 2:
        return False
    return all(isinstance(each, str) and re.search(r"\w", each) for each in parts[1::2])
