"""Rulesets of a workspace: drafts that people edit, published versions that nothing changes, and routes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256

from sqlalchemy import Engine, Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rules_engine.model.draft import Draft as Draft
from rules_engine.model.draft import Version as Version
from rules_engine.model.errors import NotFound, Permanent
from rules_engine.model.ruleset import Step
from rules_engine.model.values import Record
from rules_engine.store import audit
from rules_engine.store.session import workspace_session
from rules_engine.store.tables import RouteRow, RulesetRow, RulesetVersionRow


class Conflict(Permanent):
    """Somebody else saved in the meantime; the text says who and when."""


@dataclass(frozen=True)
class StoredRoute:
    """The cases of `crm_connection` are decided by `ruleset` at `step`; documents go to `order_connection`."""

    crm_connection: str
    step: Step
    ruleset: str
    order_connection: str


def fingerprint(ruleset_text: str, mapping_text: str, cases_text: str) -> str:
    """The sha256 over the three texts, each with its length in bytes before it, as hexadecimal digits."""
    digest = sha256()
    for each in (ruleset_text, mapping_text, cases_text):
        raw = each.encode()
        digest.update(f"{len(raw)}:".encode() + raw)
    return digest.hexdigest()


@dataclass(frozen=True)
class Rulesets:
    """The rulesets of one workspace. Each method is one transaction."""

    engine: Engine
    workspace_id: int

    def drafts(self) -> Sequence[Draft]:
        """All rulesets, by name."""
        with workspace_session(self.engine, self.workspace_id, read_only=True) as session:
            return [_draft(row) for row in session.scalars(select(RulesetRow).order_by(RulesetRow.name))]

    def draft(self, name: str) -> Draft:
        """Raises NotFound."""
        with workspace_session(self.engine, self.workspace_id, read_only=True) as session:
            return _draft(_ruleset(session, name))

    def save(self, draft: Draft, who: str, now: datetime) -> Draft:
        """Keep the texts; the draft returned has the next revision.

        `draft.revision` is the one that was read, 0 for a new ruleset. Raises Conflict where it is not the newest.
        """
        try:
            return self._save(draft, who, now)
        except IntegrityError:
            # Two people made it at the same moment; now it is there, and the second one's save is stale.
            return self._save(draft, who, now)

    def _save(self, draft: Draft, who: str, now: datetime) -> Draft:
        if draft.step is None:
            remedy = f"write `step: {Step.OPPORTUNITY_TO_QUOTE}`"
            raise Permanent(f"the text of `{draft.name}` does not say its step: {remedy}")
        with workspace_session(self.engine, self.workspace_id) as session, session.begin():
            row = session.scalar(_named(draft.name).with_for_update())
            _refuse_stale(row, draft.name, draft.revision)
            if row is None:
                row = RulesetRow(name=draft.name, revision=0)
                session.add(row)
            row.step = draft.step.value
            row.ruleset_text, row.mapping_text = draft.ruleset_text, draft.mapping_text
            row.cases_text = draft.cases_text
            row.revision += 1
            row.edited_by, row.edited_at = who, now
            session.flush()
            return _draft(row)

    def publish(self, name: str, revision: int, note: str, who: str, now: datetime) -> Version:
        """Make the draft the newest version; the one that stands, where its texts are the same.

        Raises Conflict where `revision`, the one that was checked, is not the newest, and NotFound.
        """
        with workspace_session(self.engine, self.workspace_id) as session, session.begin():
            row = _ruleset(session, name, lock=True)
            _refuse_stale(row, name, revision)
            _refuse_other_step(session, row)
            newest = session.scalar(_newest(row))
            digest = fingerprint(row.ruleset_text, row.mapping_text, row.cases_text)
            if newest is not None and newest.sha256 == digest:
                return _version(newest, name)
            version = RulesetVersionRow(
                ruleset_id=row.id,
                number=(newest.number if newest else 0) + 1,
                ruleset_text=row.ruleset_text,
                mapping_text=row.mapping_text,
                cases_text=row.cases_text,
                sha256=digest,
                note=note,
                published_by=who,
                published_at=now,
            )
            session.add(version)
            after: Record = {"version": Decimal(version.number), "sha256": digest, "note": note}
            audit.note(session, audit.Entry(who, "published", name, now, after=after))
            session.flush()
            return _version(version, name)

    def versions(self, name: str) -> Sequence[Version]:
        """Newest first. Raises NotFound."""
        with workspace_session(self.engine, self.workspace_id, read_only=True) as session:
            return [_version(each, name) for each in session.scalars(_newest(_ruleset(session, name)))]

    def current(self, name: str) -> Version | None:
        """The newest version, None where nothing is published. Raises NotFound."""
        with workspace_session(self.engine, self.workspace_id, read_only=True) as session:
            newest = session.scalar(_newest(_ruleset(session, name)).limit(1))
            return _version(newest, name) if newest else None

    def version(self, id: int) -> Version:
        """Raises NotFound."""
        both = select(RulesetVersionRow, RulesetRow.name)
        both = both.join(RulesetRow, RulesetRow.id == RulesetVersionRow.ruleset_id)
        with workspace_session(self.engine, self.workspace_id, read_only=True) as session:
            found = session.execute(both.where(RulesetVersionRow.id == id)).first()
            if found is None:
                raise NotFound(f"there is no published version with the id `{id}`")
            return _version(found[0], found[1])

    # --- routes ----------------------------------------------------------------------------------------------

    def routes(self, crm_connection: str = "") -> Sequence[StoredRoute]:
        """All routes, or those of one connection, in the order of the steps."""
        both = select(RouteRow, RulesetRow.name).join(RulesetRow, RulesetRow.id == RouteRow.ruleset_id)
        if crm_connection:
            both = both.where(RouteRow.crm_connection == crm_connection)
        with workspace_session(self.engine, self.workspace_id, read_only=True) as session:
            found = [_route(row, name) for row, name in session.execute(both)]
        return sorted(found, key=lambda each: (each.crm_connection, list(Step).index(each.step)))

    def set_route(self, route: StoredRoute, who: str, now: datetime) -> None:
        """Make or replace the route of this connection and step. Raises NotFound, and Permanent for a wrong step."""
        with workspace_session(self.engine, self.workspace_id) as session, session.begin():
            ruleset = _ruleset(session, route.ruleset)
            if ruleset.step != route.step.value:
                raise Permanent(f"the ruleset `{route.ruleset}` decides `{ruleset.step}`, not `{route.step}`")
            row = session.scalar(_route_of(route.crm_connection, route.step))
            if row is None:
                row = RouteRow(crm_connection=route.crm_connection, step=route.step.value)
                session.add(row)
            row.ruleset_id, row.order_connection = ruleset.id, route.order_connection
            after = {"ruleset": route.ruleset, "order_connection": route.order_connection}
            subject = f"{route.crm_connection} {route.step}"
            audit.note(session, audit.Entry(who, "set the route", subject, now, after=after))

    def drop_route(self, crm_connection: str, step: Step, who: str, now: datetime) -> None:
        with workspace_session(self.engine, self.workspace_id) as session, session.begin():
            row = session.scalar(_route_of(crm_connection, step))
            if row is not None:
                session.delete(row)
                audit.note(session, audit.Entry(who, "dropped the route", f"{crm_connection} {step}", now))


def _refuse_stale(row: RulesetRow | None, name: str, revision: int) -> None:
    if row is None and revision:
        raise NotFound(f"there is no ruleset `{name}`")
    if row is not None and row.revision != revision:
        when = row.edited_at.strftime("%Y-%m-%d %H:%M UTC")
        words = f"`{row.edited_by}` saved `{name}` at {when}: look at that text first, then save yours again"
        raise Conflict(words)


def _refuse_other_step(session: Session, row: RulesetRow) -> None:
    used = session.scalar(select(RouteRow).where(RouteRow.ruleset_id == row.id, RouteRow.step != row.step))
    if used is not None:
        words = f"`{row.name}` decides `{used.step}` for `{used.crm_connection}`, and its text says `{row.step}`"
        raise Permanent(f"{words}: give the text another name, or take the route away first")


def _named(name: str) -> Select[RulesetRow]:
    return select(RulesetRow).where(RulesetRow.name == name)


def _ruleset(session: Session, name: str, *, lock: bool = False) -> RulesetRow:
    row = session.scalar(_named(name).with_for_update() if lock else _named(name))
    if row is None:
        raise NotFound(f"there is no ruleset `{name}`")
    return row


def _newest(row: RulesetRow) -> Select[RulesetVersionRow]:
    own = select(RulesetVersionRow).where(RulesetVersionRow.ruleset_id == row.id)
    return own.order_by(RulesetVersionRow.number.desc())


def _route_of(crm_connection: str, step: Step) -> Select[RouteRow]:
    return select(RouteRow).where(RouteRow.crm_connection == crm_connection, RouteRow.step == step.value)


def _draft(row: RulesetRow) -> Draft:
    texts = (row.ruleset_text, row.mapping_text, row.cases_text)
    return Draft(row.name, Step(row.step), *texts, row.revision, row.edited_by, row.edited_at)


def _version(row: RulesetVersionRow, name: str) -> Version:
    texts = (row.ruleset_text, row.mapping_text, row.cases_text)
    return Version(row.id, name, row.number, *texts, row.sha256, row.note, row.published_by, row.published_at)


def _route(row: RouteRow, ruleset: str) -> StoredRoute:
    return StoredRoute(row.crm_connection, Step(row.step), ruleset, row.order_connection)
