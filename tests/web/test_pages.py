"""Every page's status and main words, and what no page may do."""

import re
from pathlib import Path

import pytest
from flask import url_for

from rules_engine.connectors.sample_crm_actions import Changes
from rules_engine.sample_workspace import SLUG
from rules_engine.store.workspaces import add_workspace
from tests.web.test_story import words
from web.words import CONVERSIONS, EVENTS, MODES, VERDICTS

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = "".join(file.read_text("utf-8") for file in (ROOT / "web" / "templates").rglob("*.html"))

PAGES = {
    "/": "Win the deal",
    "/conversions": "No conversion yet",
    "/events": "No event was heard yet",
    "/rulesets": "Quote as soon as the deal is won",
    "/rulesets/on-close": "If opportunity stage is Closed won, create a quote.",
    "/rulesets/on-close/text": "Save draft",
    "/rulesets/on-close/fixtures": "10 of 10 as expected",
    "/rulesets/on-close/versions": "Published versions",
    "/rulesets/on-close/versions/1": "The text of a version never changes",
    "/rulesets/on-close/versions/1..1": "The two have the same texts",
    "/rulesets/on-close/publish": "Nothing to publish",
    "/rulesets/on-close/fields": "No document that this mapping made has arrived yet",
    "/moments": "One deal, three customers",
    "/sample-crm": "another system",
    "/sample-crm/D-1001": "Delivery_Window__c",
    "/order-book": "Articles",
    "/hooks/demo/sample-crm": "Standard Webhooks",
    "/deals/sample-crm/D-1001": "Nothing was heard of this deal yet",
}
EVIL_FIELDS = ("Name", "Description", "CustomerReference")
UNKNOWN = [
    "/conversions/999",
    "/conversions?state=nonsense",
    "/conversions/99999999999999999999",
    "/decisions/999",
    "/events/999",
    "/rulesets/none",
    "/rulesets/none/text",
    "/rulesets/none/fields",
    "/rulesets/on-close/versions/99",
    "/rulesets/on-close/versions/1..99",
    "/sample-crm/D-0",
    "/order-book/quote/Q-99999",
    "/order-book/invoice/Q-00001",
    "/deals/sample-crm/D-0",
    "/deals/nowhere/D-1001",
    "/nothing",
]


@pytest.mark.parametrize(("path", "main"), PAGES.items())
def test_each_page_says_what_it_is_for(browser, path, main):
    assert main in words(browser.get(path))


def test_every_page_without_a_number_in_its_address_is_tried_above(app):
    plain = {rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and not rule.arguments}
    assert plain <= PAGES.keys()


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_is_not_there_is_said_with_404(browser, path):
    assert "There is nothing here" in words(browser.get(path, 404))


def test_every_form_refuses_without_its_token(app, browser):
    client = app.test_client()
    known = {"name": "on-close", "number": 1, "opportunity": "D-1001"}
    tried = 0
    for rule in app.url_map.iter_rules():
        if "POST" not in rule.methods or rule.endpoint == "hooks.receive":
            continue
        with app.test_request_context():
            path = url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
        answer = client.post(path, data={"action": "win", "do": "save"})
        assert answer.status_code == 400, path
        assert "the form was not made by this page" in words(answer.get_data(as_text=True))
        tried += 1
    assert tried >= 7
    assert "Negotiation" in browser.get("/sample-crm/D-1001")


def test_every_form_on_every_page_carries_its_token(browser, work):
    browser.act("win", "D-1003")
    work()
    for path in [*PAGES, "/conversions/1", "/deals/sample-crm/D-1003"]:
        for form in re.findall(r"<form method=\"post\".*?</form>", browser.get(path), re.DOTALL):
            assert 'name="csrf_token"' in form, path


def test_markup_in_a_crm_record_is_shown_as_text(browser, work, product):
    evil = '<script>alert(1)</script><img src=x onerror="alert(2)">'
    product.sample_crm(SLUG).change("D-1001", Changes(put={name: evil for name in EVIL_FIELDS}))
    browser.act("win")
    work()
    for path in ("/", "/sample-crm", "/sample-crm/D-1001", "/deals/sample-crm/D-1001", "/conversions", "/conversions/1",
                 "/decisions/1", "/order-book/quote/Q-00001"):
        page = browser.get(path)
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path
    assert "&lt;script&gt;alert(1)" in browser.get("/sample-crm/D-1001")


def test_no_page_has_script_or_style_inside_or_asks_another_host(browser, work):
    browser.act("win")
    work()
    for path in [*PAGES, "/conversions/1", "/decisions/1", "/events/1"]:
        page = browser.get(path)
        assert not re.search(r"<script(?![^>]* src=\"/static/)", page), path
        assert not re.search(r"<[^>]+ style=", page), path
        assert not re.search(r"<[^>]+ on[a-z]+=", page), path
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", page), path


def test_each_answer_carries_the_headers_that_keep_others_out(app):
    for path in ("/", "/nothing", "/static/app.css", "/hooks/demo/sample-crm"):
        with app.test_client().get(path) as answer:
            headers = answer.headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


def test_the_cookie_is_for_this_site_and_not_for_scripts(app):
    cookie = app.test_client().get("/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8070", "[", ""])
def test_a_page_of_somebody_else_that_points_here_is_refused(app, host):
    answer = app.test_client().get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert "Harbour" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8070", "[::1]:8070"])
def test_this_machines_own_names_are_served(app, host):
    assert app.test_client().get("/", headers={"Host": host}).status_code == 200


def test_another_workspaces_records_are_not_there(app, browser, work, product):
    browser.act("win")
    work()
    add_workspace(product.engine, "other", "Other", "UTC", product.clock())
    assert browser.post("/workspace", {"workspace": "other"}).location == "/"
    paths = ["/conversions/1", "/decisions/1", "/events/1", "/rulesets/on-close", "/rulesets/on-close/versions/1",
             "/deals/sample-crm/D-1001", "/sample-crm/D-1001", "/order-book/quote/Q-00001"]
    for path in paths:
        browser.get(path, 404)
    assert "Harbour" not in browser.get("/")
    assert browser.post("/conversions/1/again", {}, page="/").status_code == 404
    browser.post("/workspace", {"workspace": "no such"}, page="/")
    browser.get("/conversions/1", 404)
    browser.post("/workspace", {"workspace": SLUG}, page="/")
    browser.get("/conversions/1")


def test_a_bug_shows_a_reference_and_none_of_its_words(app, product, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(app.extensions["product"].__class__, "order_book", broken)
    monkeypatch.setattr("web.order_book.order_book_pages.products", broken)
    answer = app.test_client().get("/order-book")
    page = words(answer.get_data(as_text=True))
    assert answer.status_code == 500
    assert "a secret of the inside" not in page
    reference = re.search(r"Reference ([0-9a-f]{8})", page)
    assert reference is not None
    assert reference[1] in caplog.text


def test_every_icon_that_a_page_names_is_drawn(app, browser, work):
    browser.act("win")
    browser.act("win", "D-1003")
    work()
    with app.test_client().get("/static/icons.svg") as answer:
        drawn = set(re.findall(r'<symbol id="([^"]+)"', answer.get_data(as_text=True)))
    pages = [*PAGES, "/conversions/1", "/conversions/2", "/decisions/1", "/events/1", "/deals/sample-crm/D-1003"]
    named = {name for path in pages for name in re.findall(r"icons\.svg#([a-z0-9-]+)", browser.get(path))}
    named |= set(re.findall(r'icon\("([a-z0-9-]+)"', TEMPLATES))
    named |= {look.icon for table in (CONVERSIONS, EVENTS, VERDICTS, MODES) for look in table.values()}
    assert len(named) > 30
    assert named - drawn == set()


def test_the_pages_weigh_little(app):
    for name, most in (("app.js", 6 * 1024), ("app.css", 40 * 1024), ("icons.svg", 16 * 1024)):
        with app.test_client().get(f"/static/{name}") as answer:
            assert 0 < len(answer.data) <= most, name
