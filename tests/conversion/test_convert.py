from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules_engine.conversion.convert import Context, convert
from rules_engine.formats.catalog_text import read_catalog
from rules_engine.formats.mapping_text import read_mapping
from rules_engine.model.catalog import Catalog, DocumentType, Field, Type
from rules_engine.model.conversion import Conversion, Disposition, Origin, SourceValue
from rules_engine.model.errors import Retryable
from rules_engine.model.finding import Place
from rules_engine.model.mapping import Drop, FieldMapping, LinesMapping, Mapping, Transform
from rules_engine.model.values import MISSING, Money, Record, Value, leaves

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
CONTEXT = Context("Europe/Berlin", NOW)
HERE = Place("mapping.yaml", 7, 3)


def field(target: str, *sources: str, through: tuple[Transform, ...] = (), **more: object) -> FieldMapping:
    return FieldMapping(target, sources, transforms=through, place=HERE, **more)


def mapping(*fields: FieldMapping, **more: object) -> Mapping:
    return Mapping("test", "case", "quote", fields, **more)


def run(document: Record, *fields: FieldMapping, context: Context = CONTEXT, **more: object) -> Conversion:
    conversion = convert(document, mapping(*fields, **more), context)
    check_books(document, conversion)
    return conversion


def check_books(document: Record, conversion: Conversion) -> None:
    """What holds of every conversion: all source leaves are accounted for, all target leaves have a lineage."""
    assert [each.source for each in conversion.ledger] == [path for path, _ in leaves(document)]
    assert sorted(each.target for each in conversion.lineage) == sorted(path for path, _ in leaves(conversion.document))
    values = dict(leaves(conversion.document))
    for each in conversion.lineage:
        assert each.value == values[each.target]
        assert each.origin is not Origin.COPIED or (len(each.sources) == 1 and not each.changes)
    targets = {each.target for each in conversion.lineage}
    for account in conversion.ledger:
        assert set(account.targets) <= targets
        dropped = account.disposition is Disposition.DROPPED
        assert bool(account.targets) is not dropped
        assert account.reason or not dropped


def account_of(conversion: Conversion, source: str) -> tuple[str, tuple[str, ...], str]:
    found = next(each for each in conversion.ledger if each.source == source)
    return found.disposition.value, found.targets, found.reason


def lineage_of(conversion: Conversion, target: str):
    return next(each for each in conversion.lineage if each.target == target)


def catalog_of(name: str = "quote", /, **fields: Field | tuple[Type, int]) -> Catalog:
    made = {key: each if isinstance(each, Field) else _limited(key, *each) for key, each in fields.items()}
    return Catalog({name: DocumentType(name, name, made)})


def _limited(name: str, kind: Type, most: int) -> Field:
    return Field(name, kind, max_length=most)


def test_a_field_below_a_list_that_was_copied_whole_takes_its_place():
    conversion = run({"c": ({"a": "x"},)}, field("c", "c"), field("c.a", default="y"))
    assert conversion.document == {"c": {"a": "y"}}
    assert [each.target for each in conversion.lineage] == ["c.a"]


@pytest.mark.parametrize("value", [Decimal(0), "", False, Money(Decimal(0), "EUR")])
def test_zero_empty_text_and_false_are_values(value):
    conversion = run({"a": value}, field("b", "a"))
    assert conversion.document == {"b": value}
    assert account_of(conversion, "a") == ("copied", ("b",), "")


@pytest.mark.parametrize("document", [{}, {"a": None}, {"a": ()}, {"a": {"b": None}}])
def test_a_missing_or_null_source_leaves_the_target_out(document):
    conversion = run(document, field("b", "a"), field("c", "a.b"))
    assert conversion.document == {}
    assert conversion.problems == ()


def test_a_case_remembers_that_a_system_sent_null():
    to_case = Mapping("native", "crm.opportunity", "case", (field("opportunity.reference", "Ref"), field("x", "Other")))
    conversion = convert({"Ref": None}, to_case, CONTEXT)
    assert conversion.document == {"opportunity": {"reference": None}}
    check_books({"Ref": None}, conversion)


@pytest.mark.parametrize("document", [{}, {"a": None}, {"a": ""}])
def test_a_default_takes_the_place_of_what_is_missing_or_empty(document):
    conversion = run(document, field("b", "a", default="30 days"))
    assert conversion.document == {"b": "30 days"}
    assert lineage_of(conversion, "b").origin is Origin.DEFAULTED
    assert [each.disposition for each in conversion.ledger] == [Disposition.DEFAULTED] * len(conversion.ledger)


def test_a_default_does_not_replace_zero():
    assert run({"a": Decimal(0)}, field("b", "a", default=Decimal(5))).document == {"b": Decimal(0)}


def test_a_default_takes_the_place_of_what_a_transform_makes_nothing_of():
    conversion = run({"a": "", "b": "x"}, field("c", "a", "b", through=(Transform("money"),), default="none"))
    assert conversion.document == {"c": "none"}


def test_a_fixed_value_is_written_as_it_stands():
    conversion = run({}, FieldMapping("a.b", value=Decimal(3)), FieldMapping("c", value={"d": ("x",)}))
    assert conversion.document == {"a": {"b": Decimal(3)}, "c": {"d": ("x",)}}
    assert {each.target: each.origin for each in conversion.lineage} == {"a.b": Origin.FIXED, "c.d": Origin.FIXED}


def test_a_required_field_without_value_is_a_problem_that_names_target_source_and_place():
    (problem,) = run({"account": {"id": None}}, field("customer", "account.id", required=True)).problems
    assert problem.check == "required-value"
    assert problem.message == "`customer` is required, but `account.id` is empty"
    assert problem.place == HERE
    assert "account.id" in problem.suggestion


def test_a_required_field_of_a_line_names_the_line():
    document = {"items": ({"id": "L-2", "q": None},)}
    lines = LinesMapping("lines", "items", (field("id", "id"), field("quantity", "q", required=True)))
    (problem,) = run(document, lines=(lines,)).problems
    assert problem.message == "`lines.quantity` of line `L-2` is required, but `items[L-2].q` is empty"


def test_a_record_is_copied_leaf_by_leaf():
    document = {"account": {"address": {"city": "Bern", "zip": None, "geo": {"lat": Decimal("46.9")}}}}
    conversion = run(document, field("ship_to", "account.address"))
    assert conversion.document == {"ship_to": {"city": "Bern", "geo": {"lat": Decimal("46.9")}}}
    assert lineage_of(conversion, "ship_to.geo.lat").sources == (
        SourceValue("account.address.geo.lat", Decimal("46.9")),
    )
    assert account_of(conversion, "account.address.city") == ("copied", ("ship_to.city",), "")


def test_a_list_of_records_is_copied_leaf_by_leaf():
    document = {"files": ({"id": "F-1", "name": "a"}, {"name": "b"})}
    conversion = run(document, field("attachments", "files"))
    assert conversion.document == {"attachments": document["files"]}
    assert account_of(conversion, "files[#1].name") == ("copied", ("attachments[#1].name",), "")


def test_a_transform_of_a_record_has_all_its_leaves_as_sources():
    document = {"to": {"name": "ACME", "city": "Bern", "id": "A-1"}}
    conversion = run(document, field("address", "to", through=(Transform("address_lines"),)))
    assert conversion.document == {"address": "ACME\nBern"}
    assert [each.path for each in lineage_of(conversion, "address").sources] == ["to.name", "to.city", "to.id"]
    assert account_of(conversion, "to.id") == ("transformed", ("address",), "no line for `id`")


def test_each_transform_is_a_change_with_its_value_and_its_loss():
    through = (Transform("trim"), Transform("truncate", {"length": Decimal(3)}))
    conversion = run({"a": " crane "}, field("b", "a", through=through))
    changes = [(each.transform, each.after, each.loss) for each in lineage_of(conversion, "b").changes]
    assert changes == [("trim", "crane", ""), ("truncate", "cra", "2 of 5 characters cut off")]
    assert account_of(conversion, "a") == ("transformed", ("b",), "2 of 5 characters cut off")


def test_a_loss_does_not_matter_where_another_field_holds_the_whole():
    short = field("b", "a", through=(Transform("truncate", {"length": Decimal(1)}),))
    assert account_of(run({"a": "xyz"}, short, field("c", "a")), "a") == ("copied", ("b", "c"), "")


def test_only_the_source_that_came_first_is_a_source():
    first = field("due", "own", "^.due", through=(Transform("first"),))
    document = {"due": date(2026, 5, 1), "items": ({"id": "1", "own": date(2026, 4, 1)}, {"id": "2"})}
    conversion = run(document, lines=(LinesMapping("lines", "items", (field("id", "id"), first)),))
    assert lineage_of(conversion, "lines[1].due").sources == (SourceValue("items[1].own", date(2026, 4, 1)),)
    assert lineage_of(conversion, "lines[2].due").sources == (SourceValue("due", date(2026, 5, 1)),)


def test_a_source_that_came_second_says_so_where_nothing_carries_it():
    document = {"mobile": "1", "phone": "2"}
    both = field("phone", "mobile", "phone", through=(Transform("first"),))
    assert account_of(run(document, both), "phone") == ("dropped", (), "`mobile` came first for `phone`")
    assert account_of(run(document, both, carry_over="other"), "phone") == ("carried over", ("other.phone",), "")


def test_the_same_sku_twice_stays_two_lines_in_their_order():
    document = {"items": ({"id": "B", "sku": "X"}, {"id": "A", "sku": "X"}, {"sku": "X"})}
    conversion = run(document, lines=(LinesMapping("lines", "items", (field("id", "id"), field("sku", "sku"))),))
    assert conversion.document == {"lines": document["items"]}
    assert [each.target for each in conversion.lineage if each.value == "X"] == [
        "lines[B].sku",
        "lines[A].sku",
        "lines[#2].sku",
    ]


def test_a_target_line_is_named_by_its_own_id():
    document = {"items": ({"id": "L-2", "ref": "R-9", "q": Decimal(4)},)}
    lines = LinesMapping("lines", "items", (field("id", "ref"), field("quantity", "q")))
    assert account_of(run(document, lines=(lines,)), "items[L-2].q") == ("copied", ("lines[R-9].quantity",), "")


def test_an_empty_list_stays_an_empty_list_and_a_missing_one_is_left_out():
    lines = (LinesMapping("lines", "items", (field("id", "id"),)),)
    assert run({"items": ()}, lines=lines).document == {"lines": ()}
    assert run({}, lines=lines).document == {}
    assert run({"items": None}, lines=lines).document == {}


def test_two_lists_can_follow_one_another_in_one():
    document = {"goods": ({"n": "a"},), "work": ({"n": "b"},)}
    fields = (field("name", "n"),)
    conversion = run(document, lines=(LinesMapping("lines", "goods", fields), LinesMapping("lines", "work", fields)))
    assert conversion.document == {"lines": ({"name": "a"}, {"name": "b"})}
    assert account_of(conversion, "work[#0].n") == ("copied", ("lines[#1].name",), "")


def test_two_lines_with_one_id_are_a_problem():
    document = {"items": ({"id": "A"}, {"id": "A"})}
    (problem,) = run(document, lines=(LinesMapping("lines", "items", (field("id", "id"),)),)).problems
    assert problem.message == "2 lines of `items` have the id `A`"


@pytest.mark.parametrize("items", ["text", {"id": "A"}, ("a", "b"), Decimal(3)])
def test_a_source_that_is_no_list_is_a_problem(items):
    conversion = run({"items": items}, lines=(LinesMapping("lines", "items", (field("id", "id"),)),))
    (problem,) = conversion.problems
    assert "not a list of records" in problem.message


def test_a_later_field_overwrites_an_earlier_one_and_the_ledger_knows():
    document = {"a": {"city": "Bern", "zip": "3000"}, "b": "Basel"}
    conversion = run(document, field("to", "a"), field("to.city", "b"))
    assert conversion.document == {"to": {"city": "Basel", "zip": "3000"}}
    assert account_of(conversion, "a.city") == ("dropped", (), "`to.city` is written again further down")
    assert account_of(conversion, "b") == ("copied", ("to.city",), "")


def test_bad_data_is_a_finding_with_field_value_and_remedy():
    due = field("due", "x.due", through=(Transform("date", place=HERE),))
    (problem,) = run({"x": {"due": "31.03.2026"}}, due).problems
    assert str(problem) == (
        "mapping.yaml:7:3: `due` cannot be filled: `31.03.2026` is not a date (from `x.due`); "
        "a date is written as `2026-03-31`"
    )


def test_a_value_that_could_not_be_converted_is_dropped_with_that_reason():
    conversion = run({"a": "x"}, field("due", "a", through=(Transform("date"),)), carry_over="other")
    assert account_of(conversion, "a") == ("dropped", (), "`due` could not be filled: `x` is not a date")


def test_several_sources_need_something_that_joins_them():
    (problem,) = run({"a": "x", "b": "y"}, field("c", "a", "b")).problems
    assert "it has several sources and nothing to join them" in problem.message


def test_an_unknown_transform_is_a_finding():
    (problem,) = run({"a": "x"}, field("c", "a", through=(Transform("trimm"),))).problems
    assert "there is no transform `trimm`" in problem.message


def test_the_retry_of_a_look_up_passes_through():
    def silent(_type: str, _by: str, _value: Value) -> Value | None:
        raise Retryable("the order system does not answer")

    look = Transform("look_up", {"in": "customer", "by": "number"})
    with pytest.raises(Retryable):
        run({"a": "x"}, field("c", "a", through=(look,)), context=replace(CONTEXT, look_up=silent))


def test_text_is_cut_to_what_the_target_holds_and_the_loss_is_recorded():
    context = replace(CONTEXT, catalog=catalog_of(title=(Type.TEXT, 4)))
    conversion = run({"name": "cafe\u0301s"}, field("title", "name"), context=context)
    assert conversion.document == {"title": "caf"}
    assert account_of(conversion, "name") == ("transformed", ("title",), "3 of 6 characters cut off")


def test_text_in_records_and_lines_is_cut_too():
    catalog = read_catalog(
        "format: 1\ndocuments:\n"
        "  quote: {label: Quote, fields: {to: record of address, lines: records of line}}\n"
        "  address: {label: Address, fields: {city: {type: text, max_length: 2}}}\n"
        "  line: {label: Line, fields: {id: text, name: {type: text, max_length: 3}}}\n"
    )
    document = {"a": {"city": "Bern"}, "items": ({"id": "1", "n": "crane"},)}
    lines = LinesMapping("lines", "items", (field("id", "id"), field("name", "n")))
    conversion = run(document, field("to", "a"), lines=(lines,), context=replace(CONTEXT, catalog=catalog))
    assert conversion.document == {"to": {"city": "Be"}, "lines": ({"id": "1", "name": "cra"},)}
    assert lineage_of(conversion, "lines[1].name").changes[0].loss == "2 of 5 characters cut off"


# --- what has no field of its own ----------------------------------------------------------------------------------


def test_a_source_without_target_is_dropped_with_that_reason():
    assert account_of(run({"a": "x"}), "a") == ("dropped", (), "no target field")


def test_a_drop_covers_all_below_it_and_gives_its_reason():
    document = {"a": {"b": "x", "c": "y"}, "items": ({"id": "1", "note": "n"},), "ab": "z"}
    drops = (Drop("a", "not theirs"), Drop("items.note", "private"))
    conversion = run(document, drops=drops, carry_over="other")
    assert account_of(conversion, "a.c") == ("dropped", (), "not theirs")
    assert account_of(conversion, "items[1].note") == ("dropped", (), "private")
    assert account_of(conversion, "ab")[0] == "carried over"


def test_a_field_that_is_mapped_is_not_dropped():
    assert account_of(run({"a": "x"}, field("b", "a"), drops=(Drop("a", "no"),)), "a") == ("copied", ("b",), "")


def test_the_rest_is_carried_over_as_a_flat_record():
    document = {"a": {"b": Decimal(0), "n": None}, "items": ({"id": "L-1"},), "tags": ("x", "y")}
    conversion = run(document, carry_over="other")
    assert conversion.document == {"other": {"a.b": Decimal(0), "items[L-1].id": "L-1", "tags": ("x", "y")}}
    assert account_of(conversion, "items[L-1].id") == ("carried over", ("other.items[L-1].id",), "")


def test_what_was_carried_over_before_keeps_its_name():
    conversion = run({"other": {"Region__c": "North", "Account.Site": "x"}}, carry_over="other")
    assert conversion.document == {"other": {"Region__c": "North", "Account.Site": "x"}}
    assert account_of(conversion, "other.Account.Site") == ("carried over", ("other.Account.Site",), "")


def test_two_fields_never_share_a_name_in_what_is_carried_over():
    conversion = run({"a": "x", "other": {"a": "y"}}, carry_over="other")
    assert conversion.document == {"other": {"a": "x", "other.a": "y"}}


def test_what_is_carried_over_joins_what_was_mapped_there():
    conversion = run({"x": {"k": "v"}, "a": "b"}, field("other", "x"), carry_over="other")
    assert conversion.document == {"other": {"k": "v", "a": "b"}}


NOTES = replace(CONTEXT, catalog=catalog_of(notes=Field("notes", Type.TEXT)))


def test_the_rest_is_carried_over_as_lines_below_the_mapped_text():
    document = {"text": "Dear all", "a": {"b": Money(Decimal("15.40"), "EUR")}, "other": {"c": True}, "d": ""}
    conversion = run(document, field("notes", "text", through=(Transform("trim"),)), carry_over="notes", context=NOTES)
    assert conversion.document == {"notes": "Dear all\n\na.b: 15.40 EUR\nc: true\nd:"}
    assert account_of(conversion, "a.b") == ("carried over", ("notes",), "")
    assert account_of(conversion, "text") == ("transformed", ("notes",), "")


def test_without_mapped_text_the_lines_stand_alone():
    assert run({"a": "x", "b": "y"}, carry_over="notes", context=NOTES).document == {"notes": "a: x\nb: y"}


def test_in_rich_text_a_carried_over_value_is_no_markup():
    context = replace(CONTEXT, catalog=catalog_of(notes=Field("notes", Type.RICH_TEXT)))
    conversion = run({"a": "<b>", "c": "d"}, carry_over="notes", context=context)
    assert conversion.document == {"notes": "<p>a: &lt;b&gt;<br>\nc: d</p>"}


@pytest.mark.parametrize(("kind", "most"), [(Type.TEXT, 12), (Type.RICH_TEXT, 24)])
def test_what_finds_no_room_is_dropped_with_that_reason(kind, most):
    context = replace(CONTEXT, catalog=catalog_of(notes=(kind, most)))
    conversion = run({"a": "1234", "b": "12345678901234", "c": "1"}, carry_over="notes", context=context)
    assert len(conversion.document["notes"]) <= most
    assert account_of(conversion, "a")[0] == account_of(conversion, "c")[0] == "carried over"
    assert account_of(conversion, "b") == ("dropped", (), f"no room left in `notes`, which holds {most} characters")


def test_a_field_of_a_line_is_carried_over_with_its_line_where_the_line_has_such_a_field():
    catalog = read_catalog((ROOT / "rulesets" / "catalog.yaml").read_text(encoding="utf-8"))
    lines = LinesMapping("line_items", "Lines", (field("id", "Id"),))
    native = {"Lines": ({"Id": "L-1", "Paint__c": "RAL 1028"},), "Region__c": "North"}
    to_case = Mapping("native", "crm.opportunity", "case", (), (lines,), carry_over="other")
    conversion = convert(native, to_case, replace(CONTEXT, catalog=catalog))
    check_books(native, conversion)
    assert conversion.document == {
        "line_items": ({"id": "L-1", "other": {"Paint__c": "RAL 1028"}},),
        "other": {"Region__c": "North"},
    }


# --- the shipped mapping, and everything at random -----------------------------------------------------------------


def test_the_shipped_mapping_accounts_for_every_field_of_a_case():
    catalog = read_catalog((ROOT / "rulesets" / "catalog.yaml").read_text(encoding="utf-8"))
    text = (ROOT / "rulesets" / "on-close" / "mapping.yaml").read_text(encoding="utf-8")
    shipped = read_mapping(text, catalog, "rulesets/on-close/mapping.yaml")
    case = {
        "opportunity": {"id": "D-1", "stage": "closed_won", "currency": "EUR", "probability": Decimal(70)},
        "account": {"id": "A-1", "shipping_address": {"city": "Hamburg"}},
        "contact": {"email": " Jens@Hafen.example "},
        "line_items": ({"id": "L-2", "sku": " drv-200", "quantity": Decimal(4), "in_stock": False},),
        "other": {"Competitor__c": "Nordkran"},
    }
    conversion = convert(case, shipped, replace(CONTEXT, catalog=catalog))
    check_books(case, conversion)
    assert conversion.problems == ()
    assert conversion.document["contact_email"] == "jens@hafen.example"
    assert conversion.document["lines"][0]["sku"] == "DRV-200"
    assert conversion.document["lines"][0]["kind"] == "product"
    assert conversion.document["other"] == {
        "opportunity.probability": Decimal(70),
        "line_items[L-2].in_stock": False,
        "Competitor__c": "Nordkran",
    }
    assert account_of(conversion, "opportunity.stage")[0] == "dropped"
    assert conversion.coverage == (len(conversion.ledger) - 1, len(conversion.ledger))


NAMES = st.sampled_from(["a", "b", "c", "other"])
SCALARS = st.none() | st.sampled_from(["", "x", "2026-03-31", "<p>"]) | st.booleans() | st.decimals(-5, 5, places=2)
RECORDS = st.recursive(
    st.dictionaries(NAMES, SCALARS, max_size=3),
    lambda inner: st.dictionaries(
        NAMES,
        SCALARS | inner | st.lists(inner, max_size=3).map(tuple) | st.lists(SCALARS, max_size=2).map(tuple),
        max_size=4,
    ),
    max_leaves=6,
)
ITEMS = st.lists(
    st.builds(lambda record, name: {"id": name, **record}, RECORDS, st.sampled_from(["1", "2", "", None])), max_size=3
).map(tuple)
PATHS = st.lists(NAMES, min_size=1, max_size=2).map(".".join)
TRANSFORMS = st.sampled_from(
    [Transform(name) for name in ("trim", "text", "first", "join", "date", "record_text")]
    + [Transform("map", {"values": {"x": "y"}, "other": {"use": {"k": "v"}}})]
    + [Transform("truncate", {"length": Decimal(1)})]
)
FIELDS = st.lists(
    st.builds(
        FieldMapping,
        PATHS,
        st.lists(PATHS | PATHS.map("^.{}".format), max_size=2).map(tuple),
        st.just(MISSING) | SCALARS,
        st.lists(TRANSFORMS, max_size=2).map(tuple),
        st.just(MISSING) | SCALARS,
        st.booleans(),
    ),
    max_size=6,
).map(tuple)
LINES = st.builds(LinesMapping, st.sampled_from(["lines", "a"]), st.sampled_from(["items", "a"]), FIELDS)
MAPPINGS = st.builds(
    Mapping,
    st.just("random"),
    st.just("case"),
    st.just("quote"),
    FIELDS,
    st.lists(LINES, max_size=2).map(tuple),
    st.lists(st.builds(Drop, PATHS, st.just("not theirs")), max_size=2).map(tuple),
    st.sampled_from(["", "other", "notes", "a"]),
)
CATALOGS = st.sampled_from(
    [
        None,
        catalog_of(notes=(Type.TEXT, 20), a=(Type.TEXT, 3)),
        catalog_of(other=(Type.RICH_TEXT, 90), b=(Type.TEXT, 1)),
    ]
)


@given(RECORDS, ITEMS, MAPPINGS, CATALOGS)
def test_every_source_field_is_accounted_for_and_every_target_field_has_a_lineage(record, items, any_mapping, catalog):
    document = {**record, "items": items}
    conversion = convert(document, any_mapping, replace(CONTEXT, catalog=catalog))
    check_books(document, conversion)
    reached, all_of_them = conversion.coverage
    dropped = sum(each.disposition is Disposition.DROPPED for each in conversion.ledger)
    assert reached + dropped == all_of_them == len(list(leaves(document)))
