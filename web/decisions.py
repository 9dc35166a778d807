"""One decision as it was decided, with every rule that was tried."""

from flask import Blueprint, abort, render_template

from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.formats.values_json import decode_dataclass
from rules_engine.model.case import Case
from rules_engine.model.decision import Decision
from rules_engine.model.errors import Unreadable
from rules_engine.store import pages, ruleset_pages
from web import here
from web.trace import RuleShown, branch, reason_of

blueprint = Blueprint("decisions", __name__, url_prefix="/decisions")


@blueprint.get("/<int:number>")
def show(number: int) -> str:
    with here.reading() as session:
        found = pages.decision(session, number)
        if found is None:
            abort(404, f"there is no decision {number}")
        row, judged, case = found
        decided = decode_dataclass(Decision, row.decision)
        text = ruleset_pages.version_text(session, row.version_id)
        return render_template(
            "decisions/show.html",
            judged=judged,
            reason=_reason(decided, text),
            decision=decided,
            rules=rules_shown(decided),
            deal=pages.deal_name(case),
            case=case,
            seen=decode_dataclass(Case, row.case_seen),
            made=pages.conversions_of(session, [number]),
        )


def _reason(decision: Decision, text: str) -> str:
    """In the catalog's labels; as it was kept where the version's text is not read any more as it was."""
    try:
        return reason_of(decision, read_ruleset(text, here.catalog()), here.catalog())
    except Unreadable:
        return decision.reason


def rules_shown(decision: Decision) -> list[RuleShown]:
    """Every rule with its tree, in the ruleset's order."""
    catalog = here.catalog()
    return [RuleShown(each, branch(each.trace, catalog), each.rule == decision.rule) for each in decision.rules]
