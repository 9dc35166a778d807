"""The sample CRM: a real connector over its own tables, so that the product can be used with nothing external."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, select

from rules_engine.connectors.sample_crm_actions import ACTIONS, Changes, changed
from rules_engine.formats.connector_text import ConnectorText, read_connector
from rules_engine.formats.values_json import decode, encode
from rules_engine.model.case import Event
from rules_engine.model.catalog import Catalog, Field, Type
from rules_engine.model.errors import NotFound, Refused
from rules_engine.model.mapping import Mapping as FieldMappings
from rules_engine.model.run import Changed
from rules_engine.model.values import Record, Value
from rules_engine.ports import Clock
from rules_engine.store.builtin_tables import SampleCrmOpportunityRow as Row
from rules_engine.store.session import GuardedSession, workspace_session

SYSTEM = "sample_crm"
OPPORTUNITY = f"{SYSTEM}.opportunity"
_TEXT = Path(__file__).with_suffix(".yaml")


def definition(shared: Catalog) -> ConnectorText:
    """The native document types and the mapping to the case; `shared` is the catalog that all systems share."""
    return read_connector(_TEXT.read_text("utf-8"), shared, _TEXT.name)


class SampleCrm:
    """A `CrmConnector`. It commits its own transactions: it stands for an outside system.

    `zone` is the CRM's own time zone, in which it stamps and dates.
    """

    system = SYSTEM

    def __init__(
        self, engine: Engine, workspace_id: int, clock: Clock, shared: Catalog, zone: str = "Europe/Berlin"
    ) -> None:
        self._engine = engine
        self._workspace_id = workspace_id
        self._clock = clock
        self._zone = ZoneInfo(zone)
        self._definition = definition(shared)

    @property
    def to_case(self) -> FieldMappings:
        mapping = self._definition.to_case
        assert mapping is not None  # noqa: S101 - our own file has it; a test reads it
        return mapping

    def catalog(self) -> Catalog:
        """The native types, with every custom field (`..__c`) that a record of an opportunity holds beyond them."""
        catalog = self._definition.catalog
        with self._session(read_only=True) as session:
            records = [_record(row) for row in session.scalars(select(Row))]
        return catalog.with_fields(OPPORTUNITY, dict(_custom_fields(catalog, records)))

    def schema(self) -> Catalog:
        """The declared types, without the custom fields that only records tell of: those go with their last value."""
        return self._definition.catalog

    def fetch(self, opportunity: str) -> Record:
        with self._session(read_only=True) as session:
            return _record(_row(session, opportunity))

    def opportunities(self) -> tuple[Record, ...]:
        """Every opportunity, in the order they were made."""
        with self._session(read_only=True) as session:
            return tuple(_record(row) for row in session.scalars(select(Row).order_by(Row.id)))

    def changed_since(self, since: datetime) -> Iterable[Changed]:
        with self._session(read_only=True) as session:
            found = session.scalars(select(Row).where(Row.modified_at >= since).order_by(Row.modified_at, Row.id))
            return [Changed(row.opportunity, row.modified_at, str(row.version)) for row in found]

    def add(self, record: Record) -> str:
        """Keep a new opportunity and return its id. Raises Refused where it has none, or one that exists."""
        opportunity = record.get("Id")
        if not isinstance(opportunity, str) or not opportunity:
            raise Refused("an opportunity needs an `Id`")
        modified = record.get("LastModifiedDate")
        now = modified if isinstance(modified, datetime) else self._now()
        with self._session() as session, session.begin():
            if _find(session, opportunity) is not None:
                raise Refused(f"there is an opportunity `{opportunity}` already")
            session.add(Row(opportunity=opportunity, record=encode(record), modified_at=now))
        return opportunity

    def change(self, opportunity: str, changes: Changes) -> int:
        """Change the record as a person there would, and return its new version."""
        _, version = self._change(opportunity, lambda _: changes, self._now())
        return version

    def act(self, opportunity: str, action: str) -> Event:
        """Do one of ACTIONS and return the event that the CRM sends. Raises Refused, NotFound."""
        if action not in ACTIONS:
            known = ", ".join(f"`{each}`" for each in ACTIONS)
            raise Refused(f"the sample CRM has no action `{action}`; it has {known}")
        now = self._now()
        record, version = self._change(opportunity, lambda before: ACTIONS[action].change(before, now), now)
        return event(record, ACTIONS[action].event, now, version)

    def _change(
        self, opportunity: str, what: Callable[[Record], Changes], now: datetime
    ) -> tuple[Record, int]:
        """The record after the change, and its version; what changes is worked out from the record as it is then."""
        with self._session() as session, session.begin():
            row = _row(session, opportunity, locked=True)
            before = _record(row)
            after: Record = {**changed(before, what(before)), "LastModifiedDate": now}
            row.record = encode(after)
            row.modified_at = now
            row.version += 1
            return after, row.version

    def _now(self) -> datetime:
        return self._clock().astimezone(self._zone)

    def _session(self, *, read_only: bool = False) -> GuardedSession:
        return workspace_session(self._engine, self._workspace_id, read_only=read_only)


def event(record: Record, kind: str, at: datetime, version: int) -> Event:
    """What the CRM says: a hint with the opportunity's id, never the record itself."""
    names = {"id": "Id", "number": "Number", "name": "Name"}
    data = {name: record[native] for name, native in names.items() if record.get(native)}
    return Event(type=kind, at=at, id=f"msg_{record.get('Id')}_{version}", data={**data, "version": str(version)})


def webhook_body(message: Event) -> bytes:
    """The body of a Standard Webhooks message: `type`, `timestamp` (RFC 3339), `data`."""
    body = {"type": message.type, "timestamp": message.at.isoformat(), "data": dict(message.data)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _find(session: GuardedSession, opportunity: str, *, locked: bool = False) -> Row | None:
    query = select(Row).where(Row.opportunity == opportunity)
    return session.scalars(query.with_for_update() if locked else query).one_or_none()


def _row(session: GuardedSession, opportunity: str, *, locked: bool = False) -> Row:
    row = _find(session, opportunity, locked=locked)
    if row is None:
        raise NotFound(f"the sample CRM has no opportunity `{opportunity}`")
    return row


def _record(row: Row) -> Record:
    record = decode(row.record)
    if not isinstance(record, Mapping):
        raise TypeError(f"opportunity {row.opportunity} is kept as {type(record).__name__}")
    return record


def _custom_fields(catalog: Catalog, records: Iterable[Record]) -> Iterator[tuple[str, Field]]:
    known = catalog.types[OPPORTUNITY].fields
    for record in records:
        for name, value in record.items():
            if name not in known and name.endswith("__c") and value is not None:
                label = name.removesuffix("__c").replace("_", " ")
                yield name, replace(_field_of(value), name=name, label=label)


def _field_of(value: Value) -> Field:
    kinds: tuple[tuple[type, Type], ...] = (
        (bool, Type.BOOLEAN),
        (Decimal, Type.NUMBER),
        (datetime, Type.DATETIME),
        (date, Type.DATE),
    )
    kind = next((kind for each, kind in kinds if isinstance(value, each)), Type.TEXT)
    return Field("", kind, custom=True)
