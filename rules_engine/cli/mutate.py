"""`o2o mutate [RULESET]`: change a ruleset in one place at a time, and say which changes no case notices."""

import sys
import time
from functools import cache
from pathlib import Path

import click

from rules_engine import folders
from rules_engine.analysis.mutation.mutant import Fate, MappingMutant, Report, Result
from rules_engine.analysis.mutation.mutate import failing, mutate
from rules_engine.analysis.mutation.search import Subject
from rules_engine.authoring import Checked
from rules_engine.cli.output import NO, as_json, bad, fail, faint, finding_json, good, print_finding, print_json
from rules_engine.evaluation.match import ReferenceMatcher
from rules_engine.formats.cases_writer import write_cases
from rules_engine.model.draft import Draft
from rules_engine.model.errors import Permanent
from rules_engine.shipped import shipped


@click.command(name="mutate")
@click.argument("ruleset", required=False)
@click.option("--seconds", default=60, show_default=True, help="How long to look for cases, for each ruleset.")
@click.option("--write", type=click.Path(path_type=Path, dir_okay=False), help="Write the cases found into this file.")
@as_json
def command(ruleset: str | None, seconds: int, write: Path | None, machine: bool) -> None:
    """Change RULESET, or each that ships, in one place at a time, and run its cases: do they notice?"""
    found = folders.ruleset_folders(ruleset or str(shipped("rulesets")))
    if write is not None and len(found) > 1:
        raise click.UsageError("`--write` is for the cases of one ruleset: name it")
    if write is not None and write.exists():
        fail(Permanent(f"`{write}` is there already, and is not written over: give the cases another file"))
    rows = [_one(folder, seconds, write, machine) for folder in found]
    if machine:
        print_json({"rulesets": rows})
    sys.exit(0 if all(row["proven"] for row in rows) else NO)


def _one(folder: Path, seconds: int, write: Path | None, machine: bool) -> dict[str, object]:
    """The ruleset's row; printed too, where a person reads."""
    desk, draft = folders.file_desk(folder), folders.read_draft(folder)
    checked = desk.check(draft)
    if not machine:
        click.secho(draft.name, bold=True)
    if checked.errors or checked.ruleset is None:
        return _unread(draft, checked, machine)
    subject = Subject(checked.ruleset, checked.mapping, cache(desk.records), ReferenceMatcher(), desk.catalog)
    broken = [each.fixture.name for each in failing(checked.cases, subject)]
    if broken:
        return _unmet(draft, broken, machine)
    end = time.monotonic() + seconds
    report = mutate(checked.cases, subject, lambda: time.monotonic() < end)
    text = write_cases(report.catches, checked.ruleset.name) if report.catches else ""
    if not machine:
        _print(report, text if write is None else "")
    if write is not None and text:
        write.write_text(text, encoding="utf-8")
    return _row(draft, report, text)


def _unread(draft: Draft, checked: Checked, machine: bool) -> dict[str, object]:
    for finding in checked.errors if not machine else ():
        print_finding(finding)
    return {"ruleset": draft.name, "proven": False, "findings": [finding_json(each) for each in checked.errors]}


def _unmet(draft: Draft, broken: list[str], machine: bool) -> dict[str, object]:
    if not machine:
        click.echo(bad(f"  {len(broken)} of its cases fail already, such as `{broken[0]}`: run `o2o test`"))
    return {"ruleset": draft.name, "proven": False, "failing": broken}


def _print(report: Report, text: str) -> None:
    for each in report.of(Fate.SURVIVED):
        click.echo(f"  {bad('✗')} {each.mutant.place}: {each.mutant.what} {faint(f'({_of(each)})')}")
        click.echo(f"      {_remedy(each)}")
    killed, survived = len(report.of(Fate.KILLED)), len(report.of(Fate.SURVIVED))
    paint = bad if survived else good
    click.echo(paint(f"  {killed} of {killed + survived} changes noticed by a case ({report.score} %)"), nl=False)
    click.echo(f"; proven to make no difference: {len(report.of(Fate.EQUIVALENT))}")
    if text:
        click.echo(f"\ncases that would notice what is not noticed yet:\n\n{text}")


def _of(result: Result) -> str:
    mutant = result.mutant
    if isinstance(mutant, MappingMutant):
        return f"field {mutant.target}"
    return f"rule {mutant.rule}" if mutant.rule else "the ruleset"


def _remedy(result: Result) -> str:
    if result.catch is not None:
        return f"add the case `{result.catch.name}`"
    return "survived, no distinguishing case found" if result.searched else "survived, not searched: the time was over"


def _row(draft: Draft, report: Report, text: str) -> dict[str, object]:
    counts = {fate.value: len(report.of(fate)) for fate in Fate}
    mutants = [_mutant(each) for each in report.results]
    proven = not counts["survived"]
    return {"ruleset": draft.name, "proven": proven, "score": str(report.score), **counts, "mutants": mutants,
            "cases": text}  # fmt: skip


def _mutant(result: Result) -> dict[str, object]:
    mutant = result.mutant
    where = {"target": mutant.target} if isinstance(mutant, MappingMutant) else {"rule": mutant.rule}
    return {
        "kind": mutant.kind,
        "what": mutant.what,
        **where,
        "file": mutant.place.file,
        "line": mutant.place.line,
        "column": mutant.place.column,
        "fate": result.fate.value,
        "by": result.by,
        "catch": result.catch.name if result.catch else None,
        "searched": result.searched,
    }
