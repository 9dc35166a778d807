"""All that we ask of the outside: the core is called with these, and only `bootstrap` knows who stands behind."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from rules_engine.model.case import Case, Rate
from rules_engine.model.catalog import Catalog
from rules_engine.model.conversion import Conversion
from rules_engine.model.decision import Decision
from rules_engine.model.draft import Draft, Version
from rules_engine.model.finding import Finding
from rules_engine.model.mapping import Mapping
from rules_engine.model.ruleset import Ruleset, Step
from rules_engine.model.run import (
    Changed,
    ConversionRun,
    ConversionState,
    InboundEvent,
    StoredEvent,
    Written,
)
from rules_engine.model.values import Record, Value


class Clock(Protocol):
    """The current instant, aware, in UTC. Never `datetime.now()` anywhere else."""

    def __call__(self) -> datetime: ...


class Matcher(Protocol):
    """The one question to an engine: which rules are true? Ids of rules that are on or watched, and in effect."""

    def match(self, ruleset: Ruleset, case: Case, now: datetime) -> frozenset[str]: ...


class HistoryMatcher(Protocol):
    """The same question about a whole history, in bounded memory."""

    def match_all(self, ruleset: Ruleset, cases: Iterable[tuple[Case, datetime]]) -> Iterator[frozenset[str]]:
        """One answer a case, in their order; the cases are read as they are asked for."""
        ...


class Prover(Protocol):
    """Asks the production matcher, apart from this process, about cases at the edges of every condition."""

    def prove(self, ruleset: Ruleset, catalog: Catalog, now: datetime) -> Sequence[Finding]:
        """An error for each rule that it answers otherwise than the reference, or does not live through."""
        ...


class LookUp(Protocol):
    """The id of the record of `document_type` whose `by` is `value`, None where there is none.

    Raises Refused where several match, and Retryable where the system does not answer.
    """

    def __call__(self, document_type: str, by: str, value: Value) -> Value | None: ...


class CrmConnector(Protocol):
    """A CRM: protocol in Python, field names in `to_case`."""

    @property
    def system(self) -> str: ...

    @property
    def to_case(self) -> Mapping:
        """From the native opportunity (document type `<system>.opportunity`) to the case."""
        ...

    def catalog(self) -> Catalog:
        """The native document types as this CRM has them now, custom fields included."""
        ...

    def schema(self) -> Catalog:
        """What the system itself reports of the document types of `catalog`, asked anew. Raises Retryable, Permanent.

        Its fields have the names that mappings use; a field that it does not report is not there.
        """
        ...

    def fetch(self, opportunity: str) -> Record:
        """The opportunity with all that hangs on it, as it is now. Raises NotFound, Retryable."""
        ...

    def changed_since(self, since: datetime) -> Iterable[Changed]:
        """Every opportunity created or modified at or after `since`, oldest first. Raises Retryable."""
        ...


class OrderConnector(Protocol):
    """An order system; `document` is `quote` or `order`."""

    @property
    def system(self) -> str: ...

    def mapping(self, document: str) -> Mapping:
        """From our quote or order to the native payload (document type `<system>.<document>`)."""
        ...

    def catalog(self) -> Catalog: ...

    def schema(self) -> Catalog:
        """See `CrmConnector.schema`."""
        ...

    def look_up(self, document_type: str, by: str, value: Value) -> Value | None:
        """See `LookUp`; `document_type` and `by` are this system's own names."""
        ...

    def find(self, document: str, key: str) -> Sequence[Written]:
        """Every document that carries our key, in whatever state. Raises Retryable."""
        ...

    def create(self, document: str, payload: Record, key: str) -> Written:
        """Write the document with our key in it, and bring it to its state (quotation, confirmed).

        Raises Refused with the system's words, OutcomeUnknown where no answer came, Retryable where it is
        certain that nothing was written.
        """
        ...

    def read(self, document: str, written: Written) -> Record:
        """The document as it stands there, in the shape of the payload. Raises NotFound, Retryable."""
        ...

    @property
    def settle(self) -> timedelta:
        """How long after a request of unknown outcome a look-up may still miss its effect."""
        ...


@runtime_checkable
class AmendingConnector(Protocol):
    """An order system that takes a change of a document that stands; of another, a person makes the change there."""

    def amend(self, document: str, written: Written, changes: Record, key: str) -> Written:
        """Bring the fields of `changes` into the document, once under this key, whatever is asked again with it.

        A list comes with all its records; None empties a field. The result names the amendment, with the
        document's new total. Raises Refused with the system's words where the document's state does not allow it,
        OutcomeUnknown where no answer came, Retryable where it is certain that nothing was written.
        """
        ...


@runtime_checkable
class ReportingConnector(Protocol):
    """An order system that says what became of a document since; another is taken to keep what it was given."""

    def state(self, document: str, written: Written) -> str:
        """A word of the catalog's `order.status`, such as `cancelled`. Raises NotFound, Retryable."""
        ...


@dataclass(frozen=True)
class Route:
    """Which published ruleset decides a step for the cases of a CRM connection, and where its documents go."""

    step: Step
    ruleset: Ruleset
    mapping: Mapping
    version: int  # the published version's number, from 1
    version_id: int
    order_connection: str
    orders: OrderConnector


@dataclass(frozen=True)
class KnownCase:
    """What we remember of a case: its events in order of happening, and its record at the last evaluation."""

    id: str
    events: tuple[InboundEvent, ...]
    previous: Record | None
    conversions: tuple[ConversionRun, ...]


class Inbox(Protocol):
    """Accepted events. Each method is one transaction, committed when it returns."""

    def accept(self, connection: str, event: InboundEvent, received_at: datetime) -> StoredEvent | None:
        """Keep the event; None where `source` and `id` are known already."""
        ...

    def due(self, now: datetime, limit: int = 100) -> Sequence[StoredEvent]:
        """Events to work on now, oldest first, at most one a case."""
        ...

    def done(self, number: int) -> None: ...

    def failed(self, number: int, error: str, retry_at: datetime | None) -> None:
        """The try failed; without `retry_at` the event is dead until a person sends it again."""
        ...

    def again(self, number: int) -> None:
        """A person sends a dead or waiting event again: due at once."""
        ...


class Runs(Protocol):
    """Cases, decisions and conversions. Each method is one transaction, committed when it returns."""

    def case(self, connection: str, opportunity: str) -> KnownCase:
        """The case of this opportunity; made where it is new."""
        ...

    def record(
        self,
        decision: Decision,
        case: Case,
        seen: Conversion,
        version_id: int,
        trigger: str,
        already: str = "",
    ) -> int:
        """Keep a decision with the values it saw (`seen`: native record to case) and return its id.

        The same case, step, trigger and version again returns the id of the first. `already` is the key of the
        conversion that had been made before, so that this decision changes nothing.
        """
        ...

    def remember(self, case: Case, wake_at: datetime | None) -> None:
        """Keep the record as the next evaluation's `previous`, and (re)arm the case's timer."""
        ...

    def plan(self, run: ConversionRun) -> ConversionRun:
        """Insert the intent row; where the key exists, return that row unchanged instead.

        A held or refused row (nothing was written for it) takes the new payload, stages and decision, and the new
        state, so that a corrected mapping or product is tried again under the same key.
        """
        ...

    def answer(self, run: ConversionRun, state: ConversionState, who: str, why: str = "") -> ConversionRun:
        """A person's word on what is proposed: planned (yes), declined (no), confirmed (made there by hand).

        Raises Permanent where it does not wait for one any more, or is another document now than the one seen.
        """
        ...

    def withdraw(self, key: str, why: str) -> None:
        """What is proposed does not hold any more: declined, without an answer; proposed anew if it comes again."""
        ...

    def again(self, key: str) -> ConversionRun:
        """A person sends a refused or held conversion again as it is: planned, or unknown if it may be written."""
        ...

    def conversion(self, key: str) -> ConversionRun:
        """One conversion as it is now. Raises NotFound."""
        ...

    def sending(self, run: ConversionRun, now: datetime) -> ConversionRun:
        """State `sending`, fence + 1, `sent_at` = now: committed before any request goes out."""
        ...

    def outcome(self, run: ConversionRun) -> bool:
        """Record state, written, error, differences, available_at of an attempt; False where a newer fence exists."""
        ...

    def failed(self, run: ConversionRun, error: str, retry_at: datetime | None) -> None:
        """A try on `run` ended without an outcome: again at `retry_at`, without it held for a person.

        What is confirmed, refused or held meanwhile stays so.
        """
        ...

    def open_conversions(self, now: datetime, limit: int = 100) -> Sequence[ConversionRun]:
        """Conversions that are planned, or sending or unknown, and due."""
        ...

    def due_timers(self, now: datetime, limit: int = 100) -> Sequence[tuple[str, str, datetime]]:
        """(connection, opportunity, wake_at) of cases whose decision may change by time alone."""
        ...

    def timer_attempts(self, connection: str, opportunity: str, wake_at: datetime) -> int:
        """How many tries on this timer failed."""
        ...

    def timer_done(self, connection: str, opportunity: str, wake_at: datetime) -> None:
        """The timer was worked on; one armed anew for another instant stays."""
        ...

    def timer_failed(
        self, connection: str, opportunity: str, wake_at: datetime, error: str, retry_at: datetime | None
    ) -> None:
        """The try failed: again at `retry_at`, without it dead until the case moves."""
        ...


class Shelf(Protocol):
    """Drafts, and published versions, which are added to and never changed."""

    def save(self, draft: Draft, who: str, now: datetime) -> Draft:
        """Keep the texts. Raises Permanent where somebody else saved meanwhile, or the step is unknown."""
        ...

    def publish(self, name: str, revision: int, note: str, who: str, now: datetime) -> Version:
        """The saved draft as the next version; where the newest has the same texts, that one."""
        ...


class Connections(Protocol):
    """The connectors of one workspace, by the connection's name."""

    def crm(self, name: str) -> CrmConnector: ...

    def orders(self, name: str) -> OrderConnector: ...

    def routes(self, crm_connection: str) -> Sequence[Route]:
        """In the order of the steps."""
        ...


# Why a payload of the route must not be sent: what the schemas of the CRM connection and of the order system have
# otherwise than they had when it was mapped.
Drifted = Callable[[str, Route, Record], Sequence[Finding]]


def _nothing_drifted(_crm_connection: str, _route: Route, _payload: Record) -> Sequence[Finding]:
    return ()


@dataclass(frozen=True)
class Workspace:
    """One customer, with all that the pipeline needs for them. Nothing crosses its border."""

    name: str
    zone: str
    catalog: Catalog
    clock: Clock
    matcher: Matcher
    inbox: Inbox
    runs: Runs
    connections: Connections
    # The month, 1 to 12, with which its fiscal year begins, and its exchange rates as they are known now.
    fiscal_start: int = 1
    rates: Callable[[], Sequence[Rate]] = tuple
    drifted: Drifted = _nothing_drifted

