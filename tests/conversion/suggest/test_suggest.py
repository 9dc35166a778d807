"""What is suggested for two schemas, why, and what people's own choices make of it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules_engine.conversion.suggest.memory import Memory, Said, read_said
from rules_engine.conversion.suggest.model import learned
from rules_engine.conversion.suggest.profile import profiles
from rules_engine.conversion.suggest.schema import Schema, SchemaField, read_samples, read_schema, schema_of
from rules_engine.conversion.suggest.suggest import CONFIRMED, suggest
from rules_engine.formats.catalog_text import read_catalog
from rules_engine.model.errors import Unreadable
from rules_engine.model.transforms import TRANSFORMS
from rules_engine.shipped import shipped


def field(name, type="string", label="", **rest):
    return SchemaField(name, label, type, **rest)


DEAL = Schema(
    (
        field("Id", "id"),
        field("AccountId", "reference", "Account", reference="Account"),
        field("Amount", "currency"),
        field("CurrencyIsoCode", "picklist", "Currency"),
        field("Owner_Email__c", "email", "Owner's e-mail"),
        field("FirstName", label="First Name"),
        field("LastName", label="Last Name"),
        field("BillingCity", label="Billing City"),
        field("BillingStreet", label="Billing Street"),
        field("BillingPostalCode", label="Billing Zip"),
        field("BillingCountry", label="Billing Country"),
        field("ShippingCity", label="Shipping City"),
        field("PO_Number__c", label="PO Number"),
        field("Priority__c", "picklist", "Priority", picklist=(("h", "High"), ("l", "Low"))),
        field("CreatedDate", "datetime", "Created Date"),
        field("Notes__c", "textarea", "Notes"),
    ),
    "Some CRM",
    "Deal",
)
ORDER = Schema(
    (
        field("id", "integer"),
        field("customer_id", "many2one", "Customer", reference="customer"),
        field("currency_id", "many2one", "Currency", reference="currency"),
        field("contact_name", "char", "Contact"),
        field("invoice_city", "char", "Invoice City"),
        field("delivery_city", "char", "Delivery City"),
        field("client_order_ref", "char", "Customer Reference"),
        field("priority", "selection", "Priority", picklist=(("1", "Low"), ("2", "High"))),
        field("created_on", "datetime", "Created on"),
        field("order_day", "date", "Order Date"),
        field("comment", "text", "Comment"),
        field("delivered_qty", "float", "Delivered Quantity"),
    ),
    "Some ERP",
    "Sales Order",
)


def best(found):
    leading = {}
    for each in found:
        leading.setdefault(each.target, each)
    return leading


@pytest.fixture(scope="module")
def found():
    return suggest(DEAL, ORDER)


@pytest.mark.parametrize(
    ("target", "source"),
    [
        ("customer_id", ("AccountId",)),
        ("currency_id", ("CurrencyIsoCode",)),
        ("contact_name", ("FirstName", "LastName")),
        ("invoice_city", ("BillingCity",)),
        ("delivery_city", ("ShippingCity",)),
        ("client_order_ref", ("PO_Number__c",)),
        ("priority", ("Priority__c",)),
        ("comment", ("Notes__c",)),
    ],
)
def test_the_likeliest_source_leads_though_no_name_is_the_same(found, target, source):
    assert best(found)[target].source == source


def test_the_best_come_first_and_no_target_has_more_than_five(found):
    confidences = [each.confidence for each in found]
    assert confidences == sorted(confidences, reverse=True)
    assert max(sum(each.target == target.name for each in found) for target in ORDER.fields) == 5
    assert all(0 <= each.confidence <= 1 for each in found)


def test_a_pair_is_offered_once(found):
    assert len({(each.source, each.target) for each in found}) == len(found)


def test_every_suggestion_has_a_reason_in_words(found):
    assert all(each.reason and each.reason[0].islower() or each.reason[0] == "`" for each in found)
    assert best(found)["client_order_ref"].reason == "both are `customer reference`"
    assert "together make it up" in best(found)["contact_name"].reason


def test_progress_and_the_new_record_s_own_key_stay_empty(found):
    accepted = {each.target for each in found if each.accept}
    assert not accepted & {"delivered_qty", "id", "created_on"}


def test_each_target_has_one_accepted_source_at_most(found):
    accepted = [each.target for each in found if each.accept]
    assert len(accepted) == len(set(accepted))
    assert accepted


def test_what_is_accepted_is_as_sure_as_the_threshold_asks(found):
    assert min(each.confidence for each in found if each.accept) >= learned().accept


def test_transforms_are_those_of_mappings_with_the_arguments_that_they_need(found):
    for suggestion in found:
        for each in suggestion.through:
            name, arguments = (each, {}) if isinstance(each, str) else next(iter(each.items()))
            spec = TRANSFORMS[name]
            assert set(arguments) <= set(spec.arguments), (name, arguments)
            assert {key for key, needed in spec.arguments.items() if needed} <= set(arguments), (name, arguments)


def test_choices_are_mapped_by_what_they_mean_not_by_their_place(found):
    assert best(found)["priority"].through == [{"map": {"values": {"h": "2", "l": "1"}, "other": "stop"}}]


def test_a_record_of_the_other_system_is_looked_up_by_what_the_source_holds(found):
    assert best(found)["customer_id"].through == [{"look_up": {"in": "customer", "by": "id"}}]
    assert best(found)["currency_id"].through == [{"look_up": {"in": "currency", "by": "code"}}]


def test_a_moment_becomes_a_day():
    target = Schema((field("order_date", "date", "Order Date"),), "ERP", "Order")
    source = Schema((field("ordered_at", "datetime", "Ordered at"),), "Shop", "Order")
    assert best(suggest(source, target))["order_date"].through == ["date"]


def test_a_refused_pair_stays_refused():
    said = read_said([{"source": "AccountId", "target": "customer_id"}])
    again = suggest(DEAL, ORDER, Memory(refused=said))
    assert (("AccountId",), "customer_id") not in {(each.source, each.target) for each in again}


def test_a_confirmed_pair_leads_and_says_so():
    said = read_said([{"source": ["Id"], "target": "client_order_ref"}])
    leading = best(suggest(DEAL, ORDER, Memory(confirmed=said)))["client_order_ref"]
    assert (leading.source, leading.confidence, leading.accept) == (("Id",), CONFIRMED, True)
    assert leading.reason == "confirmed before in this workspace"


def test_what_was_confirmed_wins_over_what_was_refused_earlier():
    said = read_said([{"source": "AccountId", "target": "customer_id"}])
    again = suggest(DEAL, ORDER, Memory(confirmed=said, refused=said))
    assert best(again)["customer_id"].confidence == CONFIRMED


def test_a_pair_of_other_records_only_shifts_the_confidence(found):
    pair = (("AccountId",), "customer_id")
    elsewhere = (Said(*pair, source_system="Another CRM"),)
    before = best(found)["customer_id"].confidence

    def now(memory):
        return next(each for each in suggest(DEAL, ORDER, memory) if (each.source, each.target) == pair).confidence

    assert now(Memory(confirmed=elsewhere)) == pytest.approx(1 - (1 - before) / 2, abs=1e-4)
    assert now(Memory(refused=elsewhere)) == pytest.approx(before / 2, abs=1e-4)


def test_a_confirmed_pair_of_fields_that_are_gone_is_passed_over():
    said = read_said([{"source": "Gone__c", "target": "customer_id"}, {"source": "Id", "target": "gone"}])
    assert "gone" not in {each.target for each in suggest(DEAL, ORDER, Memory(confirmed=said))}


def test_a_target_that_was_mapped_by_hand_is_left_alone():
    again = suggest(DEAL, ORDER, Memory(taken=frozenset({"customer_id"})))
    assert "customer_id" not in {each.target for each in again}
    assert "currency_id" in {each.target for each in again}


def test_one_customer_may_fill_two_fields():
    target = Schema(
        (
            field("customer", "Link", "Customer", reference="Customer"),
            field("customer_id", "Link", "Customer", reference="Customer"),
        ),
        "ERP",
        "Order",
    )
    source = Schema((field("customer", "reference", "Customer", reference="Customer"), field("colour")), "CRM", "Deal")
    assert {each.target for each in suggest(source, target) if each.accept} == {"customer", "customer_id"}


def test_an_address_in_one_field_is_made_of_its_parts():
    target = Schema((field("billing_address", "text", "Billing Address"),), "ERP", "Order")
    leading = best(suggest(DEAL, target))["billing_address"]
    assert leading.source == ("BillingStreet", "BillingPostalCode", "BillingCity", "BillingCountry")
    assert leading.through == [{"join": {"with": "\n"}}]


def test_money_of_our_catalog_takes_its_currency_along():
    catalog = read_catalog((shipped("rulesets") / "catalog.yaml").read_text(encoding="utf-8"), "catalog.yaml")
    target = schema_of(catalog, "opportunity")
    leading = best(suggest(DEAL, target))["amount"]
    assert (leading.source, leading.through) == (("Amount", "CurrencyIsoCode"), ["money"])


def test_inside_one_system_a_record_s_own_number_and_status_are_not_copied():
    names = ("number", "status", "created_on", "customer", "currency", "description", "tax_id", "territory")
    sides = [Schema(tuple(field(name) for name in names), "ERP", kind) for kind in ("Quotation", "Sales Order")]
    accepted = {each.target for each in suggest(*sides) if each.accept}
    assert accepted == {"customer", "currency", "description", "tax_id", "territory"}


def test_sample_values_speak_where_names_do_not():
    target = Schema((field("x1", label="Contact e-mail"), field("x2", label="Delivery note")), "ERP", "Order")
    names = [field("f1"), field("f2")]
    samples = [{"f1": f"person{at}@example.org", "f2": f"please ring twice at door {at}"} for at in range(4)]
    goal = target.with_samples(
        [{"x1": f"someone{at}@example.com", "x2": "leave it with the neighbours"} for at in range(3)]
    )
    assert best(suggest(Schema(tuple(names)).with_samples(samples), goal))["x1"].source == ("f1",)


def test_samples_may_be_nested_where_names_are_paths():
    source, target = read_schema(["a.b[].c", "d"]), read_schema(["x", "y"])
    flat = [{"a.b[].c": f"n{at}@example.org"} for at in range(3)]
    nested = [{"a": {"b": [{"c": f"n{at}@example.org"}]}} for at in range(3)]
    assert suggest(source.with_samples(flat), target) == suggest(source.with_samples(nested), target)
    assert profiles(source.with_samples(nested), target)[0].looks == {"e-mail address": 1.0}


@given(st.lists(st.text(max_size=30).filter(bool), max_size=6), st.lists(st.text(max_size=30).filter(bool), max_size=6))
@settings(max_examples=60, deadline=None)
def test_whatever_fields_are_called_suggestions_are_about_them(ours, theirs):
    for each in suggest(read_schema(ours), read_schema(theirs)):
        assert set(each.source) <= set(ours)
        assert each.target in theirs


def test_nothing_is_suggested_from_or_for_nothing():
    assert suggest(Schema(()), ORDER) == ()
    assert suggest(DEAL, Schema(())) == ()


def test_names_alone_are_enough_to_suggest_from():
    found = suggest(read_schema(["qty", "unit price", "zzz"]), read_schema(["Quantity", "UnitPrice", "Warehouse"]))
    assert [best(found)[name].source for name in ("Quantity", "UnitPrice")] == [("qty",), ("unit price",)]


@pytest.mark.parametrize(
    "data",
    [
        {"source": {"fields": [{"name": "a"}]}, "target": {"fields": [{"name": "b"}]}, "truth": 1},
        {"fields": [{"name": "a", "label": None, "type": None, "odd": {"x": 1}}], "system": None},
        {"fields": {"a": {"type": "text"}}},
        [{"name": "a"}],
        [{"fieldname": "a", "fieldtype": "Data", "options": "Customer"}],
        ["a", "a"],
    ],
)
def test_a_schema_is_read_leniently(data):
    assert [each.name for each in read_schema(data, "source").fields] == ["a"]


@pytest.mark.parametrize("data", [None, 1, "a", {}, {"fields": 1}, [1], [{"label": "no name"}], {"source": 1}])
def test_what_is_no_schema_is_refused_with_what_a_schema_is(data):
    with pytest.raises(Unreadable, match="schema|field"):
        read_schema(data, "source")


def test_samples_are_read_as_a_list_or_below_their_side():
    assert read_samples([{"a": 1}]) == ({"a": 1},)
    assert read_samples({"source": {"samples": [{"a": 1}]}}) == ({"a": 1},)
    assert read_samples({"samples": [{"a": 1}, "odd"]}) == ({"a": 1},)
    with pytest.raises(Unreadable):
        read_samples("a")


@pytest.mark.parametrize("data", [{}, [1], [{"source": "a"}], [{"target": "a"}], [{"source": "a", "target": 1}]])
def test_what_was_said_before_is_pairs(data):
    with pytest.raises(Unreadable, match="pair"):
        read_said(data)
