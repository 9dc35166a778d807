"""The whole product on its embedded default: a signed webhook in, a confirmed order out, and what must not happen."""

import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from time import monotonic

import pytest
from sqlalchemy import select

from rules_engine.bootstrap import Product
from rules_engine.connectors.sample_crm import webhook_body
from rules_engine.delivery.worker import work_once
from rules_engine.model.case import Rate
from rules_engine.model.errors import NotFound, Permanent
from rules_engine.model.run import ConversionState
from rules_engine.pipeline import see
from rules_engine.sample_workspace import CRM, SLUG, set_up
from rules_engine.store.rates import TableRates
from rules_engine.store.tables import ConnectionRow, DecisionRow, InboxRow
from rules_engine.store.workspaces import add_workspace, change_workspace
from tests.builtin_systems import Watch
from tests.demo import new_demo

DEAL = "D-1001"


@pytest.fixture
def watch():
    return Watch()


@pytest.fixture
def product(tmp_path, watch):
    made = new_demo(tmp_path, watch)
    yield made
    made.matcher.close()


def deliver(product: Product, action: str, deal: str = DEAL, message: str = "", again: int = 1):
    """What the sample CRM does when a person acts there: change the record, post the signed message."""
    body = webhook_body(product.sample_crm(SLUG).act(deal, action))
    headers = product.sign(SLUG, CRM, message or f"msg_{action}_{product.clock():%H%M%S}", body)
    return [product.receive(SLUG, CRM, headers, body) for _ in range(again)][-1]


def work(product: Product):
    while work_once(product.workspace(SLUG), product.work):
        pass


def rows(product: Product, table: type):
    with product.session(SLUG) as session:
        return list(session.scalars(select(table).order_by(table.id)))


def conversions(product: Product, deal: str = DEAL):
    return product.workspace(SLUG).runs.case(CRM, deal).conversions


def test_one_webhook_becomes_a_quote_and_an_order_with_reasons(product):
    assert deliver(product, "win").status == 202
    work(product)
    assert [(run.state, run.written.number) for run in conversions(product)] == [
        (ConversionState.CONFIRMED, "Q-00001"),
        (ConversionState.CONFIRMED, "O-00001"),
    ]
    assert [(each.verdict, each.rule) for each in rows(product, DecisionRow)] == [
        ("convert", "won"),
        ("convert", "framework"),
    ]


def test_setting_the_workspace_up_twice_changes_nothing(product):
    deliver(product, "win")
    work(product)
    set_up(product)
    assert len(conversions(product)) == 2


def test_a_duplicate_is_answered_2xx_and_changes_nothing(product):
    assert deliver(product, "win", again=3).body["status"] == "duplicate"
    work(product)
    assert len(rows(product, InboxRow)) == 1
    assert len(conversions(product)) == 2


def test_the_no_is_kept_too_with_the_values_it_saw(product):
    deliver(product, "sign")
    work(product)
    (decision,) = rows(product, DecisionRow)
    assert decision.verdict == "ignore"
    assert "opportunity stage is Closed won (now Negotiation)" in decision.reason
    assert decision.case_seen


def test_an_unsigned_or_forged_message_leaves_no_trace(product):
    body = webhook_body(product.sample_crm(SLUG).act(DEAL, "win"))
    headers = dict(product.sign(SLUG, CRM, "msg_1", body))
    assert product.receive(SLUG, CRM, {}, body).status == 401
    assert product.receive(SLUG, CRM, headers, body.replace(b"D-1001", b"D-1002")).status == 401
    assert product.receive(SLUG, CRM, {**headers, "webhook-id": "msg_2"}, body).status == 401
    assert rows(product, InboxRow) == []


def test_a_stale_message_is_refused_and_one_within_the_tolerance_is_taken(product, watch):
    body = webhook_body(product.sample_crm(SLUG).act(DEAL, "win"))
    headers = product.sign(SLUG, CRM, "msg_1", body)
    watch.forward(minutes=6)
    assert product.receive(SLUG, CRM, headers, body).status == 401
    watch.forward(minutes=-2)
    assert product.receive(SLUG, CRM, headers, body).status == 202


def test_while_a_secret_is_changed_both_are_taken(product):
    row = product.connection(SLUG, CRM)
    old = product.secrets.decrypt(row.secrets)["webhook"]
    new = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
    body = webhook_body(product.sample_crm(SLUG).act(DEAL, "win"))
    signed_with_the_old = product.sign(SLUG, CRM, "msg_1", body)
    product.connect(SLUG, CRM, "sample_crm", "crm", secrets={"webhook": f"{new} {old}"})
    assert product.receive(SLUG, CRM, signed_with_the_old, body).status == 202
    product.connect(SLUG, CRM, "sample_crm", "crm", secrets={"webhook": new})
    assert product.receive(SLUG, CRM, signed_with_the_old, body).status == 401


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{", "not JSON at line 1"),
        (b"[]", "must be a JSON object"),
        (b'{"type": "opportunity.won"}', "`data.id`"),
        (b'{"type": "opportunity.won", "timestamp": "yesterday", "data": {"id": "D-1001"}}', "yesterday"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_a_malformed_message_is_answered_with_what_is_wrong(product, body, words):
    answer = product.receive(SLUG, CRM, product.sign(SLUG, CRM, "msg_1", body), body)
    assert answer.status == 400
    assert words in answer.body["reason"]
    assert rows(product, InboxRow) == []


def test_an_oversized_message_is_refused_before_it_is_read(product):
    body = b'{"type": "' + b"x" * 1_100_000 + b'"}'
    assert product.receive(SLUG, CRM, product.sign(SLUG, CRM, "msg_1", body), body).status == 413


def test_a_late_and_out_of_order_event_is_taken_marked_and_judged_by_when_it_happened(product):
    def message(kind: str, at: datetime, id: str):
        body = json.dumps({"type": kind, "timestamp": at.isoformat(), "data": {"id": DEAL}}).encode()
        return product.receive(SLUG, CRM, product.sign(SLUG, CRM, id, body), body)

    now = product.clock()
    assert message("deposit.paid", now, "msg_2").status == 202
    work(product)
    assert message("signature.completed", now - timedelta(days=10), "msg_1").status == 202
    work(product)
    assert [each.late for each in rows(product, InboxRow)] == [False, True]
    assert [each.type for each in product.workspace(SLUG).runs.case(CRM, DEAL).events] == [
        "signature.completed",
        "deposit.paid",
    ]


def test_an_event_about_an_opportunity_that_is_not_there_is_dead_with_its_reason(product):
    body = json.dumps(
        {"type": "opportunity.won", "timestamp": product.clock().isoformat(), "data": {"id": "D-none"}}
    ).encode()
    product.receive(SLUG, CRM, product.sign(SLUG, CRM, "msg_1", body), body)
    work(product)
    (event,) = rows(product, InboxRow)
    assert event.state == "dead"
    assert "`D-none`" in event.error


def test_a_sweep_finds_what_no_webhook_told_of(product):
    product.sweep(SLUG, CRM)
    product.sample_crm(SLUG).act(DEAL, "win")
    assert product.sweep(SLUG, CRM) == 1
    assert product.sweep(SLUG, CRM) == 0
    work(product)
    assert len(conversions(product)) == 2


def test_a_crm_that_is_down_does_not_keep_the_others_from_being_asked(product):
    product.connect(SLUG, "a-broken-one", "tryton", "crm", config={"url": "http://127.0.0.1:9"})
    with product.session(SLUG) as session:
        assert len(list(session.scalars(select(ConnectionRow)))) == 3
    product.sample_crm(SLUG).act(DEAL, "win")
    with pytest.raises(Permanent, match="`a-broken-one` lacks"):
        product.sweep_all(product.workspace(SLUG))
    work(product)
    assert len(conversions(product)) == 2


def test_the_worker_takes_through_what_arrives_while_it_runs(product):
    with product.working() as worker:
        deliver(product, "win")
        deadline = monotonic() + 60
        while len(conversions(product)) < 2 and monotonic() < deadline:
            worker.wake()
    assert len(conversions(product)) == 2


def test_a_second_worker_on_the_same_database_is_refused(product):
    with product.working(), pytest.raises(Permanent, match="another worker"), product.working():
        pass


def test_secrets_are_encrypted_at_rest_and_not_shown(product):
    row = product.connection(SLUG, CRM)
    secret = product.secrets.decrypt(row.secrets)["webhook"]
    database = (product.settings.folder / "o2o.sqlite").read_bytes()
    assert secret.removeprefix("whsec_").encode() not in database
    assert secret not in repr(product.settings) + repr(product.secrets) + repr(row)


def test_a_workspace_sees_nothing_of_another(product):
    add_workspace(product.engine, "other", "Other", "UTC", product.clock())
    deliver(product, "win")
    work(product)
    with product.session("other") as session:
        assert [list(session.scalars(select(table))) for table in (InboxRow, DecisionRow, ConnectionRow)] == [
            [],
            [],
            [],
        ]
    with pytest.raises(NotFound):
        product.receive("other", CRM, {}, b"{}")


def test_publishing_a_new_version_decides_from_then_on_and_makes_nothing_twice(product):
    deliver(product, "win")
    work(product)
    rulesets = product.rulesets(SLUG)
    draft = rulesets.draft("on-close")
    text = draft.ruleset_text.replace("title: Quote as soon as the deal is won", "title: Quote on winning")
    saved = rulesets.save(replace(draft, ruleset_text=text), "Ana", product.clock())
    assert product.author(SLUG).publish(saved, "shorter", "Ana", product.clock()).number == 2
    deliver(product, "sign", message="msg_later")
    work(product)
    assert len(conversions(product)) == 2
    assert len({each.version_id for each in rows(product, DecisionRow)}) == 3


def test_a_deal_in_another_currency_is_compared_at_the_workspaces_rates_and_fiscal_year(product):
    rates = TableRates(product.engine, product.row(SLUG).id)
    rates.add([Rate("USD", "EUR", Decimal("0.92"), date(2026, 1, 1))], product.clock())
    change_workspace(product.engine, SLUG, fiscal_start=4)
    deliver(product, "win")
    work(product)
    seen = see(product.workspace(SLUG), CRM, DEAL).case
    assert seen.rates == rates.all()
    assert seen.fiscal_start == 4
