"""`o2o export`: a ruleset of ours in another notation."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from rules_engine import folders
from rules_engine.cli.import_ import the_catalog, with_catalog
from rules_engine.cli.output import NO, as_json, finding_json, print_finding, print_json
from rules_engine.formats.exchange.dmn_writer import write_dmn
from rules_engine.formats.exchange.json_logic_writer import write_json_logic
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import Unreadable
from rules_engine.model.ruleset import Ruleset


@click.group(name="export")
def command() -> None:
    """Write a ruleset in another notation, or name each part that it cannot say. Each takes `--json`."""


@command.command(name="json-logic")
@click.argument("ruleset")
@as_json
@with_catalog
def json_logic(ruleset: str, currency: str, catalog: Path | None, machine: bool) -> None:
    """Print RULESET as a list of `{id, if, then}`, each `if` a JsonLogic expression."""
    _print(ruleset, currency, the_catalog(catalog), write_json_logic, machine)


@command.command(name="dmn")
@click.argument("ruleset")
@as_json
@with_catalog
def dmn(ruleset: str, currency: str, catalog: Path | None, machine: bool) -> None:
    """Print RULESET as a DMN 1.5 decision table."""
    _print(ruleset, currency, the_catalog(catalog), write_dmn, machine)


def _print(
    word: str, currency: str, catalog: Catalog, write: Callable[[Ruleset, Catalog, str], str], machine: bool
) -> None:
    draft = folders.read_draft(folders.ruleset_folder(word))
    try:
        text = write(read_ruleset(draft.ruleset_text, catalog, "ruleset.yaml"), catalog, currency)
    except Unreadable as problem:
        if machine:
            print_json({"text": None, "findings": [finding_json(each) for each in problem.findings]})
        else:
            for finding in problem.findings:
                print_finding(finding)
        sys.exit(NO)
    if machine:
        print_json({"text": text, "findings": []})
    else:
        click.echo(text.rstrip("\n"))
