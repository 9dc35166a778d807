"""What stands before every page: the hosts that we serve, the secret of the cookies, the headers of each answer."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

from rules_engine.config import Settings

POLICY = (
    "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'; "
    "script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def secret_key(folder: Path) -> str:
    """The key that signs cookies and forms: made once, beside the database, for its owner's eyes only."""
    file = folder / "web-session.key"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return file.read_text("ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(key := secrets.token_urlsafe(48))
    return key


def hosts(settings: Settings) -> frozenset[str]:
    """The names under which we answer; any other is somebody else's page that points at us."""
    public = urlsplit(settings.public_url).hostname
    own = () if settings.host in ("0.0.0.0", "::") else (settings.host,)  # noqa: S104 - compared, not bound
    return frozenset({*LOOPBACK, *own, *([public] if public else [])})


def stand_guard(app: Flask, served: Iterable[str]) -> None:
    """Refuse foreign hosts before anything else, and put the headers on every answer."""
    names = frozenset(served)

    @app.before_request
    def known_host() -> None:
        if urlsplit(f"//{request.host}").hostname not in names:
            abort(400, f"this address does not serve `{request.host}`; set `O2O_PUBLIC_URL` if it should")

    @app.after_request
    def with_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store")
        return response
