"""One decision as it was decided, with every rule that was tried."""

from flask import Blueprint, abort, render_template, request

from rules_engine.formats.values_json import decode_dataclass
from rules_engine.model.case import Case
from rules_engine.model.decision import Decision
from rules_engine.store import pages
from rules_engine.store.replays import replay
from web import here
from web.to_do import to_do
from web.trace import RuleShown, branch

blueprint = Blueprint("decisions", __name__, url_prefix="/decisions")


@blueprint.get("/<int:number>")
def show(number: int) -> str:
    with here.reading() as session:
        found = pages.decision(session, number)
        if found is None:
            abort(404, f"there is no decision {number}")
        row, judged, case = found
        decided = decode_dataclass(Decision, row.decision)
        return render_template(
            "decisions/show.html",
            judged=judged,
            reason=decided.reason,
            decision=decided,
            rules=rules_shown(decided),
            deal=pages.deal_name(case),
            case=case,
            seen=decode_dataclass(Case, row.case_seen),
            made=pages.conversions_of(session, [number]),
            to_do=None if judged.already else to_do(session, number),
            replayed=replay(session, number, here.product().matcher, here.catalog()) if _wants_replay() else None,
        )


def _wants_replay() -> bool:
    return request.args.get("replay") == "1"


def rules_shown(decision: Decision) -> list[RuleShown]:
    """Every rule with its tree, in the ruleset's order."""
    catalog = here.catalog()
    return [RuleShown(each, branch(each.trace, catalog), each.rule == decision.rule) for each in decision.rules]
