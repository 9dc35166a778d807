"""All checks of a ruleset that reads well, in one answer."""

from collections.abc import Callable, Iterable

from rules_engine.analysis.hold_without_reason import hold_without_reason
from rules_engine.analysis.never_fires import never_fires
from rules_engine.analysis.never_true import never_true
from rules_engine.formats.notes import in_order
from rules_engine.formats.ruleset_text import read_ruleset, write_ruleset
from rules_engine.model.catalog import Catalog
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding
from rules_engine.model.ruleset import Ruleset

CHECKS: tuple[Callable[[Ruleset], Iterable[Finding]], ...] = (hold_without_reason, never_fires, never_true)


def check_ruleset(ruleset: Ruleset, catalog: Catalog) -> tuple[Finding, ...]:
    """Findings from top to bottom, empty where all is well.

    A ruleset that came from elsewhere than its text (a form, an older catalog) is also read against the catalog;
    the findings of that reading are then about its canonical text.
    """
    found = [finding for check in CHECKS for finding in check(ruleset)]
    return in_order([*found, *_reading(ruleset, catalog)])


def _reading(ruleset: Ruleset, catalog: Catalog) -> tuple[Finding, ...]:
    try:
        read_ruleset(write_ruleset(ruleset), catalog)
    except Unreadable as error:
        return error.findings
    return ()
