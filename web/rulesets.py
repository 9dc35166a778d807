"""Rulesets as sentences: the list, and one with its rules as cards."""

from dataclasses import dataclass

from flask import Blueprint, abort, render_template
from sqlalchemy.orm import Session

from rules_engine.authoring import Checked
from rules_engine.evaluation.sentence import outcome_words, rule_sentence
from rules_engine.model.draft import Draft
from rules_engine.model.ruleset import Outcome, Rule, Ruleset, Step, Verdict
from rules_engine.store import ruleset_pages
from rules_engine.store.ruleset_pages import SetLine
from rules_engine.store.tables import RulesetRow, RulesetVersionRow
from web import here

blueprint = Blueprint("rulesets", __name__, url_prefix="/rulesets")


@dataclass(frozen=True)
class SetShown:
    """A ruleset's line with its draft read as far as it can be; `live` is what decides now."""

    line: SetLine
    checked: Checked
    live: Ruleset | None

    @property
    def name(self) -> str:
        return self.line.row.name

    @property
    def title(self) -> str:
        spoken = self.live or self.checked.ruleset
        return spoken.title if spoken else self.name

    @property
    def shown(self) -> Ruleset | None:
        """The draft where it can be read, else what is live."""
        return self.checked.ruleset or self.live


@blueprint.get("")
def index() -> str:
    with here.reading() as session:
        sets = [spoken(each) for each in ruleset_pages.rulesets(session)]
    return render_template("rulesets/index.html", sets=sets)


@blueprint.get("/<name>")
def show(name: str) -> str:
    with here.reading() as session:
        found = spoken(line_of(session, name))
    return render_template("rulesets/show.html", found=found, tab="rules")


def line_of(session: Session, name: str) -> SetLine:
    """The ruleset of this workspace, or the page that says that there is none."""
    line = ruleset_pages.ruleset(session, name)
    if line is None:
        abort(404, f"there is no ruleset `{name}`")
    return line


def spoken(line: SetLine) -> SetShown:
    """The line with its draft checked and its live version read."""
    desk = here.product().author(here.slug())
    checked = desk.check(draft_of(line.row.name, line.row))
    live = desk.check(draft_of(line.row.name, line.version)).ruleset if line.version and line.changed else None
    return SetShown(line, checked, live if line.changed else checked.ruleset if line.version else None)


def draft_of(name: str, row: RulesetRow | RulesetVersionRow) -> Draft:
    """The three texts; with its step, revision and editor where it is the draft itself."""
    texts = (row.ruleset_text, row.mapping_text, row.cases_text)
    if isinstance(row, RulesetVersionRow):
        return Draft(name, None, *texts)
    return Draft(name, Step(row.step), *texts, row.revision, row.edited_by, row.edited_at)


def sentence_of(rule: Rule, ruleset: Ruleset) -> str:
    """`If opportunity stage is Closed won, create a quote.`"""
    return rule_sentence(rule, ruleset.step, here.catalog())


def otherwise_of(ruleset: Ruleset) -> str:
    """What happens where no rule matches."""
    words = outcome_words(ruleset.otherwise, ruleset.step)
    return f"Otherwise {words}."


def icon_of(outcome: Outcome) -> str:
    """The mark of an outcome: what it does, at a glance."""
    return {
        Verdict.CONVERT: "circle-check",
        Verdict.HOLD: "circle-pause",
        Verdict.PROPOSE: "handshake",
        Verdict.IGNORE: "circle-minus",
    }[outcome.verdict]


@blueprint.app_context_processor
def _words() -> dict[str, object]:
    return {"sentence_of": sentence_of, "otherwise_of": otherwise_of, "icon_of": icon_of}
