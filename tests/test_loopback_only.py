"""The guard of `conftest.py` itself: what leaves this machine fails the test that tries it."""

import socket

import pytest


def test_a_connection_to_another_machine_fails_the_test():
    with socket.socket() as outside, pytest.raises(pytest.fail.Exception, match=r"192\.0\.2\.1"):
        outside.connect(("192.0.2.1", 80))


def test_a_datagram_to_another_machine_fails_the_test():
    with socket.socket(type=socket.SOCK_DGRAM) as outside, pytest.raises(pytest.fail.Exception, match="loopback"):
        outside.sendto(b"x", ("192.0.2.1", 53))


def look_up_as_code_that_goes_on_without_an_answer():
    try:
        socket.create_connection(("example.org", 80))
    except Exception:
        return "no answer"


def test_a_name_look_up_fails_the_test_even_where_errors_are_swallowed():
    with pytest.raises(pytest.fail.Exception, match=r"example\.org"):
        look_up_as_code_that_goes_on_without_an_answer()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_open(host):
    assert socket.getaddrinfo(host, 80)


def test_a_connection_to_this_machine_works():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
