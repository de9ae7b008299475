"""The in-process check of a whole journal."""

from engine.features import FEATURES, check_journal
from engine.kernel.store import Store


def test_a_busy_journal_proves_itself_whole(opened: Store) -> None:
    checked = check_journal(opened, FEATURES)

    assert () == checked.breaks
    assert checked.whole
    assert checked.tickets > 100
    assert checked.closures == 4 - 1
