"""The connector against what a real Tryton answered once: no server, no network."""

import json
from decimal import Decimal

import httpx
import pytest

from rules_engine.connectors.tryton import Tryton
from rules_engine.connectors.tryton_rpc import Rpc
from rules_engine.conversion.readback import differences
from rules_engine.model.errors import Permanent, Refused, Retryable
from rules_engine.testing.connector_suite import misfits
from tests.tryton_server.record import FILE, asked, journey

D = Decimal


@pytest.fixture
def recorded():
    return json.loads(FILE.read_text(encoding="utf-8"))


def replaying(exchanges):
    """A way to the server on which each request must be the recorded one, and gets the recorded answer."""
    left = iter(exchanges)

    def wire(_client, request, _writes):
        expected = next(left)
        method, params = asked(request.content)
        assert method == expected["method"]
        assert params == expected["params"], method
        return httpx.Response(200, json=expected["answer"], request=request)

    return wire, left


def answering(*answers):
    """A way to the server that signs anybody in, and then gives these answers."""
    left = iter([{"result": [2, "-", None]}, {"result": {"company": 1}}, *answers])
    return lambda _client, request, _writes: httpx.Response(200, json={"id": 1, **next(left)}, request=request)


def test_the_whole_way_asks_what_it_asked_a_real_server_and_understands_its_answers(recorded, connector_text):
    wire, left = replaying(recorded["exchanges"])
    tryton = Tryton(Rpc("https://tryton.example", "crm", "converter", "-", wire=wire), connector_text)
    came = journey(tryton, recorded["ids"])
    assert list(left) == []
    assert list(misfits(tryton.catalog(), "tryton.opportunity", came["native"])) == []
    assert came["native"]["amount"] == D("499.99")
    assert came["native"]["party"]["id"] == f"tryton://tryton.example/crm/model/party.party/{recorded['ids']['party']}"
    assert [each["quantity"] for each in came["native"]["lines"]] == [D(3), D("12.5"), D(1)]
    assert came["quote"].state == "quotation"
    assert differences(came["payload"], came["quoted"]) == ()
    assert came["quoted"]["total_amount"] == D("430.20")
    assert (came["order"].id, came["order"].number) == (came["quote"].id, came["quote"].number)
    assert differences({**came["payload"], "sale": came["quote"].id}, came["ordered"]) == ()
    assert "you must enter an invoice address" in came["refusal"]


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (["UserError", ["No stock.", "Order less.", None]], Refused, "Tryton refused: No stock. Order less"),
        (["UserWarning", ["late_1", "It is late.", ""]], Refused, "asks a person to confirm: It is late"),
        (["ConcurrencyException", "Records have been modified"], Retryable, "at the same moment"),
        (["LoginException", ["password", "Password", "char"]], Retryable, "does not let us in at present"),
        (["'color'", ""], Permanent, "knows no field or model `color`"),
        (["division by zero", ""], Permanent, "Tryton failed at `model.party.party.read`: division by zero"),
        ("something new", Permanent, "something new"),
    ],
)
def test_an_error_of_tryton_says_what_to_do_next(error, kind, words):
    rpc = Rpc("https://tryton.example", "crm", "converter", "-", wire=answering({"error": error}))
    with pytest.raises(kind, match=words) as raised:
        rpc("model.party.party.read", [1], ["name"])
    assert type(raised.value) is kind


@pytest.mark.parametrize("body", [b"[]", b"17", b'"x"', b"<html>Welcome</html>", b"", b'{"id": 1, "result": '])
def test_an_answer_that_is_no_result_is_said_in_words(body):
    def wire(_client, request, _writes):
        return httpx.Response(200, content=body, request=request)

    with pytest.raises(Permanent):
        Rpc("https://tryton.example", "crm", "converter", "-", wire=wire)("model.party.party.read", [1], ["name"])
