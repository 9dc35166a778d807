"""`o2o check RULESET`: every finding in a ruleset's three texts, at its line."""

import sys
from dataclasses import replace

import click

from rules_engine import bootstrap, folders
from rules_engine.cli.output import NO, as_json, finding_json, good, print_finding, print_json


@click.command(name="check")
@click.argument("ruleset")
@click.option("--prove", is_flag=True, help="Ask the production matcher apart, as publishing does.")
@as_json
def command(ruleset: str, prove: bool, machine: bool) -> None:
    """Check a RULESET: a folder with ruleset.yaml, mapping.yaml and cases.yaml, or the name of one that ships."""
    folder = folders.ruleset_folder(ruleset)
    desk = bootstrap.file_desk()
    checked = desk.check(folders.read_draft(folder))
    if prove:
        checked = replace(checked, findings=(*checked.findings, *desk.prove(checked, bootstrap.now())))
    if machine:
        print_json({"ruleset": folder.name, "findings": [finding_json(each) for each in checked.findings]})
    else:
        for finding in checked.findings:
            print_finding(finding)
        if not checked.findings and checked.ruleset:
            rules, cases = len(checked.ruleset.rules), len(checked.cases)
            click.echo(good(f"{folder.name}: nothing wrong with its {rules} rules, its mapping and its {cases} cases"))
    sys.exit(NO if checked.errors else 0)
