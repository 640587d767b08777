"""PixelLab on the embedded default, and photos in its store."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve

from pixellab.adapters.jobs.in_process import InProcessJobs
from pixellab.domain.batches import Batch, Line
from pixellab.domain.ports import Clock
from pixellab.domain.requests import Mode, Task
from pixellab.domain.use_cases.batches import Feed, NewBatch, lines_of_keys
from pixellab.entrypoints.bootstrap import bootstrap
from pixellab.entrypoints.lab import PixelLab, utc_now
from pixellab.entrypoints.settings import load_settings
from tests.conftest import photo_bytes

OPTIMIZE = Task(mode=Mode.OPTIMIZE)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[PixelLab]:
    with bootstrap(load_settings(data_dir=tmp_path / "data", _env_file=None)) as lab:
        yield lab


def put(lab: PixelLab, *names: str, content: bytes | None = None) -> list[str]:
    """Photos in the store; their keys."""
    keys = [f"incoming/{name}" for name in names]
    for number, key in enumerate(keys):
        photo = photo_bytes(seed=number) if content is None else content
        lab.store.put(key, io.BytesIO(photo), media_type="image/jpeg", filename="photo.jpg")
    return keys


def accepted(lab: PixelLab, keys: list[str], **asked: object) -> Batch:
    """A batch of these keys."""
    return accepted_lines(lab, list(lines_of_keys(keys)), **asked)


def accepted_lines(lab: PixelLab, lines: list[Line], **asked: object) -> Batch:
    wanted = NewBatch(**{"task": OPTIMIZE, **asked})  # type: ignore[arg-type]
    return lab.accept_batch(wanted, lines, repr(lines)).batch


def feed(lab: PixelLab, clock: Clock = utc_now) -> Feed:
    """One whose lines are done while it waits."""
    return evolve(lab.feed, jobs=InProcessJobs(evolve(lab.do_item, clock=clock)), clock=clock)
