"""Targets that several sources fill together: a person's name, an address in one field, an amount with its currency."""

from collections.abc import Sequence
from typing import Final

from rules_engine.conversion.suggest.evidence import is_full_name, name_parts
from rules_engine.conversion.suggest.profile import Profile

_ADDRESS: Final = ("street", "street 2", "postal code", "city", "region", "country")


def together(source: int, target: Profile, sources: Sequence[Profile], targets: Sequence[Profile]) -> tuple[int, ...]:
    """All sources that belong to this one where it is only a part of what the target takes; else this one alone."""
    for parts in name_parts(sources):
        if source in parts and is_full_name(target):
            return tuple(parts)
    block = address_parts(sources[source], sources)
    same_role = _role(target) in ("", _role(sources[source]))
    if len(block) > 2 and source in block and same_role and is_address_block(target, targets):
        return block
    if target.field.type == "money" and sources[source].kind in {"number", "money", "integer"}:
        currency = currency_beside(sources[source], sources)
        if sources[source].field.type != "money" and currency is not None:
            return (source, currency)
    return (source,)


def is_address_block(target: Profile, targets: Sequence[Profile]) -> bool:
    """A text for a whole address: no other target of the same role asks for its city."""
    return (
        max(target.concepts.get(each, 0.0) for each in ("address", "billing address", "shipping address")) > 0.6
        and target.kind in {"text", "long text"}
        and not any(_is(each, "city") and _role(each) == _role(target) for each in targets)
    )


def address_parts(like: Profile, sources: Sequence[Profile]) -> tuple[int, ...]:
    """The parts of the address that this field is a part of, in the order of an envelope."""
    if not any(_is(like, part) for part in _ADDRESS):
        return ()
    found = []
    for part in _ADDRESS:
        at = [at for at, each in enumerate(sources) if _is(each, part) and _role(each) == _role(like)]
        found += at[:1]
    return tuple(dict.fromkeys(found))


def currency_beside(amount: Profile, sources: Sequence[Profile]) -> int | None:
    """The currency of an amount: the one in the same place (`price.amount`, `price.currency`), else the record's."""
    place = amount.field.name.rpartition(".")[0]
    found = [at for at, each in enumerate(sources) if each.concepts.get("currency", 0.0) >= 0.9]
    beside = [at for at in found if sources[at].field.name.rpartition(".")[0] == place]
    return next(iter([*beside, *found]), None)


def _is(each: Profile, concept: str) -> bool:
    return each.concepts.get(concept, 0.0) >= 0.6


def _role(each: Profile) -> str:
    return each.dimensions.get("role", "")
