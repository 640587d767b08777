"""Objects as files under one folder."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote
from uuid import uuid4

from filelock import lock_descriptor, unlock_descriptor

from pixellab.adapters.object_stores.keys import is_part, parts_of
from pixellab.adapters.object_stores.round_trip import round_trip
from pixellab.adapters.private_folder import FILE_MODE, FOLDER_MODE, make_private_folder
from pixellab.domain.errors import ObjectExists, ObjectMissing, StoreReadOnly, StoreUnavailable
from pixellab.domain.findings import Finding
from pixellab.domain.images import StoredObject
from pixellab.domain.ports import ObjectStore

INCOMING = ".incoming"
"""Where objects are written before they are published; no key begins with a dot."""
STALE_SECONDS = 3600
"""A draft that nobody has written to for so long belongs to a process that died."""
CHUNK = 1 << 20
RETRY_AFTER = 30

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Without O_NONBLOCK, opening a named pipe would wait until someone writes to it.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FilesystemObjectStore(ObjectStore):
    """Keeps objects in a folder.

    An object is written aside, flushed to the disk, and then given its name in one step that never
    replaces another file: a reader sees it whole or not at all, and so does whoever comes after a
    crash. Folders are opened one inside the other without following links, so no key, and no link
    that someone planted, leads out of the root. What it makes is for this user alone.
    """

    name = "filesystem"

    def __init__(self, root: Path, public_url: str) -> None:
        """Makes the folder ``root`` if need be, and removes what a killed process left half done.

        Where it cannot, or when the folder is gone later, each method raises StoreUnavailable.
        ``public_url`` is where the application that serves ``/files/...`` is reached.
        """
        self._root = root
        self._public_url = public_url.rstrip("/")
        with suppress(OSError):
            make_private_folder(root)
        with suppress(StoreUnavailable), self._incoming() as aside:
            _sweep(aside)

    def put(
        self,
        key: str,
        data: BinaryIO,
        *,
        media_type: str,
        filename: str,
    ) -> StoredObject:
        *folders, name = parts_of(key)
        with (
            _our_errors("written to"),
            self._opened() as root,
            _opened_folder(root, INCOMING, make=True) as aside,
            _draft(aside) as draft,
        ):
            size_bytes, sha256 = _write(data, aside, draft)
            with _descended(root, folders, make=True) as folder:
                _publish(aside, draft, folder, name)
        uri, url = self.locate(key)
        return StoredObject(
            key=key, uri=uri, url=url, size_bytes=size_bytes, sha256=sha256, media_type=media_type
        )

    def open(self, key: str) -> BinaryIO:
        *folders, name = parts_of(key)
        with (
            _our_errors("read"),
            self._opened() as root,
            suppress(FileNotFoundError, NotADirectoryError),
            _descended(root, folders) as folder,
        ):
            if stat.S_ISREG(_mode(folder, name)):
                return os.fdopen(os.open(name, _FILE, dir_fd=folder), "rb")
        raise ObjectMissing("No object has this key.")

    def delete(self, key: str) -> None:
        *folders, name = parts_of(key)
        with (
            _our_errors("written to"),
            self._opened() as root,
            suppress(FileNotFoundError, NotADirectoryError),
            _descended(root, folders) as folder,
        ):
            if not stat.S_ISDIR(_mode(folder, name)):
                os.unlink(name, dir_fd=folder)
                os.fsync(folder)

    def locate(self, key: str) -> tuple[str, str]:
        parts_of(key)
        return f"filesystem://pixellab/{key}", f"{self._public_url}/files/{quote(key)}"

    def keys(self, prefix: str = "") -> Iterator[str]:
        with _our_errors("read"):
            yield from _walk(self._root, "", prefix)

    def check(self) -> None:
        with self._incoming() as aside, _draft(aside) as draft:
            _sweep(aside)
            _write(io.BytesIO(b"check"), aside, draft)

    def diagnose(self) -> list[Finding]:
        advice = "Check that the data folder has room and that this user may write to it."
        return [round_trip(self, advice)]

    def close(self) -> None:
        """Nothing is held between calls."""

    @contextmanager
    def _opened(self) -> Iterator[int]:
        root = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield root
        finally:
            os.close(root)

    @contextmanager
    def _incoming(self) -> Iterator[int]:
        with (
            _our_errors("written to"),
            self._opened() as root,
            _opened_folder(root, INCOMING, make=True) as aside,
        ):
            yield aside


@contextmanager
def _our_errors(done: str) -> Iterator[None]:
    """The operating system's errors as ours, without the paths that they name."""
    try:
        yield
    except OSError as error:
        kind = StoreUnavailable
        if error.errno in _FULL:
            reason = "is full"
        elif error.errno in _READ_ONLY:
            reason = "is read-only or refuses access"
            kind = StoreReadOnly if done == "written to" else StoreUnavailable
        else:
            reason = f"could not be {done}"
        message = f"The object store {reason}; try again later."
        raise kind(message, retry_after=RETRY_AFTER) from error


@contextmanager
def _opened_folder(parent: int, name: str, *, make: bool = False) -> Iterator[int]:
    if make:
        with suppress(FileExistsError):
            os.mkdir(name, FOLDER_MODE, dir_fd=parent)
        # Also where it existed: whoever made it may not have come to flushing it yet.
        os.fsync(parent)
    try:
        folder = os.open(name, _FOLDER, dir_fd=parent)
    except OSError:
        _mode(parent, name)
        raise
    try:
        yield folder
    finally:
        os.close(folder)


@contextmanager
def _descended(root: int, folders: list[str], *, make: bool = False) -> Iterator[int]:
    with ExitStack() as opened:
        folder = root
        for name in folders:
            folder = opened.enter_context(_opened_folder(folder, name, make=make))
        yield folder


def _mode(folder: int, name: str) -> int:
    """Its type and permissions; ValueError for a link, which may lead anywhere."""
    mode = os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode
    if stat.S_ISLNK(mode):
        raise ValueError("The key leads through a link, which may leave the store.")
    return mode


@contextmanager
def _draft(aside: int) -> Iterator[str]:
    """The name of a file to write first; gone in the end, whatever happens."""
    draft = uuid4().hex
    try:
        yield draft
    finally:
        with suppress(OSError):
            os.unlink(draft, dir_fd=aside)


def _write(data: BinaryIO, aside: int, draft: str) -> tuple[int, str]:
    """Copy ``data`` to the draft and flush it to the disk; its size and SHA-256."""
    size_bytes, digest = 0, hashlib.sha256()
    with os.fdopen(os.open(draft, _NEW, FILE_MODE, dir_fd=aside), "wb") as file:
        while chunk := data.read(CHUNK):
            file.write(chunk)
            digest.update(chunk)
            size_bytes += len(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size_bytes, digest.hexdigest()


def _publish(aside: int, draft: str, folder: int, name: str) -> None:
    """Give the draft its final name; ObjectExists if that is taken."""
    try:
        _link(aside, draft, folder, name)
    except FileExistsError as error:
        raise ObjectExists("The key is taken; a key is written once.") from error
    try:
        os.fsync(folder)
    except OSError:
        os.unlink(name, dir_fd=folder)
        raise


def _link(aside: int, draft: str, folder: int, name: str) -> None:
    try:
        os.link(draft, name, src_dir_fd=aside, dst_dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        _rename(aside, draft, folder, name)


def _rename(aside: int, draft: str, folder: int, name: str) -> None:
    """What ``_link`` does, where the file system has no hard links.

    A rename replaces what it finds, so all writers take turns between looking and renaming.
    """
    lock_descriptor(aside)
    try:
        with suppress(FileNotFoundError):
            os.stat(name, dir_fd=folder, follow_symlinks=False)
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        os.rename(draft, name, src_dir_fd=aside, dst_dir_fd=folder)
    finally:
        unlock_descriptor(aside)


def _sweep(aside: int) -> None:
    oldest = time.time() - STALE_SECONDS
    for draft in os.listdir(aside):
        with suppress(FileNotFoundError):
            if os.stat(draft, dir_fd=aside, follow_symlinks=False).st_mtime < oldest:
                os.unlink(draft, dir_fd=aside)


def _walk(folder: Path, path: str, prefix: str) -> Iterator[str]:
    """The keys in ``folder``, whose own begin with ``path``, that begin with ``prefix``."""
    with os.scandir(folder) as entries:
        for entry in filter(lambda each: is_part(each.name), entries):
            key = f"{path}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if f"{key}/".startswith(prefix) or prefix.startswith(f"{key}/"):
                    yield from _walk(folder / entry.name, f"{key}/", prefix)
            elif key.startswith(prefix) and entry.is_file(follow_symlinks=False):
                yield key
