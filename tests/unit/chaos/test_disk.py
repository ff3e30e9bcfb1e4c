"""A disk that is made full: nothing more fits, what was there stays, and there is room again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from leadpact.chaos.disk import Disk, NoDisk

BLOCK = b"x" * 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    try:
        made = Disk(tmp_path, 16)
    except NoDisk as error:
        pytest.skip(f"nothing may be mounted here: {error}")
    yield made
    made.remove()


def test_what_is_full_takes_nothing_more_and_has_room_again(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "before").write_bytes(BLOCK)
    disk.fill()
    with pytest.raises(OSError, match="No space left"):
        (tmp_path / "more").write_bytes(BLOCK)
    assert (tmp_path / "before").read_bytes() == BLOCK
    disk.clear()
    (tmp_path / "more").write_bytes(BLOCK)
    assert (tmp_path / "more").read_bytes() == BLOCK


def test_the_folder_keeps_its_owner(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    owner = tmp_path.stat()
    try:
        disk = Disk(tmp_path, 1)
    except NoDisk as error:
        pytest.skip(f"nothing may be mounted here: {error}")
    try:
        found = tmp_path.stat()
        assert (found.st_uid, found.st_gid, found.st_mode) == (owner.st_uid, owner.st_gid, owner.st_mode)
    finally:
        disk.remove()
