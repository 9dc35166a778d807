"""Pages for what goes wrong: what happened, what is safe, what to do."""

import logging
import secrets

from flask import Flask, Response, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from rules_engine.model.errors import NotFound, Permanent, Problem, Retryable

log = logging.getLogger(__name__)

TITLES = {
    400: "This request can't be understood",
    403: "This is not allowed",
    404: "There is nothing here",
    405: "This page does not take that kind of request",
    409: "Something changed in the meantime",
    413: "That is too large",
    503: "The other system does not answer",
    500: "Something went wrong on our side",
}
REMEDIES = {
    400: "Nothing was changed. Go back, load the page anew and try again.",
    403: "Nothing was changed.",
    404: "The address may be old, or the record belongs to another workspace.",
    405: "Nothing was changed. Go back and use the page's own buttons.",
    409: "Nothing was changed. Look at how it stands now, then try again.",
    413: "Nothing was changed. Send less at once.",
    503: "Nothing was changed. Try again in a moment.",
    500: "Nothing that was accepted is lost. Try again; if it stays, give this reference to whoever looks after it.",
}


def register(app: Flask) -> None:
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(Exception, _bug)


def page(code: int, words: str = "", reference: str = "") -> tuple[str | Response, int]:
    """The page of a status, for a machine at a webhook's address JSON; `words` say what is special about this one."""
    code = code if code in TITLES else 500 if code >= 500 else 400
    title, remedy = TITLES[code], REMEDIES[code]
    if request.path.startswith("/hooks/") and request.method == "POST":
        return jsonify({"status": "refused", "reason": words or title, "reference": reference}), code
    # Nothing of the workspace: anybody may see this page, and there may be no workspace.
    g.bare = True
    shown = {"code": code, "title": title, "remedy": remedy, "problem": words, "reference": reference}
    return render_template("errors/error.html", **shown), code


def _http(problem: HTTPException) -> tuple[str | Response, int]:
    own = problem.description if problem.description != type(problem).description else ""
    return page(problem.code or 500, own or "")


def _forged(_: CSRFError) -> tuple[str | Response, int]:
    words = "the form was not made by this page, or the page was open since before a restart"
    return page(400, words)


def _problem(problem: Problem) -> tuple[str | Response, int]:
    match problem:
        case NotFound():
            return page(404, str(problem))
        case Retryable():
            return page(503, str(problem))
        case Permanent():
            return page(409, str(problem))
        case _:
            return page(400, str(problem))


def _bug(problem: Exception) -> tuple[str | Response, int]:
    reference = secrets.token_hex(4)
    log.exception("reference %s: %s %s", reference, request.method, request.path, exc_info=problem)
    return page(500, reference=reference)
