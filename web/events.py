"""What the CRMs said: every accepted event, what became of it, and sending a dead one again."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from rules_engine.model.run import EventState
from rules_engine.store import pages
from rules_engine.store.tables import InboxRow
from web import here

blueprint = Blueprint("events", __name__, url_prefix="/events")


@blueprint.get("")
def index() -> str:
    state = request.args.get("state", "")
    if state not in ("", *EventState):
        abort(404, f"events have no state `{state}`")
    with here.reading() as session:
        listed = pages.events(session, state, here.page_number(request.args.get("page")))
        counts = pages.event_counts(session)
        return render_template("events/index.html", listed=listed, counts=counts, state=state, states=list(EventState))


@blueprint.get("/<int:number>")
def show(number: int) -> str:
    with here.reading() as session:
        row = pages.event(session, number)
        if row is None:
            abort(404, f"there is no event {number}")
        led_to = pages.decisions_after(session, f"event:{number}")
        made = pages.conversions_of(session, [each.id for each, _ in led_to])
        return render_template("events/show.html", row=row, cloud=_cloud(row), led_to=led_to, made=made)


@blueprint.post("/<int:number>/again")
def again(number: int) -> Response:
    with here.reading() as session:
        row = pages.event(session, number)
        if row is None:
            abort(404, f"there is no event {number}")
        if row.state not in (EventState.DEAD.value, EventState.WAITING.value):
            abort(409, f"event {number} is {row.state}; only one that was given up, or waits, is sent again")
    here.workspace().inbox.again(number)
    here.product().wake()
    flash(f"event {number} is worked on again", "good")
    return redirect(url_for("events.show", number=number), 303)


def _cloud(row: InboxRow) -> dict[str, object]:
    """The event as the CloudEvent 1.0 that it is kept as."""
    return {
        "specversion": "1.0",
        "id": row.event_id,
        "source": row.source,
        "type": row.type,
        "subject": row.subject,
        "time": row.occurred_at.isoformat(),
        "datacontenttype": "application/json",
        "data": row.data,
    }
