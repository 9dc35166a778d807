"""An evaluation as it was, made a case of the ruleset's own test, with personal data masked and the decision kept."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from rules_engine.analysis.mask import Masker, mask_data, mask_record
from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.evaluation.evaluate import evaluate
from rules_engine.evaluation.sentence import sentence
from rules_engine.model.case import Case, Event, Rate
from rules_engine.model.catalog import Catalog
from rules_engine.model.decision import Decision, Trace
from rules_engine.model.errors import Permanent
from rules_engine.model.fixture import Expectation, FixtureCase
from rules_engine.model.mapping import Mapping as FieldsMapping
from rules_engine.model.ruleset import Condition, Ruleset, Verdict
from rules_engine.model.values import Money, Record, leaves
from rules_engine.ports import Matcher

MOST_FIELDS = 12


@dataclass(frozen=True)
class Published:
    """The version that decided."""

    ruleset: Ruleset
    mapping: FieldsMapping


@dataclass(frozen=True)
class Frozen:
    """A case for `cases.yaml`, and what its files hold: the record, and that of the evaluation before (None: none).

    `masked` counts the values that were masked by the path of their field; `kept` are paths that a condition reads
    and that had to stay as they were for the decision to stay the same, each with that condition in words.
    """

    fixture: FixtureCase
    record: Record
    previous: Record | None
    masked: Counter[str]
    kept: Mapping[str, str]


def freeze(
    case: Case,
    decision: Decision,
    published: Published,
    matcher: Matcher,
    catalog: Catalog,
    masker: Masker,
    fixture: FixtureCase,
) -> Frozen:
    """The case as it was seen, masked; `fixture` gives the names of the case and of its files.

    Raises Permanent where the decision cannot be had again from what is kept, masked or not.
    """
    again = evaluate(published.ruleset, case, decision.now, matcher, catalog)
    if _answer(again) != _answer(decision):
        words = f"the ruleset decided {_said(decision)} then and decides {_said(again)} of the same values now"
        raise Permanent(f"{words}: there is nothing to freeze")
    case = _with_few_rates(case, again, published.ruleset, matcher, catalog)
    masked, paths, kept = _masked(case, again, published.ruleset, matcher, catalog, masker)
    same = evaluate(published.ruleset, masked, decision.now, matcher, catalog)
    made = replace(
        fixture,
        now=decision.now,
        expect=_expectation(same, masked, published, catalog),
        events=masked.events,
        zone=case.zone,
        rates=case.rates,
        rates_on=case.rates_on,
        fiscal_start=case.fiscal_start,
        previous_record=fixture.previous_record if masked.previous is not None else "",
    )
    return Frozen(made, masked.record, masked.previous, paths, kept)


def _answer(decision: Decision) -> tuple[object, ...]:
    """What must not change: verdict and rule, and of every rule whether it is true."""
    return decision.verdict, decision.rule, decision.policy, [each.truth for each in decision.rules]


def _said(decision: Decision) -> str:
    return f"{decision.verdict.value}{f' by `{decision.rule}`' if decision.rule else ''}"


def _with_few_rates(case: Case, wanted: Decision, ruleset: Ruleset, matcher: Matcher, catalog: Catalog) -> Case:
    """Without the rates that the decision does not need: a workspace has years of them."""

    def is_enough(rates: tuple[Rate, ...]) -> bool:
        return _answer(evaluate(ruleset, replace(case, rates=rates), wanted.now, matcher, catalog)) == _answer(wanted)

    kept = () if is_enough(()) else case.rates
    size = len(kept) // 2
    while size:
        at = 0
        while at < len(kept):
            fewer = kept[:at] + kept[at + size :]
            kept, at = (fewer, at) if is_enough(fewer) else (kept, at + size)
        size //= 2
    return replace(case, rates=kept)


# --- masking ---------------------------------------------------------------------------------------------------


def _masked(
    case: Case, wanted: Decision, ruleset: Ruleset, matcher: Matcher, catalog: Catalog, masker: Masker
) -> tuple[Case, Counter[str], dict[str, str]]:
    """The masked case that is decided the same, with what was masked and what had to be kept for it."""
    kept: dict[str, str] = {}
    while True:
        keep = frozenset(kept)
        now = mask_record(case.record, catalog, masker, keep)
        before = None if case.previous is None else mask_record(case.previous, catalog, masker, keep)
        events = tuple(_event(each, masker) for each in case.events)
        masked = replace(case, record=now.record, events=_apart(events), previous=before.record if before else None)
        found = evaluate(ruleset, masked, wanted.now, matcher, catalog)
        paths = now.paths + (before.paths if before else Counter())
        if _answer(found) == _answer(wanted):
            return masked, paths, kept
        more = {path: words for path, words in _readers(wanted, found, catalog).items() if path in paths}
        if not more:
            raise Permanent("masked, the case is decided otherwise, and no condition says why: it is not frozen")
        kept |= more


def _event(event: Event, masker: Masker) -> Event:
    """An id that holds an address, such as that of an e-mail, is masked too."""
    own = masker.text(event.id) if "@" in event.id else event.id
    return replace(event, id=own, data=mask_data(event.data, masker))


def _apart(events: tuple[Event, ...]) -> tuple[Event, ...]:
    """Two events of different senders can have one id, and in a case that would be one event."""
    seen: Counter[str] = Counter()
    found: list[Event] = []
    for each in events:
        seen[each.id] += 1
        found.append(replace(each, id=f"{each.id}~{seen[each.id]}") if seen[each.id] > 1 else each)
    return tuple(found)


def _readers(wanted: Decision, found: Decision, catalog: Catalog) -> dict[str, str]:
    """The fields of the conditions that are judged otherwise now, each with its condition in words."""
    return {
        path: f"`{old.rule}` reads it: {sentence(condition, catalog, root)}"
        for old, new in zip(wanted.rules, found.rules, strict=True)
        for condition, path, root in _turned(old.trace, new.trace, "", "case", catalog)
    }


def _turned(
    old: Trace, new: Trace, prefix: str, root: str, catalog: Catalog
) -> Iterator[tuple[Condition, str, str]]:
    condition = old.condition
    collection = getattr(condition, "collection", "")
    inside, inner_root = prefix, root
    if collection:
        field = catalog.find(root, collection)
        inside, inner_root = f"{prefix}{collection}.", field.of if field else ""
    below = [each for a, b in zip(old.children, new.children, strict=False)
             for each in _turned(a, b, inside, inner_root, catalog)]  # fmt: skip
    yield from below
    if old.truth is not new.truth and not below:
        yield from ((condition, path, root) for path in _fields(condition, prefix))


def _fields(condition: Condition, prefix: str) -> Iterator[str]:
    """Every field that the condition itself names: its own, those of its operand, that of its figure."""
    collection = getattr(condition, "collection", "")
    named = [getattr(condition, "field", ""), getattr(condition, "path", "")]
    named += [getattr(getattr(condition, "operand", None), "path", "")]
    if collection:
        named.append(f"{collection}.{getattr(condition, 'of', '')}")
    yield from (f"{prefix}{each}" for each in named if each)


# --- what is expected ------------------------------------------------------------------------------------------


def _expectation(decision: Decision, case: Case, published: Published, catalog: Catalog) -> Expectation:
    return Expectation(
        decision.verdict,
        decision.rule,
        _own_reason(decision, published.ruleset),
        _fields_expected(decision, case, published.mapping, catalog),
    )


def _own_reason(decision: Decision, ruleset: Ruleset) -> str:
    """The author's own words; a reason that was made of the record's values says nothing more than the rule does."""
    outcome = next((each.then for each in ruleset.rules if each.id == decision.rule), ruleset.otherwise)
    return outcome.reason if outcome.reason and outcome.reason in decision.reason else ""


def _fields_expected(decision: Decision, case: Case, mapping: FieldsMapping, catalog: Catalog) -> Record:
    """The first amounts, numbers and dates of the document: what must arrive to the cent and is nobody's secret."""
    if decision.verdict not in (Verdict.CONVERT, Verdict.PROPOSE):
        return {}
    context = Context(case.zone, decision.now, catalog=catalog, rates=case.rates)
    document = convert(case.record, mapping, context).document
    known = ((path, value) for path, value in leaves(document) if catalog.find(mapping.target_type, path))
    figures = ((path, value) for path, value in known if isinstance(value, Decimal | Money | date))
    plain = [(path, value) for path, value in figures if not path.endswith(".position")]
    return dict(plain[:MOST_FIELDS])
