"""The exchange rates of one workspace."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Engine, select

from rules_engine.model.case import Rate
from rules_engine.store.session import workspace_session
from rules_engine.store.tables import RateRow


@dataclass(frozen=True)
class TableRates:
    engine: Engine
    workspace_id: int

    def all(self) -> tuple[Rate, ...]:
        """The oldest first."""
        with workspace_session(self.engine, self.workspace_id, read_only=True) as session:
            rows = session.scalars(select(RateRow).order_by(RateRow.day, RateRow.base, RateRow.quote)).all()
            return tuple(Rate(each.base, each.quote, Decimal(each.rate), each.day) for each in rows)

    def add(self, rates: Iterable[Rate], now: datetime) -> int:
        """Add or correct rates; how many were new or different. What was decided with the old ones keeps them."""
        changed = 0
        with workspace_session(self.engine, self.workspace_id) as session, session.begin():
            known = {(each.base, each.quote, each.day): each for each in session.scalars(select(RateRow))}
            for rate in rates:
                row = known.get((rate.base, rate.quote, rate.on))
                if row is None:
                    row = RateRow(base=rate.base, quote=rate.quote, day=rate.on, rate="", added_at=now)
                    known[rate.base, rate.quote, rate.on] = row
                    session.add(row)
                if row.rate != str(rate.rate):
                    row.rate, row.added_at = str(rate.rate), now
                    changed += 1
        return changed
