"""Regular expressions of rules as RE2 reads them: time linear in the text, whatever an author or a record holds."""

from functools import lru_cache
from typing import Any as Compiled

import re2

MAX_LENGTH = 1_000


@lru_cache(maxsize=1_000)
def compiled(pattern: str, ignore_case: bool = False) -> Compiled:
    """The pattern, found anywhere in a text unless `^` and `$` bind it. Raises ValueError with what is wrong in words.

    The syntax is RE2's: no references back and no looking around, which no linear search can offer.
    """
    if len(pattern) > MAX_LENGTH:
        raise ValueError(f"it is longer than {MAX_LENGTH} characters")
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not ignore_case
    try:
        return re2.compile(pattern, options)
    except re2.error as problem:
        said = problem.args[0] if problem.args else ""
        raise ValueError(said.decode(errors="replace") if isinstance(said, bytes) else str(said)) from None
