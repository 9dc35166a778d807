"""Conversions: the list, and one with its steps, its decision and the lineage of every field."""


from dataclasses import replace

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from rules_engine import approval, pipeline
from rules_engine.formats.values_json import decode_dataclass
from rules_engine.model.decision import Decision
from rules_engine.model.errors import Problem
from rules_engine.model.ruleset import Step
from rules_engine.model.run import ConversionState
from rules_engine.store import pages
from rules_engine.store.conversion_rows import conversion_run
from web import here
from web.deals import takes_changes
from web.decisions import rules_shown
from web.lineage import account_for

blueprint = Blueprint("conversions", __name__, url_prefix="/conversions")

AGAIN = (ConversionState.HELD, ConversionState.REFUSED, ConversionState.UNKNOWN)


@blueprint.get("")
def index() -> str:
    state, step = request.args.get("state", ""), request.args.get("step", "")
    if state not in ("", *ConversionState) or step not in ("", *Step):
        abort(404, "there is no such filter")
    with here.reading() as session:
        return render_template(
            "conversions/index.html",
            listed=pages.conversions(session, state, step, here.page_number(request.args.get("page"))),
            counts=pages.conversion_counts(session),
            state=state,
            step=step,
            states=list(ConversionState),
            steps=list(Step),
        )


@blueprint.get("/<int:number>")
def show(number: int) -> str:
    with here.reading() as session:
        found = pages.conversion(session, number)
        if found is None:
            abort(404, f"there is no conversion {number}")
        row, converted, attempts = found
        decision = pages.decision(session, converted.decision.id)
        run = conversion_run(row)
        stages = pages.stages(session, number)
    decided = decode_dataclass(Decision, decision[0].decision) if decision else None
    return render_template(
        "conversions/show.html",
        conversion=converted,
        run=run,
        attempts=attempts,
        decision=decided,
        rules=[each for each in rules_shown(decided) if each.decided] if decided else [],
        account=account_for(run, stages),
        may_try_again=converted.state in AGAIN and (run.answered_by != "" or not run.amends),
        by_hand=converted.asks and not takes_changes(run.connection),
    )


@blueprint.post("/<int:number>/answer")
def answer(number: int) -> Response:
    """A person's word on what is proposed: `approve`, `refuse` or `done` (made there by hand)."""
    with here.reading() as session:
        found = pages.conversion(session, number)
        if found is None:
            abort(404, f"there is no conversion {number}")
        run = conversion_run(found[0])
    # Only what was shown is approved: another document by now is refused.
    seen = replace(run, payload_hash=request.form.get("seen", ""))
    who, why = here.remember_person(request.form.get("person", "")), request.form.get("why", "").strip()[:500]
    try:
        match request.form.get("answer"):
            case "approve":
                run = approval.approve(here.workspace(), seen, who)
            case "refuse":
                run = approval.refuse(here.workspace(), seen, who, why)
            case "done":
                run = approval.made_by_hand(here.workspace(), seen, who)
            case _:
                abort(400, "say `approve`, `refuse` or `done`")
    except Problem as problem:
        flash(str(problem), "bad")
    else:
        trouble = f": {run.error}" if run.error and run.state in AGAIN else ""
        flash(f"the {run.kind} is {run.state.value} now{trouble}", "bad" if run.state in AGAIN else "good")
    return redirect(url_for("deals.show", connection=run.crm_connection, opportunity=run.opportunity), 303)


@blueprint.post("/<int:number>/again")
def again(number: int) -> Response:
    """Held and refused: planned anew with the record and mapping of today. Unknown: looked up at once."""
    with here.reading() as session:
        found = pages.conversion(session, number)
        if found is None:
            abort(404, f"there is no conversion {number}")
        run = conversion_run(found[0])
    if run.state not in AGAIN:
        abort(409, f"conversion {number} is {run.state}: there is nothing to try again")
    trouble = ""
    try:
        pipeline.again(here.workspace(), run)
    except Problem as problem:
        trouble = f"; {problem}"
    with here.reading() as session:
        found = pages.conversion(session, number)
        state = found[1].state if found else run.state
    flash(f"it was tried again and is {state.value} now{trouble}", "bad" if trouble or state in AGAIN else "good")
    return redirect(url_for("deals.show", connection=run.crm_connection, opportunity=run.opportunity), 303)
