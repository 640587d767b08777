"""The photos of a folder, taken into the stores and done there as a batch on record."""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path, PurePath
from typing import TYPE_CHECKING
from uuid import uuid4

from attrs import evolve, frozen

from pixellab.domain.batches import MAX_LINES, BatchProgress, BatchState, ItemState, Line
from pixellab.domain.errors import InvalidRequest, StoreUnavailable
from pixellab.domain.images import sanitize_filename
from pixellab.domain.requests import MAX_BATCH_NAME
from pixellab.domain.use_cases.batches.manifest import too_many
from pixellab.domain.use_cases.batches.sources import mark_of, name_of, source_of
from pixellab.entrypoints.cli.photo_files import outputs
from pixellab.entrypoints.cli.photo_files.batch_on_record import (
    ENHANCING,
    earlier_batches,
    followed,
    go_on_with,
    lines_of,
    new_batch,
    told,
)
from pixellab.entrypoints.cli.photo_files.each_photo import threads
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_OK

if TYPE_CHECKING:
    from pixellab.domain.batches import Batch, BatchItem
    from pixellab.domain.use_cases.batches import NewBatch
    from pixellab.entrypoints.lab import PixelLab

TAKING_IN = "Taking in and enhancing"
FOLDER = "folder:"
"""How the names of such batches begin."""
MARK, TOKEN = 32, 16
"""Hex digits."""
GONE = "The photo is not in the folder as it was when the batch was begun; run the command again."


@frozen(kw_only=True)
class _Photo:
    """A photo of the folder."""

    name: str
    """Its path within the folder."""
    mark: str
    """Tells it from others, wherever the folder is: it follows from its name and its content."""
    sha256: str = ""
    failure: str | None = None
    """Why it cannot be taken in."""


def do_folder(
    lab: PixelLab,
    folder: Path,
    names: Sequence[str],
    asked: NewBatch,
    workers: int,
    *,
    as_json: bool,
) -> int:
    """Do all photos of the folder that were not done so before; the exit code.

    Their lines are on record first, then each photo is put into the store, from where whoever is
    free does it. So what was interrupted goes on, and what was taken in does not need the folder.
    Raises InvalidRequest for too many photos, and as AcceptBatch; StoreUnavailable.
    """
    if len(names) > MAX_LINES:
        raise too_many("folder")
    asked = evolve(asked, name=f"{FOLDER}{screen.shown(folder.resolve().name)}"[:MAX_BATCH_NAME])
    photos = _read(lab, folder, names, as_json=as_json)
    by_mark = {each.mark: each for each in photos}
    work = _FolderBatch(lab=lab, folder=folder, photos=by_mark, workers=workers, as_json=as_json)
    earlier = earlier_batches(lab, asked, lambda name: name.startswith(FOLDER))
    begun = [each for each in earlier if each.state is BatchState.OPEN and work.has_some_of(each)]
    ended = [each for each in earlier if each.state is not BatchState.OPEN]
    before = by_mark.keys() & {mark for each in ended for mark in work.marks(each, ItemState.DONE)}
    tried = {mark for each in begun for mark in work.marks(each)}
    codes = [work.do(go_on_with(each, asked), len(before)) for each in begun]
    if left := [each for each in photos if each.mark not in before | tried]:
        latest = earlier[0].id if earlier else ""
        batch = new_batch(lab, asked, _lines(left), [each.mark for each in left], latest)
        codes.append(work.do(batch, len(before)))
    if not codes:
        screen.note(f"All {len(before)} were done before.", as_json=as_json)
    return max(codes, default=EXIT_OK)


def _read(lab: PixelLab, folder: Path, names: Sequence[str], *, as_json: bool) -> list[_Photo]:
    with screen.progress_bar(as_json=as_json) as bar:
        most = lab.settings.max_bytes
        return [_known(folder, name, most) for name in bar.track(names, description="Reading")]


def _known(folder: Path, name: str, most: int) -> _Photo:
    photo, sha256, failure = folder / name, "", None
    try:
        outputs.check_photo(photo)
        if photo.stat().st_size > most:
            failure = f"The file is too large; allowed are {most / 1_000_000:g} MB."
        else:
            with photo.open("rb") as content:
                sha256 = hashlib.file_digest(content, "sha256").hexdigest()
    except InvalidRequest as error:
        failure = error.message
    except OSError as error:
        failure = f"The file cannot be read: {error.strerror}."
    text = json.dumps([PurePath(name).as_posix(), sha256])
    mark = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:MARK]
    return _Photo(name=name, mark=mark, sha256=sha256, failure=failure)


def _lines(photos: Iterable[_Photo]) -> list[Line]:
    token = uuid4().hex[:TOKEN]
    return [
        Line(
            number=number,
            source=source_of(each.mark, token, _sanitized(each.name)),
            failure=each.failure,
            arriving=True,
        )
        for number, each in enumerate(photos, start=1)
    ]


def _sanitized(name: str) -> str:
    *folders, file = PurePath(name).parts
    file = f"{sanitize_filename(file)}{PurePath(name).suffix.lower()}"
    return "/".join([*map(sanitize_filename, folders), file])


@frozen(kw_only=True)
class _FolderBatch:
    """What is done with a batch of the folder's photos, which are known by their marks."""

    lab: PixelLab
    folder: Path
    photos: Mapping[str, _Photo]
    workers: int
    as_json: bool

    def marks(self, batch: Batch, state: ItemState | None = None) -> set[str]:
        """Those of a batch's lines."""
        return {mark_of(each.source) or "" for each in lines_of(self.lab, batch, state)}

    def has_some_of(self, batch: Batch) -> bool:
        """Whether photos of this folder are in that batch."""
        return not self.photos.keys().isdisjoint(self.marks(batch))

    def do(self, batch: Batch, before: int) -> int:
        """Take in what has not arrived, work on the batch, and tell how it ended; the exit code."""
        try:
            done = self._done(batch)
        except StoreUnavailable:
            early = "It ended early; once that is mended, run it again, and it goes on."
            screen.note(early, as_json=self.as_json)
            raise
        return told(self.lab, done, before, self._name, as_json=self.as_json)

    def _done(self, batch: Batch) -> BatchProgress:
        with threads(self.workers) as pool:
            arriving = lines_of(self.lab, batch, ItemState.ARRIVING)
            coming = deque(pool.submit(self._take_in, each) for each in list(arriving))
            done = followed(
                self.lab, batch, as_json=self.as_json, meanwhile=lambda: _settle(coming)
            )
            for each in coming:  # somebody has cancelled it
                each.cancel()
        return done

    def _take_in(self, item: BatchItem) -> None:
        photo = self.photos.get(mark_of(item.source) or "")
        if photo is None or photo.failure:
            self.lab.take_in.refuse(item, photo.failure if photo and photo.failure else GONE)
            return
        try:
            content = (self.folder / photo.name).open("rb")
        except OSError:
            self.lab.take_in.refuse(item, GONE)
            return
        with content:
            self.lab.take_in(item, content, photo.sha256)

    def _name(self, source: str) -> str:
        photo = self.photos.get(mark_of(source) or "")
        return photo.name if photo else name_of(source)


def _settle(coming: deque[Future[None]]) -> str:
    """Let go of what has been taken in; what is being done. Raises what kept a photo from it."""
    while coming and coming[0].done():
        coming.popleft().result()
    return TAKING_IN if coming else ENHANCING
