"""`o2o backtest RULESET`: what a ruleset would have decided of all that was decided already."""

import sys

import click

from rules_engine.analysis.backtest import Backtest, Otherwise, backtest
from rules_engine.bootstrap import open_product
from rules_engine.bulk_matcher import BulkMatcher
from rules_engine.cli.case import checked_ruleset
from rules_engine.cli.output import NO, as_json, bad, faint, good, print_json
from rules_engine.config import read_settings
from rules_engine.model.ruleset import Verdict
from rules_engine.store.replays import history

MOST_PRINTED = 40


@click.command(name="backtest")
@click.argument("ruleset")
@click.option("--workspace", default="demo", show_default=True, help="The workspace whose evaluations are asked again.")
@as_json
def command(ruleset: str, workspace: str, machine: bool) -> None:
    """Ask RULESET, published or not, about every evaluation of its step that is kept; nothing is converted."""
    checked = checked_ruleset(ruleset)
    if checked.ruleset is None:
        sys.exit(NO)
    product = open_product(read_settings())
    with product.session(workspace) as session:
        found = backtest(checked.ruleset, history(session, checked.ruleset.step), BulkMatcher())
    if machine:
        print_json(_json(found))
    else:
        _print(found)
    sys.exit(NO if found.differing else 0)


def _json(found: Backtest) -> dict[str, object]:
    return {
        "evaluations": found.evaluations,
        "differing": found.differing,
        "moves": [{"then": then, "now": now, "count": count} for (then, now), count in sorted(found.moves.items())],
        "otherwise": [_row(each) for each in found.otherwise],
    }


def _row(each: Otherwise) -> dict[str, object]:
    return {
        "decision": each.past.number,
        "deal": each.past.deal,
        "at": each.past.now.isoformat(),
        "then": {"verdict": each.past.verdict, "rule": each.past.rule},
        "now": {"verdict": each.verdict, "rule": each.rule},
    }


def _print(found: Backtest) -> None:
    for each in found.otherwise[:MOST_PRINTED]:
        then, now = _said(each.past.verdict, each.past.rule), _said(each.verdict, each.rule)
        click.echo(f"  {each.past.deal}: {then} \N{RIGHTWARDS ARROW} {now} {faint(f'(decision {each.past.number})')}")
    if found.differing > MOST_PRINTED:
        click.echo(f"  and {found.differing - MOST_PRINTED} more; `--json` lists {len(found.otherwise)} of them")
    converts, no_longer = _changed(found, Verdict.CONVERT)
    paint = bad if found.differing else good
    click.echo(paint(f"{found.differing} of {found.evaluations} evaluations would be decided otherwise")
               + f": {converts} newly convert, {no_longer} no longer do")  # fmt: skip


def _said(verdict: Verdict, rule: str) -> str:
    return f"{verdict.value} {rule}".strip()


def _changed(found: Backtest, verdict: Verdict) -> tuple[int, int]:
    """How many come to the verdict, and how many leave it."""
    to = sum(count for (then, now), count in found.moves.items() if now is verdict and then is not verdict)
    away = sum(count for (then, now), count in found.moves.items() if then is verdict and now is not verdict)
    return to, away
