"""The watch over the schemas of connected systems: asked from time to time, and compared with what was accepted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from rules_engine.analysis.drift import (
    Part,
    Uses,
    crm_uses,
    findings,
    only_errors,
    order_uses,
    together,
    unsendable,
)
from rules_engine.analysis.schema_changes import Drift, Kind, Seen, drift
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import Problem
from rules_engine.model.finding import Finding
from rules_engine.model.mapping import Mapping as FieldMappings
from rules_engine.model.ruleset import Ruleset
from rules_engine.model.values import Record
from rules_engine.ports import Clock, Connections, CrmConnector, OrderConnector, Route

# How old what we know of a schema may be when a document is made by it.
FRESH = timedelta(minutes=15)


class Schemas(Protocol):
    """What each connection's schema was; `store.schemas` keeps it."""

    def history(self, connection: str, system: str) -> tuple[Seen, ...]: ...

    def saw(self, connection: str, system: str, schema: Catalog, now: datetime) -> None: ...

    def accept(self, connection: str, system: str, who: str, now: datetime) -> None: ...


@dataclass(frozen=True)
class Refreshed:
    """What a refresh found: the schema, every change since the accepted one, and what of them is to be said."""

    schema: Catalog
    drifts: tuple[Drift, ...]
    findings: tuple[Finding, ...]

    @property
    def added(self) -> tuple[Drift, ...]:
        """What is merely new: not mapped yet, and carried over meanwhile."""
        return tuple(each for each in self.drifts if each.change.kind is Kind.ADDED)


@dataclass(frozen=True)
class Routed:
    """A ruleset by its name with the connections on both ends; `route` is None while nothing of it is published."""

    ruleset: str
    crm_connection: str
    order_connection: str
    route: Route | None

    @property
    def part(self) -> Part | None:
        return Part(self.ruleset, self.route.ruleset, self.route.mapping) if self.route else None


@dataclass(frozen=True)
class SchemaWatch:
    """Of one workspace, with what it decides by and where to.

    `asked` remembers when each connection was asked last, also where it did not answer.
    """

    schemas: Schemas
    connections: Connections
    clock: Clock
    routed: Callable[[], Sequence[Routed]] = tuple
    asked: dict[str, datetime] = field(default_factory=dict)

    def refresh(self, connection: str, connector: CrmConnector | OrderConnector) -> tuple[Drift, ...]:
        """Ask the system now. Raises what its `schema` raises."""
        self.asked[connection] = self.clock()
        self.schemas.saw(connection, connector.system, connector.schema(), self.clock())
        return drift(self.schemas.history(connection, connector.system))

    def known(self, connection: str, connector: CrmConnector | OrderConnector) -> tuple[Drift, ...]:
        """The same, but asked at most once in `FRESH`; by what was seen last where the system does not answer."""
        history = self.schemas.history(connection, connector.system)
        latest = max((each for each in (self.asked.get(connection), *_seen(history)) if each), default=None)
        if latest is None or self.clock() - latest >= FRESH:
            try:
                return self.refresh(connection, connector)
            except Problem:
                # A system that is down must not stop what waits for it anyway: the call itself will say so.
                return drift(history)
        return drift(history)

    def drifted(self, crm_connection: str, route: Route, payload: Record) -> Sequence[Finding]:
        """Why this payload must not be sent; see `ports.Drifted`."""
        native = route.orders.mapping(route.step.target)
        theirs = self.known(route.order_connection, route.orders)
        ours = self.known(crm_connection, self.connections.crm(crm_connection))
        part = Part(route.ruleset.name, route.ruleset, route.mapping)
        broken = only_errors(self._said(crm_connection, ours, [part], []))
        hit = unsendable(route.order_connection, theirs, route.orders.catalog(), native.target_type, payload)
        return (*broken, *hit)

    def report(self, connection: str, connector: CrmConnector | OrderConnector, accept_by: str = "") -> Refreshed:
        """Ask the system now, and say what its drift breaks of all that is published here.

        With `accept_by`, a person's name, drift is counted from this schema on. Raises what its `schema` raises.
        """
        drifts = self.refresh(connection, connector)
        routes = self.routed()
        reads = [each.part for each in routes if each.crm_connection == connection]
        writes = [each.part for each in routes if each.order_connection == connection]
        every: Uses = {each.change: () for each in drifts if each.change.kind is not Kind.ADDED}
        found = findings(connection, drifts, together((every, self._uses(connection, drifts, reads, writes))))
        if accept_by:
            self.schemas.accept(connection, connector.system, accept_by, self.clock())
        return Refreshed(self.schemas.history(connection, connector.system)[-1].catalog, drifts, found)

    def of_draft(self, name: str, ruleset: Ruleset, mapping: FieldMappings) -> Sequence[Finding]:
        """What the drift of the connections that the ruleset is routed to breaks or touches of this draft of it."""
        parts, found = [Part(name, ruleset, mapping)], dict[Finding, None]()
        for each in self.routed():
            if each.ruleset == name:
                crm, orders = each.crm_connection, each.order_connection
                ours = self.known(crm, self.connections.crm(crm))
                theirs = self.known(orders, self.connections.orders(orders))
                found |= dict.fromkeys(self._said(crm, ours, parts, []))
                found |= dict.fromkeys(self._said(orders, theirs, [], parts))
        return list(found)

    def _said(
        self, connection: str, drifts: Sequence[Drift], reads: Sequence[Part | None], writes: Sequence[Part | None]
    ) -> tuple[Finding, ...]:
        """Only what these parts feel."""
        uses = self._uses(connection, drifts, reads, writes)
        return findings(connection, drifts, {change: said for change, said in uses.items() if said})

    def _uses(
        self, connection: str, drifts: Sequence[Drift], reads: Sequence[Part | None], writes: Sequence[Part | None]
    ) -> Uses:
        """`reads` take the connection for a CRM, `writes` for an order system; None is a route with nothing live."""
        ours = self._of_crm(connection, drifts, [each for each in reads if each])
        return together((ours, self._of_orders(connection, drifts, [each for each in writes if each])))

    def _of_crm(self, connection: str, drifts: Sequence[Drift], parts: Sequence[Part]) -> Uses:
        if not drifts or not parts:
            return {}
        crm, changes = self.connections.crm(connection), [each.change for each in drifts]
        known = crm.catalog()
        return together(crm_uses(changes, known, crm.to_case, each) for each in parts)

    def _of_orders(self, connection: str, drifts: Sequence[Drift], parts: Sequence[Part]) -> Uses:
        if not drifts or not parts:
            return {}
        orders, changes = self.connections.orders(connection), [each.change for each in drifts]
        known = orders.catalog()
        return together(order_uses(changes, known, orders.mapping(each.ruleset.step.target), each) for each in parts)


def _seen(history: Sequence[Seen]) -> tuple[datetime, ...]:
    return (history[-1].last_seen,) if history else ()


