"""What the order system made of what we wrote."""

from rules_engine.conversion.money import parity
from rules_engine.model.run import Difference, Written
from rules_engine.model.values import Record, leaves


def differences(written: Record, found: Record) -> tuple[Difference, ...]:
    """Fields that hold another value than we wrote; what we did not write is the system's own business."""
    there = dict(leaves(found))
    return tuple(
        Difference(path, str(value), str(there[path]) if path in there else "nothing")
        for path, value in leaves(written)
        if there.get(path) != value
    )


def money_differences(document: Record, written: Written) -> tuple[Difference, ...]:
    """The net total, where the order system's own is another than that of our lines; () where it does not say."""
    judged = parity(document, written.net_total)
    if judged.residual is None or not judged.residual.amount:
        return ()
    return (Difference("net total", str(judged.expected), str(judged.found)),)
