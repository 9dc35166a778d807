"""What a case says of its workspace: exchange rates, the day that they are of, the start of the fiscal year."""

import re
from datetime import date
from decimal import Decimal

from rules_engine.formats.notes import Notes, as_items, as_table, check_keys, need, shape, shown, text_at
from rules_engine.formats.typed_values import read_value
from rules_engine.formats.yaml_tree import Table, Text
from rules_engine.model.case import Rate
from rules_engine.model.catalog import Catalog, Field, Type

_DAY = Field("rates_on", Type.DATE)
_NUMBER = Field("rate", Type.NUMBER)
_NO_CATALOG = Catalog({})


def rates_at(table: Table, notes: Notes) -> tuple[Rate, ...]:
    node = table.entries.get("rates")
    items = as_items(node, notes, "`rates`") if node is not None else ()
    tables = [as_table(each, notes, "a rate") for each in items]
    return tuple(rate for each in tables if each is not None and (rate := _rate(each, notes)))


def _rate(table: Table, notes: Notes) -> Rate | None:
    check_keys(table, ("base", "quote", "rate", "on"), notes, "a rate")
    base, quote = (_currency(table, key, notes) for key in ("base", "quote"))
    node = need(table, "rate", notes, "a rate")
    rate = read_value(node, _NUMBER, "rate", _NO_CATALOG, notes) if node is not None else None
    need(table, "on", notes, "a rate")
    on = day_at(table, "on", notes)
    if isinstance(rate, Decimal) and rate <= 0 and node is not None:
        notes.error("type-mismatch", "a rate is more than 0", node.place, "write what one unit of `base` buys")
    return Rate(base, quote, rate, on) if isinstance(rate, Decimal) and on and base and quote else None


def _currency(table: Table, key: str, notes: Notes) -> str:
    text = text_at(table, key, notes, "a rate")
    if text and not re.fullmatch("[A-Z]{3}", text):
        notes.error("type-mismatch", f"`{shown(text)}` is no currency", table.entries[key].place,
                    "write its three capitals, such as `EUR`")  # fmt: skip
    return text


def day_at(table: Table, key: str, notes: Notes) -> date | None:
    node = table.entries.get(key)
    found = read_value(node, _DAY, key, _NO_CATALOG, notes) if node is not None else None
    return found if isinstance(found, date) else None


def month_at(table: Table, notes: Notes) -> int:
    node = table.entries.get("fiscal_start")
    if node is None:
        return 1
    if isinstance(node, Text) and node.plain and node.text.isascii() and node.text.isdigit():
        month = int(node.text[:3])
        if 1 <= month <= 12:
            return month
    notes.error("type-mismatch", f"`fiscal_start` is a month, and here stands {shape(node)}", node.place,
                "write the month with which the fiscal year begins, from 1 to 12")  # fmt: skip
    return 1
