"""A ruleset made of another notation's text: conditions read as our own text's are, findings at the other's places."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rules_engine.formats.conditions import Counter, read_condition
from rules_engine.formats.notes import Notes, in_order, nearest, shown
from rules_engine.formats.paths import Scope, find_field
from rules_engine.formats.ruleset_text import read_ruleset, spoken
from rules_engine.formats.ruleset_writer import write_ruleset
from rules_engine.formats.yaml_tree import Items, Node, Table, Text
from rules_engine.model.catalog import Catalog, Field, Type
from rules_engine.model.finding import NOWHERE, Finding, Place, Severity
from rules_engine.model.operators import OPERATORS
from rules_engine.model.ruleset import Condition, Outcome, Ruleset, Step, Verdict

MAX_BYTES = 1_000_000
MAX_LEVELS = 40
MAX_RULES = 5_000
_NAME = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
_MACHINE = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # a UUID is an id, and no name for people
FoundT = TypeVar("FoundT")


@dataclass(frozen=True)
class Imported:
    """`findings` are warnings only: where the meaning is not quite the other notation's."""

    ruleset: Ruleset
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What the other notation does not say: the ruleset's own name and step, and words to be understood.

    `verdicts` maps the other's words to ours (`APPROVED` to `convert`). Bare numbers compared with money are amounts
    in `currency` ("" refuses them). `then` is the outcome of a condition that has none.
    """

    name: str
    step: Step
    verdicts: Mapping[str, str] = field(default_factory=dict)
    currency: str = ""
    then: Outcome = Outcome(Verdict.PROPOSE)


@dataclass(frozen=True)
class Spot:
    """A place in the other text, in its own words (`rules[2].and[0]`), and what is known there."""

    scope: Scope
    notes: Notes
    wanted: Wanted
    path: str
    place: Place = NOWHERE
    hint: str = ""  # another remedy than the reader's own
    counter: Counter = field(default_factory=Counter)

    def one_more(self) -> bool:
        """Count a condition of the whole text; false after a finding that there are too many."""
        return self.counter.one_more(word(""), self.notes)

    def error(self, check: str, message: str, suggestion: str = "") -> None:
        # A check's name is a word of ours, given where it is found.
        self.notes.findings.append(self.finding(check, message, Severity.ERROR, suggestion))

    def report(self, check: str, message: str, suggestion: str = "") -> None:
        """Warn that the meaning differs."""
        self.notes.findings.append(self.finding(check, message, Severity.WARNING, suggestion))

    def finding(self, check: str, message: str, severity: Severity, suggestion: str) -> Finding:
        where = f"{self.path}: " if self.path else ""
        return Finding(check, f"{where}{message}", self.place, severity, suggestion)

    def read(self, reader: Callable[[Notes], FoundT]) -> FoundT:
        """What a reader of our own text finds, its findings said at this place."""
        inner = Notes()
        found = reader(inner)
        for each in inner.findings:
            self.notes.findings.append(self.finding(each.check, each.message, each.severity, self.remedy(each)))
        return found

    def remedy(self, finding: Finding) -> str:
        if not self.hint:
            return finding.suggestion
        near = finding.suggestion if finding.suggestion.startswith("did you mean") else ""
        return f"{near} or {self.hint}" if near else self.hint

    def field_at(self, path: str) -> Field | None:
        """The field that the path names; None after a finding."""
        return self.read(lambda notes: find_field(Text(path, False, self.place), self.scope, notes))

    def comparison(self, path: str, operator: str, operand: Node | None, *, empty: bool = False) -> Condition | None:
        """The comparison as our own text would have it; None after a finding."""
        true = Text("true", True, self.place)
        flags = {"also_when_empty": true} if empty and OPERATORS[operator].negative else {}
        return self.condition({"field": word(path), operator: operand or true, **flags})

    def condition(self, entries: Mapping[str, Node]) -> Condition | None:
        table = Table(entries, dict.fromkeys(entries, self.place), self.place)
        found = self.read(lambda notes: read_condition(table, self.scope, notes, Counter()))
        return found if found is None else _nowhere(found)


def _nowhere(condition: Condition) -> Condition:
    return replace(condition, place=NOWHERE)


def word(text: str, *, plain: bool = False) -> Text:
    """A word of our own text; `plain` stands without quotes."""
    return Text(text, plain, NOWHERE)


def several(nodes: "list[Text]") -> Items:
    return Items(tuple(nodes), NOWHERE)


def operator_for(kind: Type, *names: str) -> str:
    """The first of the operators that a field of this type has: `less_than` for numbers, `before` for dates."""
    return next((name for name in names if kind in OPERATORS[name].types), names[0])


def amount(digits: str, field_: Field, name: str, spot: Spot) -> Text | None:
    """A number as an operand: of money in the wanted currency; None after a finding."""
    if field_.type is not Type.MONEY:
        return word(digits, plain=True)
    if not spot.wanted.currency:
        spot.error("type-mismatch", f"`{name}` is money, and `{shown(digits)}` has no currency",
                   "say the currency, such as `--currency EUR`")  # fmt: skip
        return None
    return word(f"{digits} {spot.wanted.currency}", plain=True)


def outcome(said: str, reason: str, spot: Spot) -> Outcome | None:
    """The outcome that a word stands for: a verdict, or a word that the caller gave a verdict for."""
    said = said.strip()
    mapped = spot.wanted.verdicts.get(said, said)
    words = [each.value for each in Verdict]
    if mapped not in words:
        hint = nearest(mapped, words)
        if not hint.startswith("did you"):
            hint = f'say such as `--verdict "{shown(said)}=convert"`'
        spot.error("unknown-word", f"`{shown(said)}` is no verdict", hint)
        return None
    return Outcome(Verdict(mapped), reason.strip())


def held_for(found: Outcome, reason: str) -> Outcome:
    """The outcome; a hold that says nothing of its own is for `reason`."""
    return replace(found, reason=reason) if found.verdict is Verdict.HOLD and not found.reason else found


def free_name(said: str, otherwise: str, taken: dict[str, int]) -> str:
    """An id of small letters, digits and hyphens near to what was said, and not taken; it is taken then.

    `taken` says of each id given how many were asked for by that name.
    """
    plain = said.strip().lstrip("_").lower()
    name = plain if is_name(plain) else re.sub("[^a-z0-9]+", "-", plain).strip("-")[:60].rstrip("-")
    name = otherwise if _MACHINE.search(plain) or not name else name
    found = name
    while found in taken:
        taken[name] += 1
        found = f"{name}-{taken[name]}"
    taken[found] = 1
    return found


def is_name(text: str) -> bool:
    return _NAME.fullmatch(text) is not None


def title_of(said: str, name: str) -> str:
    return said.strip() or spoken(name)


def finished(ruleset: Ruleset, catalog: Catalog, notes: Notes) -> Imported:
    """The ruleset with its warnings, once its own text has been read back. Raises Unreadable with all findings."""
    notes.raise_errors()
    # What is printed is what was understood: also our own limits and forbidden characters speak here.
    again = read_ruleset(write_ruleset(ruleset), catalog)
    return Imported(again, in_order(notes.findings))
