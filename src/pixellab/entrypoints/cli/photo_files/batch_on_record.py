"""A batch on record that the command line does itself: found again or made, worked on, shown."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from attrs import evolve

from pixellab.domain.batches import BatchProgress, BatchState, ItemState
from pixellab.domain.errors import InvalidRequest
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    from rich.progress import Progress

    from pixellab.domain.batches import Batch, BatchItem, Line
    from pixellab.domain.use_cases.batches import NewBatch
    from pixellab.entrypoints.lab import PixelLab

LOOK_SECONDS = 0.2
BATCHES = 200
"""How many of the latest batches are looked through for what was done before."""
PORTION = 5000
SHOWN = 10
"""Failures whose sentences are shown to people."""


def earlier_batches(
    lab: PixelLab, asked: NewBatch, is_such: Callable[[str], bool]
) -> tuple[Batch, ...]:
    """The latest batches of such a name that ask for the same, the newest first."""
    return tuple(
        each
        for each in lab.batches.batches.page(BATCHES)
        if is_such(each.name or "") and (each.task, each.backend) == (asked.task, asked.backend)
    )


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
    make one batch, and one that is started later makes another.
    """
    content = hashlib.sha256("\n".join(sorted(known)).encode()).hexdigest()
    text = f"{sorted(asked.task.orders.items())}\n{asked.backend}\n{content}\n{latest}"
    key = f"command:{hashlib.sha256(text.encode()).hexdigest()}"
    return lab.accept_batch(evolve(asked, own_key=key), lines, content).batch


def followed(
    lab: PixelLab,
    batch: Batch,
    *,
    as_json: bool,
    meanwhile: Callable[[], object] = lambda: None,
) -> BatchProgress:
    """How the batch ended, which is worked on here, and shown.

    ``meanwhile`` is called now and then; what it raises ends the command.
    """
    from pixellab.entrypoints.telemetry.logs import UploadLog

    observe = UploadLog()
    with progress_bar(as_json=as_json) as bar:
        line = bar.add_task("Enhancing")
        while True:
            meanwhile()
            lab.feed_queue(observe, only=batch.id)
            progress = lab.batches.progress(batch.id)
            counts = progress.counts
            bar.update(line, total=counts.total, completed=counts.ended)
            if progress.batch.finished_at:
                return progress
            time.sleep(LOOK_SECONDS)


def progress_bar(*, as_json: bool) -> Progress:
    """On standard error, where a person looks at it."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    console = screen.notes()
    return Progress(
        *columns, console=console, disable=as_json or not console.is_terminal, transient=True
    )


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
