"""Drafts that notice each other, versions that never change, routes."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine

from rules_engine.model.errors import NotFound, Permanent
from rules_engine.model.ruleset import Step
from rules_engine.store import audit
from rules_engine.store.rulesets import Conflict, Draft, Rulesets, StoredRoute, fingerprint
from tests.databases import START

LATER = START + timedelta(hours=1)
DRAFT = Draft("on-close", Step.OPPORTUNITY_TO_QUOTE, "rules: ä", "mapping", "cases")


@pytest.fixture
def rulesets(engine: Engine, north: int) -> Rulesets:
    return Rulesets(engine, north)


def test_a_saved_draft_comes_back_with_its_revision(rulesets: Rulesets) -> None:
    saved = rulesets.save(DRAFT, "anna", START)
    assert saved == replace(DRAFT, revision=1, edited_by="anna", edited_at=START)
    assert rulesets.draft("on-close") == saved
    assert rulesets.drafts() == [saved]
    assert rulesets.save(replace(saved, cases_text="more"), "ben", LATER).revision == 2


def test_a_stale_save_says_who_saved_and_when(rulesets: Rulesets) -> None:
    first = rulesets.save(DRAFT, "anna", START)
    rulesets.save(replace(first, cases_text="anna's"), "anna", LATER)
    with pytest.raises(Conflict, match="`anna` saved `on-close` at 2026-03-02 10:00 UTC"):
        rulesets.save(replace(first, cases_text="ben's"), "ben", LATER)
    with pytest.raises(Conflict):
        rulesets.save(DRAFT, "ben", LATER)
    assert rulesets.draft("on-close").cases_text == "anna's"


def test_of_eight_who_save_the_same_revision_one_succeeds(rulesets: Rulesets) -> None:
    def save(number: int) -> int:
        try:
            return rulesets.save(replace(DRAFT, cases_text=str(number)), f"person {number}", START).revision
        except Conflict:
            return 0

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(save, range(8))) == [0] * 7 + [1]


def test_publishing_makes_the_next_version_of_exactly_these_texts(rulesets: Rulesets) -> None:
    draft = rulesets.save(DRAFT, "anna", START)
    assert rulesets.current("on-close") is None
    first = rulesets.publish("on-close", 1, "the first", "anna", START)
    assert (first.number, first.ruleset_text, first.note) == (1, "rules: ä", "the first")
    assert first.sha256 == fingerprint("rules: ä", "mapping", "cases")
    rulesets.save(replace(draft, mapping_text="other"), "ben", LATER)
    second = rulesets.publish("on-close", 2, "", "ben", LATER)
    assert rulesets.versions("on-close") == [second, first]
    assert rulesets.current("on-close") == second
    assert rulesets.version(first.id) == first
    assert [(each.who, each.what) for each in audit.entries(rulesets.engine, rulesets.workspace_id)] == [
        ("ben", "published"),
        ("anna", "published"),
    ]


def test_publishing_what_stands_makes_no_new_version(rulesets: Rulesets) -> None:
    rulesets.save(DRAFT, "anna", START)
    first = rulesets.publish("on-close", 1, "", "anna", START)
    assert rulesets.publish("on-close", 1, "again", "ben", LATER) == first


def test_publishing_a_draft_that_changed_since_it_was_checked_is_refused(rulesets: Rulesets) -> None:
    draft = rulesets.save(DRAFT, "anna", START)
    rulesets.save(replace(draft, ruleset_text="unchecked"), "ben", LATER)
    with pytest.raises(Conflict, match="`ben` saved"):
        rulesets.publish("on-close", 1, "", "anna", LATER)


def test_the_fingerprint_depends_on_where_one_text_ends() -> None:
    assert fingerprint("ab", "c", "") != fingerprint("a", "bc", "")


def test_another_workspace_sees_nothing_of_it(rulesets: Rulesets, south: int) -> None:
    rulesets.save(DRAFT, "anna", START)
    version = rulesets.publish("on-close", 1, "", "anna", START)
    theirs = Rulesets(rulesets.engine, south)
    assert theirs.drafts() == []
    for call in (lambda: theirs.draft("on-close"), lambda: theirs.version(version.id)):
        with pytest.raises(NotFound):
            call()
    assert theirs.save(DRAFT, "cleo", START).revision == 1


def test_a_route_is_replaced_and_dropped(rulesets: Rulesets) -> None:
    rulesets.save(DRAFT, "anna", START)
    rulesets.save(replace(DRAFT, name="other"), "anna", START)
    route = StoredRoute("crm", Step.OPPORTUNITY_TO_QUOTE, "on-close", "book")
    rulesets.set_route(route, "anna", START)
    rulesets.set_route(replace(route, ruleset="other"), "anna", START)
    assert rulesets.routes("crm") == [replace(route, ruleset="other")]
    assert rulesets.routes("nobody") == []
    rulesets.drop_route("crm", Step.OPPORTUNITY_TO_QUOTE, "anna", LATER)
    assert rulesets.routes() == []
    assert audit.entries(rulesets.engine, rulesets.workspace_id)[0].what == "dropped the route"


def test_a_route_takes_a_ruleset_of_its_step_only(rulesets: Rulesets) -> None:
    rulesets.save(DRAFT, "anna", START)
    with pytest.raises(Permanent, match="decides `opportunity-to-quote`, not `quote-to-order`"):
        rulesets.set_route(StoredRoute("crm", Step.QUOTE_TO_ORDER, "on-close", "book"), "anna", START)
    with pytest.raises(NotFound, match="no ruleset `missing`"):
        rulesets.set_route(StoredRoute("crm", Step.QUOTE_TO_ORDER, "missing", "book"), "anna", START)


def test_routes_come_in_the_order_of_the_steps(rulesets: Rulesets) -> None:
    rulesets.save(replace(DRAFT, name="b", step=Step.QUOTE_TO_ORDER), "anna", START)
    rulesets.save(replace(DRAFT, name="a"), "anna", START)
    rulesets.set_route(StoredRoute("crm", Step.QUOTE_TO_ORDER, "b", "book"), "anna", START)
    rulesets.set_route(StoredRoute("crm", Step.OPPORTUNITY_TO_QUOTE, "a", "book"), "anna", START)
    assert [each.step for each in rulesets.routes("crm")] == list(Step)


def test_audit_entries_come_newest_first_by_pages(rulesets: Rulesets) -> None:
    rulesets.save(DRAFT, "anna", START)
    for number in range(3):
        rulesets.set_route(StoredRoute("crm", DRAFT.step, "on-close", "book"), f"person {number}", START)
    page = audit.entries(rulesets.engine, rulesets.workspace_id, limit=2)
    assert [each.who for each in page] == ["person 2", "person 1"]
    rest = audit.entries(rulesets.engine, rulesets.workspace_id, older_than=page[-1].number)
    assert [each.who for each in rest] == ["person 0"]
    assert rest[0].after == {"ruleset": "on-close", "order_connection": "book"}


def test_a_ruleset_that_decides_a_step_is_not_published_for_another(rulesets: Rulesets) -> None:
    saved = rulesets.save(DRAFT, "anna", START)
    rulesets.publish("on-close", saved.revision, "first", "anna", START)
    rulesets.set_route(StoredRoute("crm", Step.OPPORTUNITY_TO_QUOTE, "on-close", "book"), "anna", START)
    other = rulesets.save(replace(saved, step=Step.QUOTE_TO_ORDER, cases_text="other"), "anna", LATER)
    with pytest.raises(Permanent, match="decides `opportunity-to-quote` for `crm`, and its text says `quote-to-order`"):
        rulesets.publish("on-close", other.revision, "turned", "anna", LATER)
