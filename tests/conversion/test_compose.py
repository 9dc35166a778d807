from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given

from rules_engine.conversion.compose import compose
from rules_engine.conversion.convert import Context, convert
from rules_engine.conversion.ledger import by_disposition, coverage
from rules_engine.model.catalog import Catalog, DocumentType, Field, Type
from rules_engine.model.conversion import Conversion, Disposition, Origin
from rules_engine.model.mapping import Drop, FieldMapping, LinesMapping, Mapping, Transform
from rules_engine.model.values import Record, leaves
from tests.conversion.test_convert import CATALOGS, ITEMS, MAPPINGS, RECORDS

CONTEXT = Context("Europe/Berlin", datetime(2026, 3, 31, 12, tzinfo=UTC))
NOTES = Catalog({"note.quote": DocumentType("note.quote", "Quote", {"notes": Field("notes", Type.TEXT)})})


def field(target: str, *sources: str, through: tuple[str, ...] = (), **more: object) -> FieldMapping:
    return FieldMapping(target, sources, transforms=tuple(Transform(name) for name in through), **more)


def mapping(*fields: FieldMapping, target: str = "quote", **more: object) -> Mapping:
    return Mapping("test", "source", target, fields, **more)


def run(document: Record, *mappings: Mapping) -> list[Conversion]:
    made: list[Conversion] = []
    for each in mappings:
        catalog = NOTES if each.target_type == "note.quote" else None
        made.append(convert(document, each, replace(CONTEXT, catalog=catalog)))
        document = made[-1].document
    return made


def accounts(conversions: list[Conversion], names: tuple[str, ...] = ()) -> dict[str, tuple[str, tuple[str, ...], str]]:
    return {each.source: (each.disposition.value, each.targets, each.reason) for each in compose(conversions, names)[1]}


def origins(conversions: list[Conversion]) -> dict[str, Origin]:
    return {each.target: each.origin for each in compose(conversions)[0]}


def test_no_conversion_composes_to_nothing():
    assert compose([]) == ((), ())


def test_one_conversion_composes_to_itself():
    (only,) = run({"a": "x", "b": "y"}, mapping(field("c", "a")))
    assert compose([only]) == (only.lineage, only.ledger)


def test_a_field_of_the_order_is_traced_back_to_the_crm():
    native = {"Lines": ({"Id": "7", "Sku": " drv"},)}
    sku = field("sku", "Sku", through=("trim",))
    to_case = mapping(lines=(LinesMapping("line_items", "Lines", (field("id", "Id"), sku)),))
    line = (field("ref", "id"), field("article", "sku", through=("upper_case",)))
    conversions = run(native, to_case, mapping(lines=(LinesMapping("items", "line_items", line),)))
    article = next(each for each in compose(conversions)[0] if each.value == "DRV")
    assert [source.path for source in article.sources] == ["Lines[7].Sku"]
    assert [source.value for source in article.sources] == [" drv"]
    assert [(change.transform, change.after) for change in article.changes] == [("trim", "drv"), ("upper_case", "DRV")]
    assert accounts(conversions)["Lines[7].Sku"] == ("transformed", (article.target,), "")


def test_the_value_a_mapping_put_in_stays_fixed_or_defaulted():
    first = mapping(FieldMapping("a", value="x"), field("b", "none", default="y"), field("c", "c"))
    second = mapping(field("a", "a"), field("b", "b", through=("upper_case",)), field("c", "c", through=("text",)))
    found = origins(run({"c": "z"}, first, second))
    assert found == {"a": Origin.FIXED, "b": Origin.DEFAULTED, "c": Origin.TRANSFORMED}


def test_transformed_wins_over_copied_in_either_order():
    change, copy = mapping(field("a", "a", through=("trim",))), mapping(field("a", "a"))
    assert origins(run({"a": "x"}, change, copy)) == {"a": Origin.TRANSFORMED}
    assert origins(run({"a": "x"}, copy, change)) == {"a": Origin.TRANSFORMED}
    assert origins(run({"a": "x"}, copy, copy)) == {"a": Origin.COPIED}


def test_a_custom_field_that_a_later_mapping_gives_a_field_of_its_own_is_copied():
    conversions = run({"Region": "North"}, mapping(carry_over="other"), mapping(field("region", "other.Region")))
    assert accounts(conversions)["Region"] == ("copied", ("region",), "")
    assert origins(conversions) == {"region": Origin.COPIED}


def test_what_stays_among_the_carried_over_is_carried_over():
    conversions = run({"Region": "North"}, mapping(carry_over="other"), mapping(field("other", "other")))
    assert accounts(conversions)["Region"] == ("carried over", ("other.Region",), "")


def test_what_went_into_a_note_is_carried_over_wherever_the_note_goes():
    document = {"text": "Dear all", "Region": "North"}
    to_note = mapping(field("notes", "text"), target="note.quote", carry_over="notes")
    conversions = run(document, to_note, mapping(field("remarks", "notes")))
    assert conversions[-1].document == {"remarks": "Dear all\n\nRegion: North"}
    assert accounts(conversions)["Region"] == ("carried over", ("remarks",), "")
    assert accounts(conversions)["text"] == ("copied", ("remarks",), "")


def test_a_dropped_field_says_at_which_stage_and_why():
    first = mapping(field("b", "b"), field("c", "c"), drops=(Drop("a", "not theirs"),))
    conversions = run({"a": "x", "b": "y", "c": "z"}, first, mapping(field("c", "c")))
    assert accounts(conversions)["a"] == ("dropped", (), "not theirs (stage 1)")
    assert accounts(conversions)["b"] == ("dropped", (), "no target field (stage 2)")
    named = accounts(conversions, ("CRM to case", "case to quote"))
    assert named["b"] == ("dropped", (), "no target field (case to quote)")


def test_a_field_that_reached_two_is_dropped_only_where_both_are():
    both = mapping(field("b", "a"), field("c", "a", through=("trim",)))
    assert accounts(run({"a": "x"}, both, mapping(field("d", "c"))))["a"] == ("transformed", ("d",), "")


def test_a_source_that_was_added_in_between_leads_no_further_back():
    first = convert({"a": "x"}, mapping(field("b", "a")), CONTEXT)
    second = convert({**first.document, "id": "9"}, mapping(field("b", "b"), field("quote", "id")), CONTEXT)
    lineage, ledger = compose([first, second])
    assert {each.target: len(each.sources) for each in lineage} == {"b": 1, "quote": 0}
    assert [each.source for each in ledger] == ["a"]


def test_a_field_that_was_taken_away_in_between_is_dropped_with_that_reason():
    first = convert({"a": "x"}, mapping(field("b", "a")), CONTEXT)
    second = convert({}, mapping(field("b", "b")), CONTEXT)
    assert accounts([first, second])["a"] == ("dropped", (), "`b` was changed in between")


def test_the_accounts_are_grouped_with_the_dropped_ones_first():
    (only,) = run({"a": "x", "b": Decimal(0), "c": False}, mapping(field("d", "b")))
    groups = by_disposition(only.ledger)
    assert list(groups) == [Disposition.DROPPED, Disposition.COPIED]
    assert [each.source for each in groups[Disposition.DROPPED]] == ["a", "c"]
    assert coverage(only.ledger) == only.coverage == (1, 3)


@given(RECORDS, ITEMS, MAPPINGS, MAPPINGS, MAPPINGS, CATALOGS)
def test_every_field_of_the_first_document_is_accounted_for_at_the_end(record, items, one, two, three, catalog):
    document: Record = {**record, "items": items}
    names = [path for path, _ in leaves(document)]
    conversions: list[Conversion] = []
    for each in (one, two, three):
        conversions.append(convert(document, each, replace(CONTEXT, catalog=catalog)))
        document = conversions[-1].document
    lineage, ledger = compose(conversions)
    assert [each.source for each in ledger] == names
    assert [each.target for each in lineage] == [each.target for each in conversions[-1].lineage]
    ends = {each.target for each in lineage}
    for account in ledger:
        dropped = account.disposition is Disposition.DROPPED
        assert bool(account.targets) is not dropped
        assert account.reason or not dropped
        assert set(account.targets) <= ends
    assert {source.path for each in lineage for source in each.sources} <= set(names)
