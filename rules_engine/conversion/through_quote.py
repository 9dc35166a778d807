"""The conversions of an order with those of its quote put in, so that an order's fields lead back to the CRM's."""

from collections.abc import Sequence
from dataclasses import replace

from rules_engine.conversion.compose import compose
from rules_engine.conversion.ledger import best, disposition_of
from rules_engine.model.conversion import Account, Conversion, Disposition, Lineage

QUOTE = "quote"


def through_quote(order: Sequence[Conversion], quote: Sequence[Conversion]) -> tuple[Conversion, ...]:
    """An order's conversions, in whose case the quote's fields (`quote.title`) have the lineage that they had.

    Both run from the CRM's record over the case; of the quote's, those to the case and to the quote count. The CRM's
    values that a quote's field came from are those of the time when the quote was made.
    """
    if not order or len(quote) < 2:
        return tuple(order)
    lineage, accounts = compose(quote[:2])
    earlier = {each.source: each for each in accounts}
    made = tuple(replace(each, target=f"{QUOTE}.{each.target}") for each in lineage)
    origins = {each.target: each for each in made}
    ledger = tuple(_with_quote(each, earlier.get(each.source), origins) for each in order[0].ledger)
    return (replace(order[0], lineage=(*order[0].lineage, *made), ledger=ledger), *order[1:])


def _with_quote(account: Account, earlier: Account | None, origins: "dict[str, Lineage]") -> Account:
    if earlier is None or earlier.disposition is Disposition.DROPPED:
        return account
    targets = tuple(f"{QUOTE}.{target}" for target in earlier.targets)
    if account.disposition is not Disposition.DROPPED:
        return replace(account, targets=(*account.targets, *targets))
    found = best(disposition_of(origins[each].origin) for each in targets if each in origins)
    return replace(account, disposition=found, targets=targets, reason=earlier.reason)
