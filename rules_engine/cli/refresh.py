"""`o2o refresh CONNECTION`: what the connected system's schema has otherwise, and what of ours that breaks."""

import sys
from dataclasses import asdict, dataclass

import click

from rules_engine.analysis.drift import said
from rules_engine.analysis.new_fields import proposals, read_into, written_from
from rules_engine.analysis.schema_changes import Drift, SchemaChange
from rules_engine.bootstrap import Product, open_product
from rules_engine.cli.output import NO, as_json, finding_json, good, print_finding, print_json
from rules_engine.config import read_settings
from rules_engine.connectors.order_book import OrderBook
from rules_engine.connectors.sample_crm import SampleCrm
from rules_engine.delivery.schema_watch import Refreshed
from rules_engine.model.finding import Severity


@click.command(name="refresh")
@click.argument("connection")
@click.option("--workspace", default="demo", show_default=True, help="The workspace of the connection.")
@click.option("--accept", is_flag=True, help="Take the schema as it is now for right; needs --by.")
@click.option("--by", default="", metavar="NAME", help="Who accepts it, for the audit.")
@as_json
def command(connection: str, workspace: str, accept: bool, by: str, machine: bool) -> None:
    """Ask CONNECTION's system for its schema, and say what changed since it was accepted.

    Every removed or retyped field, removed choice, newly required field and shortened length is named with the rules
    and the mapped fields that it breaks. What a change breaks is held until that is corrected or the change accepted.
    """
    if accept and not by.strip():
        raise click.UsageError("--accept needs --by: say who takes the schema for right")
    product = open_product(read_settings())
    found = product.refresh(workspace, connection, by.strip() if accept else "")
    likely = _likely(product, workspace, connection, found)
    broken = any(each.severity is Severity.ERROR for each in found.findings) and not accept
    if machine:
        print_json(
            {
                "connection": connection,
                "changes": [drift_json(each, likely.get(each.change)) for each in found.drifts],
                "findings": [finding_json(each) for each in found.findings],
                "accepted": accept,
            }
        )
        sys.exit(NO if broken else 0)
    for finding in found.findings:
        print_finding(finding)
    for each in found.added:
        offer = likely.get(each.change)
        hint = f"; likely for `{offer.ours}` of the {offer.document_type}: {offer.reason}" if offer else ""
        click.echo(f"{said(connection, each.change)} ({each.change.after}): not mapped yet{hint}")
    if not found.drifts:
        click.echo(good(f"{connection}: its schema is as it was accepted"))
    elif accept:
        click.echo(good(f"{connection}: its schema is accepted as it is now"))
    sys.exit(NO if broken else 0)


@dataclass(frozen=True)
class Offer:
    """The field of our document type that a new field belongs to most likely, and why."""

    document_type: str
    ours: str
    reason: str
    confidence: float


def _likely(
    product: Product, workspace: str, connection: str, refreshed: Refreshed
) -> dict[SchemaChange, Offer]:
    known, connector = product.catalog(workspace), product.connector(workspace, connection)
    changes = [each.change for each in refreshed.added]
    found: dict[SchemaChange, Offer] = {}
    if not isinstance(connector, OrderBook):
        pairs = read_into(connector.to_case, known)
        for change, each in proposals(changes, refreshed.schema, known, pairs, reads=True).items():
            found[change] = Offer(pairs[change.document_type], each.target, each.reason, each.confidence)
    if not isinstance(connector, SampleCrm):
        for document in ("order", "quote"):
            pairs = written_from(connector.mapping(document), known)
            for change, each in proposals(changes, refreshed.schema, known, pairs, reads=False).items():
                ours = ", ".join(each.source)
                found[change] = Offer(pairs[change.document_type], ours, each.reason, each.confidence)
    return found


def drift_json(drift: Drift, offer: Offer | None = None) -> dict[str, object]:
    """`before` and `after` are types, lengths, or the code of a choice; "" where there is none."""
    change = drift.change
    return {
        "kind": change.kind.value,
        "document_type": change.document_type,
        "field": change.field,
        "before": change.before,
        "after": change.after,
        "still_as_before": drift.until.isoformat(),
        "noticed": drift.noticed.isoformat(),
        "likely": asdict(offer) if offer else None,
    }
