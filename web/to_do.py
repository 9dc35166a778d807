"""What would give a decision another verdict, as the pages say it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from rules_engine.evaluation.changes.smallest import what_next
from rules_engine.model.errors import Unreadable
from rules_engine.model.ruleset import Verdict
from rules_engine.store.replays import kept, ruleset_of
from web import here

TITLES = {
    Verdict.CONVERT: "To convert it",
    Verdict.PROPOSE: "To have it proposed",
    Verdict.HOLD: "What would have held it",
    Verdict.IGNORE: "What would have left it alone",
}


@dataclass(frozen=True)
class ToDo:
    """`steps` are what a person does, or instead all of one of `others`; `by_itself` is when nothing need be done.

    `then` is until when to wait afterwards.
    """

    title: str
    steps: tuple[str, ...] = ()
    others: tuple[tuple[str, ...], ...] = ()
    by_itself: datetime | None = None
    then: datetime | None = None
    none: str = ""


def to_do(session: Session, number: int, now: datetime | None = None) -> ToDo:
    """For a kept decision, as of the instant it was taken or of `now`. Raises NotFound."""
    was = kept(session, number)
    try:
        ruleset = ruleset_of(was, here.catalog())
    except Unreadable:
        return ToDo(TITLES[Verdict.CONVERT], none="the version that decided cannot be read any more")
    at = now or was.decision.now
    flip = what_next(ruleset, was.case, at, was.decision.verdict, here.catalog())
    steps = tuple(each.words for each in flip.changes)
    then = flip.at if steps and flip.at and flip.at > at and not flip.by_itself else None
    none = flip.reason
    if flip.found and not steps and not flip.by_itself:
        none = "the rules say so already: what the reason names stands in the way"
    others = tuple(tuple(each.words for each in other) for other in flip.others)
    return ToDo(TITLES[flip.wanted], steps, others, flip.by_itself, then, none)
