"""`o2o explain RULESET CASE`: what the ruleset says about a case, and why, condition by condition."""

import sys
from datetime import datetime

import click

from rules_engine import bootstrap
from rules_engine.cli.case import checked_ruleset, find_case
from rules_engine.cli.output import NO, as_json, print_json
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.explain import explain_text
from rules_engine.formats.values_json import encode_dataclass
from rules_engine.model.ruleset import Verdict

NOW = click.DateTime(formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"])


@click.command(name="explain")
@click.argument("ruleset")
@click.argument("case")
@click.option("--now", type=NOW, help="Decide for this instant instead, such as 2026-03-31T09:00+02:00.")
@click.option("--zone", default="UTC", show_default=True, help="The time zone of a fixture file.")
@as_json
def command(ruleset: str, case: str, now: datetime | None, zone: str, machine: bool) -> None:
    """Explain what RULESET says about CASE: the name of one of its cases, or a file below fixtures/."""
    checked = checked_ruleset(ruleset)
    found, at = find_case(checked, case, now, zone)
    if checked.ruleset is None:
        sys.exit(NO)
    desk = bootstrap.file_desk()
    decision = evaluate(checked.ruleset, found, at, desk.matcher, desk.catalog)
    if machine:
        print_json(encode_dataclass(decision))
    else:
        click.echo(explain_text(decision, desk.catalog))
    sys.exit(0 if decision.verdict is Verdict.CONVERT else NO)
