"""Who may read what the commands write."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pixellab import open_pixellab
from pixellab.entrypoints.cli.photo_files import outputs
from tests.conftest import photo_bytes
from tests.e2e.cli.conftest import Ran

Cli = Callable[..., Ran]
DATA = Path("pixellab-data")
STATUS = Path("/proc/self/status")


@contextmanager
def masked(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """The permissions of all that is in the folder, and its own."""
    return {str(each): each.stat().st_mode & 0o777 for each in (folder, *folder.rglob("*"))}


def test_the_data_folder_is_for_its_owner_alone() -> None:
    # New folders around it, too, and objects before records: none may be made on the way.
    with masked(0), open_pixellab(data_dir=DATA / "new") as lab:
        lab.upload(photo_bytes())
        found = modes(DATA)
    assert {"pixellab.sqlite3", "pixellab.sqlite3-wal", "pixellab.sqlite3-shm"} <= {
        Path(each).name for each in found
    }
    assert len([each for each in found if each.endswith(".jpg")]) == 2
    for each, mode in found.items():
        assert mode == (0o700 if Path(each).is_dir() else 0o600), each


@pytest.mark.parametrize("command", [["upload", "photo.jpg"], ["db", "upgrade"], ["doctor"]])
@pytest.mark.usefixtures("photo")
def test_whatever_makes_the_data_folder_makes_it_private(cli: Cli, command: list[str]) -> None:
    with masked(0):
        assert cli(*command).code == 0
    for each, mode in modes(DATA).items():
        assert mode == (0o700 if Path(each).is_dir() else 0o600), each


@pytest.mark.usefixtures("photo")
def test_doctor_warns_of_a_data_folder_that_others_can_read(cli: Cli) -> None:
    assert cli("upload", "photo.jpg").code == 0
    DATA.chmod(0o755)
    assert "other users" not in cli("doctor").out
    for opened in (DATA / "objects", DATA / "pixellab.sqlite3"):
        before = opened.stat().st_mode
        opened.chmod(before | 0o044)
        ran = cli("doctor")
        assert ran.code == 0
        assert "other users of this machine can open what is kept there" in ran.out
        assert f"chmod -R go-rwx {DATA.absolute()}" in ran.out
        opened.chmod(before)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_results_have_the_permissions_that_the_user_gives_new_files(
    cli: Cli, photo: Path, mask: int, mode: int
) -> None:
    with masked(mask):
        assert cli("enhance", photo.name, "--compare").code == 0
    assert modes(Path()) | {"photo.enhanced.jpg": mode, "photo.compare.jpg": mode} == modes(Path())


def test_at_no_moment_of_writing_is_the_umask_another(tmp_path: Path) -> None:
    """It is the whole process's: other threads would make files with it."""
    seen: set[str] = set()

    def look(*_: object) -> None:
        [line] = [each for each in STATUS.read_text().splitlines() if each.startswith("Umask:")]
        seen.add(line.split()[1])

    with masked(0o077):
        sys.setprofile(look)  # calls it wherever a function is called or returns
        try:
            outputs.write(tmp_path / "result.jpg", b"a result")
        finally:
            sys.setprofile(None)
    assert seen == {"0077"}
    assert (tmp_path / "result.jpg").stat().st_mode & 0o777 == 0o600
