"""A text for a regular expression, asked of the expression itself."""

import pytest

from rules_engine.evaluation.changes.pattern_example import example
from rules_engine.formats.patterns import compiled

PATTERNS = [
    r"^PO-\d{4,}$", r"\d+", r"^(DE|AT)[0-9]{9}$", r"a|b", r"^[^a-z]+$", r"(?:x(?:y|z)){2}", r"^\w+@\w+\.example$",
    r"^[A-Z]{2}-?\d{2,4}$", r"^$", r"\.pdf$", r"^a.c$", r"(?i)abc", r"^[\d-]+$", r"^[]a]$", r"colou?r", r"^\s*\S+$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_text_is_found_that_the_expression_matches(pattern):
    text = example(pattern)
    assert text is not None
    assert compiled(pattern).search(text)


@pytest.mark.parametrize("pattern", ["[", "(a", r"\pL", "a{500}", "\\"])
def test_what_is_not_understood_has_no_example(pattern):
    assert example(pattern) is None
