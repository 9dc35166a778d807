"""What is fuzzed: each reader of text that comes from outside, what it may say, and the texts to begin with."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from rules_engine.analysis.boundary.boundary_cases import boundary_cases
from rules_engine.analysis.check_ruleset import check_ruleset
from rules_engine.durable_matcher import DurableMatcher
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.explain import explain_text
from rules_engine.folders import full_catalog, shared_catalog
from rules_engine.formats.cases_text import read_cases
from rules_engine.formats.catalog_text import read_catalog
from rules_engine.formats.connector_text import read_connector
from rules_engine.formats.mapping_text import read_mapping, write_mapping
from rules_engine.formats.record_json import read_record
from rules_engine.formats.ruleset_text import read_ruleset, write_ruleset
from rules_engine.formats.values_json import decode, decode_dataclass, encode, encode_dataclass
from rules_engine.formats.yaml_tree import read_tree
from rules_engine.model.errors import Unreadable
from rules_engine.model.ruleset import Ruleset

NOW = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)  # the evening before Europe's clocks change
ROOT = Path(__file__).resolve().parents[2]


def _ruleset(text: str) -> None:
    found = read_ruleset(text, full_catalog(), "a.yaml")
    check_ruleset(found, full_catalog())
    assert read_ruleset(write_ruleset(found), full_catalog()) == found
    assert decode_dataclass(Ruleset, json.loads(json.dumps(encode_dataclass(found)))) == found


def _judged(text: str) -> None:
    """What can be read can be judged and explained, and both matchers answer alike."""
    found = read_ruleset(text, full_catalog(), "a.yaml")
    matcher = DurableMatcher()
    for case, now in boundary_cases(found, full_catalog(), NOW, 8):
        decision = evaluate(found, case, now, matcher, full_catalog())
        assert not decision.disagreement
        assert explain_text(decision, full_catalog())
    matcher.close()


def _mapping(text: str) -> None:
    found = read_mapping(text, full_catalog(), "a.yaml")
    assert read_mapping(write_mapping(found), full_catalog()) == found


def _record(text: str) -> None:
    found = read_record(text, full_catalog(), "case", "a.json")
    assert decode(json.loads(json.dumps(encode(found)))) == found


def _canonical(text: str) -> None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):  # what the store keeps is JSON; only what it means is in question
        return
    decode(data)
    decode_dataclass(object, data)


TARGETS: dict[str, Callable[[str], object]] = {
    "yaml": lambda text: read_tree(text, "a.yaml", anchors=True),
    "ruleset": _ruleset,
    "judged": _judged,
    "mapping": _mapping,
    "cases": lambda text: read_cases(text, full_catalog(), "a.yaml"),
    "catalog": lambda text: read_catalog(text, "a.yaml"),
    "connector": lambda text: read_connector(text, shared_catalog(), "a.yaml"),
    "record": _record,
    "canonical": _canonical,
}


def read_or_refused(target: str, text: str) -> bool:
    """Whether the reader took the text; what it refuses it refuses with findings that say what and where."""
    try:
        TARGETS[target](text)
    except Unreadable as refusal:
        refused = refusal.findings
    else:
        return True
    assert refused
    for each in refused:
        assert each.message
        assert "\n" not in each.message
        assert target == "canonical" or each.place.file, f"no place: {each}"
        assert target in ("canonical", "record") or (each.place.line > 0 and each.place.column > 0), f"{each!r}"
    return False


def seeds(target: str) -> Iterator[str]:
    """Texts of the kind, from what ships."""
    if target in ("ruleset", "judged", "mapping", "cases"):
        patterns = [f"rulesets/*/{target.replace('judged', 'ruleset')}.yaml"]
    elif target == "yaml":
        patterns = ["rulesets/*/*.yaml"]
    else:
        patterns = {"catalog": ["rulesets/catalog.yaml"], "connector": ["rules_engine/connectors/*.yaml"]}.get(
            target, ["fixtures/case/*.json"]
        )
    for pattern in patterns:
        for file in sorted(ROOT.glob(pattern)):
            text = file.read_text("utf-8")
            yield json.dumps(encode(read_record(text, full_catalog(), "case"))) if target == "canonical" else text
    if target == "canonical":
        for file in sorted(ROOT.glob("rulesets/*/ruleset.yaml")):
            yield json.dumps(encode_dataclass(read_ruleset(file.read_text("utf-8"), full_catalog())))


# Words that readers know, and what has broken readers before.
WORDS = (
    "all", "any", "none", "field", "some", "every", "no", "count", "sum", "min", "max", "average", "length", "where",
    "happened", "not_happened", "since", "for", "within", "in_order", "at_least", "changed", "changed_to",
    "also_when_empty", "is", "is_not", "is_any_of", "between", "matches", "in_the_last", "in", "before",
    "on_or_after", "ignore_case", "percent", "opportunity.amount", "opportunity.stage", "line_items", "quantity",
    "quote.valid_until", "account.credit_limit", "today", "now - 4 hours", "14 days", "this fiscal quarter",
    "5000 EUR", "20 %", "0001-01-01", "9999-12-31", "24:00", "9999-12-31T23:59:59-12:00", "2026-03-29T02:30:00+01:00",
    "1e999999999", ".inf", ".nan", "9999999999999999999999999999999999999999", "-0", "0x1F", "~", "from", "to",
    "through", "value", "otherwise", "required", "fields", "lines", "drop", "carry_over", "record of case", "convert",
    "{hold: x}", "[]", "{}", "''", '""', "null", "true", "[[[[", "]]", "{{", "}}", "- - -", "? ", ": ", "&a ", "*a",
    "!!python/object:os.system x", "|", ">-", "%YAML 1.2", "---", "...", "#", "\t", "\xa0", "\u200b", "\u0430",
    "\u202e", "\ufeff", "\u2028", "\x85", "\x00", "\ud800", "(a+)+$", "\\", "'", '"', "`", "@", "\r\n", "{{7*7}}",
    "../../etc/passwd", '{"$decimal": "x"}', '{"$is": "ruleset.Rule"}', '{"$enum": ["ruleset.Mode", "x"]}',
    '{"$money": ["1", 2]}', '"$record"',
)  # fmt: skip
