"""`o2o check RULESET`: every finding in a ruleset's three texts, at its line."""

import sys

import click

from rules_engine import bootstrap, folders
from rules_engine.cli.output import NO, as_json, finding_json, good, print_finding, print_json


@click.command(name="check")
@click.argument("ruleset")
@as_json
def command(ruleset: str, machine: bool) -> None:
    """Check a RULESET: a folder with ruleset.yaml, mapping.yaml and cases.yaml, or the name of one that ships."""
    folder = folders.ruleset_folder(ruleset)
    checked = bootstrap.file_desk().check(folders.read_draft(folder))
    if machine:
        print_json({"ruleset": folder.name, "findings": [finding_json(each) for each in checked.findings]})
    else:
        for finding in checked.findings:
            print_finding(finding)
        if not checked.findings and checked.ruleset:
            rules, cases = len(checked.ruleset.rules), len(checked.cases)
            click.echo(good(f"{folder.name}: nothing wrong with its {rules} rules, its mapping and its {cases} cases"))
    sys.exit(NO if checked.errors else 0)
