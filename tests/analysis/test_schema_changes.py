"""Two schemas of one system compared, and since when a change stands."""

from datetime import UTC, datetime, timedelta

import pytest

from rules_engine.analysis.schema_changes import Kind, SchemaChange, Seen, drift, schema_changes
from rules_engine.model.catalog import Catalog, Choice, DocumentType, Field, Type
from tests.changing_schema import field, removed, without_choice

DEAL = "crm.deal"
FIELDS = (
    Field("name", Type.TEXT, max_length=80),
    Field("note", Type.TEXT),
    Field("stage", Type.CHOICE, choices=(Choice("open", "Open"), Choice("won", "Won"))),
    Field("owner", Type.RECORD, of="crm.user"),
)
SCHEMA = Catalog({DEAL: DocumentType(DEAL, "Deal", {each.name: each for each in FIELDS})})
DAY = datetime(2026, 3, 3, 9, tzinfo=UTC)


def test_the_same_schema_has_no_changes():
    assert schema_changes(SCHEMA, SCHEMA) == ()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (removed(DEAL, "name"), SchemaChange(Kind.REMOVED, DEAL, "name", "text")),
        (field(DEAL, "name", type=Type.NUMBER), SchemaChange(Kind.RETYPED, DEAL, "name", "text", "number")),
        (
            field(DEAL, "owner", of="crm.team"),
            SchemaChange(Kind.RETYPED, DEAL, "owner", "record of crm.user", "record of crm.team"),
        ),
        (without_choice(DEAL, "stage", "won"), SchemaChange(Kind.CHOICE_REMOVED, DEAL, "stage", "won")),
        (field(DEAL, "note", required=True), SchemaChange(Kind.REQUIRED, DEAL, "note", "text", "text")),
        (field(DEAL, "name", max_length=40), SchemaChange(Kind.SHORTENED, DEAL, "name", "80", "40")),
        (field(DEAL, "note", max_length=40), SchemaChange(Kind.SHORTENED, DEAL, "note", "", "40")),
        (field(DEAL, "colour", type=Type.TEXT), SchemaChange(Kind.ADDED, DEAL, "colour", "", "text")),
        (
            field(DEAL, "colour", type=Type.TEXT, required=True),
            SchemaChange(Kind.REQUIRED, DEAL, "colour", "", "text"),
        ),
    ],
)
def test_each_kind_of_change_is_found_once(change, found):
    assert schema_changes(SCHEMA, change(SCHEMA)) == (found,)


@pytest.mark.parametrize(
    "change",
    [
        field(DEAL, "name", max_length=100),
        field(DEAL, "name", max_length=None),
        field(DEAL, "name", label="The deal's name"),
        field(DEAL, "stage", choices=(*FIELDS[2].choices, Choice("lost", "Lost"))),
        field(DEAL, "note", required=True, read_only=True),
    ],
)
def test_what_harms_nothing_is_no_change(change):
    assert schema_changes(SCHEMA, change(SCHEMA)) == ()


def test_a_document_type_that_is_not_reported_any_more_has_lost_all_its_fields():
    found = schema_changes(SCHEMA, Catalog({}))
    assert [(each.kind, each.field) for each in found] == [(Kind.REMOVED, each.name) for each in FIELDS]


def seen(*schemas):
    """One schema a day, asked each hour."""
    return [
        Seen(each, DAY + timedelta(days=at), DAY + timedelta(days=at, hours=23)) for at, each in enumerate(schemas)
    ]


def test_a_change_stands_since_it_was_seen_first_and_not_since_the_last_change():
    without = removed(DEAL, "name")(SCHEMA)
    both = removed(DEAL, "note")(without)
    name, note = drift(seen(SCHEMA, without, both))
    assert (name.change.field, name.until, name.noticed) == ("name", DAY + timedelta(hours=23), DAY + timedelta(days=1))
    assert (note.change.field, note.until, note.noticed) == (
        "note",
        DAY + timedelta(days=1, hours=23),
        DAY + timedelta(days=2),
    )


def test_a_change_that_was_undone_is_none_and_begins_anew_when_it_comes_again():
    without = removed(DEAL, "name")(SCHEMA)
    assert drift(seen(SCHEMA, without, SCHEMA)) == ()
    (again,) = drift(seen(SCHEMA, without, SCHEMA, without))
    assert again.noticed == DAY + timedelta(days=3)


def test_one_schema_alone_has_no_drift():
    assert drift([]) == drift(seen(SCHEMA)) == ()
