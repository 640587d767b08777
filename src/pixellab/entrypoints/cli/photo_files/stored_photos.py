"""Photos that are in the store already, named by a prefix, as a batch on record."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixellab.domain.batches import BatchProgress, BatchState, ItemState
from pixellab.domain.errors import InvalidRequest
from pixellab.domain.requests import Task
from pixellab.domain.use_cases.batches import NewBatch, lines_of_keys
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    from pixellab.domain.batches import Batch
    from pixellab.entrypoints.lab import PixelLab

STORE, S3 = "store:", "s3://"
LOOK_SECONDS = 0.2
BATCHES = 200
"""How many of the latest batches are looked through for what was done before."""
PORTION = 5000
SHOWN = 10
"""Failures whose sentences are shown to people."""


def is_in_store(source: str) -> bool:
    """Whether that names objects of the store rather than a folder."""
    return source.startswith((STORE, S3))


def do_stored(lab: PixelLab, source: str, task: Task, backend: str | None, *, as_json: bool) -> int:
    """Do all objects that ``source`` names and that were not done so before; the exit code.

    Raises InvalidRequest for a prefix or a bucket that cannot be meant.
    """
    from pixellab.entrypoints.answers import BatchAnswer

    batch, before = _begun(lab, _prefix(source, lab), task, backend)
    if batch is None:
        screen.note(f"All {before} were done before.", as_json=as_json)
        return EXIT_OK
    done = _followed(lab, batch, as_json=as_json)
    if as_json:
        screen.say_json(BatchAnswer.of(done))
    else:
        _tell(lab, done, before)
    return EXIT_OK if done.counts.done == done.counts.total else EXIT_FAILED


def _prefix(source: str, lab: PixelLab) -> str:
    if source.startswith(S3):
        bucket, _, prefix = source.removeprefix(S3).partition("/")
        if bucket != lab.settings.s3_bucket:
            raise InvalidRequest("folder", "The bucket must be the one that S3_BUCKET names.")
    else:
        prefix = source.removeprefix(STORE)
    lab.source_rules("").check_prefix(prefix)
    return prefix


def _begun(lab: PixelLab, prefix: str, task: Task, backend: str | None) -> tuple[Batch | None, int]:
    """The batch to go on with, or a new one, and how many were done in earlier ones.

    No batch where nothing is left to do.
    """
    kept, done = lab.batches.batches, set[str]()
    for each in kept.page(BATCHES):
        if (each.name, each.task, each.backend) != (_name(prefix), task, backend):
            continue
        if each.state is BatchState.OPEN:
            return each, 0
        done |= set(_sources_done(lab, each.id))
    left = sorted(
        line.source.removeprefix(STORE)
        for line in lines_of_keys(lab.store.keys(prefix))
        if line.source not in done
    )
    if done and not left:
        return None, len(done)
    content = hashlib.sha256("\n".join(left).encode()).hexdigest()
    asked = f"{prefix}\n{sorted(task.orders.items())}\n{backend}\n{content}"
    wanted = NewBatch(
        name=_name(prefix),
        task=task,
        backend=backend,
        # Two that are started at the same moment make one batch.
        own_key="prefix:" + hashlib.sha256(asked.encode()).hexdigest(),
    )
    return lab.accept_batch(wanted, lines_of_keys(left), content).batch, len(done)


def _name(prefix: str) -> str:
    return f"{STORE}{prefix}"[:128]


def _sources_done(lab: PixelLab, batch_id: str) -> Iterator[str]:
    after, kept = 0, lab.batches.batches
    while found := kept.items(batch_id, state=ItemState.DONE, after=after, limit=PORTION):
        yield from (item.source for item in found)
        after = found[-1].number


def _followed(lab: PixelLab, batch: Batch, *, as_json: bool) -> BatchProgress:
    """How the batch ended, which is worked on here meanwhile, and shown."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    from pixellab.entrypoints.telemetry.logs import UploadLog

    console, observe = screen.notes(), UploadLog()
    columns = (TextColumn("Enhancing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(
        *columns, console=console, disable=as_json or not console.is_terminal, transient=True
    )
    with bar:
        line = bar.add_task("")
        while True:
            lab.feed_queue(observe, only=batch.id)
            progress = lab.batches.progress(batch.id)
            counts = progress.counts
            bar.update(line, total=counts.total, completed=counts.ended)
            if progress.batch.finished_at:
                return progress
            time.sleep(LOOK_SECONDS)


def _tell(lab: PixelLab, done: BatchProgress, before: int) -> None:
    counts, batch = done.counts, done.batch
    for item in lab.batches.items(batch.id, state=ItemState.FAILED, limit=SHOWN):
        key = screen.shown(item.source.removeprefix(STORE))
        screen.notes().print(f"{key}: {item.failure}", soft_wrap=True)
    parts = [f"{counts.done} enhanced"]
    for number, what in (
        (before, "were done before"),
        (counts.failed, "failed"),
        (counts.cancelled, "were cancelled"),
    ):
        if number:
            parts.append(f"{number} {what}")
    screen.say(f"{', '.join(parts)}; batch {batch.id}.")
