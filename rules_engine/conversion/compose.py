"""Several conversions in a row as one: the last document's fields traced back to the first document, and its ledger."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from rules_engine.conversion.carry_over import APPENDED, is_carried
from rules_engine.conversion.ledger import best, disposition_of
from rules_engine.model.conversion import Account, Conversion, Disposition, Lineage, Origin


def compose(
    conversions: Sequence[Conversion], names: Sequence[str] = ()
) -> tuple[tuple[Lineage, ...], tuple[Account, ...]]:
    """Lineage of the last document with sources in the first, and one account for each leaf of the first.

    Each conversion's document is the next one's source; `names` name the stages in the reason of a drop, `stage 2`
    where there is none. Of a field's origins along the way, a value that the mapping itself put in stays `fixed` or
    `defaulted`, then `transformed` wins over `copied`. What was carried over stays so, until a later mapping gives it
    a field of its own. A source that a later stage added to a document (an order's new number) leads no further back
    and is left out.
    """
    if not conversions:
        return (), ()
    several = len(conversions) > 1
    stages = (_labelled(each, _name(names, number)) if several else each for number, each in enumerate(conversions))
    whole = reduce(_after, stages)
    return whole.lineage, whole.ledger


def _name(names: Sequence[str], number: int) -> str:
    return names[number] if number < len(names) else f"stage {number + 1}"


def _labelled(conversion: Conversion, name: str) -> Conversion:
    accounts = (
        replace(each, reason=f"{each.reason} ({name})") if each.disposition is Disposition.DROPPED else each
        for each in conversion.ledger
    )
    return replace(conversion, ledger=tuple(accounts))


def _after(first: Conversion, second: Conversion) -> Conversion:
    by_target = {each.target: each for each in first.lineage}
    lineage = tuple(_traced(each, by_target) for each in second.lineage)
    stages = _Stages(
        {(each.source, end): _origin(each, by_target.get(end)) for each in first.ledger for end in each.targets},
        {each.target for each in first.lineage if _appended(each)},
        {each.source: each for each in second.ledger},
        {each.target: each for each in second.lineage},
    )
    return replace(second, lineage=lineage, ledger=tuple(_followed(each, stages) for each in first.ledger))


def _traced(last: Lineage, by_target: Mapping[str, Lineage]) -> Lineage:
    inputs = [by_target[source.path] for source in last.sources if source.path in by_target]
    sources = {source.path: source for each in inputs for source in each.sources}
    origins = {_passed(each.origin, _appended(each), last.origin, last.target) for each in inputs}
    return replace(
        last,
        origin=_together(origins, last.origin),
        sources=tuple(sources.values()),
        changes=(*(change for each in inputs for change in each.changes), *last.changes),
    )


def _together(origins: set[Origin], last: Origin) -> Origin:
    if not origins:
        return last
    return origins.pop() if len(origins) == 1 else Origin.TRANSFORMED


def _passed(first: Origin, appended: bool, second: Origin, target: str) -> Origin:
    """The origin of a value that came to a field with the origin `first`, and from there with `second` to `target`.

    `appended`: it was carried over into the middle of a text.
    """
    if second not in (Origin.COPIED, Origin.TRANSFORMED):
        return second
    if first is Origin.CARRIED_OVER:
        return first if appended or is_carried(target) else second
    if first is Origin.COPIED:
        return second
    return first


def _appended(lineage: Lineage) -> bool:
    return any(change.transform == APPENDED for change in lineage.changes)


@dataclass(frozen=True)
class _Stages:
    """Two conversions by path: how a source came to a field, which of those fields are notes, and what followed."""

    origins: dict[tuple[str, str], Origin]
    notes: set[str]
    accounts: dict[str, Account]
    lineage: dict[str, Lineage]


def _origin(account: Account, lineage: Lineage | None) -> Origin:
    if lineage is None or account.disposition is Disposition.CARRIED_OVER:
        return Origin(account.disposition.value)
    return lineage.origin


def _followed(account: Account, stages: _Stages) -> Account:
    """The account of a leaf of the first document, at the end of the second conversion."""
    if account.disposition is Disposition.DROPPED:
        return account
    nexts = [(target, stages.accounts[target]) for target in account.targets if target in stages.accounts]
    reached = [(target, each) for target, each in nexts if each.disposition is not Disposition.DROPPED]
    if not reached:
        reasons = dict.fromkeys(each.reason for _, each in nexts)
        gone = "; ".join(reasons) or f"`{'`, `'.join(account.targets)}` was changed in between"
        return replace(account, disposition=Disposition.DROPPED, targets=(), reason=gone)
    ends = [
        _passed(
            stages.origins[account.source, target], target in stages.notes, _origin(each, stages.lineage.get(end)), end
        )
        for target, each in reached
        for end in each.targets
    ]
    losses = (each for each in (account.reason, *(each.reason for _, each in reached)) if each)
    return replace(
        account,
        disposition=best(disposition_of(each) for each in ends),
        targets=_unique(end for _, each in reached for end in each.targets),
        reason="; ".join(_unique(losses)),
    )


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
