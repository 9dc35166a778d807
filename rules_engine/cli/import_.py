"""`o2o import`: another notation's rules as a ruleset of ours."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from rules_engine import folders
from rules_engine.cli.output import NO, as_json, finding_json, print_finding, print_json
from rules_engine.formats.catalog_text import merge, read_catalog
from rules_engine.formats.exchange.dmn import Table, read_dmn
from rules_engine.formats.exchange.imported import MAX_BYTES, Imported, Wanted
from rules_engine.formats.exchange.json_logic import read_json_logic
from rules_engine.formats.ruleset_writer import write_ruleset
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import Unreadable
from rules_engine.model.ruleset import Outcome, Step, Verdict

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(name="import")
def command() -> None:
    """Read other rules as a ruleset, and name each part that has no counterpart. Each takes `--json`."""


def with_catalog(function: FunctionT) -> FunctionT:
    """The options that import and export share."""
    for option in (
        click.option("--currency", default="", help="Bare numbers compared with money are in this currency: EUR."),
        click.option("--catalog", type=_FILE, help="A catalog with more fields than the ones that ship."),
    ):
        function = option(function)
    return function


def _common(function: FunctionT) -> FunctionT:
    """What every import is told."""
    steps = click.Choice([each.value for each in Step])
    for option in (
        click.option("--verdict", "verdicts", multiple=True, metavar="WORD=VERDICT", help="What their word means."),
        click.option("--step", required=True, type=steps, help="What it decides."),
        click.option("--ruleset", "name", required=True, help="The name of the new ruleset."),
        click.argument("file", type=_FILE),
    ):
        function = option(function)
    return as_json(with_catalog(function))


def the_catalog(more: Path | None) -> Catalog:
    """What ships, with the types and fields of another file."""
    shipped = folders.full_catalog()
    return merge(shipped, read_catalog(more.read_text("utf-8"), more.name)) if more is not None else shipped


@command.command(name="json-logic")
@_common
@click.option("--then", default=Verdict.PROPOSE.value, show_default=True,
              type=click.Choice([each.value for each in Verdict]), help="The verdict of a bare condition.")  # fmt: skip
def json_logic(
    file: Path, name: str, step: str, verdicts: Sequence[str], currency: str, catalog: Path | None, then: str,
    machine: bool,
) -> None:  # fmt: skip
    """Print FILE, a JsonLogic expression or a list of rules, as a ruleset."""
    wanted = Wanted(name, Step(step), _pairs(verdicts, "--verdict"), currency, Outcome(Verdict(then)))
    _print(lambda: read_json_logic(_read(file), the_catalog(catalog), wanted, file.name), machine)


@command.command(name="dmn")
@_common
@click.option("--decision", default="", help="The id or name of the decision, where the file has several.")
@click.option("--map", "columns", multiple=True, metavar="LABEL=FIELD", help="The field that an input is about.")
def dmn(
    file: Path, name: str, step: str, verdicts: Sequence[str], currency: str, catalog: Path | None, decision: str,
    columns: Sequence[str], machine: bool,
) -> None:  # fmt: skip
    """Print the decision table of FILE, a DMN 1.2 to 1.5 model, as a ruleset."""
    wanted = Wanted(name, Step(step), _pairs(verdicts, "--verdict"), currency)
    table = Table(decision, _pairs(columns, "--map"))
    _print(lambda: read_dmn(_read(file), the_catalog(catalog), wanted, table, file.name), machine)


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES + 1)  # one more says that there is too much


def _pairs(words: Sequence[str], option: str) -> dict[str, str]:
    """`APPROVED=convert` as a mapping; the last `=` parts the two."""
    found = {}
    for each in words:
        left, sign, right = each.rpartition("=")
        if not sign or not left.strip() or not right.strip():
            raise click.BadParameter(f"`{each}` has no two sides: write such as `WORD=OTHER`", param_hint=option)
        found[left.strip()] = right.strip()
    return found


def _print(read: Callable[[], Imported], machine: bool) -> None:
    """The ruleset alone goes to the output; what is to be known about it beside it."""
    try:
        found = read()
    except Unreadable as problem:
        if machine:
            print_json({"ruleset": None, "findings": [finding_json(each) for each in problem.findings]})
        else:
            for finding in problem.findings:
                print_finding(finding)
        sys.exit(NO)
    text = write_ruleset(found.ruleset)
    if machine:
        print_json({"ruleset": text, "findings": [finding_json(each) for each in found.findings]})
        return
    for finding in found.findings:
        click.echo(f"{finding.severity.value}: {finding} [{finding.check}]", err=True)
    click.echo(text, nl=False)
