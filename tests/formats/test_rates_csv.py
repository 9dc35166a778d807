"""Exchange rates as a table: read exactly, or refused line by line."""

from datetime import date
from decimal import Decimal

import pytest

from rules_engine.formats.rates_csv import read_rates
from rules_engine.model.case import Rate
from tests.formats.reading import findings


def test_a_rate_is_read_from_its_own_digits():
    text = "\ufeffday,base,quote,rate\n2026-03-31,USD,EUR,0.92310\r\n2026-04-01,EUR,JPY,161\n"
    assert read_rates(text) == (
        Rate("USD", "EUR", Decimal("0.92310"), date(2026, 3, 31)),
        Rate("EUR", "JPY", Decimal(161), date(2026, 4, 1)),
    )


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("31.03.2026,USD,EUR,0.92", "`31.03.2026` is no day"),
        ("2026-03-31,usd,EUR,0.92", "`usd` is no currency"),
        ("2026-03-31,EUR,EUR,1", "`EUR` needs no rate to itself"),
        ("2026-03-31,USD,EUR,0", "`0` is no rate"),
        ("2026-03-31,USD,EUR,NaN", "`NaN` is no rate"),
        ("2026-03-31,USD,EUR", "`` is no rate"),
    ],
)
def test_each_wrong_line_is_named(line, says):
    found = findings(lambda: read_rates(f"day,base,quote,rate\n2026-01-01,USD,EUR,1\n{line}\n", "rates.csv"))
    assert [(each.message, str(each.place)) for each in found] == [(says, "rates.csv:3:1")]


@pytest.mark.parametrize("text", ["", "date,from,to,rate\n", 'day,base,quote,rate\n"2026', "\x00"])
def test_what_is_no_table_of_rates_is_refused(text):
    assert findings(lambda: read_rates(text))[0].check == "bad-rate"
