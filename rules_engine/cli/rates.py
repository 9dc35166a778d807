"""`o2o rates [FILE]`: the exchange rates that compare money of different currencies."""

from pathlib import Path

import click

from rules_engine.bootstrap import open_product
from rules_engine.cli.output import as_json, good, print_json
from rules_engine.config import read_settings
from rules_engine.formats.rates_csv import read_rates
from rules_engine.store.rates import TableRates


@click.command(name="rates")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--workspace", default="demo", show_default=True, help="The workspace of the rates.")
@as_json
def command(file: Path | None, workspace: str, machine: bool) -> None:
    """Add the rates of FILE, a table with the columns day,base,quote,rate; without FILE, list those that are known."""
    product = open_product(read_settings())
    rates = TableRates(product.engine, product.row(workspace).id)
    if file is not None:
        changed = rates.add(read_rates(file.read_text("utf-8"), file.name), product.clock())
        if machine:
            print_json({"workspace": workspace, "changed": changed})
        else:
            click.echo(good(f"{workspace}: {changed} rates added or corrected"))
        return
    known = rates.all()
    if machine:
        print_json([{"day": str(e.on), "base": e.base, "quote": e.quote, "rate": str(e.rate)} for e in known])
    else:
        for each in known:
            click.echo(f"{each.on}  1 {each.base} = {each.rate} {each.quote}")
        click.echo(f"{len(known)} rates")
