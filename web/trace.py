"""A decision's trace as the page shows it: each condition, what it saw, and whether it helps."""

from dataclasses import dataclass

from rules_engine.evaluation.explain import seen
from rules_engine.evaluation.sentence import sentence
from rules_engine.model.catalog import Catalog
from rules_engine.model.decision import Role, RuleTrace, Trace, Truth
from rules_engine.model.ruleset import Aggregate, All, Any, NoneOf, Quantified

GROUPS = {All: ("all", "All of these"), Any: ("any", "Any of these"), NoneOf: ("none", "None of these")}


@dataclass(frozen=True)
class Branch:
    """`role` is helps, blocks or idle; `group` is all, any, none or ""; `item` names the record of a list."""

    role: str
    words: str
    saw: str
    group: str = ""
    item: str = ""
    truth: str = ""
    children: "tuple[Branch, ...]" = ()


@dataclass(frozen=True)
class RuleShown:
    rule: RuleTrace
    branch: Branch
    decided: bool


def branch(trace: Trace, catalog: Catalog, root: str = "case") -> Branch:
    """The trace below the document type `root`; records of a list are spoken of in their own type's words."""
    condition = trace.condition
    group, words = GROUPS.get(type(condition), ("", ""))
    inside = root
    if isinstance(condition, Quantified | Aggregate):
        field = catalog.find(root, condition.collection)
        inside = field.of if field else ""
    true = sum(each.truth is Truth.TRUE for each in trace.children)
    return Branch(
        role={Role.HELPS: "helps", Role.BLOCKS: "blocks", Role.NOT_NEEDED: "idle"}[trace.role],
        words=words or sentence(condition, catalog, root),
        saw=f"{true} of {len(trace.children)} true" if group else seen(trace, catalog),
        group=group,
        item=trace.item,
        truth=trace.truth.value,
        children=tuple(branch(each, catalog, inside) for each in trace.children),
    )
