"""The tables of the product; every row but a workspace itself belongs to one workspace."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rules_engine.model.ruleset import Step, Verdict
from rules_engine.model.run import ConversionState, EventState
from rules_engine.store.base import Base as Base
from rules_engine.store.base import BigId, Kept, one_of, partial_index, within
from rules_engine.store.base import Immutable as Immutable
from rules_engine.store.base import Instant as Instant
from rules_engine.store.base import InWorkspace as InWorkspace
from rules_engine.store.base import Json as Json


class WorkspaceRow(Base):
    """One customer. `zone` is an IANA name; `fiscal_start` the month, 1 to 12, with which the fiscal year begins."""

    __tablename__ = "workspaces"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    title: Mapped[str]
    zone: Mapped[str] = mapped_column(default="UTC")
    fiscal_start: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime]


class RateRow(InWorkspace, Base):
    """An exchange rate: one unit of `base` buys `rate` (a decimal's digits) of `quote` from `day` on."""

    __tablename__ = "rates"
    __table_args__ = (UniqueConstraint("workspace_id", "base", "quote", "day"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    base: Mapped[str]
    quote: Mapped[str]
    rate: Mapped[str]
    day: Mapped[date]
    added_at: Mapped[datetime]


class ConnectionRow(InWorkspace, Base):
    """A configured CRM or order system. `store.secrets` encrypts `secrets`; `delivery.sweep` moves the cursor."""

    __tablename__ = "connections"
    __table_args__ = (
        UniqueConstraint("workspace_id", "name"),
        one_of("role", ("crm", "order", "both")),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    title: Mapped[str] = mapped_column(default="")
    role: Mapped[str]
    system: Mapped[str]
    config: Mapped[dict[str, Any]] = mapped_column(default=dict)
    secrets: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    sweep_cursor: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SchemaRow(InWorkspace, Base):
    """A schema that a connection reported, for as long as it stayed the same.

    Drift is counted from the newest one that was accepted: the connection's first, or one that a person accepted.
    """

    __tablename__ = "schemas"
    __table_args__ = (within("connection", "connections.name"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    connection: Mapped[str]
    system: Mapped[str]
    sha256: Mapped[str]
    schema: Mapped[Any] = mapped_column(Kept)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str] = mapped_column(default="")


class RulesetRow(InWorkspace, Base):
    """A ruleset with its draft; `revision` grows with each save, so that a stale save is noticed."""

    __tablename__ = "rulesets"
    __table_args__ = (
        UniqueConstraint("workspace_id", "name"),
        UniqueConstraint("workspace_id", "id"),
        one_of("step", Step),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str]
    step: Mapped[str]
    ruleset_text: Mapped[str]
    mapping_text: Mapped[str]
    cases_text: Mapped[str]
    revision: Mapped[int] = mapped_column(default=1)
    edited_by: Mapped[str]
    edited_at: Mapped[datetime]


class RulesetVersionRow(Immutable, InWorkspace, Base):
    """A published version: text that nothing changes. `sha256` is over the three texts, see `store.rulesets`."""

    __tablename__ = "ruleset_versions"
    __table_args__ = (
        UniqueConstraint("workspace_id", "ruleset_id", "number"),
        UniqueConstraint("workspace_id", "id"),
        within("ruleset_id", "rulesets.id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ruleset_id: Mapped[int] = mapped_column(BigId)
    number: Mapped[int]
    ruleset_text: Mapped[str]
    mapping_text: Mapped[str]
    cases_text: Mapped[str]
    sha256: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    published_by: Mapped[str]
    published_at: Mapped[datetime]


class RouteRow(InWorkspace, Base):
    """Which ruleset decides a step for a CRM connection's cases, and which connection takes the documents."""

    __tablename__ = "routes"
    __table_args__ = (
        UniqueConstraint("workspace_id", "crm_connection", "step"),
        within("crm_connection", "connections.name"),
        within("order_connection", "connections.name"),
        within("ruleset_id", "rulesets.id"),
        one_of("step", Step),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    crm_connection: Mapped[str]
    step: Mapped[str]
    ruleset_id: Mapped[int] = mapped_column(BigId)
    order_connection: Mapped[str]


class InboxRow(InWorkspace, Base):
    """An accepted event; `source` and `event_id` are its identity, `id` grows with acceptance."""

    __tablename__ = "inbox_events"
    __table_args__ = (
        UniqueConstraint("workspace_id", "source", "event_id"),
        within("connection", "connections.name"),
        one_of("state", EventState),
        partial_index("ix_inbox_events_open", "workspace_id", "id", where="state in ('new', 'waiting')"),
        partial_index("ix_inbox_events_dead", "workspace_id", "id", where="state = 'dead'"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    connection: Mapped[str]
    source: Mapped[str]
    event_id: Mapped[str]
    type: Mapped[str]
    subject: Mapped[str]
    occurred_at: Mapped[datetime]
    data: Mapped[Any] = mapped_column(Kept)
    received_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default=EventState.NEW.value)
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")
    available_at: Mapped[datetime | None]
    late: Mapped[bool] = mapped_column(default=False)


class CaseRow(InWorkspace, Base):
    """One opportunity; `record` is its record at the last evaluation."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("workspace_id", "connection", "opportunity"),
        UniqueConstraint("workspace_id", "id"),
        within("connection", "connections.name"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    connection: Mapped[str]
    opportunity: Mapped[str]
    record: Mapped[Any | None] = mapped_column(Kept)


class DecisionRow(InWorkspace, Base):
    """One evaluation with its trace and what it saw; `conversion_seen` took the native record to the case."""

    __tablename__ = "decisions"
    __table_args__ = (
        UniqueConstraint("workspace_id", "case_id", "step", "trigger", "version_id"),
        UniqueConstraint("workspace_id", "id"),
        within("case_id", "cases.id"),
        within("version_id", "ruleset_versions.id"),
        one_of("step", Step),
        one_of("verdict", Verdict),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(BigId)
    step: Mapped[str]
    trigger: Mapped[str]
    version_id: Mapped[int] = mapped_column(BigId)
    verdict: Mapped[str]
    rule: Mapped[str]
    reason: Mapped[str]
    already: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[datetime]
    wake_at: Mapped[datetime | None]
    decision: Mapped[Any] = mapped_column(Kept)
    case_seen: Mapped[Any] = mapped_column(Kept)
    conversion_seen: Mapped[Any] = mapped_column(Kept)


class ConversionRow(InWorkspace, Base):
    """The row that makes a conversion happen once: intent first, then the call, then its result.

    `kind` is `quote`, `order`, or `amendment` of the conversion with the key `amends`.
    """

    __tablename__ = "conversions"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        UniqueConstraint("workspace_id", "connection", "kind", "written_id"),
        UniqueConstraint("workspace_id", "id"),
        within("case_id", "cases.id"),
        within("decision_id", "decisions.id"),
        within("crm_connection", "connections.name"),
        within("connection", "connections.name"),
        one_of("step", Step),
        one_of("state", ConversionState),
        partial_index("ix_conversions_open", "workspace_id", "id", where="state in ('planned', 'sending', 'unknown')"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    key: Mapped[str]
    step: Mapped[str]
    kind: Mapped[str]
    case_id: Mapped[int] = mapped_column(BigId, index=True)
    crm_connection: Mapped[str]
    opportunity: Mapped[str]
    connection: Mapped[str]
    decision_id: Mapped[int] = mapped_column(BigId)
    stages: Mapped[Any] = mapped_column(Kept)
    payload: Mapped[Any] = mapped_column(Kept)
    payload_hash: Mapped[str]
    state: Mapped[str] = mapped_column(default=ConversionState.PLANNED.value)
    fence: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    written_id: Mapped[str | None]
    written_number: Mapped[str] = mapped_column(default="")
    written_state: Mapped[str] = mapped_column(default="")
    written_net: Mapped[Any | None] = mapped_column(Kept)  # net, tax and gross total
    differences: Mapped[Any] = mapped_column(Kept, default=list)
    error: Mapped[str] = mapped_column(default="")
    available_at: Mapped[datetime | None]
    proposed: Mapped[bool] = mapped_column(default=False)
    answered_by: Mapped[str] = mapped_column(default="")
    amends: Mapped[str] = mapped_column(default="")
    changes: Mapped[Any] = mapped_column(Kept, default=list)


class AttemptRow(InWorkspace, Base):
    """One call to an order system; `outcome` is the state that the conversion had after it, "" while it runs."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("workspace_id", "conversion_id", "fence"),
        within("conversion_id", "conversions.id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    conversion_id: Mapped[int] = mapped_column(BigId)
    fence: Mapped[int]
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
    detail: Mapped[str] = mapped_column(default="")


class BindingRow(InWorkspace, Base):
    """The identity of one document in two systems."""

    __tablename__ = "bindings"
    __table_args__ = (
        UniqueConstraint("workspace_id", "connection", "document_type", "our_id"),
        UniqueConstraint("workspace_id", "connection", "document_type", "their_id"),
        within("connection", "connections.name"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    connection: Mapped[str]
    document_type: Mapped[str]
    our_id: Mapped[str]
    their_id: Mapped[str]


class TimerRow(InWorkspace, Base):
    """When a case's decision may next change by time alone; tried from `available_at`, dead until the case moves."""

    __tablename__ = "timers"
    __table_args__ = (
        UniqueConstraint("workspace_id", "case_id"),
        within("case_id", "cases.id"),
        one_of("state", ("armed", "dead")),
        partial_index("ix_timers_armed", "workspace_id", "wake_at", where="state = 'armed'"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    case_id: Mapped[int] = mapped_column(BigId)
    wake_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="armed")
    available_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(default="")


class AuditRow(Immutable, InWorkspace, Base):
    """Who did what, when; `before` and `after` hold what changed, never a secret."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    who: Mapped[str]
    what: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    before: Mapped[Any | None] = mapped_column(Kept)
    after: Mapped[Any | None] = mapped_column(Kept)
    at: Mapped[datetime]
