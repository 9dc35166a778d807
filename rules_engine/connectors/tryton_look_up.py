"""Which record of this Tryton is meant by a code, a name, one of Tryton's own URLs, or the words of an address."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rules_engine.connectors.tryton_records import two_addresses
from rules_engine.connectors.tryton_rpc import Rpc
from rules_engine.model.errors import Refused
from rules_engine.model.values import Value

Row = Mapping[str, Any]

# Further conditions of a search: of the taxes of one name, those for sales are meant.
_ALSO: dict[str, list[Any]] = {
    "account.tax": [["OR", [["group", "=", None]], [["group.kind", "in", ["sale", "both"]]]]],
}
_ADDRESS = ("street", "postal_code", "city", "invoice", "delivery")


def look_up(rpc: Rpc, model: str, by: str, value: str) -> Value | None:
    """The record's id as text (for taxes a tuple of ids), None where there is none, "" where nothing was meant.

    A URL of this very Tryton names its record exactly; one of another Tryton names nothing here.
    Raises Refused where several records match.
    """
    special: dict[tuple[str, str], Callable[[Rpc, list[str]], Value | None]] = {
        ("party.address", "party and invoice address"): lambda rpc, lines: _address(rpc, lines, "invoice"),
        ("party.address", "party and delivery address"): lambda rpc, lines: _address(rpc, lines, "delivery"),
        ("party.contact_mechanism", "party and value"): _contact,
        ("sale.opportunity", "origin"): _origin,
    }
    if (model, by) in special:
        return special[model, by](rpc, value.split("\n"))
    if model == "account.tax":
        found = [_one(rpc, model, by.split(" or "), each) for each in value.split(" + ")]
        return None if None in found else tuple(str(each) for each in sorted(each for each in found if each))
    one = _one(rpc, model, by.split(" or "), value)
    return None if one is None else str(one)


def _one(rpc: Rpc, model: str, fields: Iterable[str], value: str) -> int | None:
    named = _by_url(rpc, model, value)
    if named is not None:
        return named
    for field in fields:
        escaped = re.sub(r"([\\%_])", r"\\\1", value.strip())
        domain = [[field, "ilike", escaped], *_ALSO.get(model, [])]
        rows = rpc(f"model.{model}.search_read", domain, 0, 10, None, [field, "rec_name"])
        exact = [each for each in rows if each[field] == value.strip()] or rows
        if len(exact) > 1:
            names = ", ".join(f"`{each['rec_name']}`" for each in exact[:5])
            raise Refused(f"several records of Tryton ({model}) have the {field} `{value}`: {names}")
        if exact:
            return int(exact[0]["id"])
    return None


def _by_url(rpc: Rpc, model: str, value: str) -> int | None:
    # A mapping may have changed the case on the way: hosts and models have none, and nobody has two databases so.
    prefix = f"{rpc.home}/model/{model}/".casefold()
    number = value.strip().casefold().removeprefix(prefix)
    if not value.strip().casefold().startswith(prefix) or not (number.isascii() and number.isdigit()):
        return None
    found = rpc(f"model.{model}.search", [["id", "=", int(number)]], 0, 1, None)
    return int(found[0]) if found else None


def _address(rpc: Rpc, lines: list[str], mark: str) -> Value | None:
    """Lines: the party's code or name, then whatever the other system knows of the address.

    An address is meant where its street, postal code and city are all among the lines. Where nothing is known of it,
    the party's own is meant, as Tryton's form would take it.
    """
    given = next((found for each in lines if (found := _by_url(rpc, "party.address", each)) is not None), None)
    if given is not None:
        return str(given)
    party = _one(rpc, "party.party", ("code", "name"), lines[0])
    if party is None:
        return None
    rows = rpc("model.party.address.search_read", [["party", "=", party]], 0, 100, None, [*_ADDRESS])
    words = {_plain(each) for each in lines[1:]}
    matching = [each for each in rows if _parts(each) <= words and len(_parts(each)) > 1]
    if not matching and len(lines) <= 2:
        invoice, delivery = two_addresses(None, rows)
        matching = [each for each in (invoice if mark == "invoice" else delivery,) if each]
    best = next((each for each in matching if each.get(mark)), matching[0] if matching else None)
    return str(best["id"]) if best else None


def _parts(address: Row) -> set[str]:
    street = (address.get("street") or "").splitlines()
    parts = (*street, address.get("postal_code"), address.get("city"))
    return {_plain(each) for each in parts if each and each.strip()}


def _contact(rpc: Rpc, lines: list[str]) -> Value | None:
    """Lines: the party's code or name, then URL, e-mail or phone; "" where the party has none of them."""
    for each in lines:
        given = _by_url(rpc, "party.contact_mechanism", each)
        if given is not None:
            return str(given)
    party = _one(rpc, "party.party", ("code", "name"), lines[0])
    if party is None or len(lines) < 2:
        return ""
    fields = ["value", "value_compact"]
    rows = rpc("model.party.contact_mechanism.search_read", [["party", "=", party]], 0, 100, None, fields)
    for each in lines[1:]:
        for row in rows:
            if _plain(each) in {_plain(row[name] or "") for name in fields}:
                return str(row["id"])
    return ""


def _origin(rpc: Rpc, lines: list[str]) -> Value | None:
    """Lines: the customer's id and the opportunity's; a sale has an origin where both are of this Tryton."""
    if len(lines) < 2 or _by_url(rpc, "party.party", lines[0]) is None or not lines[1].isdigit():
        return ""
    found = rpc("model.sale.opportunity.search", [["id", "=", int(lines[1])]], 0, 1, None)
    return f"sale.opportunity,{found[0]}" if found else ""


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip().casefold()
