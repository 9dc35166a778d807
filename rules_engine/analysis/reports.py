"""What came of the cases of several rulesets, for programs: JSON, and JUnit's XML for a pipeline's test pages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any as Json
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rules_engine.analysis.fixtures import FixtureResult, MomentResult
from rules_engine.evaluation.explain import evidence, obstacle
from rules_engine.evaluation.role import blockers
from rules_engine.model.catalog import Catalog
from rules_engine.model.decision import Decision, RuleTrace, Truth
from rules_engine.model.finding import Finding, Place

# All that XML 1.0 cannot hold, even as a reference.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class RulesetReport:
    """`findings` are the errors for which no case was run; `file` names the file of the cases as a person would."""

    ruleset: str
    file: str
    findings: tuple[Finding, ...]
    results: tuple[FixtureResult, ...]

    @property
    def failed(self) -> int:
        return sum(not each.passed for each in self.results)

    @property
    def passed(self) -> bool:
        return not self.findings and not self.failed

    @property
    def seconds(self) -> float:
        return sum(each.seconds or 0 for each in self.results)


# --- JSON ------------------------------------------------------------------------------------------------------


def case_json(result: FixtureResult, file: str, catalog: Catalog) -> dict[str, Json]:
    """One case: what was expected, what came and why, its place, and of each rule whether it was true and why."""
    decision, fixture = result.decision, result.fixture
    return {
        "case": fixture.name,
        "passed": result.passed,
        "verdict": decision.verdict.value if decision else None,
        "rule": decision.rule if decision else None,
        "reason": decision.reason if decision else None,
        "failures": list(result.failures),
        "expected": _expected(result.moments[-1]) if result.moments else {"verdict": fixture.expect.verdict.value},
        "place": {"file": file, "line": fixture.place.line, "column": fixture.place.column},
        "now": fixture.now.isoformat(),
        "seconds": None if result.seconds is None else round(result.seconds, 4),
        "rules": [_rule(each, catalog) for each in decision.rules] if decision else [],
        "steps": [_step(each, file) for each in result.moments] if fixture.steps else [],
    }


def _expected(result: MomentResult) -> dict[str, Json]:
    expect = result.moment.expect
    return {
        "verdict": expect.verdict.value,
        "rule": expect.rule,
        "reason": expect.reason,
        "fields": list(expect.fields),
    }


def _rule(trace: RuleTrace, catalog: Catalog) -> dict[str, Json]:
    if trace.truth is Truth.TRUE:
        why = [evidence(trace, catalog)]
    else:
        why = [obstacle(each, catalog) for each in blockers(trace.trace)]
    counts = {"mode": trace.mode.value, "considered": trace.considered}
    return {"rule": trace.rule, "title": trace.title, "truth": trace.truth.value, **counts, "why": why}


def _step(result: MomentResult, file: str) -> dict[str, Json]:
    moment = result.moment
    return {
        "step": moment.what,
        "now": moment.now.isoformat(),
        "passed": not result.failures,
        "verdict": result.decision.verdict.value,
        "rule": result.decision.rule,
        "reason": result.decision.reason,
        "failures": list(result.failures),
        "expected": _expected(result),
        "place": {"file": file, "line": moment.place.line, "column": moment.place.column},
    }


# --- JUnit -----------------------------------------------------------------------------------------------------


def junit(reports: Sequence[RulesetReport], at: datetime) -> bytes:
    """JUnit's XML as both its common schemas have it (that of Ant and that of Jenkins); `at` is when it was run.

    A suite for each ruleset; one that cannot be read is a failing test of its own with its findings.
    """
    root = Element("testsuites")
    for number, report in enumerate(reports):
        _suite(root, report, number, at)
    indent(root)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _suite(root: Element, report: RulesetReport, number: int, at: datetime) -> None:
    unread = bool(report.findings)
    suite = SubElement(root, "testsuite", {
        "name": _token(report.ruleset),
        "package": "",
        "id": str(number),
        "timestamp": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "hostname": "localhost",
        "tests": str(len(report.results) + unread),
        "failures": str(report.failed + unread),
        "errors": "0",
        "time": _seconds(report.seconds),
    })  # fmt: skip
    properties = SubElement(suite, "properties")
    SubElement(properties, "property", {"name": "file", "value": _clean(report.file)})
    if report.findings:
        _test(suite, report, "can be read", 0, [str(each) for each in report.findings], "finding")
    for result in report.results:
        _test(suite, report, result.fixture.name, result.seconds or 0, _said(result, report.file), "expectation")
    SubElement(suite, "system-out")
    SubElement(suite, "system-err")


def _test(
    suite: Element, report: RulesetReport, name: str, seconds: float, failures: Sequence[str], kind: str
) -> None:
    attributes = {"name": _token(name), "classname": _token(report.ruleset), "time": _seconds(seconds)}
    test = SubElement(suite, "testcase", attributes)
    if failures:
        failure = SubElement(test, "failure", {"message": _clean(failures[0]), "type": kind})
        failure.text = _clean("\n".join(failures))


def _said(result: FixtureResult, file: str) -> list[str]:
    """The failures, then the place of the case and why it was decided as it was."""
    if result.passed:
        return []
    return [*result.failures, *after_failures(result, file)]


def after_failures(result: FixtureResult, file: str) -> list[str]:
    """What stands below the failures of a case: where it is, and the decision."""
    place = result.fixture.place
    where = str(Place(file, place.line)) if place.line else file
    return [where, *([_decided(result.decision)] if result.decision else [])]


def _decided(decision: Decision) -> str:
    by = f" by `{decision.rule}`" if decision.rule else ""
    return f"decided {decision.verdict.value}{by} for {decision.now.isoformat(' ', 'minutes')}: {decision.reason}"


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _token(text: str) -> str:
    """Without white space at the ends, and one space at most in a row: what XML's schemas call a token."""
    return " ".join(_clean(text).split())


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
