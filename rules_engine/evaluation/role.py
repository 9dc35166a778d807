"""What each condition does for its rule: it helps, it blocks, or it is not needed."""

from collections.abc import Iterator

from rules_engine.model.decision import Role, Trace, Truth
from rules_engine.model.ruleset import Aggregate, All, Any, Condition, NoneOf, Quantified, Quantifier


def give_roles(trace: Trace, wanted: Truth = Truth.TRUE, needed: bool = True) -> None:
    """Complete a trace that was just made with a role at every condition, of which this one is to be `wanted`.

    In a "none of" group a false condition helps; in an "any of" group that is satisfied already, the false
    ones are not needed, and never block.
    """
    got = trace.truth is wanted
    if got or needed:
        # The last field of a new trace, set past its being frozen: to copy thousands of traces for it is slow.
        trace.__dict__["role"] = Role.HELPS if got else Role.BLOCKS
    if trace.children:
        inner, every = _demand(trace.condition, wanted)
        # Where one is enough and there is one, the others do not matter.
        for each in trace.children:
            give_roles(each, inner, needed and (every or not got))


def _demand(condition: Condition, wanted: Truth) -> tuple[Truth, bool]:
    """What the conditions inside must be, and whether all of them must."""
    other = Truth.FALSE if wanted is Truth.TRUE else Truth.TRUE
    match condition:
        case All() | Quantified(quantifier=Quantifier.EVERY):
            return wanted, wanted is Truth.TRUE
        case NoneOf() | Quantified(quantifier=Quantifier.NO):
            return other, wanted is Truth.TRUE
        case Any() | Quantified():
            return wanted, wanted is Truth.FALSE
        case _:
            # An aggregate's records each count or do not: one that does not is no obstacle by itself.
            return Truth.TRUE, False


def blockers(trace: Trace) -> Iterator[Trace]:
    """The conditions that block, in the order in which they are written.

    Of a check over a list it is the check itself: "every line is in stock" lacks as a whole.
    """
    parts = () if isinstance(trace.condition, Quantified | Aggregate) else trace.children
    inner = [found for child in parts for found in blockers(child)]
    if inner:
        yield from inner
    elif trace.role is Role.BLOCKS:
        yield trace
