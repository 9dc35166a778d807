"""`o2o diff OLD NEW`: what changed between two rulesets, in words; of mappings and cases, the lines that differ."""

import difflib
import sys
from pathlib import Path

import click

from rules_engine import folders
from rules_engine.analysis.ruleset_changes import RuleChange, diff
from rules_engine.cli.output import NO, as_json, bad, faint, good, print_json
from rules_engine.cli.schema import catalog_of, with_catalogs
from rules_engine.formats.ruleset_text import read_ruleset
from rules_engine.model.catalog import Catalog
from rules_engine.model.ruleset import Ruleset


@click.command(name="diff")
@click.argument("old")
@click.argument("new")
@with_catalogs
@as_json
def command(old: str, new: str, catalog: tuple[Path, ...], machine: bool) -> None:
    """Say what changed from the ruleset OLD to NEW: folders, or files of a ruleset's own text. Exits with 1 if so."""
    known = catalog_of(catalog)
    changes = diff(_ruleset(old, known), _ruleset(new, known), known)
    lines = _other_texts(old, new)
    if machine:
        texts = [{"file": name, "lines": found} for name, found in lines.items()]
        print_json({"changes": [change_json(each) for each in changes], "texts": texts})
    else:
        _say(changes, lines)
    sys.exit(NO if changes or lines else 0)


def _ruleset(word: str, catalog: Catalog) -> Ruleset:
    """Of a file that is a ruleset's text, or of a folder."""
    file = Path(word)
    if not file.is_file():
        file = folders.ruleset_folder(word) / folders.TEXTS[0]
    return read_ruleset(file.read_text("utf-8"), catalog, str(file))


def _other_texts(old: str, new: str) -> dict[str, list[str]]:
    """Unified lines of the mappings and of the cases; none where files are compared."""
    if Path(old).is_file() or Path(new).is_file():
        return {}
    sides = [folders.ruleset_folder(each) for each in (old, new)]
    found = {name: list(_lines(*(_read(side / name) for side in sides))) for name in folders.TEXTS[1:]}
    return {name: lines for name, lines in found.items() if lines}


def _read(file: Path) -> list[str]:
    return file.read_text("utf-8").splitlines() if file.is_file() else []


def _lines(old: list[str], new: list[str]) -> list[str]:
    return list(difflib.unified_diff(old, new, "old", "new", lineterm="", n=1))[2:]


def change_json(change: RuleChange) -> dict[str, object]:
    return {
        "rule": change.rule,
        "what": change.what.value,
        "before": change.before,
        "after": change.after,
        "words": [{"mark": each.mark, "text": each.text} for each in change.pieces],
    }


def _say(changes: tuple[RuleChange, ...], lines: dict[str, list[str]]) -> None:
    for each in changes:
        click.echo(str(each))
    for name, found in lines.items():
        click.echo(faint(name))
        for line in found:
            click.echo(good(line) if line.startswith("+") else bad(line) if line.startswith("-") else faint(line))
    if not changes and not lines:
        click.echo("the two mean the same")
