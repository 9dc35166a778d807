"""Nothing is sent whose amounts do not agree, and what the order system makes of them is compared to the cent."""

from dataclasses import replace
from decimal import Decimal

import pytest

from rules_engine import pipeline
from rules_engine.connectors.sample_crm_actions import Changes
from rules_engine.conversion.compose import compose
from rules_engine.model.conversion import Disposition
from rules_engine.model.ruleset import Policies, Price, Rounding
from rules_engine.model.run import ConversionState
from rules_engine.model.values import Money, leaves
from tests.test_pipeline import CASE, World, with_orders

FERRY = "D-1006"  # a bundle, discounts in steps and on the document, two tax rates, an optional line
D = Decimal


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def with_policies(world, **policies):
    world.route_list = [
        replace(route, ruleset=replace(route.ruleset, policies=Policies(**policies))) for route in world.route_list
    ]


def change(world, opportunity, **values):
    world.crm.change(opportunity, Changes(put={path.replace("__", "."): value for path, value in values.items()}))


def test_an_amount_that_is_not_that_of_the_lines_is_held_before_anything_is_sent(world):
    change(world, CASE, Amount=D("61630.01"))
    world.act("win")
    (held,) = world.conversions()
    assert held.state is ConversionState.HELD
    assert held.error.startswith("`expected_amount` is 61630.01 EUR, the lines come to 61630.00 EUR; ")
    assert world.book.documents("quote") == ()
    change(world, CASE, Amount=D("61630.00"))
    pipeline.again(world.workspace, held)
    assert [run.state for run in world.conversions()] == [ConversionState.CONFIRMED] * 2


def test_a_line_that_does_not_add_up_is_named(world):
    world.crm.change(CASE, Changes(put={"Lines[L-3].NetAmount": D("4230.02"), "Amount": D("61630.02")}))
    world.act("win")
    (held,) = world.conversions()
    assert "line `L-3`: 2 × 2350.00 EUR less 10 % is 4230.00 EUR, its net amount is 4230.02 EUR" in held.error


def test_a_tolerance_lets_a_small_difference_pass_and_keeps_it_in_sight(world):
    with_policies(world, tolerance=D("0.05"))
    change(world, CASE, Amount=D("61630.01"))
    world.act("win")
    quote = world.conversions()[0]
    assert quote.state is ConversionState.CONFIRMED
    assert [each.message for each in quote.stages[1].conversion.problems] == [
        "`expected_amount` is 61630.01 EUR, the lines come to 61630.00 EUR, within the tolerance of 0.05"
    ]


def test_a_bundle_with_discounts_two_tax_rates_and_an_option_goes_the_whole_way_to_the_cent(world):
    world.act("win", FERRY)
    world.act("accept_quote", FERRY)
    quote, order = world.conversions(FERRY)
    assert [quote.error, order.error] == ["", ""]
    assert [run.state for run in (quote, order)] == [ConversionState.CONFIRMED] * 2
    assert (quote.differences, order.differences) == ((), ())
    totals = ("12211.93", "2311.27", "14523.20")
    for run in (quote, order):
        written = (run.written.net_total, run.written.tax_total, run.written.gross_total)
        assert written == tuple(Money(D(each), "EUR") for each in totals)
    assert [line["id"] for line in quote.document["lines"]] == [f"L-{number}" for number in range(1, 9)]
    assert [line["id"] for line in order.document["lines"]] == [f"L-{number}" for number in range(1, 8)]
    assert "quantity: 1; unit: piece; list_price: 2350.00 EUR" in order.document["other"]["optional line L-8"]
    axle = order.payload["items"][2]
    assert (axle["part_of"], axle["rebate"], axle["price"]) == ("L-2", D("14.5"), D("6500.00"))


def test_every_field_of_the_lines_is_accounted_for_though_some_were_computed(world):
    world.act("win", FERRY)
    seen = [world.crm.fetch(FERRY)]
    world.act("accept_quote", FERRY)
    seen.append(world.crm.fetch(FERRY))
    for run, record in zip(world.conversions(FERRY), seen, strict=True):
        lineage, ledger = compose([stage.conversion for stage in run.stages])
        assert [each.source for each in ledger] == [path for path, _ in leaves(record)]
        assert all(each.reason for each in ledger if each.disposition is Disposition.DROPPED)
        rebate = next(each for each in lineage if each.target == "items[L-3].rebate")
        computed = run.step.target == "quote"
        assert [each.transform for each in rebate.changes] == ["one_percent"] * computed
        assert [str(each.value) for each in rebate.sources] == ["10", "5"] * computed
        for stage, source in zip(run.stages[1:], [None, run.stages[1].conversion.document], strict=True):
            conversion = stage.conversion
            targets = dict(leaves(conversion.document))
            assert sorted(each.target for each in conversion.lineage) == sorted(targets)
            if source is not None:
                assert [each.source for each in conversion.ledger] == [path for path, _ in leaves(source)]


def test_prices_with_tax_reach_the_order_system_as_such_and_keep_the_figure_promised(world):
    put = {"PricesIncludeTax": True, "Amount": D("61630.00"), "GrandTotal": D("61630.00")}
    put |= {f"Lines[L-{number}].NetAmount": None for number in range(1, 4)}
    world.crm.change(CASE, Changes(put=put))
    world.act("win")
    quote = world.conversions()[0]
    assert (quote.error, quote.differences) == ("", ())
    assert quote.written.gross_total == Money(D("61630.00"), "EUR")
    assert quote.written.net_total == Money(D("51789.92"), "EUR")


def test_the_order_systems_tax_and_gross_totals_are_compared_too(world):
    def with_more_tax(document, payload, key):
        written = world.book.create(document, payload, key)
        tax, gross = written.tax_total, written.gross_total
        return replace(written, tax_total=replace(tax, amount=tax.amount + D("0.01")), gross_total=gross)

    with_orders(world, create=with_more_tax)
    world.act("win")
    assert [(each.path, each.written, each.found) for each in world.conversions()[0].differences] == [
        ("tax total", "11709.70 EUR", "11709.71 EUR")
    ]


def test_a_ruleset_that_rounds_on_each_line_shows_where_the_order_system_rounds_once(world):
    lines = ({"Quantity": D(1), "UnitPrice": D("6.70"), "NetAmount": D("6.70"), "DiscountPercent": D(0)},) * 2
    put = {f"Lines[L-{at}].{key}": value for at, line in enumerate(lines, 1) for key, value in line.items()}
    put |= {f"Lines[L-{at}].TaxRate": D(15) for at in (1, 2)}
    put |= {"Lines[L-3].UnitPrice": D(0), "Lines[L-3].NetAmount": D(0), "Amount": D("13.40"), "GrandTotal": D("15.42")}
    world.crm.change(CASE, Changes(put=put))
    world.act("win")
    (held,) = world.conversions()
    assert "rounded `half up per line` it would be the same" in held.error
    with_policies(world, rounding=Rounding.HALF_UP_PER_LINE)
    pipeline.again(world.workspace, held)
    quote = world.conversions()[0]
    assert [(each.path, each.written, each.found) for each in quote.differences] == [
        ("tax total", "2.02 EUR", "2.01 EUR"),
        ("gross total", "15.42 EUR", "15.41 EUR"),
    ]


def test_a_quote_is_repriced_where_its_ruleset_says_so(world):
    with_policies(world, price=Price.REPRICE)
    world.crm.change(CASE, Changes(put={"Lines[L-2].ListPrice": D("2400.00")}))
    world.act("win")
    quote = world.conversions()[0]
    assert quote.payload["items"][1]["price"] == D("2400.00")
    assert quote.written.net_total == Money(D("61830.00"), "EUR")
    assert quote.differences == ()


def test_an_order_system_that_takes_fewer_lines_holds_the_quote(world):
    catalog = world.book.catalog()
    kind = catalog.types["order_book.quote"]
    few = replace(kind, fields={**kind.fields, "items": replace(kind.fields["items"], max_lines=3)})
    with_orders(world, catalog=lambda: replace(catalog, types={**catalog.types, kind.name: few}))
    world.act("win")
    (held,) = world.conversions()
    assert held.error == "4 lines, and the order system takes 3 in `items`; split the document in the CRM"


def test_a_return_is_held_with_its_line(world):
    world.crm.change(CASE, Changes(put={"Lines[L-2].Quantity": D(-4)}))
    world.act("win")
    assert world.conversions()[0].error.startswith("line `L-2` has a negative quantity of -4; ")
