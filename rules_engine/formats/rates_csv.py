"""Exchange rates as a table: `day,base,quote,rate`, a rate a line."""

import csv
import io
import re
from decimal import Decimal

from rules_engine.formats import literals
from rules_engine.formats.notes import shown
from rules_engine.model.case import Rate
from rules_engine.model.errors import Unreadable
from rules_engine.model.finding import Finding, Place

COLUMNS = ("day", "base", "quote", "rate")
MOST_LINES = 100_000


def read_rates(text: str, file: str = "") -> tuple[Rate, ...]:
    """One unit of `base` buys `rate` of `quote` from `day` on. Raises Unreadable with all findings and their lines."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    try:
        if tuple(each.strip() for each in rows.fieldnames or ()) != COLUMNS:
            raise _refused([(1, f"the columns are not `{','.join(COLUMNS)}`", "write them in the first line")], file)
        return _read(rows, file)
    except csv.Error as problem:
        raise _refused([(rows.line_num, f"this is no table: {problem}", "")], file) from None


def _read(rows: "csv.DictReader[str]", file: str) -> tuple[Rate, ...]:
    found: list[Rate] = []
    wrong: list[tuple[int, str, str]] = []
    for row in rows:
        if len(found) + len(wrong) == MOST_LINES:
            wrong.append((rows.line_num, f"there are more than {MOST_LINES} rates", "split the file"))
            break
        cells = {key: (row.get(key) or "").strip() for key in COLUMNS}
        rate = _rate(cells)
        if isinstance(rate, Rate):
            found.append(rate)
        else:
            wrong.append((rows.line_num, *rate))
    if wrong:
        raise _refused(wrong, file)
    return tuple(found)


def _rate(cells: dict[str, str]) -> Rate | tuple[str, str]:
    """The rate, or what is wrong and the remedy."""
    day, rate = literals.day(cells["day"]), literals.number(cells["rate"])
    if day is None:
        return f"`{shown(cells['day'])}` is no day", "write it as `2026-03-31`"
    for key in ("base", "quote"):
        if not re.fullmatch("[A-Z]{3}", cells[key]):
            return f"`{shown(cells[key])}` is no currency", "write its three capitals, such as `EUR`"
    if cells["base"] == cells["quote"]:
        return f"`{cells['base']}` needs no rate to itself", "delete the line"
    if rate is None or rate <= Decimal(0):
        return f"`{shown(cells['rate'])}` is no rate", "write what one unit of `base` buys, such as `1.0842`"
    return Rate(cells["base"], cells["quote"], rate, day)


def _refused(wrong: list[tuple[int, str, str]], file: str) -> Unreadable:
    return Unreadable([Finding("bad-rate", text, Place(file, line, 1), suggestion=hint) for line, text, hint in wrong])
