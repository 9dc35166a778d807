"""`o2o replay`: kept evaluations asked again from what was stored with them."""

import sys

import click

from rules_engine.bootstrap import Product, open_product
from rules_engine.cli.output import NO, as_json, bad, faint, good, print_json
from rules_engine.config import read_settings
from rules_engine.store.replays import Replay, replay, replay_all


@click.command(name="replay")
@click.option("--decision", type=click.IntRange(1), help="One decision, by the number that its page shows.")
@click.option("--all", "every", is_flag=True, help="Every decision that is kept.")
@click.option("--workspace", default="demo", show_default=True, help="The workspace of the decisions.")
@as_json
def command(decision: int | None, every: bool, workspace: str, machine: bool) -> None:
    """Evaluate again what was decided, and say whether verdict, rule and every condition are the same."""
    if (decision is None) is not every:
        raise click.UsageError("say which: `--decision N` or `--all`")
    product = open_product(read_settings())
    try:
        count, differing = _run(product, workspace, decision, machine)
    finally:
        product.matcher.close()
    if not machine:
        paint = bad if differing else good
        click.echo(paint(f"{count - differing} of {count} decisions replayed with the same answer"))
    sys.exit(NO if differing else 0)


def _run(product: Product, workspace: str, decision: int | None, machine: bool) -> tuple[int, int]:
    catalog, rows, count, differing = product.catalog(workspace), [], 0, 0
    with product.session(workspace) as session:
        found = (
            replay_all(session, product.matcher, catalog)
            if decision is None
            else iter((replay(session, decision, product.matcher, catalog),))
        )
        for each in found:
            count += 1
            differing += not each.same
            if machine:
                rows.append(_row(each))
            else:
                _print(each)
    if machine:
        print_json({"decisions": count, "differing": differing, "replays": rows})
    return count, differing


def _row(each: Replay) -> dict[str, object]:
    return {
        "decision": each.number,
        "ruleset": each.ruleset,
        "version": each.version,
        "verdict": each.verdict,
        "rule": each.rule,
        "same": each.same,
        "differences": list(each.differences),
    }


def _print(each: Replay) -> None:
    came = f"{each.verdict} {each.rule}".strip()
    mark = good("✓") if each.same else bad("✗")
    click.echo(f"  {mark} decision {each.number}: {came} {faint(f'({each.ruleset}, version {each.version})')}")
    for line in each.differences:
        click.echo(f"      {bad(line)}")
