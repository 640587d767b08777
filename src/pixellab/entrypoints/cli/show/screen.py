"""What goes to the terminal: answers to standard output, everything else to standard error."""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from pixellab.domain.errors import PixelLabError
from pixellab.domain.request_fields import request_fields
from pixellab.domain.requests import Rehearsal, UploadRequest
from pixellab.entrypoints.error_table import INTERNAL, problem_details, problem_of

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import Progress

    from pixellab.entrypoints.answers import Answer


OPTIONS = {
    name: each.option or f"--{name.replace('_', '-')}"
    for name, each in (request_fields(UploadRequest) | request_fields(Rehearsal)).items()
} | {
    "idempotency_key": "--idempotency-key",
    "out": "-o",
    **{
        name: f"--{name}"
        for name in ("limit", "offset", "cursor", "status", "state", "from", "to", "q")
    },
    "workers": "--workers",
}
"""The command line's names of what is asked."""
SET_UP = {
    "image_url": "PIXELLAB_IMAGE_URLS to the hosts that photos may be fetched from, such as "
    "images.example.",
    "webhook_url": "PIXELLAB_WEBHOOK_URLS to the hosts that may be told, such as shop.example, and "
    "PIXELLAB_WEBHOOK_SECRET to what messages are signed with: whsec_ and 24 to 64 bytes in "
    "base64.",
    "GEMINI": "GEMINI_API_KEY to a key of the Gemini API.",
    "BEDROCK": "PIXELLAB_BEDROCK_REGION to us-east-1, us-east-2 or us-west-2.",
}
"""What to set where an error lacks it: who types commands can, others who hear the error can't."""
WIDTH_IN_PIPE = 240
"""Columns that a table may take where no window sets a limit."""


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def say(what: RenderableType) -> None:
    """An answer for people, on standard output; a line is never cut or wrapped in a pipe."""
    wide = None if sys.stdout.isatty() else WIDTH_IN_PIPE
    console = _Console(highlight=False, markup=False, width=wide)
    console.print(what, soft_wrap=isinstance(what, str | Text), crop=False)


def say_json(answer: Answer) -> None:
    """An answer for programs: one line of JSON on standard output, as the API would send it."""
    from pixellab.entrypoints.answers import dump

    sys.stdout.write(json.dumps(dump(answer), ensure_ascii=False) + "\n")
    sys.stdout.flush()


def page() -> Console:
    """Standard output, for help."""
    return _Console(highlight=False, markup=False)


def notes() -> Console:
    """Standard error, for progress and remarks."""
    return _Console(stderr=True, highlight=False, markup=False)


def progress_bar(*, as_json: bool) -> Progress:
    """How far something has come, on standard error, where a person looks at it."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    console = notes()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=as_json or not console.is_terminal,
        transient=True,
    )


def remark(text: str, *, as_json: bool) -> None:
    """What is worth knowing of an answer; with ``as_json`` a line of the log, on standard error."""
    if as_json:
        line = {"event": text, "level": "warning"}
        sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")
    else:
        say(text)


def note(text: str, *, as_json: bool) -> None:
    """The same on standard error in either case, where the answer is a table for programs."""
    if as_json:
        remark(text, as_json=True)
    else:
        notes().print(text, soft_wrap=True)


def complain(
    error: BaseException,
    *,
    as_json: bool,
    about: str | None = None,
    console: Console | None = None,
) -> int:
    """Tell what went wrong on standard error; the exit code that goes with it.

    One sentence, or with ``as_json`` one line with the problem document of RFC 9457. ``about``
    names the photo or image concerned. ``console`` is the one that shows a progress bar just now.
    Only an error of PixelLab itself shows where it came from.
    """
    problem = problem_details(error, about)
    problem["detail"] = in_options(problem["detail"])
    if isinstance(error, PixelLabError) and error.lacks in SET_UP:
        problem["detail"] += f" To allow it, set {SET_UP[error.lacks]}"
    for each in problem.get("errors", ()):
        each["message"] = in_options(each["message"])
    if as_json:
        sys.stderr.write(json.dumps(problem, ensure_ascii=False) + "\n")
    else:
        subject = f"{about}: " if about else ""
        line = Text.assemble(("pixellab: ", "bold red"), f"{subject}{problem['detail']}")
        console = console or notes()
        console.print(line, soft_wrap=True)
        if problem_of(error) is INTERNAL:
            console.print("".join(traceback.format_exception(error)), soft_wrap=True)
    return problem_of(error).exit_code


def in_options(sentence: str) -> str:
    """A sentence that begins with a field of a request, with the option for it instead."""
    field, blank, rest = sentence.partition(" ")
    return f"{OPTIONS.get(field, field)}{blank}{rest}"


def shown(path: str | os.PathLike[str]) -> str:
    """A path as printable text: bytes that are not UTF-8 and control characters as ``\ufffd``."""
    text = os.fsencode(path).decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\ufffd" for character in text)
