"""A connector's text: its document types get the system's name, its mappings are checked against both sides."""

from rules_engine.formats.catalog_text import merge
from rules_engine.formats.connector_text import read_connector
from rules_engine.formats.mapping_text import check_mapping
from rules_engine.model.catalog import Type
from rules_engine.model.finding import Severity
from rules_engine.model.mapping import FieldMapping
from tests.formats.reading import CATALOG, ROOT, findings

TEXT = """\
format: 1
system: acme
documents:
  opportunity:
    fields: {Id: text, Name: text, Account: record of account, Rest: {type: record, of: other}}
  account: {fields: {Id: text}}
  sale: {fields: {subject: {type: text, required: true}}}
case:
  from: opportunity
  fields: {opportunity.id: Id, opportunity.name: Name, account.id: Account.Id}
  carry_over: other
quote:
  to: sale
  fields: {subject: title}
"""


def test_native_types_carry_the_name_of_their_system() -> None:
    found = read_connector(TEXT, CATALOG)
    assert found.system == "acme"
    assert list(found.catalog.types) == ["acme.opportunity", "acme.account", "acme.sale"]
    account = found.catalog.find("acme.opportunity", "Account")
    assert account is not None
    assert (account.type, account.of) == (Type.RECORD, "acme.account")


def test_mappings_go_from_and_to_the_native_types() -> None:
    found = read_connector(TEXT, CATALOG)
    assert found.to_case is not None
    assert (found.to_case.source_type, found.to_case.target_type) == ("acme.opportunity", "case")
    assert set(found.mappings) == {"quote"}
    quote = found.mappings["quote"]
    assert (quote.source_type, quote.target_type) == ("quote", "acme.sale")
    assert quote.fields == (FieldMapping("subject", ("title",)),)


def test_a_field_that_a_side_lacks_is_named_at_its_place() -> None:
    text = TEXT.replace("{subject: title}", "{subject: titel}").replace("name: Name,", "name: Nam,")
    found = findings(lambda: read_connector(text, CATALOG, "acme.yaml"))
    assert [str(each) for each in found] == [
        "acme.yaml:10:50: opportunity has no field `Nam`; did you mean `Name`?",
        "acme.yaml:14:21: quote has no field `titel`; did you mean `title`?",
    ]


def test_each_shipped_connector_reads_without_an_error() -> None:
    files = sorted((ROOT / "rules_engine/connectors").glob("*.yaml"))
    assert files
    for file in files:
        found = read_connector(file.read_text("utf-8"), CATALOG, file.name)
        everything = merge(CATALOG, found.catalog)
        for mapping in (*found.mappings.values(), *([found.to_case] if found.to_case else [])):
            assert [each for each in check_mapping(mapping, everything) if each.severity is Severity.ERROR] == []
