import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from rules_engine.conversion.context import Context, Done, Failed
from rules_engine.conversion.transforms import TRANSFORMS
from rules_engine.model import transforms as table
from rules_engine.model.case import Rate
from rules_engine.model.values import Value
from tests.conversion.written_values import value_of, written_transform

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "transforms.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if re.match(r"\| `[a-z_]+` \|", line)
]
FIRST_TABLE = PAGE.partition("More examples:")[0]


def look_up(_type: str, _by: str, value: Value) -> Value | None:
    return {"C-1042": "17"}.get(str(value))


RATES = (Rate("USD", "EUR", Decimal("0.92"), date(2026, 3, 1)),)
CONTEXT = Context("Europe/Berlin", datetime(2026, 3, 31, 12, tzinfo=UTC), look_up, rates=RATES)


def code(cell: str) -> str:
    assert cell.startswith("`")
    assert cell.endswith("`")
    return cell.strip("`")


def test_every_transform_has_one_row_in_the_first_table():
    assert re.findall(r"^\| `([a-z_]+)` \|", FIRST_TABLE, re.MULTILINE) == list(table.TRANSFORMS)


@pytest.mark.parametrize("name", table.TRANSFORMS)
def test_every_argument_is_mentioned(name):
    row = next(row for row in ROWS if code(row[0]) == name)
    for argument in table.TRANSFORMS[name].arguments:
        # The main argument may stand without its name; the values of a map are its very example.
        assert f"`{argument}`" in row[1] or f"{argument}:" in row[2] or (name, argument) == ("map", "values")


@pytest.mark.parametrize("row", ROWS, ids=[" ".join(row[2:4]) for row in ROWS])
def test_every_documented_example_gives_what_it_says(row):
    assert len(row) == 5, "an example must not hold a vertical bar"
    transform = written_transform(code(row[2]))
    assert transform.name == code(row[0])
    outcome = TRANSFORMS[transform.name](value_of(code(row[3])), transform.arguments, CONTEXT)
    if row[4].startswith("stops: "):
        assert isinstance(outcome, Failed)
        assert outcome.message == row[4].removeprefix("stops: ")
    else:
        assert isinstance(outcome, Done)
        assert outcome.value == value_of(code(row[4]))
        assert str(outcome.value) == str(value_of(code(row[4])))
