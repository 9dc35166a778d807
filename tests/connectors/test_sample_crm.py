"""The sample CRM: the shared suite, its actions, its vocabulary, and its way into the case."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from rules_engine.analysis.schema_changes import schema_changes
from rules_engine.connectors.sample_crm import OPPORTUNITY, SampleCrm, webhook_body
from rules_engine.connectors.sample_crm_actions import ACTIONS, Changes, changed
from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.model.catalog import Catalog, Type
from rules_engine.model.conversion import Conversion, Disposition
from rules_engine.model.errors import NotFound, Refused
from rules_engine.model.finding import Severity
from rules_engine.model.values import Money, Record, get, leaves
from rules_engine.testing.connector_suite import CrmConnectorSuite
from tests.builtin_systems import START, ZONE, Watch, loaded, new_engine, new_workspace, shared_catalog, unaccounted

OPPORTUNITIES = ["D-1001", "D-1002", "D-1003", "D-1004", "D-1005", "D-1006"]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return shared_catalog()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with new_engine(tmp_path) as engine:
        yield engine


@pytest.fixture
def clock() -> Watch:
    return Watch()


@pytest.fixture
def sample(engine: Engine, clock: Watch, catalog: Catalog) -> SampleCrm:
    return loaded(engine, new_workspace(engine), clock, catalog)[0]


@pytest.fixture
def crm(sample: SampleCrm) -> SampleCrm:
    return sample


def seen(crm: SampleCrm, opportunity: str, catalog: Catalog | None = None) -> Conversion:
    return convert(crm.fetch(opportunity), crm.to_case, Context(ZONE, START, catalog=catalog))


def errors(conversion: Conversion) -> list[str]:
    return [str(each) for each in conversion.problems if each.severity is Severity.ERROR]


class TestSampleCrm(CrmConnectorSuite):
    @pytest.fixture
    def crm(self, sample: SampleCrm) -> SampleCrm:
        return sample

    @pytest.fixture
    def opportunity(self) -> str:
        return "D-1001"

    @pytest.fixture
    def missing(self) -> str:
        return "D-9999"

    @pytest.fixture
    def touch(self, crm: SampleCrm) -> Callable[[str], None]:
        def touch(opportunity: str) -> None:
            crm.change(opportunity, Changes(put={"Campaign": "Ports 2027"}))

        return touch


# --- records and versions --------------------------------------------------------------------------------------


def test_records_are_typed_and_keep_every_digit(crm: SampleCrm) -> None:
    yen = crm.fetch("D-1004")
    assert yen["Amount"] == Decimal("1236403")
    assert yen["CloseDate"] == date(2026, 5, 29)
    lines = yen["Lines"]
    assert isinstance(lines, tuple)
    assert isinstance(lines[0], dict)
    assert str(lines[0]["UnitPrice"]) == "120.345"


def test_each_workspace_has_its_own_opportunities(engine: Engine, crm: SampleCrm, catalog: Catalog) -> None:
    south = SampleCrm(engine, new_workspace(engine, "south"), Watch(), catalog)
    assert south.opportunities() == ()
    with pytest.raises(NotFound):
        south.fetch("D-1001")
    assert len(crm.opportunities()) == 6


def test_an_opportunity_is_added_once(crm: SampleCrm) -> None:
    with pytest.raises(Refused, match="there is an opportunity `D-1001` already"):
        crm.add({"Id": "D-1001"})
    with pytest.raises(Refused, match="needs an `Id`"):
        crm.add({"Name": "no id"})


def test_a_sweep_finds_only_what_changed_since(crm: SampleCrm, clock: Watch) -> None:
    clock.forward(days=60)
    crm.act("D-1004", "win")
    clock.forward(minutes=1)
    crm.act("D-1001", "sign")
    found = list(crm.changed_since(START))
    assert [(each.opportunity, each.version) for each in found if each.version != "1"] == [
        ("D-1004", "2"),
        ("D-1001", "2"),
    ]


def test_two_changes_at_one_instant_have_two_versions(crm: SampleCrm) -> None:
    crm.act("D-1001", "sign")
    crm.act("D-1001", "win")
    assert crm.fetch("D-1001")["LastModifiedDate"] == START
    assert [each.version for each in crm.changed_since(START) if each.opportunity == "D-1001"] == ["3"]


def test_a_custom_field_that_a_record_holds_is_in_the_catalog(crm: SampleCrm) -> None:
    crm.change("D-1001", Changes(put={"Crane_Height__c": Decimal("30.48"), "Night_Shift__c": True}))
    fields = crm.catalog().types[OPPORTUNITY].fields
    assert (fields["Crane_Height__c"].type, fields["Crane_Height__c"].custom) == (Type.NUMBER, True)
    assert fields["Crane_Height__c"].label == "Crane Height"
    assert fields["Night_Shift__c"].type is Type.BOOLEAN


# --- actions ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", list(ACTIONS))
def test_each_action_changes_the_record_and_says_so(
    crm: SampleCrm, clock: Watch, catalog: Catalog, action: str
) -> None:
    clock.forward(days=1)
    before = crm.fetch("D-1001")
    event = crm.act("D-1001", action)
    after = crm.fetch("D-1001")
    changes = {name for name in after if after[name] != before.get(name)} - {"LastModifiedDate"}
    assert changes
    assert after["LastModifiedDate"] == clock.now
    assert event.type == ACTIONS[action].event
    assert event.type in catalog.events
    assert event.at == clock.now
    assert event.data["id"] == "D-1001"


@pytest.mark.parametrize("action", list(ACTIONS))
@pytest.mark.parametrize("opportunity", OPPORTUNITIES)
def test_each_action_leaves_a_record_that_becomes_a_case(crm: SampleCrm, opportunity: str, action: str) -> None:
    crm.act(opportunity, action)
    conversion = seen(crm, opportunity)
    assert errors(conversion) == []
    assert unaccounted(crm.fetch(opportunity), conversion) == []


def test_the_deposit_is_thirty_percent_dated_in_the_crms_own_zone(crm: SampleCrm, clock: Watch) -> None:
    clock.now = datetime(2026, 3, 24, 23, 30, tzinfo=UTC)
    crm.act("D-1001", "pay_deposit")
    payments = seen(crm, "D-1001").document["payments"]
    assert isinstance(payments, tuple)
    paid = payments[0]
    assert isinstance(paid, dict)
    assert (paid["amount"], paid["received_on"]) == (Money(Decimal("18489.00"), "EUR"), date(2026, 3, 25))


def test_stock_arrives_for_products_and_not_for_text(crm: SampleCrm) -> None:
    crm.act("D-1001", "stock_arrives")
    lines = dict(leaves(crm.fetch("D-1001")))
    assert [lines.get(f"Lines[L-{number}].InStock") for number in (1, 2, 3, 4)] == [True, True, True, None]


def test_a_second_file_has_an_id_of_its_own(crm: SampleCrm) -> None:
    crm.act("D-1001", "sign")
    crm.act("D-1001", "attach_purchase_order")
    files = seen(crm, "D-1001").document["files"]
    assert isinstance(files, tuple)
    assert [get(each, "id") for each in files if isinstance(each, dict)] == ["F-1", "F-2", "F-3"]
    assert [get(each, "category") for each in files if isinstance(each, dict)] == [
        "drawing",
        "signed_quote",
        "purchase_order",
    ]


def test_an_unknown_action_is_refused_with_the_ones_that_exist(crm: SampleCrm) -> None:
    with pytest.raises(Refused, match=r"no action `winn`; it has `win`, `lose`"):
        crm.act("D-1001", "winn")
    with pytest.raises(NotFound, match="D-9999"):
        crm.act("D-9999", "win")


def test_the_webhook_body_says_type_time_and_opportunity(crm: SampleCrm) -> None:
    event = crm.act("D-1005", "win")
    body = json.loads(webhook_body(event))
    assert body["type"] == "opportunity.won"
    assert datetime.fromisoformat(body["timestamp"]) == START
    assert body["data"]["id"] == "D-1005"
    assert body["data"]["name"] == "Kühlräume für Müßig & Söhne – حاويات مبردة"
    assert "." not in event.id


def test_events_of_one_opportunity_have_different_ids(crm: SampleCrm) -> None:
    assert len({crm.act("D-1001", action).id for action in ("win", "reopen", "win")}) == 3


def test_a_change_of_a_line_that_is_not_there_changes_nothing() -> None:
    record: Record = {"Lines": ({"Id": "L-1", "Quantity": Decimal(1)},)}
    assert changed(record, Changes(put={"Lines[L-9].Quantity": Decimal(5)})) == record
    assert changed(record, Changes(put={"Lines[L-1].Quantity": Decimal(5)}))["Lines"] == (
        {"Id": "L-1", "Quantity": Decimal(5)},
    )
    assert changed({}, Changes(put={"Account.Name": "Bakker"})) == {"Account": {"Name": "Bakker"}}


# --- the way into the case -------------------------------------------------------------------------------------


@pytest.mark.parametrize("opportunity", OPPORTUNITIES)
def test_every_populated_field_of_every_fixture_is_accounted_for(crm: SampleCrm, opportunity: str) -> None:
    conversion = seen(crm, opportunity)
    assert errors(conversion) == []
    assert unaccounted(crm.fetch(opportunity), conversion) == []


def test_harbour_loses_nothing_on_the_way_into_the_case(crm: SampleCrm) -> None:
    conversion = seen(crm, "D-1001")
    assert [each for each in conversion.ledger if each.disposition is Disposition.DROPPED] == []
    case = conversion.document
    assert get(case, "opportunity.stage") == "negotiation"
    assert get(case, "opportunity.amount") == Money(Decimal("61630.00"), "EUR")
    assert get(case, "account.credit_limit") == Money(Decimal("100000"), "EUR")
    assert get(case, "account.framework_agreement") is True
    assert get(case, "account.shipping_address.postal_code") == "21129"
    carried = case["other"]
    assert isinstance(carried, dict)
    assert carried["Competitor__c"] == "Nordkran"
    assert carried["Site_Survey_Done__c"] is False
    assert carried["Account.Industry"] == "Port operations"


def test_lines_keep_their_ids_order_and_kinds(crm: SampleCrm) -> None:
    lines = seen(crm, "D-1001").document["line_items"]
    assert isinstance(lines, tuple)
    found = [(get(each, "id"), get(each, "sku"), get(each, "kind")) for each in lines if isinstance(each, dict)]
    assert found == [
        ("L-1", "DRV-200", "product"),
        ("L-2", "WHL-40", "product"),
        ("L-3", "WHL-40", "product"),
        ("L-4", None, "text"),
    ]


def test_lineage_names_the_line_by_its_id(crm: SampleCrm) -> None:
    lineage = {each.target: each for each in seen(crm, "D-1001").lineage}
    assert {source.path for source in lineage["line_items[L-2].unit_price"].sources} == {
        "Lines[L-2].UnitPrice",
        "CurrencyIsoCode",
    }


def test_a_stage_that_the_mapping_does_not_know_stops_the_conversion_in_words(crm: SampleCrm) -> None:
    crm.change("D-1001", Changes(put={"StageName": "Verbal commitment"}))
    found = errors(seen(crm, "D-1001"))
    assert len(found) == 1
    assert "Verbal commitment" in found[0]
    assert "opportunity.stage" in found[0]


def test_null_is_remembered_and_a_field_never_sent_stays_missing(crm: SampleCrm) -> None:
    case = seen(crm, "D-1003").document
    assert get(case, "opportunity.amount") is None
    assert not isinstance(get(case, "opportunity.reference"), str)
    assert "framework_agreement" not in case["account"]  # type: ignore[operator]  # a record
    assert "start_date" not in case["opportunity"]  # type: ignore[operator]  # a record


def test_a_custom_field_that_loses_its_last_value_is_no_change_of_the_schema(crm: SampleCrm) -> None:
    crm.change("D-1001", Changes(put={"Region__c": "north"}))
    before = crm.schema()
    assert "Region__c" in crm.catalog().types[OPPORTUNITY].fields
    crm.change("D-1001", Changes(put={"Region__c": None}))
    assert schema_changes(before, crm.schema()) == ()
