"""Why a text is not YAML, in the author's words: the place and the remedy."""

import re

from ruamel.yaml.error import YAMLError

from rules_engine.model.finding import Finding, Place


def in_plain_words(error: YAMLError, text: str, file: str) -> Finding:
    """The parser's error as one `not-yaml` finding; the common slips are recognised."""
    problem = str(getattr(error, "problem", None) or "")
    context = str(getattr(error, "context", None) or "")
    mark, opened = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    lines = text.splitlines() or [""]
    at = _place(file, mark)
    message, remedy = _explain(problem, context, lines, at, mark is not None)
    if "quoted scalar" in context or ("flow" in context and _unclosed(problem, lines, at, opened)):
        at = _place(file, opened)
        quote = _character(lines, at)
        if quote in _CLOSING:
            message = f"`{quote}` is opened here and never closed"
            remedy = f"write the closing `{_CLOSING[quote]}`"
    elif "could not find expected ':'" in problem:
        at = _place(file, opened)
    elif (before := _line_without_colon(problem, lines, at)) is not None:
        at = Place(file, before, _indentation(lines[before - 1]) + 1)
    return Finding("not-yaml", message, at, suggestion=remedy)


_CLOSING = {'"': '"', "'": "'", "[": "]", "{": "}"}


def _place(file: str, mark: object) -> Place:
    return Place(file, getattr(mark, "line", 0) + 1, getattr(mark, "column", 0) + 1)


def _character(lines: list[str], at: Place) -> str:
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    return line[at.column - 1 : at.column]


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def _unclosed(problem: str, lines: list[str], at: Place, opened: object) -> bool:
    """Whether a bracket runs into the next entry rather than lacking a comma in its own."""
    first = getattr(opened, "line", 0)
    if "<stream end>" in problem or at.line > len(lines):
        return True
    return at.line > first + 1 and _indentation(lines[at.line - 1]) <= _indentation(lines[first])


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _line_without_colon(problem: str, lines: list[str], at: Place) -> int | None:
    """The line above when it is a lone word: the colon is missing there, though the parser stumbles later."""
    if "mapping values are not allowed" not in problem:
        return None
    above = next((number for number in range(at.line - 1, 0, -1) if lines[number - 1].strip()), None)
    if above is None or not re.fullmatch(r"\s*(- )?[\w-]+(:\S+)?\s*", lines[above - 1]):
        return None
    return above


def _explain(problem: str, context: str, lines: list[str], at: Place, placed: bool) -> tuple[str, str]:
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    if "'\\t'" in problem or "\t" in line[: at.column]:
        return "a tab stands in the indentation", "indent with spaces"
    if found := re.search(r"character '(.)' that cannot start", problem):
        return f"a text cannot begin with `{found[1]}`", "put the text in quotes"
    if "could not find expected ':'" in problem:
        return "a colon is missing in this line", "write `key: value`"
    if "mapping values are not allowed" in problem:
        return _second_colon(lines, at)
    if "flow" in context:
        return "a comma is missing, or a bracket is not closed", "separate the entries with commas"
    if "expected <block end>" in problem:
        return _block_end(problem, line, at)
    if "expected the node content" in problem:
        return f"a value is missing before `{_character(lines, at)}`", "write the value"
    words = f"this is not YAML ({problem})" if placed and problem else "this is not YAML"
    return words, "compare the line with the examples in docs/reference"


def _second_colon(lines: list[str], at: Place) -> tuple[str, str]:
    line = lines[at.line - 1] if at.line <= len(lines) else ""
    before = line[: at.column - 1]
    if ": " in before:
        return "a second `:` stands in this line", "put a text that holds a colon in quotes"
    above = next((lines[number - 1] for number in range(at.line - 1, 0, -1) if lines[number - 1].strip()), "")
    if re.fullmatch(r"\s*(- )?[\w-]+\s*", above):
        return f"a colon is missing after `{_shown(above.strip().removeprefix('- '))}`", "write `key: value`"
    if re.fullmatch(r"\s*(- )?[\w-]+:\S+\s*", above):
        word = _shown(above.strip().removeprefix("- "))
        return f"a space is missing after the colon of `{word}`", "write `key: value`"
    return f"`{_shown(before.strip())}` is indented further than the line above allows", "align it with its neighbours"


def _block_end(problem: str, line: str, at: Place) -> tuple[str, str]:
    found = line[at.column - 1 : at.column]
    if found in ("]", "}", ","):
        return f"`{found}` stands here without its opening bracket", "delete it, or open the bracket"
    if "<scalar>" in problem and line[: at.column - 1].rstrip().endswith(("'", '"')):
        return "text goes on after the closing quote", "put the whole text in one pair of quotes"
    word = line.strip().split(":")[0].strip("- ")
    return f"`{_shown(word)}` stands at an indentation that no line above has", "align it with its neighbours"
