"""One opportunity as the CRM has it now, with the documents that we made of it and what became of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.model.case import Case
from rules_engine.model.errors import Permanent
from rules_engine.model.ruleset import Step
from rules_engine.model.run import ConversionRun, ConversionState, Stage
from rules_engine.model.values import Record, Value
from rules_engine.ports import KnownCase, ReportingConnector, Workspace

CANCELLED = "cancelled"


@dataclass(frozen=True)
class Deal:
    """One opportunity as the CRM has it now: what we know of it, what we see, and the case of both.

    `states` says by its key what became of an order in the order system since, where that system says it.
    """

    connection: str
    opportunity: str
    known: KnownCase
    seen: Stage
    case: Case
    states: Mapping[str, str] = field(default_factory=dict)

    def is_cancelled(self, run: ConversionRun) -> bool:
        return self.states.get(run.amends or run.key) == CANCELLED


def see(workspace: Workspace, connection: str, opportunity: str) -> Deal:
    """Fetch the record as it is now, in our vocabulary, with the account of every field."""
    crm = workspace.connections.crm(connection)
    native = crm.fetch(opportunity)
    known = workspace.runs.case(connection, opportunity)
    seen = convert(native, crm.to_case, Context(workspace.zone, workspace.clock(), catalog=workspace.catalog))
    stage = Stage(crm.to_case.source_type, crm.to_case.target_type, seen)
    states = states_of(workspace, known)
    return Deal(connection, opportunity, known, stage, assemble(workspace, known, seen.document, states), states)


def states_of(workspace: Workspace, known: KnownCase) -> dict[str, str]:
    """What became of each order by its key, where its system says it."""
    orders = [run for run in known.conversions if run.step is Step.QUOTE_TO_ORDER and not run.amends and run.written]
    found = {run.key: _state(workspace, run) for run in orders}
    return {key: state for key, state in found.items() if state}


def _state(workspace: Workspace, run: ConversionRun) -> str:
    try:
        orders = workspace.connections.orders(run.connection)
        if run.written is None or not isinstance(orders, ReportingConnector):
            return ""
        return orders.state(run.step.target, run.written)
    except Permanent:
        return ""  # whether it still stands is not known: it is not taken for cancelled


def assemble(workspace: Workspace, known: KnownCase, record: Record, states: Mapping[str, str]) -> Case:
    """The record with the quotes and orders that we made, what became of them, and the events that were heard."""
    events = tuple(event.as_case_event for event in known.events)
    blank = {**record, "quotes": record.get("quotes") or (), "orders": record.get("orders") or ()}
    rates, fiscal_start = tuple(workspace.rates()), workspace.fiscal_start
    case = Case(known.id, blank, events, known.previous, rates, workspace.zone, fiscal_start)
    written = {run.key: run.written for run in known.conversions}
    for run in known.conversions:
        if run.state is ConversionState.CONFIRMED:
            # An amended document keeps the identity that it was written with.
            first = run.amends or run.key
            case = with_document(case, replace(run, written=written.get(first)), states.get(first, ""))
    return case


def with_document(case: Case, run: ConversionRun, status: str = "") -> Case:
    """The case with a confirmed quote or order in it, once."""
    target = run.step.target
    document: dict[str, Value] = {**run.document, **({"status": status} if status else {})}
    if run.written:
        document |= {"id": run.written.id, "number": run.written.number or run.written.id}
    there = case.record.get(f"{target}s")
    others = tuple(each for each in there if _id_of(each) != document["id"]) if isinstance(there, tuple) else ()
    record: dict[str, Value] = {**case.record, f"{target}s": (*others, document)}
    if target == "quote":
        record["quote"] = document
    return replace(case, record=record)


def _id_of(value: Value) -> Value:
    return value.get("id") if isinstance(value, Mapping) else None
