"""DMN decision tables in and out: cells mean what FEEL means by them, and what has no counterpart is named."""

import contextlib
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.formats.exchange.dmn import Table, read_dmn
from rules_engine.formats.exchange.dmn_writer import write_dmn
from rules_engine.formats.exchange.feel_unary import NotFeel, quoted, read_literal, read_unary_tests
from rules_engine.formats.exchange.imported import Wanted
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.formats.ruleset_writer import write_ruleset
from rules_engine.model.case import Case
from rules_engine.model.catalog import Catalog, DocumentType, Field, Type
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
    Rule,
    Ruleset,
    Step,
    Verdict,
)
from rules_engine.model.ruleset import Any as AnyOf
from rules_engine.model.values import Money
from tests.conformance.translate import record as neutral_record
from tests.formats.reading import CATALOG, RICH, ROOT, findings
from tests.strategies import NOW, records, world
from tests.strategies import _comparisons as comparisons

WANTED = Wanted("sample", Step.OPPORTUNITY_TO_QUOTE)
IN_EUROS = replace(WANTED, currency="EUR")
NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def dmn(inputs, rows, *, policy='hitPolicy="FIRST"', outputs='<output name="verdict"/>', namespace=NAMESPACE, more=""):
    """A file with one decision table; rows are (cells, outputs, attributes)."""
    columns = "".join(
        f'<input label="{escape(label)}"><inputExpression><text>{escape(said)}</text></inputExpression></input>'
        for label, said in inputs
    )
    lines = "".join(
        f"<rule {said}>" + "".join(f"<inputEntry><text>{escape(each)}</text></inputEntry>\n" for each in cells)
        + "".join(f"<outputEntry><text>{escape(each)}</text></outputEntry>" for each in out) + "</rule>"
        for cells, out, said in rows)  # fmt: skip
    return (f'<definitions xmlns="{namespace}" name="n" namespace="urn:n"><decision id="d1" name="Approval">'
            f"<decisionTable {policy}>{columns}{outputs}{lines}</decisionTable></decision>{more}</definitions>"
            ).encode()  # fmt: skip


def one_cell(path, text, wanted=IN_EUROS):
    found = read_dmn(dmn([(path, path)], [([text], ['"convert"'], "")]), CATALOG, wanted)
    return found.ruleset.rules[0].when, [str(each) for each in found.findings]


def is_(path, value, operator="is", empty=False):
    return Comparison(path, operator, Literal(value), empty)


STAGE, CHANCE, NAME, AMOUNT = "opportunity.stage", "opportunity.probability", "opportunity.name", "opportunity.amount"
CLOSE, FLAG, MODIFIED = "opportunity.close_date", "account.framework_agreement", "opportunity.modified_at"

CELLS = [
    (STAGE, '"closed_won"', is_(STAGE, "closed_won")),
    (STAGE, '"closed_won","proposal"', Comparison(STAGE, "is_any_of", Literal(("closed_won", "proposal")))),
    (STAGE, 'not("closed_won")', is_(STAGE, "closed_won", "is_not", True)),
    (STAGE, '!= "closed_won"', is_(STAGE, "closed_won", "is_not", True)),
    (STAGE, 'not("closed_won", "proposal")',
     Comparison(STAGE, "is_none_of", Literal(("closed_won", "proposal")), True)),
    (STAGE, 'not(null, "closed_won")', is_(STAGE, "closed_won", "is_not")),
    (STAGE, 'null, "proposal"', AnyOf((Comparison(STAGE, "is_empty"), is_(STAGE, "proposal")))),
    (STAGE, "null", Comparison(STAGE, "is_empty")),
    (STAGE, "not(null)", Comparison(STAGE, "is_not_empty")),
    (NAME, 'not(null, "")', Comparison(NAME, "is_not_empty")),
    (NAME, '"a\\"b, c"', is_(NAME, 'a"b, c')),
    (CHANCE, "20", is_(CHANCE, Decimal(20))),
    (CHANCE, "-0.5", is_(CHANCE, Decimal("-0.5"))),
    (CHANCE, ">= 20", is_(CHANCE, Decimal(20), "at_least")),
    (CHANCE, "<20", is_(CHANCE, Decimal(20), "less_than")),
    (CHANCE, "[10..20]", Comparison(CHANCE, "between", Literal((Decimal(10), Decimal(20))))),
    (CHANCE, "[10..20)", All((is_(CHANCE, Decimal(10), "at_least"), is_(CHANCE, Decimal(20), "less_than")))),
    (CHANCE, "]10..20]", All((is_(CHANCE, Decimal(10), "more_than"), is_(CHANCE, Decimal(20), "at_most")))),
    (CHANCE, "< 10, > 20, 15",
     AnyOf((is_(CHANCE, Decimal(10), "less_than"), is_(CHANCE, Decimal(20), "more_than"), is_(CHANCE, Decimal(15))))),
    (CHANCE, "not(< 10, [20..30))",
     NoneOf((is_(CHANCE, Decimal(10), "less_than"),
             All((is_(CHANCE, Decimal(20), "at_least"), is_(CHANCE, Decimal(30), "less_than")))))),
    (AMOUNT, "> 5000.50", is_(AMOUNT, Money(Decimal("5000.50"), "EUR"), "more_than")),
    (AMOUNT, "<= account.credit_limit", Comparison(AMOUNT, "at_most", FieldOperand("account.credit_limit"))),
    (FLAG, "true", is_(FLAG, True)),
    (FLAG, "not(true)", is_(FLAG, True, "is_not", True)),
    (FLAG, "true, false", AnyOf((is_(FLAG, True), is_(FLAG, False)))),
    (CLOSE, 'date("2026-03-31")', is_(CLOSE, date(2026, 3, 31))),
    (CLOSE, '< @"2026-03-31"', is_(CLOSE, date(2026, 3, 31), "before")),
    (CLOSE, '[date("2026-01-01")..date("2026-03-31")]',
     Comparison(CLOSE, "between", Literal((date(2026, 1, 1), date(2026, 3, 31))))),
    (MODIFIED, '>= date and time("2026-03-31T09:00:00Z")',
     is_(MODIFIED, datetime(2026, 3, 31, 9, tzinfo=UTC), "on_or_after")),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "meant"), CELLS, ids=[each[1] for each in CELLS])
def test_a_cell_becomes_its_counterpart(path, text, meant):
    assert one_cell(path, text) == (meant, [])


WARNED = [
    (NAME, "null", 'null and "" are two values in FEEL, and here `opportunity.name` is empty with either'),
    (NAME, '""', 'null and "" are two values in FEEL, and here `opportunity.name` is empty with either'),
    (NAME, "opportunity.owner_name", "two empty fields are equal in FEEL, and here that is unknown"),
    (NAME, '< "b"', '"" comes before every other text in FEEL, and here an empty `opportunity.name` is unknown'),
]


@pytest.mark.parametrize(("path", "text", "said"), WARNED, ids=[each[1] for each in WARNED])
def test_a_cell_whose_meaning_differs_is_a_warning(path, text, said):
    found = read_dmn(dmn([(path, path)], [([text], ['"convert"'], "")]), CATALOG, IN_EUROS).findings
    assert [each.severity for each in found] == [Severity.WARNING]
    assert said in found[0].message


BAD_CELLS = [
    (STAGE, '"won"', "`won` is no choice of `opportunity.stage`"),
    (STAGE, "closed_won", '`closed_won` is no field and no value; put a text in quotes: `"closed_won"`, or say its '
                          "field with `--map`"),
    (STAGE, "5", "`opportunity.stage` is a choice, and here stands `5`; put it in quotes"),
    (CHANCE, '"5"', '`opportunity.probability` is a percentage, and here stands the text `"5"`; write a number'),
    (AMOUNT, "> 5", "`opportunity.amount` is money, and `5` has no currency; say the currency, such as "
                    "`--currency EUR`"),
    (CLOSE, '"2026-01-01"', 'is a date, and here stands the text `"2026-01-01"`; write `date("...")`'),
    (CLOSE, 'date("2026-02-30")', "`opportunity.close_date` is a date"),
    (CLOSE, '< date("today")', '`date("today")` is no date; write it by ISO 8601'),
    (MODIFIED, 'date("2026-02-03")', 'a date and time, and here stands `date("2026-02-03")`'),
    (CHANCE, "< null", "here stands `null`; test for null by itself"),
    (CHANCE, "[20..10]", "holds nothing"),
    (CHANCE, "? > 5", "`? > 5` is no unary test (`? > 5` is not understood)"),
    (CHANCE, "5 + 5", "is no unary test"),
    (NAME, 'contains(?, "a")', "is no unary test"),
    (NAME, 'starts with(?, "a")', "is no unary test"),
    (CHANCE, "[1..", "is no unary test (a value is missing at the end)"),
    (CHANCE, "not(not(5))", "the function `not` cannot stand in a cell here"),
    (CHANCE, "1, 2,", "a value is missing at the end"),
    ("line_items", '"a"', "a list of records"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "said"), BAD_CELLS, ids=[each[1] for each in BAD_CELLS])
def test_a_cell_that_is_refused_says_its_row_column_and_line(path, text, said):
    (found,) = findings(lambda: one_cell(path, text, WANTED))
    assert found.message.startswith(f"row 1, `{path}`: ")
    assert said in str(found)
    assert found.place.line == 1


def test_the_example_is_read_with_a_field_for_each_label_and_a_verdict_for_each_word():
    text = (ROOT / "fixtures/dmn/credit_check.dmn").read_bytes()
    columns = {"Stage": STAGE, "Amount": AMOUNT, "Credit status": "account.credit_status"}
    verdicts = {"APPROVED": "convert", "REFER": "propose", "DECLINED": "hold", "WAIT": "ignore"}
    found = read_dmn(text, CATALOG, replace(IN_EUROS, verdicts=verdicts), Table(columns=columns), "credit_check.dmn")
    assert found.findings == ()
    assert (
        write_ruleset(found.ruleset)
        == """\
format: 1
ruleset: sample
title: Credit check
description: Sales decides up to 50 000 euros; nobody quotes to a customer on hold.
step: opportunity-to-quote

rules:
  - id: customer-on-hold
    title: Customer on hold
    when: {field: account.credit_status, is: on_hold}
    then: {hold: the customer is on credit hold}

  - id: small
    title: Small
    when:
      all:
        - {field: opportunity.stage, is_any_of: [closed_won, negotiation]}
        - {field: opportunity.amount, more_than: 0 EUR}
        - {field: opportunity.amount, at_most: 50000 EUR}
        - {field: account.credit_status, is_not: review, also_when_empty: true}
        - {field: opportunity.close_date, on_or_after: 2026-01-01}
    then: convert

  - id: big
    title: Big
    when:
      all:
        - {field: opportunity.stage, is: closed_won}
        - {field: opportunity.amount, more_than: 50000 EUR}
        - {field: opportunity.close_date, on_or_after: 2026-01-01}
    then: {propose: more than sales may decide}
"""
    )


# --- tables ---------------------------------------------------------------------------------------------------


def table(**more):
    rows = [(['"closed_won"'], ['"convert"'], 'id="_won"'), (["-"], ['"hold"'], "")]
    return read_dmn(dmn([("Stage", STAGE)], rows[: more.pop("rows", 2)], **more), CATALOG, WANTED)


POLICIES = [
    ('hitPolicy="FIRST"', HitPolicy.FIRST),
    ('hitPolicy="UNIQUE"', HitPolicy.UNIQUE),
    ("", HitPolicy.UNIQUE),
    ('hitPolicy="COLLECT"', HitPolicy.COLLECT),
    ('hitPolicy="RULE ORDER"', HitPolicy.COLLECT),
    ('hitPolicy="ANY"', HitPolicy.FIRST),
]


@pytest.mark.parametrize(("said", "meant"), POLICIES)
def test_a_hit_policy_becomes_its_counterpart(said, meant):
    found = table(policy=said, rows=1)
    assert found.ruleset.hit_policy is meant
    assert [each.check for each in found.findings] == (["read-as-first"] if "ANY" in said else [])


@pytest.mark.parametrize("said", ["PRIORITY", "OUTPUT ORDER", 'COLLECT" aggregation="SUM', "NEAREST"])
def test_a_hit_policy_without_a_counterpart_is_refused_by_name(said):
    (found,) = findings(lambda: table(policy=f'hitPolicy="{said}"', rows=1))
    assert found.message.startswith(f"the hit policy `{said.split(chr(34))[0]}")


def test_a_last_row_of_dashes_is_what_happens_otherwise():
    found = table().ruleset
    assert [each.id for each in found.rules] == ["won"]
    assert found.otherwise == Outcome(Verdict.HOLD, "row 2 of `Approval`")


def test_a_row_below_a_row_of_dashes_can_never_decide():
    rows = [(['"closed_won"'], ['"convert"'], ""), (["-"], ['"ignore"'], ""), (['"proposal"'], ['"convert"'], "")]
    found = read_dmn(dmn([("Stage", STAGE)], rows), CATALOG, WANTED)
    assert [(each.check, each.message[:6]) for each in found.findings] == [("never-fires", "row 3:")]
    assert len(found.ruleset.rules) == 1


def test_a_row_of_dashes_needs_the_first_that_matches_to_decide():
    assert "true of every case" in findings(lambda: table(policy='hitPolicy="UNIQUE"'))[0].message


def test_the_default_output_is_what_happens_otherwise():
    outputs = '<output name="Verdict"><defaultOutputEntry><text>"hold"</text></defaultOutputEntry></output>'
    assert table(outputs=outputs, rows=1).ruleset.otherwise == Outcome(Verdict.HOLD, "no row matches")


def test_an_output_that_is_neither_verdict_nor_reason_is_refused_by_name():
    rows = [(['"closed_won"'], ['"convert"', '"Standard"'], "")]
    outputs = '<output name="verdict"/><output name="Rate"/>'
    (found,) = findings(lambda: read_dmn(dmn([("Stage", STAGE)], rows, outputs=outputs), CATALOG, WANTED))
    assert found.message == "the output `Rate` has no counterpart"


def test_an_input_that_is_no_field_is_refused_with_the_way_out():
    text = dmn([("Age", "Applicant. Age")], [(["5"], ['"convert"'], "")])
    (found,) = findings(lambda: read_dmn(text, CATALOG, WANTED))
    assert found.message == "input 1 `Age`: case has no field `Applicant.Age`"
    assert found.suggestion == 'say its field, such as `--map "Age=opportunity.amount"`'


def test_a_name_in_a_cell_is_the_field_that_was_given_for_it():
    text = dmn([("Amount", "Amount")], [(["<= Limit"], ['"convert"'], "")])
    columns = {"Amount": AMOUNT, "Limit": "account.credit_limit"}
    found = read_dmn(text, CATALOG, WANTED, Table(columns=columns)).ruleset
    assert found.rules[0].when == Comparison(AMOUNT, "at_most", FieldOperand("account.credit_limit"))


def test_rows_are_named_by_their_ids_where_those_are_names_for_people():
    said = ('id="_7f03803d-2636-40ab-8346-7fd7f38ab695"', 'id="DecisionRule_0abc" label="Big"', 'id="big-one"',
            'id="_2nd"')  # fmt: skip
    rows = [(['"closed_won"'], ['"convert"'], each) for each in said]
    found = read_dmn(dmn([("Stage", STAGE)], rows), CATALOG, WANTED).ruleset
    assert [(each.id, each.title) for each in found.rules] == [
        ("row-1", "Row 1"), ("row-2", "Big"), ("big-one", "Big one"), ("2nd", "2nd")]  # fmt: skip


TWO = '<decision id="d2" name="Other"><decisionTable><input/><output/></decisionTable></decision>'


def test_of_several_tables_one_must_be_named():
    text = dmn([("Stage", STAGE)], [(['"closed_won"'], ['"convert"'], "")], more=TWO)
    (found,) = findings(lambda: read_dmn(text, CATALOG, WANTED))
    assert str(found).endswith("the file has 2 decision tables: `Approval`, `Other`; say which with `--decision`")
    for name in ("Approval", "d1"):
        assert len(read_dmn(text, CATALOG, WANTED, Table(name)).ruleset.rules) == 1
    (found,) = findings(lambda: read_dmn(text, CATALOG, WANTED, Table("Aproval")))
    assert found.suggestion == "did you mean `Approval`?"


@pytest.mark.parametrize("namespace", ["http://www.omg.org/spec/DMN/20180521/MODEL/",
                                       "https://www.omg.org/spec/DMN/20191111/MODEL/",
                                       "https://www.omg.org/spec/DMN/20211108/MODEL/"])  # fmt: skip
def test_the_editions_since_1_2_are_read(namespace):
    assert table(namespace=namespace, rows=1).ruleset.rules


NOT_DMN = [
    (b"", "not-xml"),
    (b"<definitions", "not-xml"),
    (b"<a></b>", "not-xml"),
    (b"<a>&nbsp;</a>", "not-xml"),
    (b'<?xml version="1.0" encoding="klingon"?><a/>', "not-xml"),
    (b"\xff\xfe<\x00", "not-xml"),
    (b"<a/>", "wrong-shape"),
    (b'<definitions xmlns="http://www.omg.org/spec/DMN/20151101/dmn.xsd"/>', "unknown-format"),
    (f'<definitions xmlns="{NAMESPACE}"/>'.encode(), "unknown-decision"),
    (b"<!DOCTYPE a><a/>", "plain-xml"),
    (b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "plain-xml"),
    (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "plain-xml"),
    (b"<a>" * 60 + b"</a>" * 60, "too-deep"),
    (b"<a>" + b"<b/>" * 60_000 + b"</a>", "too-large"),
    (b" " * 1_000_001, "too-large"),
    (dmn([("Stage", STAGE)], [([], ['"convert"'], "")]), "wrong-shape"),
    (dmn([("Stage", STAGE)], [], outputs=""), "missing-key"),
    (dmn([("Stage", STAGE)], [(['"closed_won"'], ['"convrt"'], "")]), "unknown-word"),
    (dmn([("Stage", STAGE)], [(['"closed_won"'], ["convert"], "")]), "not-feel"),
    (dmn([("Stage", STAGE)], [(['"closed_won"'], ["1 +"], "")]), "not-feel"),
    (dmn([("Stage", STAGE)], [(['"closed_won"'], ['"convert"'], "")]).replace(b"<inputEntry>",
     b'<inputEntry expressionLanguage="groovy">'), "no-counterpart"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "check"), NOT_DMN, ids=[f"{each[1]}-{at}" for at, each in enumerate(NOT_DMN)])
def test_text_that_is_no_table_is_refused_with_its_check(text, check):
    assert check in {each.check for each in findings(lambda: read_dmn(text, CATALOG, WANTED))}


# --- published tables -----------------------------------------------------------------------------------------

PUBLISHED = ROOT.parent / "shared" / "conformance" / "decision_tables.json"
TABLES = json.loads(PUBLISHED.read_text("utf-8")) if PUBLISHED.exists() else []
REFUSED = {"PRIORITY", "OUTPUT ORDER", "COLLECT SUM"}
TYPES = {"number": Type.NUMBER, "string": Type.TEXT, "boolean": Type.BOOLEAN, "date": Type.DATE}
SIGNS = {"eq": "", "lt": "< ", "le": "<= ", "gt": "> ", "ge": ">= "}


def policy(published):
    return f"{published['hit_policy']} {published['aggregation'] or ''}".strip()


def literal(condition):
    value = condition["value"]
    if condition["type"] == "date":
        return f'date("{value}")'
    return quoted(value) if isinstance(value, str) else str(value).lower()


def said_by(condition):
    """One published comparison, or several of one field, as unary tests."""
    if "any" in condition:
        return ", ".join(map(said_by, condition["any"]))
    if condition["op"] == "between":
        bounds = condition.get("bounds", "[]")
        low, high = (literal({**condition, "value": each}) for each in condition["value"])
        return f"{bounds[0]}{low}..{high}{bounds[1]}"
    if condition["op"] == "in":
        return ", ".join(literal({**condition, "value": each}) for each in condition["value"])
    return SIGNS[condition["op"]] + literal(condition)


def field_of(condition):
    return field_of(condition["any"][0]) if "any" in condition else condition["field"]


def as_dmn(published):
    names = [each["field"] for each in published["inputs"]]
    rows = []
    for rule in published["rules"]:
        parts = rule["when"].get("all", [rule["when"]])
        cells = {field_of(each): said_by(each) for each in parts}
        rows.append(([cells.get(name, "-") for name in names], ['"convert"'], f'id="{rule["id"]}"'))
    aggregation = f' aggregation="{published["aggregation"]}"' if published["aggregation"] else ""
    return dmn([(each, each) for each in names], rows, policy=f'hitPolicy="{published["hit_policy"]}"{aggregation}')


def catalog_of(published):
    fields = {each["field"]: Field(each["field"], TYPES[each["type"]]) for each in published["inputs"]}
    return Catalog({"case": DocumentType("case", "Case", fields)})


@pytest.mark.skipif(not TABLES, reason="the published tables are not beside this project")
def test_published_tables_written_as_dmn_match_as_published():
    judged, refused = 0, 0
    for published in TABLES:
        catalog, text = catalog_of(published), as_dmn(published)
        if policy(published) in REFUSED:
            assert "has no counterpart" in findings(lambda t=text, c=catalog: read_dmn(t, c, WANTED))[0].message
            refused += 1
            continue
        ruleset = read_dmn(text, catalog, WANTED).ruleset
        types = {each["field"]: each["type"] for each in published["inputs"]}
        for test in published["tests"]:
            case = Case("1", neutral_record(test["data"], types, frozenset()))
            assert ReferenceMatcher().match(ruleset, case, NOW) == set(test["matched"]), (published["id"], test["test"])
            judged += 1
    assert (len(TABLES), refused, judged) == (10, 3, 19)


# --- FEEL's own meaning ---------------------------------------------------------------------------------------


def feel(tests, value):
    """True, false or None as FEEL judges unary tests of numbers, texts and flags, without a use of our conditions."""
    found = [_judge(each, value) for each in tests.tests]
    answer = True if True in found else None if None in found else False
    if not tests.tests:
        return True
    return (None if answer is None else not answer) if tests.negated else answer


def _judge(test, value):
    if hasattr(test, "low"):
        low, high = _value(test.low), _value(test.high)
        ends = [_order(">=" if test.low_included else ">", value, low),
                _order("<=" if test.high_included else "<", value, high)]  # fmt: skip
        return False if False in ends else None if None in ends else True
    expected = _value(test.value)
    if test.operator in ("=", "!="):
        return (value == expected) == (test.operator == "=")
    return _order(test.operator, value, expected)


def _order(operator, value, bound):
    if value is None:
        return None
    return {"<": value < bound, "<=": value <= bound, ">": value > bound, ">=": value >= bound}[operator]


def _value(endpoint):
    match endpoint.kind:
        case "number":
            return Decimal(endpoint.text)
        case "boolean":
            return endpoint.text == "true"
        case "null":
            return None
        case _:
            return endpoint.text


NUMBER = st.integers(-3, 3).map(str)
NUMBERS = st.one_of(
    NUMBER,
    st.builds(lambda sign, value: f"{sign} {value}", st.sampled_from(["<", "<=", ">", ">=", "!=", "="]), NUMBER),
    st.builds(lambda opening, low, by, closing: f"{opening}{low}..{low + by}{closing}", st.sampled_from("[(]"),
              st.integers(-3, 3), st.integers(0, 3), st.sampled_from("])[")),
    st.just("null"), st.just("!= null"),
)  # fmt: skip
WORDS = st.sampled_from(['"a"', '"b"', '!= "a"', "null", "!= null"])
FLAGS = st.sampled_from(["true", "false", "!= true", "null"])


def _cells(tests):
    several = st.lists(tests, min_size=1, max_size=3).map(", ".join)
    return several | several.map(lambda text: f"not({text})") | st.just("-")


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_cell_matches_exactly_what_feel_says_it_matches(data):
    path, tests, values = data.draw(st.sampled_from([
        (CHANCE, NUMBERS, st.none() | st.integers(-4, 4).map(Decimal)),
        (STAGE, WORDS, st.none() | st.sampled_from(["a", "b", "c"])),
        (FLAG, FLAGS, st.none() | st.booleans()),
    ]))  # fmt: skip
    text, value = data.draw(_cells(tests)), data.draw(values)
    free = CATALOG.with_fields("opportunity", {"stage": Field("stage", Type.REFERENCE)})
    found, why = tried(lambda: read_dmn(dmn([(path, path)], [([text], ['"convert"'], "")]), free, WANTED))
    if found is None:
        assert text == "-", why  # a table of nothing but dashes has no rule
        return
    root, name = path.split(".")
    true = ReferenceMatcher().match(found.ruleset, Case("1", {root: {name: value}}), NOW)
    assert bool(true) == (feel(read_unary_tests(text), value) is True), write_ruleset(found.ruleset)


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('"\\abn()[]..,<>=!-5 @date()nulltrue.')) | st.text(max_size=12))
def test_any_text_is_unary_tests_or_no_feel(text):
    with contextlib.suppress(NotFeel):
        assert read_unary_tests(text).tests is not None


@given(st.text())
def test_a_quoted_text_reads_back_as_it_was(text):
    assert read_literal(quoted(text)).text == text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def tried(read):
    """What is brought, or the findings for which it is refused."""
    try:
        return read(), ()
    except Unreadable as problem:
        return None, problem.findings


# --- out ------------------------------------------------------------------------------------------------------


def ruleset_of(conditions):
    then = Outcome(Verdict.CONVERT)
    rules = tuple(Rule(f"rule-{at}", f"Rule {at}", each, then) for at, each in enumerate(conditions, 1))
    return Ruleset("sample", "Sample", WANTED.step, rules)


def exported(*conditions, currency="", catalog=CATALOG, **more):
    return write_dmn(replace(ruleset_of(conditions), **more), catalog, currency)


@pytest.mark.parametrize("when", [each[2] for each in CELLS if not isinstance(each[2], NoneOf)],
                         ids=[each[1] for each in CELLS if not isinstance(each[2], NoneOf)])  # fmt: skip
def test_what_a_cell_becomes_is_written_as_a_cell_again(when):
    again = read_dmn(exported(when, currency="EUR").encode(), CATALOG, IN_EUROS)
    assert (again.ruleset.rules[0].when, again.findings) == (when, ())


def test_the_text_is_a_table_that_people_can_open():
    held = Rule("on-hold", "Held & <told>", is_("account.credit_status", "on_hold"), Outcome(Verdict.HOLD, 'a "b"'))
    won = Rule("won", "Won", All((is_(STAGE, "closed_won"), is_(CHANCE, Decimal(50), "at_least"))),
               Outcome(Verdict.CONVERT))  # fmt: skip
    ruleset = Ruleset("sample", "Sample", WANTED.step, (held, won), otherwise=Outcome(Verdict.PROPOSE, "look"))
    text = write_dmn(ruleset, CATALOG)
    assert re.findall(r"<text>(.*?)</text>", text) == [
        "account.credit_status", STAGE, CHANCE, '"propose"', '"look"',
        '"on_hold"', "-", "-", '"hold"', '"a \\"b\\""', "-", '"closed_won"', "&gt;= 50", '"convert"', '""',
    ]  # fmt: skip
    again = read_dmn(text.encode(), CATALOG, WANTED).ruleset
    assert (again.rules, again.otherwise, again.title) == (ruleset.rules, ruleset.otherwise, "Sample")


UNSAYABLE = [
    ("{happened: quote.accepted}", "`happened`"),
    ("{some: files, where: {field: category, is: drawing}}", "`some`"),
    ("{none: [{field: opportunity.stage, is: closed_won}]}", "`none`"),
    ("{any: [{field: opportunity.stage, is: closed_won}, {field: opportunity.name, is: a}]}", "`any`"),
    ("{any: [{field: opportunity.stage, is: closed_won}, {field: opportunity.stage, is_not: proposal}]}",
     "`is_not` in an `any` group"),
    ("{field: opportunity.close_date, before: today}", "`before` with what is computed or moves in time"),
    ("{field: opportunity.amount, at_least: 5000 EUR}", "money in EUR"),
    ("{field: opportunity.name, contains: a}", "`contains`"),
    ("{field: opportunity.amount, at_most: {field: account.credit_limit, percent: 110}}",
     "`at_most` with what is computed or moves in time"),
    ("{field: line_items, is_empty: true}", "`is_empty` of a list or record"),
    ("{field: opportunity.probability, is: 5}", "a second test of `opportunity.probability`"),
]  # fmt: skip


@pytest.mark.parametrize(("when", "what"), UNSAYABLE, ids=[each[1] for each in UNSAYABLE])
def test_what_no_cell_can_say_is_named_with_rule_and_line(when, what):
    ruleset = read_ruleset("format: 1\nruleset: sample\nstep: quote-to-order\nrules:\n  - id: big\n    then: convert\n"
                           "    when:\n      all:\n        - {field: opportunity.probability, is_not_empty: true}\n"
                           f"        - {when}\n", CATALOG, "ruleset.yaml")  # fmt: skip
    (found,) = findings(lambda: write_dmn(ruleset, CATALOG))
    assert found.message == f"rule `big`: {what} has no counterpart in a cell of DMN"
    assert (found.check, found.place.line) == ("no-counterpart", 10)


def test_what_a_rule_is_beside_its_condition_is_named_too():
    rule = Rule("big", "Big", is_(STAGE, "closed_won"), Outcome(Verdict.CONVERT), Mode.OFF)
    (found,) = findings(lambda: write_dmn(Ruleset("sample", "Sample", WANTED.step, (rule,)), CATALOG))
    assert found.message == "rule `big`: `mode` has no counterpart in DMN"


@st.composite
def rows(draw):
    """A row: comparisons of distinct fields that cells can say."""
    drawn = draw(st.lists(comparisons(world(RICH)), min_size=1, max_size=6))
    kept = {}
    for each in drawn:
        try:
            exported(each, currency="EUR", catalog=RICH)
        except Unreadable:
            continue
        kept[each.field] = _plain(each)
    found = tuple(kept.values()) or (is_(STAGE, "closed_won"),)
    return found[0] if len(found) == 1 else All(found)


def _plain(comparison):
    """A list of one value is written as the value."""
    one = {"is_any_of": "is", "is_none_of": "is_not"}.get(comparison.operator)
    if one is None or len(comparison.operand.value) > 1:
        return comparison
    return replace(comparison, operator=one, operand=Literal(comparison.operand.value[0]))


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(rows(), min_size=1, max_size=3), st.sampled_from(HitPolicy), records(world(RICH)))
def test_what_is_exported_comes_back_and_matches_the_same(conditions, policy_, record):
    again = read_dmn(exported(*conditions, currency="EUR", catalog=RICH, hit_policy=policy_).encode(), RICH, IN_EUROS)
    assert again.findings == ()
    assert again.ruleset.hit_policy is policy_
    before = ruleset_of(conditions)
    assert again.ruleset.rules == tuple(_in_column_order(each, conditions) for each in before.rules)
    case = Case("1", record)
    assert ReferenceMatcher().match(again.ruleset, case, NOW) == ReferenceMatcher().match(before, case, NOW)


def _in_column_order(rule, conditions):
    """A row's cells stand in the order in which the table first names their fields."""
    parts = [each.conditions if isinstance(each, All) else (each,) for each in conditions]
    order = list(dict.fromkeys(each.field for row in parts for each in row))
    if not isinstance(rule.when, All):
        return rule
    return replace(rule, when=All(tuple(sorted(rule.when.conditions, key=lambda each: order.index(each.field)))))


# --- hostile text ---------------------------------------------------------------------------------------------

XML = st.recursive(
    st.sampled_from(['"a"', "-", ">= 5", "opportunity.stage", "", "&amp;", "&x;", "]]>", "<!-- -->"])
    | st.text(max_size=5),
    lambda inner: st.builds(lambda name, parts: f"<{name}>{''.join(parts)}</{name.split()[0]}>", st.sampled_from(
        ["decision", "decisionTable", 'decisionTable hitPolicy="FIRST"', "input", "inputExpression", "text", "rule",
         'rule id="a"', "inputEntry", "outputEntry", "output", 'output name="verdict"', "defaultOutputEntry"]),
        st.lists(inner, max_size=4)), max_leaves=20)  # fmt: skip


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(XML.map(lambda text: f'<definitions xmlns="{NAMESPACE}">{text}</definitions>'.encode("utf-8", "replace"))
       | XML.map(lambda text: dmn([("Stage", STAGE)], [([text], ['"convert"'], "")])[:-40])
       | st.binary(max_size=60) | st.text(max_size=40).map(str.encode))  # fmt: skip
def test_any_text_is_a_ruleset_or_findings(text):
    found, why = tried(lambda: read_dmn(text, CATALOG, WANTED))
    if found is None:
        assert why
    else:
        assert read_ruleset(write_ruleset(found.ruleset), CATALOG) == found.ruleset
