"""Lines on their way to an order system: bundles, options, discounts, quantities, prices, and what it can hold."""

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules_engine.conversion.context import Context
from rules_engine.conversion.convert import convert
from rules_engine.conversion.discounts import Discount, as_net_price, as_one_percent, line_amount
from rules_engine.conversion.line_findings import too_many_lines
from rules_engine.conversion.money import Rounding
from rules_engine.conversion.prepare import prepared
from rules_engine.conversion.totals import reckoned
from rules_engine.conversion.units import factor_between, unit_of
from rules_engine.formats.catalog_text import read_catalog
from rules_engine.model.conversion import Disposition, Origin
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Severity
from rules_engine.model.mapping import FieldMapping, LinesMapping, Mapping
from rules_engine.model.ruleset import Policies, Price, Quantities
from rules_engine.model.values import Money, leaves
from tests.builtin_systems import shared_catalog

D = Decimal
CATALOG = shared_catalog()
CONTEXT = Context("Europe/Berlin", datetime(2026, 3, 31, 12, tzinfo=UTC), catalog=CATALOG)
HEADER = ("currency", "document_discount", "prices_include_tax", "net_total", "tax_total", "gross_total")
LINE = (
    *("id", "position", "kind", "sku", "name", "quantity", "list_price", "unit_price", "discount", "discounts"),
    *("tax_code", "tax_rate", "net_amount", "parent", "optional", "period_start", "period_end", "shipping_address"),
)


def eur(amount):
    return Money(D(str(amount)), "EUR")


def line(id_, quantity=1, price="100.00", **more):
    cost = {} if price is None else {"unit_price": eur(price)}
    return {"id": id_, "quantity": D(str(quantity)), **cost, "tax_code": "S", "tax_rate": D(19), **more}


def steps(*percents, **fixed):
    found = [{"percent": D(each)} for each in percents]
    return (*found, *({"amount": eur(each)} for each in fixed.values()))


def fields(*names):
    return tuple(FieldMapping(each, (each,)) for each in names)


def mapping(target="quote"):
    """From a case whose opportunity has the document's own fields."""
    header = tuple(FieldMapping(each, (f"opportunity.{each}",)) for each in (*HEADER, "expected_amount"))
    lines = LinesMapping("lines", "line_items", fields(*LINE))
    return Mapping("test", "case", target, header, (lines,), carry_over="other")


def native(*line_fields, header=HEADER):
    """Into an order system that reads these fields."""
    lines = LinesMapping("rows", "lines", fields(*line_fields))
    return Mapping("native", "quote", "acme.quote", fields(*header), (lines,))


EVERYTHING = native(*LINE)
PLAIN = native("id", "quantity", "unit_price", header=("currency",))


def ready(*lines, into=EVERYTHING, policies=Policies(), target="quote", **opportunity):  # noqa: B008 - it is frozen
    source = {"opportunity": {"currency": "EUR", **opportunity}, "line_items": lines}
    made = prepared(convert(source, mapping(target), CONTEXT), mapping(target), into, policies, CATALOG)
    check_books(source, made)
    check_books(made.document, convert(made.document, into, CONTEXT))
    return made


def check_books(source, conversion):
    """All source leaves are accounted for and all target leaves have a lineage, whatever was changed."""
    assert [each.source for each in conversion.ledger] == [path for path, _ in leaves(source)]
    values = dict(leaves(conversion.document))
    assert sorted(each.target for each in conversion.lineage) == sorted(values)
    assert all(each.value == values[each.target] for each in conversion.lineage)
    for account in conversion.ledger:
        assert set(account.targets) <= values.keys()
        assert bool(account.targets) is (account.disposition is not Disposition.DROPPED)
        assert account.reason or account.targets


def errors(conversion):
    return [each.message for each in conversion.problems if each.severity is Severity.ERROR]


def lineage(conversion, target):
    return next(each for each in conversion.lineage if each.target == target)


def account(conversion, source):
    return next(each for each in conversion.ledger if each.source == source)


# --- what is held ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "message"),
    [(0, "line `L` has a quantity of 0"), ("-2", "line `L` has a negative quantity of -2")],
)
def test_a_quantity_of_zero_or_less_is_held_unless_the_policy_allows_it(quantity, message):
    assert errors(ready(line("L", quantity))) == [message]
    allowed = ready(line("L", quantity), policies=Policies(quantities=Quantities.ALLOW))
    assert errors(allowed) == []


def test_sections_and_texts_have_no_quantity():
    made = ready(line("A", 0, None, kind="section", name="Works"), line("L"), line("T", 0, None, kind="text"))
    assert errors(made) == []
    assert [each["id"] for each in made.document["lines"]] == ["A", "L", "T"]


def test_a_return_costs_less_than_nothing_and_its_half_cent_goes_away_from_zero():
    policies = Policies(quantities=Quantities.ALLOW)
    made = ready(line("L", -1, "1.005", net_amount=eur("-1.01")), policies=policies, net_total=eur("-1.01"))
    assert errors(made) == []


def test_free_goods_stay_lines_with_a_price_of_zero():
    made = ready(line("L-1"), line("L-2", 3, 0), net_total=eur(100))
    assert errors(made) == []
    assert made.document["lines"][1]["unit_price"] == eur(0)


def test_one_product_on_several_lines_stays_several_lines():
    made = ready(line("L-1", sku="A"), line("L-2", sku="A"), line("L-3", sku="A", price="90.00"), net_total=eur(290))
    assert errors(made) == []
    assert [each["sku"] for each in made.document["lines"]] == ["A", "A", "A"]


def test_a_bundles_price_stands_on_the_bundle_or_on_its_parts():
    on_parts = (line("B", price=0), line("P", parent="B"), line("Q", parent="B"))
    on_bundle = (line("B"), line("P", price=0, parent="B"), line("Q", price=None, parent="B"))
    assert errors(ready(*on_parts, net_total=eur(200))) == errors(ready(*on_bundle, net_total=eur(100))) == []
    twice = ready(line("B"), line("P", price=30, parent="B"), line("Q", price=0, parent="B"))
    assert errors(twice) == ["bundle `B` has a price, and so has its part `P`"]


def test_an_option_of_a_bundle_may_have_a_price_beside_the_bundles():
    assert errors(ready(line("B"), line("P", price=30, parent="B", optional=True), net_total=eur(100))) == []


def test_a_part_has_a_bundle_that_there_is():
    assert errors(ready(line("P", parent="X"))) == ["line `P` is a part of line `X`, which there is not"]
    assert errors(ready(line("A", price=0, parent="B"), line("B", price=0, parent="A"))) == [
        "line `A` is a part of itself",
        "line `B` is a part of itself",
    ]


def test_a_bundle_within_a_circle_that_it_is_no_part_of_ends():
    circle = [line("C", price=0, parent="A"), line("A", price=0, parent="B"), line("B", price=0, parent="A")]
    for lines in (circle, circle[::-1]):
        assert sorted(errors(ready(*lines))) == ["line `A` is a part of itself", "line `B` is a part of itself"]


def test_a_discount_that_says_two_things_is_held():
    made = ready(line("L", discount=D(15), discounts=steps("10", "5")))
    assert errors(made) == [
        "line `L` has a discount of 15 % and, in steps, one of 10 %, then 5 %: 85.00 EUR or 85.50 EUR"
    ]
    assert errors(ready(line("L", discount=D("14.5"), discounts=steps("10", "5")))) == []


def test_a_discount_greater_than_the_price_is_held():
    made = ready(line("L", 1, "4.00", discounts=({"percent": D(50)}, {"amount": eur(5)})))
    assert errors(made) == ["line `L` costs less than nothing: 4.00 EUR less 50 %, then 5 a unit is -3.00 EUR"]


ACME = """
format: 1
documents:
  acme.quote: {fields: {title: text, rows: {type: records, of: row, max_lines: 3}}}
  row: {fields: {id: text}}
"""


def test_more_lines_than_the_order_system_takes_are_held_with_their_number():
    catalog = read_catalog(ACME)
    rows = tuple({"id": str(each)} for each in range(4))
    assert [each.message for each in too_many_lines({"rows": rows}, "acme.quote", catalog)] == [
        "4 lines, and the order system takes 3 in `rows`"
    ]
    assert list(too_many_lines({"rows": rows[:3]}, "acme.quote", catalog)) == []
    assert list(too_many_lines({"rows": rows}, "acme.order", catalog)) == []


def test_how_many_lines_a_system_takes_is_a_whole_number():
    with pytest.raises(Unreadable, match="`max_lines` is a whole number of records from 1"):
        read_catalog(ACME.replace("max_lines: 3", "max_lines: 0"))


# --- prices ------------------------------------------------------------------------------------------------------


def test_the_price_that_was_quoted_is_locked():
    made = ready(line("L", price="90.00", list_price=eur(100)))
    assert errors(made) == []
    assert made.document["lines"][0]["unit_price"] == eur("90.00")


def test_a_price_that_is_not_the_list_price_is_held_where_the_policy_alerts():
    alert = Policies(price=Price.ALERT)
    made = ready(line("L", price="90.00", list_price=eur(100), discount=D(10)), policies=alert)
    less = "less 10 %: 81.00 EUR and 90 EUR"
    assert errors(made) == [f"line `L` costs 90.00 EUR a unit, its list price is 100 EUR ({less})"]
    assert errors(ready(line("L", price="100.00", list_price=eur(100), discount=D(10)), policies=alert)) == []


def test_repricing_takes_the_list_price_less_the_steps_and_leaves_its_mark():
    quoted = line("L", 2, "90.00", list_price=eur(100), discounts=steps("10", "5"), net_amount=eur("153.90"))
    made = ready(quoted, policies=Policies(price=Price.REPRICE), net_total=eur("153.90"), expected_amount=eur("153.90"))
    assert errors(made) == []
    (sold,) = made.document["lines"]
    assert (sold["unit_price"], sold["net_amount"], made.document["net_total"]) == (eur(100), eur("171"), eur("171"))
    price = lineage(made, "lines[L].unit_price")
    assert [(each.transform, each.after, each.loss) for each in price.changes] == [
        ("reprice", eur(100), "the price was 90.00 EUR")
    ]
    assert [each.path for each in price.sources] == ["line_items[L].unit_price", "line_items[L].list_price"]
    assert lineage(made, "lines[L].net_amount").changes[-1].loss == "the net amount was 153.90 EUR"
    assert lineage(made, "net_total").changes[-1].loss == "the total was 153.90 EUR"


def test_a_line_without_a_list_price_keeps_its_price_and_says_so():
    made = ready(line("L"), policies=Policies(price=Price.REPRICE))
    assert [(each.severity, each.message) for each in made.problems] == [
        (Severity.WARNING, "line `L` has no list price to compare with: 100.00 EUR stays")
    ]


def test_a_list_price_in_another_currency_is_never_taken():
    other = line("L", list_price=Money(D(100), "USD"))
    message = "line `L` costs 100.00 EUR a unit, its list price is 100 USD"
    for price in (Price.ALERT, Price.REPRICE):
        assert errors(ready(other, policies=Policies(price=price))) == [message]


# --- discounts and what the order system has for them --------------------------------------------------------------


@pytest.mark.parametrize("amount", [Money(D(1), "USD"), D(1), "1 EUR"])
def test_a_step_that_is_no_money_of_the_lines_currency_is_held(amount):
    found = errors(ready(line("L", discounts=({"amount": amount},))))
    assert any("which is no money in the currency of its price" in each for each in found)


def test_a_discount_of_nothing_beside_steps_hides_none_of_them():
    into = native("id", "quantity", "unit_price", "discount")
    made = ready(line("L", discount=D(0), discounts=steps("10", "5")), into=into)
    assert made.document["lines"][0]["discount"] == D("14.5")


def test_steps_become_one_percentage_for_a_system_that_has_but_one():
    made = ready(line("L", discounts=steps("10", "5")), into=native("id", "quantity", "unit_price", "discount"))
    assert errors(made) == []
    assert made.document["lines"][0]["discount"] == D("14.5")
    found = lineage(made, "lines[L].discount")
    assert (found.origin, found.changes[-1].loss) == (Origin.TRANSFORMED, "the steps 10 %, then 5 % as one percentage")
    assert [each.path for each in found.sources] == [
        "line_items[L].discounts[#0].percent",
        "line_items[L].discounts[#1].percent",
    ]
    assert account(made, "line_items[L].discounts[#0].percent").targets == (
        "lines[L].discounts[#0].percent",
        "lines[L].discount",
    )


@pytest.mark.parametrize(
    ("given", "net"),
    [
        (steps("10", "5"), "85.5"),
        (steps("15"), "85"),
        (({"amount": eur(5)}, {"percent": D(10)}), "85.5"),
        (({"percent": D(10)}, {"amount": eur(5)}), "85"),
    ],
)
def test_the_order_of_the_steps_stands_in_the_net_price(given, net):
    made = ready(line("L", discounts=given), into=native("id", "quantity", "net_price"))
    assert errors(made) == []
    assert made.document["lines"][0]["net_price"] == eur(net)
    assert "which stands within the price" in lineage(made, "lines[L].net_price").changes[-1].loss


def test_a_line_without_discount_has_a_net_price_too_and_loses_nothing_by_it():
    made = ready(line("L"), into=native("id", "quantity", "net_price"))
    assert made.document["lines"][0]["net_price"] == eur(100)
    assert lineage(made, "lines[L].net_price").changes[-1].loss == ""


def test_a_discount_becomes_a_line_of_its_own_for_a_system_that_has_none_on_a_line():
    into = native("id", "quantity", "unit_price", "net_amount", "discount_of", "tax_rate", header=("net_total",))
    given = line("A", 3, "33.33", discounts=steps("10", "5"), net_amount=eur("85.49"))
    made = ready(given, line("B"), into=into, net_total=eur("185.49"))
    assert errors(made) == []
    assert [each["id"] for each in made.document["lines"]] == ["A", "A-discount", "B"]
    first, discount, _ = made.document["lines"]
    assert "discounts" not in first
    assert first["net_amount"] == eur("99.99")
    assert (discount["discount_of"], discount["unit_price"], discount["tax_rate"]) == ("A", eur("-14.50"), D(19))
    assert discount["name"] == "Discount: 10 %, then 5 %"
    assert reckoned(made.document).net == eur("185.49")
    found = lineage(made, "lines[A-discount].unit_price")
    assert [each.value for each in found.sources] == [D(10), D(5)]
    assert found.changes[-1].loss == "the discount of 10 %, then 5 % stands on line `A-discount`"


def test_a_discount_stays_on_its_line_where_another_has_the_name_that_its_own_would_have():
    into = native("id", "quantity", "unit_price", "discount_of")
    made = ready(line("A", discount=D(10)), line("A-discount"), into=into)
    assert errors(made) == ["line `A` has a discount of 10 %, and the order system takes none that costs the same"]


def test_one_percentage_becomes_a_step_for_a_system_that_has_steps():
    made = ready(line("L", discount=D(10)), into=native("id", "quantity", "unit_price", "discounts"))
    assert made.document["lines"][0]["discounts"] == ({"percent": D(10)},)
    assert errors(made) == []


def test_a_discount_without_a_field_is_held():
    made = ready(line("L", discount=D(10)), into=PLAIN)
    assert errors(made) == ["line `L` has a discount of 10 %, and the order system takes none that costs the same"]
    assert errors(ready(line("L", discount=D(0)), into=PLAIN)) == []


def test_a_documents_discount_is_shared_out_or_held():
    lines = (line("A"), line("B"), line("C"))
    shared = ready(*lines, into=native("id", "discount_share", header=("currency",)), document_discount=eur("10.00"))
    assert [each["discount_share"] for each in shared.document["lines"]] == [eur("3.34"), eur("3.33"), eur("3.33")]
    assert lineage(shared, "lines[A].discount_share").sources[0].path == "opportunity.document_discount"
    assert errors(shared) == errors(ready(*lines, document_discount=eur("10.00"))) == []
    assert errors(ready(*lines, into=PLAIN, document_discount=eur("10.00"))) == [
        "the document has a discount of 10.00 EUR, and the order system takes none"
    ]


def test_prices_with_tax_go_only_to_a_system_that_is_told_so():
    assert errors(ready(line("L", price="119.00"), prices_include_tax=True, gross_total=eur(119))) == []
    assert errors(ready(line("L", price="119.00"), into=PLAIN, prices_include_tax=True)) == [
        "the prices include tax, and the order system is not told so"
    ]


def test_totals_are_computed_where_the_system_asks_and_nobody_states_them():
    made = ready(line("A", discount=D(10)), line("B"))
    assert [made.document[name] for name in ("net_total", "tax_total", "gross_total")] == [
        eur("190.00"), eur("36.10"), eur("226.10"),
    ]  # fmt: skip
    assert made.document["lines"][0]["net_amount"] == eur("90.00")
    assert "net_total" not in ready(line("A"), into=PLAIN).document


@given(
    st.decimals(1, 10**5, places=2),
    st.decimals(0, 10**4, places=4),
    st.lists(
        st.builds(Discount, st.decimals(0, 99, places=2))
        | st.builds(Discount, st.decimals(0, 9, places=2), st.just(True)),
        max_size=3,
    ).map(tuple),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_a_discount_said_in_another_way_costs_the_same_or_is_not_said(quantity, price, given, currency):
    same = line_amount(quantity, price, given, currency)
    percent = as_one_percent(quantity, price, given, currency, Rounding.HALF_UP)
    net = as_net_price(quantity, price, given, currency, Rounding.HALF_UP)
    assert percent is None or line_amount(quantity, price, (Discount(percent),), currency) == same
    assert net is None or line_amount(quantity, net, (), currency) == same


def test_what_no_percentage_of_eight_decimals_gives_is_not_said_as_one():
    step = (Discount(D("1.01"), fixed=True),)
    assert as_one_percent(D(1_000_000), D("7000.07"), step, "EUR", Rounding.HALF_UP) is None
    assert as_one_percent(D(1_000), D("7000.07"), step, "EUR", Rounding.HALF_UP) == D("0.01442843")
    assert as_net_price(D(1_000_000), D("0.1"), (Discount(D("33.3333333")),), "EUR", Rounding.HALF_UP) is not None


@st.composite
def priced_lines(draw):
    found = []
    for number in range(draw(st.integers(1, 5))):
        given = draw(st.lists(st.decimals(0, 60, places=1), max_size=2))
        one = {"discount": given[0]} if len(given) == 1 and draw(st.booleans()) else {"discounts": steps(*given)}
        more = {"optional": True} if draw(st.integers(0, 4)) == 0 else {}
        quantity, price = draw(st.decimals(1, 300, places=1)), draw(st.decimals(0, 500, places=3))
        listed = {"list_price": eur(draw(st.decimals(0, 500, places=2)))} if draw(st.booleans()) else {}
        found.append(line(f"L-{number}", quantity, price, **one, **more, **listed))
    return found


FORMS = ("discount", "discounts", "net_price", "discount_of")


def cost_there(row, form):
    """What an order system that knows only this form makes of a row."""
    price = row["net_price"] if form == "net_price" else row["unit_price"]
    given = tuple(Discount(each["percent"]) for each in row.get("discounts") or ())
    if form == "discount":
        given = (Discount(row.get("discount") or D(0)),)
    return line_amount(row["quantity"], price.amount, given if form in FORMS[:2] else (), "EUR").amount


@given(priced_lines(), st.sampled_from(FORMS), st.sampled_from([Price.LOCK, Price.REPRICE]), st.booleans())
def test_an_order_system_adds_up_the_same_whatever_form_of_discount_it_has(lines, form, price, stated):
    into = native("id", "quantity", "unit_price", "net_amount", form, header=("currency", "net_total"))
    whole = reckoned({"lines": tuple(lines)}).net
    totals = {"net_total": whole} if stated and whole else {}
    made = ready(*lines, into=into, policies=Policies(price=price), **totals)
    if errors(made):
        assert all("takes none that costs the same" in each or "every line is" in each for each in errors(made))
        return
    rows = convert(made.document, into, CONTEXT).document["rows"]
    assert sum(cost_there(row, form) for row in rows) == made.document["net_total"].amount
    assert sum(row["net_amount"].amount for row in rows) == made.document["net_total"].amount
    if price is Price.LOCK:
        assert made.document["net_total"] == whole


# --- optional lines ----------------------------------------------------------------------------------------------


OPTION = line("O", 2, "30.00", name="Paint", optional=True)


def test_an_optional_line_stands_in_a_quote_whose_system_knows_such_lines_and_counts_in_no_total():
    made = ready(line("L"), OPTION, net_total=eur(100))
    assert errors(made) == []
    assert [each["id"] for each in made.document["lines"]] == ["L", "O"]


@pytest.mark.parametrize(
    ("into", "target", "why"),
    [
        (EVERYTHING, "order", "line `O` is optional and was not agreed"),
        (PLAIN, "quote", "line `O` is optional and the order system has no optional lines"),
    ],
)
def test_an_optional_line_is_carried_over_where_it_must_not_be_sold(into, target, why):
    part = line("P", price=0, parent="O")
    made = ready(line("L"), OPTION, part, into=into, target=target, expected_amount=eur(100))
    assert errors(made) == []
    assert [each["id"] for each in made.document["lines"]] == ["L"]
    assert reckoned(made.document).net == eur("100.00")
    kept = made.document["other"]["optional line O"]
    for word in ("name: Paint", "quantity: 2", "unit_price: 30.00 EUR"):
        assert word in kept
    told = account(made, "line_items[O].name")
    assert (told.disposition, told.targets, told.reason) == (
        Disposition.CARRIED_OVER, ("other.optional line O",), why,
    )  # fmt: skip


def test_without_a_place_for_it_an_optional_line_is_dropped_with_the_reason():
    bare = Mapping("test", "case", "order", (FieldMapping("currency", ("opportunity.currency",)),),
                   (LinesMapping("lines", "line_items", fields(*LINE)),))  # fmt: skip
    source = {"opportunity": {"currency": "EUR"}, "line_items": (line("L"), OPTION)}
    made = prepared(convert(source, bare, CONTEXT), bare, EVERYTHING, Policies(), CATALOG)
    check_books(source, made)
    told = account(made, "line_items[O].name")
    assert (told.disposition, told.reason) == (Disposition.DROPPED, "line `O` is optional and was not agreed")


def test_a_document_of_options_alone_is_held():
    assert errors(ready(OPTION, into=PLAIN)) == ["every line is optional, none is left"]


# --- the rest of a line --------------------------------------------------------------------------------------------


def test_periods_addresses_and_order_survive():
    address = {"name": "Ferry yard", "city": "Kiel"}
    start, end = date(2026, 7, 1), date(2027, 6, 30)
    made = ready(
        line("B", position=D(2), shipping_address=address), line("A", position=D(1), period_start=start, period_end=end)
    )
    first, second = made.document["lines"]
    assert (first["id"], first["shipping_address"]) == ("B", address)
    assert (second["id"], second["period_start"], second["period_end"]) == ("A", start, end)


def test_other_writing_survives_and_names_lines():
    made = ready(line("مشروع ٧", name="🧑‍🔧 Montage"), line("🚢", name="שירות", discounts=steps("10", "5")))
    assert errors(made) == []
    assert [each["name"] for each in made.document["lines"]] == ["🧑‍🔧 Montage", "שירות"]
    assert lineage(made, "lines[🚢].net_amount").value == eur("85.50")


def test_units_convert_by_fractions_and_prices_the_other_way():
    dozen, piece, foot, metre = (unit_of(each) for each in ("dozen", "piece", "ft", "m"))
    assert factor_between(dozen, piece) == Fraction(12, 1)
    assert factor_between(foot, metre) == Fraction(381, 1250)
    quantity, price = 5 * factor_between(dozen, piece), Fraction(120) / factor_between(dozen, piece)
    assert quantity * price == 5 * Fraction(120)


def test_ten_thousand_lines_add_up_and_each_is_accounted_for():
    """A test of size: each of a few fields, so that it stays short."""
    items = tuple(
        line(f"L-{each}", 3, "33.33", discounts=steps("10", "5"), optional=each % 100 == 0) for each in range(10_000)
    )
    source = {"opportunity": {"currency": "EUR", "document_discount": eur("1000.00")}, "line_items": items}
    slim = Mapping(
        "slim", "case", "order", tuple(FieldMapping(each, (f"opportunity.{each}",)) for each in HEADER[:2]),
        (LinesMapping("lines", "line_items", fields("id", "quantity", "unit_price", "discounts", "optional")),),
        carry_over="other",
    )  # fmt: skip
    into = native("id", "discount", "discount_share", header=("currency", "net_total"))
    made = prepared(convert(source, slim, CONTEXT), slim, into, Policies(), CATALOG)
    payload = convert(made.document, into, CONTEXT)
    assert errors(made) + errors(payload) == []
    assert len(payload.document["rows"]) == 9_900
    # 3 × 33.33 less 14.5 % is 85.49 (85.49145), 9,900 times, less 1,000.00
    assert payload.document["net_total"] == eur("845351.00")
    assert sum(each["discount_share"].amount for each in payload.document["rows"]) == D("1000.00")
    assert [each.source for each in made.ledger] == [path for path, _ in leaves(source)]
