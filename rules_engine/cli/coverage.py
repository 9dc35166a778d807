"""`o2o coverage [RULESET]`: what of a ruleset and its mapping its cases have never seen."""

import sys
from pathlib import Path

import click

from rules_engine import folders
from rules_engine.analysis.coverage import Coverage, coverage
from rules_engine.authoring import Checked
from rules_engine.cli.output import NO, as_json, bad, faint, finding_json, good, print_finding, print_json
from rules_engine.model.decision import Truth
from rules_engine.model.draft import Draft
from rules_engine.shipped import shipped


@click.command(name="coverage")
@click.argument("ruleset", required=False)
@as_json
def command(ruleset: str | None, machine: bool) -> None:
    """Say what the cases of RULESET, or of each that ships, have not seen: rules, conditions, target fields."""
    found = folders.ruleset_folders(ruleset or str(shipped("rulesets")))
    rows = [_one(folder, machine) for folder in found]
    if machine:
        print_json({"rulesets": rows})
    sys.exit(0 if all(row["covered"] for row in rows) else NO)


def _one(folder: Path, machine: bool) -> dict[str, object]:
    """The ruleset's row; printed too, where a person reads."""
    desk, draft = folders.file_desk(folder), folders.read_draft(folder)
    checked = desk.check(draft)
    if not machine:
        click.secho(draft.name, bold=True)
    if checked.errors or checked.ruleset is None:
        return _unread(draft, checked, machine)
    found = coverage(checked.ruleset, checked.mapping, desk.run(checked), desk.catalog)
    if not machine:
        _print(found, len(checked.cases))
    return _row(draft, found)


def _unread(draft: Draft, checked: Checked, machine: bool) -> dict[str, object]:
    for finding in checked.errors if not machine else ():
        print_finding(finding)
    return {"ruleset": draft.name, "covered": False, "findings": [finding_json(each) for each in checked.errors]}


def _print(found: Coverage, cases: int) -> None:
    for rule in found.rules:
        seen = ", ".join(f"{truth.value} {rule.truths[truth]}" for truth in Truth)
        mark = good("✓") if rule.decided else bad("✗")
        click.echo(f"  {mark} {rule.rule.id}: decided {rule.decided} {faint(f'({seen})')}")
    several = f"(more than one rule true: {found.several})"
    click.echo(f"  {good('✓') if found.otherwise else bad('✗')} otherwise: decided {found.otherwise} {faint(several)}")
    for gap in found.gaps:
        click.echo(f"  {bad('✗')} {gap.place}: {gap.what}; {gap.remedy}")
    covered, made = sum(each.covered for each in found.conditions), sum(each.made for each in found.fields)
    said = f"{covered} of {len(found.conditions)} conditions seen true and false"
    filled = f"{made} of {len(found.fields)} target fields filled"
    paint = bad if found.gaps else good
    click.echo(paint(f"  {cases} case{'' if cases == 1 else 's'}: {said}, {filled}"))


def _row(draft: Draft, found: Coverage) -> dict[str, object]:
    return {
        "ruleset": draft.name,
        "covered": not found.gaps,
        "rules": [
            {"rule": each.rule.id, "decided": each.decided, **{one.value: each.truths[one] for one in Truth}}
            for each in found.rules
        ],
        "otherwise": found.otherwise,
        "several": found.several,
        "conditions": [
            {
                "rule": each.rule,
                "condition": each.words,
                "line": each.condition.place.line,
                "column": each.condition.place.column,
                "truths": [one.value for one in Truth if one in each.truths],
                "covered": each.covered,
            }
            for each in found.conditions
        ],
        "fields": [
            {"target": each.target, "line": each.field.place.line, "made": each.made, "defaulted": each.defaulted}
            for each in found.fields
        ],
        "gaps": [
            {"what": each.what, "file": each.place.file, "line": each.place.line, "column": each.place.column,
             "remedy": each.remedy}
            for each in found.gaps
        ],
    }  # fmt: skip
