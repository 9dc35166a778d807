"""The coverage figure of some documents."""

from decimal import Decimal

from rules_engine.conversion.arrived import Lost, figure
from rules_engine.model.conversion import Account, Disposition

NO_TARGET, STAMP = "no target field", "a stamp of the CRM"


def account(source, disposition, reason=""):
    return Account(source, Decimal(0), disposition, (), reason)


FIRST = (
    account("name", Disposition.COPIED),
    account("lines[1].note", Disposition.DROPPED, NO_TARGET),
    account("lines[2].note", Disposition.DROPPED, NO_TARGET),
    account("modified", Disposition.DROPPED, STAMP),
)
SECOND = (account("name", Disposition.TRANSFORMED), account("colour", Disposition.CARRIED_OVER))


def test_everything_but_what_was_dropped_has_arrived():
    found = figure([FIRST, SECOND])
    assert (found.documents, found.populated, found.arrived, found.permille) == (2, 6, 3, 500)
    assert found.ways == {
        Disposition.COPIED: 1,
        Disposition.TRANSFORMED: 1,
        Disposition.CARRIED_OVER: 1,
        Disposition.DROPPED: 3,
    }


def test_what_was_dropped_is_counted_by_its_reason_the_most_frequent_first_and_lines_are_one_field():
    assert figure([FIRST, FIRST]).lost == (
        Lost(NO_TARGET, 4, ("lines.note",)),
        Lost(STAMP, 2, ("modified",)),
    )


def test_a_single_lost_field_among_thousands_is_never_rounded_to_all_of_them():
    copied = [account(str(each), Disposition.COPIED) for each in range(9999)]
    many = (*copied, account("last", Disposition.DROPPED, "x"))
    assert figure([many]).permille == 999
    assert figure([many[:-1]]).permille == 1000


def test_nothing_populated_has_no_share():
    assert figure([]).permille is None
    assert figure([()]).documents == 1
