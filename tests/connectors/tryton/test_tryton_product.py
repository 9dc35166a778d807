"""The main job on a real Tryton, through the whole product: found by a sweep, quoted, accepted, ordered, once."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from time import monotonic

import pytest
from sqlalchemy import select

from rules_engine.authoring import NotPublished
from rules_engine.bootstrap import Product, now, open_product
from rules_engine.config import Settings
from rules_engine.conversion.compose import compose
from rules_engine.delivery.worker import work_once
from rules_engine.folders import read_draft, ruleset_folder
from rules_engine.model.ruleset import Step
from rules_engine.model.run import ConversionState
from rules_engine.model.values import leaves
from rules_engine.store.rulesets import StoredRoute
from rules_engine.store.tables import DecisionRow
from rules_engine.store.workspaces import add_workspace

SLUG, TRYTON = "pumps", "tryton"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"


def publish(product: Product, name: str, **changes: str) -> None:
    """A shipped ruleset, with words of its text changed, becomes the version that decides."""
    draft = read_draft(ruleset_folder(name))
    text, cases = draft.ruleset_text, draft.cases_text
    for old, new in changes.items():
        text, cases = text.replace(old, new), cases.replace(old, new)
    desk = product.author(SLUG)
    ruleset = desk.check(replace(draft, ruleset_text=text)).ruleset
    assert ruleset
    saved = product.rulesets(SLUG).save(
        replace(draft, step=ruleset.step, ruleset_text=text, cases_text=cases), "Ana", now()
    )
    published = desk.publish(saved, "for Tryton", "Ana", now())
    assert not isinstance(published, NotPublished), published
    product.rulesets(SLUG).set_route(StoredRoute(TRYTON, ruleset.step, name, TRYTON), "Ana", now())


@pytest.fixture
def product(tmp_path, server):
    made = open_product(Settings(folder=tmp_path, allow_internal=True))
    add_workspace(made.engine, SLUG, "Pumps", "Europe/Berlin", now() - timedelta(hours=1))
    config = {"url": server.url, "database": server.database, "user": server.user}
    made.connect(
        SLUG, TRYTON, "tryton", "both", config=config, secrets={"password": server.password, "webhook": SECRET}
    )
    # In Tryton's words the stage is "opportunity", in ours "proposal"; its amount is what a person expects.
    publish(made, "on-close", closed_won="proposal", **{"\nrules:": "\npolicies: {amount: estimate}\nrules:"})
    publish(made, "on-acceptance")
    yield made
    made.matcher.close()


def work(product: Product) -> None:
    while work_once(product.workspace(SLUG), product.work):
        pass


def sweep(product: Product) -> int:
    found = product.sweep(SLUG, TRYTON)
    work(product)
    return found


def accept(product: Product, opportunity: str) -> None:
    """The customer signs with the signing tool, which sends a webhook about the opportunity."""
    message = {"type": "quote.accepted", "timestamp": now().isoformat(), "data": {"id": opportunity}}
    body = json.dumps(message).encode()
    assert product.receive(SLUG, TRYTON, product.sign(SLUG, TRYTON, f"msg_{opportunity}", body), body).status == 202
    work(product)


def conversions(product: Product, opportunity: str):
    return product.workspace(SLUG).runs.case(TRYTON, opportunity).conversions


def test_an_opportunity_becomes_a_quotation_and_on_acceptance_a_confirmed_order(
    product, rpc, server, fresh_opportunity, capsys
):
    started = monotonic()
    assert sweep(product) >= 1
    (quote,) = conversions(product, fresh_opportunity)
    quoted = monotonic() - started
    assert (quote.state, quote.error, quote.differences) == (ConversionState.CONFIRMED, "", ())
    read = ["state", "number", "party", "invoice_address", "shipment_address", "contact", "currency.code"]
    read += ["payment_term", "reference", "description", "comment", "origin", "lines", "sales", "notes.message"]
    sale = rpc("model.sale.sale.read", [int(quote.written.id)], [each for each in read if each != "sales"])[0]
    asked = ["party", "contact", "payment_term", "reference", "description", "comment", "currency.code", "lines"]
    opportunity = rpc("model.sale.opportunity.read", [int(fresh_opportunity)], asked)[0]
    assert sale["state"] == "quotation"
    assert sale["number"] == quote.written.number
    for name in ("party", "contact", "payment_term", "reference", "description", "comment"):
        assert sale[name] == opportunity[name], name
    assert sale["currency."]["code"] == opportunity["currency."]["code"]
    assert sale["invoice_address"] == server.ids["invoice_address"]
    assert sale["shipment_address"] == server.ids["shipment_address"]
    assert quote.key in sale["notes."][0]["message"]
    fields = ["product", "quantity", "unit", "unit_price", "description", "note", "taxes"]
    lines = rpc("model.sale.line.read", sale["lines"], fields)
    copied = ["product", "quantity", "unit", "description", "note"]
    asked_lines = rpc("model.sale.opportunity.line.read", opportunity["lines"], copied)
    for line, asked_line in zip(lines, asked_lines, strict=True):
        populated = {name: asked_line[name] for name in copied if asked_line[name] not in (None, "")}
        assert {name: line[name] for name in populated} == populated
        assert line["taxes"] == [server.ids["tax"]]
        assert isinstance(line["unit_price"], Decimal)

    started = monotonic()
    accept(product, fresh_opportunity)
    ordered = monotonic() - started
    quote, order = conversions(product, fresh_opportunity)
    assert (order.state, order.error, order.differences) == (ConversionState.CONFIRMED, "", ())
    assert rpc("model.sale.sale.read", [int(order.written.id)], ["state"])[0]["state"] in ("confirmed", "processing")
    assert (order.written.id, order.written.number) == (quote.written.id, quote.written.number)
    assert quote.written.net_total is not None
    with capsys.disabled():
        print(f"\n[tryton] sweep to quotation {quoted:.2f} s, acceptance to confirmed order {ordered:.2f} s")


def test_our_own_writes_come_back_as_changes_and_make_nothing_twice(product, rpc, fresh_opportunity):
    sweep(product)
    accept(product, fresh_opportunity)
    for n in range(3):
        note = {"resource": f"sale.opportunity,{fresh_opportunity}", "message": f"Called again, {n}."}
        rpc("model.ir.note.create", [note])
        assert sweep(product) >= 1
    assert len(conversions(product, fresh_opportunity)) == 2
    assert len(rpc("model.sale.opportunity.read", [int(fresh_opportunity)], ["sales"])[0]["sales"]) == 1


def test_every_populated_field_of_the_crm_is_accounted_for_in_what_the_product_kept(product, tryton, fresh_opportunity):
    seen = tryton.fetch(fresh_opportunity)
    sweep(product)
    (quote,) = conversions(product, fresh_opportunity)
    _, ledger = compose([stage.conversion for stage in quote.stages])
    assert sorted(each.source for each in ledger) == sorted(path for path, _ in leaves(seen))


def test_the_reason_is_kept_with_the_decision(product, fresh_opportunity):
    sweep(product)
    with product.session(SLUG) as session:
        decisions = list(session.scalars(select(DecisionRow).where(DecisionRow.verdict == "convert")))
    assert {each.step for each in decisions} == {Step.OPPORTUNITY_TO_QUOTE.value}
    assert all("opportunity stage is" in each.reason for each in decisions)
