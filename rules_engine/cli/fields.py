"""`o2o fields`: how many of the CRM's populated fields arrived in the order system, and why the others did not."""

import click

from rules_engine.bootstrap import open_product
from rules_engine.cli.output import as_json, faint, print_json
from rules_engine.config import read_settings
from rules_engine.conversion.arrived import Figure, figure
from rules_engine.model.errors import NotFound
from rules_engine.store.arrivals import NEWEST, Arrival, arrival, arrivals

_MOST_FIELDS = 4


@click.command(name="fields")
@click.option("--conversion", type=int, help="One conversion by its number, also one that is held.")
@click.option("--ruleset", default="", help="Only documents that this ruleset's mapping made.")
@click.option("--connection", default="", help="Only documents from or to this connection.")
@click.option("--newest", type=click.IntRange(1), default=NEWEST, show_default=True, help="Look at so many documents.")
@click.option("--workspace", default="demo", show_default=True, help="The workspace of the conversions.")
@as_json
def command(
    conversion: int | None, ruleset: str, connection: str, newest: int, workspace: str, machine: bool
) -> None:
    """Count the populated fields of the CRM's records that arrived, by mapping and by connection.

    Each field that did not arrive is counted under the reason that the mapping gives for it.
    """
    product = open_product(read_settings())
    if connection:
        product.connection(workspace, connection)
    if ruleset and product.rulesets(workspace).current(ruleset) is None:
        raise NotFound(f"no version of `{ruleset}` is published in `{workspace}`")
    with product.session(workspace) as session:
        if conversion is not None:
            found = [arrival(session, conversion)]
        else:
            found = list(arrivals(session, ruleset, connection, newest))
    whole, mappings, connections = _figures(found)
    if machine:
        print_json(
            {
                "all": figure_json(whole),
                "mappings": {name: figure_json(each) for name, each in mappings.items()},
                "connections": {name: figure_json(each) for name, each in connections.items()},
            }
        )
        return
    _print(whole)
    if conversion is None and found:
        for title, parts in (("by mapping", mappings), ("by connection", connections)):
            click.echo(title)
            for name, each in parts.items():
                click.echo(f"  {name}: {said(each)}")


def _figures(found: list[Arrival]) -> tuple[Figure, dict[str, Figure], dict[str, Figure]]:
    """Of all, of each ruleset's mapping, and of each connection at either end."""
    rulesets = dict.fromkeys(each.ruleset for each in found)
    ends = dict.fromkeys(end for each in found for end in (each.crm_connection, each.connection))
    return (
        figure(each.ledger for each in found),
        {name: figure(each.ledger for each in found if each.ruleset == name) for name in sorted(rulesets)},
        {
            name: figure(each.ledger for each in found if name in (each.crm_connection, each.connection))
            for name in sorted(ends)
        },
    )


def said(each: Figure) -> str:
    documents = f"{each.documents} document{'' if each.documents == 1 else 's'}"
    share = "" if each.permille is None else f" ({each.permille // 10}.{each.permille % 10} %)"
    return f"{each.arrived} of {each.populated} fields of {documents} arrived{share}"


def figure_json(each: Figure) -> dict[str, object]:
    """`ways` counts by what became of a field; `permille` is rounded down, null where nothing was populated."""
    return {
        "documents": each.documents,
        "populated": each.populated,
        "arrived": each.arrived,
        "permille": each.permille,
        "ways": {way.value: count for way, count in each.ways.items()},
        "lost": [{"reason": lost.reason, "count": lost.count, "fields": list(lost.fields)} for lost in each.lost],
    }


def _print(whole: Figure) -> None:
    click.echo(said(whole))
    if whole.ways:
        click.echo(f"  {', '.join(f'{count} {way}' for way, count in whole.ways.items())}")
    for lost in whole.lost:
        more = len(lost.fields) - _MOST_FIELDS
        names = ", ".join(lost.fields[:_MOST_FIELDS]) + (f" and {more} more" if more > 0 else "")
        click.echo(f"  {lost.count} dropped: {lost.reason} {faint(f'({names})')}")
