"""Enhancing one file into another."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from pixellab.domain.requests import Task
from pixellab.entrypoints.cli.photo_files import outputs
from pixellab.entrypoints.cli.photo_files.named_photo import OpenedPhoto
from pixellab.entrypoints.cli.photo_files.pipes import PIPE, send
from pixellab.entrypoints.cli.show import screen

if TYPE_CHECKING:
    from pixellab.domain.pictures import Picture
    from pixellab.domain.use_cases import Enhance, Result
    from pixellab.entrypoints.answers import FileAnswer


def enhance_file(
    enhancing: Enhance, photo: OpenedPhoto, result: Path, task: Task, backend: str | None
) -> tuple[Result, Picture, FileAnswer]:
    """Enhance a photo into the file ``result``, or to standard output where that is ``-``."""
    from pixellab.entrypoints.answers import FileAnswer

    began = time.monotonic()
    enhancer = enhancing.enhancers.choose(task, backend)
    content = photo.content
    picture = enhancing.imaging.open(content)
    size = content.seek(0, 2)

    def whole() -> bytes:
        content.seek(0)
        return content.read()

    done = enhancing(picture, task, enhancer, photo=whole)
    if result == PIPE:
        send(done.encoded.data)
    else:
        outputs.write(result, done.encoded.data)
    answer = FileAnswer.of(
        done,
        task,
        original_path=photo.shown,
        original_bytes=size,
        photo=picture,
        enhanced_path=screen.shown(result),
        processing_time_ms=round((time.monotonic() - began) * 1000),
    )
    return done, picture, answer
