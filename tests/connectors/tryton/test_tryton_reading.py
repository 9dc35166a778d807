"""Looking up, sweeping, the session, custom fields: a real Tryton as it answers."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from rules_engine.connectors.tryton_rpc import Rpc, over_http
from rules_engine.model.catalog import Type
from rules_engine.model.errors import NotFound, Permanent, Refused, Retryable

ADDRESS = "party and delivery address"


@pytest.mark.parametrize(
    ("model", "by", "value", "name"),
    [
        ("product.product", "code", "P-100", "pump"),
        ("product.product", "code", "p-100", "pump"),
        ("product.product", "code", " C-7 ", "cable"),
        ("party.party", "code", "CUST-77", "party"),
        ("party.party", "code or name", "Chantiers Étoile SARL", "party"),
        ("account.invoice.payment_term", "name", "30 days", "term"),
        ("currency.currency", "code", "USD", "USD"),
        ("product.uom", "name or symbol", "h", "hour"),
        ("product.uom", "name or symbol", "Unit", "unit"),
        ("party.address", ADDRESS, "CUST-77\nACME\n12 quai du Port\n13002\nMarseille", "shipment_address"),
        ("party.address", ADDRESS, "CUST-77\n1  Rue de la paix\n75002\nPARIS", "invoice_address"),
        ("party.address", ADDRESS, "CUST-77", "shipment_address"),
        ("party.address", "party and invoice address", "CUST-77\nChantiers Étoile SARL", "invoice_address"),
        ("party.contact_mechanism", "party and value", "CUST-77\nACHATS@etoile.example", "contact"),
    ],
)
def test_a_look_up_finds_the_one_record_that_is_meant(tryton, server, model, by, value, name):
    assert tryton.look_up(model, by, value) == str(server.ids[name])


@pytest.mark.parametrize(
    ("model", "by", "value"),
    [
        ("product.product", "code", "P-10"),
        ("product.product", "code", "P%"),
        ("product.product", "code", "P_100"),
        ("party.party", "code or name", "CUST-7"),
        ("currency.currency", "code", "XXX"),
        ("account.tax", "name", "VAT 19%"),
        ("account.tax", "name", "VAT 20% + VAT 19%"),
        ("party.address", ADDRESS, "CUST-77\n12 quai du Port\n13003\nMarseille"),
        ("party.address", ADDRESS, "CUST-99"),
        ("party.party", "code", "tryton://elsewhere.example/crm/model/party.party/2"),
    ],
)
def test_a_look_up_of_what_is_not_there_finds_nothing(tryton, model, by, value):
    assert tryton.look_up(model, by, value) is None


def test_taxes_are_looked_up_together(tryton, server):
    assert tryton.look_up("account.tax", "name", "VAT 20%") == (str(server.ids["tax"]),)


def test_a_contact_that_the_party_does_not_have_is_left_to_the_note(tryton):
    assert tryton.look_up("party.contact_mechanism", "party and value", "CUST-77\nnobody@example.com") == ""


def test_a_url_of_this_tryton_names_its_record_however_it_is_spelt(tryton, rpc, server):
    url = f"{rpc.home}/model/product.product/{server.ids['cable']}"
    assert tryton.look_up("product.product", "code", url) == str(server.ids["cable"])
    assert tryton.look_up("product.product", "code", url.upper()) == str(server.ids["cable"])
    assert tryton.look_up("product.product", "code", f"{url}999") is None
    assert tryton.look_up("party.party", "code", url) is None


def test_two_records_of_one_name_are_refused_with_their_names(tryton, rpc):
    for code in ("TWIN-1", "TWIN-2"):
        rpc("model.party.party.create", [{"name": "Twin Ltd", "code": code}])
    with pytest.raises(Refused, match="several records .* have the name `Twin Ltd`"):
        tryton.look_up("party.party", "code or name", "Twin Ltd")


def test_what_is_inactive_is_not_found(tryton, rpc):
    (number,) = rpc("model.party.party.create", [{"name": "Closed", "code": "CLOSED-1"}])
    rpc("model.party.party.write", [number], {"active": False})
    assert tryton.look_up("party.party", "code", "CLOSED-1") is None


# --- sweeps --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["the line", "the party", "its address", "the notes"])
def test_a_change_around_the_opportunity_is_a_change_of_it(tryton, rpc, fresh_opportunity, server, what):
    number = int(fresh_opportunity)
    before = next(each for each in tryton.changed_since(START) if each.opportunity == fresh_opportunity)
    line = rpc("model.sale.opportunity.read", [number], ["lines"])[0]["lines"][0]
    change = {
        "the line": ("sale.opportunity.line", line, {"quantity": 7}),
        "the party": ("party.party", server.ids["party"], {"name": "Chantiers Étoile SARL"}),
        "its address": ("party.address", server.ids["shipment_address"], {"party_name": "Quai 4"}),
        "the notes": ("sale.opportunity", number, {"notes": [["create", [{"message": "more"}]]]}),
    }[what]
    rpc(f"model.{change[0]}.write", [change[1]], change[2])
    after = next(each for each in tryton.changed_since(before.modified_at) if each.opportunity == fresh_opportunity)
    assert after.version != before.version
    assert after.modified_at > before.modified_at


def test_a_deleted_line_gives_another_version(tryton, rpc, fresh_opportunity):
    before = next(each for each in tryton.changed_since(START) if each.opportunity == fresh_opportunity)
    line = rpc("model.sale.opportunity.read", [int(fresh_opportunity)], ["lines"])[0]["lines"][0]
    rpc("model.sale.opportunity.line.delete", [line])
    after = next(each for each in tryton.changed_since(START) if each.opportunity == fresh_opportunity)
    assert after.version != before.version


START = datetime(2020, 1, 1, tzinfo=UTC)


def test_a_sweep_from_tomorrow_finds_nothing(tryton, fresh_opportunity):
    newest = max(each.modified_at for each in tryton.changed_since(START))
    assert fresh_opportunity
    assert list(tryton.changed_since(newest + timedelta(days=1))) == []


# --- the catalog ---------------------------------------------------------------------------------------------------


def test_the_catalog_has_the_fields_of_this_tryton(tryton):
    catalog = tryton.catalog()
    state = catalog.find("tryton.opportunity", "state")
    assert state is not None
    assert [each.code for each in state.choices] == ["lead", "opportunity", "converted", "won", "lost", "cancelled"]
    assert catalog.find("tryton.opportunity", "lines.product.code").type is Type.TEXT
    assert catalog.find("tryton.quote", "warehouse").label == "Warehouse"
    assert catalog.find("tryton.quote", "invoice_method").type is Type.CHOICE
    assert catalog.find("tryton.quote", "party").required


@pytest.mark.parametrize("identity", ["987654", "D-1001", "", "-1", "²"])
def test_an_opportunity_that_is_not_there_is_not_found(tryton, identity):
    with pytest.raises(NotFound):
        tryton.fetch(identity)


# --- the session ---------------------------------------------------------------------------------------------------


def test_a_session_that_the_server_forgot_is_renewed_and_nothing_is_done_twice(server):
    """The session ends behind the connection's back; a second user of the protocol ends it."""
    sent = []

    def wire(client, request, writes):
        sent.append(request.headers.get("Authorization", ""))
        return over_http(client, request, writes)

    rpc = Rpc(server.url, server.database, server.user, server.password, allow_internal=True, wire=wire)
    assert rpc("model.party.party.search_count", [["code", "=", "RENEWED"]]) == 0
    # Tryton's own log-out, sent with the very session that the connection goes on using.
    body = {"id": 1, "method": "common.db.logout", "params": []}
    url = f"{server.url}/{server.database}/rpc/"
    httpx.post(url, json=body, headers={"Authorization": sent[-1]}, trust_env=False).raise_for_status()
    rpc("model.party.party.create", [{"name": "Renewed", "code": "RENEWED"}])
    assert rpc("model.party.party.search_count", [["code", "=", "RENEWED"]]) == 1
    assert len(set(sent)) == 3  # none while signing in, the first session, the second


def test_a_wrong_password_is_said_without_the_password(server):
    wrong = Rpc(server.url, server.database, server.user, "not-the-password", allow_internal=True)
    with pytest.raises(Permanent, match="does not let `converter` in") as said:
        wrong("model.party.party.search_count", [])
    assert "not-the-password" not in f"{said.value}{wrong!r}"


def test_a_database_that_is_not_there_is_said_in_words(server):
    nowhere = Rpc(server.url, "nowhere", server.user, server.password, allow_internal=True)
    with pytest.raises((Permanent, Retryable)) as said:
        nowhere("model.party.party.search_count", [])
    assert "127.0.0.1" in str(said.value)
    assert "<html" not in str(said.value)


def test_an_internal_address_is_refused_unless_the_operator_allows_it(server):
    inside = Rpc(server.url, server.database, server.user, server.password)
    with pytest.raises(Permanent, match="127.0.0.1, an address inside this network"):
        inside("model.party.party.search_count", [])


def test_an_unknown_field_and_an_unknown_model_are_named(rpc):
    with pytest.raises(Permanent, match="knows no field or model `nosuch`"):
        rpc("model.party.party.read", [1], ["nosuch"])
    with pytest.raises(Permanent):
        rpc("model.no.such.model.read", [1], [])


def test_a_long_answer_comes_whole(rpc):
    assert len(rpc("model.sale.sale.fields_get", [])) > 40
