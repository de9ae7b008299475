"""Tests of the disk model and the image sampler on logs made by hand, where every possible remainder is known."""

import random
from pathlib import Path

import pytest
from crash_disk import Choice, Disk, LogIncompleteError, compare
from fault_shim import Event, Flag, Op
from powerloss import STRATEGIES, choose, images, notes_before

NONE = Choice(frozenset(), frozenset(), 0)
OLD, NEW, NEWER = b"o" * 1024, b"n" * 1024, b"w" * 1024
NO_FLAG = Flag(0)


def opened(path: str, inode: int, flags: Flag = Flag.CREATED) -> Event:
    return Event(Op.OPEN, flags, 0, inode, 0, 0, path, "", b"")


def written(inode: int, offset: int, data: bytes, flags: Flag = NO_FLAG) -> Event:
    return Event(Op.WRITE, flags, 0, inode, offset, len(data), "f", "", data)


def synced(inode: int, flags: Flag = NO_FLAG) -> Event:
    return Event(Op.SYNC, flags, 0, inode, 0, 0, "f" if inode else "", "", b"")


def named(op: Op, path: str, path2: str = "") -> Event:
    return Event(op, NO_FLAG, 0, 0, 0, 0, path, path2, b"")


def resized(inode: int, length: int, offset: int = 0) -> Event:
    return Event(Op.TRUNCATE, NO_FLAG, 0, inode, offset, length, "f", "", b"")


FOLDER_SYNC = synced(0)
BASE = [opened("f", 1), written(1, 0, OLD), synced(1), FOLDER_SYNC]
"""A file of two sectors that surely survives."""


def disk_after(*events: Event, forgets: bool = True) -> Disk:
    disk = Disk(forgets=forgets)
    for index, event in enumerate(events):
        disk.begin(index, event)
        disk.finish(index, event)
    return disk


def remainders(disk: Disk, path: str = "f", tries: int = 400) -> set[bytes | None]:
    """All contents of a file that the sampler finds a power cut could leave; None when the file is gone."""
    found = set()
    for seed in range(tries):
        rng = random.Random(seed)
        found.add(disk.image(choose(rng, rng.choice(STRATEGIES), disk.open_events())).get(path))
    return found


def test_a_synced_write_is_all_that_can_be_left() -> None:
    disk = disk_after(*BASE)

    assert {OLD} == remainders(disk)
    assert disk.open_events() == []


def test_an_unsynced_write_is_there_or_not_or_torn_at_a_sector() -> None:
    disk = disk_after(*BASE, written(1, 0, NEW))

    torn = {b"n" * 512 + b"o" * 512, b"o" * 512 + b"n" * 512}
    assert {OLD, NEW} | torn == remainders(disk)


def test_a_write_within_a_sector_is_never_torn() -> None:
    disk = disk_after(*BASE, written(1, 100, b"n" * 120))

    assert {OLD, OLD[:100] + b"n" * 120 + OLD[220:]} == remainders(disk)


def test_unsynced_writes_reach_the_disk_in_any_order() -> None:
    disk = disk_after(*BASE, written(1, 0, NEW[:512]), written(1, 512, NEW[:512]))

    assert {OLD, NEW, NEW[:512] + OLD[:512], OLD[:512] + NEW[:512]} == remainders(disk)


def test_a_later_version_of_a_sector_carries_what_was_written_to_it_before() -> None:
    disk = disk_after(*BASE, written(1, 0, b"n" * 10), written(1, 20, b"w" * 10))

    first, both = b"n" * 10 + OLD[10:], b"n" * 10 + OLD[10:20] + b"w" * 10 + OLD[30:]
    assert {OLD, first, both} == remainders(disk)


def test_growth_is_durable_only_after_a_sync() -> None:
    disk = disk_after(*BASE, written(1, 1024, NEW[:512]))

    assert {OLD, OLD + NEW[:512], OLD + bytes(512)} == remainders(disk)
    disk.finish(5, synced(1))
    assert {OLD + NEW[:512]} == remainders(disk)


def test_a_write_beyond_the_end_leaves_zeros_between() -> None:
    disk = disk_after(*BASE, written(1, 2048, b"n"), synced(1))

    assert {OLD + bytes(1024) + b"n"} == remainders(disk)


def test_a_cut_file_may_still_be_long_but_never_shows_old_bytes_after_growing_again() -> None:
    disk = disk_after(*BASE, resized(1, 512), synced(1), resized(1, 1024))

    assert {OLD[:512], OLD[:512] + bytes(512)} == remainders(disk)


def test_preallocation_grows_and_never_shrinks() -> None:
    disk = disk_after(*BASE, resized(1, -512, offset=0), resized(1, -2048, offset=0), synced(1))

    assert {OLD + bytes(1024)} == remainders(disk)


def test_a_synchronous_write_settles_its_own_sectors_and_no_others() -> None:
    disk = disk_after(*BASE, written(1, 0, NEW[:512]), written(1, 512, NEWER[:512], Flag.DSYNC))

    assert {OLD[:512] + NEWER[:512], NEW[:512] + NEWER[:512]} == remainders(disk)


def test_a_sync_of_one_file_says_nothing_of_another() -> None:
    disk = disk_after(*BASE, opened("g", 2), written(1, 0, NEW), synced(2))

    assert OLD in remainders(disk)


def test_a_failed_write_that_reached_the_file_may_be_on_the_disk_or_not() -> None:
    failed = written(1, 0, NEW[:512], Flag.DSYNC | Flag.FAILED)
    disk = disk_after(*BASE, failed)

    assert {OLD, NEW[:512] + OLD[512:]} == remainders(disk)


def test_what_a_failed_sync_left_is_passed_over_by_later_syncs_until_it_is_written_again() -> None:
    disk = disk_after(*BASE, written(1, 0, NEW[:512]), synced(1, Flag.FAILED), synced(1))

    assert {OLD, NEW[:512] + OLD[512:]} == remainders(disk)
    disk.begin(7, written(1, 0, NEWER[:512]))
    disk.finish(8, synced(1))
    assert {NEWER[:512] + OLD[512:]} == remainders(disk)


def test_without_the_kernel_forgetting_a_repeated_sync_settles() -> None:
    disk = disk_after(*BASE, written(1, 0, NEW), synced(1, Flag.FAILED), synced(1), forgets=False)

    assert {NEW} == remainders(disk)


def test_a_new_file_may_vanish_until_its_folder_is_synced() -> None:
    disk = disk_after(opened("f", 1), written(1, 0, OLD), synced(1))

    assert {None, OLD} == remainders(disk)
    disk.finish(3, FOLDER_SYNC)
    assert {OLD} == remainders(disk)


def test_a_rename_is_atomic_and_open_until_the_folder_is_synced() -> None:
    disk = disk_after(*BASE, opened("g", 2), written(2, 0, NEW), synced(2), FOLDER_SYNC, named(Op.RENAME, "g", "f"))

    trees = [disk.image(choose(random.Random(seed), "subset", disk.open_events())) for seed in range(50)]
    assert {(OLD, NEW), (NEW, None)} == {(tree["f"], tree.get("g")) for tree in trees}
    disk.finish(9, FOLDER_SYNC)
    assert disk.image(NONE) == {"f": NEW}


def test_a_later_change_of_a_name_brings_the_earlier_ones_along() -> None:
    events = [opened("g", 2), written(2, 0, NEW), synced(2), named(Op.RENAME, "g", "f"), named(Op.UNLINK, "f")]
    disk = disk_after(*BASE, *events)

    last = disk.image(Choice(frozenset({len(BASE) + 4}), frozenset(), 0))
    assert last == {}


def test_a_store_built_beside_its_place_is_there_whole_or_not_at_all() -> None:
    events = [
        named(Op.MKDIR, "new"),
        opened("new/f", 1),
        written(1, 0, OLD),
        synced(1),
        opened("new", 9, Flag.FOLDER),
        synced(9, Flag.FOLDER),
        named(Op.RENAME, "new", "store"),
    ]
    disk = disk_after(*events)

    assert {None, OLD} == remainders(disk, "store/f")
    assert all(
        ("store/f" in tree) == ("store" in tree)
        for seed in range(50)
        for tree in [disk.image(choose(random.Random(seed), "subset", disk.open_events()))]
    )


def test_a_link_keeps_the_file_when_the_first_name_goes() -> None:
    disk = disk_after(*BASE, named(Op.LINK, "f", "g"), named(Op.UNLINK, "f"), FOLDER_SYNC)

    assert disk.image(NONE) == {"g": OLD}


def test_a_call_that_escaped_the_recording_is_noticed(tmp_path: Path) -> None:
    disk = disk_after(*BASE)
    (tmp_path / "f").write_bytes(NEW)

    with pytest.raises(LogIncompleteError, match="does not explain: f"):
        compare(disk.live_tree(), tmp_path, unseen=frozenset())
    with pytest.raises(LogIncompleteError, match="appeared without a recorded call"):
        disk.begin(4, written(7, 0, NEW)._replace(path="stranger"))


def note(text: bytes) -> Event:
    return Event(Op.MARK, NO_FLAG, 0, 0, 0, 0, "", "", text)


ACK = b'{"ack":{"op":%d,"seq":%d,"proof":"00"}}'
SOLD = [
    *BASE,
    note(b'{"created":true}'),
    note(b'{"tried":0}'),
    written(1, 0, NEW[:512]),
    synced(1),
    note(ACK % (0, 1)),
    note(b'{"tried":1}'),
    written(1, 512, NEW[:512]),
    synced(1),
    note(ACK % (1, 2)),
]


def test_every_image_holds_what_was_acknowledged_before_its_cut() -> None:
    for image in images(SOLD, 7, 200):
        content = image.tree.get("f")
        assert len(image.acks) <= image.attempted
        if image.acks:
            assert image.created
            assert content is not None
            assert NEW[: 512 * len(image.acks)] == content[: 512 * len(image.acks)]


def test_the_sampler_finds_every_stage_of_a_small_log() -> None:
    found = {image.tree.get("f") for image in images(SOLD, 7, 200)}

    assert {None, b"", OLD, NEW[:512] + OLD[512:], NEW} <= found


def test_images_are_distinct_and_bounded_and_the_same_for_the_same_seed() -> None:
    first, second = list(images(SOLD, 3, 20)), list(images(SOLD, 3, 20))

    assert first == second
    assert 20 >= len(first) == len({image.digest() for image in first})
    assert [image.number for image in first] != [image.number for image in images(SOLD, 4, 20)]


def test_one_image_can_be_built_again_by_its_index() -> None:
    for image in images(SOLD, 3, 20):
        assert [image] == list(images(SOLD, 3, 20, only=image.number))


def test_cuts_start_where_they_are_asked_to() -> None:
    assert all(image.created for image in images(SOLD, 3, 50, first_event=5))


def test_a_lying_drive_loses_what_was_acknowledged() -> None:
    kept = [NEW[:512] == (image.tree.get("f") or b"")[:512] for image in images(SOLD, 3, 100, lying=True) if image.acks]

    assert {True, False} == set(kept)


def test_notes_count_only_before_the_cut() -> None:
    assert notes_before(SOLD, 4) == (False, (), 0)
    created, acks, attempted = notes_before(SOLD, len(SOLD) - 1)
    assert (created, [ack.op for ack in acks], attempted) == (True, [0], 2)


def test_an_image_is_laid_down_as_it_is(tmp_path: Path) -> None:
    image = next(image for image in images(SOLD, 3, 50) if image.tree.get("f"))
    target = tmp_path / "image"
    target.mkdir()
    (target / "left-over").write_bytes(b"x")

    image.write_to(target)
    compare(image.tree, target, unseen=frozenset())
    assert [path.name for path in target.iterdir()] == ["f"]
