"""`o2o replay` over the sample workspace: the same question has the same answer, and what differs is named."""

import json

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update

from rules_engine.bootstrap import now
from rules_engine.cli import main
from rules_engine.connectors.sample_crm import webhook_body
from rules_engine.delivery.worker import work_once
from rules_engine.sample_workspace import CRM, SLUG
from rules_engine.store.session import workspace_session
from rules_engine.store.tables import CaseRow, DecisionRow, InboxRow, WorkspaceRow
from tests.demo import new_demo


@pytest.fixture
def o2o(tmp_path, monkeypatch):
    monkeypatch.setenv("O2O_FOLDER", str(tmp_path / "var"))

    def run(*words):
        return CliRunner().invoke(main, [str(each) for each in words])

    return run


@pytest.fixture
def product(tmp_path):
    """Three deals on their ways: signed, won, and won without enough in it."""
    made = new_demo(tmp_path / "var", now)
    for action, deal in (("sign", "D-1001"), ("win", "D-1001"), ("win", "D-1003"), ("win", "D-1002")):
        accept(made, made.sample_crm(SLUG).act(deal, action))
        while work_once(made.workspace(SLUG), made.work):
            pass
    return made


def accept(product, event):
    body = webhook_body(event)
    assert product.receive(SLUG, CRM, product.sign(SLUG, CRM, event.id, body), body).status == 202


def kept(product):
    with product.session(SLUG) as session:
        return session.scalars(select(DecisionRow).order_by(DecisionRow.id)).all()


def spoil(product, number, **values):
    with workspace_session(product.engine, product.row(SLUG).id) as session, session.begin():
        session.execute(update(DecisionRow).where(DecisionRow.id == number).values(**values))


def test_every_kept_decision_has_the_same_answer_again(o2o, product):
    rows = kept(product)
    assert {row.verdict for row in rows} >= {"convert", "ignore"}
    shown = o2o("replay", "--all")
    assert shown.exit_code == 0, shown.output
    assert shown.output.splitlines()[-1] == f"{len(rows)} of {len(rows)} decisions replayed with the same answer"


def test_what_was_learnt_since_does_not_enter(o2o, product):
    """The record, the events and the fiscal year of today are another matter."""
    with workspace_session(product.engine, product.row(SLUG).id) as session, session.begin():
        session.execute(update(CaseRow).values(record=None))
        session.execute(update(InboxRow).values(type="opportunity.lost"))
        session.execute(update(WorkspaceRow).values(fiscal_start=7, zone="Asia/Tokyo"))
    assert o2o("replay", "--all").exit_code == 0


def test_one_decision_for_programs(o2o, product):
    assert kept(product)
    shown = json.loads(o2o("replay", "--decision", 1, "--json").output)
    assert (shown["decisions"], shown["differing"]) == (1, 0)
    assert shown["replays"][0]["same"] is True


def test_a_decision_that_was_tampered_with_is_told_condition_by_condition(o2o, product):
    row = next(each for each in kept(product) if each.verdict == "convert")
    record = {**row.case_seen["record"]}
    record["opportunity"] = {**record["opportunity"], "stage": "negotiation"}
    spoil(product, row.id, case_seen={**row.case_seen, "record": record})
    shown = o2o("replay", "--decision", row.id)
    assert shown.exit_code == 1
    assert "the verdict was convert and is ignore" in shown.output
    assert "rule `won`: opportunity stage is Closed won was true and is false" in shown.output


def test_a_decision_that_is_not_there_is_answered_with_the_newest(o2o, product):
    newest = kept(product)[-1].id
    shown = o2o("replay", "--decision", 999)
    assert shown.exit_code == 3
    assert f"there is no decision `999`; the newest is {newest}" in shown.output


def test_it_must_be_said_which_decisions(o2o, product):
    assert product
    for words in ((), ("--all", "--decision", 1)):
        shown = o2o("replay", *words)
        assert shown.exit_code == 2
        assert "say which: `--decision N` or `--all`" in shown.output
