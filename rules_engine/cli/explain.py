"""`o2o explain RULESET CASE`: what the ruleset says about a case, and why, condition by condition."""

import sys
from datetime import datetime

import click

from rules_engine import bootstrap
from rules_engine.cli.case import checked_ruleset, find_case
from rules_engine.cli.output import NO, as_json, print_json
from rules_engine.evaluation.changes.smallest import what_next
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.explain import explain_text
from rules_engine.evaluation.explain_json import explain_json
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
    found, at = find_case(checked, case, now, zone, ruleset)
    if checked.ruleset is None:
        sys.exit(NO)
    desk = bootstrap.file_desk()
    decision = evaluate(checked.ruleset, found, at, desk.matcher, desk.catalog)
    flip = None
    if decision.verdict is not Verdict.CONVERT:
        flip = what_next(checked.ruleset, found, at, decision.verdict, desk.catalog)
    if machine:
        print_json(explain_json(decision, desk.catalog, flip))
    else:
        click.echo(explain_text(decision, desk.catalog, flip))
    sys.exit(0 if decision.verdict is Verdict.CONVERT else NO)
