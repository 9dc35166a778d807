"""Random rulesets, conditions, cases and mappings over any catalog, for property-based tests.

All that is drawn is valid: a condition has operators and operands that its field's type allows, and can be
written as text and read back. Fields are drawn from a few of each type, and values from small pools, so that
conditions and cases meet often; cases lack fields, hold nulls, empty texts, empty lists and zeros.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from rules_engine.model.case import Case, Event, Rate
from rules_engine.model.catalog import Catalog, Field, Type
from rules_engine.model.mapping import Drop, FieldMapping, LinesMapping, Mapping, Transform
from rules_engine.model.operators import OPERATORS, Takes
from rules_engine.model.ruleset import (
    Aggregate,
    All,
    Amount,
    Any,
    Changed,
    ChangeKind,
    Comparison,
    Condition,
    Duration,
    FieldOperand,
    Function,
    Happened,
    HitPolicy,
    Late,
    Length,
    Literal,
    Mode,
    Near,
    NoneOf,
    NotHappened,
    Operand,
    Outcome,
    Period,
    Policies,
    Price,
    Quantified,
    Quantifier,
    Quantities,
    RelativeDate,
    Revision,
    Rounding,
    Rule,
    Ruleset,
    Step,
    Unit,
    Verdict,
)
from rules_engine.model.values import MISSING, Missing, Money, Months, Scalar, Value

NOW = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)  # the evening before Europe's clocks change
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")
AMOUNTS = (Type.NUMBER, Type.MONEY, Type.PERCENT)
DAYS = (Type.DATE, Type.DATETIME)
TEXTS = (Type.TEXT, Type.RICH_TEXT)
# Enough to compare a field with another of its type, few enough that conditions and cases meet.
FIELDS_OF_A_TYPE = 2
LISTS = 3
EVENTS = 4

# --- values ----------------------------------------------------------------------------------------------------


def instants() -> SearchStrategy[datetime]:
    """Within forty days around NOW, with several offsets."""
    hours = st.integers(-40 * 24, 40 * 24)
    zones = st.sampled_from([UTC, timezone(timedelta(hours=2)), timezone(timedelta(hours=-5))])
    return st.builds(lambda by, zone: (NOW + timedelta(hours=by)).astimezone(zone), hours, zones)


def days() -> SearchStrategy[date]:
    return st.integers(-40, 40).map(lambda by: NOW.date() + timedelta(days=by)) | st.sampled_from(
        [date(2024, 2, 29), date(2026, 1, 31), date(1999, 12, 31)]
    )


def numbers() -> SearchStrategy[Decimal]:
    few = st.sampled_from([Decimal(each) for each in ("0", "1", "-1", "2.5", "20", "100", "5000", "0.01")])
    return few | st.decimals(-99_999, 99_999, places=2, allow_nan=False)


def texts() -> SearchStrategy[str]:
    few = st.sampled_from(["a", "ab", "b", "A", "true", "5", "Zoë", "Zoë", "- x", "a: b", "null", "שלום"])
    return few | st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=8)


def titles() -> SearchStrategy[str]:
    return texts().map(str.strip).filter(bool)


def scalars(field: Field) -> SearchStrategy[Scalar]:
    """A value of the field; for a list of choices one of its codes."""
    match field.type:
        case Type.NUMBER | Type.PERCENT:
            return numbers()
        case Type.MONEY:
            return st.builds(Money, numbers(), st.sampled_from(["EUR", "USD", "JPY"]))
        case Type.BOOLEAN:
            return st.booleans()
        case Type.DATE:
            return days()
        case Type.DATETIME:
            return instants()
        case Type.TIME:
            return st.sampled_from([time(0), time(9, 30), time(9, 30, 1), time(17, 0, 0, 500), time.max])
        case Type.DURATION:
            seconds = st.integers(-999, 999_999)
            return st.integers(-3, 40).map(Months) | seconds.map(lambda each: timedelta(seconds=each))
        case Type.CHOICE | Type.CHOICES if field.choices:
            return st.sampled_from([choice.code for choice in field.choices])
        case _:
            return texts()


def with_clocks(catalog: Catalog) -> Catalog:
    """The catalog with a custom time of day and duration, of which the built-in types have none."""
    custom = [Field(name, kind, custom=True) for name, kind in _CLOCKS]
    return catalog.with_fields("opportunity", {each.name: each for each in custom})


_CLOCKS = (("call_at", Type.TIME), ("close_at", Type.TIME), ("term", Type.DURATION), ("notice", Type.DURATION))


# --- fields ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class World:
    """The few fields of a document type that are drawn from; lists by path."""

    catalog: Catalog
    root: str
    fields: tuple[tuple[str, Field], ...]
    lists: tuple[tuple[str, Field], ...]
    inside: bool = False

    def typed(self, types: Sequence[Type] | frozenset[Type]) -> list[tuple[str, Field]]:
        return [each for each in self.fields if each[1].type in types]

    def within(self, collection: Field) -> "World":
        return world(self.catalog, collection.of, inside=True)


# Catalogs cannot be hashed; the catalog itself is kept so that its id stays its own.
_WORLDS: dict[tuple[int, str, bool], World] = {}


def world(catalog: Catalog, root: str = "case", *, inside: bool = False) -> World:
    """A few fields of each type, the shortest paths first."""
    key = (id(catalog), root, inside)
    if key not in _WORLDS:
        _WORLDS[key] = _world(catalog, root, inside)
    return _WORLDS[key]


def _world(catalog: Catalog, root: str, inside: bool) -> World:
    paths = sorted(catalog.paths(root, depth=3), key=lambda each: each[0].count("."))
    found: list[tuple[str, Field]] = []
    for kind in Type:
        # Fields of records in records repeat (quote.contact...); the first ones of each type are enough.
        found += [each for each in paths if each[1].type is kind][:FIELDS_OF_A_TYPE]
    lists = [each for each in paths if each[1].type is Type.RECORDS][:LISTS]
    kept = [each for each in found if each[1].type not in (Type.RECORD, Type.RECORDS)]
    return World(catalog, root, tuple(kept), tuple(lists), inside)


# --- operands --------------------------------------------------------------------------------------------------


def durations(*, signed: bool = False, units: Sequence[Unit] = tuple(Unit)) -> SearchStrategy[Duration]:
    return st.builds(Duration, st.integers(-20 if signed else 1, 40), st.sampled_from(units))


_CALENDAR_UNITS = (Unit.DAYS, Unit.WEEKS, Unit.MONTHS, Unit.YEARS)


def operands(name: str, field: Field, here: World) -> SearchStrategy[Operand]:
    """What can stand after the operator for that field."""
    match OPERATORS[name].takes:
        case Takes.NOTHING:
            return st.none()
        case Takes.LIST:
            return st.lists(scalars(field), min_size=1, max_size=3).map(lambda each: Literal(tuple(each)))
        case Takes.PAIR:
            return st.tuples(scalars(field), scalars(field)).filter(_one_kind).map(_ordered)
        case Takes.DURATION:
            return durations(units=_CALENDAR_UNITS if field.type is Type.DATE else tuple(Unit))
        case Takes.PERIOD:
            units = st.sampled_from(["week", "month", "quarter", "year", "fiscal quarter", "fiscal year"])
            return st.builds(Period, st.sampled_from(["this", "last", "next"]), units)
        case Takes.PATTERN:
            return st.sampled_from(["a", "^b", "[A-Z]+", "o.$", "^Zo(ë|e)"]).map(Literal)
        case Takes.NEAR:
            paths = [path for path, _ in here.typed([field.type])]
            return st.builds(Near, st.sampled_from([Decimal(0), Decimal(5), Decimal("12.5")]), st.sampled_from(paths))
        case _:
            return _value_operands(field, here)


def _one_kind(pair: tuple[Scalar, Scalar]) -> bool:
    return type(pair[0]) is type(pair[1]) and getattr(pair[0], "currency", "") == getattr(pair[1], "currency", "")


def _ordered(pair: tuple[Scalar, Scalar]) -> Literal:
    key: Callable[[Scalar], object] = lambda each: getattr(each, "amount", each)  # noqa: E731  # a name would hide it
    return Literal(tuple(sorted(pair, key=key)))  # type: ignore[type-var, arg-type]  # one kind on both sides


def _value_operands(field: Field, here: World) -> SearchStrategy[Operand]:
    found: list[SearchStrategy[Operand]] = [scalars(field).map(Literal)]
    if field.type in DAYS:
        # A day for a date and time too: its calendar day counts.
        found += [days().map(Literal), _relative(field)]
    others = [path for path, each in here.fields if each.type is field.type]
    if others:
        found.append(_field_operands(field, others))
    return st.one_of(found)


def _relative(field: Field) -> SearchStrategy[RelativeDate]:
    today = st.builds(RelativeDate, st.just("today"), st.none() | durations(signed=True, units=_CALENDAR_UNITS))
    if field.type is Type.DATE:
        return today
    return today | st.builds(RelativeDate, st.just("now"), st.none() | durations(signed=True))


def _field_operands(field: Field, others: Sequence[str]) -> SearchStrategy[FieldOperand]:
    shift: SearchStrategy[Duration | None] = st.none()
    share: SearchStrategy[Decimal | None] = st.none()
    if field.type in DAYS:
        shift = st.none() | durations(signed=True, units=_CALENDAR_UNITS if field.type is Type.DATE else tuple(Unit))
    if field.type in AMOUNTS:
        share = st.none() | st.sampled_from([Decimal(50), Decimal(110), Decimal("99.5")])
    return st.builds(FieldOperand, st.sampled_from(others), shift, share)


# --- conditions ------------------------------------------------------------------------------------------------


def conditions(catalog: Catalog, depth: int = 3) -> SearchStrategy[Condition]:
    """Any condition over the case, at most `depth` groups deep."""
    return _conditions(world(catalog), depth)


def _conditions(here: World, depth: int) -> SearchStrategy[Condition]:
    found: list[SearchStrategy[Condition]] = [_comparisons(here), _lengths(here)]
    if not here.inside:
        found += [_changes(here), _happenings(here), _silences(here)]
    if depth > 0:
        inner = st.deferred(lambda: _conditions(here, depth - 1))
        groups = st.lists(inner, min_size=1, max_size=3).map(tuple)
        found += [st.builds(kind, groups) for kind in (All, Any, NoneOf)]
        if here.lists:
            found += [_quantified(here, depth), _aggregates(here, depth)]
    return st.one_of(found)


@st.composite
def _comparisons(draw: st.DrawFn, here: World) -> Comparison:
    path, field = draw(st.sampled_from([*here.fields, *here.lists]))
    name = draw(st.sampled_from([each.name for each in OPERATORS.values() if field.type in each.types]))
    empty = draw(st.booleans()) if OPERATORS[name].negative else False
    fold = draw(st.booleans()) if OPERATORS[name].folds and field.type in TEXTS else False
    return Comparison(path, name, draw(operands(name, field, here)), empty, fold)


@st.composite
def _lengths(draw: st.DrawFn, here: World) -> Length:
    path, _ = draw(st.sampled_from(here.typed(TEXTS)))
    count = Field("count", Type.NUMBER)
    names = [each.name for each in OPERATORS.values() if Type.NUMBER in each.types and _fits(each.name, count, here)]
    name = draw(st.sampled_from(names))
    return Length(path, name, draw(operands(name, count, here)))


@st.composite
def _changes(draw: st.DrawFn, here: World) -> Changed:
    single = [each for each in here.fields if each[1].type is not Type.CHOICES]
    path, field = draw(st.sampled_from(single))
    kind = draw(st.sampled_from(ChangeKind))
    return Changed(path, kind, None if kind is ChangeKind.CHANGED else draw(scalars(field)))


@st.composite
def _quantified(draw: st.DrawFn, here: World, depth: int) -> Quantified:
    path, field = draw(st.sampled_from(here.lists))
    quantifier = draw(st.sampled_from(Quantifier))
    inner = _conditions(here.within(field), depth - 1)
    every = quantifier is Quantifier.EVERY
    where = draw(inner if every else st.none() | inner)
    return Quantified(quantifier, path, where, draw(st.booleans()) if every else False)


@st.composite
def _aggregates(draw: st.DrawFn, here: World, depth: int) -> Aggregate:
    path, field = draw(st.sampled_from(here.lists))
    inside = here.within(field)
    function = draw(st.sampled_from(Function))
    types = (*AMOUNTS, *DAYS, Type.TIME, Type.DURATION) if function in (Function.MIN, Function.MAX) else AMOUNTS
    figures = inside.typed(types)
    if function is Function.COUNT or not figures:
        function, of, figure = Function.COUNT, "", Field("count", Type.NUMBER)
    else:
        of, figure = draw(st.sampled_from(figures))
    names = [each.name for each in OPERATORS.values() if figure.type in each.types and _fits(each.name, figure, here)]
    name = draw(st.sampled_from(names))
    where = draw(st.none() | _conditions(inside, depth - 1))
    return Aggregate(function, path, of, name, draw(operands(name, figure, here)), where)


def _fits(name: str, figure: Field, here: World) -> bool:
    takes = OPERATORS[name].takes
    return takes is not Takes.NOTHING and (takes is not Takes.NEAR or bool(here.typed([figure.type])))


def _event_names(catalog: Catalog) -> SearchStrategy[str]:
    return st.sampled_from(sorted(catalog.events)[:EVENTS])


def _happenings(here: World) -> SearchStrategy[Happened]:
    events = st.lists(_event_names(here.catalog), min_size=1, max_size=3, unique=True).map(tuple)
    return st.builds(Happened, events, st.booleans(), st.none() | durations(), st.integers(1, 3))


def _silences(here: World) -> SearchStrategy[NotHappened]:
    return st.builds(NotHappened, _event_names(here.catalog), _event_names(here.catalog), durations())


# --- rulesets --------------------------------------------------------------------------------------------------


def outcomes() -> SearchStrategy[Outcome]:
    return st.builds(Outcome, st.sampled_from(Verdict), titles())


@st.composite
def rulesets(draw: st.DrawFn, catalog: Catalog, *, most: int = 4, depth: int = 3) -> Ruleset:
    """One to `most` rules with all hit policies, modes and days of effect."""
    drawn = draw(st.lists(conditions(catalog, depth), min_size=1, max_size=most))
    rules = tuple(draw(_rules(f"rule-{number}", when)) for number, when in enumerate(drawn, 1))
    otherwise = draw(st.just(Outcome(Verdict.IGNORE)) | outcomes())
    policy, step = draw(st.sampled_from(HitPolicy)), draw(st.sampled_from(Step))
    description, policies = draw(st.just("") | titles()), draw(_policies(catalog))
    return Ruleset("drawn", draw(titles()), step, rules, policy, otherwise, description, policies)


def _policies(catalog: Catalog) -> SearchStrategy[Policies]:
    dates = [path for path, _ in world(catalog).typed([Type.DATE])]
    late = st.sampled_from(Late)
    rounding, tolerance = st.sampled_from(Rounding), st.decimals(0, 1000, places=2)
    price, quantities = st.sampled_from(Price), st.sampled_from(Quantities)
    rates, amount = st.sampled_from(["today", *dates]), st.sampled_from(Amount)
    lines = (price, quantities, amount)
    built = st.builds(Policies, late, late, rates, rounding, tolerance, *lines, st.sampled_from(Revision))
    return st.just(Policies()) | built


@st.composite
def _rules(draw: st.DrawFn, name: str, when: Condition) -> Rule:
    bounds = draw(st.none() | st.tuples(days(), days()).map(sorted))
    start, end = bounds or (None, None)
    mode = draw(st.sampled_from([Mode.ON, Mode.ON, Mode.WATCH, Mode.OFF]))
    return Rule(name, draw(titles()), when, draw(outcomes()), mode, start, end)


# --- cases -----------------------------------------------------------------------------------------------------


def cases(catalog: Catalog) -> SearchStrategy[Case]:
    """A case with some of its fields, events and exchange rates, and perhaps what it was before."""
    here = world(catalog)
    return st.builds(
        _case,
        records(here),
        st.none() | st.just("same") | records(here),
        st.lists(_events(catalog), max_size=6).map(tuple),
        st.sampled_from([(), _RATES]),
        st.sampled_from(ZONES),
        st.sampled_from([1, 4, 10]),
        st.sampled_from([None, date(2025, 12, 31), date(2026, 2, 1)]),
    )


_RATES = (
    Rate("EUR", "USD", Decimal("1.10"), date(2026, 1, 1)),
    Rate("EUR", "JPY", Decimal(160), date(2026, 1, 1)),
)


def _case(
    record: dict[str, Value],
    previous: dict[str, Value] | str | None,
    events: tuple[Event, ...],
    rates: tuple[Rate, ...],
    zone: str,
    fiscal_start: int,
    rates_on: date | None,
) -> Case:
    before = record if isinstance(previous, str) else previous
    ordered = tuple(sorted(events, key=lambda each: each.at))
    return Case("C-1", record, ordered, before, rates, zone, fiscal_start, rates_on)


def _events(catalog: Catalog) -> SearchStrategy[Event]:
    at = instants() | st.just(NOW)
    return st.builds(Event, _event_names(catalog), at, st.integers(1, 999).map(lambda number: f"e-{number}"))


@st.composite
def records(draw: st.DrawFn, here: World) -> dict[str, Value]:
    """A record with the few fields of its world: each one missing, null, empty or with a value."""
    found: dict[str, Value] = {}
    absent = {path.rpartition(".")[0] for path, _ in here.fields} - {""}
    gone = draw(st.sets(st.sampled_from(sorted(absent)), max_size=1)) if absent else set()
    for path, field in here.fields:
        parent = path.rpartition(".")[0]
        value = draw(_values(field))
        if parent not in gone and not isinstance(value, Missing):
            _put(found, path, value)
    for path, field in here.lists:
        value = draw(_collections(here.within(field)))
        if not isinstance(value, Missing):
            _put(found, path, value)
    for path in gone:
        if draw(st.booleans()):
            _put(found, path, None)
    return found


def _put(record: dict[str, Value], path: str, value: Value) -> None:
    *parents, last = path.split(".")
    for name in parents:
        inner = record.setdefault(name, {})
        if not isinstance(inner, dict):
            return
        record = inner
    record.setdefault(last, value)


def _values(field: Field) -> SearchStrategy[Value | Missing]:
    if field.type is Type.CHOICES:
        filled: SearchStrategy[Value | Missing] = st.lists(scalars(field), max_size=2, unique=True).map(tuple)
        return filled | st.sampled_from([MISSING, None])
    empty = [MISSING, None, ""] if field.type in (Type.TEXT, Type.RICH_TEXT, Type.REFERENCE) else [MISSING, None]
    value = scalars(field)
    # Values twice as often as nothing.
    return st.one_of(value, value, st.sampled_from(empty))


@st.composite
def _collections(draw: st.DrawFn, here: World) -> Value | Missing:
    if draw(st.integers(0, 5)) == 0:
        return draw(st.sampled_from([MISSING, None]))
    flat = World(here.catalog, here.root, here.fields, (), inside=True)
    items = draw(st.lists(records(flat), max_size=3))
    return tuple({**item, "id": f"{here.root[:1].upper()}-{at}"} for at, item in enumerate(items, 1))


# --- mappings --------------------------------------------------------------------------------------------------

_TRANSFORMS = st.sampled_from(
    [
        Transform("trim"),
        Transform("upper_case"),
        Transform("truncate", {"length": Decimal(40)}),
        Transform("record_text", {"title": "5"}),
        Transform("map", {"values": {"a": "b", "Closed Won": True, "5": Decimal("1.50")}, "other": "pass"}),
        Transform("map", {"values": {"a": "b"}, "other": {"use": "c"}}),
        Transform("look_up", {"in": "product", "by": "sku"}),
    ]
)
_TOGETHER = st.sampled_from([Transform("first"), Transform("join", {"with": ", "}), Transform("join")])


@st.composite
def mappings(draw: st.DrawFn, catalog: Catalog, source: str = "case", target: str = "quote") -> Mapping:
    """A mapping that fills all that the target requires, and some of the rest; lines go from list to list."""
    fields = draw(_field_mappings(catalog, source, target))
    lines = draw(_line_mappings(catalog, source, target))
    paths = [path for path, _ in catalog.paths(source, depth=2)]
    drops = draw(st.dictionaries(st.sampled_from(paths), titles(), max_size=3))
    carriers = [each.name for each in catalog.types[target].fields.values() if each.type is Type.RECORD]
    carry_over = draw(st.sampled_from(["", *[each for each in carriers if each not in {one.target for one in fields}]]))
    dropped = tuple(Drop(path, reason) for path, reason in drops.items())
    return Mapping("drawn", source, target, fields, lines, dropped, carry_over)


@st.composite
def _field_mappings(draw: st.DrawFn, catalog: Catalog, source: str, target: str) -> tuple[FieldMapping, ...]:
    kind = catalog.types[target]
    required = [each.name for each in kind.fields.values() if each.required and not each.read_only]
    single = [each.name for each in kind.fields.values() if each.type not in (Type.RECORD, Type.RECORDS)]
    free = [name for name in single if not kind.fields[name].read_only and name not in required]
    chosen = [*required, *draw(st.lists(st.sampled_from(free), max_size=5, unique=True))]
    paths = [path for path, _ in catalog.paths(source, depth=2)]
    return tuple(draw(_one_field(kind.fields[name], paths)) for name in chosen)


@st.composite
def _one_field(draw: st.DrawFn, field: Field, paths: Sequence[str]) -> FieldMapping:
    default = draw(st.just(MISSING) | st.none() | scalars(field))
    if draw(st.integers(0, 4)) == 0:
        return FieldMapping(field.name, value=draw(scalars(field)))
    sources = tuple(draw(st.lists(st.sampled_from(paths), min_size=1, max_size=2, unique=True)))
    through = tuple(draw(st.lists(_TRANSFORMS, max_size=2)))
    first = (draw(_TOGETHER),) if len(sources) > 1 else ()
    return FieldMapping(field.name, sources, MISSING, (*first, *through), default, draw(st.booleans()))


@st.composite
def _line_mappings(draw: st.DrawFn, catalog: Catalog, source: str, target: str) -> tuple[LinesMapping, ...]:
    into = [each for each in catalog.types[target].fields.values() if each.type is Type.RECORDS]
    out_of = [each for each in catalog.types[source].fields.values() if each.type is Type.RECORDS]
    if not into or not out_of or not draw(st.booleans()):
        return ()
    to, origin = into[0], draw(st.sampled_from(out_of))
    return (LinesMapping(to.name, origin.name, draw(_field_mappings(catalog, origin.of, to.of))),)
