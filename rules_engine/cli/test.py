"""`o2o test [RULESET]`: run a ruleset's cases and say of each what was expected and what came."""

import sys

import click

from rules_engine import bootstrap, folders
from rules_engine.analysis.fixtures import FixtureResult
from rules_engine.cli.output import NO, as_json, bad, fail, faint, finding_json, good, print_finding, print_json
from rules_engine.model.draft import Draft
from rules_engine.model.errors import NotFound


@click.command(name="test")
@click.argument("ruleset", required=False)
@as_json
def command(ruleset: str | None, machine: bool) -> None:
    """Run the cases of RULESET, or of every ruleset that ships."""
    drafts = [folders.read_draft(folders.ruleset_folder(ruleset))] if ruleset else folders.shipped_rulesets()
    if not drafts:
        fail(NotFound("there is no ruleset to test"))
    reports = [_report(draft, machine) for draft in drafts]
    failed = sum(not each["passed"] for report in reports for each in _rows(report))
    broken = sum(bool(report["findings"]) for report in reports)
    total = sum(len(_rows(report)) for report in reports)
    if machine:
        print_json({"rulesets": reports, "cases": total, "failed": failed})
    else:
        paint = bad if failed or broken else good
        unread = f", {broken} rulesets not readable" if broken else ""
        click.echo(paint(f"{total - failed} of {total} cases as expected{unread}"))
    sys.exit(NO if failed or broken else 0)


def _rows(report: dict[str, object]) -> list[dict[str, object]]:
    rows = report["cases"]
    return rows if isinstance(rows, list) else []


def _report(draft: Draft, machine: bool) -> dict[str, object]:
    desk = bootstrap.file_desk()
    checked = desk.check(draft)
    results = desk.run(checked) if not checked.errors else ()
    if not machine:
        click.secho(draft.name, bold=True)
        for finding in checked.errors:
            print_finding(finding)
        for result in results:
            _print(result)
    return {
        "ruleset": draft.name,
        "findings": [finding_json(each) for each in checked.errors],
        "cases": [_row(each) for each in results],
    }


def _row(result: FixtureResult) -> dict[str, object]:
    decision = result.decision
    return {
        "case": result.fixture.name,
        "passed": result.passed,
        "verdict": decision.verdict.value if decision else None,
        "rule": decision.rule if decision else None,
        "reason": decision.reason if decision else None,
        "failures": list(result.failures),
    }


def _print(result: FixtureResult) -> None:
    came = f"{result.decision.verdict.value} {result.decision.rule}".strip() if result.decision else "not decided"
    mark = good("✓") if result.passed else bad("✗")
    click.echo(f"  {mark} {result.fixture.name} {faint(f'({came})')}")
    for failure in result.failures:
        click.echo(f"      {bad(failure)}")
