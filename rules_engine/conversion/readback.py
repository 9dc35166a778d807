"""What the order system made of what we wrote."""

from rules_engine.conversion.totals import DEFAULT, reckoned
from rules_engine.model.ruleset import Rounding
from rules_engine.model.run import Difference, Written
from rules_engine.model.values import Money, Record, leaves


def differences(written: Record, found: Record) -> tuple[Difference, ...]:
    """Fields that hold another value than we wrote; what we did not write is the system's own business."""
    there = dict(leaves(found))
    return tuple(
        Difference(path, str(value), str(there[path]) if path in there else "nothing")
        for path, value in leaves(written)
        if there.get(path) != value
    )


def money_differences(document: Record, written: Written, policy: Rounding = DEFAULT) -> tuple[Difference, ...]:
    """The totals where the order system's own are others than those of our lines; () where it does not say."""
    ours = reckoned(document, policy)
    pairs = (
        ("net total", ours.net, written.net_total),
        ("tax total", ours.tax, written.tax_total),
        ("gross total", ours.gross, written.gross_total),
    )
    return tuple(
        Difference(name, str(expected), str(found))
        for name, expected, found in pairs
        if expected is not None and found is not None and not _same(expected, found)
    )


def _same(expected: Money, found: Money) -> bool:
    return expected.currency == found.currency and expected.amount == found.amount
