"""The page of one decision: what to change, and the same question asked again."""

from sqlalchemy import select, update

from rules_engine.sample_workspace import SLUG
from rules_engine.store.session import workspace_session
from rules_engine.store.tables import DecisionRow
from tests.web.test_story import words


def test_a_decision_that_left_a_deal_alone_says_what_to_change(browser, work):
    browser.act("sign", "D-1001")
    work()
    told = words(browser.get("/decisions/1"))
    assert "To convert it" in told
    assert "Set opportunity stage to Closed won (now Negotiation)" in told


def test_the_deal_page_says_what_takes_it_on(browser, work):
    browser.act("sign", "D-1001")
    work()
    assert "Set opportunity stage to Closed won (now Negotiation)" in words(browser.get("/deals/sample-crm/D-1001"))
    browser.act("win", "D-1001")
    work()
    assert "To convert it" not in words(browser.get("/deals/sample-crm/D-1001"))


def test_a_conversion_says_what_would_have_stopped_it(browser, work):
    browser.act("win", "D-1001")
    work()
    told = words(browser.get("/decisions/1"))
    assert "What would have left it alone Set opportunity stage to anything but Closed won (now Closed won)" in told


def test_a_decision_is_asked_again_on_request_and_gives_the_same_answer(browser, work):
    browser.act("win", "D-1001")
    work()
    assert "Ask again from what was kept" in words(browser.get("/decisions/1"))
    told = words(browser.get("/decisions/1?replay=1"))
    assert "Replayed same answer" in told
    assert "Ask again" not in told


def test_a_kept_decision_that_somebody_changed_is_told_with_what_differs(browser, work, product):
    browser.act("win", "D-1001")
    work()
    with workspace_session(product.engine, product.row(SLUG).id) as session, session.begin():
        row = session.scalars(select(DecisionRow).where(DecisionRow.id == 1)).one()
        changed = {**row.case_seen, "record": {**row.case_seen["record"], "opportunity": {"stage": "negotiation"}}}
        session.execute(update(DecisionRow).where(DecisionRow.id == 1).values(case_seen=changed))
    told = words(browser.get("/decisions/1?replay=1"))
    assert "another answer" in told
    assert "the verdict was convert and is ignore" in told
    assert "rule won : opportunity stage is Closed won was true and is false" in told
