"""`python -m tests.docs` says which pages are out of date; with `--write` it brings them up to date."""

import sys

from rules_engine.cli import main
from tests.docs.console import ROOT, pages, refreshed


def run(write: bool) -> int:
    """The exit code: 1 where a page is, and stays, out of date."""
    stale = 0
    for page in pages():
        before = page.read_text(encoding="utf-8")
        after = refreshed(before, main)
        if after != before:
            stale += 1
            print(f"{page.relative_to(ROOT)} {'refreshed' if write else 'is out of date'}")
            if write:
                page.write_text(after, encoding="utf-8")
    return 0 if write or not stale else 1


if __name__ == "__main__":
    sys.exit(run("--write" in sys.argv[1:]))
