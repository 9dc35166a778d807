"""Form or YAML -> published version: the whole flow, from a draft's texts to the version that decides.

    draft -> findings -> fixtures -> proof -> published version

A "no" is an answer with its reasons, never an exception: nothing that an author types is lost by it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from rules_engine.analysis.check_ruleset import check_ruleset
from rules_engine.analysis.fixtures import FixtureResult, Records, run_fixture
from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.catalog import Catalog
from rules_engine.model.draft import Draft, Version
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding, Place, Severity
from rules_engine.model.fixture import FixtureCase
from rules_engine.model.mapping import Mapping
from rules_engine.model.ruleset import Ruleset
from rules_engine.ports import Matcher, Prover, Shelf

ReadT = TypeVar("ReadT")
# What the drift of connected systems breaks of the ruleset of this name with its mapping.
Drifted = Callable[[str, Ruleset, Mapping], Sequence[Finding]]


@dataclass(frozen=True)
class Checked:
    """A draft read as far as it can be, with all that is to be said about it; None where a text cannot be read."""

    draft: Draft
    ruleset: Ruleset | None
    mapping: Mapping | None
    cases: tuple[FixtureCase, ...]
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> tuple[Finding, ...]:
        return tuple(each for each in self.findings if each.severity is Severity.ERROR)


@dataclass(frozen=True)
class NotPublished:
    """Why a draft was not published, a sentence a reason."""

    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Desk:
    """Where one workspace's rulesets are written: `records` reads fixture files, `shelf` keeps what is published.

    `prover` asks the production matcher apart before anything is published; None where nothing is.
    `drifted` holds a draft against the schemas that the connected systems have now; None where none is connected.
    """

    catalog: Catalog
    records: Records
    matcher: Matcher
    shelf: Shelf | None = None
    prover: Prover | None = None
    drifted: Drifted | None = None

    def check(self, draft: Draft) -> Checked:
        """Read the three texts and gather every finding, each at its place."""
        findings: list[Finding] = []
        ruleset = _read(lambda: read_ruleset(draft.ruleset_text, self.catalog, "ruleset.yaml"), findings)
        mapping = _read(lambda: read_mapping(draft.mapping_text, self.catalog, "mapping.yaml"), findings)
        cases = _read(lambda: read_cases(draft.cases_text, self.catalog, "cases.yaml"), findings) or ()
        if ruleset:
            findings += check_ruleset(ruleset, self.catalog)
        if ruleset and mapping:
            findings += _check_pair(ruleset, mapping)
        if ruleset and mapping and self.drifted is not None and mapping.target_type == ruleset.step.target:
            findings += self.drifted(draft.name, ruleset, mapping)
        return Checked(draft, ruleset, mapping, cases, tuple(findings))

    def run(self, checked: Checked) -> tuple[FixtureResult, ...]:
        """Every case of the draft; none where its ruleset cannot be read."""
        ruleset = checked.ruleset
        if ruleset is None:
            return ()
        return tuple(
            run_fixture(each, ruleset, checked.mapping, self.records, self.matcher, self.catalog)
            for each in checked.cases
        )

    def publish(self, draft: Draft, note: str, person: str, now: datetime, despite: str = "") -> Version | NotPublished:
        """Make the saved draft the version that decides from now on.

        Not while a finding is an error or the production matcher fails its proof, and not while a fixture fails or
        there is none, unless `despite` says why that is right. A draft that equals the newest version is that version.
        """
        reasons = self.objections(self.check(draft), note, now, despite)
        if reasons or self.shelf is None:
            return NotPublished(reasons or ("there is no workspace to publish to",))
        why = f"{note.strip()} (published although: {despite.strip()})" if despite.strip() else note.strip()
        return self.shelf.publish(draft.name, draft.revision, why, person, now)

    def prove(self, checked: Checked, now: datetime) -> tuple[Finding, ...]:
        """Where the production matcher answers otherwise than the ruleset means, or does not live through asking.

        Nothing where the draft has errors: what cannot be read cannot be asked.
        """
        if self.prover is None or checked.ruleset is None or checked.errors:
            return ()
        return tuple(self.prover.prove(checked.ruleset, self.catalog, now))

    def objections(self, checked: Checked, note: str, now: datetime, despite: str = "") -> tuple[str, ...]:
        """What stands against publishing, a sentence each; nothing is saved or published by asking."""
        reasons = [str(each) for each in checked.errors]
        if not note.strip():
            reasons.append("say in a note what changes, for those who read the history")
        if not despite.strip():
            reasons += _unproven(self.run(checked))
        # The slowest comes last, and only for what nothing else stands against.
        return tuple(reasons or [str(each) for each in self.prove(checked, now)])


def _read(read: Callable[[], ReadT], findings: list[Finding]) -> ReadT | None:
    try:
        return read()
    except Unreadable as unreadable:
        findings += unreadable.findings
        return None


def _check_pair(ruleset: Ruleset, mapping: Mapping) -> list[Finding]:
    """The mapping must make what the ruleset's step is for."""
    if mapping.source_type == "case" and mapping.target_type == ruleset.step.target:
        return []
    place = mapping.place if mapping.place.line else Place("mapping.yaml", 1, 1)
    made = f"the mapping goes from `{mapping.source_type}` to `{mapping.target_type}`, and the step is `{ruleset.step}`"
    return [Finding("wrong-target", made, place, suggestion=f"write `from: case` and `to: {ruleset.step.target}`")]


def _unproven(results: Sequence[FixtureResult]) -> list[str]:
    if not results:
        return ["no fixture proves this ruleset: write at least one case, or say why none is needed"]
    return [f"fixture `{each.fixture.name}` fails: {failure}" for each in results for failure in each.failures]
