"""`o2o serve`: the pages, the webhooks and the worker in one process."""

import errno
import importlib
import ipaddress
import socket
from dataclasses import replace
from typing import Any

import click
import waitress

from rules_engine.bootstrap import Product, open_product
from rules_engine.cli.output import as_json, good, print_json
from rules_engine.config import Settings, read_settings
from rules_engine.model.errors import Permanent

THREADS = 8


@click.command(name="serve")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on [default: O2O_PORT or 8070].")
@click.option("--host", help="The loopback address to listen on [default: O2O_HOST or 127.0.0.1].")
@as_json
def command(port: int | None, host: str | None, machine: bool) -> None:
    """Serve the pages and take webhooks in, until Ctrl-C."""
    serve(open_product(with_address(read_settings(), host, port)), machine=machine)


def with_address(settings: Settings, host: str | None, port: int | None) -> Settings:
    """The settings with what the command line says. Raises Permanent where others could reach the pages."""
    found = replace(settings, host=host or settings.host, port=port or settings.port)
    if not _is_loopback(found.host):
        text = f"`{found.host}` can be reached from outside, and the pages ask nobody to sign in yet"
        raise Permanent(f"{text}: listen on 127.0.0.1, and let a reverse proxy pass on `/hooks/` alone")
    return found


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(product: Product, *, machine: bool = False) -> None:
    """Listen, print the one address, work until Ctrl-C, and stop when what is under way is done."""
    listener = _listen(product.settings)
    address = f"http://{product.settings.host}:{product.settings.port}/"
    # `web` stands above this package and is only named here, so that no import points right.
    app = importlib.import_module("web").create_app(product)
    server: Any = waitress.create_server(app, sockets=[listener], threads=THREADS)
    with product.working():
        if machine:
            print_json({"address": address})
        else:
            click.echo(f"{good('ready:')} open {click.style(address, bold=True)} (Ctrl-C stops it)")
        try:
            server.run()
        except KeyboardInterrupt:
            click.echo("stopping")
    product.matcher.close()


def _listen(settings: Settings) -> socket.socket:
    """A socket that listens already, so that a port in use is known before anything is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(128)
    except OSError as problem:
        listener.close()
        if problem.errno == errno.EADDRINUSE:
            text = f"port {settings.port} is taken by another program"
            raise Permanent(f"{text}: stop that one, or choose another with `--port {settings.port + 1}`") from None
        raise Permanent(f"cannot listen on {settings.host}:{settings.port}: {problem.strerror}") from None
    return listener
