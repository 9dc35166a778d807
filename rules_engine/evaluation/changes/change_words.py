"""Changes to a case as a person is told to make them: `lower SEAT-PRO's discount to 20 % or less (now 25 %)`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TypeAlias

from rules_engine.evaluation import calendar
from rules_engine.evaluation.changes.altered import Add, Altered, Atom, Happen, Path, Put, Remove, at
from rules_engine.evaluation.changes.change_range import OPPOSITE, PHRASES, Holds, values_that_do
from rules_engine.evaluation.changes.moves import Aim
from rules_engine.evaluation.changes.nearby import OTHER_TEXT, of_length
from rules_engine.evaluation.sentence import event_label, label, sentence, value_text
from rules_engine.model.catalog import Catalog, Field, Type
from rules_engine.model.decision import Truth
from rules_engine.model.ruleset import Aggregate, Condition, Function, Happened, Length, Unit
from rules_engine.model.values import MISSING, Missing, Money, Record, Value, identity, is_empty


@dataclass(frozen=True)
class Change:
    """One thing to do. `kind` is set, add, remove or happen; `path` as in findings (`line_items[L-2].discount`).

    `before` is the value now, `value` one that will do; `operator` and `operand` say which others will. Of an added
    record `values` are its fields. `by_hand` is false for what no person can set.
    """

    kind: str
    path: str
    words: str
    before: Value | Missing = MISSING
    value: Value | Missing = MISSING
    operator: str = ""
    operand: Value | Missing = MISSING
    by_hand: bool = True
    values: tuple[tuple[str, Value], ...] = ()


Steps: TypeAlias = Sequence[tuple[Atom, Aim]]


def in_words(steps: Steps, state: Altered, catalog: Catalog, holds: Holds) -> tuple[Change, ...]:
    """The changes in the order in which they stand in the case: fields, records, events."""
    new = [atom.path for atom, _ in steps if isinstance(atom, Add)]
    found = []
    for atom, aim in steps:
        match atom:
            case Put(path) if not any(path[: len(each)] == each for each in new):
                found.append(_set(atom, aim, state, catalog, holds))
            case Add():
                found.append(_add(atom, steps, state, catalog))
            case Remove(path):
                named = record_name(path, state.base.record)
                found.append(
                    Change("remove", said_path(path, state.base.record), f"take out {_kind(path, catalog)} {named}")
                )
            case Happen():
                found.append(_happen(atom, aim, state, catalog))
    return tuple(sorted(found, key=lambda each: ("set", "add", "remove", "happen").index(each.kind)))


# --- names ----------------------------------------------------------------------------------------------------


def said_path(path: Path, record: Record) -> str:
    """`line_items[L-2].discount`."""
    said = ""
    for depth, step in enumerate(path):
        if isinstance(step, int):
            item = at(record, path[: depth + 1])
            said += f"[{identity(item, step) if not isinstance(item, Missing) else f'#{step}'}]"
        else:
            said += f".{step}" if said else step
    return said


def record_name(path: Path, record: Record) -> str:
    """A list's record as people call it: its SKU, number, name or subject; with its id where another has the same."""
    item, siblings = at(record, path), at(record, path[:-1])
    position = path[-1] if isinstance(path[-1], int) else 0
    own = identity(item, position) if isinstance(item, Mapping) else f"#{position}"
    name = _called(item)
    if not name:
        return own
    others = siblings if isinstance(siblings, tuple) else ()
    return name if sum(_called(each) == name for each in others) < 2 else f"{name} ({own})"


def _called(item: Value | Missing) -> str:
    words = (
        (item.get(each) for each in ("sku", "number", "name", "title", "subject")) if isinstance(item, Mapping) else ()
    )
    return next((each.strip() for each in words if isinstance(each, str) and each.strip()), "")


def _kind(path: Path, catalog: Catalog) -> str:
    """The document type of a list's record, such as `line item`."""
    names = ".".join(each for each in path if isinstance(each, str))
    known = catalog.find("case", names)
    kind = catalog.types.get(known.of) if known else None
    return kind.label.lower() if kind else names.rpartition(".")[2].removesuffix("s").replace("_", " ")


def _thing(path: Path, state: Altered, catalog: Catalog) -> str:
    """`opportunity stage`, `SEAT-PRO's discount`."""
    places = [place for place, step in enumerate(path) if isinstance(step, int)]
    if not places:
        return label(".".join(map(str, path)), catalog)
    last = places[-1]
    owner = record_name(path[: last + 1], state.base.record)
    inside = ".".join(map(str, path[last + 1 :]))
    known = catalog.find("case", ".".join(each for each in path[:last] if isinstance(each, str)))
    return f"{owner}'s {label(inside, catalog, known.of if known else '')}"


def _field(path: Path, catalog: Catalog) -> Field | None:
    return catalog.find("case", ".".join(each for each in path if isinstance(each, str)))


def _text(value: Value | Missing, path: Path, catalog: Catalog) -> str:
    field = _field(path, catalog)
    text = value_text(value, catalog, "case", ".".join(each for each in path if isinstance(each, str)))
    return f"{text} %" if field and field.type is Type.PERCENT and isinstance(value, Decimal) else text


# --- a field --------------------------------------------------------------------------------------------------


def _set(atom: Put, aim: Aim, state: Altered, catalog: Catalog, holds: Holds) -> Change:
    path, value = atom.path, atom.value
    before, field = at(state.base.record, path), _field(path, catalog)
    by_hand = not (field is not None and field.read_only)
    operator, operand = values_that_do(atom, aim, holds)
    figure = isinstance(aim.condition, Aggregate) and not isinstance(before, Missing) and not is_empty(before)
    if isinstance(aim.condition, Length) and isinstance(value, str):
        words = _of_length(atom, aim, before, state, catalog, holds)
    elif value is None or value == ():
        words = f"clear {_thing(path, state, catalog)} (now {_text(before, path, catalog)})"
    elif figure and _is_of(aim.condition, path):
        words = _towards(atom, aim, before, state, catalog)
    else:
        words = _said(atom, before, operator, operand, state, catalog)
    said = said_path(path, state.base.record)
    return Change(
        "set", said, words if by_hand else f"{words}; no person can set it", before, value, operator, operand, by_hand
    )


def _said(
    atom: Put, before: Value | Missing, operator: str, operand: Value | Missing, state: Altered, catalog: Catalog
) -> str:
    thing, now = _thing(atom.path, state, catalog), _text(before, atom.path, catalog)
    several = operand if isinstance(operand, tuple) else (operand,)
    texts = [_text(each, atom.path, catalog) for each in several]
    if operator in ("between", "outside"):
        ends = f"{texts[0]} and {texts[-1]}"
        to = f"something between {ends}" if operator == "between" else f"a value not between {ends}"
    else:
        to = PHRASES[operator].replace(
            "%s", " or ".join([", ".join(texts[:-1]), texts[-1]]) if len(texts) > 1 else texts[0]
        )
    if atom.value == OTHER_TEXT and operator in ("is", ""):
        to = "another text"
    if isinstance(before, Missing) or is_empty(before):
        return f"fill in {thing}: {to} (now {now})"
    return f"{_verb(before, atom.value)} {thing} to {to} (now {now})"


def _of_length(atom: Put, aim: Aim, before: Value | Missing, state: Altered, catalog: Catalog, holds: Holds) -> str:
    count = len(str(atom.value))
    operator = getattr(aim.condition, "operator", "")
    operator = operator if Truth.TRUE in aim.target else OPPOSITE.get(operator, "")
    far = {"at_least": count + 9, "more_than": count + 9, "at_most": count // 2, "less_than": count // 2}.get(operator)
    text = str(count)
    if far is not None and holds(atom, Put(atom.path, of_length(atom.value, Decimal(far)) or "")):
        text = PHRASES[operator].replace("%s", value_text(aim.expected))
    thing, now = _thing(atom.path, state, catalog), _text(before, atom.path, catalog)
    return f"set {thing} to a text of {text} characters (now {now})"


def _verb(before: Value | Missing, after: Value) -> str:
    match before, after:
        case Decimal(), Decimal():
            return "raise" if after > before else "lower"
        case Money(), Money() if before.currency == after.currency:
            return "raise" if after.amount > before.amount else "lower"
        case _:
            return "set"


# --- a figure over a list -------------------------------------------------------------------------------------


def _is_of(condition: Condition, path: Path) -> bool:
    return isinstance(condition, Aggregate) and bool(condition.of) and path[-1] == condition.of.rpartition(".")[2]


def _towards(atom: Put, aim: Aim, before: Value | Missing, state: Altered, catalog: Catalog) -> str:
    """`add 1200 EUR to the sum of net amount of line items, such as ...`; of other figures the value itself."""
    condition, path = aim.condition, atom.path
    move = f"{_thing(path, state, catalog)} from {_text(before, path, catalog)} to {_text(atom.value, path, catalog)}"
    gap = _gap(before, atom.value)
    if not isinstance(condition, Aggregate) or condition.function is not Function.SUM or gap is None:
        return f"set {move}: {sentence(condition, catalog, aim.root)} (now {value_text(aim.figure)})"
    name = sentence(condition, catalog, aim.root)
    amount = gap.amount if isinstance(gap, Money) else gap
    more = isinstance(amount, Decimal) and amount > 0
    size = _text(Money(abs(gap.amount), gap.currency) if isinstance(gap, Money) else abs(gap), path, catalog)
    change = f"add {size} to the sum" if more else f"take {size} off the sum"
    return f"{change}, such as {move}: {name} (now {value_text(aim.figure)})"


def _gap(before: Value | Missing, after: Value) -> Decimal | Money | None:
    match before, after:
        case Decimal(), Decimal():
            return after - before
        case Money(), Money() if before.currency == after.currency:
            return Money(after.amount - before.amount, after.currency)
        case _:
            return None


# --- records and events ---------------------------------------------------------------------------------------


def _add(atom: Add, steps: Steps, state: Altered, catalog: Catalog) -> Change:
    inside = [each for each, _ in steps if isinstance(each, Put) and each.path[: len(atom.path)] == atom.path]
    depth = len(atom.path)
    known = catalog.find("case", ".".join(each for each in atom.path if isinstance(each, str)))
    root = known.of if known else ""
    values = tuple((".".join(map(str, each.path[depth:])), each.value) for each in inside)
    texts = ["anything" if each.value == OTHER_TEXT else _text(each.value, each.path, catalog) for each in inside]
    parts = [f"{label(name, catalog, root)} {text}" for (name, _), text in zip(values, texts, strict=True)]
    kind = _kind(atom.path, catalog)
    article = "an" if kind[:1] in "aeiou" else "a"
    content = f" with {', '.join(parts)}" if parts else ""
    words = f"add {article} {kind}{content}"
    return Change("add", said_path(atom.path, state.base.record), words, values=values)


def _happen(atom: Happen, aim: Aim, state: Altered, catalog: Catalog) -> Change:
    again = any(each.type == atom.event and each.at <= state.at for each in state.base.events)
    words = f"record: {event_label(atom.event, catalog)}{' again' if again else ''}"
    last = _deadline(aim.condition, state) if isinstance(aim.condition, Happened) else None
    return Change("happen", atom.event, f"{words}{f' by {value_text(last)}' if last else ''}", operand=last or MISSING)


def _deadline(condition: Happened, state: Altered) -> Value:
    """The last day (of hours: the last instant) on which what is still awaited is in time."""
    if condition.within is None:
        return None
    zone = state.base.zone
    ends = [calendar.last_moment_within(each.at, condition.within, zone) for each in state.base.events
            if each.type in condition.events and each.at <= state.at]  # fmt: skip
    open_ends = [each for each in ends if each > state.at]
    if not open_ends:
        return None
    last = min(open_ends) - timedelta(microseconds=1)
    return last if condition.within.unit is Unit.HOURS else calendar.today(last, zone)
