"""A disk that is made full: nothing more fits, what was there stays, and there is room again."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from leadpact.chaos.disk import Disk, full
from leadpact.chaos.errors import NoDisk
from leadpact.testkit.infra import missing

BLOCK = b"x" * 1024 * 1024
Mount = Callable[[Path], Disk]


@pytest.fixture
def mount() -> Iterator[Mount]:
    with ExitStack() as mounted:

        def made(folder: Path) -> Disk:
            folder.mkdir(exist_ok=True)
            try:
                disk = Disk(folder, 16)
            except NoDisk as error:
                missing(f"nothing may be mounted here: {error}")
            mounted.callback(disk.remove)
            return disk

        yield made


def test_what_is_full_takes_nothing_more_and_has_room_again(mount: Mount, tmp_path: Path) -> None:
    disk = mount(tmp_path)
    (tmp_path / "before").write_bytes(BLOCK)
    with full([disk]):
        with pytest.raises(OSError, match="No space left"):
            (tmp_path / "more").write_bytes(BLOCK)
        assert (tmp_path / "before").read_bytes() == BLOCK
    (tmp_path / "more").write_bytes(BLOCK)
    assert (tmp_path / "more").read_bytes() == BLOCK


def test_where_the_next_cannot_be_made_full_the_first_has_room_again(mount: Mount, tmp_path: Path) -> None:
    class Stubborn(Disk):
        def fill(self) -> None:
            raise NoDisk("busy")

    first = mount(tmp_path / "first")
    (tmp_path / "second").mkdir()
    second = Stubborn(tmp_path / "second", 1)
    try:
        with pytest.raises(NoDisk, match="busy"), full([first, second]):
            raise AssertionError
    finally:
        second.remove()
    (tmp_path / "first" / "more").write_bytes(BLOCK)


def test_the_folder_keeps_its_owner(mount: Mount, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    owner = tmp_path.stat()
    mount(tmp_path)
    found = tmp_path.stat()
    assert (found.st_uid, found.st_gid, found.st_mode) == (owner.st_uid, owner.st_gid, owner.st_mode)
