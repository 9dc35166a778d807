"""HTTP to other systems: what a failure means, and where we do not go."""

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal

import pytest

from rules_engine.connectors.http import exchange, open_client, read_json
from rules_engine.connectors.http_network import InternalAddress, is_internal
from rules_engine.model.errors import NotFound, OutcomeUnknown, Permanent, Refused, Retryable

Behaviour = Callable[[socket.socket, bytes], None]


@contextmanager
def serving(behave: Behaviour) -> Iterator[str]:
    """A server on loopback; `behave` gets each connection with the head of its request, and says all that follows."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    behave(connection, connection.recv(65536))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def answering(status: str, body: bytes = b"{}", kind: str = "application/json", headers: str = "") -> Behaviour:
    fixed = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
    head = f"HTTP/1.1 {status}\r\n{fixed}{headers}\r\n"
    return lambda connection, _: connection.sendall(head.encode() + body)


def ask(url: str, *, writes: bool = False, seconds: float = 10, **more):
    with open_client(url, allow_internal=True, seconds=seconds) as client:
        return exchange(client, client.build_request("POST" if writes else "GET", "/x"), writes=writes, **more)


@pytest.mark.parametrize(
    ("status", "headers", "reads", "writes", "after"),
    [
        ("400 Bad Request", "", Refused, Refused, None),
        ("401 Unauthorized", "", Permanent, Permanent, None),
        ("403 Forbidden", "", Permanent, Permanent, None),
        ("404 Not Found", "", NotFound, NotFound, None),
        ("409 Conflict", "", Refused, Refused, None),
        ("422 Unprocessable", "", Refused, Refused, None),
        ("418 Teapot", "", Permanent, Permanent, None),
        ("408 Timeout", "", Retryable, Retryable, None),
        ("429 Too Many", "Retry-After: 7\r\n", Retryable, Retryable, 7.0),
        ("429 Too Many", "", Retryable, Retryable, None),
        ("429 Too Many", "Retry-After: soon\r\n", Retryable, Retryable, None),
        (
            "503 Busy",
            "Date: Tue, 03 Mar 2026 09:00:00 GMT\r\nRetry-After: Tue, 03 Mar 2026 09:02:00 GMT\r\n",
            Retryable,
            Retryable,
            120.0,
        ),
        ("500 Oops", "", Retryable, OutcomeUnknown, None),
        ("502 Gateway", "", Retryable, OutcomeUnknown, None),
        ("504 Gateway", "", Retryable, OutcomeUnknown, None),
    ],
)
def test_a_status_says_what_to_do_next(status, headers, reads, writes, after):
    body = b'{"errors": [{"message": "the customer is unknown"}], "code": 17}'
    with serving(answering(status, body, headers=headers)) as url:
        for write, expected in ((False, reads), (True, writes)):
            with pytest.raises(expected, match="the customer is unknown") as raised:
                ask(url, writes=write)
            assert type(raised.value) is expected
            assert getattr(raised.value, "after", None) == after


def test_a_connection_that_is_refused_is_certain_to_have_done_nothing():
    with socket.create_server(("127.0.0.1", 0)) as found:
        url = f"http://127.0.0.1:{found.getsockname()[1]}"
    with pytest.raises(Retryable, match="cannot be reached") as raised:
        ask(url, writes=True)
    assert not isinstance(raised.value, OutcomeUnknown)


def test_a_name_without_an_address_can_be_tried_again():
    def resolve(_host, _port):
        return []

    with open_client("http://nowhere.example", resolve=resolve) as client, pytest.raises(Retryable) as raised:
        exchange(client, client.build_request("POST", "/x"), writes=True)
    assert not isinstance(raised.value, OutcomeUnknown)


def hang_up(connection, _request):
    connection.close()


def half_an_answer(connection, _request):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")


def nonsense(connection, _request):
    connection.sendall(b"220 mail.example ESMTP\r\n\r\n")


def garbled(connection, _request):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain")


@pytest.mark.parametrize("behave", [hang_up, half_an_answer, nonsense, garbled])
def test_an_answer_that_breaks_off_leaves_a_write_unknown_and_a_read_to_be_repeated(behave):
    with serving(behave) as url:
        with pytest.raises(OutcomeUnknown):
            ask(url, writes=True)
        with pytest.raises(Retryable) as raised:
            ask(url)
    assert not isinstance(raised.value, OutcomeUnknown)


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n"])
def test_an_answer_that_drips_ends_with_the_time_limit(start):
    stopped = threading.Event()

    def drip(connection, _request):
        connection.sendall(start)
        while not stopped.wait(0.02):
            if start:
                connection.sendall(b"x")

    with serving(drip) as url:
        try:
            with pytest.raises(OutcomeUnknown, match=r"did not finish its answer within 0\.3 s"):
                ask(url, writes=True, seconds=0.3)
        finally:
            stopped.set()


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_is_bounded_in_size_unpacked(packed):
    body = b'"' + b"x" * 100_000 + b'"'
    sent, header = (gzip.compress(body), "Content-Encoding: gzip\r\n") if packed else (body, "")
    with serving(answering("200 OK", sent, headers=header)) as url:
        assert read_json(ask(url)) == "x" * 100_000
        with pytest.raises(Permanent, match="more than 50000 bytes"):
            ask(url, most=50_000)
        with pytest.raises(OutcomeUnknown):
            ask(url, most=50_000, writes=True)


def test_numbers_with_a_point_are_decimals():
    with serving(answering("200 OK", b'{"price": 0.1, "many": 12345678901234567.89}')) as url:
        assert read_json(ask(url)) == {"price": Decimal("0.1"), "many": Decimal("12345678901234567.89")}


def test_a_web_page_where_data_is_expected_is_called_one():
    page = b"<!DOCTYPE html><html><head><style>p{}</style></head><body><p>Please sign&nbsp;in</p></body></html>"
    with serving(answering("200 OK", page, "text/html")) as url, pytest.raises(Permanent) as raised:
        read_json(ask(url))
    assert "a web page where data was expected" in str(raised.value)
    assert "Please sign" in str(raised.value)
    assert "<" not in str(raised.value)


def test_a_page_of_an_error_gives_its_words():
    page = b"<html><title>403 Forbidden</title><h1>Forbidden</h1><p>Ask the administrator.</p></html>"
    with serving(answering("403 Forbidden", page, "text/html")) as url, pytest.raises(Permanent) as raised:
        ask(url)
    assert "Ask the administrator." in str(raised.value)
    assert "<" not in str(raised.value)


def test_a_status_that_the_caller_expects_is_returned():
    with serving(answering("401 Unauthorized")) as url:
        assert ask(url, passing=(401,)).status_code == 401


# --- redirects -----------------------------------------------------------------------------------------------------


def test_a_read_follows_a_redirect_on_its_host_and_a_write_none():
    def behave(connection, request):
        there = b"/there" in request.split(b"\r\n")[0]
        answering("200 OK", b'"here"')(connection, request) if there else answering(
            "302 Found", headers="Location: /there\r\n"
        )(connection, request)

    with serving(behave) as url:
        assert read_json(ask(url)) == "here"
        with pytest.raises(Permanent, match="redirects to"):
            ask(url, writes=True)


@pytest.mark.parametrize(
    "target", ["http://other.example/", "http://127.0.0.1:1/", "//other.example/x", "file:///etc/x"]
)
def test_a_redirect_elsewhere_is_refused(target):
    with serving(answering("302 Found", headers=f"Location: {target}\r\n")) as url, pytest.raises(Permanent):
        ask(url)


def test_a_circle_of_redirects_ends():
    with (
        serving(answering("302 Found", headers="Location: /x\r\n")) as url,
        pytest.raises(Permanent, match="in a circle"),
    ):
        ask(url)


# --- addresses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.255.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("0.0.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1"),
        *("::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a00:1", "2002:a00:1::", "ff02::1"),
    ],
)
def test_addresses_inside_are_known(address):
    assert is_internal(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_outside_are_known(address):
    assert not is_internal(address)


@pytest.mark.parametrize("found", [["10.0.0.5"], ["93.184.216.34", "169.254.169.254"], ["::ffff:127.0.0.1"]])
def test_a_host_with_any_address_inside_is_refused_before_anything_is_sent(found):
    def resolve(_host, _port):
        return found

    with (
        open_client("https://crm.example", resolve=resolve) as client,
        pytest.raises(InternalAddress, match="`crm.example`"),
    ):
        exchange(client, client.build_request("GET", "/"), writes=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_no_spelling_of_this_machine_is_let_through(host):
    with open_client(f"http://{host}:1/") as client, pytest.raises((InternalAddress, Retryable)) as raised:
        exchange(client, client.build_request("GET", "/"), writes=False)
    assert isinstance(raised.value, InternalAddress) or "no address" in str(raised.value)


def test_the_address_that_was_checked_is_the_one_that_is_connected_to():
    asked = []
    requests = []

    def behave(connection, request):
        requests.append(request)
        answering("200 OK")(connection, request)

    with serving(behave) as url:
        port = int(url.rpartition(":")[2])

        def resolve(host, at):
            asked.append((host, at))
            return ["127.0.0.1"]

        with open_client(f"http://crm.example:{port}", allow_internal=True, resolve=resolve) as client:
            exchange(client, client.build_request("GET", "/"), writes=False)
    assert asked == [("crm.example", port)]
    assert f"Host: crm.example:{port}".encode() in requests[0]


def test_what_is_no_web_address_is_said_at_once():
    with pytest.raises(Permanent, match="`ftp://crm.example` is not a web address"):
        open_client("ftp://crm.example")
