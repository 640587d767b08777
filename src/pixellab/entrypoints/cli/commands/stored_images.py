"""Commands on the configured stores: images that are kept, with their records."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.images import Status
from pixellab.domain.requests import Task
from pixellab.domain.use_cases import Upload
from pixellab.entrypoints.cli.commands.parts.options import AS_SET, Flag, Json, TaskOptions
from pixellab.entrypoints.cli.commands.parts.rehearse import rehearse
from pixellab.entrypoints.cli.configured import open_lab
from pixellab.entrypoints.cli.photo_files.named_photo import opened
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_FAILED, EXIT_OK, exit_code_of
from pixellab.entrypoints.ids import named

if TYPE_CHECKING:
    from pixellab.entrypoints.lab import PixelLab

ImageId = Annotated[
    str, Parameter(name="ID", help="An image's id, its first 8 digits, or the sku_id.")
]


def upload(
    photos: Annotated[
        list[str],
        Parameter(
            name="PHOTO...",
            help="Photos to keep and make better: files, or addresses (https://...) of hosts that "
            "PIXELLAB_IMAGE_URLS allows.",
        ),
    ],
    /,
    *,
    options: TaskOptions = AS_SET,
    sku_id: Annotated[
        str | None, Parameter(help="Your own identifier of the product (for one photo).")
    ] = None,
    idempotency_key: Annotated[
        str | None,
        Parameter(help="A repeated upload with the same key gives the first answer again."),
    ] = None,
    webhook_url: Annotated[
        str | None,
        Parameter(
            help="Address that is told of each, by a signed message that a server or a worker "
            "sends; of a host that PIXELLAB_WEBHOOK_URLS allows."
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Keep photos in the configured stores, with better versions and a record."""
    single = {"sku_id": sku_id, "idempotency_key": idempotency_key}
    for name, value in single.items():
        if value is not None and len(photos) > 1:
            raise InvalidRequest(name, f"{name} is for one photo; {len(photos)} were given.")
    asked = options.request()
    task, backend = asked.task, asked.backend
    if options.dry_run:
        return rehearse(photos, task, backend, as_json=as_json)
    named_so = {**single, "webhook_url": webhook_url}
    codes: list[int] = []
    with open_lab(log_json=as_json) as lab:
        for photo in photos:
            try:
                with screen.notes().status(f"Uploading {screen.shown(photo)}"):
                    _upload(lab, photo, task, backend, named_so, as_json=as_json)
            except Exception as error:
                code = screen.complain(error, as_json=as_json, about=screen.shown(photo))
                codes.append(code)
    return exit_code_of(codes, len(photos))


def list_(
    *,
    limit: Annotated[int, Parameter(help="How many, 1 to 200.")] = 50,
    offset: Annotated[int, Parameter(help="How many to skip.")] = 0,
    cursor: Annotated[
        str | None, Parameter(help="Where to go on: next_cursor of the page before.")
    ] = None,
    status: Annotated[
        str | None, Parameter(help=f"Only these: {', '.join(Status)}, any letter case.")
    ] = None,
    mode: Annotated[
        str | None, Parameter(help="Only those enhanced so, in any letter case.")
    ] = None,
    backend: Annotated[str | None, Parameter(help="Only those enhanced by it.")] = None,
    since: Annotated[
        str | None,
        Parameter(
            name="--from",
            help="Only those uploaded then or later: a date, or a moment of RFC 3339.",
        ),
    ] = None,
    before: Annotated[
        str | None, Parameter(name="--to", help="Only those uploaded earlier than that.")
    ] = None,
    search: Annotated[
        str | None,
        Parameter(
            name="--q", help="Only those with words in file name or sku_id that begin with these."
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """List images, newest first; filters may be combined."""
    from pixellab.entrypoints.answers import ImageListAnswer
    from pixellab.entrypoints.image_queries import image_query

    query = image_query(
        limit=limit,
        offset=offset,
        cursor=cursor,
        status=status,
        mode=mode,
        backend=backend,
        since=since,
        before=before,
        search=search,
    )
    with open_lab() as lab:
        answer = ImageListAnswer.of(lab.list_images(query), query)
    if as_json:
        screen.say_json(answer)
    else:
        from pixellab.entrypoints.cli.show.reports import image_list

        screen.say(image_list(answer))
    return EXIT_OK


def show(image_id: ImageId, /, *, as_json: Json = False) -> int:
    """Show one image's record."""
    from pixellab.entrypoints.answers import EnhancementAnswer, ImageAnswer

    with open_lab() as lab:
        image, enhancements = lab.get_history(named(image_id, lab.find_image))
    answer = ImageAnswer.of(image)
    if as_json:
        screen.say_json(answer)
    else:
        from pixellab.entrypoints.cli.show.reports import image_report

        screen.say(image_report(answer, EnhancementAnswer.of(enhancements[-1])))
    return EXIT_OK


def history(image_id: ImageId, /, *, as_json: Json = False) -> int:
    """Show all that was done to an image, first enhancement first."""
    from pixellab.entrypoints.answers import HistoryAnswer

    with open_lab() as lab:
        answer = HistoryAnswer.of(*lab.get_history(named(image_id, lab.find_image)))
    if as_json:
        screen.say_json(answer)
    else:
        from pixellab.entrypoints.cli.show.reports import history_report

        screen.say(history_report(answer))
    return EXIT_OK


def delete(
    image_id: ImageId,
    /,
    *,
    yes: Annotated[bool, Flag, Parameter(name=["--yes", "-y"], help="Do not ask.")] = False,
    as_json: Json = False,
) -> int:
    """Remove an image: its records, its original and all its results.

    With --json nothing is printed, as the API's answer is empty.
    """
    with open_lab() as lab:
        image = lab.get_image(named(image_id, lab.find_image))
        if not yes and not _agreed(
            f"Delete {image.filename} ({image.sku_id}) and all its results?"
        ):
            screen.notes().print("Nothing was deleted.")
            return EXIT_FAILED
        lab.delete_image(image.id)
    if not as_json:
        screen.say(f"Deleted {image.id}.")
    return EXIT_OK


def _upload(
    lab: PixelLab,
    photo: str,
    task: Task,
    backend: str | None,
    named_so: dict[str, str | None],
    *,
    as_json: bool,
) -> None:
    from pixellab.entrypoints.answers import UploadAnswer
    from pixellab.entrypoints.telemetry.logs import UploadLog

    with opened(photo, lab.remote_files) as found:
        wanted = Upload(
            content=found.content,
            filename=found.filename,
            source_url=found.source_url,
            task=task,
            backend=backend,
            **named_so,
        )
        outcome = lab.upload_and_enhance(wanted, UploadLog())
    answer = UploadAnswer.of(outcome, lab.store)
    if as_json:
        screen.say_json(answer)
    else:
        from pixellab.entrypoints.cli.show.reports import upload_report

        screen.say(upload_report(answer))


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise InvalidRequest("yes", "There is nobody to ask; add --yes to delete.")
    from rich.prompt import Confirm

    return Confirm.ask(question, default=False, console=screen.notes())
