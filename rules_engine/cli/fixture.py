"""`o2o fixture`: freeze what was decided of a real deal as a case of the ruleset's own test, personal data masked."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click
from sqlalchemy.orm import Session

from rules_engine import folders
from rules_engine.analysis.fixtures import run_fixture
from rules_engine.analysis.freeze import Frozen, Published, freeze
from rules_engine.analysis.mask import Masker
from rules_engine.bootstrap import Product, open_product
from rules_engine.cli.output import as_json, bad, faint, good, print_json
from rules_engine.config import read_settings
from rules_engine.formats.case_json import read_case_record, write_case_record
from rules_engine.formats.cases_append import append_case, case_lines
from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import NotFound, Permanent
from rules_engine.model.fixture import Expectation, FixtureCase
from rules_engine.model.ruleset import Step, Verdict
from rules_engine.model.values import Record
from rules_engine.store.seen import Evaluation, of_deal, of_event

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
MOST_NAMED = 20
NO_CASES = "format: 1\ncases: []\n"


@dataclass(frozen=True)
class Asked:
    """What the options say; `folder` is None where the case is only printed."""

    workspace: str
    folder: Path | None
    step: Step | None
    name: str
    machine: bool


def options(function: FunctionT) -> FunctionT:
    """What both commands have."""
    steps = click.Choice([each.value for each in Step])
    for add in (
        as_json,
        click.option("--name", default="", help="What the case is called; unless said, after the deal and the day."),
        click.option("--step", type=steps, help="Of which step; unless said, the ruleset's or the first."),
        click.option("--ruleset", help="Append to the cases.yaml of this folder; without it all is printed."),
        click.option("--workspace", default="demo", show_default=True, help="The workspace of the deal."),
    ):
        function = add(function)
    return function


@click.group(name="fixture")
def command() -> None:
    """Freeze what was decided of a real deal as a case. Both commands have --json, for programs."""


@command.command(name="from-event")
@click.argument("event")
@options
def from_event(event: str, **given: Any) -> None:
    """Freeze the evaluation that the accepted EVENT led to: its id, or its number in the inbox."""
    asked = _asked(**given)
    _freeze(asked, lambda session: of_event(session, event, asked.step))


@command.command(name="from-deal")
@click.argument("opportunity")
@click.option("--connection", default="", help="The CRM connection, where two have a deal with this id.")
@options
def from_deal(opportunity: str, connection: str, **given: Any) -> None:
    """Freeze the newest evaluation of the deal with the id OPPORTUNITY in its CRM."""
    asked = _asked(**given)
    _freeze(asked, lambda session: of_deal(session, opportunity, asked.step, connection))


def _asked(workspace: str, ruleset: str | None, step: str | None, name: str, machine: bool) -> Asked:
    folder = folders.ruleset_folder(ruleset) if ruleset else None
    if folder is not None and not Path(str(ruleset)).exists():
        raise NotFound(f"`{ruleset}` ships with the product and is not changed: name a folder of your own")
    own = folders.file_desk(folder).check(folders.read_draft(folder)).ruleset if folder and not step else None
    return Asked(workspace, folder, Step(step) if step else own.step if own else None, name, machine)


def _freeze(asked: Asked, find: Callable[[Session], Evaluation]) -> None:
    product = open_product(read_settings())
    with product.session(asked.workspace) as session:
        seen = find(session)
    catalog = product.catalog(asked.workspace)
    published = _published(product, asked.workspace, seen, catalog)
    masker = Masker(product.secrets.key_for(f"masks of {asked.workspace}"))
    text = _cases_of(asked.folder)
    blank = _named(asked, seen, text, catalog)
    frozen = freeze(seen.case, seen.decision, published, product.matcher, catalog, masker, blank)
    files = _files(frozen, catalog)
    notes = [f"`{path}` is not masked: {why}" for path, why in frozen.kept.items()]
    appended = append_case(text, frozen.fixture, catalog, notes)
    _prove(appended, files, frozen.fixture.name, published, product, catalog)
    if asked.folder is not None:
        _write(asked.folder, appended, files)
    _print(asked, frozen, seen, files, notes)


def _published(product: Product, workspace: str, seen: Evaluation, catalog: Catalog) -> Published:
    version = product.rulesets(workspace).version(seen.version_id)
    ruleset = read_ruleset(version.ruleset_text, catalog, "ruleset.yaml")
    return Published(ruleset, read_mapping(version.mapping_text, catalog, "mapping.yaml"))


# --- names and files -------------------------------------------------------------------------------------------


def _cases_of(folder: Path | None) -> str:
    """The text of the folder's cases, its line ends as they are."""
    if folder is None:
        return NO_CASES
    with (folder / "cases.yaml").open(encoding="utf-8", newline="") as file:
        return file.read()


def _named(asked: Asked, seen: Evaluation, text: str, catalog: Catalog) -> FixtureCase:
    """The case with its name and those of its files, none of which is there already."""
    taken = {each.name for each in read_cases(text, catalog, "cases.yaml")}
    at = seen.decision.now.strftime("%Y-%m-%d %H:%M")
    name = asked.name or f"{seen.opportunity} as it was on {at}, {seen.decision.step.value}"
    if asked.name in taken:
        raise Permanent(f"there is a case `{name}` already: say with `--name` what makes this one different")
    name = _free(name, taken, " ({})")
    slug = re.sub(r"[^A-Za-z0-9]+", "-", f"{seen.opportunity}-{at[:10]}").strip("-")
    there = set(folders.beside(asked.folder)) if asked.folder else set()
    stem = _free(f"./{slug}", {each.removesuffix(".json") for each in there}, "-{}")
    return FixtureCase(
        name,
        seen.decision.now,
        Expectation(Verdict.IGNORE),
        record=f"{stem}.json",
        previous_record=f"{stem}.before.json",
    )


def _free(name: str, taken: set[str], end: str) -> str:
    number = 2
    found = name
    while found in taken:
        found, number = name + end.format(number), number + 1
    return found


def _files(frozen: Frozen, catalog: Catalog) -> dict[str, str]:
    """The text of each file that the case names."""
    found = {frozen.fixture.record: write_case_record(frozen.record, catalog)}
    if frozen.previous is not None:
        found[frozen.fixture.previous_record] = write_case_record(frozen.previous, catalog)
    return found


def _prove(
    text: str, files: Mapping[str, str], name: str, published: Published, product: Product, catalog: Catalog
) -> None:
    """What is written must be decided as it was, read back from its own words. Raises Permanent where it is not."""

    def records(file: str, zone: str) -> Record:  # noqa: ARG001 - the port's signature: a case says its own zone
        return read_case_record(files[file], catalog, file)

    fixture = next(each for each in read_cases(text, catalog, "cases.yaml") if each.name == name)
    result = run_fixture(fixture, published.ruleset, published.mapping, records, product.matcher, catalog)
    if result.failures:
        raise Permanent(f"read back, the case is decided otherwise: {'; '.join(result.failures)}")


def _write(folder: Path, text: str, files: Mapping[str, str]) -> None:
    """The files first: a case never names one that is not there."""
    for name, content in files.items():
        with (folder / name).open("x", encoding="utf-8", newline="\n") as file:
            file.write(content)
    with (folder / "cases.yaml").open("w", encoding="utf-8", newline="") as file:
        file.write(text)


# --- what is said ----------------------------------------------------------------------------------------------


def _print(asked: Asked, frozen: Frozen, seen: Evaluation, files: Mapping[str, str], notes: Sequence[str]) -> None:
    expect = frozen.fixture.expect
    differs = _now(asked.folder, frozen.fixture)
    if asked.machine:
        print_json({
            "case": frozen.fixture.name,
            "opportunity": seen.opportunity,
            "trigger": seen.trigger,
            "verdict": expect.verdict.value,
            "rule": expect.rule,
            "text": "\n".join(case_lines(frozen.fixture, notes)) + "\n",
            "files": dict(files),
            "masked": dict(frozen.masked),
            "kept": dict(frozen.kept),
            "written_to": str(asked.folder) if asked.folder else None,
            "failures_now": list(differs),
        })  # fmt: skip
        sys.exit(0)
    if asked.folder is None:
        _print_texts(frozen, files, notes)
    else:
        names = ", ".join(f"`{each}`" for each in files)
        file = folders.file_in(asked.folder, "cases.yaml")
        click.echo(good(f"`{frozen.fixture.name}` stands in {file} now, with {names}"))
    by = f" by `{expect.rule}`" if expect.rule else ""
    click.echo(f"decided then, and again with masked data: {expect.verdict.value}{by}", err=asked.folder is None)
    _say_masks(frozen, notes, err=asked.folder is None)
    for each in differs:
        click.echo(bad(f"with the ruleset as it stands in the folder: {each}"))


def _print_texts(frozen: Frozen, files: Mapping[str, str], notes: Sequence[str]) -> None:
    click.echo(faint("# at the end of `cases` in cases.yaml"))
    click.echo("\n".join(case_lines(frozen.fixture, notes)))
    for name, content in files.items():
        click.echo(faint(f"\n# {name}"))
        click.echo(content, nl=False)


def _say_masks(frozen: Frozen, notes: Sequence[str], *, err: bool) -> None:
    values, fields = sum(frozen.masked.values()), sorted(frozen.masked)
    names = ", ".join(f"`{each}`" for each in fields[:MOST_NAMED])
    more = f" and {len(fields) - MOST_NAMED} more (all with `--json`)" if len(fields) > MOST_NAMED else ""
    said = f"masked {values} values of {len(fields)} fields: {names}{more}" if values else "nothing had to be masked"
    click.echo(said, err=err)
    for each in notes:
        click.echo(bad(each), err=err)
    click.echo("ids, codes, amounts and dates are as they were: read the file before you share it", err=err)


def _now(folder: Path | None, fixture: FixtureCase) -> tuple[str, ...]:
    """What the folder's ruleset, as it stands there now, decides otherwise."""
    if folder is None:
        return ()
    desk = folders.file_desk(folder)
    checked = desk.check(folders.read_draft(folder))
    mine = tuple(each for each in checked.cases if each.name == fixture.name)
    return tuple(failure for result in desk.run(replace(checked, cases=mine)) for failure in result.failures)
