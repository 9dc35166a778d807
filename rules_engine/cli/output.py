"""What commands print: words for people, in colour where a terminal is, or JSON for programs."""

import json
import sys
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeVar

import click

from rules_engine.model.errors import Problem, Retryable, Unreadable
from rules_engine.model.finding import Finding, Severity

NO: Final = 1
ACT: Final = 3
LATER: Final = 4

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def as_json(function: FunctionT) -> FunctionT:
    """The option `--json` that every command has."""
    return click.option("--json", "machine", is_flag=True, help="Print JSON for programs.")(function)


def print_json(data: object) -> None:
    click.echo(json.dumps(data, indent=2, ensure_ascii=False, default=str))


def good(text: str) -> str:
    return click.style(text, fg="green")


def bad(text: str) -> str:
    return click.style(text, fg="red")


def faint(text: str) -> str:
    return click.style(text, dim=True)


def print_finding(finding: Finding) -> None:
    """`ruleset.yaml:12:9: error: ...` in the form that editors can jump to."""
    paint = bad if finding.severity is Severity.ERROR else (lambda text: click.style(text, fg="yellow"))
    hint = f"; {finding.suggestion}" if finding.suggestion else ""
    where = f"{finding.place}: " if str(finding.place) else ""
    click.echo(f"{where}{paint(finding.severity.value)}: {finding.message}{hint} {faint(f'[{finding.check}]')}")


def finding_json(finding: Finding) -> dict[str, object]:
    return {
        "check": finding.check,
        "severity": finding.severity.value,
        "file": finding.place.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "message": finding.message,
        "suggestion": finding.suggestion,
    }


def fail(problem: Problem) -> NoReturn:
    """Print what is wrong and leave with the exit code that says what to do."""
    sys.exit(say_problem(problem))


def say_problem(problem: Problem) -> int:
    """Print what is wrong; the exit code that says what to do."""
    if isinstance(problem, Unreadable):
        for finding in problem.findings:
            print_finding(finding)
        return NO
    click.echo(f"{bad('error')}: {problem}", err=True)
    return LATER if isinstance(problem, Retryable) else ACT
