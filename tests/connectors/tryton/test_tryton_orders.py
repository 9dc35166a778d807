"""Sales in a real Tryton: what is refused, in whose words; what dies on the way; what people did meanwhile."""

from decimal import Decimal

import httpx
import pytest

from rules_engine.connectors.tryton_rpc import over_http
from rules_engine.model.errors import NotFound, OutcomeUnknown, Refused, Retryable

D = Decimal


@pytest.fixture
def payload(server):
    ids = server.ids
    line = {"id": "L-1", "type": "line", "product": str(ids["pump"]), "unit": str(ids["unit"]), "quantity": D(2)}
    return {
        "party": str(ids["party"]),
        "invoice_address": str(ids["invoice_address"]),
        "shipment_address": str(ids["shipment_address"]),
        "currency": str(ids["EUR"]),
        "lines": ({**line, "unit_price": D("99.9000")},),
    }


@pytest.fixture
def sales(rpc):
    """How many sales there are, cancelled ones too."""
    return lambda: rpc("model.sale.sale.search_count", [])


def order_of(quote, payload, **changed):
    return {**payload, "sale": quote.id, **changed}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"party": "", "invoice_address": "", "shipment_address": ""}, 'A value is required for field "Party"'),
        ({"party": "987654"}, "987654"),
        ({"currency": "987654"}, "987654"),
        ({"shipment_address": "", "invoice_address": ""}, "you must enter an invoice address"),
        ({"lines": ()}, 'You can not call "quote"|without lines|quote'),
        ({"frobnication": "x"}, "no field `frobnication`"),
        ({"party": "CUST-77"}, "`party` is `CUST-77`, which is no id"),
    ],
)
def test_a_quote_that_tryton_refuses_is_refused_in_its_words_and_leaves_nothing(tryton, payload, sales, change, words):
    before = sales()
    with pytest.raises((Refused, NotFound), match=words):
        tryton.create("quote", {**payload, **change}, "o2o-refused")
    assert sales() == before
    assert tryton.find("quote", "o2o-refused") == []


def test_an_unknown_product_is_refused(tryton, payload, sales):
    before = sales()
    line = {**payload["lines"][0], "product": "987654"}
    with pytest.raises((Refused, NotFound), match="987654"):
        tryton.create("quote", {**payload, "lines": (line,)}, "o2o-no-product")
    assert sales() == before


def test_a_corrected_quote_is_accepted_under_the_key_that_was_refused(tryton, payload):
    with pytest.raises(Refused):
        tryton.create("quote", {**payload, "invoice_address": ""}, "o2o-corrected")
    assert tryton.create("quote", payload, "o2o-corrected").state == "quotation"


def test_taxes_and_unit_that_the_payload_lacks_are_those_of_trytons_form(tryton, payload, server):
    bare = {name: value for name, value in payload["lines"][0].items() if name not in ("unit", "taxes")}
    written = tryton.create("quote", {**payload, "lines": (bare,)}, "o2o-bare-line")
    (line,) = tryton.read("quote", written)["lines"]
    assert (line["unit"], line["taxes"]) == (str(server.ids["unit"]), (str(server.ids["tax"]),))


def test_a_zero_price_stays_zero(tryton, payload):
    free = {**payload["lines"][0], "unit_price": D(0)}
    written = tryton.create("quote", {**payload, "lines": (free,)}, "o2o-free")
    assert tryton.read("quote", written)["lines"][0]["unit_price"] == 0


def test_lines_stand_in_the_order_of_their_sequence(tryton, payload):
    lines = tuple({**payload["lines"][0], "id": f"L-{n}", "sequence": D(n)} for n in (3, 1, 2))
    written = tryton.create("quote", {**payload, "lines": lines}, "o2o-sequence")
    found = tryton.read("quote", written)["lines"]
    assert [(each["id"], each["sequence"]) for each in found] == [("L-1", D(1)), ("L-2", D(2)), ("L-3", D(3))]


# --- dying on the way --------------------------------------------------------------------------------------------


def test_a_draft_whose_maker_died_is_quoted_by_the_look_up(tryton, connect, losing, payload, rpc, sales):
    before = sales()
    with pytest.raises(OutcomeUnknown):
        connect(losing("model.sale.sale.create")).create("quote", payload, "o2o-died")
    (draft,) = rpc("model.sale.sale.search", [["notes.message", "like", "%o2o-died%"]], 0, None, None)
    assert rpc("model.sale.sale.read", [draft], ["state"])[0]["state"] == "draft"
    (found,) = tryton.find("quote", "o2o-died")
    assert (found.id, found.state) == (str(draft), "quotation")
    assert sales() == before + 1


def test_an_order_whose_maker_died_is_confirmed_by_the_look_up(tryton, connect, losing, payload, rpc):
    quote = tryton.create("quote", payload, "o2o-q-died")
    with pytest.raises(OutcomeUnknown):
        connect(losing("model.sale.sale.write")).create("order", order_of(quote, payload), "o2o-o-died")
    assert rpc("model.sale.sale.read", [int(quote.id)], ["state"])[0]["state"] == "quotation"
    (found,) = tryton.find("order", "o2o-o-died")
    assert found.id == quote.id
    assert found.state in ("confirmed", "processing")
    assert len(rpc("model.sale.sale.read", [int(quote.id)], ["invoices"])[0]["invoices"]) == 1


def test_two_creates_after_a_lost_answer_make_one_sale(tryton, connect, losing, payload, sales):
    before = sales()
    with pytest.raises(OutcomeUnknown):
        connect(losing("model.sale.sale.quote")).create("quote", payload, "o2o-twice")
    assert tryton.create("quote", payload, "o2o-twice") == tryton.find("quote", "o2o-twice")[0]
    assert sales() == before + 1


def test_a_server_that_is_gone_after_the_sale_was_written_leaves_the_outcome_unknown(connect, payload, tryton):
    def wire(client, request, writes):
        if b'"model.sale.sale.quote"' in request.content:
            raise Retryable("the server cannot be reached")
        return over_http(client, request, writes)

    with pytest.raises(OutcomeUnknown, match="the sale is written"):
        connect(wire).create("quote", payload, "o2o-gone")
    assert tryton.find("quote", "o2o-gone")[0].state == "quotation"


def test_a_confirmation_that_tryton_refuses_is_taken_back_and_can_be_repeated(connect, tryton, payload, rpc):
    def wire(client, request, writes):
        if b'"model.sale.sale.confirm"' in request.content:
            error = ["UserWarning", ["sale_late", "The delivery is late.", "Really?"]]
            return httpx.Response(200, json={"id": 1, "error": error}, request=request)
        return over_http(client, request, writes)

    quote = tryton.create("quote", payload, "o2o-q-late")
    order = order_of(quote, payload)
    with pytest.raises(Refused, match="Tryton asks a person to confirm: The delivery is late. Really?"):
        connect(wire).create("order", order, "o2o-o-late")
    assert list(tryton.find("order", "o2o-o-late")) == []
    assert rpc("model.sale.sale.read", [int(quote.id)], ["state"])[0]["state"] == "quotation"
    assert tryton.create("order", order, "o2o-o-late").id == quote.id


# --- what people did meanwhile -----------------------------------------------------------------------------------


def test_a_quotation_that_a_person_took_back_stays_a_draft(tryton, payload, rpc):
    quote = tryton.create("quote", payload, "o2o-taken-back")
    rpc("model.sale.sale.draft", [int(quote.id)])
    assert [(each.id, each.state) for each in tryton.find("quote", "o2o-taken-back")] == [(quote.id, "draft")]
    with pytest.raises(Refused, match="is in the state `draft`, and only a quotation can be ordered"):
        tryton.create("order", order_of(quote, payload), "o2o-o-taken-back")


def test_an_order_that_differs_from_its_quotation_is_refused_line_by_line(tryton, payload):
    quote = tryton.create("quote", payload, "o2o-differs")
    more = ({**payload["lines"][0], "quantity": D(3)},)
    with pytest.raises(Refused, match="`quantity` of line 1 is 3 in the order, 2 in the quotation; quote it anew"):
        tryton.create("order", order_of(quote, payload, lines=more), "o2o-o-differs")
    with pytest.raises(Refused, match="the order has 2 lines and the quotation 1"):
        tryton.create("order", order_of(quote, payload, lines=payload["lines"] * 2), "o2o-o-differs")
    assert list(tryton.find("order", "o2o-o-differs")) == []


def test_a_sale_is_ordered_once(tryton, payload):
    quote = tryton.create("quote", payload, "o2o-q-once")
    tryton.create("order", order_of(quote, payload), "o2o-o-once")
    with pytest.raises(Refused, match="ordered already, under the key `o2o-o-once`"):
        tryton.create("order", order_of(quote, payload), "o2o-o-again")


def test_an_order_of_no_quotation_is_refused(tryton, payload):
    for sale in ("", "Q-1", "987654"):
        with pytest.raises(NotFound):
            tryton.create("order", {**payload, "sale": sale}, "o2o-o-nothing")


def test_what_a_person_changed_on_the_sale_shows_when_it_is_read(tryton, payload, rpc):
    quote = tryton.create("quote", {**payload, "reference": "PO-1"}, "o2o-changed")
    rpc("model.sale.sale.write", [int(quote.id)], {"reference": "PO-2"})
    assert tryton.read("quote", quote)["reference"] == "PO-2"


def test_a_note_that_a_person_wrote_beside_ours_does_no_harm(tryton, payload, rpc):
    quote = tryton.create("quote", {**payload, "note": "region: South"}, "o2o-notes")
    rpc("model.sale.sale.write", [int(quote.id)], {"notes": [["create", [{"message": "call them\n\nkey: x"}]]]})
    assert tryton.find("quote", "o2o-notes")[0].id == quote.id
    assert tryton.read("quote", quote)["note"] == "region: South"
