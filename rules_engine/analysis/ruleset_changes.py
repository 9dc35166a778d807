"""What changed between two rulesets, in words: rules known by their ids, conditions by their likeness."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import SequenceMatcher
from enum import StrEnum

from rules_engine.evaluation.sentence import NO_CATALOG, outcome_words, rule_sentence, sentence
from rules_engine.formats.editing.alignment import align, in_place
from rules_engine.formats.ruleset_text import spoken
from rules_engine.formats.ruleset_writer import condition_tree
from rules_engine.formats.yaml_writer import Bare, Tree
from rules_engine.model.catalog import Catalog
from rules_engine.model.ruleset import All, Any, Condition, Mode, NoneOf, Outcome, Rule, Ruleset, Step, Verdict


class What(StrEnum):
    """What of a ruleset or rule changed."""

    NAME = "name"
    TITLE = "title"
    DESCRIPTION = "description"
    STEP = "step"
    HIT_POLICY = "hit policy"
    POLICY = "policy"
    OTHERWISE = "otherwise"
    RULE_ADDED = "rule added"
    RULE_REMOVED = "rule removed"
    RULE_MOVED = "rule moved"
    RULE_RENAMED = "rule renamed"
    MODE = "mode"
    DAYS = "days of effect"
    OUTCOME = "outcome"
    GROUP = "group"
    CONDITION = "condition"
    CONDITION_ADDED = "condition added"
    CONDITION_REMOVED = "condition removed"
    CONDITION_MOVED = "condition moved"


@dataclass(frozen=True)
class Piece:
    """Words of a change: those that stay (``), those that are gone (`-`), those that are new (`+`)."""

    mark: str
    text: str


@dataclass(frozen=True)
class RuleChange:
    """One change; `rule` is the rule's new id, "" where the ruleset itself changed. `before` and `after` may be ""."""

    rule: str
    what: What
    before: str
    after: str

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """`before` and `after` laid over each other, word by word."""
        return tuple(_pieces(self.before, self.after))

    @property
    def lead(self) -> str:
        """What the words are about, where they do not say it themselves."""
        return _LEADS.get(self.what, "")

    def __str__(self) -> str:
        """``big-deal`: amount is at least ~~5000 EUR~~ 7500 EUR`."""
        words = " ".join(f"~~{each.text}~~" if each.mark == "-" else each.text for each in self.pieces)
        return ": ".join(each for each in (f"`{self.rule}`" if self.rule else "", self.lead, words) if each)


_SAY_THEMSELVES = (What.OUTCOME, What.CONDITION, What.GROUP, What.MODE)
_LEADS: Mapping[What, str] = {
    **{each: each.value for each in What if each not in _SAY_THEMSELVES},
    What.RULE_MOVED: "moved",
    What.RULE_RENAMED: "renamed",
}
_MODES = {Mode.ON: "switched on", Mode.WATCH: "only watches", Mode.OFF: "switched off"}
_GROUPS: Mapping[type, str] = {All: "all of these", Any: "any of these", NoneOf: "none of these"}


def diff(old: Ruleset, new: Ruleset, catalog: Catalog = NO_CATALOG) -> tuple[RuleChange, ...]:
    """Every change from `old` to `new`; none where they are equal. Labels are those of the catalog."""
    return (*_of_ruleset(old, new), *_of_rules(old, new, catalog))


def _of_ruleset(old: Ruleset, new: Ruleset) -> Iterator[RuleChange]:
    pairs = [
        (What.NAME, old.name, new.name),
        (What.TITLE, _own_title(old.title, old.name), _own_title(new.title, new.name)),
        (What.DESCRIPTION, old.description, new.description),
        (What.STEP, old.step.value, new.step.value),
        (What.HIT_POLICY, old.hit_policy.value, new.hit_policy.value),
        (What.OTHERWISE, _outcome(old.otherwise, old.step), _outcome(new.otherwise, new.step)),
    ]
    for each in fields(old.policies):
        before, after = getattr(old.policies, each.name), getattr(new.policies, each.name)
        pairs.append((What.POLICY, f"{each.name} {before}", f"{each.name} {after}"))
    yield from (RuleChange("", what, before, after) for what, before, after in pairs if before != after)


def _own_title(title: str, name: str) -> str:
    """A title that follows from the name changes with it, and is no change of its own."""
    return "" if title == spoken(name) else title


def _outcome(outcome: Outcome, step: Step) -> str:
    words = outcome_words(outcome, step)
    return words if not outcome.reason or outcome.verdict is Verdict.HOLD else f"{words}: {outcome.reason}"


# --- rules ---------------------------------------------------------------------------------------------------------


def _of_rules(old: Ruleset, new: Ruleset, catalog: Catalog) -> Iterator[RuleChange]:
    places = align([_rule_item(each) for each in old.rules], [_rule_item(each) for each in new.rules])
    yield from _removed(old, places, catalog)
    stay = in_place(places)
    for at, (rule, place) in enumerate(zip(new.rules, places, strict=True)):
        if place is None:
            yield RuleChange(rule.id, What.RULE_ADDED, "", rule_sentence(rule, new.step, catalog))
            continue
        if at not in stay:
            yield RuleChange(rule.id, What.RULE_MOVED, f"place {place + 1}", f"place {at + 1}")
        yield from _of_rule(old.rules[place], rule, old.step, new.step, catalog)


def _removed(old: Ruleset, places: Sequence[int | None], catalog: Catalog) -> Iterator[RuleChange]:
    for at, rule in enumerate(old.rules):
        if at not in places:
            yield RuleChange(rule.id, What.RULE_REMOVED, rule_sentence(rule, old.step, catalog), "")


def _of_rule(old: Rule, new: Rule, was: Step, now: Step, catalog: Catalog) -> Iterator[RuleChange]:
    before, after = _outcome(old.then, was), _outcome(new.then, now)
    pairs = [
        (What.RULE_RENAMED, old.id, new.id, old.id != new.id),
        (What.TITLE, old.title, new.title, _own_title(old.title, old.id) != _own_title(new.title, new.id)),
        (What.MODE, _MODES[old.mode], _MODES[new.mode], old.mode != new.mode),
        (What.DAYS, _days(old), _days(new), _days(old) != _days(new)),
        (What.OUTCOME, before, after, before != after),
    ]
    yield from (RuleChange(new.id, what, one, other) for what, one, other, differs in pairs if differs)
    yield from _of_conditions(old.when, new.when, new.id, lambda each: _sentence(each, catalog))


def _days(rule: Rule) -> str:
    start = f"from {rule.effective_from}" if rule.effective_from else ""
    end = f"until {rule.effective_until}" if rule.effective_until else ""
    return " ".join(each for each in (start, end) if each) or "always"


# --- conditions ----------------------------------------------------------------------------------------------------


def _of_conditions(old: Condition, new: Condition, rule: str, say: Callable[[Condition], str]) -> Iterator[RuleChange]:
    if old == new:
        return
    was, now = _as_group(old, new), _as_group(new, old)
    if was is None or now is None:
        yield RuleChange(rule, What.CONDITION, *_told_apart(old, new, say))
        return
    if type(was) is not type(now):
        yield RuleChange(rule, What.GROUP, _GROUPS[type(was)], _GROUPS[type(now)])
    places = align([_item(each) for each in was.conditions], [_item(each) for each in now.conditions])
    for at, each in enumerate(was.conditions):
        if at not in places:
            yield RuleChange(rule, What.CONDITION_REMOVED, say(each), "")
    stay = in_place(places)
    for at, (each, place) in enumerate(zip(now.conditions, places, strict=True)):
        if place is None:
            yield RuleChange(rule, What.CONDITION_ADDED, "", say(each))
            continue
        if at not in stay:
            yield RuleChange(rule, What.CONDITION_MOVED, "", say(each))
        yield from _of_conditions(was.conditions[place], each, rule, say)


def _as_group(one: Condition, other: Condition) -> All | Any | NoneOf | None:
    """A condition beside a group is a group of one."""
    if isinstance(one, All | Any | NoneOf):
        return one
    if isinstance(other, All | Any):
        return type(other)((one,))
    return All((one,)) if isinstance(other, NoneOf) else None


def _sentence(condition: Condition, catalog: Catalog) -> str:
    return sentence(condition, catalog)


def _told_apart(old: Condition, new: Condition, say: Callable[[Condition], str]) -> tuple[str, str]:
    """Two sentences; where they do not show the difference, the conditions as they are written."""
    before, after = say(old), say(new)
    return (before, after) if before != after else (_written(condition_tree(old)), _written(condition_tree(new)))


def _written(tree: Tree) -> str:
    return ", ".join(f"{'.'.join(path)} {word}" for path, word in _leaves(tree, ()))


def _leaves(tree: Tree, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(tree, Bare | str):
        yield path, tree.text if isinstance(tree, Bare) else tree
    elif isinstance(tree, Mapping):
        for key, each in tree.items():
            yield from _leaves(each, (*path, key))
    else:
        for each in tree:
            yield from _leaves(each, (*path, "*"))


def _item(condition: Condition) -> tuple[Hashable, Hashable, "Counter[Hashable]"]:
    return (None, condition, Counter(_leaves(condition_tree(condition), ())))


def _rule_item(rule: Rule) -> tuple[Hashable, Hashable, "Counter[Hashable]"]:
    words: Counter[Hashable] = Counter(_leaves(condition_tree(rule.when), ()))
    words.update([rule.then, rule.title])
    return (rule.id, (rule.when, rule.then), words)


# --- words ---------------------------------------------------------------------------------------------------------

ALIKE = 0.3  # below, two sentences are said one after the other rather than word by word


def _pieces(before: str, after: str) -> Iterator[Piece]:
    old, new = before.split(), after.split()
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < ALIKE:
        yield from (Piece(mark, text) for mark, text in (("-", before), ("+", after)) if text)
        return
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield Piece("", " ".join(old[a:b]))
            continue
        if a < b:
            yield Piece("-", " ".join(old[a:b]))
        if c < d:
            yield Piece("+", " ".join(new[c:d]))
