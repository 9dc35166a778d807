"""The web pages: `create_app(product)` makes them."""

from pathlib import Path

from flask import Flask, g, redirect, request, session, url_for
from flask_wtf.csrf import CSRFProtect
from jinja2 import StrictUndefined
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response

from rules_engine.bootstrap import Product
from rules_engine.store import pages
from web import (
    conversions,
    deals,
    decisions,
    drafts,
    errors,
    events,
    fields,
    here,
    hooks,
    moments,
    order_book,
    overview,
    rulesets,
    sample_crm,
    versions,
    words,
)
from web.guard import hosts, secret_key, stand_guard

MOST_OF_A_FORM = 4 * 1024 * 1024  # three texts of at most 1 MB each, and what encoding adds
NOUNS = (
    overview, deals, conversions, decisions, events, rulesets, drafts, versions, fields, moments, sample_crm,
    order_book, hooks,
)


class RowNumber(IntegerConverter):
    """A number in an address; one that no row can have is a page that is not there."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=2**63 - 1)


def create_app(product: Product) -> Flask:
    """The application; it holds no state of its own but the browser's signed cookie."""
    app = Flask(__name__)
    app.extensions["product"] = product
    app.config.update(
        SECRET_KEY=secret_key(Path(product.settings.folder)),
        SESSION_COOKIE_NAME="o2o",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=product.settings.public_url.startswith("https://"),
        MAX_CONTENT_LENGTH=MOST_OF_A_FORM,
        MAX_FORM_MEMORY_SIZE=MOST_OF_A_FORM,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.url_map.strict_slashes = False
    app.url_map.converters["int"] = RowNumber
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(words.FILTERS)
    app.jinja_env.globals.update(dispositions=words.DISPOSITIONS)
    app.context_processor(_frame)
    protect = CSRFProtect(app)
    stand_guard(app, hosts(product.settings))
    for noun in NOUNS:
        app.register_blueprint(noun.blueprint)
    protect.exempt(hooks.blueprint)
    app.post("/workspace", endpoint="choose_workspace")(_choose_workspace)
    errors.register(app)
    return app


def _frame() -> dict[str, object]:
    """What the frame of every page shows beside the page itself; a bare page has no frame."""
    if g.get("bare"):
        return {}
    with here.reading() as found:
        waiting = pages.needs_count(found)
    return {"waiting": waiting, "slugs": here.product().slugs(), "slug": here.slug(), "person": here.person()}


def _choose_workspace() -> Response:
    """Look at another workspace from now on."""
    wanted = request.form.get("workspace", "")
    if wanted in here.product().slugs():
        session[here.WORKSPACE] = wanted
    return redirect(url_for("overview.index"), 303)
