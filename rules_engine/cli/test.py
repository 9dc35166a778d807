"""`o2o test [RULESET]`: run a ruleset's cases and say of each what was expected and what came."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

import click

from rules_engine import folders
from rules_engine.analysis.fixtures import FixtureResult
from rules_engine.analysis.reports import RulesetReport, case_json, junit
from rules_engine.bootstrap import now
from rules_engine.cli.output import NO, as_json, bad, faint, finding_json, good, print_finding, print_json
from rules_engine.cli.watching import changes, run_on_changes
from rules_engine.model.finding import Place
from rules_engine.shipped import shipped


@click.command(name="test")
@click.argument("ruleset", nargs=-1)
@click.option("--junit", "xml", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit's XML to this file.")
@click.option("--watch", is_flag=True, help="Run again whenever a file changes, until Ctrl-C.")
@as_json
@click.pass_obj
def command(
    given: Iterable[Sequence[Path]] | None, ruleset: tuple[str, ...], xml: Path | None, watch: bool, machine: bool
) -> None:
    """Run the cases of each RULESET (a folder, a folder of such folders, or a name that ships), or of all that ship."""
    found = [folder for word in ruleset or [str(shipped("rulesets"))] for folder in folders.ruleset_folders(word)]
    run = partial(_run, found, xml, machine)
    if not watch:
        sys.exit(run())
    # Looked at before the first run, so that no change after it goes by; a caller can bring changes of its own.
    sys.exit(run_on_changes(run, given or changes([*found, shipped("fixtures")])))


def _run(found: Sequence[Path], xml: Path | None, machine: bool) -> int:
    """The exit code: whether all was as expected."""
    reports = [_report(folder, _quiet if machine else _say) for folder in found]
    if xml:
        xml.write_bytes(junit(reports, now()))
    failed, total = sum(each.failed for each in reports), sum(len(each.results) for each in reports)
    broken = sum(bool(each.findings) for each in reports)
    if machine:
        print_json({"rulesets": [_json(each) for each in reports], "cases": total, "failed": failed})
    else:
        unread = f", {broken} rulesets not readable" if broken else ""
        paint = bad if failed or broken else good
        click.echo(paint(f"{total - failed} of {total} cases as expected{unread}"))
    return NO if failed or broken else 0


def _report(folder: Path, say: Callable[[RulesetReport], None]) -> RulesetReport:
    desk = folders.file_desk(folder)
    checked = desk.check(folders.read_draft(folder))
    file = folders.file_in(folder, "cases.yaml")
    report = RulesetReport(checked.draft.name, file, checked.errors, ())
    say(report)
    for each in checked.cases if not checked.errors else ():
        start = perf_counter()
        for result in desk.run(replace(checked, cases=(each,))):
            timed = replace(result, seconds=perf_counter() - start)
            report = replace(report, results=(*report.results, timed))
            say(report)
    return report


def _json(report: RulesetReport) -> dict[str, object]:
    return {
        "ruleset": report.ruleset,
        "findings": [finding_json(each) for each in report.findings],
        "cases": [case_json(each, report.file, folders.full_catalog()) for each in report.results],
        "seconds": round(report.seconds, 4),
    }


# --- for people ------------------------------------------------------------------------------------------------


def _quiet(report: RulesetReport) -> None:
    """A program gets all at the end."""


def _say(report: RulesetReport) -> None:
    """What came since it was said last: the ruleset itself, or its newest case."""
    if report.results:
        _print(report.results[-1], report.file)
        return
    click.secho(report.ruleset, bold=True)
    for finding in report.findings:
        print_finding(finding)


def _print(result: FixtureResult, file: str) -> None:
    came = f"{result.decision.verdict.value} {result.decision.rule}".strip() if result.decision else "not decided"
    mark = good("✓") if result.passed else bad("✗")
    place = "" if result.passed else faint(f" {Place(file, result.fixture.place.line)}")
    click.echo(f"  {mark} {result.fixture.name} {faint(f'({came})')}{place}")
    for failure in result.failures:
        click.echo(f"      {bad(failure)}")
