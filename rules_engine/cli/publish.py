"""`o2o publish RULESET`: a ruleset's folder becomes the version that decides in a workspace."""

import getpass
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import NoReturn

import click

from rules_engine.authoring import NotPublished
from rules_engine.bootstrap import Product, open_product
from rules_engine.cli.output import NO, as_json, bad, good, print_json
from rules_engine.config import read_settings
from rules_engine.folders import read_draft, records_in, ruleset_folder
from rules_engine.model.draft import Draft
from rules_engine.model.errors import NotFound, Permanent


@click.command(name="publish")
@click.argument("ruleset")
@click.option("--workspace", default="demo", show_default=True, help="The workspace to publish in.")
@click.option("--note", required=True, help="What changes, for those who read the history.")
@click.option("--by", default=getpass.getuser, show_default="the user who runs it", help="Who publishes.")
@click.option("--despite", default="", help="Why it is right to publish although a fixture fails.")
@click.option("--replace-draft", is_flag=True, help="Give up what was typed in the pages and not published.")
@as_json
def command(
    ruleset: str, workspace: str, note: str, by: str, despite: str, replace_draft: bool, machine: bool
) -> None:
    """Publish RULESET: a folder with its three texts, or the name of one that ships."""
    product = open_product(read_settings())
    folder = ruleset_folder(ruleset)
    draft = read_draft(folder)
    desk = replace(product.author(workspace), records=records_in(folder))
    checked = desk.check(draft)
    # Asked before anything is saved, so that a draft in the pages stays as it is.
    objections = desk.objections(checked, note, product.clock(), despite)
    if objections or checked.ruleset is None:
        _refuse(machine, draft.name, objections)
    name, step = checked.ruleset.name, checked.ruleset.step
    draft = replace(draft, name=name, step=step)
    draft = replace(draft, revision=_revision(product, workspace, draft, replace_draft))
    saved = product.rulesets(workspace).save(draft, by, product.clock())
    outcome = desk.publish(saved, note, by, product.clock(), despite)
    if isinstance(outcome, NotPublished):
        _refuse(machine, name, outcome.reasons)
    if machine:
        print_json({"ruleset": name, "version": outcome.number, "sha256": outcome.sha256})
    else:
        click.echo(good(f"{name} is published in `{workspace}` as version {outcome.number}"))
        click.echo(f"sha256 {outcome.sha256}")


def _refuse(machine: bool, name: str, reasons: Sequence[str]) -> NoReturn:
    if machine:
        print_json({"ruleset": name, "reasons": list(reasons)})
    else:
        for reason in reasons:
            click.echo(f"{bad('not published')}: {reason}")
    sys.exit(NO)


def _revision(product: Product, workspace: str, draft: Draft, replace_draft: bool) -> int:
    """The revision that the save follows. Raises Permanent where it would lose somebody's typing."""
    try:
        there = product.rulesets(workspace).draft(draft.name)
    except NotFound:
        return 0
    newest = product.rulesets(workspace).current(draft.name)
    published = (newest.ruleset_text, newest.mapping_text, newest.cases_text) if newest else None
    typed = (there.ruleset_text, there.mapping_text, there.cases_text)
    mine = (draft.ruleset_text, draft.mapping_text, draft.cases_text)
    if typed not in (published, mine) and not replace_draft:
        text = f"`{there.edited_by}` has changed `{draft.name}` in the pages and not published it"
        raise Permanent(f"{text}: publish that first, or give it up with `--replace-draft`")
    return there.revision
