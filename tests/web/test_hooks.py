"""Webhooks through the web: raw bytes, real signatures, and what is refused before anything is read."""

import pytest

from rules_engine.bootstrap import open_product
from rules_engine.config import Settings
from rules_engine.connectors.sample_crm import webhook_body
from rules_engine.sample_workspace import CRM, SLUG
from rules_engine.store import pages
from web import create_app

PATH = f"/hooks/{SLUG}/{CRM}"


@pytest.fixture
def message(product):
    event = product.sample_crm(SLUG).act("D-1001", "win")
    body = webhook_body(event)
    return body, dict(product.sign(SLUG, CRM, event.id, body))


def heard(product):
    with product.session(SLUG) as session:
        return pages.events(session).total


def test_a_signed_message_is_taken_once_without_a_form_token(app, product, message):
    body, headers = message
    client = app.test_client()
    first = client.post(PATH, data=body, headers=headers)
    again = client.post(PATH, data=body, headers=headers)
    assert (first.status_code, first.json["status"]) == (202, "accepted")
    assert (again.status_code, again.json["status"]) == (200, "duplicate")
    assert heard(product) == 1


def test_one_changed_byte_is_refused(app, product, message):
    body, headers = message
    answer = app.test_client().post(PATH, data=body + b" ", headers=headers)
    assert answer.status_code == 401
    assert heard(product) == 0


def test_an_unsigned_message_is_refused(app, product, message):
    assert app.test_client().post(PATH, data=message[0]).status_code in (400, 401)
    assert heard(product) == 0


def test_a_body_that_is_too_large_is_refused_before_it_is_read(app, product):
    class Endless:
        def read(self, *_):
            raise AssertionError("the body was read")

        readline = read

    told = {"wsgi.input": Endless(), "CONTENT_LENGTH": str(2**30)}
    answer = app.test_client().post(PATH, environ_overrides=told)
    assert answer.status_code == 413
    assert heard(product) == 0


@pytest.mark.parametrize("path", [f"/hooks/nobody/{CRM}", f"/hooks/{SLUG}/nothing"])
def test_an_address_that_belongs_to_nobody_is_said(app, path, message):
    answer = app.test_client().post(path, data=message[0], headers=message[1])
    assert answer.status_code == 404
    assert answer.json["status"] == "refused"


def test_a_foreign_host_is_answered_in_json_and_shows_nothing_of_the_workspace(app, message):
    body, headers = message
    client = app.test_client()
    answer = client.post(PATH, data=body, headers={**headers, "Host": "evil.example"})
    assert (answer.status_code, answer.json["status"]) == (400, "refused")
    assert "O2O_PUBLIC_URL" in answer.json["reason"]
    page = client.get("/", headers={"Host": "evil.example"})
    assert page.status_code == 400
    assert SLUG not in page.text


def test_the_address_explains_itself_to_anybody_and_shows_nothing_of_a_workspace(app):
    page = app.test_client().get("/hooks/nobody/x")
    assert page.status_code == 200
    assert "Conversions" not in page.text


def test_a_static_file_that_is_not_there_has_a_page_too(app):
    assert app.test_client().get("/static/nope.css").status_code == 404


def test_without_a_workspace_every_page_says_so(tmp_path):
    product = open_product(Settings(folder=tmp_path))
    assert create_app(product).test_client().get("/").status_code == 404
