"""Photos that are in the store already, named by a prefix, as a batch on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import evolve

from pixellab.domain.batches import BatchState, ItemState
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.requests import MAX_BATCH_NAME
from pixellab.domain.use_cases.batches import NewBatch, lines_of_keys
from pixellab.entrypoints.cli.photo_files.batch_on_record import (
    earlier_batches,
    followed,
    go_on_with,
    lines_of,
    new_batch,
    told,
)
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_OK

if TYPE_CHECKING:
    from pixellab.domain.batches import Batch
    from pixellab.entrypoints.lab import PixelLab

STORE, S3 = "store:", "s3://"


def is_in_store(source: str) -> bool:
    """Whether that names objects of the store rather than a folder."""
    return source.startswith((STORE, S3))


def do_stored(lab: PixelLab, source: str, asked: NewBatch, *, as_json: bool) -> int:
    """Do all objects that ``source`` names and that were not done so before; the exit code.

    Raises InvalidRequest for a prefix or a bucket that cannot be meant, and as AcceptBatch.
    """
    prefix = _prefix(source, lab)
    asked = evolve(asked, name=f"{STORE}{prefix}"[:MAX_BATCH_NAME])
    batch, before = _begun(lab, prefix, asked)
    if batch is None:
        screen.note(f"All {before} were done before.", as_json=as_json)
        return EXIT_OK
    done = followed(lab, batch, as_json=as_json)
    return told(lab, done, before, lambda source: source.removeprefix(STORE), as_json=as_json)


def _prefix(source: str, lab: PixelLab) -> str:
    if source.startswith(S3):
        bucket, _, prefix = source.removeprefix(S3).partition("/")
        if bucket != lab.settings.s3_bucket:
            raise InvalidRequest("folder", "The bucket must be the one that S3_BUCKET names.")
    else:
        prefix = source.removeprefix(STORE)
    lab.source_rules("").check_prefix(prefix)
    return prefix


def _begun(lab: PixelLab, prefix: str, asked: NewBatch) -> tuple[Batch | None, int]:
    """The batch to go on with, or a new one, and how many were done in earlier ones.

    No batch where nothing is left to do.
    """
    earlier, done = earlier_batches(lab, asked, lambda name: name == asked.name), set[str]()
    for each in earlier:
        if each.state is BatchState.OPEN:
            return go_on_with(each, asked), 0
        done |= {item.source for item in lines_of(lab, each, ItemState.DONE)}
    left = sorted(
        line.source.removeprefix(STORE)
        for line in lines_of_keys(lab.store.keys(prefix))
        if line.source not in done
    )
    if done and not left:
        return None, len(done)
    latest = earlier[0].id if earlier else ""
    lines = list(lines_of_keys(left))
    return new_batch(lab, asked, lines, [prefix, *left], latest), len(done)
