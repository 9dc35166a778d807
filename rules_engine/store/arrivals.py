"""What stored conversions carried over, by the ruleset whose mapping made them and by the connections on both ends."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from rules_engine.conversion.compose import compose
from rules_engine.model.conversion import Account
from rules_engine.model.errors import NotFound
from rules_engine.model.run import ConversionState
from rules_engine.store.pages import stages
from rules_engine.store.tables import ConversionRow, DecisionRow, RulesetRow, RulesetVersionRow

# The newest documents that a figure looks at unless told otherwise: each is decoded whole.
NEWEST = 500


@dataclass(frozen=True)
class Arrival:
    """One document with what became of each field of the CRM's record on the whole way."""

    number: int
    kind: str
    opportunity: str
    ruleset: str
    crm_connection: str
    connection: str
    ledger: tuple[Account, ...]


def arrival(session: Session, number: int) -> Arrival:
    """One conversion, whatever its state. Raises NotFound."""
    found = next(_arrivals(session, [number]), None)
    if found is None:
        raise NotFound(f"there is no conversion `{number}`")
    return found


def arrivals(session: Session, ruleset: str = "", connection: str = "", newest: int = NEWEST) -> Iterator[Arrival]:
    """The newest quotes and orders that arrived in an order system, one in memory at a time.

    Of one ruleset's mapping, or of one connection at either end, where they are named; "" is any.
    """
    query = (
        select(ConversionRow.id)
        .where(ConversionRow.state == ConversionState.CONFIRMED.value, ConversionRow.kind.in_(("quote", "order")))
        .order_by(ConversionRow.id.desc())
        .limit(newest)
    )
    if ruleset:
        query = (
            query.join(DecisionRow, DecisionRow.id == ConversionRow.decision_id)
            .join(RulesetVersionRow, RulesetVersionRow.id == DecisionRow.version_id)
            .join(RulesetRow, RulesetRow.id == RulesetVersionRow.ruleset_id)
            .where(RulesetRow.name == ruleset)
        )
    if connection:
        ends = (ConversionRow.crm_connection == connection) | (ConversionRow.connection == connection)
        query = query.where(ends)
    return _arrivals(session, list(session.scalars(query)))


def _arrivals(session: Session, numbers: list[int]) -> Iterator[Arrival]:
    of = (
        select(
            ConversionRow.kind,
            ConversionRow.opportunity,
            RulesetRow.name,
            ConversionRow.crm_connection,
            ConversionRow.connection,
        )
        .join(DecisionRow, DecisionRow.id == ConversionRow.decision_id)
        .join(RulesetVersionRow, RulesetVersionRow.id == DecisionRow.version_id)
        .join(RulesetRow, RulesetRow.id == RulesetVersionRow.ruleset_id)
    )
    for number in numbers:
        row = session.execute(of.where(ConversionRow.id == number)).one_or_none()
        if row is not None:
            kind, opportunity, ruleset, crm, orders = row
            names = (f"{crm} to case", f"mapping {ruleset}", f"{kind} to {orders}")
            _, ledger = compose(stages(session, number), names)
            yield Arrival(number, kind, opportunity, ruleset, crm, orders, ledger)
