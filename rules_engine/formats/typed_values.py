"""A word or structure of a text as the value of a catalog field."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from rules_engine.formats import literals
from rules_engine.formats.notes import Notes, as_table, check_keys, nearest, shape, shown, text_at
from rules_engine.formats.yaml_tree import Items, Node, Table, Text
from rules_engine.model.catalog import Catalog, Field, Type
from rules_engine.model.values import Money, Months, Scalar, Value

KINDS = {
    Type.TEXT: "text",
    Type.RICH_TEXT: "text",
    Type.NUMBER: "a number",
    Type.PERCENT: "a percentage",
    Type.MONEY: "money",
    Type.BOOLEAN: "true or false",
    Type.DATE: "a date",
    Type.DATETIME: "a date and time",
    Type.TIME: "a time of day",
    Type.DURATION: "a duration",
    Type.CHOICE: "a choice",
    Type.CHOICES: "a list of choices",
    Type.REFERENCE: "a reference",
    Type.RECORD: "a record",
    Type.RECORDS: "a list of records",
}
_EXAMPLES = {
    Type.NUMBER: "write a number such as `1234.50`, without quotes",
    Type.PERCENT: "write a percentage such as `20` or `20 %`",
    Type.MONEY: "write an amount and a currency such as `5000 EUR`",
    Type.BOOLEAN: "write `true` or `false`, without quotes",
    Type.DATE: "write a date such as `2026-03-31`",
    Type.DATETIME: "write a date and time with its offset, such as `2026-03-31T09:00:00+02:00`",
    Type.TIME: "write a time of day such as `09:30`",
    Type.DURATION: "write a duration such as `14 days`, `6 months` or `PT1H30M`",
}


def mismatch(node: Node, field: Field, name: str, notes: Notes, suggestion: str = "") -> None:
    """Report that the node is no value of the field."""
    remedy = suggestion or _EXAMPLES.get(field.type, "")
    notes.error("type-mismatch", f"`{name}` is {KINDS[field.type]}, and here stands {shape(node)}", node.place, remedy)


def read_scalar(node: Node, field: Field, name: str, notes: Notes) -> Scalar:
    """The value of one word for a field called `name`; None after a finding.

    For a list of choices it is one of its codes.
    """
    if isinstance(node, Table) and field.type is Type.MONEY:
        return _money_table(node, notes)
    if not isinstance(node, Text):
        mismatch(node, field, name, notes)
        return None
    match field.type:
        case Type.TEXT | Type.RICH_TEXT | Type.REFERENCE:
            return _text(node, field, name, notes)
        case Type.CHOICE | Type.CHOICES:
            return _choice(node, field, name, notes)
        case Type.RECORD | Type.RECORDS:
            mismatch(node, field, name, notes)
            return None
        case _:
            return _parsed(node, field, name, notes)


def _parsed(node: Text, field: Field, name: str, notes: Notes) -> Scalar:
    found: Scalar = _PARSERS[field.type](node.text)
    quoted_number = not node.plain and field.type in (Type.NUMBER, Type.BOOLEAN)
    if found is None or quoted_number:
        bare = field.type is Type.MONEY and literals.number(node.text) is not None
        mismatch(node, field, name, notes, f"say the currency, such as `{node.text} EUR`" if bare else "")
        return None
    return found


def _boolean(text: str) -> bool | None:
    return {"true": True, "false": False}.get(text)


_PARSERS: dict[Type, Callable[[str], Decimal | Money | bool | date | datetime | time | timedelta | Months | None]] = {
    Type.NUMBER: literals.number,
    Type.PERCENT: literals.percent,
    Type.MONEY: literals.money,
    Type.BOOLEAN: _boolean,
    Type.DATE: literals.day,
    Type.DATETIME: literals.instant,
    Type.TIME: literals.clock,
    Type.DURATION: literals.span,
}


def _text(node: Text, field: Field, name: str, notes: Notes) -> str | None:
    if node.plain and not literals.is_plain_text(node.text):
        remedy = f'put it in quotes: `"{shown(node.text)}"`' if node.text else "write the text"
        mismatch(node, field, name, notes, remedy)
        return None
    return node.text


def _choice(node: Text, field: Field, name: str, notes: Notes) -> str | None:
    codes = [choice.code for choice in field.choices]
    if node.text in codes or (not codes and node.text):
        return node.text
    labels = {choice.label.lower(): choice.code for choice in field.choices}
    by_label = labels.get(node.text.lower())
    suggestion = f"did you mean `{by_label}`?" if by_label else nearest(node.text, codes, "the choices are")
    notes.error("unknown-choice", f"`{shown(node.text)}` is no choice of `{name}`", node.place, suggestion)
    return None


def _money_table(table: Table, notes: Notes) -> Money | None:
    check_keys(table, ("amount", "currency"), notes, "an amount of money")
    before = len(notes.findings)
    amount = text_at(table, "amount", notes, "an amount of money")
    currency = text_at(table, "currency", notes, "an amount of money")
    if len(notes.findings) > before:
        return None
    found = literals.money(f"{amount} {currency}")
    if found is None:
        notes.error("type-mismatch", f"`{amount}` `{currency}` is no amount of money", table.place,
                    _EXAMPLES[Type.MONEY])  # fmt: skip
    return found


def read_value(node: Node, field: Field, name: str, catalog: Catalog, notes: Notes) -> Value:
    """The value of a whole field, records and lists included; `null` is None."""
    if isinstance(node, Text) and node.plain and node.text in ("null", "~", ""):
        return None
    match field.type:
        case Type.RECORD:
            table = as_table(node, notes, f"`{name}`")
            return read_record_table(table, field.of, name, catalog, notes) if table else None
        case Type.RECORDS:
            return _records(node, field, name, catalog, notes)
        case Type.CHOICES if isinstance(node, Items):
            return tuple(read_scalar(each, field, name, notes) for each in node.items)
        case Type.CHOICES:
            mismatch(node, field, name, notes, "write a list such as `[a, b]`")
            return None
        case _:
            return read_scalar(node, field, name, notes)


def _records(node: Node, field: Field, name: str, catalog: Catalog, notes: Notes) -> Value:
    if not isinstance(node, Items):
        mismatch(node, field, name, notes, "begin each record with `- `")
        return None
    tables = [as_table(each, notes, f"a record of `{name}`") for each in node.items]
    return tuple(read_record_table(each, field.of, name, catalog, notes) for each in tables if each)


def read_record_table(table: Table, document_type: str, name: str, catalog: Catalog, notes: Notes) -> dict[str, Value]:
    """A record whose keys are fields of the document type; a free record takes whatever stands there."""
    kind = catalog.types.get(document_type)
    if kind is None or not kind.fields:
        return {key: read_untyped(node) for key, node in table.entries.items()}
    found: dict[str, Value] = {}
    for key, node in table.entries.items():
        if key not in kind.fields:
            notes.error("unknown-field", f"{kind.label.lower()} has no field `{shown(key)}`", table.keys[key],
                        nearest(key, list(kind.fields)))  # fmt: skip
        else:
            found[key] = read_value(node, kind.fields[key], f"{name}.{key}" if name else key, catalog, notes)
    return found


def read_untyped(node: Node) -> Value:
    """The value by YAML 1.2's own rules: numbers as Decimal; dates stay text."""
    match node:
        case Items():
            return tuple(read_untyped(each) for each in node.items)
        case Table():
            return {key: read_untyped(each) for key, each in node.entries.items()}
        case Text(plain=True, text="true" | "false"):
            return node.text == "true"
        case Text(plain=True, text="null" | "~" | ""):
            return None
        case Text(plain=True) if (value := literals.number(node.text)) is not None:
            return value
        case Text():
            return node.text
