"""Run again whenever a file changes, until Ctrl-C."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from time import sleep
from typing import TypeAlias

import click

from rules_engine.cli.output import faint, say_problem
from rules_engine.model.errors import Problem

# What stood in the files when they were looked at: the time of the last change in nanoseconds, and the size in bytes.
Seen: TypeAlias = Mapping[Path, tuple[int, int]]

PAUSE = 0.5  # seconds between two looks


def look(folders: Iterable[Path]) -> Seen:
    """Every file in the folders and below, but those that begin with a dot."""
    found: dict[Path, tuple[int, int]] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if any(part.startswith((".", "__pycache__")) for part in path.relative_to(folder).parts):
                continue
            try:
                stat = path.stat()
            except OSError:
                continue  # an editor replaces it at this moment
            if path.is_file():
                found[path] = (stat.st_mtime_ns, stat.st_size)
    return found


def changes(folders: Sequence[Path], wait: Callable[[float], None] = sleep) -> Iterator[Sequence[Path]]:
    """The files that were changed, made or deleted, each time that some were; looked at from this call on."""
    return _changes(folders, look(folders), wait)


def _changes(folders: Sequence[Path], before: Seen, wait: Callable[[float], None]) -> Iterator[Sequence[Path]]:
    while True:
        wait(PAUSE)
        now = look(folders)
        different = sorted(path for path in before.keys() | now.keys() if before.get(path) != now.get(path))
        before = now
        if different:
            yield different


def run_on_changes(run: Callable[[], int], changed: Iterable[Sequence[Path]]) -> int:
    """The exit code of the last run, once nothing changes any more or Ctrl-C ends it."""
    code = 0
    try:
        code = _tried(run)
        for paths in changed:
            click.clear()
            more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
            click.echo(faint(f"{paths[0].parent.name}/{paths[0].name}{more} changed"))
            code = _tried(run)
    except KeyboardInterrupt:
        click.echo("")
    return code


def _tried(run: Callable[[], int]) -> int:
    """A file that is half written must not end the watch."""
    try:
        return run()
    except Problem as problem:
        return say_problem(problem)
