"""What holds for every test: no network but loopback, and random examples that CI can repeat."""

import ipaddress
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# No deadline: a busy machine is not a bug. In CI the examples are the same every time.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def is_loopback(host: object) -> bool:
    """Whether a socket address's host stays on this machine; a name other than localhost does not."""
    text = host.decode() if isinstance(host, bytes) else str(host)
    if text in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _refuse(host: object) -> None:
    # Not an OSError: the code under test would take that for an outside world that is down, and go on.
    pytest.fail(f"a test reached for `{host}`: tests use loopback only", pytrace=True)


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Refuses connections and name look-ups that leave this machine."""
    connect, connect_ex, sendto = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto
    getaddrinfo = socket.getaddrinfo

    def check(address: object) -> None:
        if isinstance(address, tuple) and not is_loopback(address[0]):
            _refuse(address[0])

    def guarded_connect(self: socket.socket, address: object) -> None:
        check(address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: object) -> int:
        check(address)
        return connect_ex(self, address)

    def guarded_sendto(self: socket.socket, data: bytes, *rest: object) -> int:
        check(rest[-1])
        return sendto(self, data, *rest)

    def guarded_getaddrinfo(host: object, *rest: object, **named: object) -> object:
        if host is not None and not is_loopback(host) and not _is_address(host):
            _refuse(host)
        return getaddrinfo(host, *rest, **named)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded_connect)
        patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)
        patch.setattr(socket.socket, "sendto", guarded_sendto)
        patch.setattr(socket, "getaddrinfo", guarded_getaddrinfo)
        yield


def _is_address(host: object) -> bool:
    """An address in figures: looking it up asks nobody."""
    try:
        ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return True
