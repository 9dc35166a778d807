"""Exchange rates of a workspace: added, corrected, never seen by another one."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from rules_engine.model.case import Rate
from rules_engine.model.errors import NotFound, Permanent
from rules_engine.store.rates import TableRates
from rules_engine.store.session import unbound_session
from rules_engine.store.tables import WorkspaceRow
from rules_engine.store.workspaces import change_workspace

NOW = datetime(2026, 4, 1, tzinfo=UTC)
DOLLAR = Rate("USD", "EUR", Decimal("0.92310"), date(2026, 3, 31))


def test_rates_come_back_with_their_own_digits_and_only_to_their_workspace(engine, north, south):
    ours, theirs = TableRates(engine, north), TableRates(engine, south)
    assert ours.add([DOLLAR], NOW) == 1
    assert ours.all() == (DOLLAR,)
    assert str(ours.all()[0].rate) == "0.92310"
    assert theirs.all() == ()


def test_a_rate_of_the_same_day_is_corrected_and_the_same_rate_again_changes_nothing(engine, north):
    rates = TableRates(engine, north)
    corrected = Rate("USD", "EUR", Decimal("0.93"), DOLLAR.on)
    assert [rates.add([each], NOW) for each in (DOLLAR, DOLLAR, corrected)] == [1, 0, 1]
    assert rates.add([DOLLAR, corrected], NOW) == 2  # within one file the last line counts
    assert rates.all() == (corrected,)


def test_a_workspace_gets_another_zone_or_fiscal_year_but_no_impossible_one(engine, north, south):
    change_workspace(engine, "north", "Asia/Tokyo", 4)
    change_workspace(engine, "north", fiscal_start=7)
    with unbound_session(engine) as session:
        row, other = session.get_one(WorkspaceRow, north), session.get_one(WorkspaceRow, south)
    assert (row.zone, row.fiscal_start) == ("Asia/Tokyo", 7)
    assert (other.zone, other.fiscal_start) == ("UTC", 1)
    for wrong in ({"zone": "Mars/Base"}, {"fiscal_start": 13}, {"fiscal_start": 0}):
        with pytest.raises(Permanent):
            change_workspace(engine, "north", **wrong)
    with pytest.raises(NotFound):
        change_workspace(engine, "nobody", "UTC")
