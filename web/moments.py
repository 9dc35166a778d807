"""One deal, three customers: the same events down the side, what each customer's ruleset says across."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, render_template

from rules_engine.connectors.sample_crm_actions import changed
from rules_engine.connectors.sample_story import Step, Story, read_story
from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.case import Case
from rules_engine.model.decision import Decision
from rules_engine.model.ruleset import Ruleset, Verdict
from rules_engine.model.values import Record
from rules_engine.shipped import shipped
from web import here

blueprint = Blueprint("moments", __name__, url_prefix="/moments")

CUSTOMERS = ("on-close", "signature-and-deposit", "purchase-order-in-stock")


@dataclass(frozen=True)
class Cell:
    """`moment` marks the event at which this ruleset converts; `past` those after it."""

    decision: Decision
    reason: str
    moment: bool
    past: bool


@dataclass(frozen=True)
class Row:
    step: Step
    cells: tuple[Cell, ...]


@blueprint.get("")
def index() -> str:
    story = read_story(shipped("fixtures") / "sample_crm" / "story_harbour.json", here.catalog())
    rulesets = [_ruleset(name) for name in CUSTOMERS]
    cases = _cases(story)
    columns = [_column(each, story, cases) for each in rulesets]
    rows = [Row(step, tuple(column[at] for column in columns)) for at, step in enumerate(story.steps)]
    return render_template("moments/index.html", story=story, rulesets=rulesets, rows=rows)


def _ruleset(name: str) -> Ruleset:
    text = (shipped("rulesets") / name / "ruleset.yaml").read_text("utf-8")
    return read_ruleset(text, here.catalog(), f"{name}/ruleset.yaml")


def _cases(story: Story) -> list[Case]:
    """The case after each event, as the CRM's record was then."""
    mapping = here.product().sample_crm(here.slug()).to_case
    native: Record = story.start
    cases: list[Case] = []
    for at, step in enumerate(story.steps):
        native = changed(native, step.changes)
        record = convert(native, mapping, Context(story.zone, step.event.at, catalog=here.catalog())).document
        events = tuple(each.event for each in story.steps[: at + 1])
        before = cases[-1].record if cases else None
        cases.append(Case(story.opportunity, record, events, before, zone=story.zone))
    return cases


def _column(ruleset: Ruleset, story: Story, cases: Sequence[Case]) -> list[Cell]:
    matcher, catalog = here.workspace().matcher, here.catalog()
    decided = [
        evaluate(ruleset, case, step.event.at, matcher, catalog) for case, step in zip(cases, story.steps, strict=True)
    ]
    first = next((at for at, each in enumerate(decided) if each.verdict is Verdict.CONVERT), len(decided))
    return [
        Cell(each, each.reason, at == first, at > first) for at, each in enumerate(decided)
    ]
