"""Published versions: the list, one as it stands for ever, two compared, and going back."""

from collections.abc import Sequence
from dataclasses import replace

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from rules_engine.analysis.ruleset_changes import RuleChange, diff
from rules_engine.model.draft import Draft
from rules_engine.store import ruleset_pages
from rules_engine.store.ruleset_pages import SetLine
from rules_engine.store.tables import RulesetVersionRow
from web import here
from web.drafts import FILES, compare
from web.rulesets import draft_of, line_of, spoken

blueprint = Blueprint("versions", __name__, url_prefix="/rulesets")


@blueprint.get("/<name>/versions")
def index(name: str) -> str | Response:
    """The list; with two numbers asked for, the comparison."""
    old, new = request.args.get("old", ""), request.args.get("new", "")
    if all(each.isascii() and each.isdigit() and len(each) < 10 for each in (old, new)):
        return redirect(url_for("versions.differ", name=name, old=int(old), new=int(new)), 303)
    with here.reading() as session:
        found = spoken(line_of(session, name))
        listed = ruleset_pages.versions(session, found.line.row.id)
    return render_template("rulesets/versions.html", found=found, tab="versions", versions=listed)


@blueprint.get("/<name>/versions/<int:number>")
def show(name: str, number: int) -> str:
    with here.reading() as session:
        found = spoken(line_of(session, name))
        version = _version(session, found.line, number)
    texts = dict(zip(FILES.values(), ruleset_pages.texts_of(version), strict=True))
    return render_template("rulesets/version.html", found=found, tab="versions", version=version, texts=texts)


@blueprint.get("/<name>/versions/<int:old>..<int:new>")
def differ(name: str, old: int, new: int) -> str:
    with here.reading() as session:
        found = spoken(line_of(session, name))
        versions = [draft_of(name, _version(session, found.line, each)) for each in (old, new)]
    changes = compare(versions[0], versions[1], f"version {old}", f"version {new}")
    return render_template(
        "rulesets/differ.html", found=found, tab="versions", old=old, new=new, changes=changes, said=_said(versions)
    )


@blueprint.post("/<name>/versions/<int:number>/back")
def back(name: str, number: int) -> Response:
    """The version's texts become the draft; what is live stays until somebody publishes."""
    with here.reading() as session:
        line = line_of(session, name)
        old = _version(session, line, number)
    rulesets = here.product().rulesets(here.slug())
    draft = replace(
        rulesets.draft(name),
        ruleset_text=old.ruleset_text,
        mapping_text=old.mapping_text,
        cases_text=old.cases_text,
    )
    rulesets.save(draft, here.person(), here.now())
    flash(f"the draft is as version {number} was; publish it to let it decide", "good")
    return redirect(url_for("drafts.review", name=name), 303)


def _said(versions: Sequence[Draft]) -> tuple[RuleChange, ...] | None:
    """What changed in words; None where one of the two can no longer be read."""
    desk = here.product().author(here.slug())
    before, after = (desk.check(each).ruleset for each in versions)
    return diff(before, after, here.catalog()) if before and after else None


def _version(session: Session, line: SetLine, number: int) -> RulesetVersionRow:
    found = ruleset_pages.version(session, line.row.id, number)
    if found is None:
        abort(404, f"`{line.row.name}` has no version {number}")
    return found
