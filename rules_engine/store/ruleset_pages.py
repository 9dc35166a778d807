"""What the pages show of rulesets, their versions and the connections, read from the tables."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, load_only

from rules_engine.store.tables import ConnectionRow, RouteRow, RulesetRow, RulesetVersionRow

MOST = 200  # rows of a list that has no pages


@dataclass(frozen=True)
class SetLine:
    """A ruleset with its newest version (None before the first) and the routes that it decides."""

    row: RulesetRow
    version: RulesetVersionRow | None
    routes: tuple[RouteRow, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the draft differs from what is live."""
        live = self.version
        return live is None or texts_of(live) != texts_of(self.row)


def texts_of(row: RulesetRow | RulesetVersionRow) -> tuple[str, str, str]:
    """Ruleset, mapping and cases."""
    return row.ruleset_text, row.mapping_text, row.cases_text


def rulesets(session: Session, limit: int = MOST) -> list[SetLine]:
    """Every ruleset, opportunity to quote first."""
    rows = session.scalars(select(RulesetRow).order_by(RulesetRow.step, RulesetRow.name).limit(limit)).all()
    newest = select(func.max(RulesetVersionRow.id)).group_by(RulesetVersionRow.ruleset_id)
    versions = {
        each.ruleset_id: each
        for each in session.scalars(select(RulesetVersionRow).where(RulesetVersionRow.id.in_(newest)))
    }
    routes = session.scalars(select(RouteRow).order_by(RouteRow.id).limit(limit)).all()
    return [
        SetLine(row, versions.get(row.id), tuple(each for each in routes if each.ruleset_id == row.id)) for row in rows
    ]


def ruleset(session: Session, name: str) -> SetLine | None:
    row = session.scalar(select(RulesetRow).where(RulesetRow.name == name))
    if row is None:
        return None
    newest = (
        select(RulesetVersionRow)
        .where(RulesetVersionRow.ruleset_id == row.id)
        .order_by(RulesetVersionRow.number.desc())
        .limit(1)
    )
    routes = session.scalars(select(RouteRow).where(RouteRow.ruleset_id == row.id).order_by(RouteRow.id))
    return SetLine(row, session.scalar(newest), tuple(routes))


def versions(session: Session, ruleset_id: int, limit: int = MOST) -> Sequence[RulesetVersionRow]:
    """Newest first, without their texts."""
    shown = (
        RulesetVersionRow.number,
        RulesetVersionRow.note,
        RulesetVersionRow.sha256,
        RulesetVersionRow.published_by,
        RulesetVersionRow.published_at,
    )
    query = (
        select(RulesetVersionRow)
        .where(RulesetVersionRow.ruleset_id == ruleset_id)
        .options(load_only(*shown))
        .order_by(RulesetVersionRow.number.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def version(session: Session, ruleset_id: int, number: int) -> RulesetVersionRow | None:
    query = select(RulesetVersionRow).where(
        RulesetVersionRow.ruleset_id == ruleset_id, RulesetVersionRow.number == number
    )
    return session.scalar(query)


def connections(session: Session, system: str = "") -> Sequence[ConnectionRow]:
    """The connections by name; `system` narrows, "" for all."""
    wanted = [ConnectionRow.system == system] if system else []
    return session.scalars(select(ConnectionRow).where(*wanted).order_by(ConnectionRow.name).limit(MOST)).all()
