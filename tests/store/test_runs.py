"""Cases, decisions, conversions and timers: written once, fenced, and read back as they were."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from rules_engine.formats.values_json import decode_dataclass
from rules_engine.model.case import Case
from rules_engine.model.conversion import Conversion
from rules_engine.model.decision import Decision
from rules_engine.model.errors import NotFound, Permanent, Retryable
from rules_engine.model.ruleset import Verdict
from rules_engine.model.run import ConversionRun, ConversionState, Difference, Written
from rules_engine.store.inbox import TableInbox
from rules_engine.store.runs import TableRuns
from rules_engine.store.session import workspace_session
from rules_engine.store.tables import AttemptRow, BindingRow, CaseRow, ConversionRow, DecisionRow
from tests.databases import START
from tests.store.examples import DECISION, RECORD, SEEN, case_of, event, planned_run, published_version

SOON = START + timedelta(minutes=5)
QUOTE = Written("17", "Q-00017", "open")


def clock() -> datetime:
    return SOON


@pytest.fixture
def runs(engine: Engine, north: int) -> TableRuns:
    return TableRuns(engine, north, clock)


@pytest.fixture
def planned(engine: Engine, runs: TableRuns) -> ConversionRun:
    return runs.plan(planned_run(engine, runs))


# --- cases and decisions -----------------------------------------------------------------------------------------


def test_a_case_is_made_once_and_has_its_events_in_order_of_happening(runs: TableRuns) -> None:
    inbox = TableInbox(runs.engine, runs.workspace_id)
    inbox.accept("crm", event("e-2", at=SOON), SOON)
    inbox.accept("crm", event("e-1", at=START), SOON)
    inbox.accept("crm", event("e-3", subject="D-2"), SOON)
    case = runs.case("crm", "D-1")
    assert case == runs.case("crm", "D-1")
    assert [each.id for each in case.events] == ["e-1", "e-2"]
    assert (case.previous, case.conversions) == (None, ())


def test_what_was_remembered_is_the_previous_record(runs: TableRuns) -> None:
    runs.remember(case_of(runs), None)
    found = runs.case("crm", "D-1").previous
    assert found == RECORD
    assert found is not None
    assert list(found) == list(RECORD)


def test_a_decision_is_kept_with_the_trace_and_the_values_it_saw(runs: TableRuns) -> None:
    case = case_of(runs)
    number = runs.record(DECISION, case, SEEN, published_version(runs.engine, runs.workspace_id), "event:1")
    with workspace_session(runs.engine, runs.workspace_id) as session:
        row = session.get(DecisionRow, number)
        assert row
        assert decode_dataclass(Decision, row.decision) == DECISION
        assert decode_dataclass(Case, row.case_seen) == case
        assert decode_dataclass(Conversion, row.conversion_seen) == SEEN


def test_the_same_case_step_trigger_and_version_is_one_decision(runs: TableRuns) -> None:
    case = case_of(runs)
    first, second = (published_version(runs.engine, runs.workspace_id, name) for name in ("one", "two"))
    number = runs.record(DECISION, case, SEEN, first, "event:1")
    assert runs.record(DECISION, case, SEEN, first, "event:1") == number
    held = runs.record(replace(DECISION, verdict=Verdict.HOLD), case, SEEN, first, "event:1")
    assert held != number, "a try that is made again and sees other values is an evaluation of its own"
    assert runs.record(replace(DECISION, verdict=Verdict.HOLD), case, SEEN, first, "event:1") == held
    assert runs.record(DECISION, case, SEEN, first, "event:2") != number
    assert runs.record(DECISION, case, SEEN, second, "event:1") != number


# --- conversions -------------------------------------------------------------------------------------------------


def test_a_planned_conversion_comes_back_as_it_was(runs: TableRuns, planned: ConversionRun) -> None:
    assert runs.conversion("K-1") == planned
    assert planned.payload == RECORD
    assert planned.stages[0].conversion == SEEN
    assert runs.case("crm", "D-1").conversions == (planned,)
    assert runs.open_conversions(START) == [planned]


def test_a_second_plan_of_the_same_key_gets_the_first_unchanged(runs: TableRuns, planned: ConversionRun) -> None:
    other = replace(planned, payload={"other": "payload"}, payload_hash="other", id=0)
    assert runs.plan(other) == planned
    sent = runs.sending(planned, START)
    assert runs.plan(other) == sent


@pytest.mark.parametrize("stopped", [ConversionState.HELD, ConversionState.REFUSED])
def test_a_stopped_one_that_was_never_sent_takes_a_new_intent(
    engine: Engine, runs: TableRuns, stopped: ConversionState
) -> None:
    run = runs.plan(planned_run(engine, runs, state=stopped, error="no price"))
    assert run.state is stopped
    again = runs.plan(replace(run, state=ConversionState.PLANNED, payload={"new": "one"}, error=""))
    assert (again.state, again.payload, again.error, again.id) == (ConversionState.PLANNED, {"new": "one"}, "", run.id)


def test_a_stopped_one_that_was_sent_is_looked_up_before_it_is_sent_again(
    runs: TableRuns, planned: ConversionRun
) -> None:
    sent = runs.sending(planned, START)
    runs.outcome(replace(sent, state=ConversionState.HELD, error="a person must look"))
    again = runs.plan(replace(planned, payload={"new": "one"}))
    assert (again.state, again.fence, again.sent_at) == (ConversionState.UNKNOWN, 1, START)


def test_sending_is_committed_with_a_new_fence_and_an_attempt(runs: TableRuns, planned: ConversionRun) -> None:
    sent = runs.sending(planned, START)
    assert (sent.state, sent.fence, sent.sent_at, sent.attempts) == (ConversionState.SENDING, 1, START, 1)
    assert runs.conversion("K-1") == sent
    assert attempts(runs) == [(1, START, None, "", "")]


def test_only_one_of_two_who_read_the_same_run_may_send_it(runs: TableRuns, planned: ConversionRun) -> None:
    runs.sending(planned, START)
    with pytest.raises(Retryable, match="somebody else works on the conversion `K-1`"):
        runs.sending(planned, START)


def test_the_outcome_of_an_attempt_is_kept_with_the_binding(runs: TableRuns, planned: ConversionRun) -> None:
    sent = runs.sending(planned, START)
    differences = (Difference("lines[L-2].quantity", "1.50", "2"),)
    done = replace(sent, state=ConversionState.CONFIRMED, written=QUOTE, differences=differences)
    assert runs.outcome(done)
    assert runs.conversion("K-1") == done
    assert attempts(runs) == [(1, START, SOON, "confirmed", "")]
    assert bindings(runs) == [("book", "quote", "K-1", "17")]
    assert runs.open_conversions(SOON) == []


def test_an_outcome_with_an_older_fence_changes_nothing(runs: TableRuns, planned: ConversionRun) -> None:
    first = runs.sending(planned, START)
    second = runs.sending(first, SOON)
    assert not runs.outcome(replace(first, state=ConversionState.REFUSED, error="late news"))
    assert runs.conversion("K-1") == second


def test_a_confirmed_conversion_is_never_taken_back(runs: TableRuns, planned: ConversionRun) -> None:
    sent = runs.sending(planned, START)
    done = replace(sent, state=ConversionState.CONFIRMED, written=QUOTE)
    assert runs.outcome(done)
    for state in ConversionState:
        assert not runs.outcome(replace(sent, state=state))
        assert not runs.outcome(replace(sent, state=state, written=Written("18")))
    for state in (ConversionState.PLANNED, ConversionState.SENDING, ConversionState.UNKNOWN):
        assert not runs.outcome(replace(done, state=state))
    runs.failed(done, "a later failure", None)
    assert runs.again("K-1") == done
    assert runs.plan(replace(planned, payload={})) == done
    assert runs.conversion("K-1") == done
    with pytest.raises(Retryable):
        runs.sending(done, SOON)


def test_a_document_that_belongs_to_another_conversion_is_refused_in_words(engine: Engine, runs: TableRuns) -> None:
    for key in ("K-1", "K-2"):
        sent = runs.sending(runs.plan(planned_run(engine, runs, key)), START)
        done = replace(sent, state=ConversionState.CONFIRMED, written=QUOTE)
        if key == "K-1":
            assert runs.outcome(done)
    with pytest.raises(Permanent, match="`17` of `book` belongs to another conversion than `K-2` already"):
        runs.outcome(done)
    assert runs.conversion("K-2").state is ConversionState.SENDING


def test_open_conversions_are_those_that_are_due_and_the_least_tried_first(engine: Engine, runs: TableRuns) -> None:
    tried, fresh, waiting = (runs.plan(planned_run(engine, runs, key)) for key in ("K-1", "K-2", "K-3"))
    runs.outcome(replace(runs.sending(tried, START), state=ConversionState.UNKNOWN))
    runs.outcome(replace(waiting, state=ConversionState.UNKNOWN, available_at=SOON))
    assert [each.key for each in runs.open_conversions(START)] == ["K-2", "K-1"]
    assert [each.key for each in runs.open_conversions(SOON)] == ["K-2", "K-3", "K-1"]
    assert [each.key for each in runs.open_conversions(SOON, limit=1)] == [fresh.key]


def test_a_failed_try_waits_and_then_is_held_for_a_person(runs: TableRuns, planned: ConversionRun) -> None:
    runs.failed(planned, "no answer", SOON)
    waiting = runs.conversion("K-1")
    assert (waiting.state, waiting.attempts, waiting.available_at) == (ConversionState.PLANNED, 1, SOON)
    assert runs.open_conversions(START) == []
    runs.failed(waiting, "no answer, twelve times", None)
    held = runs.conversion("K-1")
    assert (held.state, held.attempts, held.error) == (ConversionState.HELD, 2, "no answer, twelve times")


def test_a_try_that_was_counted_when_sent_is_not_counted_twice(runs: TableRuns, planned: ConversionRun) -> None:
    runs.sending(planned, START)
    runs.failed(planned, "our own bug", SOON)
    assert runs.conversion("K-1").attempts == 1


@pytest.mark.parametrize(("was_sent", "state"), [(False, ConversionState.PLANNED), (True, ConversionState.UNKNOWN)])
def test_a_person_sends_a_held_one_again(
    runs: TableRuns, planned: ConversionRun, was_sent: bool, state: ConversionState
) -> None:
    run = runs.sending(planned, START) if was_sent else planned
    runs.failed(run, "held", None)
    again = runs.again("K-1")
    assert (again.state, again.attempts, again.available_at) == (state, 0, None)


def test_an_unknown_conversion_is_not_found(runs: TableRuns, planned: ConversionRun) -> None:
    for call in (lambda: runs.conversion("?"), lambda: runs.sending(replace(planned, key="?"), START)):
        with pytest.raises(NotFound, match=r"no conversion `\?`"):
            call()


def test_of_eight_who_plan_and_send_at_once_one_row_is_made_and_one_sends(engine: Engine, runs: TableRuns) -> None:
    proposals = [planned_run(engine, runs, f"K-{number}") for number in range(5)]

    def plan_and_send(thread: int) -> int:
        sent = 0
        for run in proposals:
            mine = runs.plan(replace(run, payload={"thread": str(thread)}))
            try:
                runs.sending(mine, START) if mine.state is ConversionState.PLANNED else None
                sent += mine.state is ConversionState.PLANNED
            except Retryable:
                continue
        return sent

    with ThreadPoolExecutor(8) as threads:
        sent = sum(threads.map(plan_and_send, range(8)))
    with workspace_session(engine, runs.workspace_id) as session:
        rows = session.scalars(select(ConversionRow).order_by(ConversionRow.key)).all()
        assert [(each.key, each.fence) for each in rows] == [(run.key, 1) for run in proposals]
    assert sent == len(proposals)


def test_of_eight_who_ask_for_a_new_case_all_get_the_same(engine: Engine, runs: TableRuns) -> None:
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: runs.case("crm", "D-9").id, range(8)))
    assert len(set(found)) == 1
    with workspace_session(engine, runs.workspace_id) as session:
        assert len(session.scalars(select(CaseRow)).all()) == 1


def test_what_follows_from_a_confirmed_document_is_due_until_the_case_is_looked_at(
    runs: TableRuns, planned: ConversionRun
) -> None:
    sent = runs.sending(planned, START)
    runs.outcome(replace(sent, state=ConversionState.UNKNOWN))
    assert runs.due_timers(SOON) == []
    runs.outcome(replace(sent, state=ConversionState.CONFIRMED, written=QUOTE))
    assert runs.due_timers(SOON) == [("crm", "D-1", SOON)]
    runs.remember(case_of(runs), None)
    assert runs.due_timers(SOON) == []


# --- timers ------------------------------------------------------------------------------------------------------


def test_a_case_has_one_timer_that_the_next_evaluation_moves(runs: TableRuns) -> None:
    case = case_of(runs)
    runs.remember(case, SOON)
    runs.remember(case, START)
    assert runs.due_timers(START) == [("crm", "D-1", START)]
    runs.remember(case, SOON)
    assert runs.due_timers(START) == []
    assert runs.due_timers(SOON) == [("crm", "D-1", SOON)]
    runs.remember(case, None)
    assert runs.due_timers(SOON) == []


def test_a_timer_that_was_worked_on_is_gone_but_one_armed_anew_stays(runs: TableRuns) -> None:
    case = case_of(runs)
    runs.remember(case, START)
    runs.timer_done("crm", "D-1", START)
    assert runs.due_timers(SOON) == []
    runs.remember(case, SOON)
    runs.timer_done("crm", "D-1", START)
    assert runs.due_timers(SOON) == [("crm", "D-1", SOON)]


def test_a_timer_that_failed_waits_and_then_is_dead_until_the_case_moves(runs: TableRuns) -> None:
    case = case_of(runs)
    runs.remember(case, START)
    runs.timer_failed("crm", "D-1", START, "no answer", SOON)
    assert runs.timer_attempts("crm", "D-1", START) == 1
    assert runs.due_timers(START) == []
    assert runs.due_timers(SOON) == [("crm", "D-1", START)]
    runs.timer_failed("crm", "D-1", START, "no answer", None)
    assert runs.timer_attempts("crm", "D-1", START) == 2
    assert runs.due_timers(SOON) == []
    runs.remember(case, SOON)
    assert runs.due_timers(SOON) == [("crm", "D-1", SOON)]


def attempts(runs: TableRuns) -> list[tuple[object, ...]]:
    with workspace_session(runs.engine, runs.workspace_id) as session:
        rows = session.scalars(select(AttemptRow).order_by(AttemptRow.id)).all()
    return [(each.fence, each.started_at, each.finished_at, each.outcome, each.detail) for each in rows]


def bindings(runs: TableRuns) -> list[tuple[str, ...]]:
    with workspace_session(runs.engine, runs.workspace_id) as session:
        rows = session.scalars(select(BindingRow)).all()
    return [(each.connection, each.document_type, each.our_id, each.their_id) for each in rows]
