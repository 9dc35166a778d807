"""A mapping's text: what it means, and what is said about fields that are not there."""

from decimal import Decimal

import pytest

from rules_engine.formats.mapping_text import check_mapping, read_mapping, write_mapping
from rules_engine.model.finding import Finding, Place, Severity
from rules_engine.model.mapping import Drop, FieldMapping, LinesMapping, Mapping, Transform
from rules_engine.model.values import MISSING, Money
from tests.formats.reading import CATALOG, ROOT, findings

HEAD = """\
format: 1
mapping: sample
from: case
to: quote
fields:
  opportunity: opportunity.id
  customer: account.id
  currency: opportunity.currency
"""
LINE = 9  # the first one after HEAD


def mapping(rest: str) -> Mapping:
    return read_mapping(HEAD + rest, CATALOG)


def wrong(rest: str) -> tuple[Finding, ...]:
    return findings(lambda: read_mapping(HEAD + rest, CATALOG, "mapping.yaml"))


def test_short_and_long_forms_say_where_a_field_comes_from() -> None:
    found = mapping(
        "  title: opportunity.name\n"
        "  contact_email: {from: contact.email, through: [trim, lower_case], required: true}\n"
        "  owner_name: {from: [opportunity.owner_name, account.name], through: [{join: ' / '}], otherwise: nobody}\n"
        "  expected_amount: {value: 0.00 EUR}\n"
        "  description: {from: opportunity.stage, through: [{map: {closed_won: Won, other: x}}, {truncate: 20}]}\n"
    )
    assert found.fields[3:] == (
        FieldMapping("title", ("opportunity.name",)),
        FieldMapping("contact_email", ("contact.email",), MISSING, (Transform("trim"), Transform("lower_case")),
                     required=True),
        FieldMapping("owner_name", ("opportunity.owner_name", "account.name"), MISSING,
                     (Transform("join", {"with": " / "}),), "nobody"),
        FieldMapping("expected_amount", (), Money(Decimal("0.00"), "EUR")),
        FieldMapping("description", ("opportunity.stage",), MISSING,
                     (Transform("map", {"values": {"closed_won": "Won", "other": "x"}}),
                      Transform("truncate", {"length": Decimal(20)}))),
    )  # fmt: skip


def test_lines_drops_and_carry_over_are_read() -> None:
    found = mapping(
        "lines:\n  lines:\n    from: line_items\n    fields:\n      id: id\n"
        "      delivery_date: {from: [delivery_date, ^.opportunity.delivery_date], through: [first]}\n"
        "drop: {opportunity.stage: it says why there is a quote}\ncarry_over: other\n"
    )
    through = (Transform("first"),)
    assert found.lines == (
        LinesMapping("lines", "line_items", (
            FieldMapping("id", ("id",)),
            FieldMapping("delivery_date", ("delivery_date", "^.opportunity.delivery_date"), MISSING, through),
        )),
    )  # fmt: skip
    assert found.drops == (Drop("opportunity.stage", "it says why there is a quote"),)
    assert found.carry_over == "other"


def test_whatever_lies_below_a_free_record_can_be_named() -> None:
    assert mapping("  title: other.Competitor__c\n  other.Region: account.name\n").fields[3].sources == (
        "other.Competitor__c",
    )


def test_each_shipped_mapping_reads_without_a_finding_and_is_written_back_equal() -> None:
    files = sorted((ROOT / "rulesets").glob("*/mapping.yaml"))
    assert files
    for file in files:
        found = read_mapping(file.read_text("utf-8"), CATALOG, file.name)
        assert read_mapping(write_mapping(found), CATALOG) == found
        assert check_mapping(found, CATALOG) == ()


@pytest.mark.parametrize(
    ("rest", "word", "check", "says", "suggestion"),
    [
        ("  titel: opportunity.name", "titel", "unknown-target",
         "the target has no field `titel`", "did you mean `title`?"),
        ("  billing_address.town: account.name", "billing", "unknown-field",
         "quote has no field `billing_address.town`",
         "allowed here: `id`, `name`, `street`, `postal_code`, `city`, `region`, `country`"),
        ("  title: opportunity.nam", "opportunity", "unknown-field",
         "case has no field `opportunity.nam`", "did you mean `opportunity.name`?"),
        ("  title: line_items.name", "line", "field-of-list",
         "`line_items.name` is a field of a list's records, and so has many values", "map the list below `lines`"),
        ("  title: ^.opportunity.name", "^", "unknown-field",
         "`^.` means the document around the lines, and this is no line", "write `opportunity.name`"),
        ("  title: {from: opportunity.name, through: [trimm]}", "trimm", "unknown-transform",
         "there is no transform `trimm`", "did you mean `trim`?"),
        ("  title: {from: opportunity.name, through: [{trim: 5}]}", "5", "unknown-argument",
         "`trim` takes no argument without its name", "write its name alone"),
        ("  title: {from: opportunity.name, through: [{look_up: {in: product, of: x, by: sku}}]}", "of",
         "unknown-argument", "`look_up` has no argument `of`", "allowed here: `in`, `by`, `other`"),
        ("  title: {from: opportunity.name, through: [truncate]}", "truncate", "missing-argument",
         "`truncate` lacks `length`", "write `{truncate: {length: ...}}`"),
        ("  title: {from: opportunity.name, through: [{truncate: long}]}", "truncate", "type-mismatch",
         "`length` is a whole number of characters from 1", ""),
        ("  title: {from: opportunity.name, through: [{map: {values: {a: b}, other: leave}}]}", "map", "type-mismatch",
         "`other` is `stop`, `pass` or `{use: value}`", ""),
        ("  title: {from: [opportunity.name, account.name]}", "title", "missing-argument",
         "`title` has 2 sources, and nothing that puts them together",
         "begin `through` with one of `join`, `first`, `quantity_in`, `price_per`, `money`, `in_currency`, `template`"),
        ("  title: {required: true}", "title", "missing-key",
         "the field `title` needs either `from` or `value`", "write `from: ...` and the source's path"),
        ("  contact.name: account.name", "contact.name", "unknown-field",
         "`contact` holds no further fields", "write `contact`"),
        ("  expected_amount: {value: 5}", "5", "type-mismatch",
         "`expected_amount` is money, and here stands the text `5`", "say the currency, such as `5 EUR`"),
        ("lines: {lines: {from: line_items, fields: {sku: sku}}}", "lines: {from", "required-field-unmapped",
         "nothing fills `id`, which quote line requires", "write `id: ...`"),
        ("lines: {lines: {from: account, fields: {id: account.id}}}", "account,", "type-mismatch",
         "lines go from list to list, and `account` is no list", ""),
        ("drop: {opportunity.stge: no use}", "opportunity", "unknown-field",
         "case has no field `opportunity.stge`", "did you mean `opportunity.stage`?"),
        ("carry_over: currency", "currency", None, "", ""),
        ("carry_over: quoted_on", "quoted_on", "type-mismatch",
         "`quoted_on` cannot carry over other fields: it is neither text nor record", ""),
    ],
)  # fmt: skip
def test_a_wrong_part_is_named_with_its_place_and_remedy(
    rest: str, word: str, check: str | None, says: str, suggestion: str
) -> None:
    if check is None:
        assert mapping(rest).carry_over == word
        return
    place = Place("mapping.yaml", LINE, rest.index(word) + 1)
    assert wrong(rest) == (Finding(check, says, place, suggestion=suggestion),)


def test_a_target_that_lacks_the_field_is_told_apart_from_a_slip() -> None:
    (found,) = wrong("  warehouse: opportunity.name")
    assert (found.check, found.message) == ("unknown-target", "the target has no field `warehouse`")
    assert found.suggestion.startswith("quote has: `id`, `number`, `status`, `title`")


def test_a_field_filled_twice_is_refused_also_as_a_part_of_a_record() -> None:
    (found,) = wrong("  billing_address: account.billing_address\n  billing_address.city: account.name\n")
    assert (found.check, found.place.line) == ("field-mapped-twice", LINE + 1)
    assert found.message == "`billing_address.city` is filled twice, first in line 9"


def test_a_required_target_field_that_nothing_fills_is_an_error() -> None:
    text = HEAD.replace("  currency: opportunity.currency\n", "")
    (found,) = findings(lambda: read_mapping(text, CATALOG))
    assert (found.check, found.message) == ("required-field-unmapped", "nothing fills `currency`, which quote requires")


def test_a_read_only_target_is_a_warning_that_stops_nothing() -> None:
    (found,) = check_mapping(mapping("  number: opportunity.number\n"), CATALOG)
    assert (found.check, found.severity) == ("read-only-target", Severity.WARNING)
    assert found.place.line == LINE


def test_a_value_of_another_kind_is_a_warning_unless_it_is_changed_on_the_way() -> None:
    (found,) = check_mapping(mapping("  title: opportunity.amount\n"), CATALOG)
    assert (found.check, found.severity, found.place.line) == ("type-mismatch", Severity.WARNING, LINE)
    assert found.message == "`opportunity.amount` is money, and goes into `title`, which is text"
    assert check_mapping(mapping("  title: {from: opportunity.amount, through: [text]}\n"), CATALOG) == ()


def test_an_unknown_document_type_is_named_at_its_word() -> None:
    (found,) = findings(lambda: read_mapping(HEAD.replace("to: quote", "to: qoute"), CATALOG))
    assert (found.check, found.place.line, found.place.column) == ("unknown-document-type", 4, 5)
    assert found.suggestion == "did you mean `quote`?"
