"""Plain trees of dicts, tuples and words written as YAML that reads back as it was."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rules_engine.formats.literals import is_plain_text

WIDTH = 100
# Words that need no quotes anywhere, also inside brackets: cautious rather than complete.
_BARE = re.compile(r"[^\W_][\w.^%/+'()&€$@-]*(?:[ :][\w.^%/+'()&€$@-]+)*", re.UNICODE)
# As the whole value of a line, a comma or semicolon within the text does no harm.
_BARE_LINE = re.compile(r"[^\W_][\w.^%/+'()&€$@,;-]*(?:[ :][\w.^%/+'()&€$@,;-]+)*", re.UNICODE)
# A path such as `lines[L-2].quantity` as the key of a line.
_BARE_KEY = re.compile(r"[^\W_][\w.-]*(?:\[[\w.-]+\][\w.-]*)+", re.UNICODE)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\xa0\u2028\u2029\ufeff\ud800-\udfff\ufffe\uffff\"\\\\]")


@dataclass(frozen=True)
class Bare:
    """A word that stands without quotes: a number, true, a date, an operator's literal."""

    text: str


Tree: TypeAlias = "str | Bare | Mapping[str, Tree] | Sequence[Tree]"


def write_tree(tree: Mapping[str, Tree], blank_before: frozenset[str] = frozenset()) -> str:
    """The tree in block style; what fits in a line and holds no nested list of mappings stands in brackets.

    A blank line stands before each of the outermost keys in `blank_before`, and between records of a list there.
    """
    lines: list[str] = []
    for key, value in tree.items():
        if key in blank_before:
            lines.append("")
        inner = _entry(key, value, "")
        lines += _spaced(inner) if key in blank_before else inner
    return "\n".join(lines) + "\n"


def _spaced(lines: list[str]) -> list[str]:
    """A blank line between the records of a list in block style."""
    found: list[str] = []
    for number, line in enumerate(lines):
        found += ["", line] if number > 1 and line.startswith("  - ") and ":" in line else [line]
    return found


def _entry(key: str, value: Tree, indent: str) -> list[str]:
    name = key if _BARE_KEY.fullmatch(key) else quoted(key)
    if isinstance(value, str) and _is_bare(value, _BARE_LINE):
        return [f"{indent}{name}: {value}"]
    flow = _flow(value)
    if flow is not None and len(indent) + len(name) + len(flow) + 2 <= WIDTH:
        return [f"{indent}{name}: {flow}"]
    if isinstance(value, str | Bare):
        return [f"{indent}{name}: {_word(value)}"]
    return [f"{indent}{name}:", *_block(value, indent + "  ")]


def _block(value: Tree, indent: str) -> list[str]:
    if isinstance(value, Mapping):
        return [line for key, inner in value.items() for line in _entry(key, inner, indent)]
    found: list[str] = []
    for item in value if isinstance(value, Sequence) else ():
        flow = _flow(item)
        if isinstance(item, str | Bare):
            found.append(f"{indent}- {_word(item)}")
        elif flow is not None and len(indent) + len(flow) + 2 <= WIDTH:
            found.append(f"{indent}- {flow}")
        else:
            inner = _block(item, indent + "  ")
            found += [f"{indent}- {inner[0].lstrip()}", *inner[1:]]
    return found


def _flow(value: Tree) -> str | None:
    """The value in one line, or None where it is a list of mappings or holds one."""
    if isinstance(value, str | Bare):
        return _word(value)
    if isinstance(value, Mapping):
        inner = {key: _flow(each) for key, each in value.items()}
        nested = any(isinstance(each, Mapping) for each in value.values())
        if None in inner.values() or (nested and ("where" in value or len(value) > 3)):
            return None
        return "{" + ", ".join(f"{quoted(key)}: {each}" for key, each in inner.items()) + "}"
    if any(not isinstance(each, str | Bare) for each in value):
        return None
    return "[" + ", ".join(_word(each) for each in value if isinstance(each, str | Bare)) + "]"


def _word(value: str | Bare) -> str:
    return value.text if isinstance(value, Bare) else quoted(value)


def quoted(text: str) -> str:
    """The text bare where that is safe, else in double quotes."""
    if _is_bare(text, _BARE):
        return text
    return '"' + _INVISIBLE.sub(_escape, text) + '"'


def _is_bare(text: str, pattern: "re.Pattern[str]") -> bool:
    return len(text) < 500 and pattern.fullmatch(text) is not None and is_plain_text(text)


def _escape(found: "re.Match[str]") -> str:
    character = found.group()
    return _ESCAPES.get(character) or f"\\u{ord(character):04x}"
