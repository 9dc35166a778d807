"""Tryton's JSON-RPC as of release 8: sessions, tagged values, and what its errors mean.

Every model call answers 200; what went wrong stands in `error` as a list of a name and its arguments.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from threading import Lock
from typing import Any

import httpx

from rules_engine.connectors.http import exchange, open_client, read_json
from rules_engine.model.errors import NotFound, Permanent, Problem, Refused, Retryable

Answer = Any
Wire = Callable[[httpx.Client, httpx.Request, bool], httpx.Response]

# Calls that change nothing: a lost answer of theirs is simply asked for again.
_READS = ("read", "search", "search_read", "search_count", "fields_get", "get_preferences", "on_change")


def over_http(client: httpx.Client, request: httpx.Request, writes: bool) -> httpx.Response:
    """The ordinary way to the server; 401 comes back to renew the session."""
    return exchange(client, request, writes=writes, passing=(401,))


@dataclass(frozen=True)
class _Session:
    """`context` are the user's preferences: company, language and so on, the last argument of every call."""

    token: str
    context: dict[str, Any]


class Rpc:
    """A signed-in user of one Tryton database.

    The session is opened at the first call and again when the server has forgotten it (401 comes before
    anything is done, so that repeating is safe). `wire` is how a request reaches the server.
    """

    def __init__(
        self,
        url: str,
        database: str,
        user: str,
        password: str,
        *,
        allow_internal: bool = False,
        seconds: float = 30.0,
        wire: Wire = over_http,
    ) -> None:
        self._url = httpx.URL(url.rstrip("/") + "/")
        self._client = open_client(str(self._url), allow_internal=allow_internal, seconds=seconds)
        self._database, self._user, self._password, self._wire = database, user, password, wire
        # One connector serves several threads: a session with its context is put in place whole.
        self._session: _Session | None = None
        self._signing_in = Lock()

    def __repr__(self) -> str:
        return f"Rpc({self._user} at {self.home})"

    @property
    def home(self) -> str:
        """This database's name in Tryton's own URLs: `tryton://host/database`."""
        return f"tryton://{self._url.netloc.decode()}/{self._database}"

    @property
    def company(self) -> int | None:
        """The id of the company that the user works for."""
        found = self._signed_in().context.get("company")
        return found if isinstance(found, int) else None

    def __call__(self, method: str, *arguments: Any) -> Answer:
        """The result of `model.<model>.<method>`; the user's context is the last argument of each.

        Raises Refused with Tryton's words for what it did not want, NotFound for records that are not there.
        """
        writes = method.rpartition(".")[2] not in _READS
        session = self._signed_in()
        answer = self._post(method, [*arguments, session.context], writes, session.token)
        if answer.status_code == 401:
            session = self._signed_in(instead_of=session)
            answer = self._post(method, [*arguments, session.context], writes, session.token)
        if answer.status_code == 401:
            raise Permanent(f"{self.home} closes each session of `{self._user}` at once")
        return _result(answer, method)

    def _signed_in(self, instead_of: _Session | None = None) -> _Session:
        """The session; a new one where there is none, or only the one that the server has forgotten."""
        with self._signing_in:
            if self._session is instead_of:
                self._session = self._sign_in()
            assert self._session is not None  # noqa: S101 - either it was another one, or it has just been made
            return self._session

    def _sign_in(self) -> _Session:
        answer = self._post("common.db.login", [self._user, {"password": self._password}, "en"], False)
        opened = _result(answer, "common.db.login") if answer.status_code == 200 else None
        if not isinstance(opened, list) or len(opened) < 2:
            raise Permanent(f"{self.home} does not let `{self._user}` in; check the user and the password")
        token = base64.b64encode(f"{self._user}:{opened[0]}:{opened[1]}".encode()).decode()
        answer = self._post("model.res.user.get_preferences", [True, {}], False, token)
        if answer.status_code != 200:
            raise Permanent(f"{self.home} closes each session of `{self._user}` at once")
        return _Session(token, _result(answer, "model.res.user.get_preferences"))

    def _post(self, method: str, params: list[Any], writes: bool, token: str = "") -> httpx.Response:
        """Accept-Encoding is gzip (the client's own): Tryton 8.2 marks long answers so, whatever one accepts."""
        body = {"id": 1, "method": method, "params": _tagged(params)}
        headers = {"Authorization": f"Session {token}"} if token else {}
        request = self._client.build_request("POST", f"{self._database}/rpc/", json=body, headers=headers)
        return self._wire(self._client, request, writes)


def _result(response: httpx.Response, method: str) -> Answer:
    body = read_json(response)
    if not isinstance(body, dict):
        raise Permanent(f"Tryton answered `{method}` with something else than a result")
    if body.get("error") is not None:
        raise _error(body["error"], method)
    return _plain(body.get("result"))


def _error(error: Any, method: str) -> Problem:
    name, rest = (str(error[0]), error[1:]) if isinstance(error, list) and error else (str(error), [])
    said = rest[0] if rest else ""
    parts = [str(each) for each in (said if isinstance(said, list) else [said]) if isinstance(each, str) and each]
    match name:
        case "UserError":
            text = ". ".join(each.rstrip(".") for each in parts[:2])
            return NotFound(text) if "don't exist" in text else Refused(f"Tryton refused: {text}")
        case "UserWarning":
            text = ". ".join(each.rstrip(".") for each in parts[1:])
            return Refused(f"Tryton asks a person to confirm: {text}; do it there, once, and send again")
        case "ConcurrencyException":
            return Retryable("somebody changed the record in Tryton at the same moment")
        case "LoginException" | "RateLimitException":
            return Retryable(f"Tryton does not let us in at present: {'. '.join(parts) or name}")
        case _ if name.startswith("'") and name.endswith("'"):
            return Permanent(f"this Tryton knows no field or model `{name[1:-1]}` (`{method}`); is its module active?")
        case _:
            return Permanent(f"Tryton failed at `{method}`: {name}")


def _tagged(value: Any) -> Any:
    """Python's values as Tryton's JSON writes them; its datetimes are UTC without a zone."""
    match value:
        case Decimal():
            return {"__class__": "Decimal", "decimal": format(value, "f")}
        case datetime():
            there = value.astimezone(UTC)
            parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
            return {"__class__": "datetime", **{part: getattr(there, part) for part in parts}}
        case date():
            return {"__class__": "date", "year": value.year, "month": value.month, "day": value.day}
        case dict():
            return {name: _tagged(each) for name, each in value.items()}
        case list() | tuple():
            return [_tagged(each) for each in value]
        case _:
            return value


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    match value.get("__class__"):
        case "Decimal":
            return Decimal(value["decimal"])
        case "date":
            return date(value["year"], value["month"], value["day"])
        case "datetime":
            return datetime(tzinfo=UTC, **{name: part for name, part in value.items() if name != "__class__"})
        case "time":
            return time(value["hour"], value["minute"], value["second"], value["microsecond"])
        case "timedelta":
            return timedelta(seconds=float(value["seconds"]))
        case "bytes":
            return base64.b64decode(value["base64"])
        case _:
            return {name: _plain(each) for name, each in value.items()}
