"""A pytest plugin: every case of a ruleset's `cases.yaml` is a test, named `ruleset::case`.

    pytest rulesets/

It is found by itself where the product is installed; elsewhere `-p rules_engine.testing.pytest_plugin` names it.
"""

from pathlib import Path

import pytest


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Only the cases of a ruleset: a file of that name beside a ruleset.yaml."""
    if file_path.name != "cases.yaml" or not (file_path.parent / "ruleset.yaml").is_file():
        return None
    # Every run of pytest in this environment loads the plugin: the engine only where there are cases.
    from rules_engine.testing.ruleset_cases import CasesFile

    return CasesFile.from_parent(parent, path=file_path)
