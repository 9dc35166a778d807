"""One click in the sample CRM, and what the pages tell of it."""

import html
import re
from decimal import Decimal

from rules_engine.connectors.sample_crm_actions import Changes
from rules_engine.model.run import ConversionState, InboundEvent
from rules_engine.sample_workspace import CRM, SLUG
from rules_engine.store import pages

REFRESH = '<meta http-equiv="refresh" content="1">'


def words(page):
    """What a person reads: text without markup, white space as one blank."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def test_one_click_becomes_a_quote_and_an_order_each_with_its_reason(browser, work):
    answer = browser.act("win")
    assert (answer.status_code, answer.location) == (303, "/deals/sample-crm/D-1001")
    before = browser.get("/deals/sample-crm/D-1001")
    assert REFRESH in before
    assert "Working on it" in before
    work()
    after = browser.get("/deals/sample-crm/D-1001")
    assert 'http-equiv="refresh"' not in after
    told = words(after)
    assert "Quote Q-00001 stands in order-book" in told
    assert "Order O-00001 stands in order-book" in told
    assert "rule won matches: opportunity stage is Closed won" in told
    assert "rule framework matches" in told
    assert "Q-00001" in browser.get("/")


def test_the_conversion_says_where_every_field_comes_from(browser, work):
    browser.act("win")
    work()
    told = words(browser.get("/conversions/1"))
    assert "Harbour crane retrofit became Q-00001 by won , ruleset on-close version 1" in told
    assert "Account.BillingAddress.City Hamburg" in told
    assert "lower case → jens.petersen@hafenlogistik.example" in told
    assert "the stage is why the quote exists, not a part of it" in told
    assert "61,630.00 EUR" in told
    assert "equal" in told


def test_an_orders_fields_lead_back_to_the_crm_through_its_quote(browser, work):
    browser.act("win")
    work()
    told = words(browser.get("/conversions/2"))
    assert "Lines[L-2].Quantity 4" in told
    reached = re.search(r"aria-label=\"(\d+) of (\d+) CRM fields reached the order", browser.get("/conversions/2"))
    assert reached is not None
    assert int(reached[1]) > 100
    assert int(reached[2]) - int(reached[1]) == 2


def test_a_value_that_changed_in_the_crm_since_is_said(browser, work, product):
    browser.act("win")
    work()
    assert "now Harbour crane, new name" not in words(browser.get("/conversions/1"))
    product.sample_crm(SLUG).change("D-1001", Changes(put={"Name": "Harbour crane, new name"}))
    assert "now Harbour crane, new name" in words(browser.get("/conversions/1"))


def test_a_held_conversion_waits_for_a_person_and_goes_on_when_the_record_is_right(browser, work, product):
    browser.act("win", "D-1003")
    work()
    assert "Quote for Spare rollers" in words(browser.get("/"))
    assert "Held" in words(browser.get("/conversions?state=held"))
    product.sample_crm(SLUG).change("D-1003", Changes(put={f"Lines[L-{n}].Quantity": Decimal(2) for n in (2, 3)}))
    answer = browser.post("/conversions/1/again", {}, page="/conversions/1")
    assert answer.status_code == 303
    work()
    told = words(browser.get("/deals/sample-crm/D-1003"))
    with product.session(SLUG) as session:
        found = pages.conversion(session, 1)
    assert found is not None
    assert found[1].state is ConversionState.CONFIRMED, "planned anew under the same key"
    assert "decides: create a quote" in told


def test_trying_again_what_is_confirmed_is_refused(browser, work):
    browser.act("win")
    work()
    assert browser.post("/conversions/1/again", {}, page="/sample-crm/D-1001").status_code == 409


def test_a_second_click_makes_nothing_twice(browser, work, product):
    browser.act("win")
    work()
    browser.act("accept_quote")
    work()
    assert len(product.order_book(SLUG).documents("order")) == 1
    assert "nothing is made twice" in words(browser.get("/deals/sample-crm/D-1001"))


def test_an_event_says_what_it_led_to_and_a_dead_one_is_sent_again(browser, work, product):
    browser.act("win")
    work()
    told = words(browser.get("/events/1"))
    assert "Opportunity to quote: convert" in told
    assert '"specversion": "1.0"' in told
    lost = InboundEvent("evt-x", "/elsewhere", "opportunity.won", "D-9999", product.clock())
    product.workspace(SLUG).inbox.accept(CRM, lost, product.clock())
    work()
    assert "Given up" in words(browser.get("/events/2"))
    assert "Event 2" in words(browser.get("/"))
    assert browser.post("/events/2/again", {}, page="/events/2").status_code == 303
    assert "New" in words(browser.get("/events/2"))
    assert browser.post("/events/1/again", {}).status_code == 409


def test_a_decision_shows_every_rule_that_was_tried(browser, work):
    browser.act("win")
    work()
    told = words(browser.get("/decisions/1"))
    assert "Won without a line to quote" in told
    assert "The deal is won" in told
    assert "both agree" in told


def test_three_customers_make_the_quote_at_three_moments(browser):
    page = browser.get("/moments")
    assert page.count("The quote is made") == 3
    cells = [re.findall(r'<td data-label="([^"]+)" class="([^"]*)"', row) for row in page.split("<tr>")]
    moments = {label: at for at, row in enumerate(cells) for label, kind in row if kind == "now"}
    assert moments == {
        "Quote when signature and deposit meet within 14 days": 4,
        "Quote on a purchase order with every line in stock": 5,
        "Quote as soon as the deal is won": 6,
    }


def test_the_order_book_shows_the_lines_the_totals_and_our_key(browser, work):
    browser.act("win")
    work()
    told = words(browser.get("/order-book/quote/Q-00001"))
    assert "Hoist drive 200 kW" in told
    assert "61,630.00 EUR" in told
    assert "our key" in told
