"""HTTP to other systems: bounded in time and size, never into our own network unasked, failures in our own classes."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from rules_engine.connectors.http_network import Resolve, checked_transport, time_limit
from rules_engine.model.errors import NotFound, OutcomeUnknown, Permanent, Problem, Refused, Retryable

SECONDS = 30.0  # for the whole exchange: look-up, connection, request, answer
MOST_BYTES = 16 * 2**20
MOST_REDIRECTS = 3
MOST_WORDS = 600
MOST_READ = 20_000  # characters of an answer that are searched for its words


def open_client(
    base_url: str, *, allow_internal: bool = False, seconds: float = SECONDS, resolve: Resolve | None = None
) -> httpx.Client:
    """A client for one other system; `seconds` bounds each whole exchange (see `exchange`).

    Each connection looks the host up, checks every address that it got, and connects to one of those checked
    (a second look-up could answer otherwise). Proxies of the environment are not used: they would do the look-up.
    Redirects are followed by `exchange` only, and on the same host only.
    """
    if httpx.URL(base_url).scheme not in ("http", "https"):
        raise Permanent(f"`{base_url}` is not a web address; write it as `https://host/path`")
    return httpx.Client(
        base_url=base_url,
        transport=checked_transport(allow_internal, resolve),
        timeout=httpx.Timeout(seconds),
        headers={"User-Agent": "opportunity-to-order", "Accept-Encoding": "gzip"},
        trust_env=False,
        follow_redirects=False,
    )


def exchange(
    client: httpx.Client, request: httpx.Request, *, writes: bool, passing: Iterable[int] = (), most: int = MOST_BYTES
) -> httpx.Response:
    """Send a request and read the whole answer: 2xx and the statuses in `passing` are returned, others raised.

    `writes` says that the request changes something there: then whatever fails after it went out is OutcomeUnknown.
    """
    allowed = frozenset(passing)
    for _ in range(MOST_REDIRECTS + 1):
        response = _send(client, request, writes, most)
        following = response.next_request
        if following is None or response.status_code in allowed:
            break
        _check_redirect(request, following, writes)
        request = following
    else:
        raise Permanent(f"{request.url.host} redirects in a circle; correct the address of the connection")
    if not response.is_success and response.status_code not in allowed:
        raise problem(response, writes=writes)
    return response


def read_json(response: httpx.Response) -> Any:
    """The answer's JSON, numbers with a point as Decimal; Permanent where it is none, a web page above all."""
    try:
        return json.loads(response.content, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError):  # no JSON, a number beyond all numbers, brackets without end
        what = "a web page" if _is_page(response) else "no JSON"
        raise Permanent(
            f"{response.url.host} answered with {what} where data was expected; is `{response.url}` the right address?"
            f" it begins: {_words(response)[:120]}"
        ) from None


def problem(response: httpx.Response, *, writes: bool) -> Problem:
    """What an answer that is no success means, with the other system's own words."""
    status, host = response.status_code, response.url.host
    text = f"{host} answered {status}: {_words(response) or response.reason_phrase}"
    if status in (408, 425, 429, 503):
        return Retryable(text, _retry_after(response))
    if status >= 500:
        return OutcomeUnknown(text) if writes else Retryable(text)
    if status in (401, 403, 407):
        return Permanent(f"{text}; check the user and the rights of the connection")
    if status in (404, 410):
        return NotFound(text)
    return Refused(text) if status in (400, 409, 412, 413, 415, 422, 423) else Permanent(text)


def _send(client: httpx.Client, request: httpx.Request, writes: bool, most: int) -> httpx.Response:
    seconds = client.timeout.read or SECONDS
    try:
        with time_limit(seconds):
            response = client.send(request, stream=True)
            try:
                return _whole(response, most, writes)
            finally:
                response.close()
    except httpx.RequestError as error:
        raise _failure(error, request.url.host, seconds, writes) from error


def _failure(error: httpx.RequestError, host: str, seconds: float, writes: bool) -> Problem:
    match error:
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout():
            return Retryable(f"{host} cannot be reached: {error or 'no connection in time'}")
        case httpx.UnsupportedProtocol() | httpx.LocalProtocolError():
            return Permanent(f"the request to {host} cannot be sent: {error}")
        case httpx.TimeoutException():
            text = f"{host} did not finish its answer within {seconds:g} s"
        case _:
            text = f"the connection to {host} was lost: {error}"
    return OutcomeUnknown(text) if writes else Retryable(text)


def _whole(response: httpx.Response, most: int, writes: bool) -> httpx.Response:
    content = bytearray()
    for chunk in response.iter_bytes(64 * 1024):
        content += chunk
        if len(content) > most:
            text = f"{response.url.host} answered with more than {most} bytes"
            raise OutcomeUnknown(text) if writes else Permanent(text)
    headers = [(name, value) for name, value in response.headers.multi_items() if name.lower() != "content-encoding"]
    whole = httpx.Response(response.status_code, headers=headers, content=bytes(content), request=response.request)
    whole.next_request = response.next_request
    return whole


def _check_redirect(request: httpx.Request, following: httpx.Request, writes: bool) -> None:
    here, there = request.url, following.url
    if writes:
        raise Permanent(f"{here.host} redirects to `{there}`; correct the address of the connection")
    upgrade = here.scheme == "http" and there.scheme == "https" and there.port in (None, 443)
    if here.host != there.host or not (upgrade or (here.scheme, here.port) == (there.scheme, there.port)):
        raise Permanent(f"{here.host} redirects to another host, `{there}`; correct the address of the connection")


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds, as RFC 9110 section 10.2.3 has them; a date counts from the answer's own `Date`."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        due, now = parsedate_to_datetime(text), parsedate_to_datetime(response.headers.get("date", ""))
        return max(0.0, (due - now).total_seconds())
    except (ValueError, TypeError):
        return None


def _is_page(response: httpx.Response) -> bool:
    start = response.content[:200].lstrip().lower()
    return "html" in response.headers.get("content-type", "") or start.startswith((b"<!doctype html", b"<html"))


def _words(response: httpx.Response) -> str:
    """What the body says: a JSON message, a page's text, or the text itself; shortened."""
    text = response.text[:MOST_READ]
    if _is_page(response):
        text = html.unescape(re.sub(r"(?is)<(script|style)\b.*?</\1>|<[^>]*>", " ", text))
    else:
        with suppress(ValueError, RecursionError):
            text = "; ".join(_messages(json.loads(text))) or text
    return re.sub(r"\s+", " ", text).strip()[:MOST_WORDS]


def _messages(body: Any) -> Iterator[str]:
    if isinstance(body, str):
        yield body
    elif isinstance(body, list):
        for each in body:
            yield from _messages(each)
    elif isinstance(body, dict):
        for key in ("message", "error", "errors", "error_description", "description", "detail", "title", "msg"):
            yield from _messages(body.get(key))
