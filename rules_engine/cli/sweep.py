"""`o2o sweep CONNECTION`: find what webhooks lost, and take it through."""

import click

from rules_engine.bootstrap import Product, open_product
from rules_engine.cli.output import as_json, good, print_json
from rules_engine.config import read_settings
from rules_engine.delivery.alone import only_worker
from rules_engine.delivery.worker import work_once
from rules_engine.model.errors import Permanent


@click.command(name="sweep")
@click.argument("connection")
@click.option("--workspace", default="demo", show_default=True, help="The workspace of the connection.")
@as_json
def command(connection: str, workspace: str, machine: bool) -> None:
    """Ask CONNECTION's CRM what changed since the last sweep; each change is an event like those of webhooks."""
    product = open_product(read_settings())
    found = product.sweep(workspace, connection)
    taken = _work_off(product, workspace)
    if machine:
        print_json({"connection": connection, "found": found, "taken_through_here": taken})
    else:
        click.echo(good(f"{connection}: {found} changes that were not known yet"))
        if not taken:
            click.echo("the worker that runs on this database takes them through")


def _work_off(product: Product, workspace: str) -> bool:
    """Take through what is due now; False where a worker runs that will do it."""
    try:
        with only_worker(product.engine):
            while work_once(product.workspace(workspace), product.work):
                pass
    except Permanent:
        return False
    return True
