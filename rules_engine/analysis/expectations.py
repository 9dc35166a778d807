"""What a case expected beside what came, in words that say both sides."""

from collections.abc import Iterator
from collections.abc import Mapping as Dict

from rules_engine.evaluation.sentence import value_text
from rules_engine.model.conversion import Conversion, Lineage, Origin
from rules_engine.model.decision import Decision
from rules_engine.model.finding import Severity
from rules_engine.model.fixture import Expectation
from rules_engine.model.mapping import FieldMapping, Mapping
from rules_engine.model.values import MISSING, Missing, Record, Value, get, identity, is_empty, leaves


def failures(
    expect: Expectation, decision: Decision, record: Record, mapping: Mapping | None, conversion: Conversion | None
) -> tuple[str, ...]:
    """What is otherwise than expected, a sentence each; none where all is as expected.

    `conversion` is what `mapping` made of the case's `record`, None where the decision makes nothing.
    """
    wrong = [*_verdict(expect, decision)]
    if conversion is not None and mapping is not None:
        wrong += _fields(expect, record, mapping, conversion)
    elif expect.fields:
        names = ", ".join(f"`{path}`" for path in expect.fields)
        why = "there is no mapping" if mapping is None else f"the verdict is {decision.verdict.value}"
        wrong.append(f"expected a {decision.step.target} with {names}, got none, because {why}")
    return tuple(wrong)


def _verdict(expect: Expectation, decision: Decision) -> Iterator[str]:
    by_rule = decision.rule and not decision.policy
    because = f", because `{decision.rule}` matched first" if by_rule else f": {decision.reason}"
    if decision.verdict is not expect.verdict:
        yield f"expected {expect.verdict.value}, got {decision.verdict.value}{because}"
    elif expect.rule and decision.rule != expect.rule:
        came = f"`{decision.rule}`" if decision.rule else f"none: {decision.reason}"
        yield f"expected rule `{expect.rule}` to decide, got {came}"
    if expect.reason and expect.reason.lower() not in decision.reason.lower():
        yield f"expected a reason with `{expect.reason}`, got `{decision.reason}`"


def _fields(expect: Expectation, record: Record, mapping: Mapping, conversion: Conversion) -> Iterator[str]:
    for problem in conversion.problems:
        if problem.severity is Severity.ERROR:
            yield f"the conversion would be held: {problem}"
    found = {path.removeprefix("."): value for path, value in leaves(conversion.document)}
    for path, expected in _expected(expect.fields, found):
        got = found.get(path, MISSING)
        none_of_both = isinstance(got, Missing) and not isinstance(expected, Missing) and is_empty(expected)
        if got != expected and not none_of_both:
            came = "nothing" if isinstance(got, Missing) else value_text(got)
            wanted = "nothing" if isinstance(expected, Missing) else value_text(expected)
            yield f"expected `{path}` to be {wanted}, got {came}{_origin(path, record, mapping, conversion)}"


def _expected(fields: Dict[str, Value], found: Dict[str, Value]) -> Iterator[tuple[str, Value | Missing]]:
    """Every leaf that is expected; of a whole list, that nothing else stands in it."""
    for path, value in fields.items():
        inside = dict(leaves(value, path)) if isinstance(value, Dict) or _is_list(value) else {path: value}
        yield from inside.items()
        if _is_list(value) or value == ():
            others = [each for each in found if each.startswith(f"{path}[") and each not in inside]
            yield from ((each, MISSING) for each in others)


def _is_list(value: Value) -> bool:
    return isinstance(value, tuple) and bool(value) and all(isinstance(each, Dict) for each in value)


# --- where a value came from -----------------------------------------------------------------------------------


def _origin(path: str, record: Record, mapping: Mapping, conversion: Conversion) -> str:
    """", copied from `opportunity.name`", or why there is nothing."""
    made = next((each for each in conversion.lineage if each.target == path), None)
    return f", {_made(made)}" if made is not None else f": {_not_made(path, record, mapping)}"


def _made(made: Lineage) -> str:
    sources = " and ".join(f"`{each.path}`" for each in made.sources)
    changes = ", ".join(f"`{each.transform}`" for each in made.changes)
    match made.origin:
        case Origin.FIXED:
            return "which the mapping writes itself"
        case Origin.DEFAULTED:
            return f"the mapping's default, as {sources} gave nothing" if sources else "the mapping's default"
        case Origin.TRANSFORMED if changes:
            return f"made from {sources} by {changes}" if sources else f"made by {changes}"
        case _:
            return f"{made.origin.value} from {sources}" if sources else made.origin.value


def _not_made(path: str, record: Record, mapping: Mapping) -> str:
    line, inside, prefix = _line(path, record, mapping)
    if line is None:
        return "the mapping has no line for it"
    if not line.sources:
        return "its line in the mapping gave nothing"
    return "; ".join(_seen(each, inside, prefix, record) for each in line.sources)


def _line(path: str, record: Record, mapping: Mapping) -> tuple[FieldMapping | None, Record, str]:
    """The mapping's line for a target path, with the record that its sources are of and the name of that.

    `lines[L-2].sku` is the field `sku` of the list `lines`, made of the record L-2 of its source list.
    """
    for lines in mapping.lines:
        if path.startswith(f"{lines.target}["):
            name, _, rest = path[len(lines.target) + 1 :].partition("].")
            items = get(record, lines.source)
            found = items if isinstance(items, tuple) else ()
            own = next((each for at, each in enumerate(found) if identity(each, at) == name), None)
            line = next((each for each in lines.fields if each.target == rest), None)
            return line, own if isinstance(own, Dict) else {}, f"{lines.source}[{name}]."
    return next((each for each in mapping.fields if each.target == path), None), record, ""


def _seen(source: str, inside: Record, prefix: str, whole: Record) -> str:
    outer = source.startswith("^.")
    name = source[2:] if outer else f"{prefix}{source}"
    value = get(whole, name) if outer else get(inside, source)
    if isinstance(value, Missing):
        return f"its source `{name}` was not received"
    empty = "is empty" if is_empty(value) else f"is {value_text(value)}, of which nothing came"
    return f"its source `{name}` {empty}"
