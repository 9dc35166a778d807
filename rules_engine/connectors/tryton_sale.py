"""A sale of Tryton from our payload, and back into the payload's shape."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rules_engine.connectors.tryton_note import NOTED, KeyNote
from rules_engine.connectors.tryton_records import scalar
from rules_engine.model.errors import Refused
from rules_engine.model.values import Record, Value

Fields = Mapping[str, Mapping[str, Any]]
Row = Mapping[str, Any]

REFERENCES = ("party", "invoice_address", "shipment_address", "contact", "currency", "payment_term")
# What our payload has beyond a sale's own fields: in the note, or said otherwise.
_OURS = ("sale", "origin", "lines", "note", "id", "discount", *NOTED)
READ = (
    *("number", "state", "origin", "description", "reference", "comment", *REFERENCES),
    *("quotation_date", "sale_date", "shipping_date", "untaxed_amount", "tax_amount", "total_amount"),
)
LINE_READ = ("sequence", "type", "product", "quantity", "unit", "unit_price", "description", "note", "taxes", "amount")
# An order may change these on the quotation; all else must be as it was quoted.
CHANGEABLE = ("reference", "comment", "contact", "shipping_date", "sale_date")
FIXED = ("party", "invoice_address", "shipment_address", "currency", "payment_term")
_FIXED_OF_LINE = ("type", "product", "quantity", "unit", "unit_price", "discount", "taxes")
# Decimals that Tryton keeps of a unit price (`price_decimal` of its configuration, 4 unless set otherwise).
_PRICE = Decimal("0.0001")

Fill = Callable[[Row], Mapping[str, Any]]


def ordered(payload: Record) -> tuple[Record, ...]:
    """The payload's lines in the order that Tryton will show them."""
    lines = payload.get("lines") or ()
    rows = [each for each in lines if isinstance(each, Mapping)] if isinstance(lines, tuple) else []
    if all(isinstance(each.get("sequence"), Decimal) for each in rows):
        rows.sort(key=lambda each: Decimal(str(each["sequence"])))
    return tuple(rows)


def positions(lines: tuple[Record, ...]) -> list[int]:
    """Each line's `sequence`: their own where all have one, a whole number; else 10, 20, 30."""
    own = [each.get("sequence") for each in lines]
    numbers = [int(each) for each in own if isinstance(each, Decimal) and each == each.to_integral_value()]
    return numbers if len(numbers) == len(lines) else [10 * each for each in range(1, len(lines) + 1)]


def sale_values(payload: Record, fields: Fields) -> dict[str, Any]:
    """The values of `sale.sale.create` without its lines; Refused for a field that this Tryton has not."""
    values = {
        name: on_wire(name, value, fields)
        for name, value in payload.items()
        if name not in _OURS and value not in (None, "")
    }
    if payload.get("origin"):
        values["origin"] = payload["origin"]
    if "shipment_cost_method" in fields and "shipment_cost_method" not in values:
        # Its default, "on order", passes in a draft and is refused at the quotation where no carrier is set.
        values["shipment_cost_method"] = None
    return values


def line_values(line: Record, position: int, fields: Fields, fill: Fill) -> dict[str, Any]:
    """The values of one `sale.line`; `position` is its `sequence` there.

    `fill` tells what Tryton's form would fill in: asked where a product's unit or taxes are not given.
    """
    values = {
        name: on_wire(name, value, fields)
        for name, value in line.items()
        if name not in (*_OURS, "taxes", "unit_price") and value not in (None, "")
    }
    # `note` is a field of a line, though not of a sale.
    if line.get("note"):
        values["note"] = line["note"]
    values.setdefault("type", "line")
    values["sequence"] = position
    price, taxes = line.get("unit_price"), line.get("taxes")
    if isinstance(price, Decimal):
        values["unit_price"] = net_price(line, price)
    own = [_id("taxes", each) for each in taxes] if isinstance(taxes, tuple) else []
    if values.get("product") and (not own or not values.get("unit")):
        filled = fill(values)
        own = own or list(filled["taxes"])
        values.setdefault("unit", filled["unit"])
    if own:
        values["taxes"] = [["add", own]]
    return values


def net_price(line: Record, price: Decimal) -> Decimal:
    """The unit price after the line's discount; refused where its rounding would change what the line costs."""
    percent = line.get("discount")
    if not isinstance(percent, Decimal) or not percent:
        return price
    exact = price * (1 - percent / 100)
    rounded = exact.quantize(_PRICE, ROUND_HALF_UP)
    quantity = line.get("quantity")
    cent = Decimal("0.01")
    if isinstance(quantity, Decimal) and (exact * quantity).quantize(cent, ROUND_HALF_UP) != (
        rounded * quantity
    ).quantize(cent, ROUND_HALF_UP):
        raise Refused(
            f"line `{line.get('id', '')}`: {price} less {percent} % is {exact.normalize():f}; Tryton keeps 4"
            " decimals of a unit price, and the line would cost something else; quote a price with at most 4 decimals"
        )
    return rounded


def on_wire(name: str, value: Value, fields: Fields) -> Any:
    """A value as Tryton takes it for its field: ids and floats are numbers there."""
    field = fields.get(name)
    if field is None:
        raise Refused(f"this Tryton has no field `{name}`; is the module that adds it active?")
    match field["type"]:
        case "many2one" | "one2one" | "integer":
            return _id(name, value)
        case "float" if isinstance(value, Decimal):
            return float(value)
        case "many2many" if isinstance(value, tuple):
            return [["add", [_id(name, each) for each in value]]]
        case _:
            return value


def _id(name: str, value: Value) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise Refused(f"`{name}` is `{value}`, which is no id of this Tryton") from None


def payload_of(document: str, row: Row, note: KeyNote | None) -> Record:
    """A sale that was read (`READ`, `lines.` with `LINE_READ`) in the shape of the payload that made it."""
    record: dict[str, Value] = {}
    for name in READ:
        value = row.get(name)
        if name in REFERENCES:
            record[name] = "" if value is None else str(value)
        elif value is not None:
            record[name] = scalar(value)
    if document == "order":
        record["sale"] = str(row["id"])
        record.pop("origin", None)
    else:
        record.setdefault("origin", "")
    record |= dict(note.texts) if note else {}
    rows = sorted(row.get("lines.") or [], key=lambda each: (each.get("sequence") or 0, each["id"]))
    ids = note.lines if note and len(note.lines) == len(rows) else ()
    record["lines"] = tuple(
        _line(each, ids[position] if ids else "", note.discounts if note else {}) for position, each in enumerate(rows)
    )
    return record


def _line(row: Row, our_id: str, discounts: Mapping[str, tuple[Decimal, Decimal]]) -> Record:
    record: dict[str, Value] = {"id": our_id} if our_id else {}
    for name in LINE_READ:
        value = row.get(name)
        if name in ("product", "unit"):
            if value is not None:
                record[name] = str(value)
        elif name == "taxes":
            record[name] = tuple(str(each) for each in sorted(value or ()))
        elif value is not None:
            record[name] = scalar(value)
    if our_id in discounts:
        price, percent = discounts[our_id]
        quoted = {**record, "discount": percent}
        if record.get("unit_price") == net_price(quoted, price):
            record |= {"unit_price": price, "discount": percent}
    return record


def changed_since_quoted(payload: Record, quoted: Record) -> Iterator[str]:
    """What an order says otherwise than its quotation in Tryton, of what cannot be changed there any more."""
    for name in FIXED:
        if payload.get(name) not in (None, "", quoted.get(name)):
            yield f"`{name}` is {payload[name]} in the order and {quoted.get(name) or 'empty'} in the quotation"
    ours, theirs = ordered(payload), ordered(quoted)
    if len(ours) != len(theirs):
        yield f"the order has {len(ours)} lines and the quotation {len(theirs)}"
        return
    for number, (our, their) in enumerate(zip(ours, theirs, strict=True), start=1):
        for name in _FIXED_OF_LINE:
            if our.get(name) not in (None, "", (), Decimal(0), their.get(name)):
                said = f"{_said(our[name])} in the order, {_said(their.get(name))} in the quotation"
                yield f"`{name}` of line {number} is {said}"


def _said(value: Value) -> str:
    match value:
        case None | "":
            return "empty"
        case tuple():
            return ", ".join(str(each) for each in value)
        case date():
            return value.isoformat()
        case _:
            return str(value)
