"""The account of a conversion: where each field of the document comes from, and what became of each CRM field."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from rules_engine.conversion.compose import compose
from rules_engine.conversion.ledger import by_disposition, coverage
from rules_engine.conversion.parity import Parity, parity
from rules_engine.model.conversion import Account, Conversion, Disposition, Lineage, SourceValue
from rules_engine.model.errors import Problem
from rules_engine.model.run import ConversionRun
from rules_engine.model.values import Money, Value, leaves
from web import here

STAGES = ("CRM record to case", "case to document", "document to the order system")


@dataclass(frozen=True)
class Origin:
    """A CRM field as it was then; `now` is what it holds today where that differs, `changed` says whether it does."""

    source: SourceValue
    changed: bool = False
    now: Value = None


@dataclass(frozen=True)
class Row:
    """One field of the document in the order system."""

    lineage: Lineage
    origins: tuple[Origin, ...]

    @property
    def part(self) -> str:
        """`items[L-1]` for a line's field, "" for the document's own."""
        head, bracket, _ = self.lineage.target.rpartition("].")
        return f"{head}]" if bracket else ""

    @property
    def name(self) -> str:
        return self.lineage.target.removeprefix(f"{self.part}.")


@dataclass(frozen=True)
class Bar:
    """A part of the coverage bar: its start and width in percent."""

    disposition: Disposition
    count: int
    start: float
    width: float


@dataclass(frozen=True)
class Whole:
    """`parts` are the fields of the document (under "") and of each line.

    `current` is false where the CRM could not be asked how the record is now; `why` says why.
    """

    parts: Mapping[str, tuple[Row, ...]]
    fields: int
    groups: Mapping[Disposition, tuple[Account, ...]]
    bars: tuple[Bar, ...]
    reached: int
    total: int
    parity: Parity
    current: bool
    why: str = ""


def account_for(run: ConversionRun, stages: Sequence[Conversion]) -> Whole:
    """Lineage and ledger from the order system's field back to the CRM's, with how the CRM's record is now."""
    lineage, ledger = compose(stages, STAGES)
    now, why = _now(run)
    groups = by_disposition(ledger)
    reached, total = coverage(ledger)
    return Whole(
        parts=_parts(tuple(Row(each, tuple(_origin(source, now) for source in each.sources)) for each in lineage)),
        fields=len(lineage),
        groups=groups,
        bars=_bars(groups, total),
        reached=reached,
        total=total,
        parity=parity(run.document, _found_total(run)),
        current=now is not None,
        why=why,
    )


def _parts(rows: Iterable[Row]) -> Mapping[str, tuple[Row, ...]]:
    """The document's own fields first, then each line's, in the order of the document."""
    parts: dict[str, tuple[Row, ...]] = {"": ()}
    for row in rows:
        parts[row.part] = (*parts.get(row.part, ()), row)
    return {name: found for name, found in parts.items() if found}


def _now(run: ConversionRun) -> tuple[dict[str, Value] | None, str]:
    try:
        return dict(leaves(here.workspace().connections.crm(run.crm_connection).fetch(run.opportunity))), ""
    except Problem as problem:
        return None, str(problem)


def _origin(source: SourceValue, now: Mapping[str, Value] | None) -> Origin:
    if now is None or now.get(source.path) == source.value:
        return Origin(source)
    return Origin(source, changed=True, now=now.get(source.path))


def _bars(groups: Mapping[Disposition, tuple[Account, ...]], total: int) -> tuple[Bar, ...]:
    bars: list[Bar] = []
    start = 0.0
    for each in Disposition:
        count = len(groups.get(each, ()))
        if count:
            width = 100 * count / total
            bars.append(Bar(each, count, round(start, 3), round(width, 3)))
            start += width
    return tuple(bars)


def _found_total(run: ConversionRun) -> Money | None:
    """The net total that the order system computed itself."""
    if run.written is None:
        return None
    if run.written.net_total is not None:
        return run.written.net_total
    try:
        record = here.workspace().connections.orders(run.connection).read(run.step.target, run.written)
    except Problem:
        return None
    total, currency = record.get("net_total"), record.get("currency")
    if isinstance(total, Money):
        return total
    return Money(total, currency) if isinstance(total, Decimal) and isinstance(currency, str) else None
