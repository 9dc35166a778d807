"""Writing a ruleset: the three texts with their findings, its fixtures, and publishing."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from rules_engine.analysis.fixtures import FixtureResult
from rules_engine.authoring import Checked, NotPublished
from rules_engine.model.draft import Draft
from rules_engine.model.finding import Finding, Severity
from rules_engine.model.ruleset import Step
from rules_engine.store.rulesets import Conflict
from web import here
from web.decisions import rules_shown
from web.rulesets import SetShown, draft_of, line_of, spoken
from web.trace import RuleShown

blueprint = Blueprint("drafts", __name__, url_prefix="/rulesets")

FILES = {"ruleset": "ruleset.yaml", "mapping": "mapping.yaml", "cases": "cases.yaml"}
LONGEST = 1_000_000  # characters of one text


@dataclass(frozen=True)
class Line:
    """One line of a text with what the checks say about it."""

    number: int
    text: str
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> str:
        errors = any(each.severity is Severity.ERROR for each in self.findings)
        return "error" if errors else "warning" if self.findings else ""


@dataclass(frozen=True)
class Editor:
    """One of the three texts in the form."""

    part: str
    file: str
    text: str
    findings: tuple[Finding, ...]

    @property
    def lines(self) -> list[Line]:
        said = {number: [each for each in self.findings if each.place.line == number] for number in self._flagged}
        texts = self.text.split("\n")
        return [Line(number, text, tuple(said.get(number, ()))) for number, text in enumerate(texts, 1)]

    @property
    def _flagged(self) -> set[int]:
        return {each.place.line for each in self.findings}

    @property
    def marks(self) -> str:
        """The findings for the script: `line severity` joined by commas."""
        return ",".join(f"{each.place.line} {each.severity.value}" for each in self.findings if each.place.line)

    @property
    def height(self) -> int:
        return min(32, max(10, self.text.count("\n") + 2))


@dataclass(frozen=True)
class FixtureShown:
    result: FixtureResult
    rules: tuple[RuleShown, ...]
    reason: str


# --- text ----------------------------------------------------------------------------------------------------------


@blueprint.get("/<name>/text")
def text(name: str) -> str:
    with here.reading() as session:
        found = spoken(line_of(session, name))
    return _text_page(found, found.checked, found.line.row.revision)


@blueprint.post("/<name>/text")
def save(name: str) -> str | Response | tuple[str, int]:
    """`do` is check, save, or run; what was typed is never lost by an answer."""
    with here.reading() as session:
        found = spoken(line_of(session, name))
    typed = Draft(name, None, _typed("ruleset"), _typed("mapping"), _typed("cases"))
    revision = _revision()
    checked = here.product().author(here.slug()).check(typed)
    here.remember_person(request.form.get("person", ""))
    match request.form.get("do"):
        case "save":
            return _save(found, checked, revision)
        case "run":
            return _text_page(found, checked, revision, results=run(checked))
        case _:
            return _text_page(found, checked, revision, said=True)


def _typed(part: str) -> str:
    typed = request.form.get(part, "").replace("\r\n", "\n")
    if len(typed) > LONGEST:
        abort(413, f"`{FILES[part]}` has {len(typed)} characters; at most {LONGEST} are taken")
    return typed


def _revision() -> int:
    raw = request.form.get("revision", "")
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9:
        abort(400, "the form does not say which revision it was made from")
    return int(raw)


def _save(found: SetShown, checked: Checked, revision: int) -> Response | tuple[str, int]:
    """A text that does not say its step keeps the one that the ruleset had."""
    step = checked.ruleset.step if checked.ruleset else Step(found.line.row.step)
    draft = replace(checked.draft, step=step, revision=revision)
    try:
        here.product().rulesets(here.slug()).save(draft, here.person(), here.now())
    except Conflict as conflict:
        return _conflict(found.name, checked, str(conflict))
    errors = len(checked.errors)
    words = f"draft saved, with {errors} finding{'s' if errors != 1 else ''} to put right before publishing"
    flash(words if errors else "draft saved", "warn" if errors else "good")
    return redirect(url_for("drafts.text", name=found.name), 303)


def _conflict(name: str, checked: Checked, words: str) -> tuple[str, int]:
    """What was typed stays in the form; saving again puts it on top of the newer text, shown as a comparison."""
    with here.reading() as session:
        found = spoken(line_of(session, name))
    theirs = draft_of(name, found.line.row)
    changes = compare(theirs, checked.draft, "saved", "yours")
    return _text_page(found, checked, found.line.row.revision, conflict=words, changes=changes), 409


def _text_page(
    found: SetShown,
    checked: Checked,
    revision: int,
    results: Sequence[FixtureResult] | None = None,
    conflict: str = "",
    changes: "Sequence[tuple[str, list[str]]]" = (),
    said: bool = False,
) -> str:
    return render_template(
        "rulesets/text.html",
        found=found,
        tab="text",
        checked=checked,
        editors=editors(checked),
        revision=revision,
        results=None if results is None else shown(results),
        conflict=conflict,
        changes=changes,
        said=said,
    )


def editors(checked: Checked) -> list[Editor]:
    """The three texts, each with the findings of its file."""
    draft = checked.draft
    texts = {"ruleset": draft.ruleset_text, "mapping": draft.mapping_text, "cases": draft.cases_text}
    return [
        Editor(part, file, texts[part], tuple(each for each in checked.findings if _file(each) == file))
        for part, file in FILES.items()
    ]


def _file(finding: Finding) -> str:
    """A finding without a place belongs to the ruleset."""
    return finding.place.file or FILES["ruleset"]


# --- fixtures ------------------------------------------------------------------------------------------------------


@blueprint.get("/<name>/fixtures")
def fixtures(name: str) -> str:
    with here.reading() as session:
        found = spoken(line_of(session, name))
    results = shown(run(found.checked))
    return render_template("rulesets/fixtures.html", found=found, tab="fixtures", results=results)


def run(checked: Checked) -> tuple[FixtureResult, ...]:
    return here.product().author(here.slug()).run(checked)


def shown(results: Sequence[FixtureResult]) -> list[FixtureShown]:
    """Each result with its traces and its reason."""
    return [
        FixtureShown(
            each,
            tuple(rules_shown(each.decision)) if each.decision else (),
            each.decision.reason if each.decision else "",
        )
        for each in results
    ]


# --- publishing ----------------------------------------------------------------------------------------------------


@blueprint.get("/<name>/publish")
def review(name: str) -> str:
    with here.reading() as session:
        found = spoken(line_of(session, name))
    return _review(found)


@blueprint.post("/<name>/publish")
def publish(name: str) -> Response | tuple[str, int]:
    """The draft that was reviewed, and no newer one; a person who changed it meanwhile gets the page again."""
    with here.reading() as session:
        found = spoken(line_of(session, name))
    person = here.remember_person(request.form.get("person", ""))
    if _revision() != found.line.row.revision:
        words = f"`{found.line.row.edited_by}` changed the draft since this page was opened: look at it again"
        return _review(found, (words,)), 409
    note, despite = request.form.get("note", ""), request.form.get("despite", "")
    desk = here.product().author(here.slug())
    made = desk.publish(found.checked.draft, note[:2000], person, here.now(), despite[:2000])
    if isinstance(made, NotPublished):
        return _review(found, made.reasons), 422
    flash(f"version {made.number} of `{name}` is live: it decides from now on", "good")
    return redirect(url_for("versions.index", name=name), 303)


def _review(found: SetShown, reasons: Sequence[str] = ()) -> str:
    live = found.line.version
    before = draft_of(found.name, live) if live else Draft(found.name, None, "", "", "")
    name = f"version {live.number}" if live else "nothing"
    return render_template(
        "rulesets/publish.html",
        found=found,
        tab="publish",
        reasons=reasons,
        changes=compare(before, found.checked.draft, name, "draft"),
        results=shown(run(found.checked)),
        typed=request.form,
    )


def compare(old: Draft, new: Draft, old_name: str, new_name: str) -> list[tuple[str, list[str]]]:
    """(file, lines of a unified diff) of each text that differs."""
    pairs = (
        (old.ruleset_text, new.ruleset_text),
        (old.mapping_text, new.mapping_text),
        (old.cases_text, new.cases_text),
    )
    return [
        (file, list(difflib.unified_diff(a.splitlines(), b.splitlines(), old_name, new_name, lineterm="")))
        for file, (a, b) in zip(FILES.values(), pairs, strict=True)
        if a != b
    ]
