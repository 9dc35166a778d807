"""The tests that every connector passes: subclass a suite in a test file and give it its fixtures.

    class TestOrderBook(OrderConnectorSuite):
        @pytest.fixture
        def orders(self, order_book): return order_book
        ...

Each fixture below that raises `NotImplementedError` must be given; the docstring says what it is.
"""

from collections.abc import Callable, Iterable, Iterator
from collections.abc import Mapping as Dict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import uuid4

import pytest

from rules_engine.model.catalog import Catalog, Type
from rules_engine.model.catalog import Field as CatalogField
from rules_engine.model.errors import NotFound, OutcomeUnknown, Refused
from rules_engine.model.mapping import FieldMapping, Mapping
from rules_engine.model.run import Changed, Written
from rules_engine.model.values import Money, Record, Value, is_empty, leaves
from rules_engine.ports import CrmConnector, OrderConnector

_CLASSES: dict[Type, tuple[type, ...]] = {
    Type.TEXT: (str,),
    Type.RICH_TEXT: (str,),
    Type.NUMBER: (Decimal,),
    Type.PERCENT: (Decimal,),
    Type.MONEY: (Money,),
    Type.BOOLEAN: (bool,),
    Type.DATE: (date,),
    Type.DATETIME: (datetime,),
    Type.CHOICE: (str,),
    Type.CHOICES: (tuple,),
    Type.REFERENCE: (str,),
}


def misfits(catalog: Catalog, document_type: str, record: Record, path: str = "") -> Iterator[str]:
    """Every populated value of a record that its document type does not foresee, as a sentence."""
    kind = catalog.types.get(document_type)
    for name, value in record.items() if kind else ():
        here = f"{path}.{name}" if path else name
        field = kind.fields.get(name) if kind else None
        if is_empty(value):
            continue
        if field is None:
            yield f"`{here}` is not a field of `{document_type}`"
        else:
            yield from _misfit(catalog, field, value, here)
    if kind is None:
        yield f"`{path}`: there is no document type `{document_type}`"


def _misfit(catalog: Catalog, field: CatalogField, value: Value, path: str) -> Iterator[str]:
    if field.type is Type.RECORD:
        inner = [(path, value)]
    elif field.type is Type.RECORDS:
        inner = [(f"{path}[{number}]", each) for number, each in enumerate(value)] if isinstance(value, tuple) else []
    else:
        if not isinstance(value, _CLASSES[field.type]) or isinstance(value, datetime) is not (
            field.type is Type.DATETIME
        ):
            yield f"`{path}` is {value!r}, which is not a {field.type.value}"
        elif isinstance(value, datetime) and value.tzinfo is None:
            yield f"`{path}` is a date and time without its offset"
        return
    if not inner:
        yield f"`{path}` is {value!r}, which is not a list of records"
    for here, each in inner:
        if isinstance(each, Dict):
            yield from misfits(catalog, field.of, each, here)
        else:
            yield f"`{here}` is {each!r}, which is not a record"


def unknown_sources(mapping: Mapping, catalog: Catalog) -> Iterator[str]:
    """Every source path of a mapping that its source document type does not have."""

    def check(root: str, fields: tuple[FieldMapping, ...]) -> Iterator[str]:
        for field in fields:
            for source in field.sources:
                start, path = (mapping.source_type, source[2:]) if source.startswith("^.") else (root, source)
                if catalog.find(start, path) is None:
                    yield f"`{source}` of `{mapping.name}` is not in `{start}`"

    yield from check(mapping.source_type, mapping.fields)
    for lines in mapping.lines:
        found = catalog.find(mapping.source_type, lines.source)
        if found is None or found.type is not Type.RECORDS:
            yield f"`{lines.source}` of `{mapping.name}` is not a list in `{mapping.source_type}`"
        else:
            yield from check(found.of, lines.fields)


def differences(written: Record, found: Record) -> list[str]:
    """What the system holds otherwise than it was written, a sentence a field; its own additions do not count."""
    there = dict(leaves(found))
    return [
        f"`{path}` was written as {value!r} and is {there.get(path)!r}"
        for path, value in leaves(written)
        if value != "" and there.get(path) != value
    ]


def _sweep(crm: CrmConnector) -> list[Changed]:
    return list(crm.changed_since(datetime(2020, 1, 1, tzinfo=UTC)))


def _same(found: Iterable[Written], written: Written) -> bool:
    """Whether just this document was found; its state may have moved on meanwhile."""
    return [(each.id, each.number) for each in found] == [(written.id, written.number)]


class CrmConnectorSuite:
    """What a CRM connector must do."""

    @pytest.fixture
    def crm(self) -> CrmConnector:
        """The connector under test."""
        raise NotImplementedError

    @pytest.fixture
    def opportunity(self) -> str:
        """The id of an opportunity that exists, with a line at least, changed after 2020."""
        raise NotImplementedError

    @pytest.fixture
    def missing(self) -> str:
        """A well-formed id that no opportunity has."""
        raise NotImplementedError

    @pytest.fixture
    def touch(self) -> Callable[[str], None]:
        """Change a field of this opportunity at the CRM, as a person there would."""
        raise NotImplementedError

    def test_the_native_record_fits_its_document_type(self, crm: CrmConnector, opportunity: str) -> None:
        found = list(misfits(crm.catalog(), f"{crm.system}.opportunity", crm.fetch(opportunity)))
        assert not found, "; ".join(found)

    def test_the_mapping_goes_from_the_native_record_to_the_case(self, crm: CrmConnector) -> None:
        assert crm.to_case.source_type == f"{crm.system}.opportunity"
        assert crm.to_case.target_type == "case"
        unknown = list(unknown_sources(crm.to_case, crm.catalog()))
        assert not unknown, "; ".join(unknown)

    def test_the_case_gets_an_id_from_a_populated_field(self, crm: CrmConnector, opportunity: str) -> None:
        source = next(each.sources[0] for each in crm.to_case.fields if each.target == "opportunity.id")
        assert dict(leaves(crm.fetch(opportunity)))[source] == opportunity

    def test_fetching_twice_gives_the_same_record(self, crm: CrmConnector, opportunity: str) -> None:
        assert crm.fetch(opportunity) == crm.fetch(opportunity)

    def test_fetching_an_opportunity_that_is_not_there_says_so(self, crm: CrmConnector, missing: str) -> None:
        with pytest.raises(NotFound, match=missing):
            crm.fetch(missing)

    def test_a_sweep_finds_the_opportunity_once(self, crm: CrmConnector, opportunity: str) -> None:
        assert [each.opportunity for each in _sweep(crm)].count(opportunity) == 1

    def test_a_sweep_is_in_order_of_time_and_aware(self, crm: CrmConnector, opportunity: str) -> None:
        times = [each.modified_at for each in _sweep(crm)]
        assert opportunity in [each.opportunity for each in _sweep(crm)]
        assert all(each.tzinfo is not None for each in times)
        assert all(earlier <= later for earlier, later in pairwise(times))

    def test_a_sweep_from_the_last_instant_seen_overlaps_and_loses_nothing(
        self, crm: CrmConnector, opportunity: str
    ) -> None:
        seen = next(each for each in _sweep(crm) if each.opportunity == opportunity)
        assert seen in list(crm.changed_since(seen.modified_at))

    def test_a_sweep_from_after_the_last_change_finds_nothing_of_it(self, crm: CrmConnector, opportunity: str) -> None:
        seen = next(each for each in _sweep(crm) if each.opportunity == opportunity)
        later = crm.changed_since(seen.modified_at + timedelta(days=1))
        assert opportunity not in [each.opportunity for each in later]

    def test_a_change_at_the_crm_gives_another_version(
        self, crm: CrmConnector, opportunity: str, touch: Callable[[str], None]
    ) -> None:
        before = next(each for each in _sweep(crm) if each.opportunity == opportunity)
        record = crm.fetch(opportunity)
        touch(opportunity)
        after = next(each for each in crm.changed_since(before.modified_at) if each.opportunity == opportunity)
        assert after.version != before.version
        assert after.modified_at >= before.modified_at
        assert crm.fetch(opportunity) != record

    def test_without_a_change_the_version_stays(self, crm: CrmConnector, opportunity: str) -> None:
        first, second = ([each for each in _sweep(crm) if each.opportunity == opportunity] for _ in range(2))
        assert first == second


class OrderConnectorSuite:
    """What a connector to an order system must do. The payloads are native, as its mappings give them."""

    @pytest.fixture
    def orders(self) -> OrderConnector:
        """The connector under test."""
        raise NotImplementedError

    @pytest.fixture
    def quote_payload(self) -> Record:
        """A payload that the system accepts as a quote."""
        raise NotImplementedError

    @pytest.fixture
    def order_payload(self) -> Callable[[Written], Record]:
        """From a quote that was written, a payload that the system accepts as the order of that quote."""
        raise NotImplementedError

    @pytest.fixture
    def refused(self) -> tuple[Record, str]:
        """A quote payload that the system refuses, and a part of the words in which it does."""
        raise NotImplementedError

    @pytest.fixture
    def losing_answers(self) -> OrderConnector:
        """The same system through a connector whose `create` takes effect and never gets an answer."""
        raise NotImplementedError

    @pytest.fixture
    def known(self) -> tuple[str, str, Value]:
        """(document type, by, value) of a record that `look_up` finds."""
        raise NotImplementedError

    @pytest.fixture
    def key(self) -> str:
        return f"suite/{uuid4()}"

    def test_the_mappings_start_at_our_documents(self, orders: OrderConnector) -> None:
        for document in ("quote", "order"):
            assert orders.mapping(document).source_type == document
            assert orders.mapping(document).target_type in orders.catalog().types

    def test_the_payload_fits_its_document_type(self, orders: OrderConnector, quote_payload: Record) -> None:
        found = list(misfits(orders.catalog(), orders.mapping("quote").target_type, quote_payload))
        assert not found, "; ".join(found)

    @pytest.mark.parametrize("document", ["quote", "order"])
    def test_an_unknown_key_finds_nothing(self, orders: OrderConnector, document: str, key: str) -> None:
        assert list(orders.find(document, key)) == []

    def test_a_quote_is_found_by_its_key_and_by_no_other(
        self, orders: OrderConnector, quote_payload: Record, key: str
    ) -> None:
        written = orders.create("quote", quote_payload, key)
        assert written.id
        assert _same(orders.find("quote", key), written)
        assert list(orders.find("quote", f"{key}0")) == []
        assert list(orders.find("quote", key[:-1])) == []
        assert list(orders.find("order", key)) == []

    def test_creating_again_with_the_same_key_makes_no_second_quote(
        self, orders: OrderConnector, quote_payload: Record, key: str
    ) -> None:
        first = orders.create("quote", quote_payload, key)
        assert _same([orders.create("quote", quote_payload, key)], first)
        assert _same(orders.find("quote", key), first)

    def test_two_keys_make_two_quotes(self, orders: OrderConnector, quote_payload: Record, key: str) -> None:
        first = orders.create("quote", quote_payload, key)
        second = orders.create("quote", quote_payload, f"{key}-2")
        assert first.id != second.id
        assert first.number != second.number

    def test_a_quote_reads_back_as_it_was_written(
        self, orders: OrderConnector, quote_payload: Record, key: str
    ) -> None:
        written = orders.create("quote", quote_payload, key)
        changed = differences(quote_payload, orders.read("quote", written))
        assert not changed, "; ".join(changed)

    def test_an_order_follows_its_quote_is_found_by_its_key_and_reads_back(
        self, orders: OrderConnector, quote_payload: Record, order_payload: Callable[[Written], Record], key: str
    ) -> None:
        quote = orders.create("quote", quote_payload, key)
        payload = order_payload(quote)
        order = orders.create("order", payload, f"{key}/order")
        assert _same(orders.find("order", f"{key}/order"), order)
        assert _same([orders.create("order", payload, f"{key}/order")], order)
        changed = differences(payload, orders.read("order", order))
        assert not changed, "; ".join(changed)
        assert [each.id for each in orders.find("quote", key)] == [quote.id]

    def test_an_answer_that_is_lost_leaves_one_quote_that_its_key_finds(
        self, orders: OrderConnector, losing_answers: OrderConnector, quote_payload: Record, key: str
    ) -> None:
        with pytest.raises(OutcomeUnknown):
            losing_answers.create("quote", quote_payload, key)
        found = list(orders.find("quote", key))
        assert len(found) == 1
        assert _same([orders.create("quote", quote_payload, key)], found[0])
        changed = differences(quote_payload, orders.read("quote", found[0]))
        assert not changed, "; ".join(changed)

    def test_a_refused_quote_is_refused_in_words_and_leaves_nothing(
        self, orders: OrderConnector, refused: tuple[Record, str], key: str
    ) -> None:
        payload, words = refused
        with pytest.raises(Refused, match=words):
            orders.create("quote", payload, key)
        assert list(orders.find("quote", key)) == []

    def test_a_document_that_is_not_there_cannot_be_read(self, orders: OrderConnector) -> None:
        with pytest.raises(NotFound):
            orders.read("quote", Written("987654321"))

    def test_looking_up_finds_what_is_there_and_nothing_else(
        self, orders: OrderConnector, known: tuple[str, str, Value]
    ) -> None:
        document_type, by, value = known
        assert orders.look_up(document_type, by, value) not in (None, "")
        assert orders.look_up(document_type, by, "there is no such thing") is None

    def test_the_time_to_settle_is_not_negative(self, orders: OrderConnector) -> None:
        assert orders.settle >= timedelta(0)
