"""`o2o publish RULESET`: a ruleset's folder becomes the version that decides in a workspace."""

import getpass
import sys
from dataclasses import replace

import click

from rules_engine.authoring import NotPublished
from rules_engine.bootstrap import Product, open_product
from rules_engine.cli.output import NO, as_json, bad, good, print_json
from rules_engine.config import read_settings
from rules_engine.folders import read_draft, ruleset_folder
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
    draft = read_draft(ruleset_folder(ruleset))
    desk = product.author(workspace)
    checked = desk.check(draft)
    if checked.ruleset:
        revision = _revision(product, workspace, draft, replace_draft)
        draft = replace(draft, name=checked.ruleset.name, step=checked.ruleset.step, revision=revision)
    # Refused before anything is saved: a draft in the pages stays as it is.
    answer = NotPublished(tuple(str(each) for each in checked.errors)) if checked.errors else None
    if answer is None:
        saved = product.rulesets(workspace).save(draft, by, product.clock())
        outcome = desk.publish(saved, note, by, product.clock(), despite)
        if not isinstance(outcome, NotPublished):
            _say(machine, {"ruleset": draft.name, "version": outcome.number, "sha256": outcome.sha256})
            return
        answer = outcome
    if machine:
        print_json({"ruleset": draft.name, "reasons": list(answer.reasons)})
    else:
        for reason in answer.reasons:
            click.echo(f"{bad('not published')}: {reason}")
    sys.exit(NO)


def _say(machine: bool, published: dict[str, object]) -> None:
    if machine:
        print_json(published)
    else:
        click.echo(good(f"{published['ruleset']} is published as version {published['version']}"))
        click.echo(f"sha256 {published['sha256']}")


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
