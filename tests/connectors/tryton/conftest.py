"""The running Tryton, and connectors to it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from rules_engine.connectors.tryton import Tryton
from rules_engine.connectors.tryton_rpc import Rpc, Wire, over_http
from rules_engine.conversion.convert import Context, convert
from rules_engine.formats.catalog_text import merge, read_catalog
from rules_engine.formats.connector_text import ConnectorText, read_connector
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.model.conversion import Conversion
from rules_engine.model.errors import OutcomeUnknown
from rules_engine.model.mapping import Mapping
from rules_engine.model.values import Record
from tests.tryton_server.environment import Unavailable, tryton_server

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
TEXT = ROOT / "rules_engine" / "connectors" / "tryton.yaml"
CATALOG = read_catalog((ROOT / "rulesets" / "catalog.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    try:
        with tryton_server(tmp_path_factory.mktemp("tryton")) as running:
            yield running
    except Unavailable as why:
        pytest.skip(f"no Tryton here: {why}")


@pytest.fixture(scope="session")
def connector_text() -> ConnectorText:
    return read_connector(TEXT.read_text(encoding="utf-8"), CATALOG, TEXT.name)


@pytest.fixture
def connect(server, connector_text) -> Callable[..., Tryton]:
    def make(wire: Wire = over_http, **changed: str) -> Tryton:
        known = {"url": server.url, "database": server.database, "user": server.user, "password": server.password}
        return Tryton(Rpc(**{**known, **changed}, allow_internal=True, wire=wire), connector_text)

    return make


@pytest.fixture
def tryton(connect) -> Tryton:
    return connect()


@pytest.fixture
def rpc(server) -> Rpc:
    """The protocol alone: what a person does at Tryton, and what tests look at."""
    return Rpc(server.url, server.database, server.user, server.password, allow_internal=True)


@pytest.fixture
def fresh_opportunity(server, rpc) -> str:
    """A copy of the provisioned opportunity, so that no test sees another's sales; open, with all its fields."""
    number = rpc("model.sale.opportunity.copy", [server.ids["opportunity"]], {})[0]
    original = rpc("model.sale.opportunity.read", [server.ids["opportunity"]], ["notes.message", "reference"])[0]
    rpc(
        "model.sale.opportunity.write",
        [number],
        {
            "reference": original["reference"],
            "notes": [["create", [{"message": each["message"]} for each in original["notes."]]]],
            "attachments": [["create", [{"name": "drawing.txt", "data": DATA, "type": "data"}]]],
        },
    )
    rpc("model.sale.opportunity.opportunity", [number])
    return str(number)


# b"a drawing", as Tryton's JSON writes bytes
DATA = {"__class__": "bytes", "base64": "YSBkcmF3aW5n"}


def _losing(method: str) -> Wire:
    """A way to the server on which the answer to one method is lost, after the server has done what was asked."""

    def wire(client: httpx.Client, request: httpx.Request, writes: bool) -> httpx.Response:
        answer = over_http(client, request, writes)
        if f'"{method}"'.encode() in request.content:
            raise OutcomeUnknown(f"the answer to {method} was lost")
        return answer

    return wire


def to(target: str, document: Record, mapping: Mapping, tryton: Tryton) -> Conversion:
    catalog = merge(CATALOG, tryton.catalog())
    context = Context("Europe/Berlin", NOW, tryton.look_up, catalog)
    made = convert(document, mapping, context)
    assert made.problems == (), [str(each) for each in made.problems]
    assert mapping.target_type == target
    return made


@pytest.fixture
def losing() -> Callable[[str], Wire]:
    return _losing


@pytest.fixture(name="to")
def _to() -> Callable[..., Conversion]:
    return to


@pytest.fixture
def on_close() -> Mapping:
    return _shipped("on-close")


@pytest.fixture
def on_acceptance() -> Mapping:
    return _shipped("on-acceptance")


def _shipped(name: str) -> Mapping:
    path = ROOT / "rulesets" / name / "mapping.yaml"
    return read_mapping(path.read_text(encoding="utf-8"), CATALOG, path.name)
