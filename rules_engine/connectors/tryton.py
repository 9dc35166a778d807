"""Tryton 8 as a CRM (its opportunities) and as an order system (its sales), over its JSON-RPC."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Any

from rules_engine.connectors.tryton_look_up import look_up
from rules_engine.connectors.tryton_note import KeyNote, key_note, read_note, search_domain, write_note
from rules_engine.connectors.tryton_records import LINE, OPPORTUNITY, Reader, live_fields, priced, reported_fields
from rules_engine.connectors.tryton_rpc import Rpc
from rules_engine.connectors.tryton_sale import (
    CHANGEABLE,
    LINE_READ,
    READ,
    changed_since_quoted,
    line_values,
    on_wire,
    ordered,
    payload_of,
    positions,
    sale_values,
)
from rules_engine.formats.connector_text import ConnectorText
from rules_engine.model.catalog import Catalog, DocumentType
from rules_engine.model.errors import NotFound, OutcomeUnknown, Permanent, Problem, Refused, Retryable
from rules_engine.model.mapping import Mapping
from rules_engine.model.run import Changed, Written
from rules_engine.model.values import Money, Record, Value

SALE, SALE_LINE = "sale.sale", "sale.line"
_MODELS = {
    "tryton.opportunity": OPPORTUNITY,
    "tryton.opportunity_line": LINE,
    "tryton.quote": SALE,
    "tryton.order": SALE,
    "tryton.sale_line": SALE_LINE,
}
# What is read around the opportunity: by these names in mappings, and of these only the schema is watched.
_AROUND = {
    "tryton.party": "party.party",
    "tryton.address": "party.address",
    "tryton.contact": "party.contact_mechanism",
    "tryton.product": "product.product",
    "tryton.unit": "product.uom",
    "tryton.currency": "currency.currency",
    "tryton.note": "ir.note",
    "tryton.attachment": "ir.attachment",
}
# Records whose change makes the opportunity another one for us; "" is the opportunity itself.
_WATCHED = ("", "lines.", "notes.", "attachments.", "party.", "party.addresses.", "party.contact_mechanisms.")
_STAMPS = ("create_date", "write_date")
_MOST_LOOKED_UP = 500
# What Tryton's form fills in when a party is chosen, where the payload says nothing of it.
_OF_PARTY = ("payment_term", "invoice_method", "shipment_method", "price_list", "invoice_term")


class Tryton:
    """Implements `CrmConnector` and `OrderConnector` for one database and user.

    `text` is the read `tryton.yaml`. `settle` must be longer than the time limit of a request and the longest that
    Tryton works on one: a request that we gave up on may still be carried out that much later.
    """

    system = "tryton"

    def __init__(self, rpc: Rpc, text: ConnectorText, settle: timedelta = timedelta(seconds=90)) -> None:
        self._rpc, self._text, self._settle = rpc, text, settle
        self._looked_up: dict[tuple[str, str, str], Value] = {}

    @property
    def settle(self) -> timedelta:
        return self._settle

    @property
    def to_case(self) -> Mapping:
        if self._text.to_case is None:
            raise Permanent("the connector's text has no mapping `case`")
        return self._text.to_case

    def mapping(self, document: str) -> Mapping:
        return self._text.mappings[document]

    def catalog(self) -> Catalog:
        types = dict(self._text.catalog.types)
        for name, model in _MODELS.items():
            known = types[name].fields
            live = live_fields(self._fields[model], known)
            types[name] = replace(types[name], fields={**known, **live})
        return Catalog(types)

    def schema(self) -> Catalog:
        """The fields by `fields_get`; by those of the opportunity, the sale and their lines we work from now on.

        A field of ours that Tryton has under another name, or not at all, is not there.
        """
        self._fields = self._asked_fields(_MODELS)
        own = {name: self._reported(name, self._fields[model]) for name, model in _MODELS.items()}
        around = self._asked_fields(_AROUND)
        return Catalog({**own, **{name: self._reported(name, around[model]) for name, model in _AROUND.items()}})

    def _reported(self, name: str, reported: dict[str, dict[str, Any]]) -> DocumentType:
        known = self._text.catalog.types[name]
        fields = reported_fields(reported)
        if name == "tryton.order":
            # It confirms a sale that is there: nothing must be filled in for it.
            fields = {each: replace(field, required=False) for each, field in fields.items()}
        return replace(known, fields=fields)

    @cached_property
    def _fields(self) -> dict[str, dict[str, dict[str, Any]]]:
        return self._asked_fields(_MODELS)

    def _asked_fields(self, models: dict[str, str]) -> dict[str, dict[str, dict[str, Any]]]:
        return {model: self._rpc(f"model.{model}.fields_get", []) for model in dict.fromkeys(models.values())}

    # --- the CRM ------------------------------------------------------------------------------------------------

    def fetch(self, opportunity: str) -> Record:
        return Reader(self._rpc, self._text.catalog, self._fields).fetch(opportunity)

    def changed_since(self, since: datetime) -> Iterable[Changed]:
        """Changes of the opportunity, its lines, notes and files, its party, that one's addresses and contacts.

        `write_date` is empty until the first change, so that `create_date` counts too. A line that is deleted shows
        by the version, but only together with another change: Tryton stamps no deletion.
        """
        stamps = [f"{part}{stamp}" for part in _WATCHED for stamp in _STAMPS]
        domain = ["OR", *([[stamp, ">=", since]] for stamp in stamps)]
        found = self._rpc(f"model.{OPPORTUNITY}.search", domain, 0, None, None)
        rows = self._rpc(f"model.{OPPORTUNITY}.read", found, stamps) if found else []
        return sorted((_changed(each) for each in rows), key=lambda each: (each.modified_at, int(each.opportunity)))

    # --- the order system ---------------------------------------------------------------------------------------

    def look_up(self, document_type: str, by: str, value: Value) -> Value | None:
        """`document_type` is a model of Tryton; see `tryton_look_up`. What was found is remembered until a create."""
        asked = (document_type, by, str(value))
        found = self._looked_up.get(asked)
        if found is None:
            found = look_up(self._rpc, *asked)
            if len(self._looked_up) >= _MOST_LOOKED_UP:
                self._looked_up.clear()
            if found is not None:
                self._looked_up[asked] = found
        return found

    def find(self, document: str, key: str) -> Sequence[Written]:
        """What carries our key, brought to its state where an earlier attempt died on the way.

        What Tryton refuses to bring there is taken back and not found: `create` then says in words why.
        """
        found: list[Written] = []
        for sale in self._carrying(document, key):
            try:
                found.append(self._brought(document, key, sale))
            except Refused:
                continue
        return found

    def create(self, document: str, payload: Record, key: str) -> Written:
        """One sale is both: `quote` creates it and makes it a quotation, `order` confirms that sale.

        A key that is known already makes nothing new.
        """
        self._looked_up.clear()
        there = self._carrying(document, key)
        if there:
            return self._brought(document, key, there[0])
        sale = self._new_sale(payload, key) if document == "quote" else self._ordered_sale(payload, key)
        try:
            return self._brought(document, key, sale)
        except OutcomeUnknown:
            raise
        except Retryable as error:
            raise OutcomeUnknown(f"the sale is written, but not yet brought to its state: {error}") from error

    def read(self, document: str, written: Written) -> Record:
        row, notes = self._row(_number(written.id))
        return payload_of(document, row, next((each for each in notes if each.document == document), None))

    # --- a sale -------------------------------------------------------------------------------------------------

    def _carrying(self, document: str, key: str) -> list[int]:
        """Sales with our key; the search may ignore case, so that each note is looked at again."""
        found = self._rpc(f"model.{SALE}.search", search_domain(document, key), 0, 20, [["id", "ASC"]])
        rows = self._rpc(f"model.{SALE}.read", found, ["notes.message"]) if found else []
        carrying = (each["id"] for each in rows if any((n.document, n.key) == (document, key) for n in _notes(each)))
        return sorted(carrying)

    def _row(self, sale: int) -> tuple[dict[str, Any], list[KeyNote]]:
        wanted = [*READ, "notes.message", *(f"lines.{each}" for each in LINE_READ)]
        rows = self._rpc(f"model.{SALE}.read", [sale], wanted)
        if not rows:
            raise NotFound(f"there is no sale `{sale}` in this Tryton, or it may not be read")
        return rows[0], _notes(rows[0])

    def _new_sale(self, payload: Record, key: str) -> int:
        """The draft with its lines, taxes and the note with our key: one call, all of it or nothing."""
        lines = ordered(payload)
        values = sale_values(payload, self._fields[SALE])
        values = {**self._of_party(values), **values}
        places = positions(lines)
        made = [
            line_values(line, place, self._fields[SALE_LINE], lambda own: priced(self._rpc, values, own))
            for line, place in zip(lines, places, strict=True)
        ]
        values["lines"] = [["create", made]]
        values["notes"] = [["create", [{"message": write_note(key_note("quote", key, payload, lines))}]]]
        return int(self._rpc(f"model.{SALE}.create", [values])[0])

    def _of_party(self, values: dict[str, Any]) -> dict[str, Any]:
        if not values.get("party"):
            return {}
        asked = {
            "party": values["party"],
            "company": self._rpc.company,
            "lines": [],
            "invoice_party": None,
            "shipment_party": None,
        }
        answer = self._rpc(f"model.{SALE}.on_change", asked, ["party"])
        changed = answer[0] if isinstance(answer, list) else answer
        return {name: changed[name] for name in _OF_PARTY if changed.get(name) is not None}

    def _ordered_sale(self, payload: Record, key: str) -> int:
        """The quotation with the order's note and what an order may still change, in one call; not yet confirmed."""
        sale = _number(str(payload.get("sale", "")))
        row, notes = self._row(sale)
        name = f"sale `{row['number'] or sale}`"
        other = next((each.key for each in notes if each.document == "order"), None)
        if other is not None:
            raise Refused(f"{name} of Tryton is ordered already, under the key `{other}`")
        if row["state"] != "quotation":
            raise Refused(f"{name} of Tryton is in the state `{row['state']}`, and only a quotation can be ordered")
        quoted = payload_of("quote", row, next((each for each in notes if each.document == "quote"), None))
        differences = list(changed_since_quoted(payload, quoted))
        if differences:
            raise Refused(f"the order is not what {name} of Tryton quotes: {'; '.join(differences)}; quote it anew")
        changes: dict[str, Any] = {
            each: on_wire(each, payload[each], self._fields[SALE])
            for each in CHANGEABLE
            if payload.get(each) not in (None, "", quoted.get(each))
        }
        note = write_note(key_note("order", key, payload, ordered(payload)))
        self._rpc(f"model.{SALE}.write", [sale], {**changes, "notes": [["create", [{"message": note}]]]})
        return sale

    def _brought(self, document: str, key: str, sale: int) -> Written:
        """The sale quoted or confirmed, if it is not yet; what Tryton refuses there is taken back.

        A draft with a number had been quoted and was taken back by a person: it stays as it is.
        """
        row = self._state(sale)
        if document == "quote" and row["state"] == "draft" and not row["number"]:
            self._step("quote", sale, lambda: self._remove_draft(sale))
        elif document == "order" and row["state"] == "quotation":
            self._step("confirm", sale, lambda: self._remove_note(document, key, sale))
        else:
            return _written(row)
        return _written(self._state(sale))

    def _step(self, button: str, sale: int, take_back: Callable[[], None]) -> None:
        try:
            self._rpc(f"model.{SALE}.{button}", [sale])
        except Refused as refusal:
            try:
                take_back()
            except Problem as left:
                raise Refused(f"{refusal}; sale {sale} stays there as it is: {left}") from refusal
            raise

    def _remove_draft(self, sale: int) -> None:
        self._rpc(f"model.{SALE}.cancel", [sale])
        self._rpc(f"model.{SALE}.delete", [sale])

    def _remove_note(self, document: str, key: str, sale: int) -> None:
        row = self._rpc(f"model.{SALE}.read", [sale], ["notes.message"])[0]
        ours = [each["id"] for each in row["notes."] if _is_ours(each["message"], document, key)]
        self._rpc(f"model.{SALE}.write", [sale], {"notes": [["delete", ours]]})

    def _state(self, sale: int) -> dict[str, Any]:
        wanted = ["number", "state", "untaxed_amount", "currency.code"]
        found: dict[str, Any] = self._rpc(f"model.{SALE}.read", [sale], wanted)[0]
        return found


def _written(row: dict[str, Any]) -> Written:
    net, currency = row["untaxed_amount"], row["currency."]["code"]
    total = Money(net, currency) if isinstance(net, Decimal) else None
    return Written(str(row["id"]), row["number"] or "", row["state"], total)


def _notes(row: dict[str, Any]) -> list[KeyNote]:
    return [note for each in row.get("notes.") or () if (note := read_note(each["message"] or ""))]


def _is_ours(message: str, document: str, key: str) -> bool:
    note = read_note(message or "")
    return note is not None and (note.document, note.key) == (document, key)


def _number(identity: str) -> int:
    if not identity.isascii() or not identity.isdigit():
        raise NotFound(f"`{identity}` is not a sale of this Tryton: an id is a number")
    return int(identity)


def _changed(row: dict[str, Any]) -> Changed:
    """The newest stamp of all that was watched; the version is a hash over them all, and over which there are."""
    stamps: list[tuple[str, int, datetime]] = []

    def gather(part: Any, name: str) -> None:
        for each in part if isinstance(part, list) else [part] if part else []:
            stamps.extend((name, each["id"], each[stamp]) for stamp in _STAMPS if each.get(stamp))
            for inner in each:
                if inner.endswith("."):
                    gather(each[inner], f"{name}{inner}")

    gather(row, "")
    version = sha256(repr(sorted(stamps)).encode()).hexdigest()[:16]
    return Changed(str(row["id"]), max(at for _, _, at in stamps), version)
