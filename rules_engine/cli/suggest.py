"""`o2o suggest SOURCE TARGET`: which source field should fill which target field, how sure that is, and why."""

import json
from pathlib import Path
from typing import Any

import click

from rules_engine.cli.output import as_json, faint, good, print_json
from rules_engine.conversion.suggest.memory import Memory, read_said
from rules_engine.conversion.suggest.schema import Schema, read_samples, read_schema, unreadable
from rules_engine.conversion.suggest.suggest import Suggestion, suggest
from rules_engine.model.errors import Permanent

FILE = click.Path(dir_okay=False, path_type=Path)


@click.command(name="suggest")
@click.argument("source", type=FILE)
@click.argument("target", type=FILE)
@click.option("--samples", type=FILE, help="Sample records of the source.")
@click.option("--confirmed", type=FILE, help="Pairs that people confirmed before.")
@click.option("--refused", type=FILE, help="Pairs that people refused before.")
@click.option("--mapped", multiple=True, metavar="FIELD", help="A target field that is mapped by hand: left alone.")
@click.option("--offers", is_flag=True, help="Show all offers, not only the best choice.")
@as_json
def command(
    source: Path,
    target: Path,
    samples: Path | None,
    confirmed: Path | None,
    refused: Path | None,
    mapped: tuple[str, ...],
    offers: bool,
    machine: bool,
) -> None:
    """Suggest for each field of the schema TARGET the fields of the schema SOURCE that should fill it."""
    ours, theirs = read_schema(_json(source), "source"), read_schema(_json(target), "target")
    if samples:
        ours = ours.with_samples(read_samples(_json(samples)))
    memory = Memory(
        confirmed=read_said(_json(confirmed)) if confirmed else (),
        refused=read_said(_json(refused)) if refused else (),
        taken=frozenset(mapped),
    )
    found = suggest(ours, theirs, memory)
    if machine:
        print_json([as_data(each) for each in found])
    else:
        _print(found, ours, theirs, offers)


def as_data(suggestion: Suggestion) -> dict[str, Any]:
    """`transform` is what a mapping's `through` would have, null for none; `accept` marks the best choice."""
    return {
        "source": list(suggestion.source),
        "target": suggestion.target,
        "confidence": suggestion.confidence,
        "reason": suggestion.reason,
        "transform": suggestion.through or None,
        "accept": suggestion.accept,
    }


def _print(found: tuple[Suggestion, ...], source: Schema, target: Schema, offers: bool) -> None:
    shown = [each for each in found if offers or each.accept]
    for each in shown:
        sure = f"{each.confidence:4.0%}"
        changes = f" through {_short(each.through)}" if each.through else ""
        click.echo(f"{good(sure) if each.accept else sure} {each.target} <- {', '.join(each.source)}{changes}")
        click.echo(f"     {faint(each.reason)}")
    filled = sum(each.accept for each in found)
    click.echo(f"{filled} of {len(target.fields)} target fields, from {len(source.fields)} source fields")


def _short(through: list[Any]) -> str:
    return ", ".join(each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in through)


def _json(path: Path) -> object:
    """Raises Unreadable for what is not JSON, Permanent for what cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Permanent(f"`{path}` cannot be read: {(error.strerror or '').lower()}") from error
    except (ValueError, RecursionError) as error:
        raise unreadable(f"`{path}` is not JSON", "a schema is an object with a list of `fields`") from error
