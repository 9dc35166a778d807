"""JsonLogic in and out: what is translated means the same, and what is not is named with its place."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.formats.exchange.imported import Wanted
from rules_engine.formats.exchange.json_logic import read_json_logic
from rules_engine.formats.exchange.json_logic_writer import Sayer, write_json_logic
from rules_engine.formats.notes import Notes
from rules_engine.formats.paths import Scope
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.formats.ruleset_writer import write_ruleset
from rules_engine.model.case import Case
from rules_engine.model.catalog import Type
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Severity
from rules_engine.model.ruleset import (
    All,
    Comparison,
    FieldOperand,
    HitPolicy,
    Literal,
    Mode,
    NoneOf,
    Outcome,
    Quantified,
    Quantifier,
    Rule,
    Ruleset,
    Step,
    Verdict,
    walk,
)
from rules_engine.model.ruleset import Any as AnyOf
from rules_engine.model.values import Money
from tests.formats.json_logic_meaning import evaluate, truthy
from tests.formats.reading import CATALOG, RICH, ROOT, findings
from tests.strategies import NOW, records, rulesets, world
from tests.strategies import _comparisons as comparisons

WANTED = Wanted("sample", Step.OPPORTUNITY_TO_QUOTE)
IN_EUROS = replace(WANTED, currency="EUR")
STAGE = {"var": "opportunity.stage"}
AMOUNT = {"var": "opportunity.amount"}
NAME = {"var": "opportunity.name"}
CHANCE = {"var": "opportunity.probability"}
FLAG = {"var": "account.framework_agreement"}


def brought(logic, wanted=IN_EUROS, catalog=CATALOG):
    return read_json_logic(json.dumps(logic), catalog, wanted)


def tried(read):
    """What is brought, or the findings for which it is refused."""
    try:
        return read(), ()
    except Unreadable as problem:
        return None, problem.findings


def condition(logic):
    """The condition of an expression that is translated without a warning."""
    found = brought(logic)
    assert found.findings == ()
    return found.ruleset.rules[0].when


def refused(logic, wanted=WANTED):
    return [str(each) for each in findings(lambda: brought(logic, wanted))]


def is_(path, value, operator="is", empty=False):
    return Comparison(path, operator, Literal(value), empty)


WON = is_("opportunity.stage", "closed_won")

# --- what each operation becomes ------------------------------------------------------------------------------

MEANT = [
    ({"==": [STAGE, "closed_won"]}, WON),
    ({"===": ["closed_won", STAGE]}, WON),
    ({"!=": [STAGE, "closed_won"]}, is_("opportunity.stage", "closed_won", "is_not", True)),
    ({"!": {"==": [STAGE, "closed_won"]}}, is_("opportunity.stage", "closed_won", "is_not", True)),
    ({"!": [{"!==": [STAGE, "closed_won"]}]}, WON),
    ({"and": [{"!!": STAGE}, {"!=": [STAGE, "closed_won"]}]}, is_("opportunity.stage", "closed_won", "is_not")),
    ({">": [CHANCE, 50]}, is_("opportunity.probability", Decimal(50), "more_than")),
    ({"<": [50, CHANCE]}, is_("opportunity.probability", Decimal(50), "more_than")),
    ({"<=": [10, CHANCE, 90]}, Comparison("opportunity.probability", "between", Literal((Decimal(10), Decimal(90))))),
    (
        {"<": [10, CHANCE, 90]},
        All((is_("opportunity.probability", Decimal(10), "more_than"),
             is_("opportunity.probability", Decimal(90), "less_than"))),
    ),
    ({">=": [AMOUNT, 1000]}, is_("opportunity.amount", Money(Decimal(1000), "EUR"), "at_least")),
    ({"<": [{"var": "opportunity.close_date"}, "2026-03-31"]},
     is_("opportunity.close_date", date(2026, 3, 31), "before")),
    ({"in": [STAGE, ["proposal", "closed_won"]]},
     Comparison("opportunity.stage", "is_any_of", Literal(("proposal", "closed_won")))),
    ({"!": {"in": [STAGE, ["proposal"]]}},
     Comparison("opportunity.stage", "is_none_of", Literal(("proposal",)), True)),
    ({"in": ["crane", NAME]}, is_("opportunity.name", "crane", "contains")),
    ({"!": {"in": ["crane", NAME]}}, is_("opportunity.name", "crane", "does_not_contain", True)),
    (NAME, Comparison("opportunity.name", "is_not_empty")),
    ({"!": NAME}, Comparison("opportunity.name", "is_empty")),
    ({"!!": [NAME]}, Comparison("opportunity.name", "is_not_empty")),
    ({"var": ["opportunity.name", None]}, Comparison("opportunity.name", "is_not_empty")),
    (FLAG, is_("account.framework_agreement", True)),
    ({"!": FLAG}, is_("account.framework_agreement", True, "is_not", True)),
    (CHANCE, is_("opportunity.probability", Decimal(0), "is_not")),
    ({"!": CHANCE}, AnyOf((Comparison("opportunity.probability", "is_empty"),
                           is_("opportunity.probability", Decimal(0))))),
    ({"!=": [CHANCE, None]}, Comparison("opportunity.probability", "is_not_empty")),
    ({"missing": ["opportunity.name", "opportunity.reference"]},
     AnyOf((Comparison("opportunity.name", "is_empty"), Comparison("opportunity.reference", "is_empty")))),
    ({"!": {"missing": ["opportunity.name"]}}, All((Comparison("opportunity.name", "is_not_empty"),))),
    ({"missing_some": [1, ["opportunity.name", "opportunity.reference"]]},
     All((Comparison("opportunity.name", "is_empty"), Comparison("opportunity.reference", "is_empty")))),
    ({"some": [{"var": "files"}, {"==": [{"var": "category"}, "drawing"]}]},
     Quantified(Quantifier.SOME, "files", is_("category", "drawing"))),
    ({"all": [{"var": "files"}, {"==": [{"var": "category"}, "drawing"]}]},
     Quantified(Quantifier.EVERY, "files", is_("category", "drawing"))),
    ({"or": [{"!": {"var": "files"}}, {"all": [{"var": "files"}, {"==": [{"var": "category"}, "drawing"]}]}]},
     Quantified(Quantifier.EVERY, "files", is_("category", "drawing"), also_when_empty=True)),
    ({"none": [{"var": "files"}, {"!": {"var": "name"}}]},
     Quantified(Quantifier.NO, "files", Comparison("name", "is_empty"))),
    ({"some": [{"var": "files"}, True]}, Quantified(Quantifier.SOME, "files")),
    ({"!": {"or": [{"!": NAME}, {"!": STAGE}]}},
     NoneOf((Comparison("opportunity.name", "is_empty"), Comparison("opportunity.stage", "is_empty")))),
    ({"if": [NAME, {"==": [STAGE, "closed_won"]}, False]},
     All((Comparison("opportunity.name", "is_not_empty"), WON))),
    ({"if": [NAME, False, {"==": [STAGE, "closed_won"]}]}, All((Comparison("opportunity.name", "is_empty"), WON))),
    ({"if": [NAME, True, {"==": [STAGE, "closed_won"]}]}, AnyOf((Comparison("opportunity.name", "is_not_empty"), WON))),
    ({"?:": [NAME, {"==": [STAGE, "closed_won"]}, {"in": ["a", NAME]}]},
     AnyOf((All((Comparison("opportunity.name", "is_not_empty"), WON)),
            All((Comparison("opportunity.name", "is_empty"), is_("opportunity.name", "a", "contains")))))),
    ({"and": [{"!=": [AMOUNT, None]}, {"!=": [{"var": "account.credit_limit"}, None]},
              {"<=": [AMOUNT, {"/": [{"*": [{"var": "account.credit_limit"}, 110]}, 100]}]}]},
     Comparison("opportunity.amount", "at_most", FieldOperand("account.credit_limit", None, Decimal(110)))),
]  # fmt: skip


@pytest.mark.parametrize(("logic", "meant"), MEANT, ids=[json.dumps(each[0])[:60] for each in MEANT])
def test_an_operation_becomes_its_counterpart(logic, meant):
    assert condition(logic) == meant


REFUSED = [
    ({"map": [{"var": "files"}, 1]}, '"map" has no counterpart'),
    ([{"!": NAME}, NAME, {"and": [{"map": [1, 2]}]}], 'rules[2].and[0]: "map" has no counterpart'),
    ({"and": [NAME, {"or": [{"==": [{"cat": [NAME, "x"]}, "ax"]}]}]},
     'and[1].or[0]: "cat" in a comparison has no counterpart; compare a field'),
    ({"==": [{"substr": [NAME, 0, 2]}, "ab"]}, '"substr" in a comparison has no counterpart; compare a field'),
    ({">": [CHANCE, {"+": [1, 2]}]},
     '"+" in a comparison has no counterpart; compare with a value, a field or a share of one'),
    ({"var": ["opportunity.name", "x"]},
     '"var" with a default has no counterpart; test whether the field is empty'),
    ({"==": [{"var": ["opportunity.name", "x"]}, "y"]},
     '"var" with a default has no counterpart; test whether the field is empty'),
    ({"==": [{"var": "opportunity.stge"}, "closed_won"]},
     "case has no field `opportunity.stge`; did you mean `opportunity.stage`?"),
    ({"==": [STAGE, "closed_on"]}, "`closed_on` is no choice of `opportunity.stage`; did you mean `closed_won`?"),
    ({">": [AMOUNT, 5000]},
     "`opportunity.amount` is money, and `5000` has no currency; say the currency, such as `--currency EUR`"),
    ({"==": [NAME, 5]}, '`opportunity.name` is text, and here stands the text `5`; put it in quotes: `"5"`'),
    ({"==": [CHANCE, "5"]},
     '`opportunity.probability` is a number, and here stands the text `"5"`; write the number without quotes'),
    ({"<": [{"var": "opportunity.close_date"}, "today"]},
     '`"today"` is only a text in JsonLogic, and no date; write the date'),
    ({"<": [CHANCE, None]}, '`opportunity.probability` is ordered against null; test for it with '
     '`{"==": [..., null]}`'),
    ({"and": [True, NAME]}, "and[0]: `true` is a value and no condition; leave it out, or compare a field with it"),
    ({"and": []}, "`and` has no conditions; write a condition in it or delete it"),
    ({"==": [NAME]}, '"==" takes 2 values, and here stand 1'),
    ({"some": [{"var": "opportunity.name"}, NAME]},
     '"some" asks about a list, and `opportunity.name` is none; name a list'),
    ({"some": [{"filter": [1, 2]}, NAME]}, '"some" of what is no field has no counterpart; name a list'),
    ({"==": [{"var": "files"}, "x"]},
     '`files` is no single value, and "==" compares those; write `some`, `all`, `none`, or `{"in": [value, field]}`'),
    ({"in": [NAME, "a constant"]},
     '"in" has a counterpart for a field in a list of values, and for a text in a field only'),
    ({"missing": [{"merge": [["a"], ["b"]]}]},
     '"missing" of what are no fixed names has no counterpart; name fields'),
    ([{"if": NAME, "then": "convrt"}], "rules[0].then: `convrt` is no verdict; did you mean `convert`?"),
    ([{"if": NAME, "then": "APPROVED"}],
     'rules[0].then: `APPROVED` is no verdict; say such as `--verdict "APPROVED=convert"`'),
    ([{"if": NAME, "then": 5}],
     'rules[0].then: a verdict is a text; write such as `"convert"` or `{"hold": "the reason"}`'),
    ([{"then": "convert"}], "rules[0]: the rule lacks `if`; write its condition"),
    ([{"if": NAME, "then": "convert", "tags": []}], "rules[0]: a rule has no key `tags`; allowed here: `id`, `title`, "
     "`if`, `then`"),
    ([{"if": [NAME, "convert", "hold"]}],
     "rules[0].if[1]: `\"convert\"` is a value and no condition; only an `if` that is the whole text gives verdicts"),
    ([], "the text holds no rules; write at least one rule"),
    ({"a": 1, "b": 2}, 'an expression is an object with one operation; write such as `{"==": [...]}`'),
]  # fmt: skip


@pytest.mark.parametrize(("logic", "said"), REFUSED, ids=[each[1][:50] for each in REFUSED])
def test_what_has_no_counterpart_is_named_with_its_place(logic, said):
    assert said in refused(logic)


def test_everything_refused_is_said_at_once():
    said = refused([{"map": [1, 2]}, {"and": [{"reduce": [1, 2, 3]}, {"==": [STAGE, "won"]}]}])
    assert len(said) == 3


WARNED = [
    ({"<": [CHANCE, 50]}, "an empty `opportunity.probability` counts as 0 in JsonLogic, and the comparison holds; "
                          "here it is unknown"),
    ({"!": {"and": [{">": [CHANCE, 50]}]}}, "![0].and[0]: an empty `opportunity.probability` counts as 0 in "
                                           "JsonLogic, and the comparison fails; here it is unknown"),
    ({"==": [NAME, None]}, 'null and "" are two values in JsonLogic, and here `opportunity.name` is empty with '
                           "either"),
    ({"==": [{"var": "opportunity.owner_name"}, NAME]}, "JsonLogic compares `opportunity.owner_name` and another "
     "field also where one of them is empty, and here that is unknown"),
    ({"missing": ["files"]}, "an empty list `files` is not missing in JsonLogic, and here it is empty"),
    ({">": [{"var": "opportunity.modified_at"}, "2026-03-01T00:00:00Z"]},
     "JsonLogic compares `opportunity.modified_at` as text, and here it is compared as a time"),
]  # fmt: skip


@pytest.mark.parametrize(("logic", "said"), WARNED, ids=[json.dumps(each[0]) for each in WARNED])
def test_a_meaning_that_differs_is_a_warning(logic, said):
    warnings = brought(logic).findings
    assert {each.severity for each in warnings} == {Severity.WARNING}
    assert [str(each) for each in warnings] == [said]


def test_an_if_with_verdicts_becomes_a_rule_a_branch():
    found = brought({"if": [{"==": [STAGE, "closed_won"]}, "convert", NAME, "hold: a person looks", "WAIT"]},
                    replace(WANTED, verdicts={"WAIT": "propose"})).ruleset  # fmt: skip
    assert [(each.id, each.when, each.then) for each in found.rules] == [
        ("rule-1", WON, Outcome(Verdict.CONVERT)),
        ("rule-2", Comparison("opportunity.name", "is_not_empty"), Outcome(Verdict.HOLD, "a person looks")),
    ]
    assert found.otherwise == Outcome(Verdict.PROPOSE)


def test_entries_bring_their_ids_titles_and_verdicts():
    found = brought([
        {"id": "Big Deal!", "if": NAME, "then": "convert"},
        {"id": "big-deal", "title": "Big", "if": NAME, "then": {"propose": "look"}},
        NAME,
        {"if": True, "then": "hold"},
    ], replace(WANTED, then=Outcome(Verdict.CONVERT))).ruleset  # fmt: skip
    assert [(each.id, each.title, each.then) for each in found.rules] == [
        ("big-deal", "Big Deal!", Outcome(Verdict.CONVERT)),
        ("big-deal-2", "Big", Outcome(Verdict.PROPOSE, "look")),
        ("rule-3", "Rule 3", Outcome(Verdict.CONVERT)),
    ]
    assert found.otherwise == Outcome(Verdict.HOLD, "no rule is true")


def test_rules_of_one_name_are_told_apart_quickly():
    found = brought(
        [{"id": "big-2", "if": NAME, "then": "convert"}] + [{"id": "big", "if": NAME, "then": "convert"}] * 300
    )
    assert [each.id for each in found.ruleset.rules][:4] == ["big-2", "big", "big-3", "big-4"]


def test_the_limits_are_said():
    deep = NAME
    for _ in range(60):
        deep = {"and": [deep]}
    doubled = NAME
    for _ in range(35):
        doubled = {"if": [doubled, NAME, {"!": NAME}]}
    shares = 1
    for _ in range(400):
        shares = {"/": [shares, 100]}
    big = {"and": [NAME] * 5_001}
    for logic, word in ((deep, "levels deep"), (big, "5000 conditions"), (doubled, "5000 conditions"),
                        ([NAME] * 5_001, "5000 rules"), ({"<": [CHANCE, shares]}, "no counterpart")):  # fmt: skip
        assert any(word in each for each in refused(logic))
    assert any("1000000" in str(each) for each in findings(lambda: read_json_logic(" " * 1_000_001, CATALOG, WANTED)))
    assert findings(lambda: read_json_logic("{", CATALOG, WANTED))[0].check == "not-json"
    assert findings(lambda: read_json_logic("[" * 100_000, CATALOG, WANTED))[0].check in ("not-json", "too-deep")


# --- JsonLogic's own meaning ----------------------------------------------------------------------------------


def as_json(value):
    """What JsonLogic sees of a value: amounts in euros are bare numbers, times are text."""
    match value:
        case dict():
            return {key: as_json(each) for key, each in value.items()}
        case tuple():
            return [as_json(each) for each in value]
        case Money(amount, _):
            return amount
        case date() | datetime():
            return value.isoformat()
        case str() | bool() | Decimal() | None:
            return value
        case _:
            return str(value)


def whole(record, rules, catalog):
    """The record with every field that a rule names, null where it was missing: JsonLogic knows no difference."""
    for rule in rules:
        record = _filled(record, rule.when, catalog, "case")
    return record


def _filled(record, condition, catalog, root):
    for each in walk_here(condition):
        paths = [each.collection] if isinstance(each, Quantified) else [each.field]
        if isinstance(each, Comparison) and isinstance(each.operand, FieldOperand):
            paths.append(each.operand.path)
        for path in paths:
            record = _with_path(record, path, catalog.find(root, path))
        if isinstance(each, Quantified) and each.where is not None:
            items = tuple(_filled(item, each.where, catalog, catalog.find(root, each.collection).of)
                          for item in _at(record, each.collection) or ())  # fmt: skip
            record = _set(record, each.collection, items)
    return record


def walk_here(condition):
    """The comparisons and quantifiers on this level: not those inside a `where`."""
    if isinstance(condition, Comparison | Quantified):
        yield condition
    elif isinstance(condition, All | AnyOf | NoneOf):
        for each in condition.conditions:
            yield from walk_here(each)


def _at(record, path):
    for name in path.split("."):
        record = (record or {}).get(name)
    return record


def _set(record, path, value):
    name, _, rest = path.partition(".")
    return {**record, name: _set(record.get(name) or {}, rest, value) if rest else value}


def _with_path(record, path, field):
    value = _at(record, path)
    other_currency = isinstance(value, Money) and value.currency != "EUR"
    # A number that is "" is nothing that JsonLogic's authors write.
    if other_currency or (value == "" and field.type not in (Type.TEXT, Type.RICH_TEXT)):
        value = None
    return _set(record, path, value)


TIMES = (Type.DATETIME, Type.TIME, Type.DURATION)


def timeless(here):
    """A world without fields that JsonLogic cannot compare, so that most of what is drawn can be said."""
    return replace(here, fields=tuple(each for each in here.fields if each[1].type not in TIMES))


@st.composite
def sayable(draw, here, depth):
    """A condition that JsonLogic can say: comparisons, groups and quantifiers."""
    kind = draw(st.sampled_from(["leaf", "leaf", "group", "list"] if depth else ["leaf"]))
    if kind == "list" and here.lists:
        path, field = draw(st.sampled_from(here.lists))
        quantifier = draw(st.sampled_from(Quantifier))
        inner = draw(sayable(timeless(here.within(field)), depth - 1))
        every = quantifier is Quantifier.EVERY
        where = inner if every or draw(st.booleans()) else None
        return Quantified(quantifier, path, where, every and draw(st.booleans()))
    if kind == "group":
        inner = draw(st.lists(sayable(here, depth - 1), min_size=1, max_size=3))
        return draw(st.sampled_from([All, AnyOf, NoneOf]))(tuple(inner))
    return draw(comparisons(here).filter(lambda each: is_said(each, here)))


def is_said(condition, here):
    notes = Notes()
    Sayer(Scope(here.catalog, here.root), notes, "EUR", "").logic(condition, negated=False)
    return not notes.findings


def rules_said():
    """Rulesets of conditions that can be said."""
    here = timeless(world(RICH))
    return st.lists(sayable(here, 3), min_size=1, max_size=4).map(ruleset_of)


def ruleset_of(conditions):
    then = Outcome(Verdict.CONVERT)
    rules = tuple(Rule(f"rule-{at}", f"Rule {at}", each, then) for at, each in enumerate(conditions, 1))
    return Ruleset("sample", "Sample", WANTED.step, rules)


def expressible(drawn):
    """The rules of a ruleset that JsonLogic can say, and their text."""
    plain = replace(drawn, rules=tuple(replace(each, mode=Mode.ON, effective_from=None, effective_until=None)
                                       for each in drawn.rules), hit_policy=HitPolicy.FIRST)  # fmt: skip
    plain = Ruleset("sample", "Sample", WANTED.step, plain.rules, otherwise=plain.otherwise)
    kept = []
    for rule in plain.rules:
        try:
            write_json_logic(replace(plain, rules=(rule,)), RICH, "EUR")
        except Unreadable:
            continue
        kept.append(rule)
    return replace(plain, rules=tuple(kept)) if kept else None


def all_said(ruleset):
    """Whether everything comes back as it was: `contains_all_of` comes back as `contains`, each."""
    parts = [each for rule in ruleset.rules for each in walk(rule.when)]
    return not any(getattr(each, "operator", "") == "contains_all_of" for each in parts)


SLOW = settings(max_examples=70, deadline=None, suppress_health_check=list(HealthCheck))


LOOKS_LIKE_A_GUARD = [
    All((Comparison("opportunity.stage", "is_not_empty"), WON)),
    NoneOf((Comparison("opportunity.stage", "is_empty"), is_("opportunity.stage", "closed_won", "is_not", True))),
    AnyOf((Comparison("files", "is_empty"), Quantified(Quantifier.EVERY, "files", is_("category", "drawing")))),
    NoneOf((Quantified(Quantifier.EVERY, "files", is_("category", "drawing"), also_when_empty=True),)),
    Quantified(Quantifier.NO, "files", NoneOf((Comparison("name", "is_not_empty"),))),
    Quantified(Quantifier.NO, "files"),
]


@pytest.mark.parametrize("when", LOOKS_LIKE_A_GUARD, ids=range(len(LOOKS_LIKE_A_GUARD)))
def test_what_only_looks_like_a_guard_comes_back_as_it_was(when):
    assert condition(json.loads(exported(when))[0]["if"]) == when


@SLOW
@given(rulesets(RICH, most=6, depth=3) | rules_said())
def test_what_is_exported_comes_back_as_it_was(drawn):
    kept = expressible(drawn)
    if kept is None or not all_said(kept):
        return
    text = write_json_logic(kept, RICH, "EUR")
    again = read_json_logic(text, RICH, IN_EUROS)
    assert again.ruleset == kept, text
    assert again.findings == ()


@SLOW
@given(rulesets(RICH, most=6, depth=3) | rules_said(), records(world(RICH)))
def test_what_is_exported_is_truthy_where_its_rule_is_true(drawn, record):
    kept = expressible(drawn)
    if kept is None:
        return
    record = whole(record, kept.rules, RICH)
    true = ReferenceMatcher().match(kept, Case("1", record, zone="UTC"), NOW)
    entries = json.loads(write_json_logic(kept, RICH, "EUR"), parse_int=Decimal, parse_float=Decimal)
    data = as_json(record)
    assert {each["id"] for each in entries if "id" in each and truthy(evaluate(each["if"], data))} == true


def _expressions():
    """Expressions as people write them, without guards."""
    text, number = st.sampled_from(["a", "ab", "Zoë"]), st.sampled_from([0, 1, -1, 20, 100])
    choice = st.sampled_from(["closed_won", "closed_lost", "proposal"])
    typed = st.one_of(
        st.tuples(st.just(NAME), text), st.tuples(st.just(CHANCE), number), st.tuples(st.just(STAGE), choice),
        st.tuples(st.just(FLAG), st.booleans()), st.tuples(st.just(AMOUNT), number),
        st.tuples(st.just({"var": "opportunity.close_date"}), st.sampled_from(["2026-03-01", "2026-03-28"])),
    )  # fmt: skip
    equal = st.builds(lambda pair, op: {op: list(pair)}, typed, st.sampled_from(["==", "!=", "===", "!=="]))
    order = st.builds(lambda field, value, op, turned: {op: [value, field] if turned else [field, value]},
                      st.sampled_from([CHANCE, AMOUNT]), number, st.sampled_from(["<", "<=", ">", ">="]),
                      st.booleans())  # fmt: skip
    fields = st.sampled_from([NAME, CHANCE, STAGE, FLAG, AMOUNT, {"var": "files"}])
    leaves = st.one_of(
        equal, order, fields,
        st.builds(lambda each: {"!": [each]}, fields), st.builds(lambda each: {"!!": each}, fields),
        st.builds(lambda values: {"in": [STAGE, values]}, st.lists(choice, min_size=1, max_size=2)),
        st.builds(lambda part: {"in": [part, NAME]}, text),
        st.builds(lambda op: {op: [{"var": "files"}, {"==": [{"var": "name"}, "a"]}]},
                  st.sampled_from(["some", "all", "none"])),
        st.builds(lambda at: {"missing_some": [at, ["opportunity.name", "opportunity.stage", "opportunity.reference"]]},
                  st.integers(1, 4)),
        st.just({"missing": ["opportunity.name", "opportunity.probability"]}),
        st.builds(lambda low, high: {"<=": [min(low, high), CHANCE, max(low, high)]}, number, number),
        st.builds(lambda low, high: {"<": [min(low, high), CHANCE, max(low, high)]}, number, number),
    )  # fmt: skip
    return st.recursive(leaves, lambda inner: st.one_of(
        st.builds(lambda op, parts: {op: parts}, st.sampled_from(["and", "or"]),
                  st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part, op: {op: part}, inner, st.sampled_from(["!", "!!"])),
        st.builds(lambda parts: {"if": parts}, st.lists(inner, min_size=2, max_size=5)),
        st.builds(lambda test, yes, no: {"if": [test, yes, no]}, inner, inner | st.booleans(), inner),
    ), max_leaves=6)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(_expressions(), records(world(RICH)), st.randoms(use_true_random=False))
def test_an_expression_without_a_warning_fires_exactly_where_it_is_truthy(logic, record, random):
    found, why = tried(lambda: brought(logic, IN_EUROS, RICH))
    assert all("always" in str(each) for each in why), why
    if found is None or found.findings:
        return
    files = ({"name": "a"}, {"name": "b"}, {"name": None})
    for path, values in (("opportunity.name", ["", None, "a", "ab", "xab"]), ("opportunity.reference", ["", "r"]),
                         ("opportunity.probability", [None, 0, 1, 20]), ("opportunity.stage", [None, "closed_won"]),
                         ("account.framework_agreement", [None, True, False]),
                         ("files", [None, (), files[:1], files])):  # fmt: skip
        value = random.choice(values)
        record = _set(record, path, Decimal(value) if type(value) is int else value)
    record = whole(record, found.ruleset.rules, RICH)
    true = ReferenceMatcher().match(found.ruleset, Case("1", record), datetime(2026, 3, 2, tzinfo=UTC))
    exact = json.loads(json.dumps(logic), parse_int=Decimal)
    assert bool(true) == truthy(evaluate(exact, as_json(record))), write_ruleset(found.ruleset)


NOTHING = {"opportunity": {"stage": None, "name": "", "probability": None}, "account": {"framework_agreement": None},
           "files": ()}  # fmt: skip
OF_NOTHING = [
    {"==": [STAGE, "closed_won"]},
    {"in": [STAGE, ["closed_won"]]},
    {"in": ["a", NAME]},
    {"==": [NAME, "a"]},
    {"===": [FLAG, False]},
    {"==": [CHANCE, 0]},
    {"!=": [STAGE, "closed_won"]},
    {"!": STAGE},
    FLAG,
    CHANCE,
    {"all": [{"var": "files"}, {"var": "name"}]},
    {"some": [{"var": "files"}, {"var": "name"}]},
    {"none": [{"var": "files"}, {"var": "name"}]},
    {"or": [{"!": {"var": "files"}}, {"all": [{"var": "files"}, {"var": "name"}]}]},
    {"in": [STAGE, [None, "closed_won", ""]]},
]


@pytest.mark.parametrize("around", ["{}", '{{"and": [{}]}}', '{{"!": {}}}', '{{"!": {{"and": [{}]}}}}',
                                    '{{"!": {{"or": [{}, {}]}}}}', '{{"!": {{"!": {{"or": [{}]}}}}}}',
                                    '{{"if": [{}, false, true]}}'])  # fmt: skip
@pytest.mark.parametrize("logic", OF_NOTHING, ids=[json.dumps(each) for each in OF_NOTHING])
def test_empty_values_are_judged_as_json_logic_judges_them(logic, around):
    text = around.format(*[json.dumps(logic)] * 2)
    found = read_json_logic(text, CATALOG, WANTED)
    assert found.findings == ()
    true = ReferenceMatcher().match(found.ruleset, Case("1", NOTHING), NOW)
    assert bool(true) == truthy(evaluate(json.loads(text, parse_int=Decimal), as_json(NOTHING)))


# --- out ------------------------------------------------------------------------------------------------------


def exported(when, currency="", **kept):
    rule = Rule("big", "Big", when, Outcome(Verdict.CONVERT), **kept)
    return write_json_logic(Ruleset("sample", "Sample", WANTED.step, (rule,)), CATALOG, currency)


def from_text(when, rest=""):
    head = f"format: 1\nruleset: sample\nstep: quote-to-order\n{rest}"
    return read_ruleset(f"{head}rules:\n  - id: big\n    then: convert\n    when: {when}\n", CATALOG, "ruleset.yaml")


UNSAYABLE = [
    ("{happened: quote.accepted}", "`happened`"),
    ("{not_happened: quote.accepted, since: quote.sent, for: 7 days}", "`not_happened`"),
    ("{field: opportunity.stage, changed: true}", "`changed`"),
    ("{sum: line_items.quantity, at_least: 5}", "`sum`"),
    ("{field: opportunity.close_date, before: today}", "`before` with what moves in time"),
    ("{field: opportunity.close_date, in: this quarter}", "`in`"),
    ("{field: opportunity.modified_at, after: 2026-03-01}", "`opportunity.modified_at`, which is a time,"),
    ("{field: opportunity.amount, at_least: 5000 EUR}", "money in EUR"),
    ("{field: opportunity.name, starts_with: a}", "`starts_with`"),
    ("{field: opportunity.amount, within: {percent: 5, of: account.credit_limit}}", "`within`"),
    ("{field: opportunity.delivery_date, after: {field: opportunity.close_date, plus: 2 days}}", "`plus`"),
    ("{some: line_items, where: {field: delivery_date, before: {field: opportunity.close_date}}}",
     "`opportunity.close_date` of the whole case inside a list"),
]  # fmt: skip


@pytest.mark.parametrize(("when", "what"), UNSAYABLE, ids=[each[1] for each in UNSAYABLE])
def test_what_json_logic_cannot_say_is_named_with_rule_and_line(when, what):
    (found,) = findings(lambda: write_json_logic(from_text(f"{{all: [{when}]}}"), CATALOG))
    assert found.message.startswith("rule `big`, all[0]")
    assert what in found.message
    assert found.message.endswith("has no counterpart in JsonLogic")
    assert (found.check, found.place.file, found.place.line) == ("no-counterpart", "ruleset.yaml", 7)


def test_what_a_rule_is_beside_its_condition_is_named_too():
    said = findings(lambda: exported(WON, mode=Mode.WATCH, effective_from=date(2026, 1, 1)))
    assert [each.message for each in said] == [
        "rule `big`: `mode` has no counterpart in JsonLogic",
        "rule `big`: `effective_from` has no counterpart in JsonLogic",
    ]
    collected = from_text("{field: opportunity.stage, is: closed_won}", "hit_policy: collect\n")
    (found,) = findings(lambda: write_json_logic(collected, CATALOG))
    assert found.message == "the hit policy `collect` has no counterpart in JsonLogic"


def test_the_text_is_what_people_would_write():
    when = All((WON, is_("opportunity.amount", Money(Decimal("1000.50"), "EUR"), "at_least"),
                is_("opportunity.stage", "closed_lost", "is_not")))  # fmt: skip
    assert json.loads(exported(when, "EUR")) == [
        {
            "id": "big",
            "if": {
                "and": [
                    {"===": [STAGE, "closed_won"]},
                    {">=": [AMOUNT, 1000.5]},
                    {"and": [{"!!": [STAGE]}, {"!==": [STAGE, "closed_lost"]}]},
                ]
            },
            "then": "convert",
        }
    ]
    assert "1000.50" in exported(when, "EUR")


# --- examples and hostile text --------------------------------------------------------------------------------

EXAMPLES = sorted((ROOT / "fixtures/json_logic").glob("*.json"))


@pytest.mark.parametrize("path", EXAMPLES, ids=[each.name for each in EXAMPLES])
def test_the_examples_are_read_and_written_again(path):
    found = read_json_logic(path.read_bytes(), CATALOG, IN_EUROS, path.name)
    again = read_json_logic(write_json_logic(found.ruleset, CATALOG, "EUR"), CATALOG, IN_EUROS)
    assert again.ruleset.rules == found.ruleset.rules


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["opportunity.stage", "closed_won", "opportunity.amount", "line_items", "quantity", "files"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["and", "or", "!", "!!", "var", "if", "==", "!=", "<", "<=", "in", "some", "all", "none",
                         "missing", "missing_some", "*", "/", "map", "id", "then", "title", ""]) | st.text(max_size=3),
        inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(JSON)
def test_any_json_is_a_ruleset_or_findings(data):
    found, why = tried(lambda: read_json_logic(json.dumps(data), RICH, IN_EUROS))
    if found is None:
        assert why
    else:
        assert read_ruleset(write_ruleset(found.ruleset), RICH) == found.ruleset


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40) | st.binary(max_size=40))
def test_any_text_is_a_ruleset_or_findings(text):
    found, why = tried(lambda: read_json_logic(text, CATALOG, WANTED))
    assert (found is None) == bool(why)
