"""Undocumented is broken: what a user can write, set, call or be told stands in the reference."""

import inspect
import re

import click
import pytest

from rules_engine.model import errors
from rules_engine.model.operators import OPERATORS
from rules_engine.model.transforms import TRANSFORMS
from tests.docs.console import ROOT

SETTING = re.compile(r"\bO2O_[A-Z][A-Z_]*[A-Z]\b")


def settings() -> list[str]:
    sources = [path for package in ("rules_engine", "web") for path in (ROOT / package).rglob("*.py")]
    return sorted({name for path in sources for name in SETTING.findall(path.read_text(encoding="utf-8"))})


def every_command(command: click.Command, name: str = "") -> dict[str, click.Command]:
    """Each command that can be typed by its words after `o2o`: `serve`, `connection add`; groups included."""
    found = {name: command}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            inner = command.get_command(context, each)
            assert inner is not None, f"`{each}` is listed and not there"
            found |= every_command(inner, f"{name} {each}".strip())
    return found


def commands() -> list[str]:
    from rules_engine.cli import main

    return [name for name in every_command(main) if name]


def options() -> list[str]:
    from rules_engine.cli import main

    parameters = [each for command in every_command(main).values() for each in command.params]
    named = {name for each in parameters if isinstance(each, click.Option) for name in each.opts}
    return sorted(name for name in named if name.startswith("--"))


def problems() -> list[str]:
    return [name for name, each in vars(errors).items() if inspect.isclass(each) and issubclass(each, Exception)]


WHAT = {
    "operators": ("docs/reference/ruleset.md", lambda: list(OPERATORS)),
    "transforms": ("docs/reference/transforms.md", lambda: list(TRANSFORMS)),
    "settings": ("docs/reference/settings.md", settings),
    "commands": ("docs/reference/commands.md", commands),
    "options": ("docs/reference/commands.md", options),
    "problems": ("docs/reference/errors.md", problems),
}


def says(text: str, word: str) -> bool:
    """Whether the page has the word in code: in backticks, as a heading's `o2o word`, or in a fenced block."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", "\n".join(_code(text))) is not None


def _code(text: str) -> list[str]:
    fenced = re.findall(r"^```.*?^```", text, re.MULTILINE | re.DOTALL)
    return [*fenced, *re.findall(r"`[^`\n]+`", text)]


@pytest.mark.parametrize("what", WHAT)
def test_each_one_stands_in_its_reference_page(what):
    name, every = WHAT[what]
    page = ROOT / name
    text = page.read_text(encoding="utf-8") if page.exists() else ""
    known = every()
    assert known, f"no {what} were found: this test would check nothing"
    assert [each for each in known if not says(text, each)] == [], f"missing in {name}"


def test_a_word_counts_only_where_it_stands_in_code():
    assert says("use `at_least` here", "at_least")
    assert says("```yaml\n{field: x, at_least: 5}\n```", "at_least")
    assert says("`o2o connection add NAME`", "connection add")
    assert not says("at_least", "at_least")
    assert not says("`not_at_least`", "at_least")


def test_commands_are_found_in_groups_too():
    inner = click.Command("add", params=[click.Option(["--name"])])
    found = every_command(click.Group("o2o", [click.Group("connection", [inner]), click.Command("serve")]))
    assert list(found) == ["", "connection", "connection add", "serve"]


def test_the_settings_are_found_in_the_sources():
    assert {"O2O_ENVIRONMENT", "O2O_DATABASE"} <= set(settings())
