"""The network below `http`: addresses are checked before they are connected to, and every wait has an end."""

import ipaddress
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

import httpcore
import httpx

from rules_engine.model.errors import Permanent

Resolve = Callable[[str, int], list[str]]

# The transport's own clock, not the product's: until when the exchange under way may last.
_DEADLINE: ContextVar[float] = ContextVar("deadline", default=float("inf"))
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class InternalAddress(Permanent):
    """The host's address is inside our own network, and the operator has not allowed that."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Every wait of the network inside ends when `seconds` are over."""
    token = _DEADLINE.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _DEADLINE.reset(token)


def checked_transport(allow_internal: bool, resolve: Resolve | None = None) -> httpx.BaseTransport:
    """A transport that looks the host up itself and connects to an address that it has checked."""
    backend = _CheckedBackend(allow_internal, resolve or _resolve)
    return _Transport(httpcore.ConnectionPool(ssl_context=httpx.create_ssl_context(), network_backend=backend))


@contextmanager
def _named_as_httpx_does() -> Iterator[None]:
    """httpcore's failures under the names of httpx, which are the same."""
    try:
        yield
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
        raise getattr(httpx, type(error).__name__, httpx.TransportError)(str(error)) from error


def _resolve(host: str, port: int) -> list[str]:
    try:
        return [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise httpcore.ConnectError(f"the name has no address ({error})") from error


def is_internal(address: str) -> bool:
    """Whether an address is loopback, private, link-local (cloud metadata too), reserved or the like."""
    found: _Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is None and found.teredo:
            inner = found.teredo[1]
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        found = inner or found
    return not found.is_global or found.is_multicast or found.is_reserved


class _CheckedBackend(httpcore.NetworkBackend):
    def __init__(self, allow_internal: bool, resolve: Resolve) -> None:
        self._allow_internal, self._resolve = allow_internal, resolve
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = list(dict.fromkeys(self._resolve(host, port)))
        internal = [each for each in addresses if is_internal(each)]
        if internal and not self._allow_internal:
            raise InternalAddress(
                f"`{host}` is {internal[0]}, an address inside this network; allow internal addresses for the"
                " connection if that is meant"
            )
        failure: Exception = httpcore.ConnectError("the name has no address")
        for address in addresses:
            try:
                stream = self._plain.connect_tcp(address, port, _left(timeout), local_address, socket_options)
                return _TimedStream(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def sleep(self, seconds: float) -> None:
        self._plain.sleep(seconds)


def _left(timeout: float | None) -> float:
    left = _DEADLINE.get() - time.monotonic()
    return max(0.001, left if timeout is None else min(timeout, left))


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every wait ends at the deadline of the exchange."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if time.monotonic() >= _DEADLINE.get():
            raise httpcore.ReadTimeout("the time is up")
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes], close: Callable[[], None]) -> None:
        self._stream, self._close = stream, close

    def __iter__(self) -> Iterator[bytes]:
        with _named_as_httpx_does():
            yield from self._stream

    def close(self) -> None:
        self._close()


class _Transport(httpx.BaseTransport):
    """httpx over our own connection pool: httpx's transport cannot be given a network backend."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        self._pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        to = request.url
        sent = httpcore.Request(
            request.method,
            httpcore.URL(scheme=to.raw_scheme, host=to.raw_host, port=to.port, target=to.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _named_as_httpx_does():
            answer = self._pool.handle_request(sent)
        body = _Body(cast(Iterable[bytes], answer.stream), answer.close)
        return httpx.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    def close(self) -> None:
        self._pool.close()
