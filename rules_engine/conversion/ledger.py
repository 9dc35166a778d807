"""The account of every populated source field, and its grouping for display."""

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence

from rules_engine.model.conversion import Account, Disposition, Lineage, Origin
from rules_engine.model.mapping import Drop
from rules_engine.model.values import Record, leaves

NO_TARGET = "no target field"
# What counts where a source reached several fields: the form that lost least.
BEST_FIRST = (Disposition.COPIED, Disposition.TRANSFORMED, Disposition.CARRIED_OVER, Disposition.DEFAULTED)
_DISPOSITIONS = {
    Origin.COPIED: Disposition.COPIED,
    Origin.TRANSFORMED: Disposition.TRANSFORMED,
    Origin.DEFAULTED: Disposition.DEFAULTED,
    Origin.FIXED: Disposition.TRANSFORMED,
    Origin.CARRIED_OVER: Disposition.CARRIED_OVER,
}


def ledger(
    document: Record, lineage: Sequence[Lineage], carried: Container[str], reasons: Mapping[str, str]
) -> tuple[Account, ...]:
    """One account for each leaf of `document`, in its order.

    `carried` has the paths of the carried-over sources; `reasons` say why a source is in no field.
    """
    fields: dict[str, list[Lineage]] = defaultdict(list)
    for each in lineage:
        for source in each.sources:
            fields[source.path].append(each)
    accounts: list[Account] = []
    for path, value in leaves(document):
        reached = fields.get(path)
        if reached:
            found = best(_DISPOSITIONS[each.origin] for each in reached)
            disposition = Disposition.CARRIED_OVER if path in carried else found
            accounts.append(Account(path, value, disposition, _targets(reached), _losses(reached)))
        else:
            accounts.append(Account(path, value, Disposition.DROPPED, (), reasons.get(path, NO_TARGET)))
    return tuple(accounts)


def disposition_of(origin: Origin) -> Disposition:
    return _DISPOSITIONS[origin]


def best(dispositions: Iterable[Disposition]) -> Disposition:
    """The one that lost least; `dropped` where there is none."""
    found = set(dispositions)
    return next((each for each in BEST_FIRST if each in found), Disposition.DROPPED)


def drop_reason(path: str, drops: Iterable[Drop]) -> str | None:
    """The reason of the drop that covers this leaf; a drop of `line_items.note` covers that of every line."""
    plain = without_identities(path)
    for drop in drops:
        for form in (path, plain):
            if form == drop.source or form.startswith((f"{drop.source}.", f"{drop.source}[")):
                return drop.reason
    return None


def without_identities(path: str) -> str:
    """`line_items[L-2].note` as `line_items.note`."""
    return re.sub(r"\[[^\[\]]*\]", "", path)


def by_disposition(accounts: Iterable[Account]) -> dict[Disposition, tuple[Account, ...]]:
    """The accounts by what became of them, dropped ones first: those are what a person looks for."""
    groups: dict[Disposition, list[Account]] = {each: [] for each in (Disposition.DROPPED, *reversed(BEST_FIRST))}
    for account in accounts:
        groups[account.disposition].append(account)
    return {disposition: tuple(found) for disposition, found in groups.items() if found}


def coverage(accounts: Sequence[Account]) -> tuple[int, int]:
    """How many source fields reached the target in any form, and how many there are."""
    return sum(each.disposition is not Disposition.DROPPED for each in accounts), len(accounts)


def _targets(reached: Sequence[Lineage]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.target for each in reached))


def _losses(reached: Sequence[Lineage]) -> str:
    """What was lost on the way, in words, where no field holds it whole."""
    losses = [[change.loss for change in each.changes if change.loss] for each in reached]
    return "; ".join(dict.fromkeys(loss for each in losses for loss in each)) if all(losses) else ""
