"""`o2o schema KIND`: the JSON Schema with which editors complete and check a kind of text."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from rules_engine import folders
from rules_engine.cli.output import as_json, good, print_json
from rules_engine.formats.catalog_text import merge, read_catalog
from rules_engine.formats.connector_text import read_connector
from rules_engine.formats.published_schemas import KINDS, as_text, published
from rules_engine.formats.yaml_tree import Table, read_tree
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import NotFound, Permanent

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def with_catalogs(function: FunctionT) -> FunctionT:
    """The option `--catalog`, as often as there are files."""
    kind = click.Path(dir_okay=False, path_type=Path)
    words = "A catalog's or connector's text whose types and fields are known too; may stand several times."
    return click.option("--catalog", "catalog", type=kind, multiple=True, help=words)(function)


def catalog_of(files: tuple[Path, ...]) -> Catalog:
    """All that ships, with the types and fields of these files. Raises Unreadable, NotFound, Permanent."""
    return merge(folders.full_catalog(), *(_read(file) for file in files))


def _read(file: Path) -> Catalog:
    try:
        text = file.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise NotFound(f"there is no file `{file}`: name a catalog's text such as `catalog.yaml`") from None
    except UnicodeDecodeError:
        raise Permanent(f"`{file.name}` is not UTF-8 text: save it as UTF-8") from None
    root = read_tree(text, file.name, anchors=True)
    if isinstance(root, Table) and "system" in root.entries:
        return read_connector(text, folders.shared_catalog(), file.name).catalog
    return read_catalog(text, file.name, folders.full_catalog())


@click.command(name="schema")
@click.argument("kind", required=False, type=click.Choice(list(KINDS)))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Write into this folder, as KIND.json.")
@with_catalogs
@as_json
def command(kind: str | None, out: Path | None, catalog: tuple[Path, ...], machine: bool) -> None:
    """Print the JSON Schema (2020-12) of a KIND of text; with --out, write it, or all where no KIND is named."""
    if kind is None and out is None:
        raise click.UsageError(f"say which schema to print: {', '.join(KINDS)}; or --out FOLDER for all of them")
    known = catalog_of(catalog)
    texts = {each: as_text(published(each, known)) for each in ([kind] if kind else KINDS)}
    if out is None:
        click.echo("".join(texts.values()), nl=False)
        return
    out.mkdir(parents=True, exist_ok=True)
    files = [out / f"{each}.json" for each in texts]
    for file, text in zip(files, texts.values(), strict=True):
        file.write_text(text, "utf-8", newline="\n")
    if machine:
        print_json({"written": [str(file) for file in files]})
    else:
        click.echo(good(f"{len(files)} schemas written into {out}"))
