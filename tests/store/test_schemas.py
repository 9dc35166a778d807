"""What is kept of a connection's schemas: each run of the same one once, counted from the accepted one."""

from datetime import timedelta

import pytest

from rules_engine.model.catalog import Catalog, Choice, DocumentType, Field, Type
from rules_engine.store.schemas import TableSchemas
from tests.databases import START, new_workspace


def schema(*fields: Field) -> Catalog:
    return Catalog({"crm.deal": DocumentType("crm.deal", "Deal", {each.name: each for each in fields})})


NAME = Field("name", Type.TEXT, "Name", required=True, max_length=80)
STAGE = Field("stage", Type.CHOICE, "Stage", (Choice("won", "Won"), Choice("open", "Open")), custom=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def schemas(engine) -> TableSchemas:
    return TableSchemas(engine, new_workspace(engine, "north"))


def test_nothing_is_known_before_the_first_refresh(schemas):
    assert schemas.history("crm", "crm") == ()


def test_a_schema_comes_back_as_it_was_seen(schemas):
    schemas.saw("crm", "crm", schema(NAME, STAGE), START)
    (seen,) = schemas.history("crm", "crm")
    assert (seen.catalog, seen.first_seen, seen.last_seen) == (schema(NAME, STAGE), START, START)


def test_the_same_schema_again_is_one_run_and_another_begins_a_new_one(schemas):
    for at, each in enumerate((schema(NAME, STAGE), schema(STAGE, NAME), schema(NAME), schema(NAME, STAGE))):
        schemas.saw("crm", "crm", each, START + at * HOUR)
    assert [(each.first_seen - START, each.last_seen - START) for each in schemas.history("crm", "crm")] == [
        (0 * HOUR, HOUR),
        (2 * HOUR, 2 * HOUR),
        (3 * HOUR, 3 * HOUR),
    ]


def test_what_is_accepted_is_what_the_history_begins_with(schemas):
    schemas.saw("crm", "crm", schema(NAME, STAGE), START)
    schemas.saw("crm", "crm", schema(NAME), START + HOUR)
    schemas.accept("crm", "crm", "Ana", START + HOUR)
    schemas.saw("crm", "crm", schema(STAGE), START + 2 * HOUR)
    assert [each.catalog for each in schemas.history("crm", "crm")] == [schema(NAME), schema(STAGE)]


def test_another_system_and_another_workspace_have_histories_of_their_own(schemas, engine):
    schemas.saw("crm", "crm", schema(NAME), START)
    assert schemas.history("crm", "other_crm") == ()
    south = TableSchemas(engine, new_workspace(engine, "south"))
    assert south.history("crm", "crm") == ()
    south.saw("crm", "crm", schema(STAGE), START)
    assert [each.catalog for each in schemas.history("crm", "crm")] == [schema(NAME)]


def test_accepting_before_anything_was_seen_changes_nothing(schemas):
    schemas.accept("crm", "crm", "Ana", START)
    assert schemas.history("crm", "crm") == ()
