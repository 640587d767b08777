"""``pixellab batch``: every photo of a folder, going on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from attrs import asdict, frozen
from cyclopts import Parameter

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.requests import Task
from pixellab.entrypoints.cli.commands.options import AS_SET, Json, TaskOptions
from pixellab.entrypoints.cli.commands.rehearse import rehearse
from pixellab.entrypoints.cli.configured import open_enhance
from pixellab.entrypoints.cli.photo_files import outputs
from pixellab.entrypoints.cli.photo_files.enhance_file import enhance_file
from pixellab.entrypoints.cli.photo_files.find_photos import find_photos, name_results
from pixellab.entrypoints.cli.photo_files.journal import Fingerprint, Journal
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    from pixellab.domain.use_cases import Enhance
    from pixellab.entrypoints.answers import FileAnswer

DEFAULT_WORKERS, MAX_WORKERS = 2, 64


def batch(
    folder: Annotated[
        Path,
        Parameter(
            name="FOLDER",
            help="The folder; folders in it are included, results of enhance left out.",
        ),
    ],
    /,
    *,
    out: Annotated[
        Path | None,
        Parameter(name=["--out", "-o"], help="Where to; by default FOLDER-enhanced beside it."),
    ] = None,
    options: TaskOptions = AS_SET,
    workers: Annotated[int, Parameter(help="How many photos at once, 1 to 64.")] = DEFAULT_WORKERS,
    as_json: Json = False,
) -> int:
    """Make every photo in a folder better.

    Run again after an interruption, it goes on where it stopped: a journal in
    the output folder says what is done. Photos that changed, that failed, or
    that are asked for with other options are done again. One bad file does not
    end it; the exit code is then 1.
    """
    if not 1 <= workers <= MAX_WORKERS:
        raise InvalidRequest("workers", f"workers is {workers}; allowed are 1 to {MAX_WORKERS}.")
    if not folder.is_dir():
        raise InvalidRequest("folder", f"{screen.shown(folder)!r} is not a folder.")
    target = out or folder.resolve().with_name(f"{folder.resolve().name}-enhanced")
    if target.resolve() == folder.resolve():
        raise InvalidRequest("out", "The results cannot go among the photos; name another folder.")
    task = options.task()
    found = find_photos(folder, target)
    photos = found.photos
    if not photos:
        told = f"There is no photo in {screen.shown(folder)!r}. {found.told()}"
        raise InvalidRequest("folder", told.strip())
    if options.dry_run:
        return rehearse(
            [folder / photo for photo in photos], task, options.backend, as_json=as_json
        )
    outputs.make_folder(target)
    with Journal(target) as journal, open_enhance(log_json=as_json) as enhancing:
        outputs.clear_aside(target)
        job = _Batch(
            folder=folder,
            target=target,
            task=task,
            backend=options.backend,
            journal=journal,
            names=name_results(photos, task.output_format, journal.outputs()),
            enhancing=enhancing,
        )
        code = _run(job, photos, workers, as_json=as_json)
    if found.left_out:
        screen.remark(found.told(), as_json=as_json)
    return code


@frozen(kw_only=True)
class _Done:
    """One photo's answer."""

    answer: FileAnswer
    earlier: bool
    """Whether an earlier run did it."""


@frozen(kw_only=True)
class _Batch:
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
        return {**asdict(self.task), "backend": self.backend}

    def do(self, photo: str) -> _Done:
        """Enhance one photo, or find that it is done. Raises PixelLabError."""
        from pixellab.entrypoints.answers import FileAnswer, dump

        source, result = self.folder / photo, self.target / self.names[photo]
        outputs.check_photo(source)
        paths = {"original_path": screen.shown(source), "enhanced_path": screen.shown(result)}
        if earlier := self.journal.answer(photo, source, self.options, self.target):
            with suppress(ValueError):  # an answer of another version: the photo is done again
                return _Done(answer=FileAnswer.model_validate({**earlier, **paths}), earlier=True)
        if self.journal.outputs().get(photo) != self.names[photo]:
            remedy = "move it away or name another folder with -o"
            outputs.check_result(result, (), force=False, remedy=remedy)
            self.journal.begin(photo, self.names[photo])
        fingerprint = Fingerprint.of(source)
        done, _, answer = enhance_file(self.enhancing, source, result, self.task, self.backend)
        self.journal.finish(
            photo,
            fingerprint,
            self.options,
            self.names[photo],
            done.encoded.size_bytes,
            dump(answer),
        )
        return _Done(answer=answer, earlier=False)


def _run(job: _Batch, photos: list[str], workers: int, *, as_json: bool) -> int:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    done: list[_Done] = []
    failed = 0
    console = screen.notes()
    columns = (TextColumn("Enhancing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(
        *columns, console=console, disable=as_json or not console.is_terminal, transient=True
    )
    with bar, _workers(workers) as pool:
        line = bar.add_task("", total=len(photos))
        work: dict[Future[_Done], str] = {pool.submit(job.do, photo): photo for photo in photos}
        for future in as_completed(work):
            try:
                done.append(future.result())
            except Exception as error:
                about = screen.shown(job.folder / work[future])
                screen.complain(error, as_json=as_json, about=about, console=console)
                failed += 1
            else:
                if as_json:
                    screen.say_json(done[-1].answer)
            bar.advance(line)
    if not as_json:
        screen.say(_summary(job, done, failed))
    return EXIT_FAILED if failed else EXIT_OK


@contextmanager
def _workers(count: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that are done with their work on leaving, but left to it by an exception.

    The pool's own ``with`` waits for them in either case, which after Ctrl-C can take minutes.
    """
    pool = ThreadPoolExecutor(count, thread_name_prefix="batch")
    try:
        yield pool
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()


def _summary(job: _Batch, done: list[_Done], failed: int) -> str:
    new = [each.answer for each in done if not each.earlier]
    parts = [f"{len(new)} enhanced"]
    if len(done) > len(new):
        parts.append(f"{len(done) - len(new)} were done before")
    if failed:
        parts.append(f"{failed} failed")
    text = f"{', '.join(parts)}; results in {screen.shown(job.target)}."
    if new:
        before = sum(each.quality_before for each in new) / len(new)
        after = sum(each.quality_after for each in new) / len(new)
        sizes = [sum(kb) / 1000 for kb in zip(*_sizes(new), strict=True)]
        text += f"\nMean score {before:.1f} → {after:.1f}, {sizes[0]:.1f} MB → {sizes[1]:.1f} MB."
    return text


def _sizes(answers: list[FileAnswer]) -> list[tuple[float, float]]:
    return [(each.original_size_kb, each.enhanced_size_kb) for each in answers]
