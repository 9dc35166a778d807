"""What passes through the pipeline and is kept: events received, conversions on their way, what was written."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from rules_engine.model.case import Event
from rules_engine.model.conversion import Conversion
from rules_engine.model.ruleset import Step
from rules_engine.model.values import Money, Record


class EventState(StrEnum):
    NEW = "new"  # accepted, not yet worked on
    DONE = "done"  # evaluated; what followed hangs on the case
    WAITING = "waiting"  # a try failed and another is due at `available_at`
    DEAD = "dead"  # given up; a person can send it again


@dataclass(frozen=True)
class InboundEvent:
    """A CRM event as a CloudEvent 1.0: `source` and `id` together are its identity.

    `subject` is the opportunity's id in the CRM; `time` is when it happened, as the sender says.
    """

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    data: Record = field(default_factory=dict)

    @property
    def as_case_event(self) -> Event:
        return Event(type=self.type, at=self.time, id=self.id, data=self.data)


@dataclass(frozen=True)
class StoredEvent:
    """An accepted event in our inbox; `number` grows with acceptance. `late`: a newer one of the case came first."""

    number: int
    connection: str
    event: InboundEvent
    received_at: datetime
    state: EventState = EventState.NEW
    attempts: int = 0
    error: str = ""
    late: bool = False


class ConversionState(StrEnum):
    """planned -> sending -> confirmed; or unknown (look up first), refused (a person), held (a person).

    proposed -> planned where a person says yes, declined where a person says no or it does not hold any more.
    """

    PLANNED = "planned"
    SENDING = "sending"
    UNKNOWN = "unknown"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    HELD = "held"
    PROPOSED = "proposed"
    DECLINED = "declined"


# Planned or under way: nobody else may begin it anew.
OPEN = (ConversionState.PLANNED, ConversionState.SENDING, ConversionState.UNKNOWN)


@dataclass(frozen=True)
class Written:
    """A document in the order system: its id there, the number people use, its state in that system's words.

    The totals are those that that system computed, before tax, of tax and with it; None where it does not say.
    """

    id: str
    number: str = ""
    state: str = ""
    net_total: Money | None = None
    tax_total: Money | None = None
    gross_total: Money | None = None


@dataclass(frozen=True)
class Stage:
    """One of the conversions that a document passes: native to case, case to quote or order, that to payload."""

    source_type: str
    target_type: str
    conversion: Conversion


@dataclass(frozen=True)
class Difference:
    """A field that the order system holds with another value than we wrote."""

    path: str
    written: str
    found: str


@dataclass(frozen=True)
class Change:
    """What a document would hold otherwise now: a field, or with a path such as `lines[L-2]` a whole line.

    `before` and `after` are as people read them; "" where there is nothing.
    """

    path: str
    before: str
    after: str
    words: str


@dataclass(frozen=True)
class ConversionRun:
    """One conversion, from intent to the confirmed document; or, with `amends`, one change of a confirmed document.

    `opportunity` is its id in the CRM behind `crm_connection`; `connection` is the order system's.
    `key` is unique in the workspace and stands in the order system's document. `fence` grows with each attempt:
    only the newest may record a result. `sent_at` is committed before the request goes out.
    `payload_hash` is the sha256 of the frozen payload; a different one under the same key is a conflict.
    `proposed`: it is sent only when a person said yes. `answered_by` said yes or no, "" where nobody did.
    """

    key: str
    step: Step
    case_id: str
    crm_connection: str
    opportunity: str
    connection: str
    decision: int
    stages: tuple[Stage, ...]
    payload: Record
    payload_hash: str
    state: ConversionState = ConversionState.PLANNED
    id: int = 0
    fence: int = 0
    sent_at: datetime | None = None
    attempts: int = 0
    written: Written | None = None
    differences: tuple[Difference, ...] = ()
    error: str = ""
    # When a further try is due; None: at once, or never where the state says so.
    available_at: datetime | None = None
    proposed: bool = False
    answered_by: str = ""
    # The key of the conversion whose document this one would change; its payload holds only the fields that differ.
    amends: str = ""
    changes: tuple[Change, ...] = ()

    @property
    def kind(self) -> str:
        """`quote`, `order` or `amendment`."""
        return "amendment" if self.amends else self.step.target

    @property
    def document(self) -> Record:
        """The quote or order in our own vocabulary."""
        return self.stages[-2].conversion.document


@dataclass(frozen=True)
class Changed:
    """A record that a sweep found: `version` differs whenever the record does (a modified time, a change token)."""

    opportunity: str
    modified_at: datetime
    version: str
