"""The cases of a ruleset as pytest's items, for `pytest_plugin`."""

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pytest

from rules_engine import folders
from rules_engine.analysis.reports import after_failures
from rules_engine.authoring import Checked, Desk
from rules_engine.model.errors import Problem
from rules_engine.model.finding import Place
from rules_engine.model.fixture import FixtureCase

RULESET, CASES = folders.TEXTS[0], folders.TEXTS[-1]


class Failed(Exception):
    """A case is not met, or a ruleset cannot be read: its text is what `o2o test` prints."""


class CasesFile(pytest.File):
    """`cases.yaml`, with one ruleset below it: so each case has the name of its ruleset in its own."""

    def collect(self) -> "Iterator[RulesetCases]":
        yield RulesetCases.from_parent(self, name=self.path.parent.resolve().name)


class RulesetCases(pytest.Collector):
    """A ruleset that is read once for all its cases; one that cannot be read is a test that fails by its findings."""

    @cached_property
    def desk(self) -> Desk:
        return folders.file_desk(self.path.parent)

    @cached_property
    def checked(self) -> Checked:
        return self.desk.check(folders.read_draft(self.path.parent))

    def collect(self) -> "Iterator[CaseItem | UnreadItem]":
        try:
            findings = [replace(each, place=self.place(each.place)) for each in self.checked.errors]
            said = [str(each) for each in findings]
        except Problem as problem:
            said = [str(problem)]
        if said:
            yield UnreadItem.from_parent(self, name="can be read", findings=said)
            return
        for each in self.checked.cases:
            yield CaseItem.from_parent(self, name=each.name, fixture=each)

    def place(self, place: Place) -> Place:
        """The place with the path of its file from here, as editors and terminals take it."""
        file = self.path.parent / (place.file or RULESET)
        return replace(place, file=os.path.relpath(file, self.config.invocation_params.dir))


class _Item(pytest.Item):
    @property
    def ruleset(self) -> RulesetCases:
        found = self.getparent(RulesetCases)
        if found is None:
            raise TypeError("a case stands below its ruleset")
        return found

    def titled(self, line: int) -> tuple[Path, int, str]:
        """What `reportinfo` says: file, line from 0, title."""
        return self.path, line, f"{self.ruleset.name}::{self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:  # noqa: ARG002 - pytest's signature
        if isinstance(excinfo.value, Failed):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))


class UnreadItem(_Item):
    def __init__(self, *, findings: list[str], **named: object) -> None:
        super().__init__(**named)  # type: ignore[arg-type]  # passed on as pytest gave it
        self.findings = findings

    def runtest(self) -> None:
        raise Failed("\n".join(self.findings))

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.titled(0)


class CaseItem(_Item):
    def __init__(self, *, fixture: FixtureCase, **named: object) -> None:
        super().__init__(**named)  # type: ignore[arg-type]  # passed on as pytest gave it
        self.fixture = fixture

    def runtest(self) -> None:
        ruleset = self.ruleset
        for result in ruleset.desk.run(replace(ruleset.checked, cases=(self.fixture,))):
            if result.failures:
                file = ruleset.place(Place(CASES)).file
                raise Failed("\n".join([*result.failures, *after_failures(result, file)]))

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.titled(self.fixture.place.line - 1)
