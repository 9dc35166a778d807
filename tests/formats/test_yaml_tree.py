"""YAML that does not parse is explained in plain words, and hostile text is refused at once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules_engine.formats.yaml_tree import Table, Text, read_tree
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding, Place
from tests.formats.reading import findings


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "suggestion"),
    [
        ("a: b: c", 1, 5, "a second `:` stands in this line", "put a text that holds a colon in quotes"),
        ("rules:\n\t- b", 2, 1, "a tab stands in the indentation", "indent with spaces"),
        ('a: "x\nb: 1', 1, 4, '`"` is opened here and never closed', 'write the closing `"`'),
        ("a: 'x", 1, 4, "`'` is opened here and never closed", "write the closing `'`"),
        ("a: [1, 2\nb: 3", 1, 4, "`[` is opened here and never closed", "write the closing `]`"),
        ("a: {x: 1\n", 1, 4, "`{` is opened here and never closed", "write the closing `}`"),
        ("a: {x: 1\n    y: 2}", 2, 6, "a comma is missing, or a bracket is not closed",
         "separate the entries with commas"),
        ("rules\nb: 1", 1, 1, "a colon is missing after `rules`", "write `key: value`"),
        ("- id: a\n  then convert\n  x: 1", 2, 3, "a colon is missing in this line", "write `key: value`"),
        ("key:value\nb: 1", 1, 1, "a space is missing after the colon of `key:value`", "write `key: value`"),
        ("a: 1\n b: 2", 2, 3, "`b` is indented further than the line above allows", "align it with its neighbours"),
        ("a:\n  b: 1\n c: 2", 3, 2, "`c` stands at an indentation that no line above has",
         "align it with its neighbours"),
        ("a: @x", 1, 4, "a text cannot begin with `@`", "put the text in quotes"),
        ("a: 'it's'", 1, 8, "text goes on after the closing quote", "put the whole text in one pair of quotes"),
        ("a: [1,2]]", 1, 9, "`]` stands here without its opening bracket", "delete it, or open the bracket"),
        ("a: }", 1, 4, "a value is missing before `}`", "write the value"),
        ("{[a]: b}", 1, 2, "a list or mapping cannot be a key", "write a word before the colon"),
        ("--- a\n--- b", 2, 1, "a second document begins here", "keep one document in a file"),
        ("# nothing\n", 1, 1, "the text is empty", ""),
    ],
)  # fmt: skip
def test_what_is_no_yaml_is_explained_at_its_place(
    text: str, line: int, column: int, message: str, suggestion: str
) -> None:
    (found,) = findings(lambda: read_tree(text, "draft.yaml"))
    assert (found.check, found.message, found.suggestion) == ("not-yaml", message, suggestion)
    assert found.place == Place("draft.yaml", line, column)


@pytest.mark.parametrize(
    ("text", "check", "line", "column"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2", "duplicate-key", 4, 3),
        ("a: &x 1", "plain-yaml", 1, 4),
        ("a: *x", "plain-yaml", 1, 4),
        ("a: !!python/object:os.system x", "plain-yaml", 1, 4),
        ("a: b\x07", "control-character", 1, 5),
        ('a: "\\0"', "control-character", 1, 4),
        ("a: " + "x" * 1_000_000, "too-large", 1, 1),
        ("[" * 900_000, "too-deep", 1, 51),
        ("{a: " * 200_000, "too-deep", 1, 201),
        ("- " * 400_000, "too-deep", 1, 101),
        ("a: [" + "1," * 400_000 + "]", "too-large", 1, 199_999),
    ],
)
def test_what_could_harm_is_refused(text: str, check: str, line: int, column: int) -> None:
    (found,) = findings(lambda: read_tree(text))
    assert (found.check, found.place) == (check, Place("", line, column))


def test_anchors_that_multiply_are_bounded_where_anchors_are_allowed() -> None:
    names = "abcdefghi"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    lines += [f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in zip(names, names[1:], strict=False)]
    (found,) = findings(lambda: read_tree("\n".join(lines), anchors=True))
    assert (found.check, found.message) == ("too-large", "the text has more than 100000 words")


def test_an_anchor_of_our_own_files_stands_for_its_text() -> None:
    tree = read_tree("a: &x {b: c}\nd: *x", anchors=True)
    assert isinstance(tree, Table)
    assert tree.entries["a"] == tree.entries["d"]


def test_words_keep_their_characters_and_place() -> None:
    tree = read_tree('amount: 0012.50\nno: "yes"\n')
    assert isinstance(tree, Table)
    assert tree.entries == {"amount": Text("0012.50", True, Place("", 1, 9)), "no": Text("yes", False, Place("", 2, 5))}


@given(st.text(st.sampled_from(list(":{}[],&*!|>'\"%@`#?- \n\t~\\<=.0aéx\u2028\x85\ufeff")), max_size=30))
def test_any_text_is_read_or_refused_with_a_place(text: str) -> None:
    found: tuple[Finding, ...] = (Finding("read", "", Place("any.yaml", 1, 1)),)
    try:
        read_tree(text, "any.yaml", anchors=True)
    except Unreadable as error:
        found = error.findings
    assert found
    assert all(each.place.line > 0 and each.place.column > 0 for each in found)
