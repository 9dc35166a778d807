"""The coverage figure: how many of the populated source fields arrived, and why the others did not."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rules_engine.conversion.ledger import without_identities
from rules_engine.model.conversion import Account, Disposition


@dataclass(frozen=True)
class Lost:
    """Why `count` fields were left behind; `fields` are their paths, those of all lines as one."""

    reason: str
    count: int
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Figure:
    """Of so many documents; `ways` counts the populated source fields by what became of them, `lost` largest first."""

    documents: int
    ways: Mapping[Disposition, int]
    lost: tuple[Lost, ...]

    @property
    def populated(self) -> int:
        return sum(self.ways.values())

    @property
    def arrived(self) -> int:
        return self.populated - self.ways.get(Disposition.DROPPED, 0)

    @property
    def permille(self) -> int | None:
        """The share that arrived, rounded down, so that 1000 is all of them; None where nothing was populated."""
        return self.arrived * 1000 // self.populated if self.populated else None


def figure(ledgers: Iterable[Sequence[Account]]) -> Figure:
    """The figure of some documents together, each with the ledger of its whole way."""
    documents = 0
    ways: Counter[Disposition] = Counter()
    counts: Counter[str] = Counter()
    fields: dict[str, dict[str, None]] = {}
    for ledger in ledgers:
        documents += 1
        ways.update(each.disposition for each in ledger)
        for each in ledger:
            if each.disposition is Disposition.DROPPED:
                counts[each.reason] += 1
                fields.setdefault(each.reason, {})[without_identities(each.source)] = None
    lost = (Lost(reason, count, tuple(fields[reason])) for reason, count in counts.most_common())
    return Figure(documents, {each: ways[each] for each in Disposition if ways[each]}, tuple(lost))
