"""What Tryton reports of its schema: from recorded answers, and from one that an administrator changed since."""

import copy
import json

import httpx
import pytest

from rules_engine.analysis.drift import Part, Use, crm_uses
from rules_engine.analysis.schema_changes import Kind, SchemaChange, schema_changes
from rules_engine.connectors.tryton import Tryton
from rules_engine.connectors.tryton_rpc import Rpc
from rules_engine.folders import full_catalog, read_draft, ruleset_folder
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.catalog import Type
from tests.tryton_server.record import SCHEMA, asked

SALE, OPPORTUNITY = "model.sale.sale.fields_get", "model.sale.opportunity.fields_get"


@pytest.fixture
def answers():
    """The recorded answer of each method."""
    return json.loads(SCHEMA.read_text(encoding="utf-8"))


@pytest.fixture
def replayed(answers, connector_text):
    def wire(_client, request, _writes):
        return httpx.Response(200, json=answers[asked(request.content)[0]], request=request)

    return Tryton(Rpc("https://tryton.example", "crm", "converter", "-", wire=wire), connector_text)


def test_the_schema_has_the_fields_that_a_real_server_reported(replayed):
    types = replayed.schema().types
    ours = ("opportunity", "opportunity_line", "quote", "order", "sale_line", "party", "address", "contact", "product")
    assert set(types) == {f"tryton.{name}" for name in (*ours, "unit", "currency", "note", "attachment")}
    sale = types["tryton.quote"].fields
    assert (sale["party"].type, sale["party"].of, sale["party"].required) == (Type.RECORD, "party.party", True)
    assert sale["comment"].type is Type.TEXT
    assert {each.code for each in sale["state"].choices} >= {"draft", "quotation", "confirmed"}
    assert {"name", "code", "lang", "tax_identifier"} <= set(types["tryton.party"].fields)
    # What our payload has beyond a sale is no field of Tryton's, and cannot be removed there.
    assert not {"contact_name", "remarks", "sale"} & set(sale)


def test_an_order_confirms_a_sale_that_is_there_so_that_nothing_is_required_of_it(replayed):
    assert not any(each.required for each in replayed.schema().types["tryton.order"].fields.values())


def test_every_change_between_two_calls_is_found(replayed, answers):
    before = replayed.schema()
    assert schema_changes(before, replayed.schema()) == ()
    sale = answers[SALE]["result"]
    del sale["shipping_date"]
    sale["comment"]["type"] = "boolean"
    sale["reference"]["size"] = 12
    sale["description"]["required"] = True
    sale["x_region"] = {"type": "char", "string": "Region", "required": False}
    deal = answers[OPPORTUNITY]["result"]
    deal["state"]["selection"] = [each for each in deal["state"]["selection"] if each[0] != "won"]
    found = schema_changes(before, replayed.schema())
    quote = "tryton.quote"
    assert set(found) >= {
        SchemaChange(Kind.REMOVED, quote, "shipping_date", "date"),
        SchemaChange(Kind.RETYPED, quote, "comment", "text", "boolean"),
        SchemaChange(Kind.SHORTENED, quote, "reference", "", "12"),
        SchemaChange(Kind.REQUIRED, quote, "description", "text", "text"),
        SchemaChange(Kind.ADDED, quote, "x_region", "", "text"),
        SchemaChange(Kind.CHOICE_REMOVED, "tryton.opportunity", "state", "won"),
    }
    assert {each.document_type for each in found} == {quote, "tryton.order", "tryton.opportunity"}


def test_the_catalog_follows_the_schema_that_was_asked_last(replayed, answers):
    replayed.schema()
    answers[OPPORTUNITY] = copy.deepcopy(answers[OPPORTUNITY])
    answers[OPPORTUNITY]["result"]["x_region"] = {"type": "char", "string": "Region"}
    assert "x_region" not in replayed.catalog().types["tryton.opportunity"].fields
    replayed.schema()
    field = replayed.catalog().types["tryton.opportunity"].fields["x_region"]
    assert (field.label, field.type, field.custom) == ("Region", Type.TEXT, True)


def test_a_field_of_the_party_that_is_gone_breaks_what_reads_it(replayed, answers):
    before = replayed.schema()
    del answers["model.party.party.fields_get"]["result"]["tax_identifier"]
    (change,) = schema_changes(before, replayed.schema())
    draft = read_draft(ruleset_folder("on-close"))
    ruleset = read_ruleset(draft.ruleset_text, full_catalog())
    part = Part("on-close", ruleset, read_mapping(draft.mapping_text, full_catalog()))
    assert crm_uses([change], replayed.catalog(), replayed.to_case, part)[change] == (
        Use("`account.tax_id` of the case", False),
        Use("`tax_id` of the mapping of `on-close`", True),
    )


def test_a_running_server_reports_the_same_schema_again(tryton, replayed):
    schema = tryton.schema()
    assert schema_changes(schema, tryton.schema()) == ()
    assert set(schema.types) == set(replayed.schema().types)
