"""Where a CRM sends its webhooks: raw bytes in, a JSON answer out."""

from flask import Blueprint, Response, g, jsonify, render_template, request

from rules_engine.model.errors import NotFound
from web import here

blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")

MOST = 1024 * 1024  # bytes of a body; more is refused before it is read


@blueprint.post("/<workspace>/<connection>")
def receive(workspace: str, connection: str) -> tuple[Response, int]:
    """202 accepted, 200 known already, 4xx with what to correct; nothing is parsed before its signature holds."""
    if workspace not in here.product().slugs():
        return _refused(404, f"there is no workspace `{workspace}`")
    if request.content_length is None and "chunked" in request.headers.get("Transfer-Encoding", ""):
        return _refused(411, "say the length of the body in `Content-Length`")
    if (request.content_length or 0) > MOST:
        return _refused(413, f"the body has {request.content_length} bytes; at most {MOST} are taken")
    try:
        received = here.product().receive(workspace, connection, dict(request.headers), request.get_data(cache=False))
    except NotFound as problem:
        return _refused(404, str(problem))
    return jsonify(dict(received.body)), received.status


@blueprint.get("/<workspace>/<connection>")
def explain(workspace: str, connection: str) -> str:
    """What belongs here, for a person who opens the address."""
    g.bare = True
    return render_template("hooks/explain.html", workspace=workspace, connection=connection)


def _refused(status: int, reason: str) -> tuple[Response, int]:
    return jsonify({"status": "refused", "reason": reason}), status
