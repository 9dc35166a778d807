"""What the order system made of what we wrote."""

from rules_engine.model.run import Difference
from rules_engine.model.values import Record, leaves


def differences(written: Record, found: Record) -> tuple[Difference, ...]:
    """Fields that hold another value than we wrote; what we did not write is the system's own business."""
    there = dict(leaves(found))
    return tuple(
        Difference(path, str(value), str(there[path]) if path in there else "nothing")
        for path, value in leaves(written)
        if there.get(path) != value
    )
