"""What a ruleset's mapping carries over: the coverage figure of the newest documents that it made."""

from flask import Blueprint, render_template

from rules_engine.conversion.arrived import figure
from rules_engine.store.arrivals import arrivals
from web import here
from web.rulesets import line_of, spoken

blueprint = Blueprint("fields", __name__, url_prefix="/rulesets")

# Each is read whole: so many are enough for a figure, and few enough for a page.
NEWEST = 20


@blueprint.get("/<name>/fields")
def index(name: str) -> str:
    with here.reading() as session:
        found = spoken(line_of(session, name))
        documents = list(arrivals(session, name, newest=NEWEST))
    return render_template(
        "rulesets/fields.html",
        found=found,
        tab="fields",
        whole=figure(each.ledger for each in documents),
        parts=[(each, figure([each.ledger])) for each in documents],
    )
