"""``pixellab assess``: how good photos are, one by one or whole folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from pixellab.domain.errors import InvalidRequest
from pixellab.entrypoints.cli.commands.parts.options import Flag, Json
from pixellab.entrypoints.cli.configured import open_without_stores
from pixellab.entrypoints.cli.photo_files import outputs
from pixellab.entrypoints.cli.photo_files.find_photos import find_photos
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import exit_code_of

if TYPE_CHECKING:
    from pixellab.entrypoints.cli.show.assessment import AssessmentAnswer


def assess(
    photos: Annotated[
        list[Path], Parameter(name="PHOTO...", help="Photos to judge, or folders of them.")
    ],
    /,
    *,
    csv: Annotated[bool, Flag, Parameter(help="Print comma-separated values.")] = False,
    as_json: Json = False,
) -> int:
    """Say how good photos are: a score and its parts, from 0 to 100.

    Of a folder, and with --csv, the worst photo comes first.
    """
    from pixellab.entrypoints.cli.show.assessment import assess_file, quality_table

    if csv and as_json:
        raise InvalidRequest("csv", "--csv and --json exclude each other; leave one out.")
    paths, left_out = _expanded(photos)
    sorted_ones = csv or paths != photos
    codes: list[int] = []
    answers: list[AssessmentAnswer] = []
    with open_without_stores(log_json=as_json) as lab:
        for photo in paths:
            try:
                outputs.check_photo(photo)
                with screen.notes().status(f"Measuring {screen.shown(photo)}"):
                    answer = assess_file(lab.enhance.imaging, photo)
            except Exception as error:
                code = screen.complain(error, as_json=as_json, about=screen.shown(photo))
                codes.append(code)
                continue
            if sorted_ones:
                answers.append(answer)
            elif as_json:
                screen.say_json(answer)
            else:
                screen.say(quality_table(answer))
    if sorted_ones:
        answers.sort(key=lambda each: each.quality.score)
        _say_all(answers, csv=csv, as_json=as_json)
    for told in left_out:
        screen.note(told, as_json=as_json)
    return exit_code_of(codes, len(paths))


def _say_all(answers: Sequence[AssessmentAnswer], *, csv: bool, as_json: bool) -> None:
    from pixellab.entrypoints.cli.show.assessment import comma_separated, quality_list

    if as_json:
        for each in answers:
            screen.say_json(each)
    else:
        screen.say(comma_separated(answers) if csv else quality_list(answers))


def _expanded(paths: list[Path]) -> tuple[list[Path], list[str]]:
    """The photos, those in folders in their place, and what was left out of each folder."""
    photos: list[Path] = []
    left_out: list[str] = []
    for path in paths:
        if not path.is_dir():
            photos.append(path)
            continue
        found = find_photos(path)
        if not found.photos:
            told = f"There is no photo in {screen.shown(path)!r}. {found.told()}"
            raise InvalidRequest("photo", told.strip())
        photos += [path / name for name in found.photos]
        if found.left_out:
            left_out.append(found.told())
    return photos, left_out
