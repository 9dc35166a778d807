"""A ruleset as a DMN 1.5 decision table: a rule a row, or by rule and place what a cell cannot say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from html import escape

from rules_engine.formats.exchange.dmn import REASON, VERDICT
from rules_engine.formats.exchange.dmn_cells import KIND_OF
from rules_engine.formats.exchange.exported import ORDERS, check_whole, kind_of, leading, unsaid
from rules_engine.formats.exchange.feel_unary import quoted
from rules_engine.formats.literals import plain_number
from rules_engine.formats.notes import Notes
from rules_engine.formats.paths import Scope
from rules_engine.model.catalog import Catalog, Type
from rules_engine.model.finding import Place
from rules_engine.model.ruleset import (
    All,
    Any,
    Comparison,
    Condition,
    FieldOperand,
    HitPolicy,
    Literal,
    Outcome,
    Rule,
    Ruleset,
    Verdict,
)
from rules_engine.model.values import Money, Months, Scalar

NAMESPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"
FEEL = "https://www.omg.org/spec/DMN/20230324/FEEL/"
_POLICIES = frozenset({HitPolicy.FIRST, HitPolicy.UNIQUE, HitPolicy.COLLECT})
_TYPE_REFS = {"date and time": "dateTime"}
_STRINGS = tuple(kind for kind, name in KIND_OF.items() if name == "string")
_TEXTS = (Type.TEXT, Type.RICH_TEXT)
Row = Mapping[str, str]


def write_dmn(ruleset: Ruleset, catalog: Catalog, currency: str = "") -> str:
    """The XML text; raises Unreadable with everything that no cell can say.

    With `currency`, amounts of money are bare numbers in it.
    """
    notes = Notes()
    check_whole(ruleset, notes, "DMN", _POLICIES)
    scope = Scope(catalog, "case")
    rows = [_row(rule, scope, notes, currency) for rule in ruleset.rules]
    notes.raise_errors()
    paths = list(dict.fromkeys(path for row in rows for path in row))
    return _definitions(ruleset, paths, rows, scope)


# --- cells -----------------------------------------------------------------------------------------------------


def _row(rule: Rule, scope: Scope, notes: Notes, currency: str) -> Row:
    """The tests of the rule's cells, by field."""
    conditions = rule.when.conditions if isinstance(rule.when, All) else (rule.when,)
    grouped: dict[str, list[Comparison]] = {}
    found: dict[str, str] = {}
    spot = _Spot(scope, notes, currency, f"rule `{rule.id}`")
    for each in conditions:
        path = _one_field(each)
        if not path:
            spot.refuse(f"`{leading(each)}`", each.place, "a row is an `all` of comparisons, each of another field")
        elif path in found or (path in grouped and isinstance(each, Any)):
            spot.refuse(f"a second test of `{path}`", each.place, "make them one test")
        elif isinstance(each, Comparison):
            grouped.setdefault(path, []).append(each)
        elif isinstance(each, Any):
            found[path] = spot.any_of(each)
    return {path: spot.cell(grouped[path]) if path in grouped else found[path] for path in [*grouped, *found]}


def _one_field(condition: Condition) -> str:
    """The field that a comparison, or an `any` of comparisons, is about; "" for everything else."""
    match condition:
        case Comparison(path):
            return path
        case Any(inner):
            paths = {each.field if isinstance(each, Comparison) else "" for each in inner}
            return paths.pop() if len(paths) == 1 else ""
        case _:
            return ""


@dataclass(frozen=True)
class _Spot:
    scope: Scope
    notes: Notes
    currency: str
    path: str

    def refuse(self, what: str, place: Place, suggestion: str = "") -> str:
        message = f"{self.path}: {what} has no counterpart in a cell of DMN"
        self.notes.error("no-counterpart", message, place, suggestion)
        return ""

    def cell(self, comparisons: list[Comparison]) -> str:
        """One comparison, or a lower and an upper bound as an interval."""
        if len(comparisons) == 1:
            return _Test(self, comparisons[0]).text()
        bounds = [_Test(self, each).text() for each in comparisons]
        if len(bounds) == 2 and bounds[0].startswith(">") and bounds[1].startswith("<"):
            opening, closing = "[" if bounds[0][1] == "=" else "(", "]" if bounds[1][1] == "=" else ")"
            return f"{opening}{bounds[0].lstrip('>= ')}..{bounds[1].lstrip('<= ')}{closing}"
        if all(bounds):
            self.refuse(f"a second test of `{comparisons[1].field}`", comparisons[1].place, "make them one test")
        return ""

    def any_of(self, group: Any) -> str:
        texts = [_Test(self, each).text() for each in group.conditions if isinstance(each, Comparison)]
        for text, each in zip(texts, group.conditions, strict=True):
            if text.startswith("not("):
                self.refuse(f"`{leading(each)}` in an `any` group", each.place)
        return ", ".join(texts)


@dataclass(frozen=True)
class _Test:
    """One comparison on its way into a cell."""

    spot: _Spot
    comparison: Comparison

    def refuse(self, what: str, suggestion: str = "") -> str:
        return self.spot.refuse(what, self.comparison.place, suggestion)

    def text(self) -> str:
        comparison, operator = self.comparison, self.comparison.operator
        kind = kind_of(comparison.field, self.spot.scope)
        if kind is None:
            return self.refuse(f"the field `{comparison.field}`")
        for key in unsaid(comparison):
            return self.refuse(f"`{key}`")
        if kind not in KIND_OF:
            return self.refuse(f"`{operator}` of a list or record")
        nothing = 'null, ""' if kind in _STRINGS else "null"
        match operator, comparison.operand:
            case "is_empty", _:
                return nothing
            case "is_not_empty", _:
                return f"not({nothing})"
            case ("is", Literal(value)) if not isinstance(value, tuple):
                return self.value(value, kind)
            case ("is_any_of", Literal(tuple(values))):
                return self.values(values, kind)
            case ("is_not" | "is_none_of", Literal(value)):
                return self.negated(value if isinstance(value, tuple) else (value,), kind, nothing)
            case ("between", Literal((low, high))):
                ends = self.value(low, kind), self.value(high, kind)
                return f"[{ends[0]}..{ends[1]}]" if all(ends) else ""
            case _ if operator in ORDERS:
                return self.ordered(kind)
        return self.refuse(f"`{operator}`")

    def values(self, values: tuple[Scalar, ...], kind: Type) -> str:
        texts = [self.value(each, kind) for each in values]
        return ", ".join(texts) if all(texts) else ""

    def negated(self, values: tuple[Scalar, ...], kind: Type, nothing: str) -> str:
        """FEEL's `not("a")` matches null too: it is named where it is not meant."""
        inner = self.values(values, kind)
        return inner and (f"not({inner})" if self.comparison.also_when_empty else f"not({nothing}, {inner})")

    def ordered(self, kind: Type) -> str:
        sign = ORDERS[self.comparison.operator]
        if kind in _TEXTS and sign.startswith("<"):
            return self.refuse(f"`{self.comparison.operator}` of text", '"" comes before every other text in FEEL')
        match self.comparison.operand:
            case Literal(value) if not isinstance(value, tuple):
                text = self.value(value, kind)
                return text and f"{sign} {text}"
            case FieldOperand(path, None, None) if kind_of(path, self.spot.scope) is kind:
                if kind is Type.MONEY and not self.spot.currency:
                    return self.refuse("money", "say its currency, such as `--currency EUR`")
                return f"{sign} {path}"
        return self.refuse(f"`{self.comparison.operator}` with what is computed or moves in time",
                           "compare with a fixed value or a field")  # fmt: skip

    def value(self, value: Scalar, kind: Type) -> str:
        match value:
            case Money(amount, currency) if currency == self.spot.currency:
                return plain_number(amount)
            case Money(_, currency):
                hint = f"say its currency, such as `--currency {currency}`" if not self.spot.currency else ""
                return self.refuse(f"money in {currency}", hint)
            case bool():
                return str(value).lower()
            case str():
                return quoted(value)
            case Decimal():
                return plain_number(value)
            case datetime() if kind is Type.DATETIME:
                return f'date and time("{value.isoformat()}")'
            case date() if kind is Type.DATE and not isinstance(value, datetime):
                return f'date("{value.isoformat()}")'
            case time() if kind is Type.TIME:
                return f'time("{value.isoformat()}")'
            case Months() | timedelta():
                return f'duration("{_iso_span(value)}")'
        return self.refuse(f"the value `{value}`")


def _iso_span(value: Months | timedelta) -> str:
    """ISO 8601, as FEEL has it: `P6M`, `P14D`, `PT5400S`."""
    if isinstance(value, Months):
        return f"{'-' if value.count < 0 else ''}P{abs(value.count)}M"
    micros = value // timedelta(microseconds=1)
    days, rest = divmod(abs(micros), 86_400_000_000)
    span = f"P{days}D" if not rest else f"PT{plain_number((Decimal(abs(micros)) / 1_000_000).normalize())}S"
    return f"-{span}" if micros < 0 else span


# --- XML -------------------------------------------------------------------------------------------------------


def _definitions(ruleset: Ruleset, paths: list[str], rows: list[Row], scope: Scope) -> str:
    roots = list(dict.fromkeys(path.partition(".")[0] for path in paths))
    with_reason = any(each.reason for each in (*(rule.then for rule in ruleset.rules), ruleset.otherwise))
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<definitions xmlns="{NAMESPACE}" expressionLanguage="{FEEL}" typeLanguage="{FEEL}"',
        f'             id="definitions_{ruleset.name}" name={_attribute(ruleset.title)}',
        f'             namespace="urn:opportunity-to-order:{ruleset.name}">',
        *(f'  <inputData id="input_{each}" name="{each}"><variable name="{each}"/></inputData>' for each in roots),
        f'  <decision id="decision_{ruleset.name}" name={_attribute(ruleset.title)}>',
        *([f"    <description>{_text(ruleset.description)}</description>"] if ruleset.description else []),
        f"    <variable name={_attribute(ruleset.title)}/>",
        *(f"    <informationRequirement>{_required(each)}</informationRequirement>" for each in roots),
        f'    <decisionTable hitPolicy="{ruleset.hit_policy.upper()}" preferredOrientation="Rule-as-Row">',
        *(line for path in paths for line in _input(path, scope)),
        *_outputs(ruleset.otherwise, with_reason),
        *(line for rule, row in zip(ruleset.rules, rows, strict=True) for line in _rule(rule, row, paths, with_reason)),
        "    </decisionTable>",
        "  </decision>",
        "</definitions>",
    ]
    return "\n".join(lines) + "\n"


def _required(root: str) -> str:
    return f'<requiredInput href="#input_{root}"/>'


def _input(path: str, scope: Scope) -> list[str]:
    kind = kind_of(path, scope)
    name = KIND_OF[kind] if kind is not None else "Any"
    return [
        f'      <input label="{path}">',
        f'        <inputExpression typeRef="{_TYPE_REFS.get(name, name)}"><text>{path}</text></inputExpression>',
        "      </input>",
    ]


def _outputs(otherwise: Outcome, with_reason: bool) -> list[str]:
    said = otherwise != Outcome(Verdict.IGNORE)
    found = _output(VERDICT, otherwise.verdict.value if said else None)
    return [*found, *(_output(REASON, otherwise.reason if said else None) if with_reason else [])]


def _output(name: str, default: str | None) -> list[str]:
    text = f"<text>{_text(quoted(default))}</text>" if default is not None else ""
    entry = text and f"<defaultOutputEntry>{text}</defaultOutputEntry>"
    return [f'      <output name="{name}" typeRef="string">{entry}</output>']


def _rule(rule: Rule, row: Row, paths: list[str], with_reason: bool) -> list[str]:
    outputs = [rule.then.verdict.value, *([rule.then.reason] if with_reason else [])]
    name = rule.id if rule.id[:1].isalpha() else f"_{rule.id}"
    return [
        f'      <rule id="{name}" label={_attribute(rule.title)}>',
        *(f"        <inputEntry><text>{_text(row.get(path, '-'))}</text></inputEntry>" for path in paths),
        *(f"        <outputEntry><text>{_text(quoted(each))}</text></outputEntry>" for each in outputs),
        "      </rule>",
    ]


def _text(text: str) -> str:
    return escape(text, quote=False)


def _attribute(text: str) -> str:
    escaped = escape(text)
    for character in "\t\n\r":
        escaped = escaped.replace(character, f"&#{ord(character)};")
    return f'"{escaped}"'
