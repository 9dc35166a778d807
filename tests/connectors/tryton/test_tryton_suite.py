"""The shared suites, on a real Tryton."""

from datetime import date
from decimal import Decimal

import pytest

from rules_engine.testing.connector_suite import CrmConnectorSuite, OrderConnectorSuite

D = Decimal


def payload(ids, **changed):
    return {
        "description": "Pumps for quay 4",
        "reference": "PO-9911",
        "comment": "Call before delivery.\nGate code by phone.",
        "party": str(ids["party"]),
        "invoice_address": str(ids["invoice_address"]),
        "shipment_address": str(ids["shipment_address"]),
        "contact": str(ids["contact"]),
        "currency": str(ids["EUR"]),
        "payment_term": str(ids["term"]),
        "shipping_date": date(2026, 12, 1),
        "contact_name": "Jeanne Moreau",
        "remarks": "Two lines\nwith a back\\slash and \\n",
        "note": "opportunity.probability: 65\nregion: Île-de-France ☂",
        "lines": (
            line("L-1", product=str(ids["pump"]), unit=str(ids["unit"]), quantity=D(3), unit_price=D("119.50"),
                 description="Pump, grey", note="with certificate", taxes=(str(ids["tax"]),)),
            line("L-2", product=str(ids["cable"]), unit=str(ids["metre"]), quantity=D("12.5"), unit_price=D("0.3450"),
                 taxes=(str(ids["tax"]),)),
            line("L-3", product=str(ids["pump"]), unit=str(ids["unit"]), quantity=D(1), unit_price=D("119.50"),
                 discount=D(10), taxes=(str(ids["tax"]),)),
            line("L-4", type="title", description="Services"),
            line("L-5", product=str(ids["installation"]), unit=str(ids["hour"]), quantity=D(2), unit_price=D(0),
                 description="Free of charge", taxes=(str(ids["tax"]),)),
            line("L-6", type="comment", description="Prices hold until the end of the month."),
        ),
        **changed,
    }  # fmt: skip


def line(identity, **fields):
    return {"id": identity, "type": "line", **fields}


def as_order(quote, ids):
    order = {name: value for name, value in payload(ids).items() if name != "origin"}
    return {**order, "sale": quote.id, "reference": "PO-9911/2", "sale_date": date(2026, 11, 23)}


class TestTrytonAsCrm(CrmConnectorSuite):
    @pytest.fixture
    def crm(self, tryton):
        return tryton

    @pytest.fixture
    def opportunity(self, fresh_opportunity):
        return fresh_opportunity

    @pytest.fixture
    def missing(self):
        return "987654321"

    @pytest.fixture
    def touch(self, rpc):
        return lambda each: rpc("model.sale.opportunity.write", [int(each)], {"reference": "RFQ, second version"})


class _Orders(OrderConnectorSuite):
    @pytest.fixture
    def orders(self, tryton):
        return tryton

    @pytest.fixture
    def quote_payload(self, server):
        return payload(server.ids)

    @pytest.fixture
    def order_payload(self, server):
        return lambda quote: as_order(quote, server.ids)

    @pytest.fixture
    def refused(self, server):
        return payload(server.ids, invoice_address=""), "you must enter an invoice address"

    @pytest.fixture
    def known(self):
        return "product.product", "code", "P-100"


class TestTrytonAsOrderSystem(_Orders):
    """The answer to the creation is lost: the draft is there, and nobody has quoted it."""

    @pytest.fixture
    def losing_answers(self, connect, losing):
        return connect(losing("model.sale.sale.create"))


class TestTrytonThatLosesTheAnswerToTheQuotation(_Orders):
    @pytest.fixture
    def losing_answers(self, connect, losing):
        return connect(losing("model.sale.sale.quote"))
