"""``pixellab batches``: many stored photos at once, done by servers and workers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.table import Table

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.use_cases.batches import NewBatch
from pixellab.entrypoints.cli.commands.parts.options import Json, ManifestOptions
from pixellab.entrypoints.cli.configured import open_lab
from pixellab.entrypoints.cli.photo_files.outputs import unreadable
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_OK

if TYPE_CHECKING:
    from pixellab.domain.batches import BatchProgress
    from pixellab.entrypoints.answers import BatchAnswer

NOTHING = ManifestOptions()
BatchId = Annotated[str, Parameter(name="BATCH", help="The batch's id.")]


def add(
    manifest: Annotated[
        Path,
        Parameter(
            name="MANIFEST",
            help="CSV whose first line names its columns, JSON lines, or a JSON array.",
        ),
    ],
    /,
    *,
    options: ManifestOptions = NOTHING,
    name: Annotated[str | None, Parameter(help="What you call it.")] = None,
    idempotency_key: Annotated[
        str | None, Parameter(help="With the same one the same batch is not added twice.")
    ] = None,
    webhook_url: Annotated[
        str | None,
        Parameter(
            help="Address that is told once nothing of it is left to do, by a signed message."
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Put a batch on record; servers and workers do it.

    Each line has a key of the store, or an image_url where that is allowed, and
    a sku_id if it is to have one. Wrong lines fail; the others go on.
    """
    from pixellab.entrypoints.new_batches import Photos, accept

    asked = options.request()
    wanted = NewBatch(
        name=name,
        task=asked.task,
        backend=asked.backend,
        idempotency_key=idempotency_key,
        webhook_url=webhook_url,
    )
    try:
        content = manifest.open("rb")
    except OSError as error:
        told = f"{screen.shown(manifest)}: {unreadable(error)}"
        raise InvalidRequest("manifest", told) from error
    with content, open_lab() as lab:
        accepted = accept(lab, wanted, Photos(manifest=content), keys="")
        return _answer(_of(lab.batches.progress(accepted.batch.id)), as_json=as_json)


def list_(
    *,
    limit: Annotated[int, Parameter(help="How many, 1 to 200.")] = 50,
    as_json: Json = False,
) -> int:
    """List batches, newest first."""
    from pixellab.entrypoints.answers import BatchListAnswer

    with open_lab() as lab:
        answer = BatchListAnswer.of(lab.batches.page(limit), limit)
    if as_json:
        screen.say_json(answer)
    elif answer.batches:
        screen.say(_table(answer.batches))
    else:
        screen.say("There is no batch.")
    return EXIT_OK


def show(batch_id: BatchId, /, *, as_json: Json = False) -> int:
    """Show how far a batch has come."""
    with open_lab() as lab:
        return _answer(_of(lab.batches.progress(_known(batch_id))), as_json=as_json)


def cancel(batch_id: BatchId, /, *, as_json: Json = False) -> int:
    """Begin nothing else of a batch; what is at work is finished."""
    with open_lab() as lab:
        return _answer(_of(lab.batches.cancel(_known(batch_id))), as_json=as_json)


def retry(batch_id: BatchId, /, *, as_json: Json = False) -> int:
    """Have what failed done again, by servers and workers."""
    from pixellab.entrypoints.answers import BatchRetryAnswer

    with open_lab() as lab:
        progress, retried = lab.batches.retry(_known(batch_id))
        answer = BatchRetryAnswer(**dict(_of(progress)), retried=retried)
    if not as_json:
        screen.say(f"{retried} are tried again.")
    return _answer(answer, as_json=as_json)


def results(batch_id: BatchId, /) -> int:
    """Print all lines of a batch and what became of them, as CSV."""
    from pixellab.entrypoints.answers import results_csv

    with open_lab() as lab:
        for piece in results_csv(lab.batches.all_results(_known(batch_id))):
            sys.stdout.write(piece.replace("\r\n", "\n"))
    return EXIT_OK


def _known(text: str) -> str:
    from pixellab.entrypoints.ids import batch_id

    return batch_id(text)


def _of(progress: BatchProgress) -> BatchAnswer:
    from pixellab.entrypoints.answers import BatchAnswer

    return BatchAnswer.of(progress)


def _answer(answer: BatchAnswer, *, as_json: bool) -> int:
    if as_json:
        screen.say_json(answer)
    else:
        screen.say(_table([answer]))
    return EXIT_OK


def _table(answers: list[BatchAnswer]) -> Table:
    columns = (
        "batch",
        "name",
        "state",
        "mode",
        "done",
        "failed",
        "left",
        "of",
        "time left",
        "cost",
    )
    table = Table(*columns, box=None, pad_edge=False, header_style="dim")
    for each in answers:
        counts, left = each.counts, each.seconds_left
        table.add_row(
            each.batch_id,
            screen.shown(each.name or ""),
            each.state,
            each.enhancement_mode,
            str(counts.done),
            str(counts.failed),
            str(counts.waiting + counts.working),
            str(counts.total),
            "" if left is None else f"{left:.0f} s",
            ", ".join(f"{cost.amount} {cost.currency}" for cost in each.cost),
        )
    return table
