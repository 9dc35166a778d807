"""What is new in a connected system is offered to the field of ours that it most likely belongs to."""

from rules_engine.analysis.new_fields import proposals, read_into, written_from
from rules_engine.analysis.schema_changes import schema_changes
from rules_engine.folders import full_catalog, systems
from rules_engine.model.catalog import Type
from tests.changing_schema import field

CRM, BOOK, KNOWN = systems()["sample_crm"], systems()["order_book"], full_catalog()


def offered(text, change, ours, *, reads):
    now = change(text.catalog)
    found = proposals(schema_changes(text.catalog, now), now, KNOWN, ours, reads=reads)
    return [(each.source, each.target) for each in found.values()]


def test_each_document_type_of_a_system_has_ours_those_of_lines_too():
    assert read_into(CRM.to_case, KNOWN)["sample_crm.opportunity"] == "quote"
    assert read_into(CRM.to_case, KNOWN)["sample_crm.line"] == "line_item"
    assert written_from(BOOK.mappings["order"], KNOWN) == {
        "order_book.order": "order",
        "order_book.item": KNOWN.find("order", "lines").of,
    }


def test_a_new_field_of_the_crm_is_offered_to_a_field_of_the_quote():
    new = field("sample_crm.opportunity", "Customer_PO__c", type=Type.TEXT, label="Customer PO")
    assert offered(CRM, new, read_into(CRM.to_case, KNOWN), reads=True) == [(("Customer_PO__c",), "purchase_order")]


def test_a_new_field_of_the_order_system_is_offered_what_may_fill_it():
    new = field("order_book.quote", "ship_date", type=Type.DATE, label="Ship date")
    ours = written_from(BOOK.mappings["quote"], KNOWN)
    assert offered(BOOK, new, ours, reads=False) == [(("delivery_date",), "ship_date")]


def test_nothing_is_offered_where_nothing_is_likely():
    new = field("order_book.quote", "cost_centre", type=Type.TEXT, label="Cost centre")
    assert offered(BOOK, new, written_from(BOOK.mappings["quote"], KNOWN), reads=False) == []
