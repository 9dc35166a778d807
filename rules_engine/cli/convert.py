"""`o2o convert RULESET CASE`: the document that would be made of a case, and what became of every field."""

import sys
from datetime import datetime

import click

from rules_engine import folders
from rules_engine.cli.case import checked_ruleset, find_case
from rules_engine.cli.explain import NOW
from rules_engine.cli.output import NO, as_json, bad, faint, print_finding, print_json
from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.evaluation.sentence import value_text
from rules_engine.formats.values_json import encode_dataclass
from rules_engine.model.conversion import Conversion, Disposition
from rules_engine.model.finding import Severity


@click.command(name="convert")
@click.argument("ruleset")
@click.argument("case")
@click.option("--now", type=NOW, help="Convert at this instant instead, such as 2026-03-31T09:00+02:00.")
@click.option("--zone", default="UTC", show_default=True, help="The time zone of a fixture file.")
@as_json
def command(ruleset: str, case: str, now: datetime | None, zone: str, machine: bool) -> None:
    """Show what RULESET's mapping makes of CASE, whatever its rules say; nothing is sent."""
    checked = checked_ruleset(ruleset)
    found, at = find_case(checked, case, now, zone)
    if checked.mapping is None:
        sys.exit(NO)
    conversion = convert(found.record, checked.mapping, Context(found.zone, at, catalog=folders.full_catalog()))
    if machine:
        print_json(encode_dataclass(conversion))
    else:
        _print(conversion, checked.mapping.target_type)
    sys.exit(NO if any(each.severity is Severity.ERROR for each in conversion.problems) else 0)


def _print(conversion: Conversion, target: str) -> None:
    click.secho(target, bold=True)
    for each in conversion.lineage:
        changes = "".join(f" -> {change.transform} -> {_short(value_text(change.after))}" for change in each.changes)
        sources = ", ".join(source.path for source in each.sources) or each.origin.value
        click.echo(f"  {each.target} = {_short(value_text(each.value))} {faint(f'from {sources}{changes}')}")
    reached, populated = conversion.coverage
    click.secho(f"{reached} of {populated} populated fields reach the {target}; the others:", bold=True)
    for account in conversion.ledger:
        if account.disposition is Disposition.DROPPED:
            click.echo(f"  {bad('dropped')} {account.source}: {account.reason}")
    for problem in conversion.problems:
        print_finding(problem)


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= 60 else f"{one_line[:59]}…"
