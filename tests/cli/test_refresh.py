"""`o2o refresh`: what a connection's schema has otherwise, in words and in JSON, and who accepted it."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from rules_engine.bootstrap import now
from rules_engine.cli import main
from rules_engine.model.catalog import Type
from rules_engine.sample_workspace import CRM, ORDERS, SLUG
from rules_engine.store.schemas import TableSchemas
from tests.changing_schema import field, removed
from tests.demo import new_demo


@pytest.fixture
def o2o(tmp_path, monkeypatch):
    monkeypatch.setenv("O2O_FOLDER", str(tmp_path / "var"))

    def run(*words):
        return CliRunner().invoke(main, [str(each) for each in words])

    return run


@pytest.fixture
def product(tmp_path):
    return new_demo(tmp_path / "var", now)


def reported_yesterday(product, name, *changes):
    """The system had another schema when it was asked first: it was changed since."""
    connector = product.connector(SLUG, name)
    schema = connector.schema()
    for change in changes:
        schema = change(schema)
    kept = TableSchemas(product.engine, product.row(SLUG).id)
    kept.saw(name, connector.system, schema, now() - timedelta(days=1))
    kept.accept(name, connector.system, "Ana", now() - timedelta(days=1))


def test_an_unchanged_schema_is_told_as_such(o2o, product):
    shown = o2o("refresh", CRM)
    assert (shown.exit_code, shown.output) == (0, "sample-crm: its schema is as it was accepted\n")


def test_a_change_that_breaks_something_ends_with_exit_code_1(o2o, product):
    reported_yesterday(product, ORDERS, field("order_book.quote", "title", required=False, type=Type.NUMBER))
    shown = o2o("refresh", ORDERS)
    assert shown.exit_code == 1
    assert "error: the field `title` of `order_book.quote` in `order-book` was number and is text" in shown.output
    assert "`title` of the mapping of `on-close`" in shown.output
    assert "[schema-drift]" in shown.output


def test_what_is_new_is_listed_as_not_mapped_yet(o2o, product):
    reported_yesterday(product, CRM, removed("sample_crm.opportunity", "Competitor__c"))
    shown = o2o("refresh", CRM)
    assert shown.exit_code == 0
    (line, *_) = shown.output.splitlines()
    assert line == (
        "the field `Competitor__c` of `sample_crm.opportunity` in `sample-crm` is new (text): not mapped yet"
    )


def test_a_new_field_comes_with_the_field_of_ours_that_it_most_likely_belongs_to(o2o, product):
    reported_yesterday(product, ORDERS, removed("order_book.quote", "purchase_order"))
    (line, *_) = o2o("refresh", ORDERS).output.splitlines()
    assert line.endswith("not mapped yet; likely for `purchase_order` of the quote: the same name")
    (change,) = json.loads(o2o("refresh", ORDERS, "--json").output)["changes"]
    assert (change["likely"]["document_type"], change["likely"]["ours"]) == ("quote", "purchase_order")


def test_the_json_has_each_change_and_each_finding(o2o, product):
    reported_yesterday(product, ORDERS, field("order_book.quote", "title", max_length=500))
    said = json.loads(o2o("refresh", ORDERS, "--json").output)
    (change,) = said["changes"]
    assert (change["kind"], change["field"], change["before"], change["after"]) == ("shortened", "title", "500", "120")
    (finding,) = said["findings"]
    assert (finding["check"], finding["severity"]) == ("schema-drift", "warning")
    assert said["accepted"] is False


def test_accepting_needs_a_name_and_ends_the_drift(o2o, product):
    reported_yesterday(product, ORDERS, field("order_book.quote", "title", type=Type.NUMBER))
    refused = o2o("refresh", ORDERS, "--accept")
    assert (refused.exit_code, "--accept needs --by" in refused.output) == (2, True)
    accepted = o2o("refresh", ORDERS, "--accept", "--by", "Ana")
    assert accepted.exit_code == 0
    assert accepted.output.splitlines()[-1] == "order-book: its schema is accepted as it is now"
    assert o2o("refresh", ORDERS).output == "order-book: its schema is as it was accepted\n"


def test_an_unknown_connection_is_said_by_name(o2o, product):
    shown = o2o("refresh", "hubspot")
    assert (shown.exit_code, "no connection `hubspot`" in shown.output) == (3, True)
