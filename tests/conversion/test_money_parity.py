"""A document's amounts against each other: before it is sent, and with what the order system made of it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules_engine.conversion.currencies import MINOR_UNITS
from rules_engine.conversion.discounts import discounted
from rules_engine.conversion.lines import lines_of
from rules_engine.conversion.money import Rounding as Half
from rules_engine.conversion.money import minor_unit, rounded
from rules_engine.conversion.parity import money_findings, parity
from rules_engine.conversion.readback import money_differences
from rules_engine.conversion.totals import reckoned
from rules_engine.model.finding import Severity
from rules_engine.model.ruleset import Amount, Policies, Rounding
from rules_engine.model.run import Written
from rules_engine.model.values import Money

D = Decimal
LOCKED = Policies()
TWICE = Rounding.HALF_UP_PER_LINE


def eur(amount: object) -> Money:
    return Money(D(str(amount)), "EUR")


def line(id_, quantity, price, rate=None, **more):
    cost = price if isinstance(price, Money) or price is None else eur(price)
    rated = {} if rate is None else {"tax_rate": D(str(rate)), "tax_code": f"T-{rate}"}
    return {"id": id_, "quantity": D(str(quantity)), "unit_price": cost, **rated, **more}


def steps(*percents):
    return tuple({"percent": D(each)} for each in percents)


def document(*lines, **more):
    return {"currency": "EUR", "lines": lines, **more}


def found(record, policies=LOCKED, severity=Severity.ERROR):
    return [each.message for each in money_findings(record, policies) if each.severity is severity]


def amounts(record, policy=Rounding.HALF_UP_PER_DOCUMENT):
    made = reckoned(record, policy)
    return tuple(each and str(each.amount) for each in (made.net, made.tax, made.gross))


SHIRTS = (line("L-1", 1, "6.70", 15), line("L-2", 1, "6.70", 15))


@pytest.mark.parametrize(
    ("policy", "tax", "gross"),
    [
        (Rounding.HALF_UP_PER_LINE, "2.02", "15.42"),
        (Rounding.HALF_UP_PER_DOCUMENT, "2.01", "15.41"),
        (Rounding.HALF_EVEN_PER_LINE, "2.00", "15.40"),
        (Rounding.HALF_EVEN_PER_DOCUMENT, "2.01", "15.41"),
    ],
)
def test_two_lines_of_6_70_at_15_percent(policy, tax, gross):
    assert amounts(document(*SHIRTS), policy) == ("13.40", tax, gross)


@pytest.mark.parametrize(
    ("lines", "included", "policy", "expected"),
    [
        (
            (line("1", 10, "30.75", 15, discount=D(5)), line("2", 1, "70.00", 15, discount=D(5))),
            False,
            Rounding.HALF_UP_PER_LINE,
            ("358.63", "53.80", "412.43"),
        ),
        (
            (line("1", 10, "30.75", 15, discount=D(5)), line("2", 1, "70.00", 15, discount=D(5))),
            False,
            Rounding.HALF_UP_PER_DOCUMENT,
            ("358.63", "53.79", "412.42"),
        ),
        (
            (line("1", 16, "348.35", 22, discount=D(4)),),
            False,
            Rounding.HALF_UP_PER_DOCUMENT,
            ("5350.66", "1177.15", "6527.81"),
        ),
        (
            (line("1", 1, Money(D(13582), "JPY"), 10), line("2", 1, Money(D(13582), "JPY"), 10)),
            True,
            Rounding.HALF_UP_PER_DOCUMENT,
            ("24695", "2469", "27164"),
        ),
        (
            (line("1", 1, "0.5", 23), line("2", "12.12", "12.12", 23)),
            False,
            Rounding.HALF_UP_PER_DOCUMENT,
            ("147.39", "33.90", "181.29"),
        ),
    ],
)
def test_documents_that_other_systems_total_in_two_ways(lines, included, policy, expected):
    currency = lines[0]["unit_price"].currency
    assert amounts({"currency": currency, "lines": lines, "prices_include_tax": included}, policy) == expected


def test_a_total_rounded_otherwise_is_held_and_the_policy_that_would_agree_is_named():
    stated = document(*SHIRTS, net_total=eur("13.40"), tax_total=eur("2.02"), gross_total=eur("15.42"))
    assert found(stated) == [
        "`tax_total` is 2.02 EUR, the lines come to 2.01 EUR (rounded `half up per line` it would be the same: see the "
        "ruleset's policy `rounding`)",
        "`gross_total` is 15.42 EUR, the lines come to 15.41 EUR (rounded `half up per line` it would be the same: see "
        "the ruleset's policy `rounding`)",
    ]
    assert found(stated, Policies(rounding=TWICE)) == []


def test_a_difference_within_the_tolerance_is_a_warning_and_a_greater_one_an_error():
    stated = document(*SHIRTS, gross_total=eur("15.43"))
    assert found(stated, Policies(tolerance=D("0.02"))) == []
    assert found(stated, Policies(tolerance=D("0.02")), Severity.WARNING) == [
        "`gross_total` is 15.43 EUR, the lines come to 15.41 EUR, within the tolerance of 0.02"
    ]
    assert found(stated, Policies(tolerance=D("0.01"))) == ["`gross_total` is 15.43 EUR, the lines come to 15.41 EUR"]


def test_tax_is_of_each_category_and_rate_less_the_documents_discount():
    record = document(
        line("L-1", 1, 100, 19), line("L-2", 1, 100, 7), line("L-3", 1, 100, 0), document_discount=eur(10)
    )
    made = reckoned(record)
    assert [str(share) for _, share in made.shares] == ["3.34", "3.33", "3.33"]
    assert [(group.rate, str(group.base), str(group.tax)) for group in made.totals.groups] == [
        (19, "96.66", "18.37"),
        (7, "96.67", "6.77"),
        (0, "96.67", "0.00"),
    ]
    assert amounts(record) == ("290.00", "25.14", "315.14")


@pytest.mark.parametrize(
    ("price", "rate", "policy", "expected"),
    [
        ("119.00", 19, Rounding.HALF_UP_PER_DOCUMENT, ("100.00", "19.00", "119.00")),
        ("9.99", 19, Rounding.HALF_UP_PER_DOCUMENT, ("8.39", "1.60", "9.99")),
        ("9.99", 0, Rounding.HALF_UP_PER_LINE, ("9.99", "0.00", "9.99")),
    ],
)
def test_a_price_with_its_tax_stays_the_figure_that_was_promised(price, rate, policy, expected):
    assert amounts(document(line("L", 1, price, rate), prices_include_tax=True), policy) == expected


def test_prices_with_tax_are_split_on_each_line_or_once():
    record = document(*(line(f"L-{each}", 1, "9.99", 19) for each in range(3)), prices_include_tax=True)
    assert amounts(record) == ("25.18", "4.79", "29.97")
    assert amounts(record, TWICE) == ("25.17", "4.80", "29.97")


@pytest.mark.parametrize(
    ("quantity", "price", "currency", "net"),
    [
        (12000, "0.00345", "EUR", "41.40"),
        (12000, "120.345", "JPY", "1444140"),
        (3, "0.0005", "KWD", "0.002"),
        (3, "0.00005", "CLF", "0.0002"),
        (1, "0.5", "JPY", "1"),
        (-1, "0.5", "JPY", "-1"),
    ],
)
def test_a_unit_price_may_have_more_decimals_than_its_currency(quantity, price, currency, net):
    made = reckoned({"currency": currency, "lines": (line("L", quantity, Money(D(price), currency), 0),)})
    assert str(made.net.amount) == net
    first = rounded(D(price), currency) * quantity
    assert (str(rounded(first, currency)) == net) is (rounded(D(price), currency) == D(price) or abs(quantity) == 1)


def test_the_amount_in_the_crm_may_be_meant_with_tax_or_without():
    lines = (line("L-1", 1, 100, 19),)
    assert found(document(*lines, expected_amount=eur(100))) == []
    assert found(document(*lines, expected_amount=eur(119))) == []
    assert found(document(*lines, expected_amount=eur("119.01"))) == [
        "`expected_amount` is 119.01 EUR, the lines come to 119.00 EUR with tax"
    ]
    assert found(document(*lines, expected_amount=eur("99"))) == [
        "`expected_amount` is 99 EUR, the lines come to 100.00 EUR"
    ]


def test_an_estimate_holds_nothing_and_is_noted():
    policies = Policies(amount=Amount.ESTIMATE)
    record = document(line("L-1", 1, 100, 19), expected_amount=eur(250))
    assert found(record, policies) == []
    assert found(record, policies, Severity.WARNING) == [
        "`expected_amount` is 250 EUR, the lines come to 119.00 EUR with tax"
    ]
    assert found({**record, "net_total": eur(99)}, policies) == ["`net_total` is 99 EUR, the lines come to 100.00 EUR"]


def test_an_optional_line_that_would_make_up_the_difference_is_named():
    lines = (line("L-1", 1, 100, 19), line("L-2", 1, 30, 19, optional=True))
    assert found(document(*lines, expected_amount=eur(100))) == []
    assert found(document(*lines, net_total=eur(130))) == [
        "`net_total` is 130 EUR, the lines come to 100.00 EUR (the optional line `L-2` is not counted)"
    ]


def test_the_parts_of_an_optional_bundle_are_optional_too():
    lines = (
        line("B", 1, 0, 19, optional=True),
        line("P", 1, 30, 19, parent="B"),
        line("Q", 1, 5, 19, parent="P"),
        line("L", 1, 1, 19),
    )
    assert amounts(document(*lines)) == ("1.00", "0.19", "1.19")


def test_each_line_that_differs_is_named_with_its_sum():
    record = document(
        line("L-1", 4, 100, 19, discounts=steps("10", "5"), net_amount=eur("340.00")), line("L-2", 1, 5, 19)
    )
    assert found(record) == ["line `L-1`: 4 × 100 EUR less 10 %, then 5 % is 342.00 EUR, its net amount is 340.00 EUR"]


def test_a_net_amount_beside_a_price_with_tax_is_one_without():
    right = line("L", 1, "119.00", 19, net_amount=eur(100))
    wrong = line("L", 1, "119.00", 19, net_amount=eur(119))
    assert found(document(right, prices_include_tax=True)) == []
    assert found(document(wrong, prices_include_tax=True)) == [
        "line `L`: 1 × 119.00 EUR is 119.00 EUR with tax and 100.00 EUR, its net amount is 119 EUR"
    ]


def test_a_line_without_a_price_explains_a_total_that_is_greater():
    record = document(line("L-1", 1, 100, 19), line("L-2", 2, None), net_total=eur(150))
    assert found(record) == ["`net_total` is 150 EUR, the lines come to 100.00 EUR (line `L-2` has no price)"]


def test_what_cannot_be_compared_is_said():
    assert found(document(line("L", 1, None), expected_amount=eur(5)), severity=Severity.WARNING) == [
        "`expected_amount`, 5 EUR, cannot be compared: line `L` has no price; no line has a price"
    ]
    untaxed = document(line("L-1", 1, 100), net_total=eur(100), tax_total=eur(19), gross_total=eur(119))
    assert found(untaxed) == []
    assert found(untaxed, severity=Severity.WARNING) == [
        "`tax_total`, 19 EUR, cannot be compared: line `L-1` has no tax rate",
        "`gross_total`, 119 EUR, cannot be compared: line `L-1` has no tax rate",
    ]


def test_totals_that_do_not_agree_with_each_other_are_held_though_no_rate_is_known():
    record = document(line("L", 1, 100), net_total=eur(100), tax_total=eur(19), gross_total=eur(118))
    assert found(record) == ["`net_total` and `tax_total` make 119 EUR, `gross_total` is 118 EUR"]


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (document(line("L", 1, Money(D(1), "USD"))), "the document is in EUR, its lines are in USD"),
        (document(line("L", 1, 1), net_total=Money(D(1), "USD")), "`net_total` is in USD, the lines are in EUR"),
        (document(line("1", 1, 1), line("2", 1, Money(D(1), "USD"))), "the lines are in EUR and USD"),
        (document(line("L", 1, 1), currency="EUX"), "`EUX` is not a currency of ISO 4217"),
        (document(line("L", 1, Money(D(1), "XX"))), "line `L`: `XX` is not a currency of ISO 4217"),
        (
            document(line("L", "1E+99", 1)),
            "line `L`: its quantity, price or discount is beyond all measure",
        ),
    ],
)  # fmt: skip
def test_currencies_and_figures_that_cannot_be_are_held(record, message):
    assert message in found(record)


def test_a_document_without_any_currency_keeps_that_of_its_lines():
    assert found({"lines": (line("L", 1, 1, 19),), "net_total": eur(1)}) == []


def test_other_writing_in_names_changes_no_amount():
    record = document(line("مشروع ٧", 1, 1, 19, name="🧑‍🔧"), line("🚢", 1, 1, 19, net_amount=eur(2)))
    assert found(record) == ["line `🚢`: 1 × 1 EUR is 1.00 EUR, its net amount is 2 EUR"]


def test_the_order_systems_totals_are_compared_one_by_one():
    record = document(*SHIRTS)
    agreed = Written("1", net_total=eur("13.40"), tax_total=eur("2.01"), gross_total=eur("15.41"))
    assert money_differences(record, agreed) == ()
    assert [each.path for each in money_differences(record, agreed, TWICE)] == ["tax total", "gross total"]
    other = replace(agreed, tax_total=eur("2.02"), gross_total=None)
    assert [(each.path, each.written, each.found) for each in money_differences(record, other)] == [
        ("tax total", "2.01 EUR", "2.02 EUR")
    ]
    assert money_differences(record, Written("1")) == ()


# --- whatever a document holds -----------------------------------------------------------------------------------

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "CLF"])
RATES = st.sampled_from([D(0), D(7), D("7.7"), D(15), D(19), D(25)])


@st.composite
def documents(draw, rates=RATES):
    currency = draw(CURRENCIES)
    lines = [
        {
            "id": f"L-{number}",
            "quantity": draw(st.decimals(0, 500, places=2)),
            "unit_price": Money(draw(st.decimals(0, 2000, places=5)), currency),
            "discounts": draw(st.lists(st.decimals(0, 60, places=1), max_size=2).map(lambda each: steps(*each))),
            "tax_rate": draw(rates),
            "tax_code": draw(st.sampled_from(["S", "R"])),
            "optional": draw(st.booleans()),
        }
        for number in range(draw(st.integers(1, 6)))
    ]
    discount = Money(draw(st.integers(0, 50)) * minor_unit(currency), currency)
    return {
        "currency": currency,
        "lines": tuple(lines),
        "document_discount": discount,
        "prices_include_tax": draw(st.booleans()),
    }


@given(documents(), st.sampled_from(Rounding))
def test_the_parts_always_sum_to_the_whole(record, policy):
    made = reckoned(record, policy)
    counted = [each for each in lines_of(record) if not each.optional]
    if not counted:
        assert made.net is None
        return
    assert made.net.amount + made.tax.amount == made.gross.amount
    assert sum(group.base for group in made.totals.groups) == made.net.amount
    assert sum(group.tax for group in made.totals.groups) == made.tax.amount
    assert sum(share for _, share in made.shares) == record["document_discount"].amount
    half = Half.HALF_EVEN if "even" in policy.value else Half.HALF_UP
    costs = [
        rounded(each.quantity * discounted(each.price.amount, each.steps), record["currency"], half) for each in counted
    ]
    promised = made.gross if record["prices_include_tax"] else made.net
    assert promised.amount == sum(costs) - record["document_discount"].amount
    unit = minor_unit(record["currency"])
    assert all(each.amount == each.amount.quantize(unit) for each in (made.net, made.tax, made.gross))


@given(
    documents(st.none() | RATES),
    st.sampled_from(Rounding),
    st.sampled_from(["net_total", "tax_total", "gross_total", "expected_amount"]),
    st.integers(-300, 300),
    st.integers(0, 200),
)
def test_a_residual_is_never_passed_over_in_silence(record, policy, total, off, tolerance):
    unit = minor_unit(record["currency"])
    made = reckoned(record, policy)
    computed = made.net if total == "expected_amount" else made.of(total)
    stated = Money((computed.amount if computed else D(0)) + off * unit, record["currency"])
    said = [
        each
        for each in money_findings({**record, total: stated}, Policies(rounding=policy, tolerance=tolerance * unit))
        if f"`{total}`" in each.message
    ]
    if computed is None and not (total == "expected_amount" and made.gross):
        assert [each.severity for each in said] == [Severity.WARNING]
        assert "cannot be compared: " in said[0].message
        return
    known = [each for each in ((made.net, made.gross) if total == "expected_amount" else (computed,)) if each]
    residual = min(abs(stated.amount - each.amount) for each in known)
    assert bool(said) is bool(residual)
    assert [each.severity is Severity.ERROR for each in said] == [residual > tolerance * unit] * bool(residual)
    assert all(str(stated.amount) in each.message for each in said)


@given(documents())
def test_the_older_question_has_the_same_answer(record):
    made = reckoned(record)
    assert parity(record, made.net).expected == made.net
    assert parity(record, made.net).explained == ("" if made.net else "no line has a price")


def test_every_currency_can_be_reckoned_in():
    for code in MINOR_UNITS:
        record = {"currency": code, "lines": (line("L", 3, Money(D("0.33335"), code), 19),)}
        assert reckoned(record).gross.currency == code
        assert list(money_findings(record, LOCKED)) == []


def test_a_documents_discount_in_another_currency_or_beyond_its_lines_is_held():
    thing = line("L-1", 1, 100)
    abroad = document(thing, document_discount=Money(D(5), "USD"))
    assert "the document's discount is in USD, the lines are in EUR" in found(abroad)
    beyond = document(thing, document_discount=eur(100_000))
    assert "the document's discount of 100000 EUR is more than its lines come to" in found(beyond)
    assert found(document(thing, document_discount=eur(100))) == []
