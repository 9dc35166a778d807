from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules_engine.conversion.allocation import allocated
from rules_engine.conversion.currencies import MINOR_UNITS
from rules_engine.conversion.discounts import Discount, discounted, line_net
from rules_engine.conversion.money import Rounding, UnknownCurrency, cash_adjustment, minor_units, rounded
from rules_engine.conversion.parity import parity
from rules_engine.conversion.taxes import TaxedLine, TaxRounding, document_totals, split_gross
from rules_engine.model.values import Money

D = Decimal


def eur(amount: str) -> Money:
    return Money(D(amount), "EUR")


def test_half_up_is_not_what_floats_give():
    assert (round(6.7 * 0.15, 2), round(2.675, 2)) == (1.0, 2.67)
    assert rounded(D("6.7") * D("0.15"), "EUR") == D("1.01")
    assert rounded(D("2.675"), "EUR") == D("2.68")


NONE = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"


@pytest.mark.parametrize(("codes", "decimals"), [(NONE, 0), ("BHD IQD JOD KWD LYD OMR TND", 3), ("CLF UYW", 4)])
def test_currencies_that_have_not_two_decimals(codes, decimals):
    assert {code for code, found in MINOR_UNITS.items() if found == decimals} == set(codes.split())


@pytest.mark.parametrize("code", ["EUR", "USD", "GBP", "CHF", "HUF", "TWD", "SEK", "INR", "BRL", "ZAR"])
def test_other_currencies_have_two(code):
    assert minor_units(code) == 2


@pytest.mark.parametrize("code", ["EUX", "", "eur", "€"])
def test_an_unknown_currency_is_rejected(code):
    with pytest.raises(UnknownCurrency, match="is not a currency of ISO 4217"):
        minor_units(code)


def test_a_workspace_can_show_a_currency_with_other_decimals():
    assert rounded(D("1234.5"), "HUF", overrides={"HUF": 0}) == D(1235)


def test_a_unit_price_is_not_rounded_first():
    assert line_net(D(12000), D("0.00345"), D(0), "EUR") == eur("41.40")
    assert line_net(D(12000), rounded(D("0.00345"), "EUR"), D(0), "EUR") == eur("0.00")


@pytest.mark.parametrize(
    ("amount", "half_up", "half_even"),
    [("1.005", "1.01", "1.00"), ("1.015", "1.02", "1.02"), ("-1.005", "-1.01", "-1.00"), ("-2.675", "-2.68", "-2.68")],
)
def test_half_goes_away_from_zero_or_to_the_even(amount, half_up, half_even):
    assert rounded(D(amount), "EUR") == D(half_up)
    assert rounded(D(amount), "EUR", Rounding.HALF_EVEN) == D(half_even)


@given(st.decimals(-(10**6), 10**6, places=5))
def test_a_credit_mirrors_its_invoice(amount):
    for mode in Rounding:
        assert rounded(-amount, "EUR", mode) == -rounded(amount, "EUR", mode)


def test_products_do_not_depend_on_the_precision_of_the_thread():
    with localcontext(prec=3):
        assert line_net(D("1234.567"), D("8910.11"), D("12.5"), "EUR") == eur("9625111.80")


def test_cash_rounding_is_a_line_of_its_own():
    assert D("12.23") + cash_adjustment(D("12.23"), D("0.05"), "CHF") == D("12.25")
    assert cash_adjustment(D("12.22"), D("0.05"), "CHF") == D("-0.02")
    assert cash_adjustment(D("12.25"), D("0.05"), "CHF") == 0


LINES = [TaxedLine(D("6.70"), D(15))] * 2


@pytest.mark.parametrize(
    ("policy", "rounding", "tax", "gross"),
    [
        (TaxRounding.PER_LINE, Rounding.HALF_UP, "2.02", "15.42"),
        (TaxRounding.PER_DOCUMENT, Rounding.HALF_UP, "2.01", "15.41"),
        (TaxRounding.PER_LINE, Rounding.HALF_EVEN, "2.00", "15.40"),
    ],
)
def test_tax_per_line_and_per_document_differ(policy, rounding, tax, gross):
    totals = document_totals(LINES, "EUR", policy, rounding)
    assert (totals.net, totals.tax, totals.gross) == (D("13.40"), D(tax), D(gross))


def test_tax_is_rounded_once_a_category_and_rate_and_allowances_reduce_the_base():
    lines = [
        TaxedLine(D("100.00"), D(19)),
        TaxedLine(D("-10.00"), D(19)),
        TaxedLine(D("33.33"), D(7)),
        TaxedLine(D("50.00"), D(0), "E"),
    ]
    totals = document_totals(lines, "EUR")
    assert [(group.category, group.base, group.tax) for group in totals.groups] == [
        ("S", D("90.00"), D("17.10")),
        ("S", D("33.33"), D("2.33")),
        ("E", D("50.00"), D("0.00")),
    ]
    assert totals.gross == D("192.76")


@given(st.decimals(0, 10**6, places=2), st.decimals(0, 30, places=1))
def test_net_and_tax_of_a_promised_price_add_up_to_it(gross, rate):
    net, tax = split_gross(gross, rate, "EUR")
    assert net + tax == gross


def percent(value: int) -> Discount:
    return Discount(D(value))


def fixed(value: int) -> Discount:
    return Discount(D(value), fixed=True)


@pytest.mark.parametrize(
    ("steps", "price"),
    [
        ((percent(10), percent(5)), "85.50"),
        ((percent(15),), "85.00"),
        ((fixed(5), percent(10)), "85.50"),
        ((percent(10), fixed(5)), "85.00"),
    ],
)
def test_the_order_of_discounts_matters(steps, price):
    assert discounted(D(100), steps) == D(price)


def test_the_largest_remainder_gets_the_cent():
    assert allocated(D("10.00"), [D(1)] * 3, "EUR") == (D("3.34"), D("3.33"), D("3.33"))
    assert allocated(D("10.00"), [D(1), D(1), D("1.01")], "EUR") == (D("3.32"), D("3.32"), D("3.36"))
    assert allocated(D("-10.00"), [D(1)] * 3, "EUR") == (D("-3.34"), D("-3.33"), D("-3.33"))
    assert allocated(D("1.00"), [D(0), D(0)], "EUR") == (D("0.50"), D("0.50"))
    assert allocated(D(100), [D(1)] * 3, "JPY") == (D(34), D(33), D(33))
    assert allocated(D(1), [], "EUR") == ()


@given(st.decimals(-(10**6), 10**6, places=2), st.lists(st.decimals(0, 1000, places=3), min_size=1, max_size=9))
def test_parts_always_add_up_and_none_is_a_cent_off(amount, weights):
    parts = allocated(amount, weights, "EUR")
    assert sum(parts) == amount
    total = sum(weights)
    if total:
        assert all(abs(p - amount * w / total) < D("0.01") for p, w in zip(parts, weights, strict=True))


# --- parity --------------------------------------------------------------------------------------------------------


def line(name: str, quantity: object, price: object, discount: object = None, net: object = None):
    return {"id": name, "quantity": quantity, "unit_price": price, "discount": discount, "net_amount": net}


GOOD = {"lines": (line("L-1", D(4), eur("100.00"), D(10), eur("360.00")), line("L-2", D(2), eur("6.70")))}


def test_a_document_that_adds_up_needs_no_explanation():
    found = parity(GOOD, eur("373.4"))
    assert (found.expected, found.residual, found.explained) == (eur("373.40"), eur("0"), "")


def test_a_total_that_differs_is_explained():
    found = parity(GOOD, eur("373.42"))
    assert found.residual == eur("0.02")
    assert found.explained == "the lines add up to 373.40 EUR, the total is 373.42 EUR"


def test_a_line_whose_own_net_differs_is_named():
    document = {"lines": (line("L-2", D(4), eur("100.00"), D(10), eur("359.99")),)}
    found = parity(document, eur("360.00"))
    assert found.expected == eur("360.00")
    assert found.explained == "line `L-2`: 4 × 100.00 EUR less 10 % is 360.00 EUR, its net amount is 359.99 EUR"


def test_text_lines_do_not_count_and_a_line_without_a_price_counts_its_net():
    document = {"lines": ({"id": "T", "name": "Works"}, line("L", None, None, None, eur("5.00")))}
    assert parity(document, None).expected == eur("5.00")


def test_without_any_price_nothing_is_expected():
    assert parity({"lines": ({"id": "T"},)}, eur("0")).explained == "no line has a price"
    assert parity({}, None).expected is None


def test_currencies_are_never_added_up():
    document = {"lines": (line("1", D(1), eur("1")), line("2", D(1), Money(D(1), "USD")))}
    assert parity(document, None).explained == "the lines are in EUR and USD"
    other = parity({"lines": (line("1", D(1), eur("1")),)}, Money(D(1), "USD"))
    assert (other.residual, other.explained) == (None, "the total is in USD, the lines are in EUR")


@pytest.mark.parametrize(
    ("quantity", "price"),
    [(D("NaN"), eur("1")), (D("1E+999999"), eur("1")), (D(1), Money(D(1), "XX")), ("4", eur("1"))],
)
def test_bad_figures_raise_nothing(quantity, price):
    assert parity({"lines": (line("1", quantity, price), "no line")}, eur("1")).residual is None
