"""The machinery itself, on a small command of its own."""

import os
from pathlib import Path

import click
import pytest

from tests.docs.console import Block, NotRunnable, blocks, commands, is_excerpt, refreshed


@click.group()
def main() -> None:
    pass


@main.command()
@click.argument("name")
@click.option("--loud", is_flag=True)
def greet(name: str, loud: bool) -> None:
    """Writes a file, so that sessions can be told apart."""
    with Path("greeted.txt").open("a", encoding="utf-8") as out:
        out.write(f"{name}\n")
    click.echo(f"hello {name.upper() if loud else name}")


@main.command()
def refuse() -> None:
    click.echo("not today", err=True)
    raise SystemExit(3)


@main.command()
def crash() -> None:
    raise ZeroDivisionError


@main.command()
def surroundings() -> None:
    click.echo(f"{os.environ.get('COLUMNS')} columns, settings: {[name for name in os.environ if name[:4] == 'O2O_']}")


@main.command()
def look() -> None:
    click.echo(", ".join(sorted(each.name for each in Path().iterdir())) or "nothing here")


def page(*lines: str) -> str:
    return "\n".join(["# a page", "", "```console", *lines, "```", "", "the end", ""])


def test_a_page_that_is_true_stays_as_it_is(tmp_path):
    text = page("$ o2o greet Ada", "hello Ada")
    assert refreshed(text, main, tmp_path) == text


def test_an_old_output_is_replaced_and_the_rest_of_the_page_is_not_touched(tmp_path):
    stale = page("$ o2o greet Ada", "good morning Ada", "", "and more")
    assert refreshed(stale, main, tmp_path) == page("$ o2o greet Ada", "hello Ada")


def test_a_command_without_its_output_gets_it(tmp_path):
    assert refreshed(page("$ o2o greet Ada", "$ o2o greet Bo"), main, tmp_path) == page(
        "$ o2o greet Ada", "hello Ada", "$ o2o greet Bo", "hello Bo"
    )


def test_quotes_and_continued_lines_are_one_command(tmp_path):
    text = page("$ o2o greet 'Ada Lovelace' \\", "      --loud", "hello ADA LOVELACE")
    assert refreshed(text, main, tmp_path) == text


def test_the_blocks_of_a_page_are_one_session_and_pages_do_not_meet(tmp_path):
    first, second = page("$ o2o greet Ada", "hello Ada"), page("$ cat greeted.txt", "Ada")
    assert refreshed(first + second, main, tmp_path) == first + second
    with pytest.raises(FileNotFoundError):
        refreshed(second, main, tmp_path)


def test_a_session_sees_copies_of_the_shipped_files_and_changes_none(tmp_path):
    (tmp_path / "rulesets").mkdir()
    (tmp_path / "rulesets" / "one.yaml").write_text("one: 1\n")
    text = page("$ o2o look", "rulesets", "$ cat rulesets/one.yaml", "one: 1", "$ o2o greet Ada", "hello Ada")
    assert refreshed(text, main, tmp_path) == text
    assert [each.name for each in tmp_path.iterdir()] == ["rulesets"]


def test_what_goes_to_standard_error_and_the_exit_code_are_shown(tmp_path):
    text = page("$ o2o refuse", "not today", "$ echo $?", "3", "$ o2o greet Ada", "hello Ada", "$ echo $?", "0")
    assert refreshed(text, main, tmp_path) == text


def test_this_machines_settings_are_not_seen_and_come_back(tmp_path, monkeypatch):
    monkeypatch.setenv("O2O_PORT", "1")
    text = page("$ o2o surroundings", "100 columns, settings: []")
    assert refreshed(text, main, tmp_path) == text
    assert os.environ["O2O_PORT"] == "1"


def test_a_setting_before_a_command_is_its_own_and_no_later_ones(tmp_path):
    text = page(
        "$ O2O_PORT=8099 o2o surroundings",
        "100 columns, settings: ['O2O_PORT']",
        "$ o2o surroundings",
        "100 columns, settings: []",
    )
    assert refreshed(text, main, tmp_path) == text


def test_another_pipe_is_not_run():
    with pytest.raises(NotRunnable, match="grep"):
        refreshed(page("$ o2o --help | grep x"), main)


def test_the_head_of_an_output_is_its_first_lines(tmp_path):
    text = page("$ o2o --help | head -1", "Usage: o2o [OPTIONS] COMMAND [ARGS]...", "$ echo $?", "0")
    assert refreshed(text, main, tmp_path) == text


def test_a_block_marked_to_is_a_file_of_the_session_from_there_on(tmp_path):
    text = "```yaml to=mine/one.yaml\none: 1\n```\n" + page("$ cat mine/one.yaml", "one: 1")
    assert refreshed(text, main, tmp_path) == text
    with pytest.raises(FileNotFoundError):
        refreshed(page("$ cat mine/one.yaml") + "```yaml to=mine/one.yaml\none: 1\n```\n", main, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_copied_and_no_copy_is_written_over(tmp_path):
    (tmp_path / "rulesets").mkdir()
    (tmp_path / "rulesets" / "one.yaml").write_text("one: 1\n")
    text = page("$ cp -r rulesets mine", "$ cat mine/one.yaml", "one: 1")
    assert refreshed(text, main, tmp_path) == text
    with pytest.raises(NotRunnable):
        refreshed(page("$ cp -r rulesets mine", "$ cp -r rulesets mine"), main, tmp_path)


def test_a_python_file_of_the_page_runs_with_its_settings_and_a_broken_one_is_no_documentation(tmp_path):
    code = "```python to=it.py\nimport os\n\nprint(os.environ.get('O2O_PORT'))\n```\n"
    text = code + page("$ O2O_PORT=8099 python it.py", "8099", "$ python it.py", "None")
    assert refreshed(text, main, tmp_path) == text
    with pytest.raises(ZeroDivisionError):
        refreshed("```python to=it.py\n1 / 0\n```\n" + page("$ python it.py"), main, tmp_path)


def test_a_crash_is_not_documentation(tmp_path):
    with pytest.raises(ZeroDivisionError):
        refreshed(page("$ o2o crash"), main, tmp_path)


def test_other_programs_are_not_run(tmp_path):
    with pytest.raises(NotRunnable, match="mark the block `sh`"):
        refreshed(page("$ rm -rf ."), main, tmp_path)


def test_only_console_blocks_are_touched(tmp_path):
    text = "```sh\n$ rm -rf .\n```\n\n````md\n```console\n$ rm -rf .\n```\n````\n"
    assert refreshed(text, main, tmp_path) == text


def test_a_block_that_is_never_closed_is_told_with_its_line():
    with pytest.raises(NotRunnable, match="line 3"):
        blocks("# a\n\n```console\n$ o2o look\n")


def test_output_lines_are_no_commands():
    assert commands("$ one\n$5 is the price\n   $ two\n$ three") == ["one", "three"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("b: 2\nc: 3", True), ("  b: 2\n  c: 3", True), ("b: 2\nd: 4", False), ("b: 2\n  c: 3", False)],
)
def test_an_excerpt_stands_in_its_file_line_by_line(tmp_path, text, found):
    (tmp_path / "file.yaml").write_text("a:\n  b: 2\n  c: 3\n  e: 5\n")
    assert is_excerpt(Block("yaml from=file.yaml", text, 0, 0), tmp_path) is found
