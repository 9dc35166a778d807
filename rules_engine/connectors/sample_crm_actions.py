"""What a person does at the sample CRM: how the record changes, and the event that the CRM sends for it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from rules_engine.model.values import Record, Value, identity

_ROUNDED = Decimal("0.01")
_DEPOSIT = Decimal("0.30")
_STEP = re.compile(r"(?P<name>[^.\[]+)(?:\[(?P<item>[^\]]*)\])?(?:\.|$)")


@dataclass(frozen=True)
class Changes:
    """`put` maps native paths (`Lines[L-1].InStock`) to their new value; `add` maps a list's name to a new record."""

    put: Mapping[str, Value] = field(default_factory=dict)
    add: Mapping[str, Record] = field(default_factory=dict)


def changed(record: Record, changes: Changes) -> Record:
    """The record with the changes made; a list that lacks is made, a list's record that lacks is left alone."""
    for path, value in changes.put.items():
        record = _put(record, path, value)
    for name, new in changes.add.items():
        record = {**record, name: (*_list(record, name), new)}
    return record


def _put(record: Record, path: str, value: Value) -> Record:
    step = _STEP.match(path)
    if step is None:
        return record
    name, item, rest = step["name"], step["item"], path[step.end() :]
    if item is not None:
        inside = tuple(_put_in(each, place, item, rest, value) for place, each in _numbered(record, name))
        return {**record, name: inside}
    if not rest:
        return {**record, name: value}
    inner = record.get(name)
    return {**record, name: _put(inner if isinstance(inner, Mapping) else {}, rest, value)}


def _put_in(each: Value, place: int, item: str, rest: str, value: Value) -> Value:
    return _put(each, rest, value) if isinstance(each, Mapping) and identity(each, place) == item else each


def _list(record: Record, name: str) -> tuple[Value, ...]:
    found = record.get(name)
    return found if isinstance(found, tuple) else ()


def _numbered(record: Record, name: str) -> list[tuple[int, Value]]:
    return list(enumerate(_list(record, name)))


# --- actions ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Action:
    """`change` gets the record and the instant (in the CRM's own zone) and gives what changes."""

    name: str
    label: str
    event: str
    change: Callable[[Record, datetime], Changes]


def _win(_record: Record, _now: datetime) -> Changes:
    return Changes(put={"StageName": "Closed Won", "Probability": Decimal(100)})


def _lose(_record: Record, _now: datetime) -> Changes:
    return Changes(put={"StageName": "Closed Lost", "Probability": Decimal(0), "LossReason": "Chose another supplier"})


def _reopen(_record: Record, _now: datetime) -> Changes:
    return Changes(put={"StageName": "Negotiation", "Probability": Decimal(50), "LossReason": None})


def _sign(record: Record, now: datetime) -> Changes:
    return Changes(add={"Files": _file(record, now, "signed-quotation.pdf", "Signed Quote")})


def _decline_to_sign(record: Record, now: datetime) -> Changes:
    return Changes(add={"Activities": _note(record, now, "The customer declined to sign")})


def _pay_deposit(record: Record, now: datetime) -> Changes:
    amount = record.get("Amount")
    return Changes(
        add={
            "Payments": {
                "Id": _next("Z", record, "Payments"),
                "Kind": "Deposit",
                "Amount": (amount * _DEPOSIT).quantize(_ROUNDED) if isinstance(amount, Decimal) else None,
                "CurrencyIsoCode": record.get("CurrencyIsoCode"),
                "ReceivedOn": now.date(),
                "Reference": f"Deposit {record.get('Number') or record.get('Id')}",
            }
        }
    )


def _attach_purchase_order(record: Record, now: datetime) -> Changes:
    number = f"PO-{record.get('Number') or record.get('Id')}"
    return Changes(
        put={"PurchaseOrder": number}, add={"Files": _file(record, now, f"{number}.pdf", "Purchase Order")}
    )


def _stock_arrives(record: Record, _now: datetime) -> Changes:
    products = [
        identity(line, place)
        for place, line in _numbered(record, "Lines")
        if isinstance(line, Mapping) and line.get("Sku") not in (None, "")
    ]
    return Changes(put={f"Lines[{each}].InStock": True for each in products})


def _accept_quote(record: Record, now: datetime) -> Changes:
    return Changes(add={"Activities": _note(record, now, "The customer accepted the quote")})


def _decline_quote(record: Record, now: datetime) -> Changes:
    return Changes(add={"Activities": _note(record, now, "The customer declined the quote")})


def _file(record: Record, now: datetime, name: str, category: str) -> Record:
    number = _next("F", record, "Files")
    return {
        "Id": number,
        "FileName": name,
        "Category": category,
        "UploadedAt": now,
        "Url": f"https://crm.example/files/{record.get('Id')}/{number}",
    }


def _note(record: Record, now: datetime, subject: str) -> Record:
    return {"Id": _next("T", record, "Activities"), "Kind": "Note", "Subject": subject, "Start": now, "Done": True}


def _next(prefix: str, record: Record, name: str) -> str:
    taken = {identity(each, place) for place, each in _numbered(record, name)}
    return next(each for each in (f"{prefix}-{number}" for number in range(1, len(taken) + 2)) if each not in taken)


ACTIONS: dict[str, Action] = {
    each.name: each
    for each in (
        Action("win", "Close as won", "opportunity.won", _win),
        Action("lose", "Close as lost", "opportunity.lost", _lose),
        Action("reopen", "Reopen", "opportunity.reopened", _reopen),
        Action("sign", "The customer signs", "signature.completed", _sign),
        Action("decline_to_sign", "The customer declines to sign", "signature.declined", _decline_to_sign),
        Action("pay_deposit", "The deposit of 30 % arrives", "deposit.paid", _pay_deposit),
        Action(
            "attach_purchase_order", "Attach the purchase order", "purchase_order.received", _attach_purchase_order
        ),
        Action("stock_arrives", "The missing stock arrives", "stock.confirmed", _stock_arrives),
        Action("accept_quote", "The customer accepts the quote", "quote.accepted", _accept_quote),
        Action("decline_quote", "The customer declines the quote", "quote.declined", _decline_quote),
    )
}
