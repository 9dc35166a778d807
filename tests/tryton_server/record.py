"""Record what a real Tryton is asked and answers, from an opportunity to its order, for tests without a server.

`.venv/bin/python -m tests.tryton_server.record` writes `fixtures/tryton/opportunity_to_order.json`, and the schema
beside it. Left out: the password and session, the user's context, and what of `fields_get` the connector does not read.
"""

import json
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

from rules_engine.connectors.tryton import Tryton
from rules_engine.connectors.tryton_rpc import Rpc, over_http
from rules_engine.formats.catalog_text import read_catalog
from rules_engine.formats.connector_text import read_connector
from rules_engine.model.errors import Refused
from tests.tryton_server.environment import tryton_server

ROOT = Path(__file__).resolve().parent.parent.parent
FILE = ROOT / "fixtures" / "tryton" / "opportunity_to_order.json"
SCHEMA = ROOT / "fixtures" / "tryton" / "schema.json"
OF_A_FIELD = ("type", "relation", "selection", "string", "required", "readonly", "size")


def journey(tryton, ids):
    """Fetch, quote, read, order, read, and one quote that is refused; what came of each."""
    line = {"id": "L-1", "type": "line", "product": str(ids["pump"]), "unit": str(ids["unit"])}
    payload = {
        "party": str(ids["party"]),
        "invoice_address": str(ids["invoice_address"]),
        "shipment_address": str(ids["shipment_address"]),
        "currency": str(ids["EUR"]),
        "reference": "RFQ-2026-17",
        "contact_name": "Jeanne Moreau",
        "note": "opportunity.probability: 65",
        "lines": ({**line, "quantity": Decimal(3), "unit_price": Decimal("119.5"), "taxes": (str(ids["tax"]),)},),
    }
    native = tryton.fetch(str(ids["opportunity"]))
    quote = tryton.create("quote", payload, "o2o-recorded-quote")
    quoted = tryton.read("quote", quote)
    order = tryton.create("order", {**payload, "sale": quote.id}, "o2o-recorded-order")
    ordered = tryton.read("order", order)
    try:
        tryton.create("quote", {**payload, "invoice_address": ""}, "o2o-recorded-refusal")
        refusal = ""
    except Refused as error:
        refusal = str(error)
    return {
        "native": native,
        "payload": payload,
        "quote": quote,
        "quoted": quoted,
        "order": order,
        "ordered": ordered,
        "refusal": refusal,
    }


def asked(content):
    """A request's method and parameters without secrets and context."""
    sent = json.loads(content)
    if sent["method"] == "common.db.login":
        return [sent["method"], []]
    return [sent["method"], sent["params"][:-1]]


def _answered(method, body):
    if method == "common.db.login":
        return {**body, "result": [2, "-", None]}
    if method == "model.res.user.get_preferences":
        return {**body, "result": {name: body["result"][name] for name in ("company", "language")}}
    if method.endswith("fields_get"):
        fields = {
            name: {key: field[key] for key in OF_A_FIELD if key in field} for name, field in body["result"].items()
        }
        return {**body, "result": fields}
    return body


def main():
    catalog = read_catalog((ROOT / "rulesets" / "catalog.yaml").read_text(encoding="utf-8"))
    text = read_connector((ROOT / "rules_engine" / "connectors" / "tryton.yaml").read_text(encoding="utf-8"), catalog)
    with tempfile.TemporaryDirectory() as folder, tryton_server(Path(folder)) as server:
        journeyed, reported = [], []
        journey(Tryton(_recording(server, journeyed), text), server.ids)
        Tryton(_recording(server, reported), text).schema()
    _write(FILE, {"ids": server.ids, "exchanges": journeyed})
    # The schema's answers by method: in which order they are asked for is nobody's business.
    _write(SCHEMA, {each["method"]: each["answer"] for each in reported})


def _recording(server, exchanges):
    """A way to the server that keeps what was asked and answered in `exchanges`."""

    def wire(client, request, writes):
        answer = over_http(client, request, writes)
        method, params = asked(request.content)
        exchanges.append({"method": method, "params": params, "answer": _answered(method, answer.json())})
        return answer

    return Rpc(server.url, server.database, server.user, server.password, allow_internal=True, wire=wire)


def _write(file, whole):
    file.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"recorded {file.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
