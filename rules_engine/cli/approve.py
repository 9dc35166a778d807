"""`o2o approve [CONVERSION]`: what waits for a person's yes, and the answer."""

import sys
from getpass import getuser

import click

from rules_engine import approval
from rules_engine.bootstrap import Product, open_product
from rules_engine.cli.output import LATER, NO, as_json, bad, faint, good, print_json
from rules_engine.config import read_settings
from rules_engine.model.errors import NotFound
from rules_engine.model.run import ConversionRun, ConversionState
from rules_engine.store import pages
from rules_engine.store.conversion_rows import OPEN, conversion_run


@click.command(name="approve")
@click.argument("conversion", type=click.IntRange(1), required=False)
@click.option("--refuse", is_flag=True, help="Say no: the same document or change is not proposed again.")
@click.option("--done", is_flag=True, help="Say that the change was made in the order system by hand.")
@click.option("--reason", default="", help="Why it is refused.")
@click.option("--as", "who", default="", help="Who answers; without it the user of this machine.")
@click.option("--workspace", default="demo", show_default=True, help="The workspace of the conversion.")
@as_json
def command(
    conversion: int | None, refuse: bool, done: bool, reason: str, who: str, workspace: str, machine: bool
) -> None:
    """Send what was proposed, by its number; without one, list what waits for a yes."""
    if refuse and done or (conversion is None and (refuse or done)):
        raise click.UsageError("say one number, and one of `--refuse` and `--done` at most")
    product = open_product(read_settings())
    try:
        if conversion is None:
            _list(product, workspace, machine)
            return
        run = _answer(product, workspace, _run(product, workspace, conversion), who or getuser(), refuse, done, reason)
    finally:
        product.matcher.close()
    _print(run, machine)
    if not refuse and run.state is not ConversionState.CONFIRMED:
        sys.exit(LATER if run.state.value in OPEN else NO)


def _run(product: Product, workspace: str, number: int) -> ConversionRun:
    with product.session(workspace) as session:
        found = pages.conversion(session, number)
        if found is None:
            raise NotFound(f"there is no conversion `{number}`; `o2o approve` lists what waits for a yes")
        return conversion_run(found[0])


def _answer(
    product: Product, workspace: str, run: ConversionRun, who: str, refuse: bool, done: bool, reason: str
) -> ConversionRun:
    ports = product.workspace(workspace)
    if refuse:
        return approval.refuse(ports, run, who, reason)
    if done:
        return approval.made_by_hand(ports, run, who)
    return approval.approve(ports, run, who)


def _list(product: Product, workspace: str, machine: bool) -> None:
    with product.session(workspace) as session:
        found = pages.proposals(session)
    if machine:
        print_json([_row(each) for each in found])
        return
    for each in found:
        reason = each.error or each.decision.reason
        click.echo(f"{each.id}  {each.state}  {each.kind} of `{each.opportunity}` {faint(reason)}")
        for change in each.changes:
            click.echo(f"      {change.words}")
    if not found:
        click.echo(good("nothing waits for a yes"))


def _row(each: pages.Converted) -> dict[str, object]:
    return {
        "conversion": each.id,
        "kind": each.kind,
        "step": each.step.value,
        "state": each.state.value,
        "connection": each.crm_connection,
        "opportunity": each.opportunity,
        "order_connection": each.connection,
        "reason": each.error or each.decision.reason,
        "changes": [vars(change) for change in each.changes],
    }


def _print(run: ConversionRun, machine: bool) -> None:
    number = run.written.number or run.written.id if run.written else ""
    if machine:
        print_json(
            {
                "conversion": run.id,
                "kind": run.kind,
                "state": run.state.value,
                "number": number,
                "error": run.error,
                "answered_by": run.answered_by,
                "changes": [vars(change) for change in run.changes],
            }
        )
        return
    paint = good if run.state in (ConversionState.CONFIRMED, ConversionState.DECLINED) else bad
    why = f": {run.error}" if run.error else ""
    click.echo(paint(f"{run.kind} {number or run.id} of `{run.opportunity}` is {run.state} now{why}"))
