"""What was decided of a step, and the documents that would be made of a record: nothing is sent."""

from collections.abc import Sequence
from dataclasses import dataclass

from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.conversion.line_findings import too_many_lines
from rules_engine.conversion.prepare import prepared
from rules_engine.model.case import Rate
from rules_engine.model.conversion import Conversion
from rules_engine.model.decision import Decision
from rules_engine.model.finding import Finding, Severity
from rules_engine.model.run import Stage
from rules_engine.model.values import Record
from rules_engine.ports import Route, Workspace


@dataclass(frozen=True)
class Judged:
    """What was decided of a step this time; `number` is the decision's id."""

    route: Route
    decision: Decision
    number: int


@dataclass(frozen=True)
class Made:
    """What a ruleset's mapping makes of a record: our document, the order system's payload, what is wrong with them."""

    document: Stage
    payload: Stage
    problems: tuple[Finding, ...]


def make(workspace: Workspace, route: Route, source: Record, rates: tuple[Rate, ...]) -> Made:
    """The document and the payload as they would be made now; nothing is sent."""
    return with_payload(workspace, route, document_of(workspace, route, source, rates), rates)


def document_of(workspace: Workspace, route: Route, source: Record, rates: tuple[Rate, ...]) -> Conversion:
    """The quote or order in our vocabulary; no other system is asked."""
    seen = Context(workspace.zone, workspace.clock(), catalog=workspace.catalog, rates=rates)
    native = route.orders.mapping(route.step.target)
    made = convert(source, route.mapping, seen)
    return prepared(made, route.mapping, native, route.ruleset.policies, workspace.catalog)


def with_payload(workspace: Workspace, route: Route, document: Conversion, rates: tuple[Rate, ...]) -> Made:
    """The document with what the order system would be sent of it; its records are looked up there."""
    native = route.orders.mapping(route.step.target)
    theirs = route.orders.catalog()
    context = Context(workspace.zone, workspace.clock(), route.orders.look_up, theirs, rates)
    payload = convert(document.document, native, context)
    limits = too_many_lines(payload.document, native.target_type, theirs)
    return Made(
        Stage(route.mapping.source_type, route.mapping.target_type, document),
        Stage(native.source_type, native.target_type, payload),
        (*document.problems, *payload.problems, *limits),
    )


def errors_in(problems: Sequence[Finding]) -> str:
    return "; ".join(str(each) for each in problems if each.severity is Severity.ERROR)
