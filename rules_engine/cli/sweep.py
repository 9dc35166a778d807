"""`o2o sweep CONNECTION`: find what webhooks lost, and take it through."""

import click

from rules_engine.bootstrap import open_product
from rules_engine.cli.output import as_json, good, print_json
from rules_engine.config import read_settings


@click.command(name="sweep")
@click.argument("connection")
@click.option("--workspace", default="demo", show_default=True, help="The workspace of the connection.")
@as_json
def command(connection: str, workspace: str, machine: bool) -> None:
    """Ask CONNECTION's CRM what changed since the last sweep; each change is an event like those of webhooks."""
    product = open_product(read_settings())
    found = product.sweep(workspace, connection)
    if machine:
        print_json({"connection": connection, "found": found})
    else:
        click.echo(good(f"{connection}: {found} changes that were not known yet"))
