"""`python -m tests.conformance FILE`: published condition cases (neutral-v1, a line each) asked of the matchers."""

import sys
from pathlib import Path

from tests.conformance.report import read_cases, report
from tests.conftest import ROOT

if __name__ == "__main__":
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "conformance" / "cases.jsonl"
    cases = read_cases(file)
    for name, chosen in (
        ("portable", [each for each in cases if each.get("portable")]),
        ("others", [each for each in cases if not each.get("portable")]),
    ):
        found = report(chosen)
        print(f"{name}: {found}")
        for each in found.wrong[:20]:
            print(f"  otherwise: {each}")
