"""How the networks that make pictures are computed, and what was measured to be quickest here.

The answer is kept in a file beside the networks, with the machine it was measured on: another
processor, number of cores or version of onnxruntime wants another.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from attrs import frozen

from pixellab.adapters.enhancers.local.pixels.cores import cores
from pixellab.adapters.network_files.providers import CPU, PROVIDERS
from pixellab.domain.errors import StoreUnavailable

FILE = "tuning.json"


class Level(StrEnum):
    """How far onnxruntime rewrites a network; which is quicker depends on the processor."""

    EXTENDED = "extended"
    ALL = "all"


@frozen
class Tuning:
    """``tiles`` are worked on at a time: one per core, 4 at most, where that is None."""

    level: Level = Level.ALL
    tiles: int | None = None


UNTUNED = Tuning()


@frozen
class Quickest:
    """What was measured: with ``provider``, a key of ``PROVIDERS``, and ``tuning``."""

    provider: str = CPU
    tuning: Tuning = UNTUNED

    def __str__(self) -> str:
        at_a_time = self.tuning.tiles or "as many tiles as cores"
        return f"{self.provider}, level {self.tuning.level}, {at_a_time} at a time"


def keep(folder: Path, quickest: Quickest) -> None:
    """In ``folder``, whole or not at all. Raises StoreUnavailable where it does not take it."""
    answer = {
        "machine": _machine(),
        "provider": quickest.provider,
        "level": quickest.tuning.level,
        "tiles": quickest.tuning.tiles,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor, aside = tempfile.mkstemp(dir=folder, prefix=f".{FILE}-")
        try:
            with os.fdopen(descriptor, "w") as file:
                json.dump(answer, file, indent=2)
            Path(aside).replace(folder / FILE)
        finally:
            Path(aside).unlink(missing_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            "What is quickest here cannot be kept: the folder of the models cannot be written to, "
            "or is full."
        ) from error


def kept(folder: Path) -> Quickest | None:
    """What ``keep`` kept; None where nothing was, or not on this machine as it is now."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        answer = json.loads((folder / FILE).read_text())
        tuning = Tuning(Level(answer["level"]), answer["tiles"])
        if (
            answer["machine"] == _machine()
            and answer["provider"] in PROVIDERS
            and (tuning.tiles is None or tuning.tiles in range(1, 1 + cores()))
        ):
            return Quickest(answer["provider"], tuning)
    return None


def _machine() -> str:
    import onnxruntime

    return f"{_processor()}, {cores()} cores, onnxruntime {onnxruntime.__version__}"


def _processor() -> str:
    with suppress(OSError):  # elsewhere than on Linux
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
