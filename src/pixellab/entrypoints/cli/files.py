"""Commands on files: no server, no store."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pixellab.domain.errors import InvalidRequest
from pixellab.domain.pictures import Task
from pixellab.entrypoints.cli import outputs, screen
from pixellab.entrypoints.cli.wishes import AS_SET, Wishes
from pixellab.entrypoints.problems import EXIT_FAILED, EXIT_OK

if TYPE_CHECKING:
    from pixellab.domain.pictures import Picture
    from pixellab.domain.use_cases import Enhance, Result
    from pixellab.entrypoints.answers import FileAnswer

Json = Annotated[
    bool,
    Parameter(
        name="--json", negative="", show_default=False, help="Print JSON, one line per answer."
    ),
]
Flag = Parameter(negative="", show_default=False)


def enhance(
    photos: Annotated[list[Path], Parameter(name="PHOTO...", help="Photos to make better.")],
    /,
    *,
    out: Annotated[
        Path | None,
        Parameter(
            name=["--out", "-o"],
            help="Where to: a file with its extension (for one photo), or a folder.",
        ),
    ] = None,
    wishes: Wishes = AS_SET,
    compare: Annotated[
        bool, Flag, Parameter(help="Also write a picture with both, side by side.")
    ] = False,
    force: Annotated[bool, Flag, Parameter(help="Replace a file that exists under -o.")] = False,
    as_json: Json = False,
) -> int:
    """Make photos better. photo.jpg becomes photo.enhanced.jpg beside it.

    The photo itself is never overwritten. An earlier photo.enhanced.jpg is
    replaced, any other file only with --force. If one photo fails the others
    are still done, and the exit code is 1.
    """
    folder = out if out is not None and outputs.is_folder(out, len(photos)) else None
    named = out if folder is None else None
    task = wishes.task(named.suffix if named else None)
    results = [named or outputs.result_path(photo, folder, task.output_format) for photo in photos]
    _check_distinct(photos, results)
    if folder is not None:
        outputs.make_folder(folder)
    enhancing = open_enhance()
    codes: list[int] = []
    for photo, result in zip(photos, results, strict=True):
        try:
            outputs.check_photo(photo)
            for path in (result, outputs.compare_path(result)) if compare else (result,):
                outputs.check_result(path, photos, force=force)
            with screen.notes().status(f"Enhancing {screen.shown(photo)}"):
                done, picture, answer = enhance_file(enhancing, photo, result, task, wishes.backend)
                compared = _compare(picture, done, result) if compare else None
        except Exception as error:
            code = screen.complain(error, as_json=as_json, about=screen.shown(photo))
            codes.append(code)
            continue
        _report(answer, picture, compared, as_json=as_json)
    return ending(codes, len(photos))


def assess(
    photos: Annotated[list[Path], Parameter(name="PHOTO...", help="Photos to judge.")],
    /,
    *,
    as_json: Json = False,
) -> int:
    """Say how good photos are: a score and its parts, from 0 to 100."""
    from pixellab.entrypoints.cli.assessment import assess_file, quality_table

    imaging = open_enhance().imaging
    codes: list[int] = []
    for photo in photos:
        try:
            outputs.check_photo(photo)
            answer = assess_file(imaging, photo)
        except Exception as error:
            code = screen.complain(error, as_json=as_json, about=screen.shown(photo))
            codes.append(code)
            continue
        if as_json:
            screen.say_json(answer)
        else:
            screen.say(quality_table(answer))
    return ending(codes, len(photos))


def ending(failures: list[int], photos: int) -> int:
    """The exit code: a single photo's own, or EXIT_FAILED where some of several failed."""
    if not failures:
        return EXIT_OK
    return failures[0] if photos == 1 else EXIT_FAILED


def enhance_file(
    enhancing: Enhance, photo: Path, result: Path, task: Task, backend: str | None
) -> tuple[Result, Picture, FileAnswer]:
    """Enhance the file ``photo`` into the file ``result``."""
    from pixellab.entrypoints.answers import FileAnswer

    began = time.monotonic()
    chain = enhancing.enhancers.choose(task, backend)
    with photo.open("rb") as content:
        picture = enhancing.imaging.open(content)
        size = content.seek(0, 2)
    done = enhancing(picture, task, chain)
    outputs.write(result, done.encoded.data)
    answer = FileAnswer.of(
        done,
        mode=task.mode,
        original_path=screen.shown(photo),
        original_bytes=size,
        enhanced_path=screen.shown(result),
        processing_time_ms=round((time.monotonic() - began) * 1000),
    )
    return done, picture, answer


def open_enhance() -> Enhance:
    """Enhancing as the environment configures it, without any store."""
    from pixellab.entrypoints.bootstrap import files_only
    from pixellab.entrypoints.settings import load_settings

    return files_only(load_settings())


def _compare(picture: Picture, done: Result, result: Path) -> Path:
    from pixellab.entrypoints.cli.compare import side_by_side

    path = outputs.compare_path(result)
    outputs.write(path, side_by_side(picture, done))
    return path


def _report(answer: FileAnswer, picture: Picture, compared: Path | None, *, as_json: bool) -> None:
    if as_json:
        screen.say_json(answer)
        return
    from pixellab.entrypoints.cli.tables import file_report

    screen.say(file_report(answer, (picture.width, picture.height)))
    if compared is not None:
        screen.say(f"Side by side: {screen.shown(compared)}\n")


def _check_distinct(photos: list[Path], results: list[Path]) -> None:
    seen: dict[Path, Path] = {}
    for photo, result in zip(photos, results, strict=True):
        if result in seen:
            pair = f"{screen.shown(seen[result])!r} and {screen.shown(photo)!r}"
            raise InvalidRequest(
                "out", f"{pair} would both be written to {screen.shown(result)!r}; do one of them."
            )
        seen[result] = photo
