"""Groups read back from an export."""

from pathlib import Path

import pytest

from engine.features import FEATURES, ExportSource, export_journal
from engine.kernel.bring_back import StoreSource
from engine.kernel.errors import StoreFault
from engine.kernel.store import Store


@pytest.mark.parametrize("name", ["export", "export.zip"])
@pytest.mark.parametrize("size", [0, 1, 57])
def test_an_export_gives_the_groups_that_the_store_gives(opened: Store, tmp_path: Path, name: str, size: int) -> None:
    export_journal(opened, FEATURES, tmp_path / name)

    groups = list(ExportSource(tmp_path / name).groups(1, size))

    assert list(StoreSource(opened).groups(1, size)) == groups


def test_an_export_without_its_last_lines_says_what_it_lacks(opened: Store, tmp_path: Path) -> None:
    export_journal(opened, FEATURES, tmp_path / "export")
    entries = tmp_path / "export" / "generation-1" / "entries.ndjson"
    entries.write_bytes(entries.read_bytes()[:-10])

    with pytest.raises(StoreFault, match=r"export\.unreadable: .* lacks entry"):
        list(ExportSource(tmp_path / "export").groups(1, 0))


def test_a_directory_that_is_no_export_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreFault, match=r"export\.unreadable"):
        list(ExportSource(tmp_path).groups(1, 0))
