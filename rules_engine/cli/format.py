"""`o2o format RULESET`: the texts in their canonical layout, or in the current edition of the format, comments kept."""

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from rules_engine import folders
from rules_engine.cli.output import NO, as_json, bad, finding_json, good, print_finding, print_json
from rules_engine.cli.schema import catalog_of, with_catalogs
from rules_engine.formats.editing.text_edits import formatted
from rules_engine.formats.text_migration import migrated
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import Permanent, Unreadable
from rules_engine.model.finding import Finding


@dataclass(frozen=True)
class Formatted:
    """What became of one file; nothing where it has findings."""

    file: Path
    name: str
    changed: bool
    findings: tuple[Finding, ...] = ()


@click.command(name="format")
@click.argument("ruleset", nargs=-1, required=True)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; say which files would change.")
@click.option("--migrate", is_flag=True, help="Only bring older texts to the current edition of the format.")
@with_catalogs
@as_json
def command(
    ruleset: tuple[str, ...], only_check: bool, migrate: bool, catalog: tuple[Path, ...], machine: bool
) -> None:
    """Lay out the three texts of each RULESET (a folder, or a folder of such) canonically; every comment stays."""
    known = catalog_of(catalog)
    files = [file for word in ruleset for folder in folders.ruleset_folders(word) for file in _texts(folder)]
    found = [_format(file, known, only_check, migrate) for file in files]
    if machine:
        print_json({"files": [_json(each) for each in found], "written": not only_check})
    else:
        _say(found, only_check, "migrated" if migrate else "formatted")
    refused = any(each.findings for each in found)
    sys.exit(NO if refused or (only_check and any(each.changed for each in found)) else 0)


def _texts(folder: Path) -> list[Path]:
    return [folder / name for name in folders.TEXTS if (folder / name).is_file()]


def _format(file: Path, catalog: Catalog, only_check: bool, migrate: bool) -> Formatted:
    """Bytes in, bytes out: line ends and a byte order mark are the author's."""
    name = folders.file_in(file.parent, file.name)
    try:
        old = file.read_bytes().decode("utf-8")
        new = migrated(old, file.stem, name) if migrate else formatted(old, file.stem, catalog, name)
    except UnicodeDecodeError:
        raise Permanent(f"`{name}` is not UTF-8 text: save it as UTF-8") from None
    except Unreadable as unreadable:
        return Formatted(file, name, False, tuple(unreadable.findings))
    if new != old and not only_check:
        file.write_bytes(new.encode("utf-8"))
    return Formatted(file, name, new != old)


def _say(found: list[Formatted], only_check: bool, done: str) -> None:
    for each in found:
        for finding in each.findings:
            print_finding(finding)
        if each.changed:
            click.echo(bad(f"{each.name} would be {done}") if only_check else good(f"{each.name} {done}"))
    same = sum(not each.changed and not each.findings for each in found)
    if same:
        click.echo(f"{same} of {len(found)} texts are as they should be")


def _json(each: Formatted) -> dict[str, object]:
    return {"file": each.name, "changed": each.changed, "findings": [finding_json(one) for one in each.findings]}
