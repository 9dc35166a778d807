"""The console blocks of Markdown pages: their commands are run, and what they print is the text that stands there.

A page's blocks are one session in one folder of their own, with copies of `rulesets` and `fixtures`: what an
earlier block makes, a later one finds. In a block (fenced, marked `console`) a line `$ o2o ...` is run in-process,
and so is `$ python FILE`; settings can stand before it (`O2O_FOLDER=var/demo o2o ...`) and `| head -3` or `| tail
-3` after it. `$ cat FILE` shows a file of the session, `$ cp -r FOLDER COPY` copies a folder, `$ echo $?` is the
last exit code. A block of any language that is marked `to=FILE` is what the reader saves as that file. Nothing else
runs: anything that a reader should only type stands in a block marked `sh`.
"""

import contextlib
import io
import os
import re
import runpy
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
_SETTING = re.compile(r"O2O_[A-Z_]+=")
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
        return self._said("from=")

    @property
    def target(self) -> str:
        """`yaml to=mine/ruleset.yaml`: the file of the session that the reader writes the block into, else ""."""
        return self._said("to=")

    def _said(self, key: str) -> str:
        return next((word.removeprefix(key) for word in self.info.split()[1:] if word.startswith(key)), "")


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
        if words[-3:-1] in (["|", "head"], ["|", "tail"]):
            return self._part(words[:-3], words[-2], int(words[-1].removeprefix("-")))
        if "|" in words:
            program = words[words.index("|") + 1]
            raise NotRunnable(f"a block pipes into `{program}`; only `head -N` and `tail -N` are run")
        settings: dict[str, str | None] = {}
        while words and _SETTING.match(words[0]):
            name, _, settings[name] = words.pop(0).partition("=")
        match words:
            case ["o2o", *arguments]:
                return self._o2o(arguments, settings)
            case ["python", name]:
                return self._python(name, settings)
            case ["cp", "-r", source, copy] if not Path(copy).exists():
                shutil.copytree(source, copy)
                return ""
            case ["cat", name]:
                return Path(name).read_text(encoding="utf-8")
            case ["echo", "$?"]:
                return f"{self.exit_code}\n"
            case _:
                raise NotRunnable(f"`{command}` is no command that a page can show: mark the block `sh`")

    def _o2o(self, arguments: list[str], settings: dict[str, str | None]) -> str:
        result = CliRunner().invoke(self.main, arguments, prog_name="o2o", env=_surroundings(settings))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.exit_code = result.exit_code
        return result.output

    def _python(self, name: str, settings: dict[str, str | None]) -> str:
        with CliRunner().isolation(env=_surroundings(settings)), contextlib.redirect_stdout(io.StringIO()) as printed:
            runpy.run_path(name, run_name="__main__")
        self.exit_code = 0
        return printed.getvalue()

    def _part(self, words: list[str], end: str, count: int) -> str:
        printed = self.run(shlex.join(words)).splitlines(keepends=True)
        self.exit_code = 0
        return "".join(printed[:count] if end == "head" else printed[-count:])


def _surroundings(settings: dict[str, str | None]) -> dict[str, str | None]:
    """The variables of a command: those given before it, and none of this machine's own settings."""
    own = {name: None for name in os.environ if name.startswith("O2O_")}
    return {**own, **VARIABLES, **settings}


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
    results = []
    with _folder(root):
        session = Session(main)
        for block in blocks(page):
            if block.target:
                _save(block)
            if block.language == "console":
                results.append((block, played(block.text, session)))
    for block, text in reversed(results):
        lines[block.first : block.last] = text.split("\n")
    return "\n".join(lines)


def _save(block: Block) -> None:
    Path(block.target).parent.mkdir(parents=True, exist_ok=True)
    Path(block.target).write_text(block.text + "\n", encoding="utf-8")


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
