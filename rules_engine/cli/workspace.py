"""`o2o workspace SLUG`: what holds for a whole workspace."""

import click

from rules_engine.bootstrap import open_product
from rules_engine.cli.output import as_json, print_json
from rules_engine.config import read_settings
from rules_engine.store.workspaces import change_workspace


@click.command(name="workspace")
@click.argument("slug")
@click.option("--zone", help="Its time zone, such as Europe/Berlin: it says which day today is.")
@click.option("--fiscal-start", type=int, help="The month, 1 to 12, with which its fiscal year begins.")
@as_json
def command(slug: str, zone: str | None, fiscal_start: int | None, machine: bool) -> None:
    """Show the workspace SLUG, or change what its evaluations see from now on."""
    product = open_product(read_settings())
    if zone is not None or fiscal_start is not None:
        change_workspace(product.engine, slug, zone, fiscal_start)
    row = product.row(slug)
    if machine:
        print_json({"slug": row.slug, "title": row.title, "zone": row.zone, "fiscal_start": row.fiscal_start})
    else:
        click.echo(f"{row.slug}: {row.title}, time zone {row.zone}, fiscal year from month {row.fiscal_start}")
