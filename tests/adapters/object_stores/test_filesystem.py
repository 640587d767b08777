"""The filesystem store: what is its own beyond the contract."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pixellab.adapters.object_stores.filesystem import (
    INCOMING,
    STALE_SECONDS,
    FilesystemObjectStore,
)
from pixellab.domain.errors import ObjectExists, ObjectMissing, StoreUnavailable

KEY = "uploads/original/550e8400_photo.jpg"
PREPARE = '''
import ctypes, io, os, pathlib, resource, struct, sys
from pixellab.adapters.object_stores.filesystem import FilesystemObjectStore
from pixellab.domain.errors import PixelLabError

store = FilesystemObjectStore(pathlib.Path("objects"), "http://localhost:8000")
KEY = "uploads/original/550e8400_photo.jpg"


def put(key, content):
    return store.put(key, io.BytesIO(content), media_type="image/jpeg", filename="photo.jpg")


def become_ordinary():
    """Permissions don't bind root."""
    os.chmod(".", 0o755)
    if os.geteuid() == 0:
        os.setuid(65534)


def report(call, *arguments):
    try:
        print("done", call(*arguments))
    except PixelLabError as error:
        print(type(error).__name__, error.retry_after, error.message)
'''


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "objects"


@pytest.fixture
def store(root: Path) -> FilesystemObjectStore:
    return FilesystemObjectStore(root, "https://photos.example/")


def put(store: FilesystemObjectStore, key: str = KEY, content: bytes = b"content") -> None:
    store.put(key, io.BytesIO(content), media_type="image/jpeg", filename="photo.jpg")


def test_objects_are_plain_files(store: FilesystemObjectStore, root: Path) -> None:
    put(store)
    assert (root / KEY).read_bytes() == b"content"
    assert (root / KEY).stat().st_nlink == 1
    assert list((root / INCOMING).iterdir()) == []


def test_locates_objects_by_url(store: FilesystemObjectStore) -> None:
    assert store.locate("a/b c.jpg") == (
        "filesystem://pixellab/a/b c.jpg",
        "https://photos.example/files/a/b%20c.jpg",
    )


@pytest.mark.parametrize(
    "key",
    [
        ".",
        "./a",
        ".hidden",
        f"{INCOMING}/a",
        "a/.b",
        "a\\b",
        "a\0b",
        "a\nb",
        "a\x7f",
        "\ud800",
        "x" * 256,
        "é" * 128,
        "/".join(["x" * 100] * 11),
    ],
)
def test_refuses_keys_that_no_folder_should_hold(
    store: FilesystemObjectStore, root: Path, key: str
) -> None:
    with pytest.raises(ValueError, match="key"):
        put(store, key)
    assert list(store.keys()) == []
    assert [each.name for each in root.iterdir()] == [INCOMING]


def test_takes_the_longest_names(store: FilesystemObjectStore) -> None:
    key = "/".join(["x" * 255] * 4)
    put(store, key)
    assert list(store.keys()) == [key]


@pytest.mark.parametrize("link", ["uploads", "uploads/original", KEY])
def test_follows_no_link_that_someone_planted(
    store: FilesystemObjectStore, root: Path, tmp_path: Path, link: str
) -> None:
    outside = tmp_path / "outside"
    (outside / "original").mkdir(parents=True)
    (outside / "550e8400_photo.jpg").write_bytes(b"secret")
    (outside / "original" / "550e8400_photo.jpg").write_bytes(b"secret")
    (root / link).parent.mkdir(parents=True, exist_ok=True)
    (root / link).symlink_to(outside / "550e8400_photo.jpg" if link == KEY else outside)
    before = sorted(outside.rglob("*"))
    with pytest.raises(ValueError, match="link"):
        store.open(KEY)
    with pytest.raises(ValueError, match="link"):
        store.delete(KEY)
    with pytest.raises((ValueError, ObjectExists)):
        put(store)
    with pytest.raises((ValueError, ObjectExists)):
        put(store, KEY.replace("550e8400", "00000000") if link != KEY else KEY)
    assert list(store.keys()) == []
    assert sorted(outside.rglob("*")) == before
    assert (outside / "550e8400_photo.jpg").read_bytes() == b"secret"


def test_opens_regular_files_only(store: FilesystemObjectStore, root: Path) -> None:
    (root / "uploads").mkdir()
    os.mkfifo(root / "uploads" / "pipe")
    (root / "uploads" / "folder").mkdir()
    for key in ("uploads/pipe", "uploads/folder", "uploads"):
        with pytest.raises(ObjectMissing):
            store.open(key)
    store.delete("uploads/folder")
    assert (root / "uploads" / "folder").is_dir()
    assert list(store.keys()) == []


def test_a_key_below_an_object_is_missing(store: FilesystemObjectStore) -> None:
    put(store, "uploads")
    with pytest.raises(ObjectMissing):
        store.open(KEY)
    store.delete(KEY)
    with pytest.raises(StoreUnavailable):
        put(store)
    assert list(store.keys()) == ["uploads"]


def test_lists_only_what_can_be_opened(store: FilesystemObjectStore, root: Path) -> None:
    put(store)
    (root / ".DS_Store").write_bytes(b"")
    (root / "uploads" / "line\nbreak").write_bytes(b"")
    assert list(store.keys()) == [KEY]


def test_a_killed_upload_leaves_no_object_and_is_swept(root: Path) -> None:
    dying = subprocess.Popen(
        [
            sys.executable,
            "-c",
            PREPARE + "store.put(KEY, sys.stdin.buffer, media_type='image/jpeg', filename='a.jpg')",
        ],
        stdin=subprocess.PIPE,
        cwd=root.parent,
    )
    assert dying.stdin is not None
    dying.stdin.write(bytes(2_500_000))
    dying.stdin.flush()
    incoming = root / INCOMING
    deadline = time.monotonic() + 30
    while not (incoming.is_dir() and any(each.stat().st_size for each in incoming.iterdir())):
        assert time.monotonic() < deadline, "the upload did not begin"
        time.sleep(0.01)
    dying.send_signal(signal.SIGKILL)
    dying.stdin.close()
    dying.wait()

    (draft,) = incoming.iterdir()
    store = FilesystemObjectStore(root, "http://localhost:8000")
    assert draft.exists(), "a draft that may still be written to must stay"
    assert list(store.keys()) == []
    with pytest.raises(ObjectMissing):
        store.open(KEY)
    put(store)
    old = time.time() - STALE_SECONDS - 1
    os.utime(draft, (old, old))
    FilesystemObjectStore(root, "http://localhost:8000")
    assert list(incoming.iterdir()) == []
    assert list(store.keys()) == [KEY]


def test_a_check_sweeps_too(store: FilesystemObjectStore, root: Path) -> None:
    draft = root / INCOMING / "0123"
    draft.write_bytes(b"half")
    os.utime(draft, (0, 0))
    store.check()
    assert list((root / INCOMING).iterdir()) == []


def test_a_full_disk_takes_nothing_and_leaves_nothing(root: Path) -> None:
    said = run_apart(
        root,
        """
        # To the store a limit on the size of files is what a full disk is: write() fails.
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, resource.RLIM_INFINITY))
        report(put, KEY, bytes(3_000_000))
        report(put, KEY, bytes(3))
        """,
    )
    assert said[0] == "StoreUnavailable 30 The object store is full; try again later."
    assert said[1].startswith("done")
    assert list((root / INCOMING).iterdir()) == []
    assert (root / KEY).read_bytes() == bytes(3)


def test_a_read_only_folder_takes_nothing(root: Path) -> None:
    said = run_apart(
        root,
        """
        put("uploads/original/00000000_there.jpg", b"there")
        for each in pathlib.Path().rglob("*"):
            each.chmod(0o555)
        become_ordinary()
        report(put, KEY, b"content")
        report(store.check)
        report(store.delete, "uploads/original/00000000_there.jpg")
        print(store.open("uploads/original/00000000_there.jpg").read(), *store.keys())
        """,
    )
    refused = "StoreReadOnly 30 The object store is read-only or refuses access; try again later."
    there = "uploads/original/00000000_there.jpg"
    assert said == [refused, refused, refused, f"b'there' {there}"]
    assert list((root / INCOMING).iterdir()) == []


def test_a_folder_that_cannot_be_read_says_so(root: Path) -> None:
    said = run_apart(
        root,
        """
        put(KEY, b"content")
        os.chmod("objects", 0)
        become_ordinary()
        report(store.open, KEY)
        report(lambda: list(store.keys()))
        """,
    )
    refused = (
        "StoreUnavailable 30 The object store is read-only or refuses access; try again later."
    )
    assert said == [refused, refused]


def test_too_many_open_files_is_unavailable(root: Path) -> None:
    said = run_apart(
        root,
        """
        resource.setrlimit(resource.RLIMIT_NOFILE, (6, 6))
        report(put, KEY, b"content")
        """,
    )
    assert said == [
        "StoreUnavailable 30 The object store could not be written to; try again later."
    ]


def test_where_the_folder_cannot_be_made_or_is_gone(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for store in (
        FilesystemObjectStore(tmp_path / "file", "http://localhost:8000"),
        FilesystemObjectStore(tmp_path / "file" / "below", "http://localhost:8000"),
    ):
        for call in (store.check, lambda s=store: list(s.keys()), lambda s=store: s.open(KEY)):
            with pytest.raises(StoreUnavailable) as caught:
                call()
            assert str(tmp_path) not in caught.value.message
            assert caught.value.retry_after


def test_without_hard_links_a_key_is_still_written_once(root: Path) -> None:
    said = run_apart(
        root,
        """
        # Some file systems (FAT, many network mounts) have no hard links. A seccomp filter makes
        # the kernel answer linkat() with EPERM, as they do.
        number = {"x86_64": 265, "aarch64": 37}[os.uname().machine]
        deny = [
            (0x20, 0, 0, 0),  # load the number of the system call
            (0x15, 0, 1, number),  # if it is linkat's,
            (0x06, 0, 0, 0x00050001),  # return EPERM,
            (0x06, 0, 0, 0x7FFF0000),  # else allow it
        ]
        code = b"".join(struct.pack("HBBI", *each) for each in deny)
        buffer = ctypes.create_string_buffer(code)
        program = struct.pack("HxxxxxxP", len(deny), ctypes.addressof(buffer))
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.prctl(38, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS"
        assert libc.prctl(22, 2, program, 0, 0) == 0, "PR_SET_SECCOMP"
        try:
            os.link("/dev/null", "null", follow_symlinks=False)
        except PermissionError:
            print("no hard links")
        report(put, KEY, b"first")
        report(put, KEY, b"second")
        from concurrent.futures import ThreadPoolExecutor
        def race(number):
            try:
                put("uploads/raced.jpg", b"%d" % number * 10)
            except PixelLabError as error:
                return type(error).__name__
            return "written"
        with ThreadPoolExecutor(10) as threads:
            print(*sorted(threads.map(race, range(10))))
        """,
    )
    assert said[0] == "no hard links"
    assert said[1].startswith("done StoredObject")
    assert said[2] == "ObjectExists None The key is taken; a key is written once."
    assert said[3] == " ".join(["ObjectExists"] * 9 + ["written"])
    assert (root / KEY).read_bytes() == b"first"
    assert list((root / INCOMING).iterdir()) == []


def run_apart(root: Path, program: str) -> list[str]:
    """The lines that ``program`` prints in a process whose limits are its own."""
    lines = program.strip("\n").split("\n")
    indent = len(lines[0]) - len(lines[0].lstrip())
    body = "\n".join(line[indent:] for line in lines)
    done = subprocess.run(
        [sys.executable, "-c", PREPARE + body],
        cwd=root.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
