"""``pixellab batch``: every photo of a folder, going on where it stopped."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from attrs import frozen
from cyclopts import Parameter

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.requests import Task
from pixellab.domain.use_cases.batches import NewBatch
from pixellab.entrypoints.cli.commands.parts.options import AS_SET, Flag, Json, TaskOptions
from pixellab.entrypoints.cli.commands.parts.rehearse import rehearse
from pixellab.entrypoints.cli.configured import open_lab, open_without_stores
from pixellab.entrypoints.cli.photo_files import outputs
from pixellab.entrypoints.cli.photo_files.each_photo import Done, do_each, summary
from pixellab.entrypoints.cli.photo_files.enhance_file import enhance_file
from pixellab.entrypoints.cli.photo_files.find_photos import find_photos, name_results
from pixellab.entrypoints.cli.photo_files.folder_into_stores import do_folder
from pixellab.entrypoints.cli.photo_files.journal import Fingerprint, Journal
from pixellab.entrypoints.cli.photo_files.named_photo import OpenedPhoto
from pixellab.entrypoints.cli.photo_files.stored_photos import do_stored, is_in_store
from pixellab.entrypoints.cli.show import screen

if TYPE_CHECKING:
    from pixellab.domain.use_cases import Enhance
    from pixellab.entrypoints.answers import FileAnswer

DEFAULT_WORKERS, MAX_WORKERS = 2, 64


def batch(
    source: Annotated[
        str,
        Parameter(
            name="FOLDER",
            help="The folder; folders in it are included, results of enhance left out. Or "
            "store:PREFIX or s3://BUCKET/PREFIX: objects of the configured store.",
        ),
    ],
    /,
    *,
    out: Annotated[
        Path | None,
        Parameter(name=["--out", "-o"], help="Where to; by default FOLDER-enhanced beside it."),
    ] = None,
    options: TaskOptions = AS_SET,
    upload: Annotated[
        bool,
        Flag,
        Parameter(help="Keep photos and results in the configured stores, as upload does."),
    ] = False,
    webhook_url: Annotated[
        str | None,
        Parameter(
            help="Address that is told, by a signed message, once all are done; where the "
            "stores keep them."
        ),
    ] = None,
    workers: Annotated[int, Parameter(help="How many photos at once, 1 to 64.")] = DEFAULT_WORKERS,
    as_json: Json = False,
) -> int:
    """Make every photo in a folder better, or under a prefix of the store.

    Run again after an interruption, it goes on where it stopped: a journal in
    the output folder says what is done. Photos that changed, that failed, or
    that are asked for with other options are done again. One bad file does not
    end it, a full disk does; the exit code is then 1.

    With --upload, or where a prefix names what is in the store, it is done as a
    batch on record, as the API's are: servers, workers and pixellab batches see
    it. Run again, here or elsewhere, it goes on; what was done before is left.
    """
    if not 1 <= workers <= MAX_WORKERS:
        raise InvalidRequest("workers", f"workers is {workers}; allowed are 1 to {MAX_WORKERS}.")
    stored = is_in_store(source)
    if stored and (out or options.dry_run):
        told = "-o and --dry-run are for photos in a folder."
        raise InvalidRequest("out" if out else "dry_run", told)
    if webhook_url is not None and not (stored or upload):
        told = "webhook_url is for batches in the stores; add --upload, or leave it out."
        raise InvalidRequest("webhook_url", told)
    folder = Path(source)
    target = None if stored else _target(folder, out, upload=upload)
    asked = options.request()
    wanted = NewBatch(task=asked.task, backend=asked.backend, webhook_url=webhook_url)
    if target is None:
        with open_lab(log_json=as_json, job_workers=workers) as lab:
            return do_stored(lab, source, wanted, as_json=as_json)
    found = find_photos(folder, target)
    photos = found.photos
    if not photos:
        told = f"There is no photo in {screen.shown(folder)!r}. {found.told()}"
        raise InvalidRequest("folder", told.strip())
    if options.dry_run:
        named = [folder / photo for photo in photos]
        return rehearse(named, asked.task, asked.backend, as_json=as_json)
    if upload:
        with open_lab(log_json=as_json, job_workers=workers) as lab:
            code = do_folder(lab, folder, photos, wanted, workers, as_json=as_json)
    else:
        code = _enhance(folder, target, photos, asked.task, asked.backend, workers, as_json=as_json)
    if found.left_out:
        screen.remark(found.told(), as_json=as_json)
    return code


def _target(folder: Path, out: Path | None, *, upload: bool) -> Path:
    """Where results go that are files. Raises InvalidRequest."""
    if not folder.is_dir():
        raise InvalidRequest("folder", f"{screen.shown(folder)!r} is not a folder.")
    if upload and out:
        raise InvalidRequest("out", "-o is for files; with --upload the stores keep the results.")
    target = out or folder.resolve().with_name(f"{folder.resolve().name}-enhanced")
    if target.resolve() == folder.resolve():
        raise InvalidRequest("out", "The results cannot go among the photos; name another folder.")
    return target


def _enhance(
    folder: Path,
    target: Path,
    photos: list[str],
    task: Task,
    backend: str | None,
    workers: int,
    *,
    as_json: bool,
) -> int:
    outputs.make_folder(target)
    with Journal(target) as journal, open_without_stores(log_json=as_json) as lab:
        outputs.clear_aside(target)
        job = _FileBatch(
            folder=folder,
            target=target,
            task=task,
            backend=backend,
            journal=journal,
            names=name_results(photos, task.output_format, journal.outputs()),
            enhancing=lab.enhance,
        )
        tally = do_each(job.do, folder, photos, workers, as_json=as_json)
    if not as_json:
        screen.say(summary(tally, screen.shown(target)))
    return tally.exit_code


@frozen(kw_only=True)
class _FileBatch:
    folder: Path
    target: Path
    task: Task
    backend: str | None
    journal: Journal
    names: dict[str, str]
    """Each photo's output, both relative to their folders."""
    enhancing: Enhance

    @property
    def options(self) -> dict[str, Any]:
        return {**self.task.orders, "backend": self.backend}

    def do(self, photo: str) -> Done[FileAnswer]:
        """Enhance one photo, or find that it is done. Raises PixelLabError."""
        from pixellab.entrypoints.answers import FileAnswer, dump

        source, result = self.folder / photo, self.target / self.names[photo]
        outputs.check_photo(source)
        paths = {"original_path": screen.shown(source), "enhanced_path": screen.shown(result)}
        if earlier := self.journal.answer(photo, source, self.options, self.target):
            with suppress(ValueError):  # an answer of another version: the photo is done again
                return Done(answer=FileAnswer.model_validate({**earlier, **paths}), earlier=True)
        if self.journal.outputs().get(photo) != self.names[photo]:
            remedy = "move it away or name another folder with -o"
            outputs.check_result(result, (), force=False, remedy=remedy)
            self.journal.begin(photo, self.names[photo])
        fingerprint = Fingerprint.of(source)
        with source.open("rb") as content:
            photo_file = OpenedPhoto(content=content, shown=screen.shown(source))
            done, _, answer = enhance_file(
                self.enhancing, photo_file, result, self.task, self.backend
            )
        self.journal.finish(
            photo,
            fingerprint,
            self.options,
            self.names[photo],
            done.encoded.size_bytes,
            dump(answer),
        )
        return Done(answer=answer, earlier=False)
