"""The page of a mapping's coverage figure, and the banner of a changed schema."""

from rules_engine.model.catalog import Type
from rules_engine.sample_workspace import CRM, ORDERS, SLUG
from tests.changing_schema import Changing, field, removed
from tests.web.test_story import words

FIELDS = "/rulesets/on-close/fields"


def test_a_mapping_that_made_nothing_yet_says_so(browser):
    assert "No document that this mapping made has arrived yet" in words(browser.get(FIELDS))


def test_the_page_says_what_arrived_and_what_did_not_with_its_reason(browser, work):
    browser.act("win")
    work()
    page = words(browser.get(FIELDS))
    assert "129 of 131 (98.4 %) of the CRM's populated fields arrived" in page
    assert "a stamp of the CRM (mapping on-close) LastModifiedDate 1" in page
    assert "quote of D-1001" in page
    assert "order of D-1001" in words(browser.get("/rulesets/framework-or-acceptance/fields"))


def test_a_change_of_the_order_system_that_breaks_the_mapping_is_said_on_every_tab(browser, product, watch):
    book = Changing(product.connector(SLUG, ORDERS))
    product._connectors[SLUG, ORDERS] = book
    assert "in a connected system" not in words(browser.get("/rulesets/on-close"))
    book.changes += [removed("order_book.quote", "title"), field("order_book.quote", "email", type=Type.NUMBER)]
    watch.forward(minutes=20)
    for tab in ("", "/text", "/fields"):
        page = words(browser.get(f"/rulesets/on-close{tab}"))
        assert "2 changes in a connected system since its schema was accepted" in page
        assert "the field title of order_book.quote in order-book was removed" in page
    assert "in a connected system" not in words(browser.get("/rulesets/signature-and-deposit"))


def test_a_change_that_touches_nothing_shows_no_banner(browser, product, watch):
    crm = Changing(product.connector(SLUG, CRM))
    product._connectors[SLUG, CRM] = crm
    browser.get("/rulesets/on-close")
    crm.changes.append(removed("sample_crm.opportunity", "Competitor__c"))
    watch.forward(minutes=20)
    assert "in a connected system" not in words(browser.get("/rulesets/on-close"))
