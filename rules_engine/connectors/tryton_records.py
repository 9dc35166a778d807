"""Tryton's opportunity as a typed record, with all its fields and all that hangs on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any

from rules_engine.connectors.tryton_rpc import Rpc
from rules_engine.model.catalog import Catalog, Choice, Field, Type
from rules_engine.model.errors import NotFound
from rules_engine.model.values import Record, Value

OPPORTUNITY, LINE = "sale.opportunity", "sale.opportunity.line"
Fields = Mapping[str, Mapping[str, Any]]
Row = Mapping[str, Any]

# What is read of the records around the opportunity; of itself and its lines every field is.
_ADDRESS = (
    "party_name",
    "street",
    "postal_code",
    "city",
    "subdivision.rec_name",
    "country.code",
    "invoice",
    "delivery",
)
_CONTACT = ("name", "type", "value", "comment")
_PARTY = (
    *("code", "name", "tax_identifier.code", "lang.code", "email", "phone", "mobile", "website"),
    "customer_payment_term.rec_name",
    *(f"addresses.{each}" for each in _ADDRESS),
    *(f"contact_mechanisms.{each}" for each in _CONTACT),
)
_GRAPH = (
    *(f"party.{each}" for each in _PARTY),
    *(f"address.{each}" for each in _ADDRESS),
    *(f"contact.{each}" for each in _CONTACT),
    "currency.code",
    "company.currency.code",
    *("notes.message", "notes.create_date"),
    *(f"attachments.{each}" for each in ("name", "type", "link", "data_size", "create_date")),
)
_LINE_GRAPH = ("product.code", "product.name", "product.list_price", "unit.symbol")
# A line's stamps, and what Tryton computes from its other fields or repeats from the opportunity.
_LINE_DERIVED = frozenset(
    ("opportunity", "opportunity_state", "company", "product_uom_category", "summary", "rec_name", "xml_id")
    + ("create_date", "create_uid", "write_date", "write_uid", "last_modified_at")
)
_READ_BY_US = ("party", "address", "contact", "currency", "company", "notes", "attachments", "lines")
_MOST_BYTES_HASHED = 10 * 2**20

_TYPES = {
    **dict.fromkeys(("integer", "bigint", "float", "numeric"), Type.NUMBER),
    **dict.fromkeys(("char", "text", "fullcolor", "time", "timedelta", "reference", "dict"), Type.TEXT),
    **{"boolean": Type.BOOLEAN, "date": Type.DATE, "datetime": Type.DATETIME, "timestamp": Type.DATETIME},
    **{"selection": Type.CHOICE, "multiselection": Type.CHOICES, "many2one": Type.RECORD, "one2one": Type.RECORD},
    **{"one2many": Type.RECORDS, "many2many": Type.RECORDS},
}


@dataclass(frozen=True)
class Reader:
    """Reads opportunities of one Tryton; `fields` are `fields_get` of a model, `declared` our own document types."""

    rpc: Rpc
    declared: Catalog
    fields: Mapping[str, Fields]

    def fetch(self, opportunity: str) -> Record:
        """Raises NotFound where there is none, Retryable where Tryton does not answer."""
        if not opportunity.isascii() or not opportunity.isdigit():
            raise NotFound(f"`{opportunity}` is not an opportunity of this Tryton: an id is a number")
        try:
            row = self._row(OPPORTUNITY, [int(opportunity)], _GRAPH)[0]
        except (NotFound, IndexError):
            raise NotFound(f"there is no opportunity `{opportunity}` in this Tryton, or it may not be read") from None
        return {
            **self._own(row, "tryton.opportunity", OPPORTUNITY, _READ_BY_US),
            "id": opportunity,
            "url": self._url(OPPORTUNITY, row["id"]),
            **self._around(row),
            "lines": self._lines(row),
        }

    def _row(self, model: str, ids: list[int], graph: Iterable[str]) -> list[Row]:
        """Rows in the order of `ids`: every field that can be read, the names of what they point to, and the graph."""
        wanted = [*graph]
        for name, each in self.fields[model].items():
            if each["type"] == "binary":
                continue
            wanted.append(name)
            if each["type"] in ("many2one", "one2one", "one2many", "many2many"):
                wanted.append(f"{name}.rec_name")
        rows = {row["id"]: row for row in self.rpc(f"model.{model}.read", ids, wanted)}
        return [rows[each] for each in ids if each in rows]

    def _own(self, row: Row, document_type: str, model: str, nested: Iterable[str]) -> dict[str, Value]:
        record: dict[str, Value] = {}
        for name, each in self.fields[model].items():
            if name in row and name not in nested:
                record[name] = self._value(row, name, each, self.declared.find(document_type, name))
        return record

    def _value(self, row: Row, name: str, field: Mapping[str, Any], known: Field | None) -> Value:
        value = row[name]
        if field["type"] in ("many2one", "one2one"):
            return self._named(row.get(f"{name}."), field["relation"])
        if field["type"] in ("one2many", "many2many"):
            return tuple(self._named(each, field["relation"]) for each in row.get(f"{name}.") or ())
        if field["type"] == "boolean":
            # A database without booleans (SQLite) answers 1 and 0.
            return None if value is None else bool(value)
        converted = scalar(value)
        if known and known.type is Type.PERCENT and isinstance(converted, Decimal):
            return without_zeros(converted * 100)
        return str(value) if field["type"] == "selection" and value is not None else converted

    def _around(self, row: Row) -> dict[str, Value]:
        party = row.get("party.") or {}
        addresses = party.get("addresses.") or []
        chosen = row.get("address.")
        company = row.get("company.") or {}
        invoice, shipment = two_addresses(chosen, addresses)
        taken = {each["id"] for each in (invoice, shipment) if each}
        return {
            "party": self._party(party, taken, row.get("contact")) if party else None,
            "address": self._named(chosen, "party.address"),
            "invoice_address": self._address(invoice),
            "shipment_address": self._address(shipment),
            "contact": self._contact(row.get("contact.")),
            "currency": self._named(row.get("currency."), "currency.currency", "code"),
            "company": {
                **(self._named(company, "company.company") or {}),
                "currency": (company.get("currency.") or {}).get("code"),
            },
            "notes": tuple(
                {"id": self._url("ir.note", each["id"]), "message": each["message"], "created_at": each["create_date"]}
                for each in row.get("notes.") or ()
            ),
            "attachments": tuple(self._attachment(each) for each in row.get("attachments.") or ()),
        }

    def _party(self, party: Row, addresses: set[int], contact: int | None) -> Record:
        """With those addresses and contact mechanisms that are not among the opportunity's own."""
        others = [each for each in party.get("addresses.") or () if each["id"] not in addresses]
        mechanisms = [each for each in party.get("contact_mechanisms.") or () if each["id"] != contact]
        return {
            **{name: party.get(name) for name in ("code", "name", "email", "phone", "mobile", "website")},
            "id": self._url("party.party", party["id"]),
            "tax_identifier": (party.get("tax_identifier.") or {}).get("code"),
            "lang": (party.get("lang.") or {}).get("code"),
            "payment_term": self._named(party.get("customer_payment_term."), "account.invoice.payment_term"),
            "addresses": tuple(self._address(each) for each in others),
            "contact_mechanisms": tuple(self._contact(each) for each in mechanisms),
        }

    def _address(self, row: Row | None) -> Record | None:
        if not row:
            return None
        return {
            **{name: row.get(name) for name in ("party_name", "street", "postal_code", "city")},
            "id": self._url("party.address", row["id"]),
            "subdivision": (row.get("subdivision.") or {}).get("rec_name"),
            "country": (row.get("country.") or {}).get("code"),
        }

    def _contact(self, row: Row | None) -> Record | None:
        if not row:
            return None
        kind, value = row.get("type"), row.get("value")
        return {
            **{name: row.get(name) for name in _CONTACT},
            "id": self._url("party.contact_mechanism", row["id"]),
            "email": value if kind == "email" else None,
            "phone": value if kind in ("phone", "mobile") else None,
        }

    def _attachment(self, row: Row) -> Record:
        size = row.get("data_size") or 0
        return {
            **{name: row.get(name) for name in ("name", "type", "link")},
            "id": self._url("ir.attachment", row["id"]),
            "size": Decimal(size),
            "sha256": self._hash(row["id"]) if 0 < size <= _MOST_BYTES_HASHED else None,
            "created_at": row.get("create_date"),
        }

    def _hash(self, attachment: int) -> str | None:
        content = self.rpc("model.ir.attachment.read", [attachment], ["data"])[0]["data"]
        return sha256(content).hexdigest() if isinstance(content, bytes) else None

    def _lines(self, row: Row) -> tuple[Record, ...]:
        rows = self._row(LINE, list(row.get("lines") or ()), _LINE_GRAPH)
        taxes: dict[int, Row] = {}
        return tuple(
            {
                **self._own(each, "tryton.opportunity_line", LINE, ("product", "unit", *_LINE_DERIVED)),
                "id": str(each["id"]),
                "product": self._product(each.get("product.")),
                "unit": self._unit(each.get("unit.")),
                **self._price(row, each, taxes),
            }
            for each in rows
        )

    def _product(self, row: Row | None) -> Record | None:
        if not row:
            return None
        own = {name: scalar(row.get(name)) for name in ("code", "name", "list_price")}
        return {**own, "id": self._url("product.product", row["id"])}

    def _unit(self, row: Row | None) -> Record | None:
        return self._named(row, "product.uom", "symbol")

    def _price(self, opportunity: Row, line: Row, taxes: dict[int, Row]) -> Record:
        """What Tryton's own form would fill in for this product, party, quantity, unit, currency and day."""
        if not line.get("product"):
            return {}
        changed = priced(self.rpc, opportunity, line)
        ids = [each for each in changed["taxes"] if each not in taxes]
        if ids:
            read = self.rpc("model.account.tax.read", ids, ["name", "type", "rate"])
            taxes |= {each["id"]: each for each in read}
        own = [taxes[each] for each in changed["taxes"]]
        rates = [each["rate"] for each in own if each["type"] == "percentage"]
        return {
            "unit_price": changed["unit_price"],
            "amount": changed["amount"],
            "tax_code": " + ".join(each["name"] for each in own) or None,
            "tax_rate": without_zeros(sum(rates, Decimal(0)) * 100) if own and len(rates) == len(own) else None,
        }

    def _named(self, row: Row | None, model: str, *more: str) -> dict[str, Value] | None:
        if not row:
            return None
        extra = {name: scalar(row.get(name)) for name in more}
        return {"id": self._url(model, row["id"]), "name": row.get("rec_name"), **extra}

    def _url(self, model: str, number: int) -> str:
        return f"{self.rpc.home}/model/{model}/{number}"


def two_addresses(chosen: Row | None, addresses: list[Row]) -> tuple[Row | None, Row | None]:
    """The invoice and the shipment address: the opportunity's own is always one of them, by its marks.

    The other is the party's first one that is marked for it, else the opportunity's own, else the party's first.
    """

    def marked(mark: str) -> Row | None:
        return next((each for each in addresses if each.get(mark)), None)

    first = addresses[0] if addresses else None
    if chosen and chosen.get("invoice") and not chosen.get("delivery"):
        return chosen, marked("delivery") or chosen
    if chosen and chosen.get("invoice"):
        return chosen, chosen
    return marked("invoice") or chosen or first, chosen or marked("delivery") or first


def priced(rpc: Rpc, header: Row, line: Row) -> dict[str, Any]:
    """`unit_price`, `amount` and the ids `taxes` as Tryton's sale form computes them when a product is chosen."""
    # Without a company Tryton's form finds no taxes.
    company = header.get("company") or rpc.company
    values = {
        **{"type": "line", "sale": None, "product": line["product"], "unit": line.get("unit")},
        "quantity": None if line.get("quantity") is None else float(line["quantity"]),
        **{"company": company, "_parent_sale.company": company},
        **{f"_parent_sale.{name}": header.get(name) for name in ("party", "currency")},
    }
    answer = rpc("model.sale.line.on_change", values, ["product"])
    changed = answer[0] if isinstance(answer, list) else answer
    added = (changed.get("taxes") or {}).get("add") or []
    return {
        "unit_price": changed.get("unit_price"),
        "amount": changed.get("amount"),
        "taxes": [each[1]["id"] for each in added],
        "unit": changed.get("unit"),
    }


def scalar(value: Any) -> Value:
    """A plain value of Tryton's in ours: numbers as Decimal, durations as seconds in text, the rest as text."""
    match value:
        case None | bool() | str() | datetime() | date():
            return value
        case int():
            return Decimal(value)
        case Decimal():
            return without_zeros(value)
        case float():
            return without_zeros(Decimal(repr(value)))
        case timedelta():
            return f"{value.total_seconds():g} s"
        case time():
            return value.isoformat()
        case list() if all(isinstance(each, str) for each in value):
            return tuple(value)
        case _:
            return str(value)


def without_zeros(value: Decimal) -> Decimal:
    """3.0 as 3, 1E+2 as 100: the wire's own zeros carry no meaning."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def live_fields(fields: Fields, known: Mapping[str, Field]) -> dict[str, Field]:
    """The fields of a model that our own document type does not declare, and its choices as they are now."""
    found: dict[str, Field] = {}
    for name, each in reported_fields(fields).items():
        own = known.get(name)
        if own and own.type is not Type.CHOICE:
            continue
        holds = each.type in (Type.RECORD, Type.RECORDS)
        found[name] = replace(each, of="tryton.named" if holds else "", custom=own is None)
    return found


def reported_fields(fields: Fields) -> dict[str, Field]:
    """Every field that `fields_get` tells of and that we can read; `of` is the model that a record is of."""
    found: dict[str, Field] = {}
    for name, each in fields.items():
        kind = _TYPES.get(each["type"])
        if kind is None:
            continue
        choices = each.get("selection") if isinstance(each.get("selection"), list) else []
        listed = tuple(Choice(str(code), str(label)) for code, label in choices or () if code not in (None, ""))
        found[name] = Field(
            name,
            Type.TEXT if kind is Type.CHOICE and not listed else kind,
            str(each.get("string") or name),
            choices=listed,
            of=str(each.get("relation") or "") if kind in (Type.RECORD, Type.RECORDS) else "",
            required=bool(each.get("required")),
            read_only=bool(each.get("readonly")),
            max_length=each.get("size") if isinstance(each.get("size"), int) else None,
        )
    return found
