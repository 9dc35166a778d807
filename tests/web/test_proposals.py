"""What waits for a person's yes: on the deal's page, with the buttons that answer."""

import html
import re
from dataclasses import replace
from decimal import Decimal

from rules_engine.connectors.sample_crm_actions import Changes
from rules_engine.model.run import ConversionState
from rules_engine.sample_workspace import CRM, SLUG

DEAL = "/deals/sample-crm/D-1001"
WHEELS = {"Lines[L-2].Quantity": Decimal(9), "Lines[L-2].NetAmount": Decimal(21150), "Amount": Decimal(73380)}
SEEN = re.compile(r'name="seen" value="([^"]+)"')


def words(page):
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def changed(browser, work, product):
    """An order of four wheel sets that should be one of nine."""
    browser.act("win")
    work()
    product.sample_crm(SLUG).change("D-1001", Changes(put=WHEELS))
    browser.act("pay_deposit")
    work()


def answer(browser, number, word, page=DEAL, **more):
    seen = SEEN.search(browser.get(page))
    return browser.post(
        f"/conversions/{number}/answer", {"answer": word, "seen": seen[1] if seen else "", **more}, page=page
    )


def the_change(product):
    return next(run for run in product.workspace(SLUG).runs.case(CRM, "D-1001").conversions if run.amends)


def test_a_change_after_the_order_is_shown_with_what_differs_and_approved_by_a_button(browser, work, product):
    changed(browser, work, product)
    told = words(browser.get(DEAL))
    assert "Proposed: a change of the order" in told
    assert "quantity of line L-2 (Wheel set 400 mm) was 4 and would be 9" in told
    assert "A change of the order waits for a person's yes" in told
    assert "Amendment for Harbour crane retrofit" in words(browser.get("/"))
    shown = words(browser.get("/conversions/3"))
    assert "would change its order by framework" in shown
    assert "Proposed: a change of the order" in shown
    reply = answer(browser, 3, "approve", person="Ana")
    assert (reply.status_code, reply.location) == (303, DEAL)
    after = words(browser.get(DEAL))
    assert "the amendment is confirmed now" in after
    assert "Amendment O-00001/1 is made in order-book" in after
    assert "approved by Ana" in after
    assert "Proposed: a change" not in after
    assert "Amendment O-00001/1" in words(browser.get("/conversions/3"))
    assert "9" in words(browser.get("/order-book/order/O-00001"))
    assert browser.get("/conversions")


def test_a_refused_change_is_told_with_the_name_and_not_shown_again(browser, work, product):
    changed(browser, work, product)
    answer(browser, 3, "refuse", person="Ben")
    told = words(browser.get(DEAL))
    assert "A change of the order was refused by Ben" in told
    assert "Proposed: a change" not in told
    assert the_change(product).state is ConversionState.DECLINED


def test_an_answer_without_the_forms_token_changes_nothing(browser, work, product):
    changed(browser, work, product)
    seen = SEEN.search(browser.get(DEAL))
    refused = browser.client.post("/conversions/3/answer", data={"answer": "approve", "seen": seen[1]})
    assert refused.status_code == 400
    assert the_change(product).state is ConversionState.PROPOSED


def test_what_changed_since_the_page_was_loaded_is_not_approved(browser, work, product):
    changed(browser, work, product)
    reply = browser.post("/conversions/3/answer", {"answer": "approve", "seen": "another"}, page=DEAL)
    assert reply.status_code == 303
    assert "has changed since it was shown" in words(browser.get(DEAL))
    assert the_change(product).state is ConversionState.PROPOSED


def test_an_unknown_answer_and_an_unknown_conversion_are_refused(browser, work, product):
    changed(browser, work, product)
    assert answer(browser, 3, "perhaps").status_code == 400
    assert answer(browser, 99, "approve").status_code == 404


def test_a_proposed_quote_waits_on_the_deals_page_until_a_yes_sends_it(browser, work, product):
    rulesets = product.rulesets(SLUG)
    draft = rulesets.draft("on-close")
    text = draft.ruleset_text.replace("then: convert", "then: {propose: a manager looks at it}")
    cases = draft.cases_text.replace("verdict: convert", "verdict: propose")
    saved = rulesets.save(replace(draft, ruleset_text=text, cases_text=cases), "Ana", product.clock())
    published = product.author(SLUG).publish(saved, "ask first", "Ana", product.clock())
    assert getattr(published, "number", None) == 2, published
    browser.act("win")
    work()
    told = words(browser.get(DEAL))
    assert "Proposed: a quote" in told
    assert "a manager looks at it" in told
    assert product.order_book(SLUG).documents("quote") == ()
    answer(browser, 1, "approve", person="Ana")
    work()
    told = words(browser.get(DEAL))
    assert "Quote Q-00001 stands in order-book" in told
    assert "Order O-00001 stands in order-book" in told
