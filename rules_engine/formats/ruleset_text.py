"""A ruleset's text as a ruleset, with every finding at once."""

import re
from dataclasses import fields
from datetime import date
from decimal import Decimal

from rules_engine.formats import literals
from rules_engine.formats.conditions import Counter, read_condition
from rules_engine.formats.notes import (
    Notes,
    as_items,
    as_table,
    as_text,
    check_format,
    check_keys,
    nearest,
    need,
    one_of,
    place_of,
    root_table,
    shape,
    shown,
    text_at,
)
from rules_engine.formats.paths import Scope, follow
from rules_engine.formats.ruleset_writer import write_ruleset as write_ruleset
from rules_engine.formats.yaml_tree import Node, Table, Text, read_tree
from rules_engine.model.catalog import Catalog, Type
from rules_engine.model.finding import Place
from rules_engine.model.ruleset import (
    TODAY,
    Amount,
    Condition,
    HitPolicy,
    Late,
    Mode,
    Outcome,
    Policies,
    Price,
    Quantities,
    Revision,
    Rounding,
    Rule,
    Ruleset,
    Step,
    Verdict,
)

NO_CONDITIONS = "a rule with no conditions can't be published"
_KEYS = ("format", "ruleset", "title", "description", "step", "hit_policy", "policies", "otherwise", "rules")
_RULE_KEYS = ("id", "title", "mode", "when", "then", "effective_from", "effective_until")
_VERDICTS = tuple(each.value for each in Verdict)
_NAME = re.compile("[a-z0-9]+(-[a-z0-9]+)*")


def read_ruleset(text: str, catalog: Catalog, file: str = "") -> Ruleset:
    """The ruleset of a text; raises Unreadable with all findings."""
    notes = Notes()
    ruleset = _ruleset(root_table(read_tree(text, file), "a ruleset"), catalog, notes)
    notes.raise_errors()
    return ruleset


def _ruleset(table: Table, catalog: Catalog, notes: Notes) -> Ruleset:
    check_format(table, notes, "a ruleset")
    check_keys(table, _KEYS, notes, "a ruleset")
    need(table, "step", notes, "a ruleset")
    name = kebab_at(table, "ruleset", notes, "a ruleset")
    otherwise = table.entries.get("otherwise")
    return Ruleset(
        name,
        text_at(table, "title", notes, "a ruleset", required=False) or spoken(name),
        Step(one_of(table, "step", [each.value for each in Step], notes, Step.OPPORTUNITY_TO_QUOTE)),
        _rules(table, catalog, notes),
        HitPolicy(one_of(table, "hit_policy", [each.value for each in HitPolicy], notes, HitPolicy.FIRST)),
        (read_outcome(otherwise, notes) if otherwise is not None else None) or Outcome(Verdict.IGNORE),
        text_at(table, "description", notes, "a ruleset", required=False),
        _policies(table, catalog, notes),
        table.place,
    )


def _policies(table: Table, catalog: Catalog, notes: Notes) -> Policies:
    node = table.entries.get("policies")
    found = as_table(node, notes, "`policies`") if node is not None else None
    if found is None:
        return Policies()
    check_keys(found, [each.name for each in fields(Policies)], notes, "`policies`")
    words = [each.value for each in Late]
    expiry, siblings = (Late(one_of(found, key, words, notes, Late.HOLD)) for key in ("expiry", "siblings"))
    return Policies(
        expiry, siblings, _rates(found, catalog, notes),
        Rounding(one_of(found, "rounding", [each.value for each in Rounding], notes, Rounding.HALF_UP_PER_DOCUMENT)),
        _tolerance(found, notes),
        Price(one_of(found, "price", [each.value for each in Price], notes, Price.LOCK)),
        Quantities(one_of(found, "quantities", [each.value for each in Quantities], notes, Quantities.HOLD)),
        Amount(one_of(found, "amount", [each.value for each in Amount], notes, Amount.SUM)),
        Revision(one_of(found, "revision", [each.value for each in Revision], notes, Revision.PROPOSE)),
    )  # fmt: skip


def _tolerance(table: Table, notes: Notes) -> Decimal:
    node = table.entries.get("tolerance")
    if node is None:
        return Decimal(0)
    amount = literals.number(node.text) if isinstance(node, Text) else None
    if amount is None or amount < 0:
        notes.error("type-mismatch", f"`tolerance` is an amount in the document's currency, and here stands "
                    f"{shape(node)}", node.place, "write a number from 0, such as `0.05`")  # fmt: skip
        return Decimal(0)
    return amount


def _rates(table: Table, catalog: Catalog, notes: Notes) -> str:
    path = text_at(table, "rates", notes, "`policies`", required=False) or TODAY
    step = follow(catalog, "case", path)
    one_date = not step.unknown and [each.type for each in step.fields].count(Type.RECORDS) == 0
    if path != TODAY and not (one_date and step.fields[-1].type is Type.DATE):
        dates = [each for each, one in catalog.paths("case", depth=2) if one.type is Type.DATE]
        notes.error("unknown-field", f"`rates` is the day of the exchange rates, and `{shown(path)}` is none",
                    table.entries["rates"].place, nearest(path, [TODAY, *dates], "write"))  # fmt: skip
    return path


def spoken(name: str) -> str:
    """The title of something that has none: `big-deal` is "Big deal"."""
    words = name.replace("-", " ")
    return words[:1].upper() + words[1:]


def kebab_at(table: Table, key: str, notes: Notes, what: str) -> str:
    """A name of small letters, digits and single hyphens."""
    name = text_at(table, key, notes, what)
    if name and not _NAME.fullmatch(name):
        better = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        notes.error("bad-name", f"`{shown(name)}` is no name: small letters, digits and single hyphens make one",
                    table.entries[key].place, f"did you mean `{better}`?" if better else "")  # fmt: skip
    return name


def _rules(table: Table, catalog: Catalog, notes: Notes) -> tuple[Rule, ...]:
    node = need(table, "rules", notes, "a ruleset")
    items = as_items(node, notes, "`rules`") if node is not None else ()
    if node is not None and not items and not notes.findings:
        notes.error("missing-key", "the ruleset has no rules", node.place, "write at least one rule")
    scope, counter = Scope(catalog, "case"), Counter()
    tables = [as_table(each, notes, "a rule") for each in items]
    rules = [_rule(each, scope, notes, counter) for each in tables if each is not None]
    _check_ids([each for each in tables if each is not None], notes)
    return tuple(rule for rule in rules if rule is not None)


def _check_ids(tables: list[Table], notes: Notes) -> None:
    first: dict[str, Place] = {}
    for table in tables:
        node = table.entries.get("id")
        if not isinstance(node, Text):
            continue
        if node.text in first:
            notes.error("duplicate-rule", f"two rules are called `{shown(node.text)}`, the first in line "
                        f"{first[node.text].line}", node.place, "give each rule its own id")  # fmt: skip
        first.setdefault(node.text, node.place)


def _rule(table: Table, scope: Scope, notes: Notes, counter: Counter) -> Rule | None:
    check_keys(table, _RULE_KEYS, notes, "a rule")
    name = kebab_at(table, "id", notes, "a rule")
    when = _when(table, scope, notes, counter)
    node = need(table, "then", notes, "a rule")
    then = read_outcome(node, notes) if node is not None else None
    start, end = _day_at(table, "effective_from", notes), _day_at(table, "effective_until", notes)
    if start and end and start > end:
        notes.error("empty-range", f"the rule is in effect from {start} until {end}, which is never",
                    place_of(table, "effective_until"), "write the earlier day first")  # fmt: skip
    if when is None or then is None:
        return None
    title = text_at(table, "title", notes, "a rule", required=False) or spoken(name)
    mode = Mode(one_of(table, "mode", [each.value for each in Mode], notes, Mode.ON))
    return Rule(name, title, when, then, mode, start, end, table.place)


def _when(table: Table, scope: Scope, notes: Notes, counter: Counter) -> Condition | None:
    node = table.entries.get("when")
    if node is None or (isinstance(node, Text) and not node.text):
        notes.error("empty-group", NO_CONDITIONS, place_of(table, "when"), "write `when:` and a condition")
        return None
    return read_condition(node, scope, notes, counter)


def _day_at(table: Table, key: str, notes: Notes) -> date | None:
    node = table.entries.get(key)
    if node is None:
        return None
    found = literals.day(node.text) if isinstance(node, Text) else None
    if found is None:
        notes.error("type-mismatch", f"`{key}` is a date, and here stands {shape(node)}", node.place,
                    "write a date such as `2026-03-31`")  # fmt: skip
    return found


def read_outcome(node: Node, notes: Notes) -> Outcome | None:
    """`convert`, or `{hold: reason}`."""
    if isinstance(node, Text):
        return _verdict(node.text.strip(), "", node.place, notes)
    if isinstance(node, Table) and len(node.entries) == 1:
        word, reason = next(iter(node.entries.items()))
        said = as_text(reason, notes, f"the reason of `{shown(word)}`")
        return _verdict(word, said or "", node.keys[word], notes)
    notes.error("wrong-shape", f"an outcome is a verdict with or without its reason, and here stands {shape(node)}",
                node.place, "write `convert` or `{hold: the reason}`")  # fmt: skip
    return None


def _verdict(word: str, reason: str, place: Place, notes: Notes) -> Outcome | None:
    if word in _VERDICTS:
        return Outcome(Verdict(word), reason)
    notes.error("unknown-word", f"`{shown(word)}` is no verdict", place, nearest(word, _VERDICTS))
    return None
