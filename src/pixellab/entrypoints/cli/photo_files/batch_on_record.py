"""A batch on record that the command line does itself: found again or made, worked on, shown."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from pixellab.domain.batches import BatchProgress, BatchState, ItemState
from pixellab.domain.errors import IdempotencyConflict, InProgress, InvalidRequest
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    from pixellab.domain.batches import Batch, BatchItem, Line
    from pixellab.domain.use_cases.batches import NewBatch
    from pixellab.entrypoints.lab import PixelLab

ENHANCING = "Enhancing"
LOOK_SECONDS = 0.2
BATCHES = 200
"""Read at a time."""
PORTION = 5000
SHOWN = 10
"""Failures whose sentences are shown to people."""


def earlier_batches(
    lab: PixelLab, asked: NewBatch, is_such: Callable[[str], bool]
) -> tuple[Batch, ...]:
    """The batches of such a name that ask for the same, the newest first."""
    return tuple(
        each
        for each in _all_batches(lab)
        if is_such(each.name or "") and (each.task, each.backend) == (asked.task, asked.backend)
    )


def _all_batches(lab: PixelLab) -> Iterator[Batch]:
    last, kept = None, lab.batches.batches
    while page := kept.page(BATCHES, last):
        yield from page
        last = page[-1].created_at, page[-1].id


def lines_of(lab: PixelLab, batch: Batch, state: ItemState | None = None) -> Iterator[BatchItem]:
    """All lines of a batch, or those in that state."""
    after, kept = 0, lab.batches.batches
    while found := kept.items(batch.id, state=state, after=after, limit=PORTION):
        yield from found
        after = found[-1].number


def go_on_with(batch: Batch, asked: NewBatch) -> Batch:
    """The batch, which is still open. Raises InvalidRequest where it is to tell somebody else."""
    if batch.state is BatchState.OPEN and asked.webhook_url not in (None, batch.webhook_url):
        told = (
            f"webhook_url is not that of batch {batch.id}, which is not done yet; leave it out, or "
            "cancel that batch first."
        )
        raise InvalidRequest("webhook_url", told)
    return batch


def new_batch(
    lab: PixelLab, asked: NewBatch, lines: Sequence[Line], known: Sequence[str], latest: str
) -> Batch:
    """A batch of these lines, which ``known`` tells from others.

    ``latest`` is the id of the batch before it: two commands that are started at the same moment
    make one batch, and one that is started later makes another. Raises as AcceptBatch.
    """
    content = hashlib.sha256("\n".join(sorted(known)).encode()).hexdigest()
    text = f"{sorted(asked.task.orders.items())}\n{asked.backend}\n{content}\n{latest}"
    key = f"command:{hashlib.sha256(text.encode()).hexdigest()}"
    try:
        return lab.accept_batch(evolve(asked, own_key=key), lines, content).batch
    except IdempotencyConflict as error:
        told = "Another command has just begun these photos; run this one again, and it goes on."
        raise InProgress(told) from error


def followed(
    lab: PixelLab,
    batch: Batch,
    *,
    as_json: bool,
    meanwhile: Callable[[], str] = lambda: ENHANCING,
) -> BatchProgress:
    """How the batch ended, which is worked on here, and shown.

    ``meanwhile`` is called now and then, and says what is being done; what it raises ends the
    command.
    """
    from pixellab.entrypoints.telemetry.logs import UploadLog

    observe = UploadLog()
    with screen.progress_bar(as_json=as_json) as bar:
        line = bar.add_task(ENHANCING, total=None)
        while True:
            doing = meanwhile()
            lab.feed_queue(observe, only=batch.id)
            progress = lab.batches.progress(batch.id)
            counts = progress.counts
            bar.update(line, description=doing, total=counts.total, completed=counts.ended)
            if progress.batch.finished_at:
                return progress
            time.sleep(LOOK_SECONDS)


def told(
    lab: PixelLab,
    done: BatchProgress,
    before: int,
    name: Callable[[str], str],
    *,
    as_json: bool,
) -> int:
    """Tell how a batch ended; the exit code.

    ``before`` is how many photos earlier batches did; ``name`` is what people call the photo of a
    source.
    """
    from pixellab.entrypoints.answers import BatchAnswer

    if as_json:
        screen.say_json(BatchAnswer.of(done))
    else:
        _tell_people(lab, done, before, name)
    return EXIT_OK if done.counts.done == done.counts.total else EXIT_FAILED


def _tell_people(
    lab: PixelLab, done: BatchProgress, before: int, name: Callable[[str], str]
) -> None:
    counts, batch = done.counts, done.batch
    for item in lab.batches.items(batch.id, state=ItemState.FAILED, limit=SHOWN):
        photo = screen.shown(name(item.source))
        screen.notes().print(f"{photo}: {item.failure}", soft_wrap=True)
    parts = [f"{counts.done} enhanced"]
    for number, what in (
        (before, "were done before"),
        (counts.failed, "failed"),
        (counts.cancelled, "were cancelled"),
    ):
        if number:
            parts.append(f"{number} {what}")
    screen.say(f"{', '.join(parts)}; batch {batch.id}.")
