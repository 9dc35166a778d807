"""Kept decisions asked again from what is stored with them: nothing of today but the program enters."""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rules_engine.analysis.backtest import Past
from rules_engine.evaluation.replay import differences
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.formats.values_json import decode_dataclass
from rules_engine.model.case import Case
from rules_engine.model.catalog import Catalog
from rules_engine.model.conversion import Conversion
from rules_engine.model.decision import Decision
from rules_engine.model.errors import NotFound, Unreadable
from rules_engine.model.ruleset import Ruleset, Step, Verdict
from rules_engine.pipeline import decide_at
from rules_engine.ports import Matcher
from rules_engine.store.tables import CaseRow, DecisionRow, RulesetRow, RulesetVersionRow


@dataclass(frozen=True)
class Kept:
    """One evaluation as it is stored: the version that decided, what it saw, and what it said."""

    number: int
    ruleset_name: str
    version: int
    ruleset_text: str
    decision: Decision
    case: Case
    seen: Conversion


@dataclass(frozen=True)
class Replay:
    """`differences` are in words; none means that the same question has the same answer."""

    number: int
    ruleset: str
    version: int
    verdict: str
    rule: str
    differences: tuple[str, ...]

    @property
    def same(self) -> bool:
        return not self.differences


def kept(session: Session, number: int) -> Kept:
    """Raises NotFound."""
    query = (
        select(DecisionRow, RulesetVersionRow, RulesetRow.name)
        .join(RulesetVersionRow, RulesetVersionRow.id == DecisionRow.version_id)
        .join(RulesetRow, RulesetRow.id == RulesetVersionRow.ruleset_id)
        .where(DecisionRow.id == number)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        newest = session.scalar(select(func.max(DecisionRow.id)))
        hint = f"; the newest is {newest}" if newest else ", and there is none yet"
        raise NotFound(f"there is no decision `{number}`{hint}")
    row, version, name = found
    return Kept(
        row.id,
        name,
        version.number,
        version.ruleset_text,
        decode_dataclass(Decision, row.decision),
        decode_dataclass(Case, row.case_seen),
        decode_dataclass(Conversion, row.conversion_seen),
    )


def history(session: Session, step: Step) -> Iterator[Past]:
    """Every kept evaluation of the step, oldest first; the values it saw are read one at a time."""
    columns = (DecisionRow.id, DecisionRow.case_seen, DecisionRow.decided_at, DecisionRow.verdict, DecisionRow.rule)
    query = select(*columns, CaseRow.opportunity).join(CaseRow, CaseRow.id == DecisionRow.case_id)
    rows = session.execute(query.where(DecisionRow.step == step.value).order_by(DecisionRow.id).execution_options(
        yield_per=100))  # fmt: skip
    for number, seen, at, verdict, rule, deal in rows:
        yield Past(number, deal, decode_dataclass(Case, seen), at, Verdict(verdict), rule)


def ruleset_of(each: Kept, catalog: Catalog) -> Ruleset:
    """The version's text read again. Raises Unreadable where the catalog lost a field since."""
    return read_ruleset(each.ruleset_text, catalog, "ruleset.yaml")


def replay(session: Session, number: int, matcher: Matcher, catalog: Catalog) -> Replay:
    """Ask what was asked, as it was then. Raises NotFound."""
    was = kept(session, number)
    try:
        ruleset = ruleset_of(was, catalog)
    except Unreadable as problem:
        found: tuple[str, ...] = (f"version {was.version} of `{was.ruleset_name}` cannot be read any more: {problem}",)
    else:
        again = decide_at(ruleset, was.case, was.seen, was.decision.now, matcher, catalog)
        found = differences(was.decision, again, catalog)
    verdict, rule = was.decision.verdict.value, was.decision.rule
    return Replay(was.number, was.ruleset_name, was.version, verdict, rule, found)


def replay_all(session: Session, matcher: Matcher, catalog: Catalog) -> Iterator[Replay]:
    """Every kept decision, oldest first, one in memory at a time."""
    for number in session.scalars(select(DecisionRow.id).order_by(DecisionRow.id)).all():
        yield replay(session, number, matcher, catalog)
        session.expunge_all()
