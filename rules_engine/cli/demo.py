"""`o2o demo`: serve a workspace with two built-in systems and sample data, on an embedded database."""

from dataclasses import replace
from pathlib import Path

import click

from rules_engine.bootstrap import open_product
from rules_engine.cli.output import as_json
from rules_engine.cli.serve import serve, with_address
from rules_engine.config import read_settings
from rules_engine.sample_workspace import set_up


@click.command(name="demo")
@click.option("--port", type=click.IntRange(1, 65535), help="The port to listen on [default: O2O_PORT or 8070].")
@click.option("--folder", type=click.Path(path_type=Path), help="Where the database is kept [default: var/demo].")
@as_json
def command(port: int | None, folder: Path | None, machine: bool) -> None:
    """Start the product with a sample CRM, an order book and sample deals; what you do in it is kept."""
    settings = with_address(read_settings(), None, port)
    product = open_product(replace(settings, folder=folder or settings.folder / "demo"))
    set_up(product)
    serve(product, machine=machine)
