"""`o2o convert RULESET CASE`: the document that would be made of a case, and what became of every field."""

import sys
from datetime import datetime

import click
from rapidfuzz import process

from rules_engine import folders
from rules_engine.cli.case import checked_ruleset, find_case
from rules_engine.cli.explain import NOW
from rules_engine.cli.output import NO, as_json, bad, faint, print_finding, print_json
from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.evaluation.sentence import value_text
from rules_engine.formats.values_json import encode_dataclass
from rules_engine.model.conversion import Conversion, Disposition, Lineage
from rules_engine.model.errors import NotFound
from rules_engine.model.finding import Severity


@click.command(name="convert")
@click.argument("ruleset")
@click.argument("case")
@click.option("--now", type=NOW, help="Convert at this instant instead, such as 2026-03-31T09:00+02:00.")
@click.option("--zone", default="UTC", show_default=True, help="The time zone of a fixture file.")
@click.option("--field", metavar="PATH", help="Show only this field, such as `lines[L-1].sku`.")
@as_json
def command(ruleset: str, case: str, now: datetime | None, zone: str, field: str | None, machine: bool) -> None:
    """Show what RULESET's mapping makes of CASE, whatever its rules say; nothing is sent."""
    checked = checked_ruleset(ruleset)
    found, at = find_case(checked, case, now, zone, ruleset)
    if checked.mapping is None:
        sys.exit(NO)
    context = Context(found.zone, at, catalog=folders.full_catalog(), rates=found.rates)
    conversion = convert(found.record, checked.mapping, context)
    if field:
        _print_fields(_below(conversion, checked.mapping.target_type, field), machine)
    elif machine:
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


def _below(conversion: Conversion, target: str, path: str) -> list[Lineage]:
    """The field at the path, or all fields below it. Raises NotFound with the nearest path."""
    inside = (f"{path}.", f"{path}[")
    found = [each for each in conversion.lineage if each.target == path or each.target.startswith(inside)]
    if not found:
        near = process.extractOne(path, [each.target for each in conversion.lineage], score_cutoff=60)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        raise NotFound(f"the {target} has nothing at `{path}`{hint}")
    return found


def _print_fields(fields: list[Lineage], machine: bool) -> None:
    """Each field with its sources and with what came out of each transform, one below the other."""
    if machine:
        print_json([encode_dataclass(each) for each in fields])
        return
    for each in fields:
        name = click.style(each.target, bold=True)
        click.echo(f"{name} = {value_text(each.value)} {faint(f'({each.origin.value})')}")
        for source in each.sources:
            click.echo(f"  from {source.path}: {value_text(source.value)}")
        for change in each.changes:
            loss = f" {bad(f'({change.loss})')}" if change.loss else ""
            click.echo(f"  {change.transform}: {value_text(change.after)}{loss}")


def _short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= 60 else f"{one_line[:59]}…"
