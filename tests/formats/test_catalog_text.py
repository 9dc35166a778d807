"""A catalog's text: short and long forms, what is left out, what is wrong."""

from rules_engine.formats.catalog_text import merge, read_catalog
from rules_engine.model.catalog import Choice, EventType, Field, Type
from tests.formats.reading import CATALOG, findings

TEXT = """\
format: 1
documents:
  deal:
    fields:
      close_date: date
      amount: {type: money, label: Value, required: true}
      stage: {type: choice, choices: {won: Closed won}}
      owner: {type: reference, of: person, custom: true, read_only: true}
      lines: records of deal_line
      title: {type: text, max_length: 40}
  deal_line:
    label: Deal line
    fields: {id: text}
events: {deal.won: Deal won}
"""


def test_short_and_long_forms_describe_fields() -> None:
    found = read_catalog(TEXT)
    deal = found.types["deal"]
    assert (deal.label, deal.plural, found.types["deal_line"].plural) == ("Deal", "deals", "deal lines")
    assert list(deal.fields.values()) == [
        Field("close_date", Type.DATE, "Close date"),
        Field("amount", Type.MONEY, "Value", required=True),
        Field("stage", Type.CHOICE, "Stage", (Choice("won", "Closed won"),)),
        Field("owner", Type.REFERENCE, "Owner", of="person", read_only=True, custom=True),
        Field("lines", Type.RECORDS, "Lines", of="deal_line"),
        Field("title", Type.TEXT, "Title", max_length=40),
    ]
    assert found.events == {"deal.won": EventType("deal.won", "Deal won")}


def test_merged_catalogs_hold_the_fields_of_all() -> None:
    more = read_catalog("format: 1\ndocuments: {deal: {fields: {amount: number, region: text}}}")
    found = merge(read_catalog(TEXT), more)
    assert found.types["deal"].fields["amount"].type is Type.NUMBER
    assert {"region", "stage"} <= set(found.types["deal"].fields)
    assert "deal_line" in found.types
    assert "deal.won" in found.events


def test_the_shipped_catalog_knows_every_record_that_it_names() -> None:
    assert len(CATALOG.types) >= 17
    found = CATALOG.find("quote", "lines[L-2].discount")
    assert found is not None
    assert found.type is Type.PERCENT


def test_a_wrong_type_and_an_unknown_record_are_named() -> None:
    text = TEXT.replace("close_date: date", "close_date: dat").replace("of deal_line", "of deal_lin")
    found = findings(lambda: read_catalog(text, "catalog.yaml"))
    assert [str(each) for each in found] == [
        "catalog.yaml:5:19: `dat` is no type of a field; did you mean `date`?",
        "catalog.yaml:9:7: there is no document type `deal_lin`; did you mean `deal_line`?",
    ]
