"""The built-in CRM's own small pages, and the webhooks that it sends when somebody works in it."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from rules_engine.connectors.sample_crm import webhook_body
from rules_engine.connectors.sample_crm_actions import ACTIONS
from web import here

blueprint = Blueprint("sample_crm", __name__, url_prefix="/sample-crm")

ICONS = {
    "win": "trophy",
    "lose": "circle-x",
    "reopen": "rotate-ccw",
    "sign": "signature",
    "decline_to_sign": "file-x",
    "pay_deposit": "banknote",
    "attach_purchase_order": "paperclip",
    "stock_arrives": "package-check",
    "accept_quote": "thumbs-up",
    "decline_quote": "thumbs-down",
}


@blueprint.get("")
def index() -> str:
    records = here.product().sample_crm(here.slug()).opportunities()
    return render_template("sample_crm/index.html", records=records, connection=_connection())


@blueprint.get("/<opportunity>")
def show(opportunity: str) -> str:
    record = here.product().sample_crm(here.slug()).fetch(opportunity)
    shown = {"record": record, "connection": _connection(), "actions": ACTIONS, "icons": ICONS}
    return render_template("sample_crm/show.html", opportunity=opportunity, **shown)


@blueprint.post("/<opportunity>/act")
def act(opportunity: str) -> Response:
    """Do it in the CRM, let the CRM send its signed webhook to our own address, and show the deal's story."""
    action = ACTIONS.get(request.form.get("action", ""))
    connection = _connection()
    if action is None or connection is None:
        abort(404, "the sample CRM has no such action, or is not connected")
    product, slug = here.product(), here.slug()
    event = product.sample_crm(slug).act(opportunity, action.name)
    body = webhook_body(event)
    received = product.receive(slug, connection, product.sign(slug, connection, event.id, body), body)
    if received.status not in (200, 202):
        flash(f"the webhook was not accepted: {received.body.get('reason') or received.status}", "bad")
    product.wake()
    return redirect(url_for("deals.show", connection=connection, opportunity=opportunity), 303)


def _connection() -> str | None:
    """The connection that stands for the sample CRM, None where the workspace has none."""
    with here.reading() as session:
        return next(iter(here.sample_connections(session)), None)
