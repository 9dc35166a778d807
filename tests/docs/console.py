"""The console blocks of Markdown pages: their commands are run, and what they print is the text that stands there.

A page's blocks are one session in one folder of their own, with copies of `rulesets` and `fixtures`: what an earlier
block makes, a later one finds. In a block (fenced, marked `console`) a line `$ o2o ...` is run in-process; `$ cat FILE`
shows a file of the session and `$ echo $?` the last exit code. Nothing else runs: anything that a reader should only
type stands in a block marked `sh`.
"""

import contextlib
import os
import re
import shlex
import shutil
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from click.testing import CliRunner

ROOT = Path(__file__).resolve().parent.parent.parent
# One width, no colours, no zone and no settings of this machine.
VARIABLES: dict[str, str | None] = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "TZ": "UTC", "FORCE_COLOR": None}
_FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})(?P<info>.*)$")


@dataclass(frozen=True)
class Block:
    """A fenced block: its info string, its text, and the lines (from 0) of the page that the text fills."""

    info: str
    text: str
    first: int
    last: int  # exclusive

    @property
    def language(self) -> str:
        return self.info.split()[0] if self.info else ""

    @property
    def source(self) -> str:
        """`yaml from=rulesets/on-close/ruleset.yaml`: the file that the block is an excerpt of, else ""."""
        return next((word[5:] for word in self.info.split()[1:] if word.startswith("from=")), "")


class NotRunnable(Exception):
    """A console block says something that this machinery does not run."""


def pages(root: Path = ROOT) -> list[Path]:
    return sorted([*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("rulesets/**/*.md")])


def blocks(text: str) -> list[Block]:
    """Every fenced block. Raises NotRunnable where one is never closed: the rest of the page would be code."""
    found, opened, lines = [], None, text.split("\n")
    for number, line in enumerate(lines):
        fence = _FENCE.match(line)
        if opened is None and fence:
            opened = (fence["fence"], fence["info"].strip(), number + 1)
        elif opened and fence and fence["fence"].startswith(opened[0]) and not fence["info"].strip():
            _, info, first = opened
            found.append(Block(info, "\n".join(lines[first:number]), first, number))
            opened = None
    if opened:
        raise NotRunnable(f"line {opened[2]}: the block is never closed")
    return found


@dataclass
class Session:
    """Runs one page's commands, one after the other."""

    main: click.Command
    exit_code: int = 0

    def run(self, command: str) -> str:
        words = shlex.split(command)
        match words:
            case ["o2o", *arguments]:
                return self._o2o(arguments)
            case ["cat", name]:
                return Path(name).read_text(encoding="utf-8")
            case ["echo", "$?"]:
                return f"{self.exit_code}\n"
            case _:
                raise NotRunnable(f"`{command}` is none of `o2o`, `cat FILE`, `echo $?`: mark the block `sh`")

    def _o2o(self, arguments: list[str]) -> str:
        settings = {name: None for name in os.environ if name.startswith("O2O_")}
        result = CliRunner().invoke(self.main, arguments, prog_name="o2o", env={**settings, **VARIABLES})
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.exit_code = result.exit_code
        return result.output


def commands(block: str) -> list[str]:
    """The lines after `$ `, with those that a backslash continues; output in between is dropped."""
    found: list[str] = []
    continued = False
    for line in block.split("\n"):
        if continued:
            found[-1] += "\n" + line
        elif line.startswith("$ "):
            found.append(line[2:])
        continued = (continued or line.startswith("$ ")) and line.endswith("\\")
    return found


def played(block: str, session: Session) -> str:
    """The block as a terminal shows it now."""
    shown = []
    for command in commands(block):
        output = session.run(command.replace("\\\n", " "))
        lines = [line.rstrip() for line in output.rstrip().split("\n")] if output.strip() else []
        shown += ["$ " + command, *lines]
    return "\n".join(shown)


def refreshed(page: str, main: click.Command, root: Path = ROOT) -> str:
    """The page with the output of every console block as it is now."""
    lines = page.split("\n")
    consoles = [each for each in blocks(page) if each.language == "console"]
    with _folder(root):
        session = Session(main)
        results = [(block, played(block.text, session)) for block in consoles]
    for block, text in reversed(results):
        lines[block.first : block.last] = text.split("\n")
    return "\n".join(lines)


@contextlib.contextmanager
def _folder(root: Path) -> Iterator[None]:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("rulesets", "fixtures"):
            if (root / name).is_dir():
                shutil.copytree(root / name, Path(folder) / name)
        before = Path.cwd()
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def is_excerpt(block: Block, root: Path = ROOT) -> bool:
    """Whether the block stands in its source, line by line, however deep it is indented there."""
    wanted = textwrap.dedent(block.text).split("\n")
    lines = (root / block.source).read_text(encoding="utf-8").split("\n")
    windows = (lines[start : start + len(wanted)] for start in range(len(lines) - len(wanted) + 1))
    return any(textwrap.dedent("\n".join(window)).split("\n") == wanted for window in windows)
