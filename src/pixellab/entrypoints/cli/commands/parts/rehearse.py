"""``--dry-run``: what a command would send where, and what that would cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pixellab.domain.requests import Task
from pixellab.entrypoints.cli.configured import open_dry_run
from pixellab.entrypoints.cli.photo_files.named_photo import opened
from pixellab.entrypoints.cli.show import screen
from pixellab.entrypoints.error_table import exit_code_of


def rehearse(
    photos: Sequence[str | Path], task: Task, backend: str | None, *, as_json: bool
) -> int:
    """Tell it of each photo, and do nothing; the exit code is that of photos that cannot be."""
    from pixellab.entrypoints.answers import DryRunAnswer
    from pixellab.entrypoints.cli.show.rehearsals import dry_run_report, dry_run_total

    answers: list[DryRunAnswer] = []
    codes: list[int] = []
    with open_dry_run() as lab:
        for photo in photos:
            try:
                with opened(str(photo), lab.remote_files) as file:
                    found = lab.dry_run(file.content, task, backend)
            except Exception as error:
                codes.append(screen.complain(error, as_json=as_json, about=screen.shown(photo)))
                continue
            answers.append(DryRunAnswer.of(screen.shown(photo), task, found))
            if as_json:
                screen.say_json(answers[-1])
            else:
                screen.say(dry_run_report(answers[-1]))
    if len(answers) > 1 and not as_json:
        screen.say(dry_run_total(answers))
    return exit_code_of(codes, len(photos))
